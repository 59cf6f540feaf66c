/* SPDX-License-Identifier: BSD-2-Clause */
/* PRP entries and lists: offsets, chains, bounds. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "spec/table.h"
#include "tests/rig.h"

enum { PAGE = 4096, MAX = 512 << 10 };

/* Writes a recognisable pattern to blocks 0 to 1023 of namespace 1. */
static void fill_ns(struct rig *rig)
{
	uint64_t data = driver_alloc(&rig->driver, PAGE);
	uint64_t list = driver_alloc(&rig->driver, PAGE);

	for (unsigned int i = 0; i < 128; i++)
		bytes_set_le((uint8_t *)driver_ptr(&rig->driver, list) + i * 8, 8, data);
	for (unsigned int page = 0; page < 128; page++) {
		struct nvme_command cmd = { .opc = NVME_OPC_WRITE, .nsid = 1, .prp1 = data };

		memset(driver_ptr(&rig->driver, data), (int)page + 1, PAGE);
		cmd.cdw10 = page * 8;
		cmd.cdw12 = 7;
		assert_int_equal(driver_command(&rig->driver, 1, &cmd), 0);
	}
}

static uint16_t read_blocks(struct rig *rig, uint32_t nlb, uint64_t prp1, uint64_t prp2)
{
	struct nvme_command cmd = { .opc = NVME_OPC_READ, .nsid = 1, .prp1 = prp1, .prp2 = prp2 };

	cmd.cdw12 = nlb - 1;
	return driver_command(&rig->driver, 1, &cmd);
}

static void put(struct rig *rig, uint64_t list, unsigned int index, uint64_t entry)
{
	bytes_set_le((uint8_t *)driver_ptr(&rig->driver, list) + index * 8, 8, entry);
}

static uint8_t byte_at(struct rig *rig, uint64_t iova)
{
	return *(uint8_t *)driver_ptr(&rig->driver, iova);
}

static void test_one_page_from_an_offset_needs_prp2(void **state)
{
	struct rig *rig = *state;
	uint64_t a = driver_alloc(&rig->driver, PAGE), b;

	fill_ns(rig);
	driver_alloc(&rig->driver, PAGE);
	b = driver_alloc(&rig->driver, PAGE);
	assert_int_equal(read_blocks(rig, 8, a + 0x200, b), 0);
	assert_int_equal(byte_at(rig, a + 0x1ff), 0);
	assert_int_equal(byte_at(rig, a + 0x200), 1);
	assert_int_equal(byte_at(rig, a + 0xfff), 1);
	assert_int_equal(byte_at(rig, b + 0x1ff), 1);
	assert_int_equal(byte_at(rig, b + 0x200), 0);
}

static void test_offsets_that_may_not_be_are_refused(void **state)
{
	struct rig *rig = *state;
	uint64_t a = driver_alloc(&rig->driver, 4 * PAGE);

	assert_int_equal(read_blocks(rig, 1, a + 2, 0), ST(PRP_OFFSET_INVALID));
	assert_int_equal(read_blocks(rig, 16, a, a + 4), ST(PRP_OFFSET_INVALID));
	assert_int_equal(read_blocks(rig, 24, a, a + 4), ST(PRP_OFFSET_INVALID));
	put(rig, a, 0, a + PAGE);
	put(rig, a, 1, a + PAGE + 8);
	assert_int_equal(read_blocks(rig, 24, a, a), ST(PRP_OFFSET_INVALID));
}

static void test_a_list_is_followed_and_told_as_it_was_walked(void **state)
{
	struct rig *rig = *state;
	uint64_t list = driver_alloc(&rig->driver, PAGE);
	uint64_t data = driver_alloc(&rig->driver, 16 * PAGE);
	const struct seen *seen;

	fill_ns(rig);
	rig_watch(rig, "nvme:list:memory");
	rig_watch(rig, "nvme:io:decode");
	for (unsigned int i = 0; i < 15; i++)
		put(rig, list, 64 + i, data + (15 - i) * PAGE);
	assert_int_equal(read_blocks(rig, 128, data, list + 512), 0);
	assert_int_equal(byte_at(rig, data), 1);
	assert_int_equal(byte_at(rig, data + 15 * PAGE), 2);
	assert_int_equal(byte_at(rig, data + PAGE + 4095), 16);
	seen = rig_seen(rig, NVMETAP_EV_LIST, 0);
	assert_int_equal(seen->info.list.iova, list + 512);
	assert_int_equal(seen->info.list.nr, 15);
	assert_int_equal(seen->info.list.first, 0);
	assert_int_equal(seen->ev.cause, rig_seen(rig, NVMETAP_EV_IO, 0)->ev.seq);
}

/* A list whose first page has room for its chain pointer only. */
static void test_a_chained_list_of_the_longest_transfer_is_followed(void **state)
{
	struct rig *rig = *state;
	uint64_t first = driver_alloc(&rig->driver, PAGE);
	uint64_t second = driver_alloc(&rig->driver, PAGE);
	uint64_t data = driver_alloc(&rig->driver, MAX + PAGE);

	fill_ns(rig);
	rig_watch(rig, "nvme:list:memory");
	put(rig, first, 511, second);
	for (unsigned int i = 0; i < 128; i++)
		put(rig, second, i, data + (i + 1) * PAGE);
	assert_int_equal(read_blocks(rig, 1024, data + 512, first + 511 * 8), 0);
	assert_int_equal(byte_at(rig, data + 511), 0);
	assert_int_equal(byte_at(rig, data + 512), 1);
	assert_int_equal(byte_at(rig, data + MAX + 511), 128);
	assert_int_equal(byte_at(rig, data + MAX + 512), 0);
	assert_int_equal(rig->nr_seen, 2);
	assert_int_equal(rig->seen[1].info.list.nr, 128);
	assert_int_equal(rig->seen[1].info.list.first, 1);
}

static void test_a_list_that_chains_to_itself_ends(void **state)
{
	struct rig *rig = *state;
	uint64_t list = driver_alloc(&rig->driver, PAGE);

	put(rig, list, 511, list);
	for (unsigned int i = 0; i < 511; i++)
		put(rig, list, i, list + PAGE);
	driver_alloc(&rig->driver, PAGE);
	assert_int_equal(read_blocks(rig, 1024, list + PAGE, list + 510 * 8), 0);
}

static void test_a_chain_pointer_with_an_offset_is_refused(void **state)
{
	struct rig *rig = *state;
	uint64_t list = driver_alloc(&rig->driver, PAGE);

	put(rig, list, 511, list + 8);
	assert_int_equal(read_blocks(rig, 1024, list, list + 511 * 8), ST(PRP_OFFSET_INVALID));
}

static void test_memory_that_is_not_there_is_a_data_transfer_error(void **state)
{
	struct rig *rig = *state;
	uint64_t data = driver_alloc(&rig->driver, 2 * PAGE);

	assert_int_equal(read_blocks(rig, 1, 0, 0), ST(DATA_TRANSFER_ERROR));
	assert_int_equal(read_blocks(rig, 1, UINT64_MAX & ~UINT64_C(3), 0),
			 ST(DATA_TRANSFER_ERROR));
	assert_int_equal(read_blocks(rig, 16, data, UINT64_MAX & ~UINT64_C(4095)),
			 ST(DATA_TRANSFER_ERROR));
	assert_int_equal(read_blocks(rig, 24, data, UINT64_MAX & ~UINT64_C(4095)),
			 ST(DATA_TRANSFER_ERROR));
	assert_false(NVME_STATUS_DNR(rig->driver.cpl.status));
	assert_true(NVME_STATUS_M(rig->driver.cpl.status));
	assert_int_equal(driver_csts(&rig->driver), 1);
}

static void test_a_transfer_of_more_than_mdts_is_refused(void **state)
{
	struct rig *rig = *state;
	uint64_t data = driver_alloc(&rig->driver, PAGE);

	assert_int_equal(read_blocks(rig, 1025, data, data), ST(INVALID_FIELD));
	assert_int_equal(read_blocks(rig, 65536, data, data), ST(INVALID_FIELD));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_page_from_an_offset_needs_prp2),
		TEST(test_offsets_that_may_not_be_are_refused),
		TEST(test_a_list_is_followed_and_told_as_it_was_walked),
		TEST(test_a_chained_list_of_the_longest_transfer_is_followed),
		TEST(test_a_list_that_chains_to_itself_ends),
		TEST(test_a_chain_pointer_with_an_offset_is_refused),
		TEST(test_memory_that_is_not_there_is_a_data_transfer_error),
		TEST(test_a_transfer_of_more_than_mdts_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
