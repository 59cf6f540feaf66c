/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults below the taps, as a driver finds them in its own memory. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "spec/bytes.h"
#include "tests/suite.h"

enum { CQE = 16 };

#define SOON UINT64_C(1000000)		/* 1 ms */
#define HOUR (UINT64_C(3600) * 1000000000)

/* What the plug-in is to provoke at the next event of a tap; the test's thread
 * writes it, the drive's reads it. */
struct provoker {
	atomic_uint tap;	/* and one; 0: at none */
	unsigned int skip;	/* so many of its events */
	unsigned int fault;	/* 0: answers the verdict */
	int verdict;
	uint64_t arg;
};

static int provoke(void *ctx, struct nvmetap_event *ev)
{
	struct provoker *p = ctx;

	if (atomic_load(&p->tap) != ev->tap + 1u)
		return NVMETAP_GO;
	if (p->skip > 0) {
		p->skip--;
		return NVMETAP_GO;
	}
	if (p->fault != 0 && nvmetap_fault(NULL, p->fault, p->arg) != 0)
		return NVMETAP_GO;
	atomic_store(&p->tap, 0);
	return p->fault != 0 ? NVMETAP_GO : p->verdict;
}

static int attach_provoker(struct nvmetap_plugin *self, void *ctx)
{
	static const char *const taps[] = {
		"nvme:io:fetch", "nvme:io:decode", "nvme:io:memory", "nvme:io:execute",
		"nvme:io:writeback", "pci:msix:writeback", "nvme:queue:execute",
		"nvme:ctrl:execute", "nvme:regread:writeback", "nvme:regwrite:decode",
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(taps) / sizeof(taps[0]); i++)
		rc = nvmetap_attach(self, taps[i], provoke, ctx, NVMETAP_MODIFY);
	return rc;
}

static void add_provoker(struct rig *rig)
{
	struct plugin_code code = { "provoker", attach_provoker, NULL, NULL };

	rig->own = code.ctx = calloc(1, sizeof(struct provoker));
	if (rig->own == NULL || plugin_add(rig->taps, &code, NULL) != 0)
		abort();
}

static int setup_faulty(void **state)
{
	return rig_setup_with(state, add_provoker);
}

static void provoke_at(struct rig *rig, unsigned int tap, unsigned int fault, uint64_t arg)
{
	struct provoker *p = rig->own;

	p->fault = fault;
	p->arg = arg;
	atomic_store(&p->tap, tap + 1);
}

static void answer_at(struct rig *rig, unsigned int tap, int verdict)
{
	struct provoker *p = rig->own;

	p->fault = 0;
	p->verdict = verdict;
	atomic_store(&p->tap, tap + 1);
}

/* What the driver finds at its next place in completion queue 1, n further on. */
static const uint8_t *cqe_at(struct rig *rig, uint32_t n)
{
	const struct driver_queue *q = &rig->driver.queue[1];

	return (const uint8_t *)driver_ptr(&rig->driver, q->cq) +
	       (size_t)((q->head + n) % q->cq_size) * CQE;
}

static unsigned int phase_at(struct rig *rig, uint32_t n)
{
	return (unsigned int)bytes_get_le(cqe_at(rig, n) + 14, 2) & 1;
}

static uint16_t cid_at(struct rig *rig, uint32_t n)
{
	return (uint16_t)bytes_get_le(cqe_at(rig, n) + 12, 2);
}

static uint16_t flush(struct rig *rig)
{
	struct nvme_command cmd = { .opc = NVME_OPC_FLUSH, .nsid = 1 };

	return driver_submit(&rig->driver, 1, &cmd);
}

static void flush_and_wait(struct rig *rig)
{
	struct nvme_completion cpl;
	uint16_t cid = flush(rig);

	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(cpl.cid, cid);
	assert_int_equal(status_code(&cpl), 0);
}

static void wait_for_phase(struct rig *rig, uint32_t n, unsigned int phase)
{
	for (int i = 0; i < 20000 && phase_at(rig, n) != phase; i++)
		assert_true(rig->access.wait(rig->access.ctx));
	assert_int_equal(phase_at(rig, n), phase);
}

static void test_a_torn_completion_has_its_phase_before_its_rest(void **state)
{
	struct rig *rig = *state;
	uint16_t cid;

	memset((uint8_t *)driver_ptr(&rig->driver, rig->driver.queue[1].cq), 0xee, 12);
	provoke_at(rig, NVMETAP_TAP_IO_WRITEBACK, NVMETAP_FAULT_TORN, HOUR);
	cid = flush(rig);
	wait_for_phase(rig, 0, 1);
	assert_int_equal(cid_at(rig, 0), cid);
	assert_int_equal(bytes_get_le(cqe_at(rig, 0), 8), 0xeeeeeeeeeeeeeeee);
	assert_int_equal(bytes_get_le(cqe_at(rig, 0) + 8, 4), 0xeeeeeeee);
	assert_true(rig_interrupted(rig, 1));
}

static void test_the_rest_of_a_torn_completion_comes_by_itself(void **state)
{
	struct rig *rig = *state;

	memset((uint8_t *)driver_ptr(&rig->driver, rig->driver.queue[1].cq), 0xee, 12);
	provoke_at(rig, NVMETAP_TAP_IO_WRITEBACK, NVMETAP_FAULT_TORN, SOON);
	flush(rig);
	for (int i = 0; i < 20000 && bytes_get_le(cqe_at(rig, 0) + 8, 4) == 0xeeeeeeee; i++)
		assert_true(rig->access.wait(rig->access.ctx));
	assert_int_equal(bytes_get_le(cqe_at(rig, 0), 8), 0);
	assert_int_equal(bytes_get_le(cqe_at(rig, 0) + 8, 2), 1);	/* SQHD */
	assert_int_equal(bytes_get_le(cqe_at(rig, 0) + 10, 2), 1);	/* SQID */
	assert_int_equal(phase_at(rig, 0), 1);
}

static void test_a_completion_of_the_wrong_phase_is_there_and_not_seen(void **state)
{
	struct rig *rig = *state;
	uint16_t cid;

	provoke_at(rig, NVMETAP_TAP_IO_WRITEBACK, NVMETAP_FAULT_PHASE, 0);
	cid = flush(rig);
	assert_true(rig_interrupted(rig, 1));
	assert_false(driver_peek(&rig->driver, 1));
	assert_int_equal(cid_at(rig, 0), cid);
	assert_int_equal(phase_at(rig, 0), 0);
	cid = flush(rig);
	wait_for_phase(rig, 1, 1);	/* the next one is right, in the next place */
	assert_int_equal(cid_at(rig, 1), cid);
}

static void test_a_duplicate_stands_in_two_places(void **state)
{
	struct rig *rig = *state;
	struct nvme_completion cpl[2];
	uint16_t cid;

	provoke_at(rig, NVMETAP_TAP_IO_WRITEBACK, NVMETAP_FAULT_DUPLICATE, 0);
	cid = flush(rig);
	assert_true(driver_wait(&rig->driver, 1, &cpl[0]));
	assert_true(driver_wait(&rig->driver, 1, &cpl[1]));
	assert_int_equal(cpl[0].cid, cid);
	assert_int_equal(cpl[1].cid, cid);
	flush_and_wait(rig);
}

static void test_an_early_interrupt_finds_no_completion(void **state)
{
	struct rig *rig = *state;

	provoke_at(rig, NVMETAP_TAP_IO_WRITEBACK, NVMETAP_FAULT_EARLY_IRQ, HOUR);
	flush(rig);
	assert_true(rig_interrupted(rig, 1));
	rig_settle(rig);
	assert_int_equal(phase_at(rig, 0), 0);
	assert_int_equal(cid_at(rig, 0), 0);
}

static void test_the_completion_behind_an_early_interrupt_has_none_of_its_own(void **state)
{
	struct rig *rig = *state;
	struct nvme_completion cpl;
	uint16_t cid;

	provoke_at(rig, NVMETAP_TAP_IO_WRITEBACK, NVMETAP_FAULT_EARLY_IRQ, SOON);
	cid = flush(rig);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(cpl.cid, cid);
	rig_settle(rig);
	assert_int_equal(rig_nr_irqs(rig, 1), 1);
}

static void wait_for_irqs(struct rig *rig, unsigned int nr)
{
	unsigned int seen = 0;

	for (int i = 0; i < 20000 && (seen += rig_nr_irqs(rig, 1)) < nr; i++)
		assert_true(rig->access.wait(rig->access.ctx));
	rig_settle(rig);
	assert_int_equal(seen + rig_nr_irqs(rig, 1), nr);
}

static uint16_t delete_queue(struct rig *rig, uint8_t opc, uint16_t qid)
{
	struct nvme_command cmd = { .opc = opc, .cdw10 = qid };

	return driver_command(&rig->driver, 0, &cmd);
}

static void recreate_queue_1(struct rig *rig, uint32_t entries)
{
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_SQ, 1), 0);
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_CQ, 1), 0);
	assert_int_equal(driver_create(&rig->driver, 1, entries, 1), 0);
}

static void test_a_stale_completion_queue_goes_on_where_it_was(void **state)
{
	struct rig *rig = *state;
	uint16_t cid;

	for (int i = 0; i < 3; i++)
		flush_and_wait(rig);
	provoke_at(rig, NVMETAP_TAP_QUEUE, NVMETAP_FAULT_STALE_QUEUE, 0);
	recreate_queue_1(rig, 64);
	cid = flush(rig);
	wait_for_phase(rig, 3, 1);
	assert_int_equal(cid_at(rig, 3), cid);
	assert_false(driver_peek(&rig->driver, 1));
}

static void test_a_stale_submission_queue_is_read_from_where_it_was(void **state)
{
	struct rig *rig = *state;
	struct nvme_completion cpl;
	uint16_t cid;

	recreate_queue_1(rig, 4);
	for (int i = 0; i < 3; i++)
		flush_and_wait(rig);
	((struct provoker *)rig->own)->skip = 3;	/* two deletions, and the CQ */
	provoke_at(rig, NVMETAP_TAP_QUEUE, NVMETAP_FAULT_STALE_QUEUE, 0);
	recreate_queue_1(rig, 4);
	memset(driver_ptr(&rig->driver, rig->driver.queue[1].sq) + 3 * 64, 0xff, 64);
	cid = flush(rig);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(cpl.cid, 0xffff);		/* from slot 3, which nobody wrote */
	assert_int_equal(status_code(&cpl), ST(INVALID_OPCODE));
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(cpl.cid, cid);
}

static void test_an_overrun_overwrites_what_was_not_read(void **state)
{
	struct rig *rig = *state;
	uint16_t cid[6];

	recreate_queue_1(rig, 64);
	assert_int_equal(driver_create_sized(&rig->driver, 2, 64, 4, 2), 0);
	rig->driver.queue[1] = rig->driver.queue[2];
	provoke_at(rig, NVMETAP_TAP_IO_WRITEBACK, NVMETAP_FAULT_OVERRUN, 2);
	for (int i = 0; i < 6; i++) {
		struct nvme_command cmd = { .opc = NVME_OPC_FLUSH, .nsid = 1 };

		cid[i] = driver_submit(&rig->driver, 2, &cmd);
	}
	wait_for_phase(rig, 3, 1);
	for (int i = 0; i < 20000 && cid_at(rig, 0) != cid[4]; i++)
		assert_true(rig->access.wait(rig->access.ctx));
	rig_settle(rig);
	assert_int_equal(cid_at(rig, 0), cid[4]);	/* over that of cid[0] */
	assert_int_equal(phase_at(rig, 0), 0);
	assert_int_equal(cid_at(rig, 1), cid[1]);	/* the sixth waits */
	assert_int_equal(cid_at(rig, 3), cid[3]);
}

/* The reset has to come first, however slow the machine is. */
static void test_a_zombie_is_written_though_a_reset_came_between(void **state)
{
	struct rig *rig = *state;
	uint64_t delay = 20 * SOON;
	bool in_time = false;
	uint16_t cid = 0;

	flush_and_wait(rig);
	for (; !in_time; delay *= 2) {
		provoke_at(rig, NVMETAP_TAP_IO_WRITEBACK, NVMETAP_FAULT_ZOMBIE, delay);
		cid = flush(rig);
		rig_settle(rig);
		assert_true(driver_disable(&rig->driver));
		in_time = phase_at(rig, 0) == 0;
		if (in_time)
			break;
		assert_true(driver_enable(&rig->driver, 32));
		assert_int_equal(driver_create(&rig->driver, 1, 64, 1), 0);
		flush_and_wait(rig);
	}
	wait_for_phase(rig, 0, 1);
	assert_int_equal(cid_at(rig, 0), cid);
	assert_int_equal(rig->driver.queue[1].head, 1);
}

static void test_a_zombie_is_posted_though_its_submission_queue_is_gone(void **state)
{
	struct rig *rig = *state;
	struct nvme_completion cpl;
	uint16_t cid;

	provoke_at(rig, NVMETAP_TAP_IO_WRITEBACK, NVMETAP_FAULT_ZOMBIE, 20 * SOON);
	cid = flush(rig);
	rig_settle(rig);
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_SQ, 1), 0);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(cpl.cid, cid);
	assert_true(rig_interrupted(rig, 1));
}

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
		answer_at(rig, taps[i], NVMETAP_DROP);
		cmd = rig_read_command(1, iova);
		cid = driver_submit(&rig->driver, 1, &cmd);
		rig_settle(rig);
		assert_false(driver_peek(&rig->driver, 1));
		assert_int_equal(abort_command(rig, cid, &result), 0);
		assert_int_equal(result & 1, 1);
		flush_and_wait(rig);		/* the queue goes on */
		assert_true(driver_disable(&rig->driver));
		assert_true(driver_enable(&rig->driver, 32));
		assert_int_equal(driver_create(&rig->driver, 1, 64, 1), 0);
	}
}

static void test_a_queue_whose_command_was_dropped_can_be_deleted(void **state)
{
	struct rig *rig = *state;

	answer_at(rig, NVMETAP_TAP_IO_WRITEBACK, NVMETAP_DROP);
	flush(rig);
	rig_settle(rig);
	recreate_queue_1(rig, 64);
	flush_and_wait(rig);
}

static void test_as_many_commands_as_one_likes_can_be_dropped(void **state)
{
	struct rig *rig = *state;

	for (int i = 0; i < 600; i++) {		/* more than are in flight at most */
		answer_at(rig, NVMETAP_TAP_IO_DECODE, NVMETAP_DROP);
		flush(rig);
		while (atomic_load(&((struct provoker *)rig->own)->tap) != 0)
			rig->access.wait(rig->access.ctx);
	}
	flush_and_wait(rig);
}

/* The next doorbell makes good for it. */
static void test_a_doorbell_that_is_overlooked_loses_nothing_but_time(void **state)
{
	struct rig *rig = *state;
	struct nvme_completion cpl;
	uint16_t cid[2];

	rig_settle(rig);		/* no other doorbell is on its way */
	answer_at(rig, NVMETAP_TAP_REGWRITE, NVMETAP_DROP);
	cid[0] = flush(rig);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 1));
	cid[1] = flush(rig);
	for (int i = 0; i < 2; i++) {
		assert_true(driver_wait(&rig->driver, 1, &cpl));
		assert_int_equal(cpl.cid, cid[i]);
	}
}

static void test_an_interrupt_that_is_lost_leaves_its_completion(void **state)
{
	struct rig *rig = *state;

	answer_at(rig, NVMETAP_TAP_INTERRUPT, NVMETAP_DROP);
	flush_and_wait(rig);
	rig_settle(rig);
	assert_int_equal(rig_nr_irqs(rig, 1), 0);
	flush_and_wait(rig);
	wait_for_irqs(rig, 1);
}

static void test_a_doubled_interrupt_comes_twice(void **state)
{
	struct rig *rig = *state;

	provoke_at(rig, NVMETAP_TAP_INTERRUPT, NVMETAP_FAULT_DOUBLE_IRQ, 0);
	flush_and_wait(rig);
	wait_for_irqs(rig, 2);
	flush_and_wait(rig);
	wait_for_irqs(rig, 1);
}

static void test_a_late_interrupt_does_not_come_with_its_completion(void **state)
{
	struct rig *rig = *state;

	provoke_at(rig, NVMETAP_TAP_INTERRUPT, NVMETAP_FAULT_LATE_IRQ, HOUR);
	flush_and_wait(rig);
	rig_settle(rig);
	assert_int_equal(rig_nr_irqs(rig, 1), 0);
}

static void test_a_late_interrupt_comes_by_itself(void **state)
{
	struct rig *rig = *state;

	provoke_at(rig, NVMETAP_TAP_INTERRUPT, NVMETAP_FAULT_LATE_IRQ, SOON);
	flush_and_wait(rig);
	wait_for_irqs(rig, 1);
}

static void test_a_controller_without_ready_never_gets_it_until_the_next_enable(void **state)
{
	struct rig *rig = *state;

	assert_true(driver_disable(&rig->driver));
	provoke_at(rig, NVMETAP_TAP_CTRL, NVMETAP_FAULT_NO_READY, 0);
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
	provoke_at(rig, NVMETAP_TAP_CTRL, NVMETAP_FAULT_NO_READY, SOON);
	assert_true(driver_enable(&rig->driver, 32));
	assert_int_equal(driver_create(&rig->driver, 1, 64, 1), 0);
	flush_and_wait(rig);
}

static void test_a_fatal_controller_says_so_and_does_nothing(void **state)
{
	struct rig *rig = *state;

	provoke_at(rig, NVMETAP_TAP_REGREAD, NVMETAP_FAULT_CFS, 0);
	driver_reg(&rig->driver, NVME_REG_VS, 4);
	assert_int_equal(driver_csts(&rig->driver), 3);
	flush(rig);
	rig_settle(rig);
	assert_int_equal(phase_at(rig, 0), 0);
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

	provoke_at(rig, NVMETAP_TAP_REGREAD, NVMETAP_FAULT_ASYNC, 0x020101);
	driver_reg(&rig->driver, NVME_REG_VS, 4);
	assert_true(driver_wait(&rig->driver, 0, &cpl));
	assert_int_equal(cpl.cid, cid);
	assert_int_equal(cpl.cdw0, 0x020101);	/* SMART: log page, information, type */
}

static void test_a_device_that_is_gone_reads_as_ones_until_it_is_back(void **state)
{
	struct rig *rig = *state;

	provoke_at(rig, NVMETAP_TAP_REGREAD, NVMETAP_FAULT_GONE, 50 * SOON);
	driver_reg(&rig->driver, NVME_REG_VS, 4);
	assert_int_equal(driver_csts(&rig->driver), 0xffffffff);
	flush(rig);
	driver_set_reg(&rig->driver, NVME_REG_CC, 4, 0);
	for (int i = 0; i < 20000 && driver_csts(&rig->driver) == 0xffffffff; i++)
		rig->access.wait(rig->access.ctx);
	assert_int_equal(driver_csts(&rig->driver), 0);
	assert_int_equal(rig_nr_irqs(rig, 1), 0);
	assert_int_equal(phase_at(rig, 0), 0);
	driver_init(&rig->driver, &rig->access, true);
	assert_true(driver_enable(&rig->driver, 32));
	assert_int_equal(driver_create(&rig->driver, 1, 64, 1), 0);
	flush_and_wait(rig);
}

static void test_a_guest_of_a_device_that_is_gone_may_go(void **state)
{
	struct rig *rig = *state;

	provoke_at(rig, NVMETAP_TAP_REGREAD, NVMETAP_FAULT_GONE, 0);
	flush(rig);
	driver_reg(&rig->driver, NVME_REG_VS, 4);
	rig_settle(rig);
	assert_int_equal(driver_csts(&rig->driver), 0xffffffff);
	assert_int_equal(rig->access.config_read(rig->access.ctx, 0, 4), 0xffffffff);
}

#define FAULT_TEST(name) cmocka_unit_test_setup_teardown(name, setup_faulty, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAULT_TEST(test_a_torn_completion_has_its_phase_before_its_rest),
		FAULT_TEST(test_the_rest_of_a_torn_completion_comes_by_itself),
		FAULT_TEST(test_a_completion_of_the_wrong_phase_is_there_and_not_seen),
		FAULT_TEST(test_a_duplicate_stands_in_two_places),
		FAULT_TEST(test_an_early_interrupt_finds_no_completion),
		FAULT_TEST(test_the_completion_behind_an_early_interrupt_has_none_of_its_own),
		FAULT_TEST(test_a_stale_completion_queue_goes_on_where_it_was),
		FAULT_TEST(test_a_stale_submission_queue_is_read_from_where_it_was),
		FAULT_TEST(test_an_overrun_overwrites_what_was_not_read),
		FAULT_TEST(test_a_zombie_is_written_though_a_reset_came_between),
		FAULT_TEST(test_a_zombie_is_posted_though_its_submission_queue_is_gone),
		FAULT_TEST(test_a_dropped_command_is_not_found_by_abort_and_given_up_by_reset),
		FAULT_TEST(test_a_queue_whose_command_was_dropped_can_be_deleted),
		FAULT_TEST(test_as_many_commands_as_one_likes_can_be_dropped),
		FAULT_TEST(test_a_doorbell_that_is_overlooked_loses_nothing_but_time),
		FAULT_TEST(test_an_interrupt_that_is_lost_leaves_its_completion),
		FAULT_TEST(test_a_doubled_interrupt_comes_twice),
		FAULT_TEST(test_a_late_interrupt_does_not_come_with_its_completion),
		FAULT_TEST(test_a_late_interrupt_comes_by_itself),
		FAULT_TEST(test_a_controller_without_ready_never_gets_it_until_the_next_enable),
		FAULT_TEST(test_a_controller_can_be_ready_late),
		FAULT_TEST(test_a_fatal_controller_says_so_and_does_nothing),
		FAULT_TEST(test_an_asynchronous_event_out_of_nothing),
		FAULT_TEST(test_a_device_that_is_gone_reads_as_ones_until_it_is_back),
		FAULT_TEST(test_a_guest_of_a_device_that_is_gone_may_go),
	};

	return SUITE_RUN(tests);
}
