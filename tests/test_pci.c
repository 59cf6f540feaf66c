/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI configuration space, against the figures of the PCI specifications. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "emu/pci.h"
#include "spec/bytes.h"

enum {
	COMMAND = 0x04,
	STATUS = 0x06,
	BAR0 = 0x10,
	CAPABILITIES = 0x34,
	INTERRUPT_PIN = 0x3d,

	BAR0_SIZE = 0x4000,
	NR_VECTORS = 33,
	TABLE = 0x2000,
	PBA = 0x3000,
};

struct heard {
	int resets, irqs, powers;
	unsigned int power;
	struct pci *pci;
};

static void on_reset(void *ctx)
{
	((struct heard *)ctx)->resets++;
}

static void on_irq(void *ctx)
{
	((struct heard *)ctx)->irqs++;
}

static void on_power(void *ctx, unsigned int state)
{
	struct heard *heard = ctx;

	heard->powers++;
	heard->power = state;
}

static const struct pci_events events = { on_reset, on_irq, on_power };
static const struct pci_ids ids = { 0x1b36, 0x0010, 0x1af4, 0x1100, 0x02 };

static int setup(void **state)
{
	static struct heard heard;

	memset(&heard, 0, sizeof(heard));
	heard.pci = pci_new(&ids, BAR0_SIZE, NR_VECTORS, TABLE, PBA, &events, &heard);
	*state = &heard;
	return heard.pci == NULL;
}

static int teardown(void **state)
{
	struct heard *heard = *state;

	pci_free(heard->pci);
	return 0;
}

static uint64_t get(const struct heard *heard, uint32_t off, size_t len)
{
	uint8_t bytes[8];

	pci_read(heard->pci, off, bytes, len);
	return bytes_get_le(bytes, len);
}

static void put(struct heard *heard, uint32_t off, size_t len, uint64_t value)
{
	uint8_t bytes[8];

	bytes_set_le(bytes, len, value);
	pci_write(heard->pci, off, bytes, len);
}

/* The offset of a capability, found as a driver does; 0: not in the list. */
static uint32_t capability(const struct heard *heard, uint8_t id)
{
	uint32_t at = get(heard, CAPABILITIES, 1);

	for (int i = 0; i < 48 && at != 0; i++) {
		assert_true(at >= 0x40 && at <= 0xfc && at % 4 == 0);
		if (get(heard, at, 1) == id)
			return at;
		at = get(heard, at + 1, 1);
	}
	assert_int_equal(at, 0);
	return 0;
}

static void test_header_says_nvme_controller_with_pin_a(void **state)
{
	struct heard *heard = *state;

	assert_int_equal(get(heard, 0x00, 4), 0x00101b36);
	assert_int_equal(get(heard, 0x08, 4), 0x01080202);
	assert_int_equal(get(heard, 0x0e, 1), 0);
	assert_int_equal(get(heard, 0x2c, 4), 0x11001af4);
	assert_int_equal(get(heard, 0x30, 4), 0);
	assert_int_equal(get(heard, INTERRUPT_PIN, 1), 1);
	assert_int_equal(get(heard, STATUS, 2) & 0x10, 0x10);
}

static void test_bar0_sizes_as_64_bit_non_prefetchable_memory(void **state)
{
	struct heard *heard = *state;

	put(heard, BAR0, 4, 0xffffffff);
	put(heard, BAR0 + 4, 4, 0xffffffff);
	assert_int_equal(get(heard, BAR0, 4), 0xffffc004);
	assert_int_equal(get(heard, BAR0 + 4, 4), 0xffffffff);
	put(heard, BAR0, 8, UINT64_C(0x123456789abcdef0));
	assert_true(get(heard, BAR0, 8) == UINT64_C(0x123456789abcc004));
	for (uint32_t bar = 2; bar < 6; bar++) {
		put(heard, BAR0 + 4 * bar, 4, 0xffffffff);
		assert_int_equal(get(heard, BAR0 + 4 * bar, 4), 0);
	}
	put(heard, 0x30, 4, 0xfffff801);
	assert_int_equal(get(heard, 0x30, 4), 0);
}

static void test_bar0_beyond_4_gib_has_no_writable_low_half(void **state)
{
	struct heard *heard = *state;
	struct pci *big = pci_new(&ids, UINT64_C(1) << 33, 1, 0x2000, 0x3000, &events, heard);
	uint8_t ones[8], back[8];

	assert_non_null(big);
	memset(ones, 0xff, sizeof(ones));
	pci_write(big, BAR0, ones, sizeof(ones));
	pci_read(big, BAR0, back, sizeof(back));
	assert_true(bytes_get_le(back, 8) == UINT64_C(0xfffffffe00000004));
	pci_free(big);
}

static void test_capability_list_has_power_management_msix_and_express(void **state)
{
	struct heard *heard = *state;
	uint32_t pm = capability(heard, 0x01), msix = capability(heard, 0x11);
	uint32_t express = capability(heard, 0x10);

	assert_int_not_equal(pm, 0);
	assert_int_equal(get(heard, pm + 2, 2) & 7, 3);
	assert_int_equal(get(heard, pm + 2, 2) >> 11, 0);
	assert_int_not_equal(msix, 0);
	assert_int_equal(get(heard, msix + 2, 2), NR_VECTORS - 1);
	assert_int_equal(get(heard, msix + 4, 4), TABLE);
	assert_int_equal(get(heard, msix + 8, 4), PBA);
	assert_int_not_equal(express, 0);
	assert_int_equal(get(heard, express + 2, 2), 0x0002);
	assert_int_equal(get(heard, express + 4, 4) & 0x10008000, 0x10008000);
	assert_int_equal(capability(heard, 0x05), 0);
}

static void test_link_runs_at_no_more_than_it_can(void **state)
{
	struct heard *heard = *state;
	uint32_t express = capability(heard, 0x10);
	uint64_t can = get(heard, express + 12, 4), is = get(heard, express + 18, 2);
	uint64_t speeds = get(heard, express + 44, 4) >> 1 & 0x7f;

	assert_in_range(is & 0xf, 1, can & 0xf);
	assert_in_range(is >> 4 & 0x3f, 1, can >> 4 & 0x3f);
	assert_int_equal(speeds, (1 << (can & 0xf)) - 1);
	assert_int_equal(can >> 22 & 1, 1);
}

static void test_extended_space_is_an_empty_list(void **state)
{
	struct heard *heard = *state;

	put(heard, 0x100, 4, 0xffffffff);
	put(heard, 0xffc, 4, 0xffffffff);
	assert_int_equal(get(heard, 0x100, 4), 0);
	assert_int_equal(get(heard, 0xffc, 4), 0);
}

static void test_command_keeps_only_the_bits_that_the_function_has(void **state)
{
	struct heard *heard = *state;

	put(heard, COMMAND, 2, 0xffff);
	assert_int_equal(get(heard, COMMAND, 2), 0x0546);
	assert_true(pci_bus_master(heard->pci));
	assert_true(pci_intx_disabled(heard->pci));
	put(heard, COMMAND, 2, 0);
	assert_int_equal(get(heard, COMMAND, 2), 0);
	assert_false(pci_bus_master(heard->pci));
	assert_false(pci_intx_disabled(heard->pci));
}

static void test_identity_cannot_be_written(void **state)
{
	struct heard *heard = *state;
	uint8_t before[64], ones[64], after[64];

	memset(ones, 0xff, sizeof(ones));
	pci_read(heard->pci, 0, before, sizeof(before));
	pci_write(heard->pci, 0, ones, sizeof(ones));
	pci_read(heard->pci, 0, after, sizeof(after));
	assert_memory_equal(before, after, 4);
	assert_memory_equal(before + 8, after + 8, 4);
	assert_memory_equal(before + 0x28, after + 0x28, 0x14);
	assert_int_equal(after[0x3c], 0xff);
	assert_int_equal(after[INTERRUPT_PIN], 1);
}

static void test_writing_one_does_not_set_status(void **state)
{
	struct heard *heard = *state;
	uint32_t express = capability(heard, 0x10);

	put(heard, STATUS, 2, 0xffff);
	assert_int_equal(get(heard, STATUS, 2), 0x0010);
	put(heard, express + 10, 2, 0xffff);
	assert_int_equal(get(heard, express + 10, 2), 0);
}

static void test_intx_shows_in_status_bit_3(void **state)
{
	struct heard *heard = *state;

	pci_intx_status(heard->pci, true);
	put(heard, STATUS, 2, 0xffff);
	assert_int_equal(get(heard, STATUS, 2), 0x0018);
	pci_intx_status(heard->pci, false);
	assert_int_equal(get(heard, STATUS, 2), 0x0010);
}

static void test_unaligned_and_long_accesses_are_byte_by_byte(void **state)
{
	struct heard *heard = *state;
	uint8_t all[4096];

	put(heard, BAR0 + 1, 4, 0x44332211);
	assert_int_equal(get(heard, BAR0, 4), 0x33220004);
	assert_int_equal(get(heard, BAR0 + 4, 4), 0x44);
	pci_read(heard->pci, 0, all, sizeof(all));
	assert_int_equal(bytes_get_le(all + BAR0 + 1, 4), 0x44332200);
	pci_write(heard->pci, 0, all, sizeof(all));
	assert_int_equal(get(heard, BAR0, 4), 0x33220004);
	assert_int_equal(heard->resets + heard->irqs + heard->powers, 0);
}

static void test_msix_control_has_enable_and_function_mask(void **state)
{
	struct heard *heard = *state;
	uint32_t msix = capability(heard, 0x11);

	assert_false(pci_msix_enabled(heard->pci));
	assert_false(pci_msix_masked(heard->pci));
	put(heard, msix, 4, 0xffffffff);
	assert_int_equal(get(heard, msix + 2, 2), 0xc000 | (NR_VECTORS - 1));
	assert_true(pci_msix_enabled(heard->pci));
	assert_true(pci_msix_masked(heard->pci));
	put(heard, msix + 4, 8, UINT64_MAX);
	assert_int_equal(get(heard, msix + 4, 4), TABLE);
	assert_int_equal(get(heard, msix + 8, 4), PBA);
}

static void test_irq_changed_is_told_once_a_change(void **state)
{
	struct heard *heard = *state;
	uint32_t control = capability(heard, 0x11) + 2;

	put(heard, control, 2, 0x8000);
	assert_int_equal(heard->irqs, 1);
	put(heard, control, 2, 0x8000);
	assert_int_equal(heard->irqs, 1);
	put(heard, control, 2, 0xc000);
	assert_int_equal(heard->irqs, 2);
	put(heard, COMMAND, 2, 0x0002);
	assert_int_equal(heard->irqs, 2);
	put(heard, COMMAND, 2, 0x0006);
	assert_int_equal(heard->irqs, 3);
	put(heard, COMMAND, 2, 0x0406);
	assert_int_equal(heard->irqs, 4);
}

static void test_d3hot_and_back_keeps_the_configuration(void **state)
{
	struct heard *heard = *state;
	uint32_t csr = capability(heard, 0x01) + 4;

	put(heard, COMMAND, 2, 0x0006);
	put(heard, csr, 2, 3);
	assert_int_equal(pci_power_state(heard->pci), 3);
	assert_int_equal(heard->powers, 1);
	assert_int_equal(heard->power, 3);
	put(heard, csr, 2, 0);
	assert_int_equal(heard->powers, 2);
	assert_int_equal(heard->power, 0);
	assert_int_equal(get(heard, csr, 2) & 0x000b, 0x0008);
	assert_int_equal(get(heard, COMMAND, 2), 0x0006);
	assert_int_equal(heard->resets, 0);
}

static void test_states_d1_and_d2_are_discarded(void **state)
{
	struct heard *heard = *state;
	uint32_t csr = capability(heard, 0x01) + 4;

	put(heard, csr, 2, 1);
	assert_int_equal(pci_power_state(heard->pci), 0);
	put(heard, csr, 2, 3);
	put(heard, csr, 1, 2);
	assert_int_equal(pci_power_state(heard->pci), 3);
	assert_int_equal(heard->powers, 1);
}

static void test_function_level_reset_reads_back_zero_and_resets(void **state)
{
	struct heard *heard = *state;
	uint32_t control = capability(heard, 0x10) + 8, csr = capability(heard, 0x01) + 4;

	put(heard, BAR0, 4, 0xfebf0000);
	put(heard, COMMAND, 2, 0x0406);
	put(heard, csr, 2, 3);
	put(heard, control, 2, get(heard, control, 2) | 0x8000);
	assert_int_equal(heard->resets, 1);
	assert_int_equal(get(heard, control, 2), 0x2810);
	assert_int_equal(get(heard, BAR0, 4), 0x00000004);
	assert_int_equal(get(heard, COMMAND, 2), 0);
	assert_int_equal(pci_power_state(heard->pci), 0);
}

static void test_function_level_reset_takes_any_access_that_covers_bit_15(void **state)
{
	struct heard *heard = *state;
	uint32_t control = capability(heard, 0x10) + 8;

	put(heard, control + 1, 1, 0x80);
	put(heard, control, 4, 0x8000);
	put(heard, control - 4, 8, UINT64_C(0x8000) << 32);
	assert_int_equal(heard->resets, 3);
	put(heard, control, 1, 0xff);
	put(heard, control + 2, 2, 0x8080);
	assert_int_equal(heard->resets, 3);
}

static void test_function_level_reset_keeps_max_payload_size(void **state)
{
	struct heard *heard = *state;
	uint32_t express = capability(heard, 0x10);

	put(heard, express + 8, 2, 0x0020);
	put(heard, express + 16, 2, 0x0040);
	put(heard, express + 8, 2, 0x8020);
	assert_int_equal(get(heard, express + 8, 2), 0x2830);
	assert_int_equal(get(heard, express + 16, 2), 0x0040);
	pci_reset(heard->pci);
	assert_int_equal(get(heard, express + 8, 2), 0x2810);
	assert_int_equal(get(heard, express + 16, 2), 0);
	assert_int_equal(heard->resets, 1);
}

static void test_what_cannot_be_is_refused(void **state)
{
	static const struct {
		uint64_t size;
		unsigned int nr_vectors;
		uint32_t table, pba;
	} bad[] = {
		{ 0, 1, 0, 0 },
		{ 0x3000, 1, 0x1000, 0x2000 },
		{ 0x4000, 0, 0x2000, 0x3000 },
		{ 0x40000, 2049, 0x10000, 0x3000 },
		{ 0x4000, 33, 0x2004, 0x3000 },
		{ 0x4000, 33, 0x2000, 0x2208 },
		{ 0x4000, 33, 0x3000, 0x3000 },
		{ 0x4000, 65, 0x2000, 0x3ff8 },
		{ 0x4000, 33, 0x3df8, 0x2000 },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		errno = 0;
		assert_null(pci_new(&ids, bad[i].size, bad[i].nr_vectors, bad[i].table,
				    bad[i].pba, &events, *state));
		assert_int_equal(errno, EINVAL);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_header_says_nvme_controller_with_pin_a),
		TEST(test_bar0_sizes_as_64_bit_non_prefetchable_memory),
		TEST(test_bar0_beyond_4_gib_has_no_writable_low_half),
		TEST(test_capability_list_has_power_management_msix_and_express),
		TEST(test_link_runs_at_no_more_than_it_can),
		TEST(test_extended_space_is_an_empty_list),
		TEST(test_command_keeps_only_the_bits_that_the_function_has),
		TEST(test_identity_cannot_be_written),
		TEST(test_writing_one_does_not_set_status),
		TEST(test_intx_shows_in_status_bit_3),
		TEST(test_unaligned_and_long_accesses_are_byte_by_byte),
		TEST(test_msix_control_has_enable_and_function_mask),
		TEST(test_irq_changed_is_told_once_a_change),
		TEST(test_d3hot_and_back_keeps_the_configuration),
		TEST(test_states_d1_and_d2_are_discarded),
		TEST(test_function_level_reset_reads_back_zero_and_resets),
		TEST(test_function_level_reset_takes_any_access_that_covers_bit_15),
		TEST(test_function_level_reset_keeps_max_payload_size),
		TEST(test_what_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
