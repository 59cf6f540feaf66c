/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions: what the header of a record alone answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/expression.h"

static bool excludes(const char *text, const struct record *rec)
{
	struct expr_error err;
	struct expr *expr = expr_compile_frame(text, strlen(text), &err);
	uint8_t header[record_SIZE];
	bool excluded;

	assert_non_null(expr);
	record_encode(header, rec);
	excluded = expr_excludes_packet(expr, header, sizeof(header));
	expr_free(expr);
	return excluded;
}

static void test_what_the_header_shows_to_be_false_is_excluded(void **state)
{
	static const char *const excluded[] = {
		"nvmetap.opc == \"Read\"", "nvmetap.seq < 600", "nvmetap.sqid == 0x300",
		"nvmetap.nsid == 1 && nvmetap.opc == \"Read\" && nvme.cmd.slba == 0x1000",
		"nvmetap.status == 0", "nvme.cqe.sqhd == 0", "nvmetap.opc == 1 && nvme.cqe.sqhd",
		"nvmetap.opc == 1 && nvmetap.nsid == 2 && nvmetap.cid == 0x203",
		"nvmetap.opc == 1 && nvmetap.nsid == 1 && nvmetap.sqid == 4 && nvmetap.cid == 515",
	};
	static const char *const not_excluded[] = {
		"nvmetap.opc == \"Write\"", "nvmetap.sqid == 3 && nvmetap.seq == 600",
		"nvmetap.opc == \"Read\" || nvme.cmd.slba == 0x1000", "frame.number == 7",
		"(nvmetap.opc == \"Read\" && nvmetap.seq == 1) || nvmetap.opc == \"Write\"",
		"!(nvmetap.opc == \"Read\")", "nvmetap.opc == 2 xor nvmetap.opc == 1",
		"!nvme.cqe.sqhd", "nvmetap",
		"nvmetap.nsid == 1 && nvmetap.opc == 1 && nvmetap.cid == 515 && nvme.cmd.nlb == 0",
	};
	struct record rec = write_record();

	(void)state;
	for (size_t i = 0; i < sizeof(excluded) / sizeof(excluded[0]); i++)
		if (!excludes(excluded[i], &rec))
			fail_msg("not excluded: %s", excluded[i]);
	for (size_t i = 0; i < sizeof(not_excluded) / sizeof(not_excluded[0]); i++)
		if (excludes(not_excluded[i], &rec))
			fail_msg("excluded: %s", not_excluded[i]);
}

/* What is asked of the header alone has one answer, from the record and from its bytes. */
static void assert_header_says(const struct record *rec, const char *text, bool expected)
{
	if (matches_as(rec, text) != expected)
		fail_msg("%s: %s", expected ? "no match" : "a match", text);
	if (excludes(text, rec) == expected)
		fail_msg("%s: %s", expected ? "excluded" : "not excluded", text);
}

static void test_fields_of_the_header_are_seen_in_all_their_bits(void **state)
{
	static const char *const yes[] = {
		"nvmetap.event == 12", "nvmetap.stage == 0x84", "nvmetap.flags == 0xfa",
		"nvmetap.flags.altered == 0", "nvmetap.flags.snapshot == 1",
		"nvmetap.flags.truncated == 0", "nvmetap.flags.command == 1",
		"nvmetap.seq == 0x8000000000000601", "nvmetap.cause == 0xfedcba9876543210",
		"nvmetap.bdf == 0x80010030", "nvmetap.nsid == 0xfffffffe",
		"nvmetap.cdw10 == 0x80000203", "nvmetap.sqid == 0x8102", "nvmetap.cqid == 0x8304",
		"nvmetap.cid == 0xc506", "nvmetap.opc == 0x82", "nvmetap.csi == 0x83",
		"nvmetap.status == 0xc281", "nvmetap.queues == 0x7e", "nvmetap.qkind == 0x7e",
		"nvmetap.queues.cq_only == 0", "nvmetap.len == 0x80000708",
	};
	struct record rec = {
		.event = 12, .stage = 0x84, .flags = 0xfa, .seq = 0x8000000000000601,
		.cause = 0xfedcba9876543210, .bdf = 0x80010030, .nsid = 0xfffffffe,
		.cdw10 = 0x80000203, .sqid = 0x8102, .cqid = 0x8304, .cid = 0xc506, .opc = 0x82,
		.csi = 0x83, .status = 0xc281, .qkind = 0x7e, .len = 0x80000708,
		.count = 0x8000090a,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_header_says(&rec, yes[i], true);
	assert_header_says(&rec, "nvmetap.count", false);
	rec.event = 9;
	assert_header_says(&rec, "nvmetap.count == 0x8000090a", true);
	rec.event = 0x89;
	assert_header_says(&rec, "nvmetap.event == 0x89", true);
	assert_header_says(&rec, "nvmetap.count", false);
	rec.flags = 0xf5;
	assert_header_says(&rec, "nvmetap.flags.altered == 1", true);
	assert_header_says(&rec, "nvmetap.flags.truncated == 1", true);
	assert_header_says(&rec, "nvmetap.flags.snapshot", true);
	assert_header_says(&rec, "nvmetap.flags.snapshot == 1", false);
}

/* nvmetap-linktype(7): of commands, of queues, of completions and of interrupts. */
static void test_a_number_of_the_header_that_means_nothing_is_absent(void **state)
{
	static const char *const of_commands[] = {
		"nvmetap.nsid", "nvmetap.cdw10", "nvmetap.cid", "nvmetap.opc", "nvmetap.csi",
	};
	struct record rec = {
		.event = 11, .nsid = 1, .cdw10 = 1, .sqid = 1, .cqid = 1, .cid = 1, .opc = 1,
		.csi = 1, .status = 1, .count = 1,
	};

	(void)state;
	for (int flags = 0; flags < 256; flags += 255 - 8) {
		rec.flags = (uint8_t)flags;
		for (size_t i = 0; i < sizeof(of_commands) / sizeof(of_commands[0]); i++)
			assert_header_says(&rec, of_commands[i], false);
	}
	rec.flags = 8;
	for (size_t i = 0; i < sizeof(of_commands) / sizeof(of_commands[0]); i++)
		assert_header_says(&rec, of_commands[i], true);
	for (int kind = 0; kind < 256; kind++) {
		rec.qkind = (uint8_t)kind;
		assert_header_says(&rec, "nvmetap.sqid", kind >= 1 && kind <= 127);
		assert_header_says(&rec, "nvmetap.cqid", (kind & 127) != 0);
	}
	for (int event = 8; event <= 13; event++) {
		rec.event = (uint8_t)event;
		assert_header_says(&rec, "nvmetap.status == 1", event == 12);
		assert_header_says(&rec, "nvmetap.count == 1", event == 9);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_the_header_shows_to_be_false_is_excluded),
		cmocka_unit_test(test_fields_of_the_header_are_seen_in_all_their_bits),
		cmocka_unit_test(test_a_number_of_the_header_that_means_nothing_is_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
