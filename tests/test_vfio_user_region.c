/* SPDX-License-Identifier: BSD-2-Clause */
/* The vfio-user server.  The device, its regions and accesses to them. */
#include <config.h>

#include <errno.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/vfio_fixture.h"

enum { CONFIG = VFIO_PCI_CONFIG_REGION_INDEX };

static void test_the_device_is_pci_and_can_be_reset(void **state)
{
	uint8_t body[VU_INFO_LEN] = { 0 };
	size_t len = sizeof(body);
	struct vfio_fixture *f = *state;

	VU_INFO_ARGSZ_set(body, VU_INFO_LEN);
	assert_int_equal(vfio_client_call(f->c, VU_DEVICE_GET_INFO, body, len, NULL, 0, body, &len),
			 0);
	assert_int_equal(VU_INFO_ARGSZ_get(body), VU_INFO_LEN);
	assert_int_equal(VU_INFO_FLAGS_get(body), VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI);
	assert_int_equal(VU_INFO_NUM_REGIONS_get(body), VFIO_PCI_NUM_REGIONS);
	assert_int_equal(VU_INFO_NUM_IRQS_get(body), VFIO_PCI_NUM_IRQS);
	VU_INFO_ARGSZ_set(body, VU_INFO_LEN - 1);
	assert_int_equal(fx_call(f, VU_DEVICE_GET_INFO, body, sizeof(body)), -EINVAL);
}

static void test_regions_have_their_sizes_and_none_is_mappable(void **state)
{
	struct vfio_fixture *f = *state;
	uint32_t flags;
	uint64_t size;

	for (uint32_t i = 0; i < VFIO_PCI_NUM_REGIONS; i++) {
		uint64_t expected = i == 0 ? DOUBLE_BAR_SIZE : i == CONFIG ? 4096 : 0;

		assert_int_equal(vfio_client_region_info(f->c, i, &flags, &size), 0);
		assert_int_equal(size, expected);
		assert_int_equal(flags, expected == 0 ? 0 : 3);
	}
	assert_int_equal(vfio_client_region_info(f->c, 9, &flags, &size), -EINVAL);
	assert_int_equal(vfio_client_region_info(f->c, UINT32_MAX, &flags, &size), -EINVAL);
}

static void test_config_space_and_bars_are_read_and_written(void **state)
{
	struct vfio_fixture *f = *state;
	char buf[4096] = "";

	assert_int_equal(vfio_client_write(f->c, CONFIG, 4090, "config", 6), 0);
	assert_int_equal(vfio_client_read(f->c, CONFIG, 0, buf, 4096), 0);
	assert_memory_equal(buf + 4090, "config", 6);
	assert_int_equal(vfio_client_write(f->c, 0, 77, "bar", 3), 0);
	assert_int_equal(vfio_client_read(f->c, 0, 76, buf, 5), 0);
	assert_memory_equal(buf, "\0bar\0", 5);
	assert_int_equal(vfio_client_read(f->c, 0, 0, buf, 0), 0);
}

static void test_accesses_outside_a_region_are_refused(void **state)
{
	struct vfio_fixture *f = *state;
	char buf[16];

	assert_int_equal(vfio_client_read(f->c, CONFIG, 4095, buf, 2), -EINVAL);
	assert_int_equal(vfio_client_read(f->c, 0, UINT64_MAX, buf, 2), -EINVAL);
	assert_int_equal(vfio_client_write(f->c, 0, DOUBLE_BAR_SIZE - 1, buf, 2), -EINVAL);
	assert_int_equal(vfio_client_write(f->c, 1, 0, buf, 1), -EINVAL);
	assert_int_equal(vfio_client_read(f->c, 8, 0, buf, 1), -EINVAL);
	assert_int_equal(vfio_client_read(f->c, UINT32_MAX, 0, buf, 1), -EINVAL);
}

static void test_a_write_must_have_as_much_data_as_it_says(void **state)
{
	struct vfio_fixture *f = *state;
	uint8_t body[VU_RW_LEN + 8] = { 0 };

	VU_RW_COUNT_set(body, 4);
	assert_int_equal(fx_call(f, VU_REGION_WRITE, body, VU_RW_LEN + 3), -EINVAL);
	assert_int_equal(fx_call(f, VU_REGION_WRITE, body, VU_RW_LEN + 5), -EINVAL);
	assert_int_equal(fx_call(f, VU_REGION_WRITE, body, VU_RW_LEN + 4), 0);
	VU_RW_COUNT_set(body, UINT32_MAX);
	assert_int_equal(fx_call(f, VU_REGION_WRITE, body, VU_RW_LEN + 4), -EINVAL);
	assert_int_equal(fx_call(f, VU_REGION_READ, body, VU_RW_LEN), -EINVAL);
}

static void test_a_posted_write_gets_no_reply_and_is_done_before_what_follows(void **state)
{
	struct vfio_fixture *f = *state;
	uint32_t value;

	for (uint32_t i = 1; i <= 100; i++) {
		assert_int_equal(vfio_client_post(f->c, 0, 8, &i, 4), 0);
		if (i % 10 == 0)
			assert_int_equal(vfio_client_read(f->c, 0, 8, &value, 4), 0);
		if (i % 10 == 0)
			assert_int_equal(value, i);
	}
	assert_int_equal(vfio_client_post(f->c, 5, 0, &value, 4), 0);
	assert_int_equal(vfio_client_reset(f->c), 0);
}

static void test_each_message_is_done_after_its_reply(void **state)
{
	struct vfio_fixture *f = *state;
	uint32_t before = fx_reg(f, DOUBLE_NR_DONE);

	assert_int_equal(vfio_client_post(f->c, 0, 8, &before, 4), 0);
	assert_int_equal(vfio_client_reset(f->c), 0);
	assert_int_equal(fx_reg(f, DOUBLE_NR_DONE), before + 3);
	assert_int_equal(fx_reg(f, DOUBLE_NR_RESET), 1);
}

static void test_unknown_commands_are_answered_with_enotsup(void **state)
{
	static const uint16_t unknown[] = { 0, 6, 11, 12, 14, 15, 16, 17, 18, 19, 255, 65535 };
	uint8_t body[64] = { 0 };

	for (unsigned int i = 0; i < sizeof(unknown) / sizeof(*unknown); i++)
		assert_int_equal(fx_call(*state, unknown[i], body, sizeof(body)), -ENOTSUP);
}

static void test_bodies_that_are_too_short_are_answered_with_einval(void **state)
{
	uint8_t body[64] = { 0 };

	for (uint16_t command = VU_DMA_MAP; command <= VU_REGION_WRITE; command++) {
		if (command == VU_DEVICE_GET_REGION_IO_FDS)
			continue;
		for (size_t len = 0; len < 16; len += 5)
			assert_int_equal(fx_call(*state, command, body, len), -EINVAL);
	}
}

#define T(test) cmocka_unit_test_setup_teardown(test, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_the_device_is_pci_and_can_be_reset),
		T(test_regions_have_their_sizes_and_none_is_mappable),
		T(test_config_space_and_bars_are_read_and_written),
		T(test_accesses_outside_a_region_are_refused),
		T(test_a_write_must_have_as_much_data_as_it_says),
		T(test_a_posted_write_gets_no_reply_and_is_done_before_what_follows),
		T(test_each_message_is_done_after_its_reply),
		T(test_unknown_commands_are_answered_with_enotsup),
		T(test_bodies_that_are_too_short_are_answered_with_einval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
