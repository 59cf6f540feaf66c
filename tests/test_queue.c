/* SPDX-License-Identifier: BSD-2-Clause */
/* Queues: events, plug-ins, fairness; test_spec_queue for the rest. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "spec/table.h"
#include "tests/rig.h"

static uint16_t delete_queue(struct rig *rig, uint8_t opc, uint16_t qid)
{
	struct nvme_command cmd = { .opc = opc, .cdw10 = qid };

	return driver_command(&rig->driver, 0, &cmd);
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

/* A guest that acts on the first interrupt must not find its queue deleted
 * before it has heard of the last completion in it. */
static void test_a_queue_s_last_interrupt_comes_before_that_of_its_deletion(void **state)
{
	struct rig *rig = *state;
	struct nvme_command read = { .opc = NVME_OPC_READ, .nsid = 1 };
	struct nvme_command delete = { .opc = NVME_OPC_DELETE_IO_SQ, .cdw10 = 1 };

	read.prp1 = driver_alloc(&rig->driver, 512);
	for (unsigned int i = 0; i < 50; i++) {
		rig->mem->nr_irqs = 0;
		driver_submit(&rig->driver, 1, &read);
		assert_int_equal(driver_command(&rig->driver, 0, &delete), 0);
		assert_int_equal(rig->mem->nr_irqs, 2);
		assert_int_equal(rig->mem->irqs[0].vector, 1);
		assert_int_equal(rig->mem->irqs[1].vector, 0);
		assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_CQ, 1), 0);
		assert_int_equal(driver_create(&rig->driver, 1, 64, 1), 0);
	}
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

static void test_what_is_a_completion_queue_s_claims_no_submission_queue(void **state)
{
	struct rig *rig = *state;
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	const struct nvmetap_event *ev;

	rig_watch(rig, "nvme:regwrite:decode");
	rig_watch(rig, "nvme:queue:execute");
	driver_command(&rig->driver, 1, &flush);
	delete_queue(rig, NVME_OPC_DELETE_IO_SQ, 1);
	delete_queue(rig, NVME_OPC_DELETE_IO_CQ, 1);
	ev = &rig_seen(rig, NVMETAP_EV_DOORBELL, 0)->ev;
	assert_int_equal(ev->qkind, NVMETAP_QUEUE_IO);
	assert_int_equal(ev->sqid << 16 | ev->cqid, 1 << 16 | 1);
	ev = &rig_seen(rig, NVMETAP_EV_DOORBELL, 1)->ev;
	assert_int_equal(ev->qkind, NVMETAP_QUEUE_IO | NVMETAP_CQ_ONLY);
	assert_int_equal(ev->cqid, 1);
	ev = &rig_seen(rig, NVMETAP_EV_QUEUE, 0)->ev;
	assert_int_equal(ev->qkind, NVMETAP_QUEUE_IO);
	assert_int_equal(ev->sqid << 16 | ev->cqid, 1 << 16 | 1);
	ev = &rig_seen(rig, NVMETAP_EV_QUEUE, 1)->ev;
	assert_int_equal(ev->qkind, NVMETAP_QUEUE_IO | NVMETAP_CQ_ONLY);
	assert_int_equal(ev->cqid, 1);
}

static void assert_queue(const struct rig *rig, unsigned int n, const struct nvmetap_queue *want)
{
	const struct nvmetap_queue *queue = &rig_seen(rig, NVMETAP_EV_QUEUE, n)->info.queue;

	assert_int_equal(queue->base, want->base);
	assert_int_equal(queue->qid, want->qid);
	assert_int_equal(queue->cqid, want->cqid);
	assert_int_equal(queue->size, want->size);
	assert_int_equal(queue->head, want->head);
	assert_int_equal(queue->tail, want->tail);
	assert_int_equal(queue->type, want->type);
	assert_int_equal(queue->state, want->state);
	assert_int_equal(queue->phase, want->phase);
	assert_int_equal(queue->ien, want->ien);
	assert_int_equal(queue->vector, want->vector);
	/* Each belongs to the command that was carried out. */
	assert_int_equal(rig_seen(rig, NVMETAP_EV_QUEUE, n)->ev.cause,
			 rig_seen(rig, NVMETAP_EV_ADMIN, n)->ev.seq);
}

/* After 26 commands, of whose completions the driver has taken 25. */
static void test_the_events_of_a_queue_say_all_of_it(void **state)
{
	struct rig *rig = *state;
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct nvmetap_queue sq = { .type = NVMETAP_SQ, .qid = 2, .cqid = 2, .size = 8 };
	struct nvmetap_queue cq = { .type = NVMETAP_CQ, .qid = 2, .size = 16, .vector = 3,
				    .ien = 1, .phase = 1 };

	rig_watch(rig, "nvme:queue:execute");
	rig_watch(rig, "nvme:admin:decode");
	assert_int_equal(driver_create_sized(&rig->driver, 2, sq.size, cq.size, cq.vector), 0);
	sq.base = rig->driver.queue[2].sq;
	cq.base = rig->driver.queue[2].cq;
	sq.state = cq.state = NVMETAP_QUEUE_CREATED;
	assert_queue(rig, 0, &cq);
	assert_queue(rig, 1, &sq);
	for (unsigned int i = 0; i < 25; i++)
		assert_int_equal(driver_command(&rig->driver, 2, &flush), 0);
	driver_submit(&rig->driver, 2, &flush);
	while (!driver_peek(&rig->driver, 2))
		assert_true(rig->access.wait(rig));
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_SQ, 2), 0);
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_CQ, 2), 0);
	sq.state = cq.state = NVMETAP_QUEUE_DELETED;
	sq.head = sq.tail = 26 % sq.size;
	cq.head = 25 % cq.size;
	cq.tail = 26 % cq.size;
	cq.phase = 0;
	assert_queue(rig, 2, &sq);
	assert_queue(rig, 3, &cq);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_queues_are_deleted_in_the_right_order_only),
		TEST(test_deleting_a_queue_aborts_what_a_plug_in_holds_of_it_first),
		TEST(test_a_queue_s_last_interrupt_comes_before_that_of_its_deletion),
		TEST(test_the_events_of_a_queue_say_all_of_it),
		TEST(test_no_queue_starves_another),
		TEST(test_a_doorbell_is_one_event_with_queue_and_both_values),
		TEST(test_what_is_a_completion_queue_s_claims_no_submission_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
