/* SPDX-License-Identifier: BSD-2-Clause */
/* What modifiers can do to a driver without faults: drop, change, overlook. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "spec/bytes.h"
#include "tests/provoker.h"

static uint16_t abort_command(struct rig *rig, uint16_t cid, uint32_t *result)
{
	struct nvme_command cmd = { .opc = NVME_OPC_ABORT, .cdw10 = (uint32_t)cid << 16 | 1 };
	uint16_t code = driver_command(&rig->driver, 0, &cmd);

	*result = rig->driver.cpl.cdw0;
	return code;
}

/* Section 5.1: Abort succeeds, and bit 0 of Dword 0 says that nothing was aborted. */
static void test_a_dropped_command_is_not_found_by_abort_and_given_up_by_reset(void **state)
{
	static const unsigned int taps[] = {
		NVMETAP_TAP_IO_FETCH, NVMETAP_TAP_IO_DECODE, NVMETAP_TAP_IO_EXECUTE,
		NVMETAP_TAP_IO_MEMORY, NVMETAP_TAP_IO_WRITEBACK,
	};
	struct rig *rig = *state;
	uint64_t iova = driver_alloc(&rig->driver, 4096);
	struct nvme_command cmd;
	uint32_t result = 0;
	uint16_t cid;

	for (size_t i = 0; i < sizeof(taps) / sizeof(taps[0]); i++) {
		provoker_answer(rig, taps[i], NVMETAP_DROP);
		cmd = rig_read_command(1, iova);
		cid = driver_submit(&rig->driver, 1, &cmd);
		provoker_wait_done(rig);
		assert_false(driver_peek(&rig->driver, 1));
		assert_int_equal(abort_command(rig, cid, &result), 0);
		assert_int_equal(result & 1, 1);
		provoker_flush_well(rig);		/* the queue goes on */
		assert_true(driver_disable(&rig->driver));
		assert_true(driver_enable(&rig->driver, 32));
		assert_int_equal(driver_create(&rig->driver, 1, 64, 1), 0);
	}
}

static void test_a_queue_whose_command_was_dropped_can_be_deleted(void **state)
{
	struct rig *rig = *state;

	provoker_answer(rig, NVMETAP_TAP_IO_WRITEBACK, NVMETAP_DROP);
	provoker_flush(rig);
	provoker_wait_done(rig);
	provoker_recreate(rig, 64);
	provoker_flush_well(rig);
}

static void test_as_many_commands_as_one_likes_can_be_dropped(void **state)
{
	struct rig *rig = *state;

	for (int i = 0; i < 600; i++) {		/* more than are in flight at most */
		provoker_answer(rig, NVMETAP_TAP_IO_DECODE, NVMETAP_DROP);
		provoker_flush(rig);
		provoker_wait_done(rig);
	}
	provoker_flush_well(rig);
}

/* The next doorbell makes good for it. */
static void test_a_doorbell_that_is_overlooked_loses_nothing_but_time(void **state)
{
	struct rig *rig = *state;
	struct nvme_completion cpl;
	uint16_t cid[2];

	provoker_answer(rig, NVMETAP_TAP_REGWRITE, NVMETAP_DROP);
	cid[0] = provoker_flush(rig);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 1));
	cid[1] = provoker_flush(rig);
	for (int i = 0; i < 2; i++) {
		assert_true(driver_wait(&rig->driver, 1, &cpl));
		assert_int_equal(cpl.cid, cid[i]);
	}
}

static void test_an_interrupt_that_is_lost_leaves_its_completion(void **state)
{
	struct rig *rig = *state;

	provoker_answer(rig, NVMETAP_TAP_INTERRUPT, NVMETAP_DROP);
	provoker_flush_well(rig);
	rig_settle(rig);
	assert_int_equal(rig_nr_irqs(rig, 1), 0);
	provoker_flush_well(rig);
	provoker_wait_irqs(rig, 1);
}

static void change_ids(struct nvmetap_event *ev)
{
	ev->cpl->sqhd = 0x1234;
	ev->cpl->sqid = 7;
	ev->cpl->cid ^= 0x8000;
}

static void test_a_completion_can_name_another_command_queue_and_head(void **state)
{
	struct rig *rig = *state;
	struct nvme_completion cpl;
	uint16_t cid;

	provoker_change(rig, NVMETAP_TAP_IO_WRITEBACK, change_ids);
	cid = provoker_flush(rig);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(cpl.cid, cid ^ 0x8000);
	assert_int_equal(cpl.sqid, 7);
	assert_int_equal(cpl.sqhd, 0x1234);
	provoker_flush_well(rig);
}

static void change_vector(struct nvmetap_event *ev)
{
	ev->irq->vector = 0;
}

static void test_an_interrupt_can_come_on_another_vector(void **state)
{
	struct rig *rig = *state;

	rig_settle(rig);
	rig_nr_irqs(rig, 0);
	provoker_change(rig, NVMETAP_TAP_INTERRUPT, change_vector);
	provoker_flush_well(rig);
	assert_true(rig_interrupted(rig, 0));
	assert_int_equal(rig_nr_irqs(rig, 1), 0);
}

static void change_value(struct nvmetap_event *ev)
{
	ev->acc->value = 0xffffffff00000001;
}

static void test_a_register_can_lie_as_far_as_it_was_read(void **state)
{
	struct rig *rig = *state;

	rig_settle(rig);
	provoker_change(rig, NVMETAP_TAP_REGREAD, change_value);
	assert_int_equal(driver_reg(&rig->driver, NVME_REG_VS, 4), 1);
	assert_int_equal(driver_reg(&rig->driver, NVME_REG_VS, 4), 0x00010400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAULT_TEST(test_a_dropped_command_is_not_found_by_abort_and_given_up_by_reset),
		FAULT_TEST(test_a_queue_whose_command_was_dropped_can_be_deleted),
		FAULT_TEST(test_as_many_commands_as_one_likes_can_be_dropped),
		FAULT_TEST(test_a_doorbell_that_is_overlooked_loses_nothing_but_time),
		FAULT_TEST(test_an_interrupt_that_is_lost_leaves_its_completion),
		FAULT_TEST(test_a_completion_can_name_another_command_queue_and_head),
		FAULT_TEST(test_an_interrupt_can_come_on_another_vector),
		FAULT_TEST(test_a_register_can_lie_as_far_as_it_was_read),
	};

	return SUITE_RUN(tests);
}
