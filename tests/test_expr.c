/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions: what they mean, on commands whose bytes stand here. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/expression.h"

static void test_a_number_is_compared_in_all_its_forms(void **state)
{
	static const char *const yes[] = {
		"nvme.cmd.slba == 0x1000", "nvme.cmd.slba == 4096", "nvme.cmd.slba == 010000",
		"nvme.cmd.slba == 0b1000000000000", "nvme.cmd.slba eq 0X1000",
		"4096 == nvme.cmd.slba",
		"nvme.cmd.slba > 0xfff", "nvme.cmd.slba gt 4095", "nvme.cmd.slba >= 4096",
		"nvme.cmd.slba ge 4096", "nvme.cmd.slba < 4097", "nvme.cmd.slba lt 4097",
		"nvme.cmd.slba <= 4096", "nvme.cmd.slba le 4096", "nvme.cmd.slba != 4095",
		"nvme.cmd.slba ne 4095", "nvme.cmd.nlb == 7", "0xfff < nvme.cmd.slba",
		"0xfff < nvme.cmd.slba <= 0x1000", "nvmetap.sqid == 3", "nvmetap.seq==600",
		"nvmetap.seq === 600", "nvmetap.seq !== 601", "nvme.cmd.opc == '\\x01'",
		"nvmetap.sqid < nvmetap.seq", "any nvmetap.seq == 600", "all nvmetap.seq == 600",
	};
	static const char *const no[] = {
		"nvme.cmd.slba == 4095", "nvme.cmd.slba != 4096", "nvme.cmd.slba < 4096",
		"nvme.cmd.slba > 4096", "nvme.cmd.slba <= 4095", "nvme.cmd.slba >= 4097",
		"4096 < nvme.cmd.slba", "0x1000 < nvme.cmd.slba <= 0x2000", "nvmetap.seq !== 600",
		"nvmetap.seq === 601", "nvmetap.seq <= nvmetap.sqid",
	};
	struct record rec = write_record();

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_match(&rec, yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_no_match(&rec, no[i]);
}

static void test_an_absent_field_makes_each_comparison_false(void **state)
{
	struct record rec = write_record();

	(void)state;
	assert_no_match(&rec, "nvme.cqe.cid");
	assert_no_match(&rec, "nvme.cqe.cid == 0");
	assert_no_match(&rec, "nvme.cqe.cid != 0");
	assert_no_match(&rec, "nvme.cqe.cid < 1");
	assert_no_match(&rec, "nvme.cqe.cid in {0..0xffff}");
	assert_no_match(&rec, "nvme.cqe.cid not in {1..2}");
	assert_no_match(&rec, "all nvme.cqe.cid == 0");
	assert_no_match(&rec, "nvme.cqe.cid & 0xffff");
	assert_no_match(&rec, "nvme.cqe.cid == nvme.cmd.cid");
	assert_no_match(&rec, "nvme.cmd.cid != nvme.cqe.cid");
	assert_match(&rec, "!nvme.cqe.cid");
	assert_match(&rec, "not (nvme.cqe.cid == 0)");
}

static void test_not_binds_stronger_than_and_than_xor_than_or(void **state)
{
	struct record rec = write_record();

	(void)state;
	assert_match(&rec, "nvmetap.seq == 600 or nvmetap.seq == 1 and nvmetap.seq == 2");
	assert_match(&rec, "nvmetap.seq == 600 || nvmetap.seq == 1 && nvmetap.seq == 2");
	assert_no_match(&rec, "(nvmetap.seq == 600 or nvmetap.seq == 1) and nvmetap.seq == 2");
	assert_match(&rec, "not nvmetap.seq == 1 and nvmetap.seq == 600");
	assert_no_match(&rec, "!(nvmetap.seq == 1 or nvmetap.seq == 600)");
	assert_match(&rec, "!!nvmetap.seq");
	assert_no_match(&rec, "not !!nvmetap.seq");
	assert_no_match(&rec, "nvmetap.seq xor nvmetap.sqid");
	assert_match(&rec, "nvmetap.seq ^^ nvmetap.sqid == 1");
	assert_match(&rec, "nvmetap.seq or nvmetap.seq xor nvmetap.seq");
	assert_no_match(&rec, "nvmetap.seq xor nvmetap.seq and nvmetap.sqid");
	assert_match(&rec, "nvmetap.seq xor (nvmetap.seq xor nvmetap.seq)");
}

static void test_bits_are_tested_and_compared(void **state)
{
	struct record rec = write_record();

	(void)state;
	assert_match(&rec, "nvmetap.flags & 8");
	assert_no_match(&rec, "nvmetap.flags & 7");
	assert_match(&rec, "nvmetap.seq & 0xf == 8");	/* 600 is 258h */
	assert_match(&rec, "nvmetap.seq & 0xf0 & 0x1f == 0x10");
	assert_no_match(&rec, "nvmetap.seq & 0xf != 8");
	assert_match(&rec, "nvmetap.seq bitand 8 and nvmetap.sqid & 1");
}

/* Create I/O Completion Queue, section 5.3: PC is bit 0 of Dword 11, IEN bit 1. */
static void test_flags_are_true_or_false_in_all_their_forms(void **state)
{
	static const char *const forms[][2] = {
		{ "true", "false" }, { "True", "False" }, { "TRUE", "FALSE" }, { "1", "0" },
		{ "7", "0x0" },
	};
	static const uint8_t sqe[64] = { [0] = 5, [44] = 1 };
	struct record rec = record_of_command(1, sqe, sizeof(sqe));
	char text[80];

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		for (int is = 0; is < 2; is++) {
			snprintf(text, sizeof(text), "nvmetap.cmd.create_cq.pc == %s", forms[i][is]);
			assert_int_equal(matches_as(&rec, text), !is);
			snprintf(text, sizeof(text), "nvmetap.cmd.create_cq.ien == %s", forms[i][is]);
			assert_int_equal(matches_as(&rec, text), is);
		}
	}
}

static void test_a_set_has_values_and_ranges(void **state)
{
	struct record rec = write_record();

	(void)state;
	assert_match(&rec, "nvmetap.seq in {1, 600}");
	assert_match(&rec, "nvmetap.seq in {1..2, 599..600}");
	assert_match(&rec, "nvmetap.seq in {600..600}");
	assert_no_match(&rec, "nvmetap.seq in {1..599,601..0xffff}");
	assert_match(&rec, "nvmetap.seq not in {1..599,601..0xffff}");
	assert_match(&rec, "nvmetap.event in {\"Admin command\", \"I/O command\"}");
	assert_match(&rec, "nvmetap.command in {\"Write\"}");
}

static void test_what_is_refused_is_refused_where_it_stands(void **state)
{
	(void)state;
	assert_refused("", 0, "a field or a value was expected");
	assert_refused("nvme.cmd.slbb > 3", 0, "no field nvme.cmd.slbb; near: nvme.cmd.slba");
	assert_refused("nvmetap.seq == ", 15, "a field or a value was expected");
	assert_refused("nvmetap.seq = 1", 12, "= is no operator");
	assert_refused("nvmetap.opc == \"Wrote\"", 15,
		       "no value of nvmetap.opc has this name; near: Write");
	assert_refused("nvmetap.opc == \"Write\\0\\0\"", 15,
		       "no value of nvmetap.opc has this name");
	assert_refused("nvme.cmd.opc == \"Write\"", 16, "the values of this field have no names");
	assert_refused("nvmetap.opc == 256", 15, "too much for the 1 bytes of nvmetap.opc");
	assert_refused("nvmetap.seq == -1", 15, "this field is never negative");
	assert_refused("nvmetap.seq == 08", 15, "nvmetap.seq is a number");
	assert_refused("nvmetap.seq == 18446744073709551616", 15, "nvmetap.seq is a number");
	assert_refused("(nvmetap.seq", 12, "and, or, or ) was expected");
	assert_refused("nvmetap.seq)", 11, "and, or, or the end was expected");
	assert_refused("nvmetap.seq nvmetap.cid", 12, "and, or, or the end was expected");
	assert_refused("nvmetap.seq in 3", 15, "{ and values was expected");
	assert_refused("nvmetap.seq in {}", 16, "a value was expected");
	assert_refused("nvmetap.seq in {1 2}", 18, ", or } was expected");
	assert_refused("nvmetap.text == \"a", 16, "the closing quote is missing");
	assert_refused("nvmetap.text == \"\\q\"", 17, "no such escape");
	assert_refused("nvmetap.text == abc", 16, "a string in double quotes was expected");
	assert_refused("nvmetap.text == \"\\u0041\"", 17, "no such escape");
	assert_refused("nvmetap.seq EQ 3", 12, "and, or, or the end was expected; and, or, eq and");
	assert_refused("8 & nvmetap.flags", 0, "the field has to stand before the &");
	assert_refused("nvmetap.seq in {nvmetap.cause}", 16, "a value was expected, not a field");
	assert_refused("all nvmetap.seq not in {3}", 16, "a comparison other than");
	assert_refused("nvme.cmd_latency > 1", 0,
		       "no field nvme.cmd_latency: it is nvmetap.latency_ns here");
	assert_refused("nvmetap.opc & 256", 14, "too much for the 1 bytes of nvmetap.opc");
	assert_refused("nvmetap.text & 1", 13, "nvmetap.text is no number");
	assert_refused("(nvmetap.seq & 3) == 1", 18, "what is in parentheses");
	assert_refused("len(nvmetap.text) == 1", 0, "there are no functions");
	assert_refused("nvmetap.seq == nvmetap.text", 15, "nvmetap.text cannot be compared");
	assert_refused("1 == 1", 0, "a field was expected");
	assert_refused("nvmetap == 1", 0, "nvmetap can only be there or not");
	assert_refused("nvmetap.seq + 1 == 2", 12, "+ is not part of this language");
	assert_refused("any nvmetap.seq", 15, "a comparison was expected");
	assert_refused("frame.number == 1", 0, "frame.number is of packets");
	assert_refused("frame.numbr == 1", 0, "no field frame.numbr");
	assert_refused("frame.time > 1", 0, "no field frame.time: it is frame.time_epoch here");
	assert_refused("nvme.cqe_pkt", 0, "no field nvme.cqe_pkt: it depends on other packets");
	assert_refused("frame.packet_id", 0, "no field frame.packet_id: it is nvmetap.seq here");
}

/* What dissector/lua finds out beside the bytes. */
static void test_what_wireshark_knows_of_other_packets_is_refused_with_a_word(void **state)
{
	static const char *const of_others[] = {
		"nvmetap.cause_pkt", "nvmetap.doorbell_pkt", "nvmetap.head_pkt", "nvmetap.irq_pkt",
		"nvmetap.data_pkt", "nvmetap.lost_pkt", "nvmetap.depth", "nvmetap.outstanding",
		"nvmetap.doorbell.entries", "nvmetap.bytes", "nvmetap.agent", "nvmetap.phase",
		"nvmetap.expert",
	};
	char text[100];

	(void)state;
	for (size_t i = 0; i < sizeof(of_others) / sizeof(of_others[0]); i++) {
		snprintf(text, sizeof(text), "no field %s: it depends on other packets", of_others[i]);
		assert_refused(of_others[i], 0, text);
	}
	assert_refused("nvmetap.latency_us", 0, "no field nvmetap.latency_us: it is nvmetap.latency_ns");
}

static void test_parentheses_are_bounded_and_a_million_of_them_refused(void **state)
{
	static char text[1000000];
	struct expr_error err;

	(void)state;
	memset(text, '(', sizeof(text));
	assert_null(expr_compile(text, sizeof(text), &err));
	assert_int_equal(err.at, EXPR_TEXT_MAX);
	assert_null(expr_compile(text, EXPR_TEXT_MAX, &err));
	assert_int_equal(err.at, EXPR_DEPTH_MAX);
	for (size_t i = 0; i + 12 <= 6000; i += 12)
		memcpy(text + i, "(nvmetap)or ", 12);
	memcpy(text + 6000, "nvmetap", 7);
	expr_free(expr_compile(text, 6007, &err));	/* one beside the other */
	assert_string_equal(err.what, "");
	memset(text, '!', EXPR_TEXT_MAX);
	assert_null(expr_compile(text, EXPR_TEXT_MAX, &err));
	assert_int_equal(err.at, EXPR_TEXT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_number_is_compared_in_all_its_forms),
		cmocka_unit_test(test_an_absent_field_makes_each_comparison_false),
		cmocka_unit_test(test_not_binds_stronger_than_and_than_xor_than_or),
		cmocka_unit_test(test_bits_are_tested_and_compared),
		cmocka_unit_test(test_flags_are_true_or_false_in_all_their_forms),
		cmocka_unit_test(test_a_set_has_values_and_ranges),
		cmocka_unit_test(test_what_is_refused_is_refused_where_it_stands),
		cmocka_unit_test(test_what_wireshark_knows_of_other_packets_is_refused_with_a_word),
		cmocka_unit_test(test_parentheses_are_bounded_and_a_million_of_them_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
