/* SPDX-License-Identifier: BSD-2-Clause */
/* What NVM Express 1.4 says must come back from I/O commands and their data pointers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "spec/table.h"
#include "tests/suite.h"

enum {
	BUFFER = MEM_BASE + (8 << 20),	/* beyond what driver_alloc gives out here */
	LIST = MEM_BASE + (4 << 20),
	NOWHERE = MEM_BASE + MEM_SIZE,
	PAGE = 4096,
	ALL = NVME_NSID_BROADCAST,
	FUSE_FIRST = 1,
	FUSE_SECOND = 2,
	PSDT_SGL = 1 << 6,
	PSDT_SGL_META = 2 << 6,
	PSDT_RESERVED = 3 << 6,
};

#define RD NVME_OPC_READ
#define WR NVME_OPC_WRITE
#define ZEROES NVME_OPC_WRITE_ZEROES
#define FLUSH NVME_OPC_FLUSH
#define IO(op, ns, lba, blocks) \
	{ .opc = (op), .nsid = (uint32_t)(ns), .prp1 = BUFFER, .prp2 = BUFFER + PAGE, \
	  .cdw10 = (uint32_t)(lba), .cdw11 = (uint32_t)((uint64_t)(lba) >> 32), \
	  .cdw12 = (blocks) - 1 }
#define PRP(one, two, len) \
	{ .opc = RD, .nsid = 1, .prp1 = (one), .prp2 = (two), .cdw12 = (len) / 512 - 1 }
#define FLAGS(bits) \
	{ .opc = RD, .nsid = 1, .prp1 = BUFFER, .fuse = (bits) }
#define RANGES(ns, nr, attr) \
	{ .opc = NVME_OPC_DATASET_MANAGEMENT, .nsid = (ns), .prp1 = BUFFER, \
	  .cdw10 = (nr) - 1, .cdw11 = (attr) }

/* Sections 6.1.2 and 6.1.4. */
static void test_namespaces_are_checked(void **state)
{
	static const struct rig_row rows[] = {
		{ "read 0", IO(RD, 0, 0, 1), ST(INVALID_NAMESPACE_OR_FORMAT) },
		{ "read 3", IO(RD, 3, 0, 1), ST(INVALID_NAMESPACE_OR_FORMAT) },
		{ "read FFFFFFFEh", IO(RD, -2, 0, 1), ST(INVALID_NAMESPACE_OR_FORMAT) },
		{ "read all", IO(RD, ALL, 0, 1), ST(INVALID_NAMESPACE_OR_FORMAT) },
		{ "write all", IO(WR, ALL, 0, 1), ST(INVALID_NAMESPACE_OR_FORMAT) },
		{ "zeroes all", IO(ZEROES, ALL, 0, 1), ST(INVALID_NAMESPACE_OR_FORMAT) },
		{ "flush 1", { .opc = FLUSH, .nsid = 1 }, 0 },
		{ "flush 2, read-only", { .opc = FLUSH, .nsid = 2 }, 0 },
		{ "flush all", { .opc = FLUSH, .nsid = NVME_NSID_BROADCAST }, 0 },
		{ "flush 0", { .opc = FLUSH }, ST(INVALID_NAMESPACE_OR_FORMAT) },
		{ "flush 3", { .opc = FLUSH, .nsid = 3 }, ST(INVALID_NAMESPACE_OR_FORMAT) },
		{ "write read-only", IO(WR, 2, 0, 1), ST(ATTEMPTED_WRITE_TO_RO_PAGE) },
		{ "zeroes read-only", IO(ZEROES, 2, 0, 1), ST(ATTEMPTED_WRITE_TO_RO_PAGE) },
		{ "deallocate read-only", RANGES(2, 1, 4), ST(ATTEMPTED_WRITE_TO_RO_PAGE) },
	};

	RIG_RUN(*state, 1, rows);
}

static void test_blocks_beyond_the_end_are_out_of_range(void **state)
{
	static const struct rig_row rows[] = {
		{ "last", IO(RD, 1, 2047, 1), 0 },
		{ "last but one, two", IO(RD, 1, 2046, 2), 0 },
		{ "last, two", IO(RD, 1, 2047, 2), ST(LBA_OUT_OF_RANGE) },
		{ "first beyond", IO(RD, 1, 2048, 1), ST(LBA_OUT_OF_RANGE) },
		{ "2^64 - 1", IO(RD, 1, UINT64_MAX, 1), ST(LBA_OUT_OF_RANGE) },
		{ "over 2^64", IO(RD, 1, UINT64_MAX - 3, 8), ST(LBA_OUT_OF_RANGE) },
		{ "write over 2^64", IO(WR, 1, UINT64_MAX - 3, 8), ST(LBA_OUT_OF_RANGE) },
		{ "zeroes over 2^64", IO(ZEROES, 1, UINT64_MAX - 3, 0x10000),
		  ST(LBA_OUT_OF_RANGE) },
		{ "2^55: bytes overflow", IO(RD, 1, UINT64_C(1) << 55, 1), ST(LBA_OUT_OF_RANGE) },
		{ "zeroes, all", IO(ZEROES, 1, 0, 2048), 0 },
		{ "zeroes, one more", IO(ZEROES, 1, 0, 2049), ST(LBA_OUT_OF_RANGE) },
		{ "last of 4096 bytes", IO(RD, 2, 255, 1), 0 },
		{ "beyond the last of 4096 bytes", IO(RD, 2, 256, 1), ST(LBA_OUT_OF_RANGE) },
	};

	RIG_RUN(*state, 1, rows);
}

/* Figure 109 and section 4.2; Identify says FUSES 0 and SGLS 0. */
static void test_what_identify_does_not_offer_is_an_invalid_field(void **state)
{
	static const struct rig_row rows[] = {
		{ "more than MDTS", IO(RD, 1, 0, 1025), ST(INVALID_FIELD) },
		{ "64 Ki blocks", IO(WR, 1, 0, 0x10000), ST(INVALID_FIELD) },
		{ "more than MDTS of 4096 bytes", IO(RD, 2, 0, 129), ST(INVALID_FIELD) },
		{ "first of a fused pair", FLAGS(FUSE_FIRST), ST(INVALID_FIELD) },
		{ "second of a fused pair", FLAGS(FUSE_SECOND), ST(INVALID_FIELD) },
		{ "FUSE reserved", FLAGS(3), ST(INVALID_FIELD) },
		{ "SGL", FLAGS(PSDT_SGL), ST(INVALID_FIELD) },
		{ "SGL, metadata SGL", FLAGS(PSDT_SGL_META), ST(INVALID_FIELD) },
		{ "PSDT reserved", FLAGS(PSDT_RESERVED), ST(INVALID_FIELD) },
		{ "plain", FLAGS(0), 0 },
	};

	RIG_RUN(*state, 1, rows);
}

/* Section 4.3. */
static void test_prp_entries_are_checked(void **state)
{
	static const struct rig_row rows[] = {
		{ "one page", PRP(BUFFER, 0, PAGE), 0 },
		{ "two pages", PRP(BUFFER, BUFFER + PAGE, 2 * PAGE), 0 },
		{ "an offset", PRP(BUFFER + 512, BUFFER + PAGE, PAGE), 0 },
		{ "a dword's offset", PRP(BUFFER + 4, BUFFER + PAGE, PAGE), 0 },
		{ "PRP1 not of dwords", PRP(BUFFER + 2, BUFFER + PAGE, PAGE), ST(PRP_OFFSET_INVALID) },
		{ "PRP2 with an offset", PRP(BUFFER, BUFFER + PAGE + 8, 2 * PAGE),
		  ST(PRP_OFFSET_INVALID) },
		{ "PRP2 unused", PRP(BUFFER, 1, PAGE), 0 },
		{ "PRP1 nowhere", PRP(NOWHERE, 0, 512), ST(DATA_TRANSFER_ERROR) },
		{ "PRP1 in the last page", PRP(UINT64_MAX - 4095, 0, PAGE), ST(DATA_TRANSFER_ERROR) },
		{ "PRP1 0", PRP(0, 0, PAGE), ST(DATA_TRANSFER_ERROR) },
		{ "PRP2 nowhere", PRP(BUFFER, NOWHERE, 2 * PAGE), ST(DATA_TRANSFER_ERROR) },
		{ "list nowhere", PRP(BUFFER, NOWHERE, 3 * PAGE), ST(DATA_TRANSFER_ERROR) },
		{ "list at 2^64 - 8", PRP(BUFFER, UINT64_MAX - 7, 3 * PAGE), ST(DATA_TRANSFER_ERROR) },
		{ "list not of qwords", PRP(BUFFER, LIST + 4, 3 * PAGE), ST(PRP_OFFSET_INVALID) },
		{ "list of zeroes", PRP(BUFFER, LIST, 3 * PAGE), ST(DATA_TRANSFER_ERROR) },
	};

	RIG_RUN(*state, 1, rows);
}

static void put_range(struct rig *rig, unsigned int i, uint32_t nlb, uint64_t slba)
{
	uint8_t *range = (uint8_t *)driver_ptr(&rig->driver, BUFFER) + 16 * i;

	bytes_set_le(range, 4, 0);
	bytes_set_le(range + 4, 4, nlb);
	bytes_set_le(range + 8, 8, slba);
}

/* Section 6.7. */
static void test_dataset_management_takes_256_ranges(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = RANGES(1, 256, 4);

	for (unsigned int i = 0; i < 256; i++)
		put_range(rig, i, 8, 8 * i);
	assert_int_equal(driver_command(&rig->driver, 1, &cmd), 0);
	put_range(rig, 255, 8, 2041);
	assert_int_equal(driver_command(&rig->driver, 1, &cmd), ST(LBA_OUT_OF_RANGE));
	cmd.prp1 = NOWHERE;
	assert_int_equal(driver_command(&rig->driver, 1, &cmd), ST(DATA_TRANSFER_ERROR));
	cmd.prp1 = BUFFER + 1;
	assert_int_equal(driver_command(&rig->driver, 1, &cmd), ST(PRP_OFFSET_INVALID));
}

static void test_ranges_beyond_the_end_are_out_of_range(void **state)
{
	static const uint64_t ranges[][2] = {
		{ 1, 2048 }, { 2, 2047 }, { 0xffffffff, 0 }, { 1, UINT64_MAX },
		{ 0xffffffff, UINT64_MAX - 2 }, { 8, UINT64_C(1) << 55 },
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		struct nvme_command cmd = RANGES(1, 2, 4);

		put_range(rig, 0, 1, 0);
		put_range(rig, 1, (uint32_t)ranges[i][0], ranges[i][1]);
		assert_int_equal(driver_command(&rig->driver, 1, &cmd), ST(LBA_OUT_OF_RANGE));
	}
}

/* Section 5.14.1.1: Dwords 10 and 11 are no logical block here. */
static void test_the_error_log_names_no_block_of_a_command_without_one(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = RANGES(1, 3, 4);
	struct nvme_command get = { .opc = NVME_OPC_GET_LOG_PAGE, .nsid = NVME_NSID_BROADCAST,
				    .prp1 = BUFFER, .cdw10 = 15u << 16 | 1 };
	const uint8_t *entry = driver_ptr(&rig->driver, BUFFER);

	put_range(rig, 0, 1, 2048);
	assert_int_equal(driver_command(&rig->driver, 1, &cmd), ST(LBA_OUT_OF_RANGE));
	assert_int_equal(driver_command(&rig->driver, 0, &get), 0);
	assert_int_equal(bytes_get_le(entry, 8), 1);
	assert_int_equal(bytes_get_le(entry + 14, 2), 0xffff);
	assert_int_equal(bytes_get_le(entry + 16, 8), 0);
}

static void test_advice_only_and_empty_ranges_succeed(void **state)
{
	struct rig *rig = *state;
	struct nvme_command advice = RANGES(1, 1, 3), empty = RANGES(1, 1, 4);

	put_range(rig, 0, 8, 0);
	assert_int_equal(driver_command(&rig->driver, 1, &advice), 0);
	put_range(rig, 0, 0, 2048);
	assert_int_equal(driver_command(&rig->driver, 1, &empty), 0);
}

static uint64_t smart(struct rig *rig, unsigned int off, unsigned int len)
{
	struct nvme_command cmd = { .opc = NVME_OPC_GET_LOG_PAGE, .nsid = NVME_NSID_BROADCAST,
				    .prp1 = BUFFER, .cdw10 = 127u << 16 | 2 };

	assert_int_equal(driver_command(&rig->driver, 0, &cmd), 0);
	return bytes_get_le((uint8_t *)driver_ptr(&rig->driver, BUFFER) + off, len);
}

/* Section 5.14.1.2: thousands of 512 bytes, rounded up. */
static void test_health_counts_thousands_of_sectors_rounded_up(void **state)
{
	struct rig *rig = *state;
	struct nvme_command rd = IO(RD, 1, 0, 1);
	struct nvme_command zeroes = IO(ZEROES, 1, 0, 8), big = IO(RD, 2, 0, 2);
	struct nvme_command bad = IO(RD, 1, 2048, 1);

	assert_int_equal(smart(rig, 32, 8), 0);
	assert_int_equal(driver_command(&rig->driver, 1, &rd), 0);
	assert_int_equal(smart(rig, 32, 8), 1);
	assert_int_equal(driver_command(&rig->driver, 1, &zeroes), 0);
	for (int i = 0; i < 62; i++)
		assert_int_equal(driver_command(&rig->driver, 1, &big), 0);
	assert_int_equal(smart(rig, 32, 8), 1);
	assert_int_equal(driver_command(&rig->driver, 1, &big), 0);
	assert_int_equal(smart(rig, 32, 8), 2);
	assert_int_equal(smart(rig, 64, 8), 64);
	assert_int_equal(smart(rig, 80, 8), 0);
	assert_int_equal(smart(rig, 48, 8), 0);
	assert_int_equal(smart(rig, 176, 8), 0);
	assert_int_equal(driver_command(&rig->driver, 1, &bad), ST(LBA_OUT_OF_RANGE));
	assert_int_equal(smart(rig, 176, 8), 1);
	assert_int_equal(smart(rig, 160, 8), 0);
}

static void test_what_is_written_is_read_back(void **state)
{
	struct rig *rig = *state;
	uint64_t a = driver_alloc(&rig->driver, 4096), b = driver_alloc(&rig->driver, 4096);

	memset(driver_ptr(&rig->driver, a), 0x5a, 4096);
	assert_int_equal(rig_io(rig, NVME_OPC_WRITE, 1, 2040, 7, a), 0);
	assert_int_equal(rig_io(rig, NVME_OPC_READ, 1, 2040, 7, b), 0);
	assert_memory_equal(driver_ptr(&rig->driver, a), driver_ptr(&rig->driver, b), 4096);
	assert_int_equal(rig_io(rig, NVME_OPC_FLUSH, 1, 0, 0, 0), 0);
	assert_int_equal(rig_io(rig, NVME_OPC_FLUSH, UINT32_MAX, 0, 0, 0), 0);
}

static void fill(struct rig *rig)
{
	uint64_t a = driver_alloc(&rig->driver, 4096);

	memset(driver_ptr(&rig->driver, a), 0x77, 4096);
	for (unsigned int slba = 0; slba < 64; slba += 8)
		assert_int_equal(rig_io(rig, NVME_OPC_WRITE, 1, slba, 7, a), 0);
}

static void test_zeroes_are_written_where_they_belong(void **state)
{
	struct rig *rig = *state;

	fill(rig);
	assert_int_equal(rig_io(rig, NVME_OPC_WRITE_ZEROES, 1, 10, 1, 0), 0);
	assert_int_equal(rig_io(rig, NVME_OPC_WRITE_ZEROES, 1, 20, 1 << 25 | 1, 0), 0);
	assert_true(rig_block_is(rig, 9, 0x77));
	assert_true(rig_block_is(rig, 10, 0));
	assert_true(rig_block_is(rig, 11, 0));
	assert_true(rig_block_is(rig, 12, 0x77));
	assert_true(rig_block_is(rig, 20, 0));
	assert_true(rig_block_is(rig, 22, 0x77));
}

static void test_every_range_is_deallocated_or_none(void **state)
{
	struct rig *rig = *state;
	struct nvme_command dsm = { .opc = NVME_OPC_DATASET_MANAGEMENT, .nsid = 1 };
	uint8_t *ranges;

	fill(rig);
	dsm.prp1 = driver_alloc(&rig->driver, 4096);
	ranges = driver_ptr(&rig->driver, dsm.prp1);
	dsm_range_slba_set(ranges, 3);
	dsm_range_nlb_set(ranges, 2);
	dsm_range_slba_set(ranges + 32, 40);
	dsm_range_nlb_set(ranges + 32, 1);
	dsm.cdw10 = 2;
	assert_int_equal(driver_command(&rig->driver, 1, &dsm), 0);
	assert_true(rig_block_is(rig, 3, 0x77));
	dsm.cdw11 = 4;
	dsm_range_slba_set(ranges + 16, 2040);
	dsm_range_nlb_set(ranges + 16, 9);
	assert_int_equal(driver_command(&rig->driver, 1, &dsm), ST(LBA_OUT_OF_RANGE));
	assert_true(rig_block_is(rig, 3, 0x77));
	dsm_range_nlb_set(ranges + 16, 0);
	assert_int_equal(driver_command(&rig->driver, 1, &dsm), 0);
	assert_true(rig_block_is(rig, 2, 0x77));
	assert_true(rig_block_is(rig, 3, 0));
	assert_true(rig_block_is(rig, 4, 0));
	assert_true(rig_block_is(rig, 5, 0x77));
	assert_true(rig_block_is(rig, 40, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_TEST(test_namespaces_are_checked),
		SUITE_TEST(test_blocks_beyond_the_end_are_out_of_range),
		SUITE_TEST(test_what_identify_does_not_offer_is_an_invalid_field),
		SUITE_TEST(test_prp_entries_are_checked),
		SUITE_TEST(test_what_is_written_is_read_back),
		SUITE_TEST(test_zeroes_are_written_where_they_belong),
		SUITE_TEST(test_every_range_is_deallocated_or_none),
		SUITE_TEST(test_dataset_management_takes_256_ranges),
		SUITE_TEST(test_ranges_beyond_the_end_are_out_of_range),
		SUITE_TEST(test_the_error_log_names_no_block_of_a_command_without_one),
		SUITE_TEST(test_advice_only_and_empty_ranges_succeed),
		SUITE_TEST(test_health_counts_thousands_of_sectors_rounded_up),
	};

	return SUITE_RUN(tests);
}
