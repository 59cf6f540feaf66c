/* SPDX-License-Identifier: BSD-2-Clause */
/* Namespaces: bytes come back from every back end, and are durable when they must be. */
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/ns_image.h"

int __wrap_fdatasync(int fd);
int __real_fdatasync(int fd);
int __wrap_fallocate(int fd, int mode, off_t off, off_t len);
int __real_fallocate(int fd, int mode, off_t off, off_t len);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t off);
ssize_t __real_pread(int fd, void *buf, size_t len, off_t off);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t off);
ssize_t __real_pwrite(int fd, const void *buf, size_t len, off_t off);

/* What the system does, and what it was asked. */
static struct {
	int nr_fdatasync, fdatasync_errno;
	int nr_fallocate, fallocate_errno, fallocate_mode;
	unsigned int nr_calls;
	bool short_and_interrupted;
} sys;

int __wrap_fdatasync(int fd)
{
	sys.nr_fdatasync++;
	if (sys.fdatasync_errno != 0) {
		errno = sys.fdatasync_errno;
		return -1;
	}
	return __real_fdatasync(fd);
}

int __wrap_fallocate(int fd, int mode, off_t off, off_t len)
{
	sys.nr_fallocate++;
	sys.fallocate_mode = mode;
	if (sys.fallocate_errno != 0) {
		errno = sys.fallocate_errno;
		return -1;
	}
	return __real_fallocate(fd, mode, off, len);
}

static bool interrupted(size_t *len)
{
	if (!sys.short_and_interrupted)
		return false;
	if (*len > 1000)
		*len = 1000;
	errno = EINTR;
	return sys.nr_calls++ % 2 == 0;
}

ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t off)
{
	return interrupted(&len) ? -1 : __real_pread(fd, buf, len, off);
}

ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t off)
{
	return interrupted(&len) ? -1 : __real_pwrite(fd, buf, len, off);
}

static int setup(void **state)
{
	memset(&sys, 0, sizeof(sys));
	return ns_image_setup(state);
}


static int run(struct ns *ns, enum ns_op op, uint64_t slba, uint32_t nlb, void *buf)
{
	struct ns_req req = { .ns = ns, .op = op, .slba = slba, .nlb = nlb, .buf = buf };

	while (!ns_req_step(&req))
		;
	return req.result;
}

/* Not every file system can tell what is in its cache. */
static bool read_now(struct ns *ns, uint64_t slba, uint32_t nlb, void *buf)
{
	struct ns_req req = { .ns = ns, .op = NS_READ, .slba = slba, .nlb = nlb, .buf = buf };
	bool done = ns_req_now(&req);

	assert_int_equal(req.result, 0);
	return done;
}

static int run_fua(struct ns *ns, enum ns_op op, uint64_t slba, uint32_t nlb, void *buf)
{
	struct ns_req req = { .ns = ns, .op = op, .slba = slba, .nlb = nlb, .buf = buf };

	req.fua = true;
	while (!ns_req_step(&req))
		;
	return req.result;
}

static void fill(uint8_t *buf, size_t len, unsigned int seed)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = (uint8_t)(i * 7 + i / 512 + seed);
}

static void round_trip(struct ns *ns)
{
	static uint8_t out[32 * 512], in[32 * 512];

	fill(out, sizeof(out), 1);
	assert_int_equal(run(ns, NS_WRITE, 3, 32, out), 0);
	assert_int_equal(run(ns, NS_READ, 3, 32, in), 0);
	assert_memory_equal(in, out, sizeof(in));
	memset(in, 0, sizeof(in));
	if (read_now(ns, 3, 32, in))
		assert_memory_equal(in, out, sizeof(in));
	fill(out, 512, 77);
	assert_int_equal(run(ns, NS_WRITE, ns->nr_blocks - 1, 1, out), 0);
	assert_int_equal(run(ns, NS_READ, ns->nr_blocks - 2, 2, in), 0);
	assert_memory_equal(in + 512, out, 512);
	for (size_t i = 0; i < 512; i++)
		assert_int_equal(in[i], 0);
	assert_int_equal(run(ns, NS_FLUSH, 0, 0, NULL), 0);
	ns_free(ns);
}

static void test_memory_gives_back_what_was_written(void **state)
{
	(void)state;
	round_trip(ns_image_open("mem=1M"));
}

static void test_file_gives_back_what_was_written(void **state)
{
	static uint8_t bytes[512], expect[512];
	int fd;

	(void)state;
	round_trip(ns_image_open("path=%s"));
	fill(expect, sizeof(expect), 1);
	fd = open(ns_image, O_RDONLY);
	assert_int_equal(__real_pread(fd, bytes, sizeof(bytes), 3 * 512), sizeof(bytes));
	close(fd);
	assert_memory_equal(bytes, expect, sizeof(bytes));
}

static void test_short_and_interrupted_transfers_are_carried_on(void **state)
{
	(void)state;
	sys.short_and_interrupted = true;
	round_trip(ns_image_open("path=%s"));
	assert_true(sys.nr_calls > 60);
}

static void test_memory_is_read_and_written_at_once(void **state)
{
	struct ns *ns = ns_image_open("mem=1M");
	uint8_t out[512], in[512];
	struct ns_req req = { .ns = ns, .op = NS_WRITE, .slba = 9, .nlb = 1, .buf = out };

	(void)state;
	fill(out, sizeof(out), 5);
	assert_true(ns_req_now(&req));
	assert_true(read_now(ns, 9, 1, in));
	assert_memory_equal(in, out, sizeof(in));
	ns_free(ns);
}

static void zeroes(struct ns *ns, enum ns_op op)
{
	static uint8_t out[64 * 512], in[64 * 512];

	fill(out, sizeof(out), 1);
	assert_int_equal(run(ns, NS_WRITE, 0, 64, out), 0);
	assert_int_equal(run(ns, op, 3, 58, NULL), 0);
	assert_int_equal(run(ns, op, 1, 1, NULL), 0);
	assert_int_equal(run(ns, NS_READ, 0, 64, in), 0);
	memset(out + 3 * 512, 0, 58 * 512);
	memset(out + 512, 0, 512);
	assert_memory_equal(in, out, sizeof(in));
	ns_free(ns);
}

static void test_zeroed_and_deallocated_blocks_read_zero_and_others_stay(void **state)
{
	(void)state;
	zeroes(ns_image_open("mem=1M"), NS_WRITE_ZEROES);
	zeroes(ns_image_open("mem=1M"), NS_DEALLOCATE);
	assert_int_equal(sys.nr_fallocate, 0);
	zeroes(ns_image_open("path=%s"), NS_WRITE_ZEROES);
	assert_int_not_equal(sys.nr_fallocate, 0);
	zeroes(ns_image_open("path=%s"), NS_DEALLOCATE);
	assert_int_equal(sys.fallocate_mode, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE);
}

static void test_where_no_hole_can_be_punched_zeroes_are_written(void **state)
{
	(void)state;
	sys.fallocate_errno = EOPNOTSUPP;
	zeroes(ns_image_open("path=%s"), NS_WRITE_ZEROES);
	assert_int_equal(sys.nr_fallocate, 4);
	zeroes(ns_image_open("path=%s"), NS_DEALLOCATE);
	assert_int_equal(sys.nr_fallocate, 6);
}

static void test_huge_ranges_are_done_in_parts(void **state)
{
	struct ns *ns = ns_image_open("mem=1G");
	struct ns_req req = { .ns = ns, .op = NS_DEALLOCATE, .slba = 1 };
	unsigned int nr_steps = 1;
	uint64_t slba;
	uint32_t nlb;

	(void)state;
	req.nlb = (uint32_t)ns->nr_blocks - 1;
	assert_true(ns_req_part(&req, &slba, &nlb));
	assert_true(slba == 1 && nlb < req.nlb);
	while (!ns_req_step(&req))
		nr_steps++;
	assert_int_equal(req.result, 0);
	assert_int_equal(nr_steps, 64);
	ns_free(ns);
}

static void test_flush_calls_fdatasync(void **state)
{
	struct ns *ns = ns_image_open("path=%s");
	uint8_t block[512] = { 0 };

	(void)state;
	assert_int_equal(run(ns, NS_WRITE, 0, 1, block), 0);
	assert_int_equal(run(ns, NS_READ, 0, 1, block), 0);
	assert_int_equal(sys.nr_fdatasync, 0);
	assert_int_equal(run(ns, NS_FLUSH, 0, 0, NULL), 0);
	assert_int_equal(sys.nr_fdatasync, 1);
	ns_free(ns);
}

static void test_forced_unit_access_calls_fdatasync_once(void **state)
{
	struct ns *ns = ns_image_open("path=%s");
	uint8_t block[512] = { 0 };

	(void)state;
	assert_int_equal(run_fua(ns, NS_WRITE, 0, 1, block), 0);
	assert_int_equal(sys.nr_fdatasync, 1);
	assert_int_equal(run_fua(ns, NS_WRITE_ZEROES, 0, 1, NULL), 0);
	assert_int_equal(sys.nr_fdatasync, 2);
	assert_int_equal(run_fua(ns, NS_READ, 0, 1, block), 0);
	assert_int_equal(sys.nr_fdatasync, 2);
	ns_free(ns);
}

static void test_a_failed_fdatasync_fails_the_request(void **state)
{
	struct ns *ns = ns_image_open("path=%s");
	uint8_t block[512] = { 0 };

	(void)state;
	sys.fdatasync_errno = ENOSPC;
	assert_int_equal(run(ns, NS_FLUSH, 0, 0, NULL), -ENOSPC);
	assert_int_equal(run_fua(ns, NS_WRITE, 0, 1, block), -ENOSPC);
	ns_free(ns);
}

static void test_read_only_refuses_what_changes_bytes(void **state)
{
	uint8_t block[512] = { 1 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct ns *ns = ns_image_open(i == 0 ? "path=%s,ro" : "mem=1M,ro");

		assert_int_equal(run(ns, NS_WRITE, 0, 1, block), -EROFS);
		assert_int_equal(run(ns, NS_WRITE_ZEROES, 0, 1, NULL), -EROFS);
		assert_int_equal(run(ns, NS_DEALLOCATE, 0, 1, NULL), -EROFS);
		assert_int_equal(run(ns, NS_FLUSH, 0, 0, NULL), 0);
		assert_int_equal(run(ns, NS_READ, 0, 1, block), 0);
		assert_int_equal(block[0], 0);
		ns_free(ns);
		block[0] = 1;
	}
}

static void test_reading_from_a_file_that_became_shorter_is_an_io_error(void **state)
{
	struct ns *ns = ns_image_open("path=%s");
	uint8_t blocks[1024];

	(void)state;
	assert_int_equal(truncate(ns_image, 512), 0);
	assert_int_equal(run(ns, NS_READ, 0, 2, blocks), -EIO);
	assert_false(read_now(ns, 0, 2, blocks));
	ns_free(ns);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, ns_image_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_memory_gives_back_what_was_written),
		TEST(test_file_gives_back_what_was_written),
		TEST(test_short_and_interrupted_transfers_are_carried_on),
		TEST(test_memory_is_read_and_written_at_once),
		TEST(test_zeroed_and_deallocated_blocks_read_zero_and_others_stay),
		TEST(test_where_no_hole_can_be_punched_zeroes_are_written),
		TEST(test_huge_ranges_are_done_in_parts),
		TEST(test_flush_calls_fdatasync),
		TEST(test_forced_unit_access_calls_fdatasync_once),
		TEST(test_a_failed_fdatasync_fails_the_request),
		TEST(test_read_only_refuses_what_changes_bytes),
		TEST(test_reading_from_a_file_that_became_shorter_is_an_io_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
