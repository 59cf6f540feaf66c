/* SPDX-License-Identifier: BSD-2-Clause */
/* Queues: creation and deletion, doorbells, wrap, full, fairness. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "spec/table.h"
#include "tests/rig.h"

static uint16_t create_cq(struct rig *rig, uint32_t cdw10, uint32_t cdw11, uint64_t prp1)
{
	struct nvme_command cmd = { .opc = NVME_OPC_CREATE_IO_CQ, .prp1 = prp1 };

	cmd.cdw10 = cdw10;
	cmd.cdw11 = cdw11;
	return driver_command(&rig->driver, 0, &cmd);
}

static uint16_t create_sq(struct rig *rig, uint32_t cdw10, uint32_t cdw11, uint64_t prp1)
{
	struct nvme_command cmd = { .opc = NVME_OPC_CREATE_IO_SQ, .prp1 = prp1 };

	cmd.cdw10 = cdw10;
	cmd.cdw11 = cdw11;
	return driver_command(&rig->driver, 0, &cmd);
}

static uint16_t delete_queue(struct rig *rig, uint8_t opc, uint16_t qid)
{
	struct nvme_command cmd = { .opc = opc, .cdw10 = qid };

	return driver_command(&rig->driver, 0, &cmd);
}

#define SIZE(entries, qid) ((uint32_t)((entries) - 1) << 16 | (qid))

static void test_a_completion_queue_that_cannot_be_is_refused(void **state)
{
	struct rig *rig = *state;
	uint64_t page = driver_alloc(&rig->driver, 4096);

	assert_int_equal(create_cq(rig, SIZE(8, 0), 1, page), ST(INVALID_QUEUE_IDENTIFIER));
	assert_int_equal(create_cq(rig, SIZE(8, 1), 1, page), ST(INVALID_QUEUE_IDENTIFIER));
	assert_int_equal(create_cq(rig, SIZE(8, 65), 1, page), ST(INVALID_QUEUE_IDENTIFIER));
	assert_int_equal(create_cq(rig, SIZE(8, 0xffff), 1, page), ST(INVALID_QUEUE_IDENTIFIER));
	assert_int_equal(create_cq(rig, SIZE(1, 2), 1, page), ST(INVALID_QUEUE_SIZE));
	assert_int_equal(create_cq(rig, SIZE(4097, 2), 1, page), ST(INVALID_QUEUE_SIZE));
	assert_int_equal(create_cq(rig, SIZE(8, 2), 0, page), ST(INVALID_FIELD));
	assert_int_equal(create_cq(rig, SIZE(8, 2), 1, page + 8), ST(PRP_OFFSET_INVALID));
	assert_int_equal(create_cq(rig, SIZE(8, 2), 65u << 16 | 3, page),
			 ST(INVALID_INTERRUPT_VECTOR));
	assert_int_equal(create_cq(rig, SIZE(4096, 64), 64u << 16 | 3, page), 0);
}

static void test_a_submission_queue_that_cannot_be_is_refused(void **state)
{
	struct rig *rig = *state;
	uint64_t page = driver_alloc(&rig->driver, 4096);

	assert_int_equal(create_sq(rig, SIZE(8, 0), 1u << 16 | 1, page),
			 ST(INVALID_QUEUE_IDENTIFIER));
	assert_int_equal(create_sq(rig, SIZE(8, 1), 1u << 16 | 1, page),
			 ST(INVALID_QUEUE_IDENTIFIER));
	assert_int_equal(create_sq(rig, SIZE(8, 2), 0u << 16 | 1, page),
			 ST(INVALID_QUEUE_IDENTIFIER));
	assert_int_equal(create_sq(rig, SIZE(8, 2), 2u << 16 | 1, page),
			 ST(COMPLETION_QUEUE_INVALID));
	assert_int_equal(create_sq(rig, SIZE(8, 2), 0xffffu << 16 | 1, page),
			 ST(INVALID_QUEUE_IDENTIFIER));
	assert_int_equal(create_sq(rig, SIZE(1, 2), 1u << 16 | 1, page), ST(INVALID_QUEUE_SIZE));
	assert_int_equal(create_sq(rig, SIZE(4097, 2), 1u << 16 | 1, page),
			 ST(INVALID_QUEUE_SIZE));
	assert_int_equal(create_sq(rig, SIZE(8, 2), 1u << 16, page), ST(INVALID_FIELD));
	assert_int_equal(create_sq(rig, SIZE(8, 2), 1u << 16 | 1, page + 1),
			 ST(PRP_OFFSET_INVALID));
	assert_int_equal(create_sq(rig, SIZE(8, 2), 1u << 16 | 1, page), 0);
}

static void test_queues_are_deleted_in_the_right_order_only(void **state)
{
	struct rig *rig = *state;

	rig_watch(rig, "nvme:queue:execute");
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_CQ, 1), ST(INVALID_QUEUE_DELETION));
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_CQ, 0), ST(INVALID_QUEUE_IDENTIFIER));
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_SQ, 0), ST(INVALID_QUEUE_IDENTIFIER));
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_SQ, 2), ST(INVALID_QUEUE_IDENTIFIER));
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_SQ, 999),
			 ST(INVALID_QUEUE_IDENTIFIER));
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_SQ, 1), 0);
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_SQ, 1), ST(INVALID_QUEUE_IDENTIFIER));
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_CQ, 1), 0);
	assert_int_equal(rig->nr_seen, 2);
	assert_int_equal(rig->seen[0].info.queue.type, NVMETAP_SQ);
	assert_int_equal(rig->seen[0].info.queue.state, NVMETAP_QUEUE_DELETED);
	assert_int_equal(rig->seen[0].info.queue.size, 64);
	assert_int_equal(rig->seen[1].info.queue.vector, 1);
}

static int hold(void *ctx, struct nvmetap_event *ev)
{
	*(uint64_t *)ctx = ev->cmd_id;
	return NVMETAP_LATER;
}

static void test_deleting_a_queue_aborts_what_a_plug_in_holds_of_it_first(void **state)
{
	struct rig *rig = *state;
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct nvme_completion cpl;
	uint64_t cmd_id = 0;
	struct nvmetap_plugin *plugin = rig_modify(rig, "nvme:io:decode", hold, &cmd_id);

	driver_submit(&rig->driver, 1, &flush);
	assert_int_not_equal(cmd_id, 0);
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_SQ, 1), 0);
	assert_true(driver_poll(&rig->driver, 1, &cpl));
	assert_int_equal(status_code(&cpl), ST(ABORTED_SQ_DELETION));
	assert_int_equal(nvmetap_resume(plugin, cmd_id, 0), 0);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 1));
}

static void test_io_queues_need_their_entry_sizes_in_cc(void **state)
{
	struct rig *rig = *state;
	uint64_t page = driver_alloc(&rig->driver, 4096);

	rig->access.reg_write(rig, NVME_REG_CC, 4, 1);
	assert_int_equal(create_cq(rig, SIZE(8, 2), 1, page), ST(INVALID_QUEUE_SIZE));
	assert_int_equal(create_sq(rig, SIZE(8, 2), 1u << 16 | 1, page), ST(INVALID_QUEUE_SIZE));
}

static void test_a_queue_wraps_and_its_phase_turns(void **state)
{
	struct rig *rig = *state;
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };

	assert_int_equal(driver_create(&rig->driver, 2, 3, 2), 0);
	for (unsigned int i = 1; i <= 20; i++) {
		assert_int_equal(driver_command(&rig->driver, 2, &flush), 0);
		assert_int_equal(rig->driver.cpl.sqhd, i % 3);
		assert_int_equal(rig->driver.cpl.sqid, 2);
	}
}

/* A completion queue of 3 entries below a submission queue of 64. */
static void create_narrow(struct rig *rig)
{
	struct driver_queue *q = &rig->driver.queue[2];

	q->sq = driver_alloc(&rig->driver, 4096);
	q->cq = driver_alloc(&rig->driver, 4096);
	q->size = 64;
	q->cq_size = 3;
	q->phase = true;
	assert_int_equal(create_cq(rig, SIZE(3, 2), 2u << 16 | 3, q->cq), 0);
	assert_int_equal(create_sq(rig, SIZE(64, 2), 2u << 16 | 1, q->sq), 0);
}

static void test_a_full_completion_queue_makes_the_drive_wait_and_loses_nothing(void **state)
{
	struct rig *rig = *state;
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct nvme_completion cpl;
	uint16_t first = 0;
	uint64_t seen = 0;

	create_narrow(rig);
	for (unsigned int i = 0; i < 40; i++) {
		uint16_t cid = driver_write(&rig->driver, 2, &flush);

		first = i == 0 ? cid : first;
	}
	driver_ring(&rig->driver, 2);
	rig_settle(rig);
	for (unsigned int i = 0; i < 40; i++) {
		assert_true(driver_wait(&rig->driver, 2, &cpl));
		assert_in_range(cpl.cid - first, 0, 39);
		seen |= UINT64_C(1) << (cpl.cid - first);
	}
	assert_int_equal(seen, (UINT64_C(1) << 40) - 1);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 2));
}

static void test_a_full_queue_does_not_keep_its_deletion_from_completing(void **state)
{
	struct rig *rig = *state;
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };

	create_narrow(rig);
	for (unsigned int i = 0; i < 40; i++)
		driver_write(&rig->driver, 2, &flush);
	driver_ring(&rig->driver, 2);
	rig_settle(rig);
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_SQ, 2), 0);
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_CQ, 2), 0);
}

static void test_no_queue_starves_another(void **state)
{
	struct rig *rig = *state;
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct nvme_command abort = { .opc = NVME_OPC_ABORT };
	unsigned int first_admin = 0;

	assert_int_equal(driver_create(&rig->driver, 2, 1024, 2), 0);
	rig_watch(rig, "nvme:io:fetch");
	rig_watch(rig, "nvme:admin:fetch");
	for (unsigned int i = 0; i < 300; i++)
		driver_write(&rig->driver, 2, &flush);
	driver_write(&rig->driver, 0, &abort);
	/* Both doorbells stand before the first turn. */
	rig->access.config_write(rig, 4, 2, 2);
	driver_ring(&rig->driver, 2);
	driver_ring(&rig->driver, 0);
	rig->access.config_write(rig, 4, 2, 6);
	while (first_admin < rig->nr_seen && rig->seen[first_admin].ev.event != NVMETAP_EV_ADMIN)
		first_admin++;
	assert_in_range(first_admin, 0, 16);
}

static void test_a_doorbell_is_one_event_with_queue_and_both_values(void **state)
{
	struct rig *rig = *state;
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	const struct seen *db;

	driver_command(&rig->driver, 1, &flush);
	rig_watch(rig, "nvme:regwrite:decode");
	driver_command(&rig->driver, 1, &flush);
	db = rig_seen(rig, NVMETAP_EV_DOORBELL, 0);
	assert_int_equal(rig->nr_seen, 2);
	assert_int_equal(db->info.acc.doorbell, NVMETAP_DOORBELL_SQ);
	assert_int_equal(db->info.acc.vector, 1);
	assert_int_equal(db->info.acc.offset, 0x1008);
	assert_int_equal(db->info.acc.old, 1);
	assert_int_equal(db->info.acc.value, 2);
	db = rig_seen(rig, NVMETAP_EV_DOORBELL, 1);
	assert_int_equal(db->info.acc.doorbell, NVMETAP_DOORBELL_CQ);
	assert_int_equal(db->info.acc.offset, 0x100c);
	assert_int_equal(db->info.acc.old, 1);
	assert_int_equal(db->info.acc.value, 2);
}

static void expect_invalid(struct rig *rig, uint64_t off, uint32_t value, uint8_t info)
{
	struct nvme_command aer = { .opc = NVME_OPC_ASYNC_EVENT_REQUEST };
	struct nvme_command log = { .opc = NVME_OPC_GET_LOG_PAGE };
	struct nvme_completion cpl;

	driver_submit(&rig->driver, 0, &aer);
	rig->access.reg_write(rig, off, 4, value);
	assert_true(driver_wait(&rig->driver, 0, &cpl));
	assert_int_equal(cpl.cid, aer.cid);
	assert_int_equal(cpl.cdw0, (uint32_t)NVME_LOG_ERROR << 16 | (uint32_t)info << 8);
	log.prp1 = driver_alloc(&rig->driver, 64);
	log.cdw10 = 15u << 16 | NVME_LOG_ERROR;
	assert_int_equal(driver_command(&rig->driver, 0, &log), 0);
	assert_int_equal(error_entry_sqid_get(driver_ptr(&rig->driver, log.prp1)), 0xffff);
	assert_int_equal(driver_csts(&rig->driver), 1);
}

static void test_an_invalid_doorbell_is_an_asynchronous_event_and_ignored(void **state)
{
	struct rig *rig = *state;
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };

	assert_int_equal(driver_command(&rig->driver, 1, &flush), 0);
	expect_invalid(rig, 0x1000 + 2 * 8, 1, 0);	/* no such SQ */
	expect_invalid(rig, 0x1ff8, 1, 0);		/* no such queue ever */
	expect_invalid(rig, 0x1000 + 8, 64, 1);		/* tail beyond the size */
	expect_invalid(rig, 0x1000 + 8, 0xffff, 1);
	expect_invalid(rig, 0x1000 + 12, 5, 1);		/* head beyond what was posted */
	expect_invalid(rig, 0x1000 + 12, 64, 1);
}

static void test_a_tail_that_runs_over_unfetched_entries_is_ignored(void **state)
{
	struct rig *rig = *state;
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct nvme_completion cpl;

	for (unsigned int i = 0; i < 10; i++)
		driver_write(&rig->driver, 1, &flush);
	rig->access.config_write(rig, 4, 2, 2);
	driver_ring(&rig->driver, 1);
	rig->access.reg_write(rig, 0x1008, 4, 5);
	rig->access.config_write(rig, 4, 2, 6);
	for (unsigned int i = 0; i < 10; i++)
		assert_true(driver_wait(&rig->driver, 1, &cpl));
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 1));
}

static void test_64_queue_pairs_work(void **state)
{
	struct rig *rig = *state;
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };

	for (uint16_t qid = 2; qid <= 64; qid++)
		assert_int_equal(driver_create(&rig->driver, qid, 16, qid), 0);
	for (uint16_t qid = 1; qid <= 64; qid++)
		assert_int_equal(driver_command(&rig->driver, qid, &flush), 0);
	rig_settle(rig);
	assert_int_equal(rig->mem->irqs[rig->mem->nr_irqs - 1].vector, 64);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_completion_queue_that_cannot_be_is_refused),
		TEST(test_a_submission_queue_that_cannot_be_is_refused),
		TEST(test_queues_are_deleted_in_the_right_order_only),
		TEST(test_deleting_a_queue_aborts_what_a_plug_in_holds_of_it_first),
		TEST(test_io_queues_need_their_entry_sizes_in_cc),
		TEST(test_a_queue_wraps_and_its_phase_turns),
		TEST(test_a_full_completion_queue_makes_the_drive_wait_and_loses_nothing),
		TEST(test_a_full_queue_does_not_keep_its_deletion_from_completing),
		TEST(test_no_queue_starves_another),
		TEST(test_a_doorbell_is_one_event_with_queue_and_both_values),
		TEST(test_an_invalid_doorbell_is_an_asynchronous_event_and_ignored),
		TEST(test_a_tail_that_runs_over_unfetched_entries_is_ignored),
		TEST(test_64_queue_pairs_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
