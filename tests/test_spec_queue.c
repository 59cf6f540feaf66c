/* SPDX-License-Identifier: BSD-2-Clause */
/* What NVM Express 1.4 says of queues: sizes, wrap, phase, full ones, many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "spec/bytes.h"
#include "tests/suite.h"

enum {
	BUFFER = MEM_BASE + (14 << 20),	/* beyond what driver_alloc gives out here */
	CQE = 16,
	MOST = 4096,		/* CAP.MQES + 1 */
	NR_PAIRS = 64,
};

static const struct size {
	uint32_t entries;
	unsigned int rounds;
} sizes[] = {
	{ 2, 40 }, { 3, 40 }, { MOST, 3 },
};

enum { NR_SIZES = sizeof(sizes) / sizeof(sizes[0]) };

static uint16_t delete_queue(struct rig *rig, uint8_t opc, uint16_t qid)
{
	struct nvme_command cmd = { .opc = opc, .cdw10 = qid };

	return driver_command(&rig->driver, 0, &cmd);
}

static uint8_t *cqe_at(struct rig *rig, uint16_t qid, uint32_t index)
{
	const struct driver_queue *q = &rig->driver.queue[qid];

	return (uint8_t *)driver_ptr(&rig->driver, q->cq) + (size_t)(index % q->cq_size) * CQE;
}

/* The completion n places behind the next one is there. */
static bool has_come(struct rig *rig, uint16_t qid, uint32_t n)
{
	const struct driver_queue *q = &rig->driver.queue[qid];
	bool phase = q->phase != (q->head + n >= q->cq_size);

	return (bytes_get_le(cqe_at(rig, qid, q->head + n) + 14, 2) & 1) == phase;
}

static void wait_for(struct rig *rig, uint16_t qid, uint32_t n)
{
	for (int i = 0; i < 20000 && !has_come(rig, qid, n); i++)
		assert_true(rig->access.wait(rig->access.ctx));
	assert_true(has_come(rig, qid, n));
}

/* Commands that read nothing: Get Features for queue 0, else Flush. */
static struct nvme_command idle_command(uint16_t qid)
{
	if (qid == 0)
		return (struct nvme_command){ .opc = NVME_OPC_GET_FEATURES, .cdw10 = 1 };
	return (struct nvme_command){ .opc = NVME_OPC_FLUSH, .nsid = 1 };
}

/* nr completions, each of a different command from first on. */
static void expect_all(struct rig *rig, uint16_t qid, uint16_t first, uint32_t nr)
{
	static uint8_t seen[MOST];
	struct nvme_completion cpl = { 0 };

	memset(seen, 0, sizeof(seen));
	for (uint32_t i = 0; i < nr; i++) {
		assert_true(driver_wait(&rig->driver, qid, &cpl));
		assert_int_equal(status_code(&cpl), 0);
		assert_int_equal(cpl.sqid, qid);
		assert_in_range((uint16_t)(cpl.cid - first), 0, nr - 1);
		assert_int_equal(seen[(uint16_t)(cpl.cid - first)]++, 0);
	}
	assert_int_equal(cpl.sqhd, rig->driver.queue[qid].tail);
}

static uint16_t submit_many(struct rig *rig, uint16_t qid, uint32_t nr)
{
	struct nvme_command cmd = idle_command(qid);
	uint16_t first = rig->driver.next_cid;

	for (uint32_t i = 0; i < nr; i++)
		driver_write(&rig->driver, qid, &cmd);
	driver_ring(&rig->driver, qid);
	return first;
}

/* One command at a time: heads and phases, from the specification's figure 92 on. */
static void go_round(struct rig *rig, uint16_t qid, uint32_t entries, unsigned int nr,
		     unsigned int already)
{
	struct nvme_command cmd = idle_command(qid);

	for (unsigned int i = already + 1; i <= already + nr; i++) {
		assert_int_equal(driver_command(&rig->driver, qid, &cmd), 0);
		assert_int_equal(rig->driver.cpl.sqhd, i % entries);
		assert_int_equal(rig->driver.cpl.sqid, qid);
		assert_int_equal(rig->driver.cpl.status & 1, (i - 1) / entries % 2 == 0);
	}
}

static void test_queues_of_every_size_go_round(void **state)
{
	struct rig *rig = *state;

	for (uint16_t i = 0; i < NR_SIZES; i++) {
		assert_int_equal(driver_create(&rig->driver, 2 + i, sizes[i].entries, 2), 0);
		go_round(rig, 2 + i, sizes[i].entries, 100, 0);
	}
}

static void test_admin_queues_of_every_size_go_round(void **state)
{
	struct rig *rig = *state;

	driver_init(&rig->driver, &rig->access, true);
	for (unsigned int i = 0; i < NR_SIZES; i++) {
		assert_true(driver_enable(&rig->driver, sizes[i].entries));
		go_round(rig, 0, sizes[i].entries, 100, 0);
		assert_int_equal(driver_create(&rig->driver, 1, 8, 1), 0);
		assert_int_equal(driver_command(&rig->driver, 1, &(struct nvme_command){
								  .opc = NVME_OPC_FLUSH,
								  .nsid = 1 }), 0);
		assert_true(driver_disable(&rig->driver));
	}
}

/* Fills both queues, looks that the one entry that stays free is not touched,
 * and empties them. */
static void fill_and_empty(struct rig *rig, uint16_t qid, const struct size *size)
{
	uint8_t before[CQE];
	uint16_t first;

	for (unsigned int round = 0; round < size->rounds; round++) {
		uint32_t free = rig->driver.queue[qid].head + size->entries - 1;

		memcpy(before, cqe_at(rig, qid, free), CQE);
		first = submit_many(rig, qid, size->entries - 1);
		wait_for(rig, qid, size->entries - 2);
		assert_memory_equal(cqe_at(rig, qid, free), before, CQE);
		expect_all(rig, qid, first, size->entries - 1);
	}
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, qid));
}

/* Sections 4.1.1 and 4.1.2: one entry less than there are. */
static void test_queues_of_every_size_can_be_full(void **state)
{
	struct rig *rig = *state;

	for (uint16_t i = 0; i < NR_SIZES; i++) {
		assert_int_equal(driver_create(&rig->driver, 2 + i, sizes[i].entries, 2), 0);
		fill_and_empty(rig, 2 + i, &sizes[i]);
	}
}

static void test_admin_queues_of_every_size_can_be_full(void **state)
{
	struct rig *rig = *state;

	driver_init(&rig->driver, &rig->access, true);
	for (unsigned int i = 0; i < NR_SIZES; i++) {
		assert_true(driver_enable(&rig->driver, sizes[i].entries));
		fill_and_empty(rig, 0, &sizes[i]);
		assert_true(driver_disable(&rig->driver));
	}
}

/* Section 4.1: more commands than completions have room; the drive waits with
 * the others, and none is lost. */
static void test_a_full_completion_queue_waits_for_its_driver(void **state)
{
	static const uint32_t pairs[][2] = { { MOST, 2 }, { MOST, 3 }, { 3, 2 }, { 700, 64 } };
	struct rig *rig = *state;

	for (uint16_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		uint16_t qid = 2 + i;
		uint8_t last[CQE] = { 0 };

		assert_int_equal(driver_create_sized(&rig->driver, qid, pairs[i][0], pairs[i][1],
						     2), 0);
		for (int round = 0; round < 2; round++) {
			uint32_t nr = pairs[i][0] - 1;
			uint32_t free = rig->driver.queue[qid].head + pairs[i][1] - 1;
			uint16_t first;

			memcpy(last, cqe_at(rig, qid, free), CQE);
			first = submit_many(rig, qid, nr);
			wait_for(rig, qid, pairs[i][1] - 2);
			rig_settle(rig);
			assert_memory_equal(cqe_at(rig, qid, free), last, CQE);
			expect_all(rig, qid, first, nr);
		}
	}
}

static void test_a_full_admin_completion_queue_waits_for_its_driver(void **state)
{
	struct rig *rig = *state;
	uint16_t first;

	driver_init(&rig->driver, &rig->access, true);
	assert_true(driver_enable_sized(&rig->driver, 64, 2));
	for (int round = 0; round < 5; round++) {
		first = submit_many(rig, 0, 63);
		rig_settle(rig);
		expect_all(rig, 0, first, 63);
	}
}

/* Section 5.4: several submission queues may have one completion queue. */
static void test_submission_queues_share_a_completion_queue(void **state)
{
	struct rig *rig = *state;
	struct nvme_driver *d = &rig->driver;
	struct nvme_command sq = { .opc = NVME_OPC_CREATE_IO_SQ, .cdw10 = 15u << 16 | 9,
				   .cdw11 = 2u << 16 | 1 };
	struct nvme_command flush = idle_command(2);
	struct nvme_completion cpl;
	unsigned int nr[10] = { 0 };

	assert_int_equal(driver_create_sized(d, 2, 16, 4, 2), 0);
	sq.prp1 = driver_alloc(d, 4096);
	assert_int_equal(driver_command(d, 0, &sq), 0);
	d->queue[9] = (struct driver_queue){ .sq = sq.prp1, .size = 16 };
	for (int i = 0; i < 15; i++) {
		driver_write(d, 2, &flush);
		driver_write(d, 9, &flush);
	}
	driver_ring(d, 9);
	driver_ring(d, 2);
	for (int i = 0; i < 30; i++) {
		assert_true(driver_wait(d, 2, &cpl));
		assert_int_equal(status_code(&cpl), 0);
		assert_true(cpl.sqid == 2 || cpl.sqid == 9);
		nr[cpl.sqid]++;
	}
	assert_int_equal(nr[2], 15);
	assert_int_equal(nr[9], 15);
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_SQ, 2), 0);
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_CQ, 2), ST(INVALID_QUEUE_DELETION));
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_SQ, 9), 0);
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_CQ, 2), 0);
}

/* The entry that the tail may not reach is not fetched. */
static void test_a_tail_that_runs_over_unfetched_entries_is_ignored(void **state)
{
	struct rig *rig = *state;
	uint16_t first;

	rig->access.config_write(rig->access.ctx, 4, 2, 2);
	first = submit_many(rig, 1, 10);
	rig->access.reg_write(rig->access.ctx, NVME_REG_DOORBELLS + 8, 4, 5);
	rig->access.config_write(rig->access.ctx, 4, 2, 6);
	expect_all(rig, 1, first, 10);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 1));
}

/* Section 5.6: what was in the queue is completed or gone, and its number is free. */
static void test_a_busy_submission_queue_can_be_deleted(void **state)
{
	struct rig *rig = *state;
	struct nvme_driver *d = &rig->driver;
	struct nvme_command rd = { .opc = NVME_OPC_READ, .nsid = 1, .prp1 = BUFFER };

	for (int i = 0; i < 60; i++)
		driver_write(d, 1, &rd);
	driver_ring(d, 1);
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_SQ, 1), 0);
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_CQ, 1), 0);
	memset(driver_ptr(d, d->queue[1].cq), 0, 64 * CQE);
	rig_settle(rig);
	for (uint32_t i = 0; i < 64; i++)
		assert_int_equal(bytes_get_le(cqe_at(rig, 1, i), 8), 0);
	assert_int_equal(driver_create(d, 1, 16, 1), 0);
	assert_int_equal(driver_command(d, 1, &rd), 0);
}

static void test_a_full_completion_queue_does_not_keep_its_queues_from_deletion(void **state)
{
	struct rig *rig = *state;

	for (unsigned int round = 0; round < 5; round++) {
		assert_int_equal(driver_create_sized(&rig->driver, 2, 64, 3, 2), 0);
		submit_many(rig, 2, 40);
		rig_settle(rig);
		assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_SQ, 2), 0);
		assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_CQ, 2), 0);
	}
}

/* What was deleted begins from its first entry, with phase 1. */
static void test_a_queue_begins_anew_when_it_is_created_again(void **state)
{
	struct rig *rig = *state;

	for (unsigned int i = 1; i < 20; i++) {
		assert_int_equal(driver_create(&rig->driver, 2, 2 + i, 2), 0);
		go_round(rig, 2, 2 + i, 3 * i, 0);
		assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_SQ, 2), 0);
		assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_CQ, 2), 0);
	}
}

static void test_64_queue_pairs_work_at_once(void **state)
{
	struct rig *rig = *state;
	uint16_t first[NR_PAIRS + 1];

	for (uint16_t qid = 2; qid <= NR_PAIRS; qid++)
		assert_int_equal(driver_create(&rig->driver, qid, 16, qid), 0);
	for (uint16_t qid = 1; qid <= NR_PAIRS; qid++)
		first[qid] = submit_many(rig, qid, 15);
	for (uint16_t qid = NR_PAIRS; qid > 0; qid--) {
		assert_true(rig_interrupted(rig, qid));
		expect_all(rig, qid, first[qid], 15);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_TEST(test_queues_of_every_size_go_round),
		SUITE_BARE(test_admin_queues_of_every_size_go_round),
		SUITE_TEST(test_queues_of_every_size_can_be_full),
		SUITE_BARE(test_admin_queues_of_every_size_can_be_full),
		SUITE_TEST(test_a_full_completion_queue_waits_for_its_driver),
		SUITE_BARE(test_a_full_admin_completion_queue_waits_for_its_driver),
		SUITE_TEST(test_submission_queues_share_a_completion_queue),
		SUITE_TEST(test_a_tail_that_runs_over_unfetched_entries_is_ignored),
		SUITE_TEST(test_a_busy_submission_queue_can_be_deleted),
		SUITE_TEST(test_a_full_completion_queue_does_not_keep_its_queues_from_deletion),
		SUITE_TEST(test_a_queue_begins_anew_when_it_is_created_again),
		SUITE_TEST(test_64_queue_pairs_work_at_once),
	};

	return SUITE_RUN(tests);
}
