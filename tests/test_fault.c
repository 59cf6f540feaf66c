/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of completions, as a driver finds them in its own memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "spec/bytes.h"
#include "tests/provoker.h"

static void test_a_torn_completion_has_its_phase_before_its_rest(void **state)
{
	struct rig *rig = *state;
	uint16_t cid;

	memset((uint8_t *)driver_ptr(&rig->driver, rig->driver.queue[1].cq), 0xee, 12);
	memset((uint8_t *)driver_ptr(&rig->driver, rig->driver.queue[1].cq) + 16, 0xee, 12);
	provoker_fault(rig, NVMETAP_TAP_IO_WRITEBACK, NVMETAP_FAULT_TORN, HOUR);
	cid = provoker_flush(rig);
	provoker_wait_phase(rig, 0, 1);
	assert_int_equal(provoker_cid(rig, 0), cid);
	assert_int_equal(bytes_get_le(provoker_cqe(rig, 0), 8), 0xeeeeeeeeeeeeeeee);
	assert_int_equal(bytes_get_le(provoker_cqe(rig, 0) + 8, 4), 0xeeeeeeee);
	/* Nothing of the next one. */
	assert_int_equal(bytes_get_le(provoker_cqe(rig, 1), 8), 0xeeeeeeeeeeeeeeee);
	assert_true(rig_interrupted(rig, 1));
}

static void test_the_rest_of_a_torn_completion_comes_by_itself(void **state)
{
	struct rig *rig = *state;

	memset((uint8_t *)driver_ptr(&rig->driver, rig->driver.queue[1].cq), 0xee, 12);
	provoker_fault(rig, NVMETAP_TAP_IO_WRITEBACK, NVMETAP_FAULT_TORN, SOON);
	provoker_flush(rig);
	for (int i = 0; i < 20000 && bytes_get_le(provoker_cqe(rig, 0) + 8, 4) == 0xeeeeeeee; i++)
		assert_true(rig->access.wait(rig->access.ctx));
	assert_int_equal(bytes_get_le(provoker_cqe(rig, 0), 8), 0);
	assert_int_equal(bytes_get_le(provoker_cqe(rig, 0) + 8, 2), 1);	/* SQHD */
	assert_int_equal(bytes_get_le(provoker_cqe(rig, 0) + 10, 2), 1);	/* SQID */
	assert_int_equal(provoker_phase(rig, 0), 1);
}

static void test_a_completion_of_the_wrong_phase_is_there_and_not_seen(void **state)
{
	struct rig *rig = *state;
	uint16_t cid;

	provoker_fault(rig, NVMETAP_TAP_IO_WRITEBACK, NVMETAP_FAULT_PHASE, 0);
	cid = provoker_flush(rig);
	assert_true(rig_interrupted(rig, 1));
	assert_false(driver_peek(&rig->driver, 1));
	assert_int_equal(provoker_cid(rig, 0), cid);
	assert_int_equal(provoker_phase(rig, 0), 0);
	cid = provoker_flush(rig);
	provoker_wait_phase(rig, 1, 1);	/* the next one is right, in the next place */
	assert_int_equal(provoker_cid(rig, 1), cid);
}

static void test_a_duplicate_stands_in_two_places(void **state)
{
	struct rig *rig = *state;
	struct nvme_completion cpl[2];
	uint16_t cid;

	provoker_fault(rig, NVMETAP_TAP_IO_WRITEBACK, NVMETAP_FAULT_DUPLICATE, 0);
	cid = provoker_flush(rig);
	assert_true(driver_wait(&rig->driver, 1, &cpl[0]));
	assert_true(driver_wait(&rig->driver, 1, &cpl[1]));
	assert_int_equal(cpl[0].cid, cid);
	assert_int_equal(cpl[1].cid, cid);
	provoker_flush_well(rig);
}

static void test_an_early_interrupt_finds_no_completion(void **state)
{
	struct rig *rig = *state;

	provoker_fault(rig, NVMETAP_TAP_IO_WRITEBACK, NVMETAP_FAULT_EARLY_IRQ, HOUR);
	provoker_flush(rig);
	assert_true(rig_interrupted(rig, 1));
	rig_settle(rig);
	assert_int_equal(provoker_phase(rig, 0), 0);
	assert_int_equal(provoker_cid(rig, 0), 0);
}

static void test_the_completion_behind_an_early_interrupt_has_none_of_its_own(void **state)
{
	struct rig *rig = *state;
	struct nvme_completion cpl;
	uint16_t cid;

	provoker_fault(rig, NVMETAP_TAP_IO_WRITEBACK, NVMETAP_FAULT_EARLY_IRQ, SOON);
	cid = provoker_flush(rig);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(cpl.cid, cid);
	rig_settle(rig);
	assert_int_equal(rig_nr_irqs(rig, 1), 1);
}

static void test_an_overrun_overwrites_what_was_not_read(void **state)
{
	struct rig *rig = *state;
	uint16_t cid[6];

	provoker_recreate(rig, 64);
	assert_int_equal(driver_create_sized(&rig->driver, 2, 64, 4, 2), 0);
	rig->driver.queue[1] = rig->driver.queue[2];
	provoker_fault(rig, NVMETAP_TAP_IO_WRITEBACK, NVMETAP_FAULT_OVERRUN, 2);
	for (int i = 0; i < 6; i++) {
		struct nvme_command cmd = { .opc = NVME_OPC_FLUSH, .nsid = 1 };

		cid[i] = driver_submit(&rig->driver, 2, &cmd);
	}
	provoker_wait_phase(rig, 3, 1);
	for (int i = 0; i < 20000 && provoker_cid(rig, 0) != cid[4]; i++)
		assert_true(rig->access.wait(rig->access.ctx));
	rig_settle(rig);
	assert_int_equal(provoker_cid(rig, 0), cid[4]);	/* over that of cid[0] */
	assert_int_equal(provoker_phase(rig, 0), 0);
	assert_int_equal(provoker_cid(rig, 1), cid[1]);	/* the sixth waits */
	assert_int_equal(provoker_cid(rig, 3), cid[3]);
}

/* A second more than it may take. */
static bool comes_after(struct rig *rig, uint64_t delay)
{
	uint64_t until_ns = loop_now_ns() + delay + 1000 * SOON;

	while (provoker_phase(rig, 0) == 0 && loop_now_ns() < until_ns)
		assert_true(rig->access.wait(rig->access.ctx));
	return provoker_phase(rig, 0) == 1;
}

/* The reset has to come first, however slow the machine is: else it finds the completion written,
 * or about to be, and then takes it. */
static void test_a_zombie_is_written_though_a_reset_came_between(void **state)
{
	struct rig *rig = *state;
	bool came = false;
	uint16_t cid = 0;

	for (uint64_t delay = 20 * SOON; delay < 10000 * SOON; delay *= 2) {
		provoker_flush_well(rig);
		provoker_fault(rig, NVMETAP_TAP_IO_WRITEBACK, NVMETAP_FAULT_ZOMBIE, delay);
		cid = provoker_flush(rig);
		provoker_wait_done(rig);
		assert_true(driver_disable(&rig->driver));
		came = provoker_phase(rig, 0) == 0 && comes_after(rig, delay);
		if (came)
			break;
		assert_true(driver_enable(&rig->driver, 32));
		assert_int_equal(driver_create(&rig->driver, 1, 64, 1), 0);
	}
	assert_true(came);
	assert_int_equal(provoker_cid(rig, 0), cid);
	assert_int_equal(rig->driver.queue[1].head, 1);
}

static void test_a_zombie_is_posted_though_its_submission_queue_is_gone(void **state)
{
	struct rig *rig = *state;
	struct nvme_completion cpl;
	uint16_t cid;

	provoker_fault(rig, NVMETAP_TAP_IO_WRITEBACK, NVMETAP_FAULT_ZOMBIE, 20 * SOON);
	cid = provoker_flush(rig);
	provoker_wait_done(rig);
	assert_int_equal(provoker_delete(rig, NVME_OPC_DELETE_IO_SQ, 1), 0);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(cpl.cid, cid);
	assert_true(rig_interrupted(rig, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAULT_TEST(test_a_torn_completion_has_its_phase_before_its_rest),
		FAULT_TEST(test_the_rest_of_a_torn_completion_comes_by_itself),
		FAULT_TEST(test_a_completion_of_the_wrong_phase_is_there_and_not_seen),
		FAULT_TEST(test_a_duplicate_stands_in_two_places),
		FAULT_TEST(test_an_early_interrupt_finds_no_completion),
		FAULT_TEST(test_the_completion_behind_an_early_interrupt_has_none_of_its_own),
		FAULT_TEST(test_an_overrun_overwrites_what_was_not_read),
		FAULT_TEST(test_a_zombie_is_written_though_a_reset_came_between),
		FAULT_TEST(test_a_zombie_is_posted_though_its_submission_queue_is_gone),
	};

	return SUITE_RUN(tests);
}
