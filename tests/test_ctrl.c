/* SPDX-License-Identifier: BSD-2-Clause */
/* The controller's registers and life, and resets. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "spec/table.h"
#include "tests/rig.h"

enum { CC_ON = 4u << 20 | 6u << 16 | 1, CAP_EXPRESS = 16 };

static uint64_t get(struct rig *rig, uint64_t off, unsigned int width)
{
	return rig->access.reg_read(rig, off, width);
}

static void set(struct rig *rig, uint64_t off, unsigned int width, uint64_t value)
{
	rig->access.reg_write(rig, off, width, value);
}

static void test_registers_say_what_this_controller_can(void **state)
{
	struct rig *rig = *state;
	uint8_t cap[8];

	bytes_set_le(cap, 8, get(rig, NVME_REG_CAP, 8));
	assert_int_equal(reg_cap_mqes_get(cap), 4095);
	assert_int_equal(reg_cap_cqr_get(cap), 1);
	assert_int_equal(reg_cap_dstrd_get(cap), 0);
	assert_int_equal(reg_cap_nssrs_get(cap), 0);
	assert_int_equal(reg_cap_css_get(cap), 1);
	assert_int_equal(reg_cap_mpsmin_get(cap), 0);
	assert_int_equal(reg_cap_mpsmax_get(cap), 0);
	assert_int_not_equal(reg_cap_to_get(cap), 0);
	assert_int_equal(get(rig, NVME_REG_VS, 4), 0x10400);
	assert_int_equal(get(rig, NVME_REG_CSTS, 4), 0);
}

static void test_a_64_bit_register_can_be_used_in_halves_and_bytes(void **state)
{
	struct rig *rig = *state;

	set(rig, NVME_REG_ASQ, 8, 0x1122334455667fff);
	assert_int_equal(get(rig, NVME_REG_ASQ, 8), 0x1122334455667000);
	assert_int_equal(get(rig, NVME_REG_ASQ, 4), 0x55667000);
	assert_int_equal(get(rig, NVME_REG_ASQ + 4, 4), 0x11223344);
	set(rig, NVME_REG_ASQ + 4, 4, 0xaabbccdd);
	assert_int_equal(get(rig, NVME_REG_ASQ, 8), (int64_t)0xaabbccdd55667000);
	set(rig, NVME_REG_ASQ + 5, 1, 0xee);
	assert_int_equal(get(rig, NVME_REG_ASQ + 3, 2), 0xdd55);
	assert_int_equal(get(rig, NVME_REG_ASQ + 5, 1), 0xee);
	assert_int_equal(get(rig, NVME_REG_CAP, 8) >> 32, get(rig, NVME_REG_CAP + 4, 4));
}

static void test_odd_accesses_do_no_harm(void **state)
{
	struct rig *rig = *state;
	uint8_t bytes[0x4000];

	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(device_bar_read(rig->dev, 0, 0, bytes, sizeof(bytes)), 0);
	assert_int_equal(device_bar_read(rig->dev, 0, 0x3fff, bytes, 2), -ERANGE);
	assert_int_equal(device_bar_read(rig->dev, 0, UINT64_MAX, bytes, 2), -ERANGE);
	assert_int_equal(device_bar_read(rig->dev, 1, 0, bytes, 1), -ERANGE);
	assert_int_equal(device_bar_read(rig->dev, 7, 0, bytes, 1), -ERANGE);
	memset(bytes, 0xfe, sizeof(bytes));
	for (unsigned int width = 1; width <= 8; width++) {
		for (unsigned int off = 0x15; off < 0x70; off++)
			assert_int_equal(device_bar_write(rig->dev, 0, off, bytes, width), 0);
		device_done(rig->dev);
	}
	assert_int_equal(device_bar_write(rig->dev, 0, 0x0ff9, bytes, 0x3000), 0);
	assert_int_equal(device_config_read(rig->dev, 4095, bytes, 2), -ERANGE);
	assert_int_equal(device_config_read(rig->dev, 0, bytes, 4096), 0);
	device_done(rig->dev);
}

static void test_enable_makes_it_ready_and_disable_undoes_it(void **state)
{
	struct rig *rig = *state;
	struct nvme_driver *d = &rig->driver;

	rig_watch(rig, "nvme:ctrl:execute");
	driver_init(d, &rig->access, true);
	assert_true(driver_enable(d, 16));
	assert_int_equal(driver_csts(d), 1);
	assert_true(driver_disable(d));
	assert_int_equal(driver_csts(d), 0);
	assert_int_equal(get(rig, NVME_REG_AQA, 4), 15 << 16 | 15);
	assert_int_equal(get(rig, NVME_REG_ASQ, 8), d->queue[0].sq);
	assert_int_equal(rig->seen[0].info.ctrl.state, NVMETAP_CTRL_ENABLED);
	assert_int_equal(rig->seen[1].info.ctrl.state, NVMETAP_CTRL_READY);
	assert_int_equal(rig->seen[1].info.ctrl.csts, 1);
	assert_int_equal(rig->seen[2].info.ctrl.state, NVMETAP_CTRL_DISABLED);
	assert_int_equal(rig->seen[2].info.ctrl.reason, NVMETAP_BY_DRIVER);
}

static void test_an_unreachable_queue_is_fatal(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = { .opc = NVME_OPC_IDENTIFY };

	rig_watch(rig, "nvme:ctrl:execute");
	rig->mem->bad_start = rig->driver.queue[1].sq;
	rig->mem->bad_end = rig->mem->bad_start + 64;
	driver_submit(&rig->driver, 1, &cmd);
	assert_int_equal(driver_csts(&rig->driver), 3);
	assert_int_equal(rig->seen[0].info.ctrl.state, NVMETAP_CTRL_FATAL);
	assert_int_equal(rig->seen[0].info.ctrl.reason, NVMETAP_BY_ERROR);
	rig->mem->bad_end = 0;
	driver_submit(&rig->driver, 0, &cmd);
	assert_false(driver_peek(&rig->driver, 0));
	assert_true(driver_disable(&rig->driver));
	assert_true(driver_enable(&rig->driver, 16));
}

static void test_a_completion_queue_that_cannot_be_written_is_fatal(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = { .opc = NVME_OPC_FLUSH, .nsid = 1 };

	rig->mem->bad_start = rig->driver.queue[1].cq;
	rig->mem->bad_end = rig->mem->bad_start + 16;
	driver_submit(&rig->driver, 1, &cmd);
	assert_true(driver_wait_csts(&rig->driver, 3, 3));
	assert_true(driver_disable(&rig->driver));
}

static void test_a_shutdown_is_started_and_completed(void **state)
{
	struct rig *rig = *state;
	struct nvme_driver *d = &rig->driver;

	rig_watch(rig, "nvme:ctrl:execute");
	set(rig, NVME_REG_CC, 4, CC_ON | NVME_SHN_NORMAL << 14);
	while ((driver_csts(d) >> 2 & 3) != NVME_SHST_COMPLETE)
		assert_true(rig->access.wait(rig));
	assert_int_equal(rig->seen[0].info.ctrl.state, NVMETAP_CTRL_SHUTDOWN_STARTED);
	assert_int_equal(rig->seen[1].info.ctrl.state, NVMETAP_CTRL_SHUTDOWN_COMPLETE);
	set(rig, NVME_REG_CC, 4, CC_ON & ~1u);
	assert_int_equal(driver_csts(d), 0);
	assert_true(driver_enable(d, 16));
	set(rig, NVME_REG_CC, 4, CC_ON | NVME_SHN_ABRUPT << 14);
	assert_int_equal(driver_csts(d), NVME_SHST_COMPLETE << 2 | 1);
}

static void test_every_kind_of_reset_is_told_with_its_reason_and_its_losses(void **state)
{
	struct rig *rig = *state;
	struct nvme_command aer = { .opc = NVME_OPC_ASYNC_EVENT_REQUEST };
	uint64_t pcie = driver_capability(&rig->driver, CAP_EXPRESS);

	rig_watch(rig, "nvme:ctrl:execute");
	driver_submit(&rig->driver, 0, &aer);
	rig->access.config_write(rig, pcie + 8, 2, 1u << 15);
	assert_int_equal(rig->seen[0].info.ctrl.reason, NVMETAP_BY_FLR);
	assert_int_equal(rig->seen[0].info.ctrl.lost, 1);
	assert_int_equal(driver_csts(&rig->driver), 0);
	assert_int_equal(get(rig, NVME_REG_ASQ, 8), 0);
	device_reset(rig->dev);
	assert_int_equal(rig->seen[1].info.ctrl.reason, NVMETAP_BY_BUS);
	assert_int_equal(rig->seen[1].info.ctrl.lost, 0);
	device_gone(rig->dev);
	assert_int_equal(rig->seen[2].info.ctrl.reason, NVMETAP_BY_DISCONNECT);
	assert_int_equal(rig->access.config_read(rig, 4, 2), 0);
	driver_init(&rig->driver, &rig->access, true);
	assert_true(driver_enable(&rig->driver, 16));
}

static void test_guest_memory_is_never_copied_while_the_peer_waits(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = { .opc = NVME_OPC_READ, .nsid = 1 };

	cmd.prp1 = driver_alloc(&rig->driver, 512);
	assert_int_equal(driver_command(&rig->driver, 1, &cmd), 0);
	assert_int_equal(rig->mem->nr_early, 0);
}

static int drop(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	(void)ev;
	return NVMETAP_DROP;
}

static void test_a_plug_in_can_lose_an_interrupt_and_a_register_write(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = { .opc = NVME_OPC_ABORT };

	rig_watch(rig, "pci:msix:writeback");
	rig_modify(rig, "pci:msix:writeback", drop, NULL);
	rig->mem->nr_irqs = 0;
	driver_command(&rig->driver, 0, &cmd);
	assert_int_equal(rig->mem->nr_irqs, 0);
	assert_int_equal(rig->seen[0].info.irq.result, NVMETAP_IRQ_DROPPED);
	assert_int_equal(rig->seen[0].ev.flags & NVMETAP_ALTERED, NVMETAP_ALTERED);
	rig_modify(rig, "nvme:regwrite:decode", drop, NULL);
	set(rig, NVME_REG_CC, 4, 0);
	assert_int_equal(driver_csts(&rig->driver), 1);
}

static int lie(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	ev->acc->value = UINT64_MAX;
	return NVMETAP_GO;
}

static void test_a_plug_in_can_change_what_a_register_reads(void **state)
{
	struct rig *rig = *state;

	rig_modify(rig, "nvme:regread:writeback", lie, NULL);
	rig_watch(rig, "nvme:regread:writeback");
	assert_int_equal(get(rig, NVME_REG_VS, 2), 0xffff);
	assert_int_equal(rig->seen[0].info.acc.width, 2);
	assert_int_equal(rig->seen[0].info.acc.offset, NVME_REG_VS);
}

static void test_accesses_of_register_size_are_one_event_each(void **state)
{
	struct rig *rig = *state;
	uint8_t bytes[64];

	rig_watch(rig, "pci:regread:writeback");
	rig_watch(rig, "nvme:regread:writeback");
	assert_int_equal(device_config_read(rig->dev, 1, bytes, 4), 0);
	assert_int_equal(rig->nr_seen, 1);
	assert_int_equal(device_config_read(rig->dev, 0, bytes, 60), 0);
	assert_int_equal(rig->nr_seen, 16);
	assert_int_equal(device_bar_read(rig->dev, 0, 0, bytes, 8), 0);
	assert_int_equal(rig->nr_seen, 17);
	assert_int_equal(device_bar_read(rig->dev, 0, 1, bytes, 7), 0);
	assert_int_equal(rig->nr_seen, 20);
}

static int hide(void *ctx, struct nvmetap_event *ev)
{
	uint8_t none[2] = { 0xff, 0xff };

	(void)ctx;
	assert_int_equal(nvmetap_data(ev, 0, none, sizeof(none), 1), 0);
	return NVMETAP_GO;
}

static void test_reading_the_whole_header_is_one_event_with_its_bytes(void **state)
{
	struct rig *rig = *state;
	uint8_t bytes[4096];

	rig_watch(rig, "pci:regread:writeback");
	assert_int_equal(device_config_read(rig->dev, 0, bytes, sizeof(bytes)), 0);
	assert_int_equal(rig->nr_seen, 1);
	assert_int_equal(rig->seen[0].info.acc.width, sizeof(bytes));
	assert_int_equal(rig->seen[0].ev.text_len, sizeof(bytes));
	assert_int_equal(rig->seen[0].info.acc.value, bytes_get_le(bytes, 8));
	rig_modify(rig, "pci:regread:writeback", hide, NULL);
	assert_int_equal(device_config_read(rig->dev, 0, bytes, sizeof(bytes)), 0);
	assert_int_equal(bytes_get_le(bytes, 2), 0xffff);
	assert_int_not_equal(bytes_get_le(bytes + 2, 2), 0xffff);
}

#define BARE(name) cmocka_unit_test_setup_teardown(name, rig_setup_bare, rig_teardown)
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BARE(test_registers_say_what_this_controller_can),
		BARE(test_a_64_bit_register_can_be_used_in_halves_and_bytes),
		BARE(test_odd_accesses_do_no_harm),
		BARE(test_enable_makes_it_ready_and_disable_undoes_it),
		TEST(test_an_unreachable_queue_is_fatal),
		TEST(test_a_completion_queue_that_cannot_be_written_is_fatal),
		TEST(test_a_shutdown_is_started_and_completed),
		TEST(test_every_kind_of_reset_is_told_with_its_reason_and_its_losses),
		TEST(test_guest_memory_is_never_copied_while_the_peer_waits),
		TEST(test_a_plug_in_can_lose_an_interrupt_and_a_register_write),
		TEST(test_a_plug_in_can_change_what_a_register_reads),
		TEST(test_accesses_of_register_size_are_one_event_each),
		TEST(test_reading_the_whole_header_is_one_event_with_its_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
