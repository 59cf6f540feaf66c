/* SPDX-License-Identifier: BSD-2-Clause */
/* The NVM commands, and what happens to them when the back end fails or is slow. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "spec/table.h"
#include "tests/rig.h"

#include <errno.h>

/* A pool whose results the test gives out. */
static struct ns_req *queued[1024];
static unsigned int nr_queued;
static struct loop *pool_loop;
static bool holding;
static int forced_result;

struct pool *pool_new(struct loop *loop, unsigned int nr_threads)
{
	(void)nr_threads;
	pool_loop = loop;
	nr_queued = 0;
	holding = false;
	forced_result = 0;
	return (struct pool *)&queued;
}

static void serve(struct ns_req *req)
{
	if (forced_result != 0)
		req->result = forced_result;
	else
		while (!ns_req_step(req))
			;
	loop_post(pool_loop, &req->msg);
}

static void release(void)
{
	holding = false;
	for (unsigned int i = 0; i < nr_queued; i++)
		serve(queued[i]);
	nr_queued = 0;
}

void pool_submit(struct pool *pool, struct ns_req *req)
{
	(void)pool;
	req->nlb_done = 0;
	req->result = 0;
	if (holding)
		queued[nr_queued++] = req;
	else
		serve(req);
}

void pool_free(struct pool *pool)
{
	(void)pool;
	release();
}

static void test_a_failing_back_end_becomes_a_status(void **state)
{
	struct nvme_command dsm = { .opc = NVME_OPC_DATASET_MANAGEMENT, .nsid = 1, .cdw11 = 4 };
	struct rig *rig = *state;
	uint64_t a = driver_alloc(&rig->driver, 4096);

	forced_result = -EIO;
	assert_int_equal(rig_io(rig, NVME_OPC_READ, 1, 0, 0, a), ST(UNRECOVERED_READ_ERROR));
	assert_int_equal(rig_io(rig, NVME_OPC_WRITE, 1, 0, 0, a), ST(WRITE_FAULTS));
	/* The same Write may do another time: DNR, bit 15 of the status field. */
	assert_false(rig->driver.cpl.status & 0x8000);
	assert_int_equal(rig_io(rig, NVME_OPC_FLUSH, 1, 0, 0, 0), ST(INTERNAL_DEVICE_ERROR));
	assert_int_equal(rig_io(rig, NVME_OPC_WRITE_ZEROES, 1, 0, 0, 0), ST(INTERNAL_DEVICE_ERROR));
	bytes_set_le((uint8_t *)driver_ptr(&rig->driver, a) + 4, 4, 8);
	dsm.prp1 = a;
	assert_int_equal(driver_command(&rig->driver, 1, &dsm), ST(INTERNAL_DEVICE_ERROR));
	forced_result = -ENOSPC;
	assert_int_equal(rig_io(rig, NVME_OPC_WRITE, 1, 0, 0, a), ST(CAPACITY_EXCEEDED));
	forced_result = -EROFS;
	assert_int_equal(rig_io(rig, NVME_OPC_WRITE, 1, 0, 0, a), ST(ATTEMPTED_WRITE_TO_RO_PAGE));
	forced_result = 0;
}

static void test_writes_are_durable_when_asked_or_when_there_is_no_cache(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = { .opc = NVME_OPC_WRITE, .nsid = 1 };
	struct nvme_command set = { .opc = NVME_OPC_SET_FEATURES, .cdw10 = 6, .cdw11 = 0 };
	struct nvme_completion cpl;

	cmd.prp1 = driver_alloc(&rig->driver, 4096);
	holding = true;
	driver_submit(&rig->driver, 1, &cmd);
	cmd.cdw12 = 1u << 30;
	driver_submit(&rig->driver, 1, &cmd);
	cmd.cdw12 = 0;
	assert_int_equal(nr_queued, 2);
	assert_false(queued[0]->fua);
	assert_true(queued[1]->fua);
	release();
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	holding = true;
	driver_submit(&rig->driver, 0, &set);
	assert_int_equal(nr_queued, 1);
	assert_int_equal(queued[0]->op, NS_FLUSH);
	release();
	assert_true(driver_wait(&rig->driver, 0, &cpl));
	holding = true;
	driver_submit(&rig->driver, 1, &cmd);
	assert_true(queued[0]->fua);
	release();
	assert_true(driver_wait(&rig->driver, 1, &cpl));
}

/* A write that was given up must not land after the driver's next one. */
static void test_a_reset_waits_for_what_is_in_the_back_end(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = { .opc = NVME_OPC_WRITE, .nsid = 1 };

	cmd.prp1 = driver_alloc(&rig->driver, 4096);
	rig_watch(rig, "nvme:ctrl:execute");
	holding = true;
	driver_submit(&rig->driver, 1, &cmd);
	rig->access.reg_write(rig, NVME_REG_CC, 4, 0);
	assert_int_equal(driver_csts(&rig->driver), 1);
	assert_int_equal(rig->nr_seen, 0);
	/* Doorbells mean nothing now. */
	rig->access.reg_write(rig, 0x1000, 4, 5);
	release();
	assert_true(driver_disable(&rig->driver));
	assert_int_equal(rig->seen[0].info.ctrl.lost, 1);
	assert_false(driver_peek(&rig->driver, 1));
	assert_true(driver_enable(&rig->driver, 16));
	assert_int_equal(driver_create(&rig->driver, 1, 16, 1), 0);
	assert_true(rig_block_is(rig, 100, 0));
}

static void test_after_a_hard_reset_ready_waits_for_the_back_end(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	uint32_t size = 16;

	holding = true;
	driver_submit(&rig->driver, 1, &cmd);
	device_reset(rig->dev);
	assert_int_equal(driver_csts(&rig->driver), 0);
	driver_init(&rig->driver, &rig->access, true);
	rig->access.reg_write(rig, NVME_REG_AQA, 4, (size - 1) << 16 | (size - 1));
	rig->access.reg_write(rig, NVME_REG_ASQ, 8, driver_alloc(&rig->driver, 4096));
	rig->access.reg_write(rig, NVME_REG_ACQ, 8, driver_alloc(&rig->driver, 4096));
	rig->access.reg_write(rig, NVME_REG_CC, 4, 4u << 20 | 6u << 16 | 1);
	assert_int_equal(driver_csts(&rig->driver), 0);
	release();
	rig_settle(rig);
	assert_int_equal(driver_csts(&rig->driver), 1);
}

static void test_deleting_a_queue_waits_for_its_commands(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct nvme_command del = { .opc = NVME_OPC_DELETE_IO_SQ, .cdw10 = 1 };
	struct nvme_completion cpl;

	holding = true;
	driver_submit(&rig->driver, 1, &cmd);
	driver_submit(&rig->driver, 0, &del);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 0));
	release();
	assert_true(driver_wait(&rig->driver, 0, &cpl));
	assert_int_equal(status_code(&cpl), 0);
	assert_true(driver_poll(&rig->driver, 1, &cpl));
	assert_int_equal(cpl.cid, cmd.cid);
}

/* A completion queue of 3 entries has room for 2; the others are discarded. */
static void test_results_that_find_no_room_in_a_queue_being_deleted_are_discarded(void **state)
{
	struct rig *rig = *state;
	struct driver_queue *q = &rig->driver.queue[2];
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct nvme_command cq = { .opc = NVME_OPC_CREATE_IO_CQ, .cdw11 = 3 };
	struct nvme_command sq = { .opc = NVME_OPC_CREATE_IO_SQ, .cdw11 = 2u << 16 | 1 };
	struct nvme_command del = { .opc = NVME_OPC_DELETE_IO_SQ, .cdw10 = 2 };
	struct nvme_completion cpl;

	q->size = 64;
	q->cq_size = 3;
	q->phase = true;
	q->cq = cq.prp1 = driver_alloc(&rig->driver, 4096);
	q->sq = sq.prp1 = driver_alloc(&rig->driver, 4096);
	cq.cdw10 = 2u << 16 | 2;
	sq.cdw10 = 63u << 16 | 2;
	assert_int_equal(driver_command(&rig->driver, 0, &cq), 0);
	assert_int_equal(driver_command(&rig->driver, 0, &sq), 0);
	holding = true;
	for (unsigned int i = 0; i < 10; i++)
		driver_submit(&rig->driver, 2, &flush);
	driver_submit(&rig->driver, 0, &del);
	release();
	assert_true(driver_wait(&rig->driver, 0, &cpl));
	assert_int_equal(cpl.cid, del.cid);
	assert_int_equal(status_code(&cpl), 0);
}

static void test_a_result_waits_for_bus_mastering(void **state)
{
	struct rig *rig = *state;
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct nvme_completion cpl;

	holding = true;
	driver_submit(&rig->driver, 1, &flush);
	rig->access.config_write(rig, 4, 2, 2);
	release();
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 1));
	rig->access.config_write(rig, 4, 2, 6);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(driver_csts(&rig->driver), 1);
}

static void test_results_may_come_in_any_order(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct nvme_completion cpl;
	struct ns_req *first;

	holding = true;
	driver_submit(&rig->driver, 1, &cmd);
	driver_submit(&rig->driver, 1, &cmd);
	first = queued[0];
	queued[0] = queued[1];
	queued[1] = first;
	release();
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(cpl.cid, cmd.cid);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(cpl.cid, cmd.cid - 1);
}

static void test_memory_that_cannot_be_reached_now_is_tried_again(void **state)
{
	struct rig *rig = *state;
	uint64_t a = driver_alloc(&rig->driver, 4096);

	rig_watch(rig, "nvme:io:writeback");
	for (unsigned int nth = 3; nth < 8; nth++) {
		rig->mem->every_nth_again = nth;
		for (unsigned int i = 0; i < 8; i++) {
			assert_int_equal(rig_io(rig, NVME_OPC_WRITE, 1, 0, 0, a), 0);
			assert_int_equal(rig_io(rig, NVME_OPC_READ, 1, 0, 0, a), 0);
		}
	}
	assert_int_equal(rig->nr_seen, 5 * 16);
}

static void test_more_commands_than_slots_wait_and_admin_commands_do_not(void **state)
{
	struct rig *rig = *state;
	struct nvme_command abort = { .opc = NVME_OPC_ABORT };
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct nvme_completion cpl;

	assert_int_equal(driver_create(&rig->driver, 2, 1024, 2), 0);
	for (unsigned int i = 0; i < 1000; i++)
		driver_write(&rig->driver, 2, &flush);
	holding = true;
	driver_ring(&rig->driver, 2);
	rig_settle(rig);
	assert_int_equal(driver_command(&rig->driver, 0, &abort), 0);
	release();
	for (unsigned int i = 0; i < 1000; i++)
		assert_true(driver_wait(&rig->driver, 2, &cpl));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_failing_back_end_becomes_a_status),
		TEST(test_writes_are_durable_when_asked_or_when_there_is_no_cache),
		TEST(test_a_reset_waits_for_what_is_in_the_back_end),
		TEST(test_after_a_hard_reset_ready_waits_for_the_back_end),
		TEST(test_deleting_a_queue_waits_for_its_commands),
		TEST(test_results_that_find_no_room_in_a_queue_being_deleted_are_discarded),
		TEST(test_a_result_waits_for_bus_mastering),
		TEST(test_results_may_come_in_any_order),
		TEST(test_memory_that_cannot_be_reached_now_is_tried_again),
		TEST(test_more_commands_than_slots_wait_and_admin_commands_do_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
