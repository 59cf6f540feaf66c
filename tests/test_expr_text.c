/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions: text as it is shown, and what is found in it. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/expression.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_is_compared_as_it_is_shown),
		cmocka_unit_test(test_each_byte_of_text_is_what_wireshark_shows_of_it),
		cmocka_unit_test(test_what_text_is_compared_with_is_not_shown_but_taken),
		cmocka_unit_test(test_characters_of_utf_8_are_compared_whole),
		cmocka_unit_test(test_padded_text_is_without_its_padding_and_dots_for_the_rest),
		cmocka_unit_test(test_each_byte_of_padded_text_is_itself_or_a_dot),
#ifdef HAVE_PCRE2
		cmocka_unit_test(test_a_regular_expression_finds_bytes_in_any_case),
		cmocka_unit_test(test_a_regular_expression_gives_up),
		cmocka_unit_test(test_a_regular_expression_finds_the_end_of_a_long_comment),
		cmocka_unit_test(test_a_regular_expression_that_is_interpreted_gives_up_too),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
