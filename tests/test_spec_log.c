/* SPDX-License-Identifier: BSD-2-Clause */
/* Log pages, byte by byte and from every edge.  NVM Express 1.4 section 5.14. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "spec/bytes.h"
#include "tests/field_rows.h"
#include "tests/suite.h"

enum {
	PAGE = 4096,
	BUFFER = MEM_BASE + (8 << 20),	/* beyond what driver_alloc gives out here */
	LIST = BUFFER + 16 * PAGE,
	ERRORS = 1,
	HEALTH = 2,
	FIRMWARE = 3,
	CHANGED = 4,
	EFFECTS = 5,
	MDTS_DWORDS = (512 << 10) / 4,
	UNTOUCHED = 0xa5,
};

static uint16_t get_log(struct rig *rig, uint8_t lid, uint32_t nsid, uint64_t off, uint32_t dwords)
{
	struct nvme_command cmd = {
		.opc = NVME_OPC_GET_LOG_PAGE,
		.nsid = nsid,
		.prp1 = BUFFER,
		.prp2 = dwords * 4 > 2 * PAGE ? LIST : BUFFER + PAGE,
		.cdw10 = ((dwords - 1) & 0xffff) << 16 | lid,
		.cdw11 = (dwords - 1) >> 16,
		.cdw12 = (uint32_t)off,
		.cdw13 = (uint32_t)(off >> 32),
	};

	memset(driver_ptr(&rig->driver, BUFFER), UNTOUCHED, 2 * PAGE);
	return driver_command(&rig->driver, 0, &cmd);
}

static const uint8_t *read_log(struct rig *rig, uint8_t lid, uint32_t len)
{
	assert_int_equal(get_log(rig, lid, NVME_NSID_BROADCAST, 0, len / 4), 0);
	return driver_ptr(&rig->driver, BUFFER);
}

static uint16_t io(struct rig *rig, uint8_t opc, uint64_t slba, uint32_t nlb)
{
	struct nvme_command cmd = { .opc = opc, .nsid = 1, .prp1 = BUFFER, .prp2 = BUFFER + PAGE,
				    .cdw10 = (uint32_t)slba, .cdw11 = (uint32_t)(slba >> 32),
				    .cdw12 = nlb - 1 };

	return driver_command(&rig->driver, 1, &cmd);
}

/* Figure 195, after three reads, 63 writes and an error. */
static const struct field_row health_rows[] = {
	ZERO(0, 1, "critical warning", "nothing to warn of"),
	NUMBER(1, 2, "composite temperature", 300),
	NUMBER(3, 1, "available spare", 100),
	NUMBER(4, 1, "available spare threshold", 10),
	ZERO(5, 1, "percentage used", "an estimate: nothing of what is in memory wears out"),
	ZERO(6, 1, "endurance group warnings", "no endurance groups"),
	RESERVED(7, 25),
	NUMBER(32, 16, "data units read", 1),		/* 24 sectors: one thousand begun */
	NUMBER(48, 16, "data units written", 2),	/* 1008 sectors */
	NUMBER(64, 16, "host read commands", 3),
	NUMBER(80, 16, "host write commands", 63),
	ZERO(96, 16, "controller busy time", "less than a minute"),
	NUMBER(112, 16, "power cycles", 1),
	ZERO(128, 16, "power on hours", "less than an hour"),
	ZERO(144, 16, "unsafe shutdowns", "the power was never lost"),
	ZERO(160, 16, "media and data integrity errors", "there was none"),
	NUMBER(176, 16, "error information log entries", 1),
	ZERO(192, 4, "warning composite temperature time", "never so hot"),
	ZERO(196, 4, "critical composite temperature time", "never so hot"),
	ZERO(200, 16, "temperature sensors 1 to 8", "0h: the sensor is not implemented"),
	ZERO(216, 8, "transitions of thermal management", "HCTMA: there is none"),
	ZERO(224, 8, "time in thermal management", "HCTMA: there is none"),
	RESERVED(232, 280),
};

static void test_each_byte_of_the_health_log_is_explained(void **state)
{
	struct rig *rig = *state;

	for (int i = 0; i < 3; i++)
		assert_int_equal(io(rig, NVME_OPC_READ, 0, 8), 0);
	for (int i = 0; i < 63; i++)
		assert_int_equal(io(rig, NVME_OPC_WRITE, 16, 16), 0);
	assert_int_equal(io(rig, NVME_OPC_READ, RIG_NS1_BLOCKS, 1), ST(LBA_OUT_OF_RANGE));
	assert_int_equal(FIELDS_WRONG(read_log(rig, HEALTH, 512), 512, health_rows), 0);
}

/* Figure 200. */
static const struct field_row firmware_rows[] = {
	NUMBER(0, 1, "AFI", 1),		/* slot 1 now, and no other at the next reset */
	RESERVED(1, 7),
	TEXT(8, 8, "FRS1", "1.0"),
	ZERO(16, 48, "FRS2 to FRS7", "0h: no firmware in the slot, FRMW has one"),
	RESERVED(64, 448),
};

static void test_each_byte_of_the_firmware_log_is_explained(void **state)
{
	assert_int_equal(FIELDS_WRONG(read_log(*state, FIRMWARE, 512), 512, firmware_rows), 0);
}

/* Section 5.14.1.4. */
static const struct field_row changed_rows[] = {
	ZERO(0, PAGE, "changed namespaces", "an unused entry is 0h, and namespaces do not change"),
};

static void test_each_byte_of_the_changed_namespaces_is_explained(void **state)
{
	assert_int_equal(FIELDS_WRONG(read_log(*state, CHANGED, PAGE), PAGE, changed_rows), 0);
}

/* Figure 207: CSUPP of what there is, and LBCC of what changes blocks. */
static void test_each_byte_of_the_effects_log_is_explained(void **state)
{
	static const uint8_t admin[] = { 0, 1, 2, 4, 5, 6, 8, 9, 10, 12 };
	uint8_t expected[PAGE] = { 0 };

	for (size_t i = 0; i < sizeof(admin); i++)
		expected[admin[i] * 4] = 1;
	expected[1024 + NVME_OPC_FLUSH * 4] = 1;
	expected[1024 + NVME_OPC_WRITE * 4] = 3;
	expected[1024 + NVME_OPC_READ * 4] = 1;
	expected[1024 + NVME_OPC_WRITE_ZEROES * 4] = 3;
	expected[1024 + NVME_OPC_DATASET_MANAGEMENT * 4] = 3;
	assert_memory_equal(read_log(*state, EFFECTS, PAGE), expected, PAGE);
}

static const struct page {
	uint8_t lid;
	uint32_t size;
} pages[] = {
	{ ERRORS, PAGE }, { HEALTH, 512 }, { FIRMWARE, 512 }, { CHANGED, PAGE }, { EFFECTS, PAGE },
};

enum { NR_PAGES = sizeof(pages) / sizeof(pages[0]) };

/* What is read from an offset is that part of the page, and no byte more is written. */
static void expect_part(struct rig *rig, const struct page *page, const uint8_t *whole,
			uint32_t off, uint32_t len)
{
	const uint8_t *part = driver_ptr(&rig->driver, BUFFER);
	uint32_t there = page->size - off < len ? page->size - off : len;

	assert_int_equal(get_log(rig, page->lid, NVME_NSID_BROADCAST, off, len / 4), 0);
	assert_memory_equal(part, whole + off, there);
	for (uint32_t i = len; i < 2 * PAGE; i++)
		assert_int_equal(part[i], UNTOUCHED);
}

static void test_every_part_of_a_page_can_be_read(void **state)
{
	static const uint32_t lens[] = { 4, 8, 60, 512, PAGE - 4, PAGE, PAGE + 4, 2 * PAGE };
	struct rig *rig = *state;
	uint8_t whole[PAGE];

	assert_int_equal(io(rig, NVME_OPC_READ, RIG_NS1_BLOCKS, 1), ST(LBA_OUT_OF_RANGE));
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		uint32_t size = pages[i].size;
		const uint32_t offs[] = { 0, 4, 8, 176, 256, size / 2, size - 8, size - 4, size };

		memcpy(whole, read_log(rig, pages[i].lid, size), size);
		for (size_t o = 0; o < sizeof(offs) / sizeof(offs[0]); o++) {
			for (size_t l = 0; l < sizeof(lens) / sizeof(lens[0]); l++)
				expect_part(rig, &pages[i], whole, offs[o], lens[l]);
		}
	}
}

/* Figures 190 to 192: Dwords, up to the end, of the controller. */
static void test_what_is_no_part_of_a_page_is_an_invalid_field(void **state)
{
	static const uint64_t beyond[] = { 4, 512 << 10, UINT64_C(1) << 32, UINT64_C(1) << 63 };
	static const uint32_t nsids[] = { 1, 2, 3, 0xfffffffe };
	struct rig *rig = *state;

	for (unsigned int i = 0; i < NR_PAGES; i++) {
		for (uint64_t off = 1; off < 4; off++)
			assert_int_equal(get_log(rig, pages[i].lid, 0, off, 1), ST(INVALID_FIELD));
		for (size_t n = 0; n < sizeof(beyond) / sizeof(beyond[0]); n++)
			assert_int_equal(get_log(rig, pages[i].lid, 0, pages[i].size + beyond[n],
						 1), ST(INVALID_FIELD));
		for (size_t n = 0; n < sizeof(nsids) / sizeof(nsids[0]); n++)
			assert_int_equal(get_log(rig, pages[i].lid, nsids[n], 0, 1),
					 ST(INVALID_FIELD));
		assert_int_equal(get_log(rig, pages[i].lid, 0, 0, 1), 0);
	}
}

static void test_a_page_is_read_with_up_to_as_much_as_mdts_allows(void **state)
{
	struct rig *rig = *state;

	for (unsigned int i = 0; i < 128; i++)
		bytes_set_le((uint8_t *)driver_ptr(&rig->driver, LIST) + (size_t)i * 8, 8,
			     BUFFER + PAGE);
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		assert_int_equal(get_log(rig, pages[i].lid, 0, 0, MDTS_DWORDS), 0);
		assert_int_equal(get_log(rig, pages[i].lid, 0, 0, MDTS_DWORDS + 1),
				 ST(INVALID_FIELD));
		assert_int_equal(get_log(rig, pages[i].lid, 0, 0, 0), ST(INVALID_FIELD));
	}
}

static void test_pages_that_are_not_there_are_invalid(void **state)
{
	struct rig *rig = *state;

	for (unsigned int lid = 0; lid < 256; lid++) {
		if (lid >= ERRORS && lid <= EFFECTS)
			continue;
		assert_int_equal(get_log(rig, (uint8_t)lid, NVME_NSID_BROADCAST, 0, 1),
				 ST(INVALID_LOG_PAGE));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_TEST(test_each_byte_of_the_health_log_is_explained),
		SUITE_TEST(test_each_byte_of_the_firmware_log_is_explained),
		SUITE_TEST(test_each_byte_of_the_changed_namespaces_is_explained),
		SUITE_TEST(test_each_byte_of_the_effects_log_is_explained),
		SUITE_TEST(test_every_part_of_a_page_can_be_read),
		SUITE_TEST(test_what_is_no_part_of_a_page_is_an_invalid_field),
		SUITE_TEST(test_a_page_is_read_with_up_to_as_much_as_mdts_allows),
		SUITE_TEST(test_pages_that_are_not_there_are_invalid),
	};

	return SUITE_RUN(tests);
}
