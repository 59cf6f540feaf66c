/* SPDX-License-Identifier: BSD-2-Clause */
/* The MSI-X table and pending bit array, against section 6.8.2 of PCI 3.0. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "emu/msix.h"
#include "spec/bytes.h"

enum { NR_VECTORS = 65 };

static int setup(void **state)
{
	*state = msix_new(NR_VECTORS);
	return *state == NULL;
}

static int teardown(void **state)
{
	msix_free(*state);
	return 0;
}

static void put(struct msix *msix, uint32_t off, size_t len, uint64_t value)
{
	uint8_t bytes[8];

	bytes_set_le(bytes, len, value);
	msix_table_write(msix, off, bytes, len);
}

static uint64_t get(const struct msix *msix, uint32_t off, size_t len)
{
	uint8_t bytes[8];

	msix_table_read(msix, off, bytes, len);
	return bytes_get_le(bytes, len);
}

static void test_sizes_follow_the_number_of_vectors(void **state)
{
	static const struct {
		unsigned int nr;
		size_t table, pba;
	} sizes[] = { { 1, 16, 8 }, { 64, 1024, 8 }, { 65, 1040, 16 }, { 2048, 32768, 256 } };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct msix *msix = msix_new(sizes[i].nr);

		assert_non_null(msix);
		assert_int_equal(msix_nr_vectors(msix), sizes[i].nr);
		assert_int_equal(msix_table_size(msix), sizes[i].table);
		assert_int_equal(msix_pba_size(msix), sizes[i].pba);
		msix_free(msix);
	}
}

static void test_no_vectors_and_too_many_are_refused(void **state)
{
	(void)state;
	errno = 0;
	assert_null(msix_new(0));
	assert_int_equal(errno, EINVAL);
	assert_null(msix_new(2049));
}

static void test_every_vector_is_masked_and_without_a_message_after_reset(void **state)
{
	struct msix *msix = *state;

	for (unsigned int v = 0; v < NR_VECTORS; v++) {
		assert_true(msix_masked(msix, v));
		assert_false(msix_pending(msix, v));
		put(msix, v * 16, 8, UINT64_C(0x1122334455667788));
		put(msix, v * 16 + 8, 8, 0x99aabbcc);
		msix_set_pending(msix, v, true);
	}
	msix_reset(msix);
	for (unsigned int v = 0; v < NR_VECTORS; v++) {
		assert_true(get(msix, v * 16, 8) == 0);
		assert_int_equal(get(msix, v * 16 + 8, 4), 0);
		assert_int_equal(get(msix, v * 16 + 12, 4), 1);
		assert_true(msix_masked(msix, v));
		assert_false(msix_pending(msix, v));
	}
}

static void test_as_many_vectors_as_there_can_be_are_masked_and_none_is_pending(void **state)
{
	struct msix *msix = msix_new(2048);

	(void)state;
	assert_non_null(msix);
	for (unsigned int v = 0; v < 2048; v++) {
		assert_true(msix_masked(msix, v));
		assert_false(msix_pending(msix, v));
	}
	msix_free(msix);
}

static void test_message_is_what_was_written(void **state)
{
	struct msix *msix = *state;
	uint64_t addr;
	uint32_t data;

	put(msix, 64 * 16, 8, UINT64_C(0x1122334455667788));
	put(msix, 64 * 16 + 8, 4, 0x99aabbcc);
	msix_message(msix, 64, &addr, &data);
	assert_true(addr == UINT64_C(0x1122334455667788));
	assert_int_equal(data, 0x99aabbcc);
	msix_message(msix, 63, &addr, &data);
	assert_true(addr == 0);
	assert_int_equal(data, 0);
}

static void test_reserved_bits_read_zero(void **state)
{
	struct msix *msix = *state;

	put(msix, 0, 8, UINT64_MAX);
	put(msix, 8, 8, UINT64_MAX);
	assert_true(get(msix, 0, 8) == UINT64_MAX - 3);
	assert_true(get(msix, 8, 8) == UINT64_C(0x1ffffffff));
}

static void test_mask_bit_is_the_vector_s_own(void **state)
{
	struct msix *msix = *state;

	put(msix, 3 * 16 + 12, 4, 0);
	assert_false(msix_masked(msix, 3));
	assert_true(msix_masked(msix, 2));
	assert_true(msix_masked(msix, 4));
	put(msix, 3 * 16 + 12, 4, 1);
	assert_true(msix_masked(msix, 3));
}

static void test_unaligned_write_across_entries_reaches_both(void **state)
{
	struct msix *msix = *state;

	put(msix, 12, 8, UINT64_C(0xfee0100000000000));
	assert_false(msix_masked(msix, 0));
	assert_int_equal(get(msix, 16, 4), 0xfee01000);
	put(msix, 17, 1, 0x20);
	assert_int_equal(get(msix, 16, 4), 0xfee02000);
}

static void test_pending_bits_stand_in_the_array_in_order(void **state)
{
	struct msix *msix = *state;
	uint8_t pba[16];

	msix_set_pending(msix, 0, true);
	msix_set_pending(msix, 9, true);
	msix_set_pending(msix, 64, true);
	msix_set_pending(msix, 10, true);
	msix_set_pending(msix, 10, false);
	assert_true(msix_pending(msix, 9));
	assert_false(msix_pending(msix, 10));
	msix_pba_read(msix, 0, pba, sizeof(pba));
	assert_true(bytes_get_le(pba, 8) == 0x201);
	assert_true(bytes_get_le(pba + 8, 8) == 1);
	msix_pba_read(msix, 7, pba, 2);
	assert_int_equal(bytes_get_le(pba, 2), 0x0100);
}

static void test_masking_leaves_pending_alone(void **state)
{
	struct msix *msix = *state;

	msix_set_pending(msix, 5, true);
	put(msix, 5 * 16 + 12, 4, 0);
	assert_true(msix_pending(msix, 5));
	put(msix, 5 * 16 + 12, 4, 1);
	assert_true(msix_pending(msix, 5));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes_follow_the_number_of_vectors),
		cmocka_unit_test(test_no_vectors_and_too_many_are_refused),
		TEST(test_every_vector_is_masked_and_without_a_message_after_reset),
		cmocka_unit_test(
			test_as_many_vectors_as_there_can_be_are_masked_and_none_is_pending),
		TEST(test_message_is_what_was_written),
		TEST(test_reserved_bits_read_zero),
		TEST(test_mask_bit_is_the_vector_s_own),
		TEST(test_unaligned_write_across_entries_reaches_both),
		TEST(test_pending_bits_stand_in_the_array_in_order),
		TEST(test_masking_leaves_pending_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
