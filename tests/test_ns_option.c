/* SPDX-License-Identifier: BSD-2-Clause */
/* What --ns may say of a namespace, what is refused and how, and what comes of it. */
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
#include "tests/ns_image.h"


/* The message that an option is refused with; image stands for %s. */
static const char *refusal(const char *format)
{
	static char err[256];
	char option[128];
	struct ns *ns;

	snprintf(option, sizeof(option), format, ns_image);
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
	assert_int_equal(truncate(ns_image, 0), 0);
	assert_non_null(strstr(refusal("path=%s"), ": the file is empty"));
	assert_int_equal(truncate(ns_image, 4095), 0);
	assert_non_null(strstr(refusal("path=%s,lbads=12"), ": smaller than one block"));
}

static void test_a_fifo_is_refused_without_waiting_for_its_writer(void **state)
{
	(void)state;
	assert_int_equal(unlink(ns_image), 0);
	assert_int_equal(mkfifo(ns_image, 0600), 0);
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
#ifndef __SANITIZE_THREAD__	/* which leaves a program about 1.5 TiB of addresses, in pieces */
		{ "lbads=16,mem=1T", 16777216 },
#endif
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct ns *ns = ns_image_open(sizes[i].option);

		assert_true(ns->nr_blocks == sizes[i].nr_blocks);
		ns_free(ns);
	}
}

static void test_the_rest_of_a_file_that_is_no_whole_block_is_not_used(void **state)
{
	struct ns *ns;

	(void)state;
	assert_int_equal(truncate(ns_image, 10000), 0);
	ns = ns_image_open("path=%s");
	assert_true(ns->nr_blocks == 19);
	ns_free(ns);
}

static void test_namespace_says_what_it_is(void **state)
{
	struct ns *ns = ns_image_open("ro,path=%s,lbads=12");
	char what[80];

	(void)state;
	snprintf(what, sizeof(what), "path=%s", ns_image);
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
	assert_int_equal(unlink(ns_image), 0);
	strcpy(ns_image, "test_ns_option,comma");
	close(open(ns_image, O_RDWR | O_CREAT, 0600));
	assert_int_equal(truncate(ns_image, 512), 0);
	ns = ns_image_open("path=test_ns_option,,comma,ro");
	assert_string_equal(ns->what, "path=test_ns_option,comma");
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

static void test_a_file_belongs_to_one_drive_unless_both_only_read(void **state)
{
	struct ns *ns = ns_image_open("path=%s"), *second;

	(void)state;
	assert_non_null(strstr(refusal("path=%s"), ": in use by another drive"));
	assert_non_null(strstr(refusal("path=%s,ro"), ": in use by another drive"));
	ns_free(ns);
	ns = ns_image_open("path=%s,ro");
	second = ns_image_open("path=%s,ro");
	assert_non_null(strstr(refusal("path=%s"), ": in use by another drive"));
	ns_free(ns);
	ns_free(second);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ns_image_setup, ns_image_teardown)

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
		TEST(test_a_file_belongs_to_one_drive_unless_both_only_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
