/* SPDX-License-Identifier: BSD-2-Clause */
/* What the health log counts over time and over the loss of power, with a clock that the test
 * moves.  NVM Express 1.4 section 5.14.1.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "spec/bytes.h"
#include "tests/rig.h"

enum {
	BUSY_TIME = 96,
	POWER_CYCLES = 112,
	POWER_ON_HOURS = 128,
	UNSAFE_SHUTDOWNS = 144,
	CC_ON = 4 << 20 | 6 << 16 | 1,
	SHN_NORMAL = 1 << 14,
	SHN_ABRUPT = 2 << 14,
	SHST = 3 << 2,
	SHST_COMPLETE = 2 << 2,
};

static uint64_t ahead_ns;

uint64_t __real_nvmetap_ticks(void);
uint64_t __wrap_nvmetap_ticks(void);

uint64_t __wrap_nvmetap_ticks(void)
{
	return __real_nvmetap_ticks() + ahead_ns;
}

static void pass_minutes(unsigned int minutes)
{
	ahead_ns += minutes * UINT64_C(60000000000);
}

static uint64_t health(struct rig *rig, unsigned int off)
{
	struct nvme_command cmd = { .opc = NVME_OPC_GET_LOG_PAGE, .nsid = NVME_NSID_BROADCAST,
				    .cdw10 = 127u << 16 | 2 };

	cmd.prp1 = driver_alloc(&rig->driver, 512);
	assert_int_equal(driver_command(&rig->driver, 0, &cmd), 0);
	return bytes_get_le((uint8_t *)driver_ptr(&rig->driver, cmd.prp1) + off, 8);
}

static int hold(void *ctx, struct nvmetap_event *ev)
{
	*(uint64_t *)ctx = ev->cmd_id;
	return NVMETAP_LATER;
}

/* Busy: a command was submitted to an I/O queue, and is not completed. */
static void test_busy_time_is_minutes_with_io_commands_outstanding(void **state)
{
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct nvme_command aer = { .opc = NVME_OPC_ASYNC_EVENT_REQUEST };
	struct rig *rig = *state;
	struct nvme_completion cpl;
	uint64_t cmd_id = 0;
	struct nvmetap_plugin *plugin = rig_modify(rig, "nvme:io:decode", hold, &cmd_id);

	driver_submit(&rig->driver, 0, &aer);
	pass_minutes(7);
	assert_int_equal(health(rig, BUSY_TIME), 0);
	driver_submit(&rig->driver, 1, &flush);
	assert_int_not_equal(cmd_id, 0);
	pass_minutes(2);
	assert_int_equal(health(rig, BUSY_TIME), 2);
	assert_int_equal(nvmetap_resume(plugin, cmd_id, 0), 0);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	pass_minutes(5);
	assert_int_equal(health(rig, BUSY_TIME), 2);
}

static void test_power_on_hours_are_those_since_the_start(void **state)
{
	struct rig *rig = *state;

	pass_minutes(59);
	assert_int_equal(health(rig, POWER_ON_HOURS), 0);
	pass_minutes(2);
	assert_int_equal(health(rig, POWER_ON_HOURS), 1);
	assert_true(driver_disable(&rig->driver));
	assert_true(driver_enable(&rig->driver, 32));
	pass_minutes(60 * 24);
	assert_int_equal(health(rig, POWER_ON_HOURS), 25);
}

/* The guest goes, and takes the power with it; another one comes. */
static void lose_power(struct rig *rig)
{
	device_gone(rig->dev);
	driver_init(&rig->driver, &rig->access, true);
	assert_true(driver_enable(&rig->driver, 32));
}

static void shut_down(struct rig *rig, uint32_t shn)
{
	driver_set_reg(&rig->driver, NVME_REG_CC, 4, CC_ON | shn);
	assert_true(driver_wait_csts(&rig->driver, SHST, SHST_COMPLETE));
}

static void test_each_loss_of_power_is_a_power_cycle(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(health(rig, POWER_CYCLES), 1);
	assert_true(driver_disable(&rig->driver));
	device_reset(rig->dev);
	driver_init(&rig->driver, &rig->access, true);
	assert_true(driver_enable(&rig->driver, 32));
	assert_int_equal(health(rig, POWER_CYCLES), 1);
	lose_power(rig);
	assert_int_equal(health(rig, POWER_CYCLES), 2);
	shut_down(rig, SHN_NORMAL);
	lose_power(rig);
	assert_int_equal(health(rig, POWER_CYCLES), 3);
}

static void test_a_loss_of_power_without_a_shutdown_is_unsafe(void **state)
{
	struct rig *rig = *state;

	lose_power(rig);
	assert_int_equal(health(rig, UNSAFE_SHUTDOWNS), 1);
	shut_down(rig, SHN_NORMAL);
	lose_power(rig);
	assert_int_equal(health(rig, UNSAFE_SHUTDOWNS), 1);
	shut_down(rig, SHN_ABRUPT);
	assert_true(driver_disable(&rig->driver));
	lose_power(rig);
	assert_int_equal(health(rig, UNSAFE_SHUTDOWNS), 1);
	/* A reset is no shutdown. */
	assert_true(driver_disable(&rig->driver));
	lose_power(rig);
	assert_int_equal(health(rig, UNSAFE_SHUTDOWNS), 2);
	/* Nor is one that has been followed by another enable. */
	shut_down(rig, SHN_NORMAL);
	assert_true(driver_disable(&rig->driver));
	assert_true(driver_enable(&rig->driver, 32));
	lose_power(rig);
	assert_int_equal(health(rig, UNSAFE_SHUTDOWNS), 3);
	/* Nobody used the drive. */
	device_gone(rig->dev);
	lose_power(rig);
	assert_int_equal(health(rig, UNSAFE_SHUTDOWNS), 4);
}

static void test_a_guest_that_never_enables_the_drive_leaves_it_safely(void **state)
{
	struct rig *rig = *state;

	device_gone(rig->dev);
	driver_init(&rig->driver, &rig->access, true);
	assert_true(driver_enable(&rig->driver, 32));
	assert_int_equal(health(rig, UNSAFE_SHUTDOWNS), 0);
	assert_int_equal(health(rig, POWER_CYCLES), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
		TEST(test_busy_time_is_minutes_with_io_commands_outstanding),
		TEST(test_power_on_hours_are_those_since_the_start),
		TEST(test_each_loss_of_power_is_a_power_cycle),
		TEST(test_a_loss_of_power_without_a_shutdown_is_unsafe),
		cmocka_unit_test_setup_teardown(
			test_a_guest_that_never_enables_the_drive_leaves_it_safely,
			rig_setup_bare, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
