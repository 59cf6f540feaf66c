/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions: what they mean, on commands and events whose bytes stand here. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "dissector/expr.h"
#include "tests/fields.h"

/* Write of 8 blocks from 1000h, CID 0203h, namespace 1. */
static uint8_t write_sqe[64] = { [0] = 0x01, [2] = 0x03, [3] = 0x02, [4] = 1,
				 [41] = 0x10, [48] = 7 };

static struct record write_record(void)
{
	struct record rec = record_of_command(2, write_sqe, sizeof(write_sqe));

	rec.seq = 600;
	rec.sqid = 3;
	return rec;
}

static bool matches_as(const struct record *rec, const char *text)
{
	struct expr_error err;
	struct expr *expr = expr_compile(text, strlen(text), &err);
	bool matched;

	if (expr == NULL)
		fail_msg("%s: byte %zu: %s", text, err.at, err.what);
	matched = expr_match(expr, rec);
	expr_free(expr);
	return matched;
}

#define assert_match(rec, text) \
	do { \
		if (!matches_as(rec, text)) \
			fail_msg("no match: %s", text); \
	} while (0)
#define assert_no_match(rec, text) \
	do { \
		if (matches_as(rec, text)) \
			fail_msg("a match: %s", text); \
	} while (0)

/* What is wrong, and the text with ^ below its first byte. */
static void assert_refused(const char *text, size_t at, const char *what)
{
	struct expr_error err;
	struct expr *expr;

	errno = 0;
	expr = expr_compile(text, strlen(text), &err);
	if (expr != NULL)
		fail_msg("taken: %s", text);
	assert_int_equal(errno, EINVAL);
	if (strncmp(err.what, what, strlen(what)) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", text, err.what, what);
	if (err.at != at || err.at + err.len > strlen(text))
		fail_msg("%s: %zu bytes at %zu, not at %zu", text, err.len, err.at, at);
}

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

/* Of data and completions; what is in their own header stays theirs. */
static void test_a_command_lends_its_fields_to_what_belongs_to_it(void **state)
{
	static const char text[] = "nvme.cmd.slba == 0x1000 && nvmetap.event == \"Completion\" && "
				   "nvme.cqe.sqid == 3";
	uint8_t cqe[16] = { [10] = 3 };
	struct record command = write_record();
	struct record completion = {
		.event = NVMETAP_EV_COMPLETION, .payload = cqe, .len = 16, .caplen = 16,
	};
	struct expr_error err;
	struct expr *expr;

	(void)state;
	expr = expr_compile(text, strlen(text), &err);
	assert_non_null(expr);
	assert_false(expr_match(expr, &completion));
	assert_false(expr_match_of(expr, &completion, NULL));
	assert_true(expr_match_of(expr, &completion, &command));
	assert_false(expr_match_of(expr, &command, NULL));
	expr_free(expr);
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

static void test_values_of_our_own_fields_have_names_in_any_case(void **state)
{
	struct record rec = write_record();

	(void)state;
	assert_match(&rec, "nvmetap.opc == \"Write\"");
	assert_match(&rec, "nvmetap.opc == \"wRITE\"");
	assert_match(&rec, "nvmetap.opc == \"Create I/O SQ\"");	/* 01h, too */
	assert_match(&rec, "nvmetap.opc != \"Read\"");
	assert_match(&rec, "nvmetap.qkind == \"I/O\"");
	assert_match(&rec, "nvmetap.event == \"i/o command\"");
	assert_no_match(&rec, "nvmetap.stage == \"fetch\"");
	assert_match(&rec, "nvmetap.stage == \"decode\"");
}

static void test_a_name_of_a_value_is_all_of_it(void **state)
{
	static const uint8_t sqe[64] = { [0] = 8 };
	struct record rec = record_of_command(2, sqe, sizeof(sqe));

	(void)state;
	assert_match(&rec, "nvmetap.opc == \"write zeroes\"");
	assert_match(&rec, "nvmetap.opc == \"ABORT\"");	/* of admin commands 08h */
	assert_match(&rec, "nvmetap.event == \"I/O command\"");
	assert_refused("nvmetap.opc == \"Write Zeroe\"", 15,
		       "no value of nvmetap.opc has this name; near: Write Zeroes");
	assert_refused("nvmetap.opc == \"Write Zeroes2\"", 15,
		       "no value of nvmetap.opc has this name; near: Write Zeroes");
	assert_refused("nvmetap.opc == \"\"", 15, "no value of nvmetap.opc has this name");
	assert_refused("nvmetap.opc == \"Wxyz\"", 15, "no value of nvmetap.opc has this name");
}

/* A step of -1500 ns. */
static void test_a_signed_number_is_compared_as_one(void **state)
{
	static const uint8_t info[8] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfa, 0x24 };
	struct record rec = { .event = NVMETAP_EV_CLOCK, .info = info, .info_len = sizeof(info) };

	(void)state;
	assert_match(&rec, "nvmetap.clock.step_ns == -1500 && nvmetap.clock.step_ns < 0");
	assert_match(&rec, "nvmetap.clock.step_ns in {-1501..0} && nvmetap.clock.step_ns > -1501");
	assert_no_match(&rec, "nvmetap.clock.step_ns > 0 || nvmetap.clock.step_ns < -1500");
}

static void test_text_is_compared_as_it_is_shown(void **state)
{
	static const uint8_t bytes[] = "caf\xc3\xa9 \x1b[31m \xff\r\n\t\"end";
	struct record rec = { .event = NVMETAP_EV_CONSOLE, .payload = bytes,
			      .len = sizeof(bytes) - 1, .caplen = sizeof(bytes) - 1 };

	(void)state;
	assert_match(&rec, "nvmetap.text == \"caf\xc3\xa9 \\\\x1b[31m \\\\xff\\r\\n\\t\\\"end\"");
	assert_match(&rec, "nvmetap.text contains \"\\u00e9 \\\\x1b\"");
	assert_match(&rec, "nvmetap.text contains r\"\\xff\"");
	assert_match(&rec, "nvmetap.text contains \"\\x0d\\012\\t\\\"end\"");
	assert_match(&rec, "nvmetap.text contains \"\\t\\\"e\" && nvmetap.text");
	assert_no_match(&rec, "nvmetap.text contains \"\\x1b\"");
	assert_no_match(&rec, "nvmetap.text contains \"CAF\"");
	assert_match(&rec, "nvmetap.text > \"c\"");
	assert_no_match(&rec, "nvmetap.text == \"caf\"");
}

static struct record console_record(const void *bytes, size_t len)
{
	return (struct record){ .event = NVMETAP_EV_CONSOLE, .payload = bytes,
				.len = (uint32_t)len, .caplen = (uint32_t)len };
}

/* "field operator "text"", all of the text as escapes. */
static const char *asks(const char *field, const char *operator, const char *text)
{
	static char filter[512];
	int len = snprintf(filter, sizeof(filter), "%s %s \"", field, operator);

	for (; *text != '\0'; text++)
		len += snprintf(filter + len, sizeof(filter) - (size_t)len, "\\x%02x",
				(unsigned int)(uint8_t)*text);
	snprintf(filter + len, sizeof(filter) - (size_t)len, "\"");
	return filter;
}

/* nvmetap-filter(7): line ends and tabs as they are, other control characters and what is not
 * UTF-8 as \xhh. */
static void test_each_byte_of_text_is_what_wireshark_shows_of_it(void **state)
{
	char shown[8];

	(void)state;
	for (unsigned int c = 1; c < 256; c++) {
		const uint8_t bytes[] = { 'a', (uint8_t)c, 'b' };
		struct record rec = console_record(bytes, sizeof(bytes));
		bool plain = (c >= ' ' && c <= '~') || c == '\t' || c == '\r' || c == '\n';

		snprintf(shown, sizeof(shown), plain ? "a%cb" : "a\\x%02xb", c);
		assert_match(&rec, asks("nvmetap.text", "==", shown));
		assert_match(&rec, asks("nvmetap.text", "contains", shown + 1));
		assert_match(&rec, asks("nvmetap.text", ">", "a"));
		rec = console_record(bytes + 1, 2);
		assert_match(&rec, asks("nvmetap.text", "==", shown + 1));
		rec = console_record(bytes, sizeof(bytes));
		shown[strlen(shown) - 1] = 'a';
		assert_match(&rec, asks("nvmetap.text", ">", shown));
		assert_no_match(&rec, asks("nvmetap.text", "contains", shown));
		shown[strlen(shown) - 1] = 'c';
		assert_match(&rec, asks("nvmetap.text", "<", shown));
	}
}

/* The text of a filter is what it says, and blanks count. */
static void test_what_text_is_compared_with_is_not_shown_but_taken(void **state)
{
	static const uint8_t bytes[] = { 'a', 1, ' ' };
	struct record rec = console_record(bytes, sizeof(bytes));

	(void)state;
	assert_match(&rec, "nvmetap.text == \"a\\\\x01 \"");
	assert_no_match(&rec, "nvmetap.text == \"a\\\\x01\"");
	assert_no_match(&rec, "nvmetap.text == \"a\\x01 \"");
	assert_no_match(&rec, "nvmetap.text == \"a\\\\x01  \"");
}

static void test_characters_of_utf_8_are_compared_whole(void **state)
{
	/* U+00E9, U+20AC, U+1F600. */
	static const char whole[] = "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x01";
	/* One cut off, and U+0085, a control character. */
	static const char broken[] = "\xe2\x82\xc2\x85";
	struct record rec = console_record(whole, sizeof(whole) - 1);

	(void)state;
	assert_match(&rec, asks("nvmetap.text", "==", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\\x01"));
	assert_match(&rec, asks("nvmetap.text", "contains", "\x98\x80\\x01"));
	assert_no_match(&rec, asks("nvmetap.text", "contains", "\\x01 "));
	rec = console_record(broken, sizeof(broken) - 1);
	assert_match(&rec, asks("nvmetap.text", "==", "\\xe2\\x82\\xc2\\x85"));
	assert_no_match(&rec, "nvmetap.text contains \"\"");
	rec = console_record(broken, 0);
	assert_no_match(&rec, "nvmetap.text > \"\"");
}

/* Section 5.15.2.2: a serial number of bytes 4 to 23. */
static void test_each_byte_of_padded_text_is_itself_or_a_dot(void **state)
{
	uint8_t id_ctrl[24] = { 0 }, info[32] = { [16] = 2 };
	struct record rec = {
		.event = NVMETAP_EV_DATA, .flags = NVMETAP_HAS_COMMAND, .qkind = 1, .opc = 6,
		.cdw10 = 1, .info = info, .info_len = sizeof(info), .payload = id_ctrl,
		.len = sizeof(id_ctrl), .caplen = sizeof(id_ctrl),
	};
	char shown[4];

	(void)state;
	memset(id_ctrl + 4, ' ', 20);
	for (unsigned int c = 0; c < 256; c++) {
		id_ctrl[4] = 'a';
		id_ctrl[5] = (uint8_t)c;
		id_ctrl[6] = 'b';
		snprintf(shown, sizeof(shown), "a%cb", c >= ' ' && c <= '~' ? (int)c : '.');
		assert_match(&rec, asks("nvme.cmd.identify.ctrl.sn", "==", shown));
		assert_match(&rec, asks("nvme.cmd.identify.ctrl.sn", "contains", shown + 1));
		shown[2] = 'c';
		assert_no_match(&rec, asks("nvme.cmd.identify.ctrl.sn", ">=", shown));
	}
}

#ifdef HAVE_PCRE2
static void test_a_regular_expression_finds_bytes_in_any_case(void **state)
{
	static const uint8_t bytes[] = "nvme NVME0: \x1b timeout";
	struct record rec = { .event = NVMETAP_EV_CONSOLE, .payload = bytes,
			      .len = sizeof(bytes) - 1, .caplen = sizeof(bytes) - 1 };

	(void)state;
	assert_match(&rec, "nvmetap.text matches \"nvme[0-9]+.*TIMEOUT$\"");
	assert_match(&rec, "nvmetap.text ~ r\"\\\\x1b\"");
	assert_no_match(&rec, "nvmetap.text matches \"^timeout\"");
	assert_no_match(&rec, "nvmetap.text matches \"(?-i)TIMEOUT\"");
	assert_no_match(&rec, "nvme.cmd.identify.ctrl.mn matches \"\"");
}

/* (a+)+$ takes 2^n steps over n times a and a b. */
static void test_a_regular_expression_gives_up(void **state)
{
	static uint8_t bytes[100000];
	struct record rec = { .event = NVMETAP_EV_CONSOLE, .payload = bytes,
			      .len = sizeof(bytes), .caplen = sizeof(bytes) };

	(void)state;
	memset(bytes, 'a', sizeof(bytes));
	bytes[sizeof(bytes) - 1] = 'b';
	assert_no_match(&rec, "nvmetap.text matches \"^(a+)+$\"");
	assert_no_match(&rec, "nvmetap.text matches \"^((a|b)*c?)*$x\"");
	assert_match(&rec, "nvmetap.text matches \"ab$\"");
	/* Of what is escaped the first 16384 bytes are searched. */
	bytes[1] = 0xff;
	assert_match(&rec, "nvmetap.text matches r\"^a\\\\xffa+$\"");
	assert_no_match(&rec, "nvmetap.text matches \"b\"");
	bytes[1] = 'a';
	/* After a million steps it would. */
	rec.payload = bytes + sizeof(bytes) - 21;
	rec.len = rec.caplen = 21;
	assert_no_match(&rec, "nvmetap.text matches \"^((a+)+$|a+b)\"");
}

static const char *long_comment(const void *ctx)
{
	return ctx;
}

/* Only of text in which something is escaped there is a limit. */
static void test_a_regular_expression_finds_the_end_of_a_long_comment(void **state)
{
	static char comment[20000];
	struct expr_frame frame = { .comment = long_comment, .ctx = comment };
	struct expr_error err;
	struct expr *expr = expr_compile_frame("frame.comment matches \"ab$\"", 27, &err);

	(void)state;
	assert_non_null(expr);
	memset(comment, 'a', sizeof(comment) - 1);
	assert_false(expr_match_frame(expr, NULL, &frame));
	comment[sizeof(comment) - 2] = 'b';
	assert_true(expr_match_frame(expr, NULL, &frame));
	expr_free(expr);
}

/* Where PCRE2 has no compiler for the machine, each turn of the group takes
 * more than a hundred bytes of what a search may have. */
static void test_a_regular_expression_that_is_interpreted_gives_up_too(void **state)
{
	static uint8_t bytes[10000];
	struct record rec = { .event = NVMETAP_EV_CONSOLE, .payload = bytes,
			      .len = sizeof(bytes), .caplen = sizeof(bytes) };

	(void)state;
	memset(bytes, 'a', sizeof(bytes));
	assert_no_match(&rec, "nvmetap.text matches \"(*NO_JIT)^(a|b)*$\"");
	rec.len = rec.caplen = 20;
	assert_match(&rec, "nvmetap.text matches \"(*NO_JIT)^(a|b)*$\"");
}
#endif

/* Section 5.15.2.2: bytes 4 to 23. */
static void test_padded_text_is_without_its_padding_and_dots_for_the_rest(void **state)
{
	static const uint8_t id_ctrl[64] = "\x34\x12\x34\x12S\x01N\xff 1      \0\0";
	uint8_t info[32] = { [16] = 2 };
	struct record rec = {
		.event = NVMETAP_EV_DATA, .flags = NVMETAP_HAS_COMMAND, .qkind = 1, .opc = 6,
		.cdw10 = 1, .info = info, .info_len = sizeof(info), .payload = id_ctrl,
		.len = sizeof(id_ctrl), .caplen = 24,
	};

	(void)state;
	assert_match(&rec, "nvme.cmd.identify.ctrl.sn == \"S.N. 1\"");
	assert_match(&rec, "nvme.cmd.identify.ctrl.sn contains \"N. \"");
	assert_no_match(&rec, "nvme.cmd.identify.ctrl.sn contains \"1 \"");
	assert_no_match(&rec, "nvme.cmd.identify.ctrl.sn == \"S.N. 1 \"");
	assert_no_match(&rec, "nvme.cmd.identify.ctrl.mn");
	rec.caplen = 23;
	assert_no_match(&rec, "nvme.cmd.identify.ctrl.sn");
}

/* Entries 1000h, 2000h and 3000h; those of zeros are none. */
static void test_of_several_values_one_or_all_have_to_fit(void **state)
{
	static const uint8_t list[48] = { [1] = 0x10, [9] = 0x20, [41] = 0x30 };
	static const char *const yes[] = {
		"nvmetap.prp == 0x1000", "nvmetap.prp == 0x3000", "nvmetap.prp > 0x2000",
		"nvmetap.prp !== 0x1000", "any nvmetap.prp != 0x1000", "nvmetap.prp != 0x4000",
		"all nvmetap.prp > 0xfff", "nvmetap.prp in {0x2000}", "nvmetap.prp & 0x1000",
		"all nvmetap.prp in {0x1000..0x3000}", "nvmetap.prp not in {1..0xfff}",
		"nvmetap.prp >= 0x3000", "nvmetap.prp <= 0x1000", "nvmetap.prp < 0x1001",
		"nvmetap.prp < nvmetap.prp", "nvmetap.prp_list", "all nvmetap.prp & 0x3000 != 0",
	};
	static const char *const no[] = {
		"nvmetap.prp > 0x3000", "nvmetap.prp >= 0x3001", "nvmetap.prp < 0x1000",
		"nvmetap.prp == 0", "nvmetap.prp != 0x2000", "nvmetap.prp === 0x1000",
		"all nvmetap.prp == 0x1000", "all nvmetap.prp > 0x1000",
		"nvmetap.prp not in {0x2000}", "all nvmetap.prp in {0x1000..0x2000}",
		"nvmetap.prp === nvmetap.prp", "nvmetap.prp != nvmetap.prp",
		"all nvmetap.prp & 0x1000 == 0x1000",
	};
	uint8_t info[16] = { 0 };
	struct record rec = {
		.event = NVMETAP_EV_LIST, .info = info, .info_len = sizeof(info),
		.payload = list, .len = sizeof(list), .caplen = sizeof(list),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_match(&rec, yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_no_match(&rec, no[i]);
}

/* Section 5.15.2.1: NGUID at byte 104. */
static void test_bytes_are_compared_whole_or_in_part(void **state)
{
	static const uint8_t id_ns[128] = { [104] = 0x11, [105] = 0x22, [119] = 0xff };
	uint8_t info[32] = { [16] = 2 };
	struct record rec = {
		.event = NVMETAP_EV_DATA, .flags = NVMETAP_HAS_COMMAND, .qkind = 1, .opc = 6,
		.info = info, .info_len = sizeof(info), .payload = id_ns,
		.len = sizeof(id_ns), .caplen = sizeof(id_ns),
	};

	(void)state;
#define NGUID "nvme.cmd.identify.ns.nguid"
	assert_match(&rec, NGUID " == 11:22:00:00:00:00:00:00:00:00:00:00:00:00:00:ff");
	assert_match(&rec, NGUID "[0:2] == 11:22");
	assert_match(&rec, NGUID "[0-1] == 11-22");
	assert_match(&rec, NGUID "[:2] == \"\\x11\\\"\"");
	assert_match(&rec, NGUID "[-1] == :ff");
	assert_match(&rec, NGUID "[-2:] == 00:ff");
	assert_match(&rec, NGUID "[-2:1] == :00");
	assert_match(&rec, NGUID "[15:1]");
	assert_match(&rec, NGUID " contains 22:00 && " NGUID " > 11:21 && " NGUID " < :12");
	assert_no_match(&rec, NGUID "[16]");
	/* A slice that is not there as a whole has no bytes. */
	assert_no_match(&rec, NGUID "[15:2]");
	assert_no_match(&rec, NGUID "[15:2] == :ff");
	assert_match(&rec, NGUID "[15:2] != :ff && " NGUID "[-17] < :00");
	assert_no_match(&rec, NGUID " == 11:22");
	assert_no_match(&rec, NGUID " contains 11:00");
	assert_match(&rec, NGUID " contains :22");
	assert_no_match(&rec, NGUID " contains \"\"");
#undef NGUID
}

/* Section 4.6: of a completion with SQHD 5. */
static void test_a_completion_borrows_the_fields_of_its_command(void **state)
{
	static const char text[] = "nvme.cmd.slba == 0x1000 && nvme.cqe.sqhd == 5 && "
				   "nvmetap.event == \"Completion\" && nvmetap.seq == 8";
	static const uint8_t cqe[16] = { [8] = 5 };
	struct record command = write_record(), rec = record_of_completion(1, 0, 0, cqe);
	struct expr_error err;
	struct expr *expr = expr_compile(text, strlen(text), &err);

	(void)state;
	assert_non_null(expr);
	assert_true(expr_match_of(expr, &rec, &command));
	assert_false(expr_match_of(expr, &rec, NULL));
	assert_false(expr_match(expr, &rec));
	expr_free(expr);
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

static void test_fields_of_the_frame_are_there_for_who_asks_for_them(void **state)
{
	static const char text[] = "frame.number == 7 && frame.len > 60 && frame.cap_len < 60 && "
				   "frame.time_epoch >= 1556804538.5 && "
				   "frame.interface_name == \"00:06.0\" && !frame.comment && frame";
	struct expr_frame frame = { .number = 7, .len = 64, .caplen = 56,
				    .time_ns = 1556804538500000000, .interface = "00:06.0" };
	struct expr_error err;
	struct expr *expr = expr_compile_frame(text, strlen(text), &err);
	struct expr *ours = expr_compile_frame("nvmetap", 7, &err);
	struct record rec = write_record();

	(void)state;
	assert_non_null(expr);
	assert_true(expr_match_frame(expr, NULL, &frame));
	frame.time_ns--;
	assert_false(expr_match_frame(expr, NULL, &frame));
	assert_false(expr_match_frame(ours, NULL, &frame));
	assert_true(expr_match_frame(ours, &rec, &frame));
	expr_free(expr);
	expr_free(ours);
	assert_null(expr_compile_frame("frame.numbr == 1", 16, &err));
	assert_string_equal(err.what, "no field frame.numbr; near: frame.number");
}

static bool excludes(const char *text, const struct record *rec)
{
	struct expr_error err;
	struct expr *expr = expr_compile_frame(text, strlen(text), &err);
	uint8_t header[record_SIZE];
	bool excluded;

	assert_non_null(expr);
	record_encode(header, rec);
	excluded = expr_excludes(expr, header);
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
		"nvmetap.opc == 1 && nvmetap.nsid == 1 && nvmetap.sqid == 4 && nvmetap.cid == 0x203",
	};
	static const char *const not_excluded[] = {
		"nvmetap.opc == \"Write\"", "nvmetap.sqid == 3 && nvmetap.seq == 600",
		"nvmetap.opc == \"Read\" || nvme.cmd.slba == 0x1000", "frame.number == 7",
		"(nvmetap.opc == \"Read\" && nvmetap.seq == 1) || nvmetap.opc == \"Write\"",
		"!(nvmetap.opc == \"Read\")", "nvmetap.opc == 2 xor nvmetap.opc == 1",
		"!nvme.cqe.sqhd", "nvmetap",
		"nvmetap.nsid == 1 && nvmetap.opc == 1 && nvmetap.cid == 0x203 && nvme.cmd.nlb == 0",
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
		cmocka_unit_test(test_a_number_is_compared_in_all_its_forms),
		cmocka_unit_test(test_a_command_lends_its_fields_to_what_belongs_to_it),
		cmocka_unit_test(test_an_absent_field_makes_each_comparison_false),
		cmocka_unit_test(test_not_binds_stronger_than_and_than_xor_than_or),
		cmocka_unit_test(test_bits_are_tested_and_compared),
		cmocka_unit_test(test_flags_are_true_or_false_in_all_their_forms),
		cmocka_unit_test(test_a_set_has_values_and_ranges),
		cmocka_unit_test(test_values_of_our_own_fields_have_names_in_any_case),
		cmocka_unit_test(test_a_name_of_a_value_is_all_of_it),
		cmocka_unit_test(test_a_signed_number_is_compared_as_one),
		cmocka_unit_test(test_text_is_compared_as_it_is_shown),
		cmocka_unit_test(test_each_byte_of_text_is_what_wireshark_shows_of_it),
		cmocka_unit_test(test_what_text_is_compared_with_is_not_shown_but_taken),
		cmocka_unit_test(test_characters_of_utf_8_are_compared_whole),
		cmocka_unit_test(test_each_byte_of_padded_text_is_itself_or_a_dot),
		cmocka_unit_test(test_padded_text_is_without_its_padding_and_dots_for_the_rest),
		cmocka_unit_test(test_of_several_values_one_or_all_have_to_fit),
		cmocka_unit_test(test_bytes_are_compared_whole_or_in_part),
		cmocka_unit_test(test_a_completion_borrows_the_fields_of_its_command),
#ifdef HAVE_PCRE2
		cmocka_unit_test(test_a_regular_expression_finds_bytes_in_any_case),
		cmocka_unit_test(test_a_regular_expression_gives_up),
		cmocka_unit_test(test_a_regular_expression_finds_the_end_of_a_long_comment),
		cmocka_unit_test(test_a_regular_expression_that_is_interpreted_gives_up_too),
#endif
		cmocka_unit_test(test_what_is_refused_is_refused_where_it_stands),
		cmocka_unit_test(test_parentheses_are_bounded_and_a_million_of_them_refused),
		cmocka_unit_test(test_fields_of_the_frame_are_there_for_who_asks_for_them),
		cmocka_unit_test(test_what_the_header_shows_to_be_false_is_excluded),
		cmocka_unit_test(test_fields_of_the_header_are_seen_in_all_their_bits),
		cmocka_unit_test(test_a_number_of_the_header_that_means_nothing_is_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
