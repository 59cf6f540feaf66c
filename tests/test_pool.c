/* SPDX-License-Identifier: BSD-2-Clause */
/* The pool of threads that runs requests, over a back end that looks on. */
#include "config.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "emu/backend.h"
#include "emu/ns.h"

enum { NR_BLOCKS = 32, PATIENCE_S = 60 };

/* A back end of one byte a block, that counts who is in a block, and stops at
 * a gate when told to. */
static struct {
	struct backend backend;
	atomic_int readers[NR_BLOCKS], writers[NR_BLOCKS];
	atomic_int nr_collisions, nr_zeroed;
	uint8_t bytes[NR_BLOCKS];
	atomic_bool gated;
	sem_t arrived, go;
} fake;

static struct ns ns;
static struct loop *loop;
static int nr_done;
static struct ns_req *done[2000];

static void gate(void)
{
	if (!atomic_load(&fake.gated))
		return;
	sem_post(&fake.arrived);
	sem_wait(&fake.go);
}

static void collide(atomic_int *others)
{
	if (atomic_load(others) != 0)
		atomic_fetch_add(&fake.nr_collisions, 1);
}

static int fake_read(struct backend *backend, uint64_t off, void *buf, size_t len)
{
	(void)backend;
	(void)buf;
	gate();
	for (uint64_t b = off >> 9; b < (off + len) >> 9 && b < NR_BLOCKS; b++) {
		atomic_fetch_add(&fake.readers[b], 1);
		sched_yield();
		collide(&fake.writers[b]);
		atomic_fetch_sub(&fake.readers[b], 1);
	}
	return 0;
}

static int fake_write(struct backend *backend, uint64_t off, const void *buf, size_t len)
{
	(void)backend;
	gate();
	for (uint64_t b = off >> 9; b < (off + len) >> 9; b++) {
		collide(&fake.readers[b]);
		collide(&fake.writers[b]);
		atomic_fetch_add(&fake.writers[b], 1);
		sched_yield();
		fake.bytes[b] = *(const uint8_t *)buf;
		atomic_fetch_sub(&fake.writers[b], 1);
	}
	return 0;
}

static int fake_flush(struct backend *backend)
{
	(void)backend;
	return -ENOSPC;
}

static int fake_zero(struct backend *backend, uint64_t off, uint64_t len, bool deallocate)
{
	(void)backend;
	(void)off;
	(void)deallocate;
	gate();
	atomic_store(&fake.gated, false);
	atomic_fetch_add(&fake.nr_zeroed, (int)(len >> 9));
	return 0;
}

static const struct backend_ops fake_ops = {
	.read = fake_read,
	.write = fake_write,
	.flush = fake_flush,
	.zero = fake_zero,
};

/* A cache that holds the blocks below now_blocks. */
static int nr_now;
static uint64_t now_blocks;
static pthread_t now_thread;

static int fake_read_now(struct backend *backend, uint64_t off, void *buf, size_t len)
{
	(void)backend;
	(void)buf;
	if ((off + len) >> 9 > now_blocks)
		return -EAGAIN;
	now_thread = pthread_self();
	nr_now++;
	return 0;
}

static int fake_write_now(struct backend *backend, uint64_t off, const void *buf, size_t len)
{
	return fake_read_now(backend, off, (void *)(uintptr_t)buf, len);
}

static const struct backend_ops cached_ops = {
	.read = fake_read,
	.write = fake_write,
	.flush = fake_flush,
	.zero = fake_zero,
	.read_now = fake_read_now,
	.write_now = fake_write_now,
};

static int setup(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	fake.backend.ops = &fake_ops;
	sem_init(&fake.arrived, 0, 0);
	sem_init(&fake.go, 0, 0);
	ns = (struct ns){ .nsid = 1, .lba_shift = 9, .nr_blocks = 1u << 30 };
	ns.backend = &fake.backend;
	nr_done = 0;
	loop = loop_new();
	return loop == NULL;
}

static int cached_setup(void **state)
{
	int rc = setup(state);

	fake.backend.ops = &cached_ops;
	nr_now = 0;
	now_blocks = NR_BLOCKS;
	return rc;
}

static int teardown(void **state)
{
	(void)state;
	loop_free(loop);
	return 0;
}

static void on_done(struct loop_msg *msg)
{
	done[nr_done++] = (struct ns_req *)msg;
}

static void submit(struct pool *pool, struct ns_req *req, enum ns_op op, uint64_t slba,
		   uint32_t nlb)
{
	req->msg.fn = on_done;
	req->ns = &ns;
	req->op = op;
	req->slba = slba;
	req->nlb = nlb;
	pool_submit(pool, req);
}

static void run_loop_until(int nr)
{
	for (int i = 0; i < 10000 && nr_done < nr; i++)
		assert_int_equal(loop_once(loop, 20000), 0);
	assert_int_equal(nr_done, nr);
}

static void test_requests_run_at_the_same_time(void **state)
{
	struct pool *pool = pool_new(loop, 3);
	struct ns_req reqs[3] = { 0 };
	uint8_t byte = 1;

	(void)state;
	fake.gated = true;
	reqs[2].buf = &byte;
	submit(pool, &reqs[0], NS_READ, 0, 8);
	submit(pool, &reqs[1], NS_READ, 4, 8);
	submit(pool, &reqs[2], NS_WRITE, 12, 8);
	for (int i = 0; i < 3; i++)
		sem_wait(&fake.arrived);
	for (int i = 0; i < 3; i++)
		sem_post(&fake.go);
	run_loop_until(3);
	pool_free(pool);
}

static void test_requests_for_the_same_blocks_run_in_their_order(void **state)
{
	static struct ns_req reqs[1000];
	static uint8_t numbers[1000];
	struct pool *pool = pool_new(loop, 4);
	uint8_t expect[NR_BLOCKS] = { 0 };
	uint32_t random = 1;

	(void)state;
	memset(reqs, 0, sizeof(reqs));
	for (unsigned int i = 0; i < 1000; i++) {
		uint32_t slba, nlb;

		random = random * 1664525 + 1013904223;
		slba = random >> 8 & (NR_BLOCKS / 2 - 1);
		nlb = 1 + (random >> 16 & 3);
		numbers[i] = (uint8_t)i;
		reqs[i].buf = &numbers[i];
		if (random >> 24 & 1)
			memset(expect + slba, numbers[i], nlb);
		submit(pool, &reqs[i], random >> 24 & 1 ? NS_WRITE : NS_READ, slba, nlb);
	}
	run_loop_until(1000);
	pool_free(pool);
	assert_int_equal(fake.nr_collisions, 0);
	assert_memory_equal(fake.bytes, expect, sizeof(expect));
}

static void test_a_huge_deallocate_lets_others_through(void **state)
{
	struct pool *pool = pool_new(loop, 1);
	struct ns_req huge = { 0 }, small = { 0 };

	(void)state;
	fake.gated = true;
	submit(pool, &huge, NS_DEALLOCATE, 0, 1u << 30);
	sem_wait(&fake.arrived);
	submit(pool, &small, NS_READ, NR_BLOCKS, 1);
	sem_post(&fake.go);
	run_loop_until(2);
	assert_ptr_equal(done[0], &small);
	assert_ptr_equal(done[1], &huge);
	assert_int_equal(fake.nr_zeroed, 1 << 30);
	pool_free(pool);
}

static void test_a_request_can_be_submitted_again(void **state)
{
	struct pool *pool = pool_new(loop, 2);
	struct ns_req req = { 0 };

	(void)state;
	for (int i = 1; i <= 3; i++) {
		submit(pool, &req, NS_WRITE_ZEROES, 0, 100000);
		run_loop_until(i);
		assert_int_equal(fake.nr_zeroed, 100000 * i);
	}
	pool_free(pool);
}

static void test_result_is_the_back_end_s_errno(void **state)
{
	struct pool *pool = pool_new(loop, 0);
	struct ns_req flush = { 0 };

	(void)state;
	assert_non_null(pool);
	submit(pool, &flush, NS_FLUSH, 0, 0);
	run_loop_until(1);
	assert_int_equal(flush.result, -ENOSPC);
	pool_free(pool);
}

static void test_free_finishes_what_was_submitted(void **state)
{
	static struct ns_req reqs[200];
	struct pool *pool = pool_new(loop, 2);
	uint8_t byte = 7;

	(void)state;
	memset(reqs, 0, sizeof(reqs));
	for (unsigned int i = 0; i < 200; i++) {
		reqs[i].buf = &byte;
		submit(pool, &reqs[i], i % 3 == 0 ? NS_DEALLOCATE : NS_WRITE, i % 8, 8);
	}
	pool_free(pool);
	run_loop_until(200);
}

static void test_too_many_threads_are_refused(void **state)
{
	(void)state;
	errno = 0;
	assert_null(pool_new(loop, 65));
	assert_int_equal(errno, EINVAL);
	pool_free(NULL);
}

static void test_what_needs_no_waiting_is_done_at_once_and_told_by_the_mailbox(void **state)
{
	struct pool *pool = pool_new(loop, 1);
	struct ns_req reqs[2] = { 0 };

	(void)state;
	submit(pool, &reqs[0], NS_READ, 0, 8);
	submit(pool, &reqs[1], NS_WRITE, 0, NR_BLOCKS);
	assert_int_equal(nr_now, 2);
	assert_true(pthread_equal(now_thread, pthread_self()));
	assert_int_equal(nr_done, 0);
	run_loop_until(2);
	assert_ptr_equal(done[0], &reqs[0]);
	pool_free(pool);
}

static void test_what_would_wait_or_is_long_goes_to_a_thread(void **state)
{
	struct pool *pool = pool_new(loop, 1);
	struct ns_req cold = { 0 }, lengthy = { 0 }, zeroes = { 0 }, durable = { .fua = true };

	(void)state;
	submit(pool, &cold, NS_READ, NR_BLOCKS - 1, 2);
	run_loop_until(1);
	now_blocks = 1000;
	submit(pool, &lengthy, NS_READ, 0, 33);	/* 16.5 KiB */
	run_loop_until(2);
	submit(pool, &zeroes, NS_WRITE_ZEROES, 0, 1);
	run_loop_until(3);
	durable.buf = &durable;
	submit(pool, &durable, NS_WRITE, 0, 1);
	run_loop_until(4);
	assert_int_equal(durable.result, -ENOSPC);
	assert_int_equal(nr_now, 0);
	pool_free(pool);
}

static void test_a_read_only_namespace_is_not_written_at_once_either(void **state)
{
	struct pool *pool = pool_new(loop, 1);
	struct ns_req req = { 0 };

	(void)state;
	ns.read_only = true;
	submit(pool, &req, NS_WRITE, 0, 1);
	run_loop_until(1);
	assert_int_equal(req.result, -EROFS);
	assert_int_equal(nr_now, 0);
	pool_free(pool);
}

static void test_nothing_overtakes_what_a_thread_is_at(void **state)
{
	struct pool *pool = pool_new(loop, 2);
	struct ns_req first = { 0 }, second = { 0 }, third = { 0 };
	uint8_t byte = 1;

	(void)state;
	fake.gated = true;
	now_blocks = 0;
	first.buf = &byte;
	submit(pool, &first, NS_WRITE, 0, 1);
	sem_wait(&fake.arrived);
	now_blocks = NR_BLOCKS;
	submit(pool, &second, NS_READ, 0, 1);
	assert_int_equal(nr_now, 0);
	fake.gated = false;
	sem_post(&fake.go);
	run_loop_until(2);
	submit(pool, &third, NS_READ, 0, 1);
	assert_int_equal(nr_now, 1);
	run_loop_until(3);
	pool_free(pool);
}

#define CACHED(name) cmocka_unit_test_setup_teardown(name, cached_setup, teardown)
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_requests_run_at_the_same_time),
		TEST(test_requests_for_the_same_blocks_run_in_their_order),
		TEST(test_a_huge_deallocate_lets_others_through),
		TEST(test_a_request_can_be_submitted_again),
		TEST(test_result_is_the_back_end_s_errno),
		TEST(test_free_finishes_what_was_submitted),
		CACHED(test_what_needs_no_waiting_is_done_at_once_and_told_by_the_mailbox),
		CACHED(test_what_would_wait_or_is_long_goes_to_a_thread),
		CACHED(test_a_read_only_namespace_is_not_written_at_once_either),
		CACHED(test_nothing_overtakes_what_a_thread_is_at),
		TEST(test_too_many_threads_are_refused),
	};

	alarm(PATIENCE_S);	/* Who waits for ever fails. */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
