/* SPDX-License-Identifier: BSD-2-Clause */
/* Namespaces: what --ns may say, and that bytes come back from every back end. */
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
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "emu/ns.h"

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

static char image[64];

static int setup(void **state)
{
	int fd;

	(void)state;
	memset(&sys, 0, sizeof(sys));
	strcpy(image, "test_ns.XXXXXX");
	fd = mkstemp(image);
	return fd < 0 || ftruncate(fd, 1 << 20) != 0 || close(fd) != 0;
}

static int teardown(void **state)
{
	(void)state;
	return unlink(image);
}

static struct ns *ns_of(const char *format)
{
	char option[128], err[256] = "";
	struct ns *ns;

	snprintf(option, sizeof(option), format, image);
	ns = ns_new(option, 1, "S1", err, sizeof(err));
	if (ns == NULL)
		fail_msg("%s", err);
	return ns;
}

static int run(struct ns *ns, enum ns_op op, uint64_t slba, uint32_t nlb, void *buf)
{
	struct ns_req req = { .ns = ns, .op = op, .slba = slba, .nlb = nlb, .buf = buf };

	while (!ns_req_step(&req))
		;
	return req.result;
}

static int run_fua(struct ns *ns, enum ns_op op, uint64_t slba, uint32_t nlb, void *buf)
{
	struct ns_req req = { .ns = ns, .op = op, .slba = slba, .nlb = nlb, .buf = buf };

	req.fua = true;
	while (!ns_req_step(&req))
		;
	return req.result;
}

/* The message that an option is refused with; image stands for %s. */
static const char *refusal(const char *format)
{
	static char err[256];
	char option[128];
	struct ns *ns;

	snprintf(option, sizeof(option), format, image);
	err[0] = '\0';
	ns = ns_new(option, 1, "S1", err, sizeof(err));
	ns_free(ns);
	return ns == NULL ? err : "accepted";
}

static void test_what_is_wrong_with_an_option_is_said_in_one_line(void **state)
{
#define KNOWN ": unknown; known are path, mem, lbads, ro"
	static const struct {
		const char *option, *err;
	} wrong[] = {
		{ "", "--ns \"\"" KNOWN },
		{ "disk.img", "--ns disk.img" KNOWN },
		{ "mem=1M,", "--ns \"\"" KNOWN },
		{ "mem=1M,lba=9", "--ns lba=9" KNOWN },
		{ "lbads=9", "--ns lbads=9: needs path=FILE or mem=SIZE" },
		{ "lbads=99,mem=1M", "--ns lbads=99: must be 9 to 16" },
		{ "mem=1M,lbads=8", "--ns lbads=8: must be 9 to 16" },
		{ "mem=1M,lbads=12k", "--ns lbads=12k: must be 9 to 16" },
		{ "mem=1M,lbads=", "--ns lbads=: must be 9 to 16" },
		{ "mem=1M,lbads", "--ns lbads: needs a value" },
		{ "path,ro", "--ns path: needs a value" },
		{ "path=,ro", "--ns path=: needs a file's name" },
		{ "mem=1M,ro=1", "--ns ro=1: takes no value" },
		{ "mem=1M,ro,ro", "--ns ro: given twice" },
		{ "mem=1M,lbads=9,lbads=9", "--ns lbads=9: given twice" },
		{ "mem=1M,mem=2M", "--ns mem=2M: given twice" },
		{ "mem=1M,path=x", "--ns path=x: path and mem exclude each other" },
		{ "mem=-1", "--ns mem=-1: must be a size in bytes, or with K, M, G or T" },
		{ "mem=1MB", "--ns mem=1MB: must be a size in bytes, or with K, M, G or T" },
		{ "mem=M", "--ns mem=M: must be a size in bytes, or with K, M, G or T" },
		{ "mem=18446744073709551616",
		  "--ns mem=18446744073709551616: must be a size in bytes, or with K, M, G or T" },
		{ "mem=16777216T",
		  "--ns mem=16777216T: must be a size in bytes, or with K, M, G or T" },
		{ "mem=511", "--ns mem=511: smaller than one block" },
		{ "mem=4095,lbads=12", "--ns mem=4095: smaller than one block" },
		{ "path=none.img", "--ns path=none.img: No such file or directory" },
		{ "path=.", "--ns path=.: Is a directory" },
		{ "path=.,ro", "--ns path=.: neither a file nor a block device" },
		{ "path=/dev/null", "--ns path=/dev/null: neither a file nor a block device" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_string_equal(refusal(wrong[i].option), wrong[i].err);
}

static void test_empty_and_too_short_files_are_refused(void **state)
{
	(void)state;
	assert_int_equal(truncate(image, 0), 0);
	assert_non_null(strstr(refusal("path=%s"), ": the file is empty"));
	assert_int_equal(truncate(image, 4095), 0);
	assert_non_null(strstr(refusal("path=%s,lbads=12"), ": smaller than one block"));
}

static void test_a_fifo_is_refused_without_waiting_for_its_writer(void **state)
{
	(void)state;
	assert_int_equal(unlink(image), 0);
	assert_int_equal(mkfifo(image, 0600), 0);
	assert_non_null(strstr(refusal("path=%s,ro"), "neither a file nor a block device"));
}

static void test_sizes_have_suffixes(void **state)
{
	static const struct {
		const char *option;
		uint64_t nr_blocks;
	} sizes[] = {
		{ "mem=512", 1 },
		{ "mem=1535", 2 },
		{ "mem=3K", 6 },
		{ "mem=2m", 4096 },
		{ "mem=1G,lbads=12", 262144 },
		{ "lbads=16,mem=1T", 16777216 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct ns *ns = ns_of(sizes[i].option);

		assert_true(ns->nr_blocks == sizes[i].nr_blocks);
		ns_free(ns);
	}
}

static void test_the_rest_of_a_file_that_is_no_whole_block_is_not_used(void **state)
{
	struct ns *ns;

	(void)state;
	assert_int_equal(truncate(image, 10000), 0);
	ns = ns_of("path=%s");
	assert_true(ns->nr_blocks == 19);
	ns_free(ns);
}

static void test_namespace_says_what_it_is(void **state)
{
	struct ns *ns = ns_of("ro,path=%s,lbads=12");
	char what[80];

	(void)state;
	snprintf(what, sizeof(what), "path=%s", image);
	assert_string_equal(ns->what, what);
	assert_int_equal(ns->nsid, 1);
	assert_int_equal(ns->lba_shift, 12);
	assert_true(ns->nr_blocks == 256);
	assert_true(ns->read_only);
	ns_free(ns);
}

static void test_two_commas_stand_for_one_in_a_path(void **state)
{
	struct ns *ns;

	(void)state;
	assert_int_equal(unlink(image), 0);
	strcpy(image, "test_ns,comma");
	close(open(image, O_RDWR | O_CREAT, 0600));
	assert_int_equal(truncate(image, 512), 0);
	ns = ns_of("path=test_ns,,comma,ro");
	assert_string_equal(ns->what, "path=test_ns,comma");
	assert_true(ns->read_only);
	ns_free(ns);
}

static void test_identifiers_depend_on_serial_nsid_and_path_only(void **state)
{
	struct ns *a = ns_new("mem=1M", 1, "S1", (char[64]){ "" }, 64);
	struct ns *same = ns_new("mem=1M,lbads=12", 1, "S1", (char[64]){ "" }, 64);
	struct ns *others[] = {
		ns_new("mem=1M", 1, "S2", (char[64]){ "" }, 64),
		ns_new("mem=1M", 2, "S1", (char[64]){ "" }, 64),
		ns_new("mem=2M", 1, "S1", (char[64]){ "" }, 64),
	};

	(void)state;
	assert_memory_equal(a->nguid, same->nguid, 16);
	assert_memory_equal(a->eui64, same->eui64, 8);
	assert_memory_equal(a->uuid, same->uuid, 16);
	assert_int_equal(a->eui64[0] & 3, 2);
	assert_int_equal(a->nguid[8] & 3, 2);
	assert_int_equal(a->uuid[6] >> 4, 8);
	assert_int_equal(a->uuid[8] >> 6, 2);
	for (size_t i = 0; i < 3; i++) {
		assert_memory_not_equal(a->nguid, others[i]->nguid, 16);
		assert_memory_not_equal(a->eui64, others[i]->eui64, 8);
		assert_memory_not_equal(a->uuid, others[i]->uuid, 16);
		ns_free(others[i]);
	}
	ns_free(a);
	ns_free(same);
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
	round_trip(ns_of("mem=1M"));
}

static void test_file_gives_back_what_was_written(void **state)
{
	static uint8_t bytes[512], expect[512];
	int fd;

	(void)state;
	round_trip(ns_of("path=%s"));
	fill(expect, sizeof(expect), 1);
	fd = open(image, O_RDONLY);
	assert_int_equal(__real_pread(fd, bytes, sizeof(bytes), 3 * 512), sizeof(bytes));
	close(fd);
	assert_memory_equal(bytes, expect, sizeof(bytes));
}

static void test_short_and_interrupted_transfers_are_carried_on(void **state)
{
	(void)state;
	sys.short_and_interrupted = true;
	round_trip(ns_of("path=%s"));
	assert_true(sys.nr_calls > 60);
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
	zeroes(ns_of("mem=1M"), NS_WRITE_ZEROES);
	zeroes(ns_of("mem=1M"), NS_DEALLOCATE);
	assert_int_equal(sys.nr_fallocate, 0);
	zeroes(ns_of("path=%s"), NS_WRITE_ZEROES);
	assert_int_not_equal(sys.nr_fallocate, 0);
	zeroes(ns_of("path=%s"), NS_DEALLOCATE);
	assert_int_equal(sys.fallocate_mode, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE);
}

static void test_where_no_hole_can_be_punched_zeroes_are_written(void **state)
{
	(void)state;
	sys.fallocate_errno = EOPNOTSUPP;
	zeroes(ns_of("path=%s"), NS_WRITE_ZEROES);
	assert_int_equal(sys.nr_fallocate, 4);
	zeroes(ns_of("path=%s"), NS_DEALLOCATE);
	assert_int_equal(sys.nr_fallocate, 6);
}

static void test_huge_ranges_are_done_in_parts(void **state)
{
	struct ns *ns = ns_of("mem=1G");
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
	struct ns *ns = ns_of("path=%s");
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
	struct ns *ns = ns_of("path=%s");
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
	struct ns *ns = ns_of("path=%s");
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
		struct ns *ns = ns_of(i == 0 ? "path=%s,ro" : "mem=1M,ro");

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

static void test_a_file_belongs_to_one_drive_unless_both_only_read(void **state)
{
	struct ns *ns = ns_of("path=%s"), *second;

	(void)state;
	assert_non_null(strstr(refusal("path=%s"), ": in use by another drive"));
	assert_non_null(strstr(refusal("path=%s,ro"), ": in use by another drive"));
	ns_free(ns);
	ns = ns_of("path=%s,ro");
	second = ns_of("path=%s,ro");
	assert_non_null(strstr(refusal("path=%s"), ": in use by another drive"));
	ns_free(ns);
	ns_free(second);
}

static void test_reading_from_a_file_that_became_shorter_is_an_io_error(void **state)
{
	struct ns *ns = ns_of("path=%s");
	uint8_t blocks[1024];

	(void)state;
	assert_int_equal(truncate(image, 512), 0);
	assert_int_equal(run(ns, NS_READ, 0, 2, blocks), -EIO);
	ns_free(ns);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_wrong_with_an_option_is_said_in_one_line),
		TEST(test_empty_and_too_short_files_are_refused),
		TEST(test_a_fifo_is_refused_without_waiting_for_its_writer),
		TEST(test_sizes_have_suffixes),
		TEST(test_the_rest_of_a_file_that_is_no_whole_block_is_not_used),
		TEST(test_namespace_says_what_it_is),
		TEST(test_two_commas_stand_for_one_in_a_path),
		TEST(test_identifiers_depend_on_serial_nsid_and_path_only),
		TEST(test_memory_gives_back_what_was_written),
		TEST(test_file_gives_back_what_was_written),
		TEST(test_short_and_interrupted_transfers_are_carried_on),
		TEST(test_zeroed_and_deallocated_blocks_read_zero_and_others_stay),
		TEST(test_where_no_hole_can_be_punched_zeroes_are_written),
		TEST(test_huge_ranges_are_done_in_parts),
		TEST(test_flush_calls_fdatasync),
		TEST(test_forced_unit_access_calls_fdatasync_once),
		TEST(test_a_failed_fdatasync_fails_the_request),
		TEST(test_read_only_refuses_what_changes_bytes),
		TEST(test_a_file_belongs_to_one_drive_unless_both_only_read),
		TEST(test_reading_from_a_file_that_became_shorter_is_an_io_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
