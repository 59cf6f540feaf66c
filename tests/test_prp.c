/* SPDX-License-Identifier: BSD-2-Clause */
/* PRP lists as the taps are told of them; test_spec_prp for the rest. */
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
	assert_null(seen->ev.cpl);
}

static void test_a_list_that_cannot_be_read_is_not_told(void **state)
{
	struct rig *rig = *state;
	uint64_t list = driver_alloc(&rig->driver, PAGE);
	uint64_t data = driver_alloc(&rig->driver, 2 * PAGE);

	rig_watch(rig, "nvme:list:memory");
	assert_int_equal(read_blocks(rig, 32, data, MEM_BASE + MEM_SIZE), ST(DATA_TRANSFER_ERROR));
	assert_int_equal(rig->nr_seen, 0);
	/* Of two pages the second. */
	put(rig, list, 511, MEM_BASE + MEM_SIZE);
	assert_int_equal(read_blocks(rig, 32, data, list + 511 * 8), ST(DATA_TRANSFER_ERROR));
	assert_int_equal(rig->nr_seen, 1);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_list_is_followed_and_told_as_it_was_walked),
		TEST(test_a_list_that_cannot_be_read_is_not_told),
		TEST(test_a_chained_list_of_the_longest_transfer_is_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
