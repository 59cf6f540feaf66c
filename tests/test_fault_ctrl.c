/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of interrupts, queues and the controller, as a driver finds them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "spec/bytes.h"
#include "tests/provoker.h"

static void test_a_stale_completion_queue_goes_on_where_it_was(void **state)
{
	struct rig *rig = *state;
	uint16_t cid;

	for (int i = 0; i < 3; i++)
		provoker_flush_well(rig);
	provoker_fault(rig, NVMETAP_TAP_QUEUE, NVMETAP_FAULT_STALE_QUEUE, 0);
	provoker_recreate(rig, 64);
	cid = provoker_flush(rig);
	provoker_wait_phase(rig, 3, 1);
	assert_int_equal(provoker_cid(rig, 3), cid);
	assert_false(driver_peek(&rig->driver, 1));
}

static void test_a_stale_submission_queue_is_read_from_where_it_was(void **state)
{
	struct rig *rig = *state;
	struct nvme_completion cpl;
	uint16_t cid;

	provoker_recreate(rig, 4);
	for (int i = 0; i < 3; i++)
		provoker_flush_well(rig);
	((struct provoker *)rig->own)->skip = 3;	/* two deletions, and the CQ */
	provoker_fault(rig, NVMETAP_TAP_QUEUE, NVMETAP_FAULT_STALE_QUEUE, 0);
	provoker_recreate(rig, 4);
	memset(driver_ptr(&rig->driver, rig->driver.queue[1].sq) + 3 * 64, 0xff, 64);
	cid = provoker_flush(rig);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(cpl.cid, 0xffff);		/* from slot 3, which nobody wrote */
	assert_int_equal(status_code(&cpl), ST(INVALID_OPCODE));
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(cpl.cid, cid);
}

static void test_a_doubled_interrupt_comes_twice(void **state)
{
	struct rig *rig = *state;

	provoker_fault(rig, NVMETAP_TAP_INTERRUPT, NVMETAP_FAULT_DOUBLE_IRQ, 0);
	provoker_flush_well(rig);
	provoker_wait_irqs(rig, 2);
	provoker_flush_well(rig);
	provoker_wait_irqs(rig, 1);
}

static void test_a_late_interrupt_does_not_come_with_its_completion(void **state)
{
	struct rig *rig = *state;

	provoker_fault(rig, NVMETAP_TAP_INTERRUPT, NVMETAP_FAULT_LATE_IRQ, HOUR);
	provoker_flush_well(rig);
	rig_settle(rig);
	assert_int_equal(rig_nr_irqs(rig, 1), 0);
}

static void test_a_late_interrupt_comes_by_itself(void **state)
{
	struct rig *rig = *state;

	provoker_fault(rig, NVMETAP_TAP_INTERRUPT, NVMETAP_FAULT_LATE_IRQ, SOON);
	provoker_flush_well(rig);
	provoker_wait_irqs(rig, 1);
}

static void test_a_controller_without_ready_never_gets_it_until_the_next_enable(void **state)
{
	struct rig *rig = *state;

	assert_true(driver_disable(&rig->driver));
	provoker_fault(rig, NVMETAP_TAP_CTRL, NVMETAP_FAULT_NO_READY, 0);
	driver_set_reg(&rig->driver, NVME_REG_CC, 4, 0x00460001);
	rig_settle(rig);
	assert_int_equal(driver_csts(&rig->driver), 0);
	assert_true(driver_disable(&rig->driver));
	assert_true(driver_enable(&rig->driver, 32));
}

static void test_a_controller_can_be_ready_late(void **state)
{
	struct rig *rig = *state;

	assert_true(driver_disable(&rig->driver));
	provoker_fault(rig, NVMETAP_TAP_CTRL, NVMETAP_FAULT_NO_READY, SOON);
	assert_true(driver_enable(&rig->driver, 32));
	assert_int_equal(driver_create(&rig->driver, 1, 64, 1), 0);
	provoker_flush_well(rig);
}

static void test_a_fatal_controller_says_so_and_does_nothing(void **state)
{
	struct rig *rig = *state;

	provoker_fault(rig, NVMETAP_TAP_REGREAD, NVMETAP_FAULT_CFS, 0);
	driver_reg(&rig->driver, NVME_REG_VS, 4);
	assert_int_equal(driver_csts(&rig->driver), 3);
	provoker_flush(rig);
	rig_settle(rig);
	assert_int_equal(provoker_phase(rig, 0), 0);
	assert_true(driver_disable(&rig->driver));
	assert_int_equal(driver_csts(&rig->driver), 0);
	assert_true(driver_enable(&rig->driver, 32));
}

static void test_an_asynchronous_event_out_of_nothing(void **state)
{
	struct rig *rig = *state;
	struct nvme_command aer = { .opc = NVME_OPC_ASYNC_EVENT_REQUEST };
	struct nvme_completion cpl;
	uint16_t cid = driver_submit(&rig->driver, 0, &aer);

	provoker_fault(rig, NVMETAP_TAP_REGREAD, NVMETAP_FAULT_ASYNC, 0x020101);
	driver_reg(&rig->driver, NVME_REG_VS, 4);
	assert_true(driver_wait(&rig->driver, 0, &cpl));
	assert_int_equal(cpl.cid, cid);
	assert_int_equal(cpl.cdw0, 0x020101);	/* SMART: log page, information, type */
}

/* Section 5.2: an event masks those of its type until its log page is read. */
static void test_asynchronous_events_out_of_nothing_pass_the_mask(void **state)
{
	struct rig *rig = *state;
	struct nvme_command aer = { .opc = NVME_OPC_ASYNC_EVENT_REQUEST };
	struct nvme_completion cpl;

	for (int i = 0; i < 3; i++) {
		driver_submit(&rig->driver, 0, &aer);
		provoker_fault(rig, NVMETAP_TAP_REGREAD, NVMETAP_FAULT_ASYNC, 0x020101);
		driver_reg(&rig->driver, NVME_REG_VS, 4);
		assert_true(driver_wait(&rig->driver, 0, &cpl));
		assert_int_equal(cpl.cdw0, 0x020101);
	}
}

static void test_a_device_that_is_gone_reads_as_ones_until_it_is_back(void **state)
{
	struct rig *rig = *state;

	provoker_fault(rig, NVMETAP_TAP_REGREAD, NVMETAP_FAULT_GONE, 50 * SOON);
	driver_reg(&rig->driver, NVME_REG_VS, 4);
	assert_int_equal(driver_csts(&rig->driver), 0xffffffff);
	provoker_flush(rig);
	driver_set_reg(&rig->driver, NVME_REG_CC, 4, 0);
	for (int i = 0; i < 20000 && driver_csts(&rig->driver) == 0xffffffff; i++)
		rig->access.wait(rig->access.ctx);
	assert_int_equal(driver_csts(&rig->driver), 0);
	assert_int_equal(rig_nr_irqs(rig, 1), 0);
	assert_int_equal(provoker_phase(rig, 0), 0);
	driver_init(&rig->driver, &rig->access, true);
	assert_true(driver_enable(&rig->driver, 32));
	assert_int_equal(driver_create(&rig->driver, 1, 64, 1), 0);
	provoker_flush_well(rig);
}

/* A command that needs no back end would be completed at once. */
static void test_a_device_that_is_gone_completes_nothing_more(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = { .opc = 0x99, .nsid = 1 };

	provoker_fault(rig, NVMETAP_TAP_IO_DECODE, NVMETAP_FAULT_GONE, 0);
	driver_submit(&rig->driver, 1, &cmd);
	for (int i = 0; i < 20000 && driver_csts(&rig->driver) != 0xffffffff; i++)
		assert_true(rig->access.wait(rig->access.ctx));
	rig_settle(rig);
	assert_int_equal(provoker_phase(rig, 0), 0);
	assert_int_equal(rig_nr_irqs(rig, 1), 0);
}

static void test_a_guest_of_a_device_that_is_gone_may_go(void **state)
{
	struct rig *rig = *state;

	provoker_fault(rig, NVMETAP_TAP_REGREAD, NVMETAP_FAULT_GONE, 0);
	provoker_flush(rig);
	driver_reg(&rig->driver, NVME_REG_VS, 4);
	rig_settle(rig);
	assert_int_equal(driver_csts(&rig->driver), 0xffffffff);
	assert_int_equal(rig->access.config_read(rig->access.ctx, 0, 4), 0xffffffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAULT_TEST(test_a_stale_completion_queue_goes_on_where_it_was),
		FAULT_TEST(test_a_stale_submission_queue_is_read_from_where_it_was),
		FAULT_TEST(test_a_doubled_interrupt_comes_twice),
		FAULT_TEST(test_a_late_interrupt_does_not_come_with_its_completion),
		FAULT_TEST(test_a_late_interrupt_comes_by_itself),
		FAULT_TEST(test_a_controller_without_ready_never_gets_it_until_the_next_enable),
		FAULT_TEST(test_a_controller_can_be_ready_late),
		FAULT_TEST(test_a_fatal_controller_says_so_and_does_nothing),
		FAULT_TEST(test_an_asynchronous_event_out_of_nothing),
		FAULT_TEST(test_asynchronous_events_out_of_nothing_pass_the_mask),
		FAULT_TEST(test_a_device_that_is_gone_reads_as_ones_until_it_is_back),
		FAULT_TEST(test_a_device_that_is_gone_completes_nothing_more),
		FAULT_TEST(test_a_guest_of_a_device_that_is_gone_may_go),
	};

	return SUITE_RUN(tests);
}
