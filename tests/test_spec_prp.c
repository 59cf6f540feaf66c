/* SPDX-License-Identifier: BSD-2-Clause */
/* What NVM Express 1.4 says of PRP entries, at every offset and in every place of a list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "spec/bytes.h"
#include "tests/suite.h"

enum {
	PAGE = 4096,
	BLOCK = 512,
	PER_PAGE = PAGE / 8,	/* entries of a list */
	/* Beyond what driver_alloc gives out here. */
	LIST = MEM_BASE + (4 << 20),
	NEXT_LIST = LIST + 2 * PAGE,
	DATA = MEM_BASE + (8 << 20),
	DATA_PAGES = 300,
	NOWHERE = MEM_BASE + MEM_SIZE,
	MAX_BLOCKS = 1024,	/* MDTS: 512 KiB */
	AROUND = 0xee,
	DNR = 0x8000,
};

static uint8_t contents[RIG_NS1_BLOCKS * BLOCK];	/* of namespace 1 */

/* The pages of a transfer lie apart and backwards. */
static uint64_t data_page(unsigned int i)
{
	return DATA + (uint64_t)(DATA_PAGES - 2 - 2 * i) * PAGE;
}

static uint8_t *at(struct rig *rig, uint64_t iova)
{
	return driver_ptr(&rig->driver, iova);
}

static void put_entry(struct rig *rig, uint64_t list, unsigned int i, uint64_t entry)
{
	bytes_set_le(at(rig, list) + (size_t)i * 8, 8, entry);
}

static uint16_t transfer(struct rig *rig, uint8_t opc, uint64_t slba, uint32_t nlb, uint64_t prp1,
			 uint64_t prp2)
{
	struct nvme_command cmd = { .opc = opc, .nsid = 1, .prp1 = prp1, .prp2 = prp2,
				    .cdw10 = (uint32_t)slba, .cdw12 = nlb - 1 };

	return driver_command(&rig->driver, 1, &cmd);
}

/* No two Dwords of the namespace are alike. */
static void fill_namespace(struct rig *rig)
{
	for (size_t i = 0; i < sizeof(contents); i += 4)
		bytes_set_le(contents + i, 4, (i + 1) * UINT64_C(2654435761));
	for (uint32_t slba = 0; slba < RIG_NS1_BLOCKS; slba += 16) {
		memcpy(at(rig, DATA), contents + (size_t)slba * BLOCK, 16 * BLOCK);
		assert_int_equal(transfer(rig, NVME_OPC_WRITE, slba, 16, DATA, DATA + PAGE), 0);
	}
}

static void clear(struct rig *rig, unsigned int nr_pages)
{
	for (unsigned int i = 0; i < nr_pages; i++)
		memset(at(rig, data_page(i)), AROUND, PAGE);
}

/* len bytes of the namespace stand in the pages from the first one's offset on,
 * and around them nothing was written. */
static void expect_data(struct rig *rig, uint32_t off, uint64_t slba, size_t len)
{
	const uint8_t *expected = contents + slba * BLOCK;
	uint8_t around[PAGE];
	size_t n;

	memset(around, AROUND, sizeof(around));
	assert_memory_equal(at(rig, data_page(0)), around, off);
	for (unsigned int i = 0; len > 0; i++, off = 0, len -= n, expected += n) {
		n = len < PAGE - off ? len : PAGE - off;
		assert_memory_equal(at(rig, data_page(i) + off), expected, n);
		if (n < PAGE - off)
			assert_memory_equal(at(rig, data_page(i) + off + n), around,
					    PAGE - off - n);
	}
}

/* Section 4.3. */
static void test_prp1_may_have_any_offset_of_dwords(void **state)
{
	struct rig *rig = *state;

	fill_namespace(rig);
	for (uint32_t off = 0; off < PAGE; off += 4) {
		uint64_t slba = off / 4;

		clear(rig, 2);
		assert_int_equal(transfer(rig, NVME_OPC_READ, slba, 8, data_page(0) + off,
					  data_page(1)), 0);
		expect_data(rig, off, slba, PAGE);
	}
}

static void test_one_block_needs_prp2_only_beyond_its_page(void **state)
{
	struct rig *rig = *state;

	fill_namespace(rig);
	for (uint32_t off = 0; off < PAGE; off += 4) {
		bool fits = off <= PAGE - BLOCK;

		clear(rig, 2);
		assert_int_equal(transfer(rig, NVME_OPC_READ, off / 4, 1, data_page(0) + off, NOWHERE),
				 fits ? 0 : ST(DATA_TRANSFER_ERROR));
		if (!fits)
			assert_int_equal(transfer(rig, NVME_OPC_READ, off / 4, 1, data_page(0) + off,
						  data_page(1)), 0);
		expect_data(rig, off, off / 4, BLOCK);
	}
}

static void test_data_are_written_from_any_offset_of_dwords(void **state)
{
	struct rig *rig = *state;

	fill_namespace(rig);
	for (uint32_t off = 0; off < PAGE; off += 4) {
		const uint8_t *from = contents + (size_t)(off / 4) * BLOCK;

		memcpy(at(rig, data_page(0) + off), from, PAGE - off);
		memcpy(at(rig, data_page(1)), from + PAGE - off, off);
		assert_int_equal(transfer(rig, NVME_OPC_WRITE, 2040, 8, data_page(0) + off,
					  data_page(1)), 0);
		assert_int_equal(transfer(rig, NVME_OPC_READ, 2040, 8, DATA, 0), 0);
		assert_memory_equal(at(rig, DATA), from, PAGE);
	}
}

static void test_other_offsets_of_prp1_are_invalid(void **state)
{
	struct rig *rig = *state;

	for (uint32_t off = 1; off < PAGE; off += off % 4 == 3 ? 2 : 1)
		assert_int_equal(transfer(rig, NVME_OPC_READ, 0, 1, data_page(0) + off,
					  data_page(1)), ST(PRP_OFFSET_INVALID));
}

static void test_any_offset_of_prp2_is_invalid(void **state)
{
	struct rig *rig = *state;

	for (uint32_t off = 1; off < PAGE; off += 7)
		assert_int_equal(transfer(rig, NVME_OPC_READ, 0, 16, data_page(0),
					  data_page(1) + off), ST(PRP_OFFSET_INVALID));
}

/* A list of nr entries for the pages after the first one, from place on; what
 * does not fit into its page goes on in another.  PRP2. */
static uint64_t make_list(struct rig *rig, unsigned int place, unsigned int nr)
{
	uint64_t list = LIST;
	unsigned int room = PER_PAGE - place, i = place;

	memset(at(rig, LIST), 0, PAGE);
	memset(at(rig, NEXT_LIST), 0, PAGE);
	for (unsigned int n = 1; n <= nr; n++, i++) {
		if (list == LIST && nr > room && i == PER_PAGE - 1) {
			put_entry(rig, list, i, NEXT_LIST);
			list = NEXT_LIST;
			i = 0;
		}
		put_entry(rig, list, i, data_page(n));
	}
	return LIST + (uint64_t)place * 8;
}

static void read_by_list(struct rig *rig, unsigned int place, uint32_t off, uint32_t nlb)
{
	unsigned int nr = (off + nlb * BLOCK + PAGE - 1) / PAGE - 1;
	uint64_t slba = place * 2 % (RIG_NS1_BLOCKS - nlb + 1);
	uint64_t list = make_list(rig, place, nr);

	clear(rig, nr + 1);
	assert_int_equal(transfer(rig, NVME_OPC_READ, slba, nlb, data_page(0) + off, list), 0);
	expect_data(rig, off, slba, (size_t)nlb * BLOCK);
}

static void test_a_list_may_begin_at_any_place_of_its_page(void **state)
{
	struct rig *rig = *state;

	fill_namespace(rig);
	for (unsigned int place = 0; place < PER_PAGE; place++) {
		read_by_list(rig, place, 0, 40);
		read_by_list(rig, place, place * 8, 17);
	}
}

/* Of 128 entries the last one that fits is at place 384. */
static void test_the_longest_list_may_begin_where_it_has_to_be_chained(void **state)
{
	static const unsigned int places[] = { 0, 1, 255, 383, 384, 385, 386, 510, 511 };
	struct rig *rig = *state;

	fill_namespace(rig);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		read_by_list(rig, places[i], 0, MAX_BLOCKS);
		read_by_list(rig, places[i], 4092, MAX_BLOCKS);
	}
}

static void test_data_are_written_along_a_chained_list(void **state)
{
	struct rig *rig = *state;

	fill_namespace(rig);
	for (unsigned int place = PER_PAGE - 8; place < PER_PAGE; place++) {
		uint64_t list = make_list(rig, place, 5);

		for (unsigned int i = 0; i < 6; i++)
			memcpy(at(rig, data_page(i)), contents + (size_t)(place + i) * PAGE / 4,
			       PAGE);
		assert_int_equal(transfer(rig, NVME_OPC_WRITE, 2000, 48, data_page(0), list), 0);
		for (unsigned int i = 0; i < 6; i++) {
			assert_int_equal(transfer(rig, NVME_OPC_READ, 2000 + 8 * i, 8, DATA, 0), 0);
			assert_memory_equal(at(rig, DATA), at(rig, data_page(i)), PAGE);
		}
	}
}

/* Entries 4 and 5 are in the second page of the list. */
static void test_each_entry_of_a_list_is_checked(void **state)
{
	struct rig *rig = *state;

	for (unsigned int i = 0; i < 6; i++) {
		uint64_t list = make_list(rig, PER_PAGE - 4, 6), in = i < 3 ? list : NEXT_LIST;
		unsigned int index = i < 3 ? i : i - 3;

		put_entry(rig, in, index, data_page(1) + 8);
		assert_int_equal(transfer(rig, NVME_OPC_READ, 0, 56, data_page(0), list),
				 ST(PRP_OFFSET_INVALID));
		put_entry(rig, in, index, NOWHERE);
		assert_int_equal(transfer(rig, NVME_OPC_READ, 0, 56, data_page(0), list),
				 ST(DATA_TRANSFER_ERROR));
		assert_int_equal(transfer(rig, NVME_OPC_WRITE, 0, 56, data_page(0), list),
				 ST(DATA_TRANSFER_ERROR));
	}
}

static void test_the_pointer_to_the_next_list_is_checked(void **state)
{
	struct rig *rig = *state;
	uint64_t list = make_list(rig, PER_PAGE - 1, 6);

	assert_int_equal(transfer(rig, NVME_OPC_READ, 0, 56, data_page(0), list), 0);
	for (uint32_t off = 1; off < PAGE; off += 7) {
		put_entry(rig, LIST, PER_PAGE - 1, NEXT_LIST + off);
		assert_int_equal(transfer(rig, NVME_OPC_READ, 0, 56, data_page(0), list),
				 ST(PRP_OFFSET_INVALID));
	}
	assert_true(rig->driver.cpl.status & DNR);
	put_entry(rig, LIST, PER_PAGE - 1, NOWHERE);
	assert_int_equal(transfer(rig, NVME_OPC_READ, 0, 56, data_page(0), list),
			 ST(DATA_TRANSFER_ERROR));
	assert_false(rig->driver.cpl.status & DNR);
	for (uint32_t off = 1; off < 8; off++)
		assert_int_equal(transfer(rig, NVME_OPC_READ, 0, 56, data_page(0), LIST + off),
				 ST(PRP_OFFSET_INVALID));
}

/* A chain of pointers that never reaches its data ends all the same. */
static void test_lists_that_go_round_in_circles_end(void **state)
{
	struct rig *rig = *state;

	put_entry(rig, LIST, PER_PAGE - 1, LIST);
	for (unsigned int i = 0; i < PER_PAGE - 1; i++)
		put_entry(rig, LIST, i, data_page(1));
	assert_int_equal(transfer(rig, NVME_OPC_READ, 0, MAX_BLOCKS, data_page(0),
				  LIST + PAGE - 8), 0);
	put_entry(rig, LIST, 0, LIST + 8);
	assert_int_equal(transfer(rig, NVME_OPC_READ, 0, MAX_BLOCKS, data_page(0),
				  LIST + PAGE - 8), ST(PRP_OFFSET_INVALID));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_TEST(test_prp1_may_have_any_offset_of_dwords),
		SUITE_TEST(test_one_block_needs_prp2_only_beyond_its_page),
		SUITE_TEST(test_data_are_written_from_any_offset_of_dwords),
		SUITE_TEST(test_other_offsets_of_prp1_are_invalid),
		SUITE_TEST(test_any_offset_of_prp2_is_invalid),
		SUITE_TEST(test_a_list_may_begin_at_any_place_of_its_page),
		SUITE_TEST(test_the_longest_list_may_begin_where_it_has_to_be_chained),
		SUITE_TEST(test_data_are_written_along_a_chained_list),
		SUITE_TEST(test_each_entry_of_a_list_is_checked),
		SUITE_TEST(test_the_pointer_to_the_next_list_is_checked),
		SUITE_TEST(test_lists_that_go_round_in_circles_end),
	};

	return SUITE_RUN(tests);
}
