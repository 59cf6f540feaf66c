/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of rules: numbers, times and texts, and what is said of wrong ones. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>
#include "tests/rule_words.h"

enum { PAGE = 65536 };	/* or more than one */

static char err[1024];

static void test_times_have_fractions_and_are_whole_nanoseconds(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} times[] = {
		{ "7ns", 7 }, { "1.4ns", 1 }, { "1.5ns", 2 }, { "0.25us", 250 },
		{ "08.90ms", 8900000 }, { "0.000000001s", 1 },
		{ "12.345678901s", 12345678901 }, { "1.5min", 90000000000 },
		{ "999999999s", 999999999000000000 },
	};
	static const char *const none[] = {
		"1", "ms", "1m", "1sec", "1.5.2s", "0x10ms", "0X10ms", "1e3ms", "-1ms", "1:ms",
		"1_s", "\"1ms\"", "1000000000s", "16666667min", "18446744073709551616ns",
	};
	char text[80], words[80];

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		snprintf(text, sizeof(text), "nvme:io:decode from %s do drop", times[i].text);
		assert_int_equal(rule_of(text)->when.from_ns, times[i].ns);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		snprintf(text, sizeof(text), "nvme:io:decode from %s do drop", none[i]);
		snprintf(words, sizeof(words), "column 21: a time like 30ms or 1.5s is expected, "
			 "not %s%s%s", none[i][0] == '"' ? "" : "\"", none[i],
			 none[i][0] == '"' ? "" : "\"");
		assert_wrong(text, words);
	}
}

static void test_numbers_are_decimal_or_hexadecimal_and_of_64_bits(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} numbers[] = {
		{ "0", 0 }, { "010", 10 }, { "0x1f", 31 }, { "0XfF", 255 },
		{ "18446744073709551615", UINT64_MAX }, { "0xffffffffffffffff", UINT64_MAX },
	};
	static const char *const none[] = {
		"x1", "0x", "0xg", "10x", "1a", "a1", "-1", "1-", "1.5", ":1", "/1",
		"18446744073709551616", "\"1\"",
		"0000000000000000000000000000000000000001",
	};
	char text[80];
	struct rule rule;

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		snprintf(text, sizeof(text), "nvme:io:decode seed %s do drop", numbers[i].text);
		assert_int_equal(rule_of(text)->when.seed, numbers[i].value);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		snprintf(text, sizeof(text), "nvme:io:decode seed %s do drop", none[i]);
		assert_int_equal(rule_parse(&rule, text, strlen(text), err, sizeof(err)), -EINVAL);
		assert_memory_equal(err, "column 21: a number is expected, not ", 37);
	}
	/* The manual's bounds of what is counted are numbers like any other. */
	assert_int_equal(rule_of("nvme:io:decode every 9223372036854775807 do drop")->when.every,
			 INT64_MAX);
	assert_wrong("nvme:io:decode every 9223372036854775808 do drop", "column 22: a number of "
		     "events from 1 to 9223372036854775807 is expected, not 9223372036854775808");
}

static void test_blanks_separate_words_and_are_otherwise_of_no_account(void **state)
{
	(void)state;
	assert_int_equal(rule_of(" \tnvme:io:decode\t \tevery\t7  do drop\t, log\t\"x\" \t")
				 ->when.every, 7);
	assert_int_equal(rule_of("nvme:io:decode every 7 do status 1 / 0x82 dnr,log\"x\"")
				 ->nr_actions, 2);
}

static void test_a_text_is_without_its_quotes_and_escapes(void **state)
{
	char text[400], longest[ACTION_TEXT_MAX + 1];

	(void)state;
	assert_string_equal(rule_of("nvme:io:decode do log \"a \\\"b\\\" \\\\\"")->actions[0].text,
			    "a \"b\" \\");
	assert_string_equal(rule_of("nvme:io:decode do log \"\"")->actions[0].text, "");
	assert_string_equal(rule_of("nvme:io:decode do log io_1.A:z-9Z")->actions[0].text,
			    "io_1.A:z-9Z");
	assert_wrong("nvme:io:decode do log , drop", "column 23: a text in quotes is expected, "
		     "not \",\"");
	assert_wrong("nvme:io:decode do log a/b", "column 24: a comma or the end is expected, "
		     "not \"/\"");
	assert_wrong("nvme:io:decode do log a{b", "column 24: a comma or the end is expected, "
		     "not \"{\"");
	assert_wrong("nvme:io:decode do log \"a\\", "column 23: a quote is not closed");
	memset(longest, 'a', sizeof(longest));
	longest[ACTION_TEXT_MAX - 1] = '\0';
	snprintf(text, sizeof(text), "nvme:io:decode do log \"%s\"", longest);
	assert_string_equal(rule_of(text)->actions[0].text, longest);
	longest[ACTION_TEXT_MAX - 1] = 'a';
	longest[ACTION_TEXT_MAX] = '\0';
	snprintf(text, sizeof(text), "nvme:io:decode do log %s", longest);
	snprintf(longest, sizeof(longest), "column 23: longer than %d characters",
		 ACTION_TEXT_MAX - 1);
	assert_wrong(text, longest);
}

static void test_what_is_wrong_is_shown_by_its_first_40_bytes(void **state)
{
#define TEN "abcdefghij"
	static const struct {
		const char *text, *words;
	} wrong[] = {
		{ "nvme:io:decode every " TEN TEN TEN TEN " do drop", "column 22: a number of "
		  "events is expected, not \"" TEN TEN TEN TEN "\"" },
		{ "nvme:io:decode every " TEN TEN TEN TEN "k do drop", "column 22: a number of "
		  "events is expected, not \"" TEN TEN TEN TEN "…\"" },
		{ "nvme:io:decode every \"" TEN TEN TEN TEN "\" do drop", "column 22: a number of "
		  "events is expected, not \"" TEN TEN TEN "abcdefghi…" },
		{ TEN TEN TEN TEN "k", "column 1: no tap \"" TEN TEN TEN TEN "…\"" },
		{ "nvme:io:decode every + do drop", "column 22: a number of events is expected, "
		  "not \"+\"" },
	};
#undef TEN

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_wrong(wrong[i].text, wrong[i].words);
}

/* Whatever room there is for what is wrong, it ends there. */
static void test_what_is_wrong_fits_the_room_it_is_given(void **state)
{
	static const char words[] = "column 19: no action \"x\"";
	char room[64];
	struct rule rule;

	(void)state;
	for (size_t size = 1; size < sizeof(words); size++) {
		memset(room, '#', sizeof(room));
		assert_int_equal(rule_parse(&rule, "nvme:io:decode do x", 19, room, size), -EINVAL);
		assert_int_equal(strlen(room), size - 1);
		assert_memory_equal(room, words, size - 1);
		for (size_t i = size; i < sizeof(room); i++)
			assert_int_equal(room[i], '#');
	}
}

/* Whatever a user types, or somebody sends to the control socket. */
static void test_hostile_texts_are_refused(void **state)
{
	static const char *const parts[] = {
		"(", "nvme:io:decode ", "if ", "\"", "{", "!", ", drop", "1 in ", "\\", "do ",
		"set ", "[", "\xff",
	};
	size_t len = 20000;
	char *text = malloc(len);
	struct rule rule;

	(void)state;
	memset(text, '(', len);
	memcpy(text, "nvme:io:decode if ", 18);
	assert_int_equal(rule_parse(&rule, text, 4000, err, sizeof(err)), -EINVAL);
	assert_int_equal(rule_parse(&rule, text, len, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "column 4097: longer than 4096 characters");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		len = 0;
		while (len + strlen(parts[i]) <= RULE_LENGTH_MAX) {
			memcpy(text + len, parts[i], strlen(parts[i]));
			len += strlen(parts[i]);
		}
		assert_int_equal(rule_parse(&rule, text, len, err, sizeof(err)), -EINVAL);
		memcpy(text, "nvme:io:decode do ", 18);
		assert_int_equal(rule_parse(&rule, text, len, err, sizeof(err)), -EINVAL);
		memcpy(text, "nvme:io:decode if ", 18);
		assert_int_equal(rule_parse(&rule, text, len, err, sizeof(err)), -EINVAL);
	}
	free(text);
}

/* Takes the text's first len bytes for a rule; what is read beyond them is no memory. */
static void take_beginning(const char *whole, size_t len, char *end)
{
	struct rule rule;
	unsigned long column;

	memcpy(end - len, whole, len);
	if (rule_parse(&rule, end - len, len, err, sizeof(err)) == 0) {
		rule_fini(&rule);
		return;
	}
	assert_int_equal(sscanf(err, "column %lu: ", &column), 1);
	assert_in_range(column, 1, len + 1);
}

/* A rule that is cut off anywhere is either a rule or named with a column within it. */
static void test_every_beginning_of_a_rule_is_understood_or_refused(void **state)
{
	static const char *const wholes[] = {
		"nvme:io:writeback if nvmetap.opc in {\"Write\", 2} queue 1 1 in 3 seed 7 from 1s "
		"to 2s do set nvme.cqe.cid ^= 0x1000, status \"Write Fault\" crd 1 dnr, "
		"delay normal 3ms 1ms, log \"a\\\"b\"",
		"nvme:io:decode every \"a\\\"b\"",
	};
	char *end = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			 0);

	(void)state;
	assert_true(end != MAP_FAILED);
	end += PAGE;
	assert_int_equal(mprotect(end, PAGE, PROT_NONE), 0);
	for (size_t i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++)
		for (size_t len = 0; len <= strlen(wholes[i]); len++)
			take_beginning(wholes[i], len, end);
	munmap(end - PAGE, 2 * PAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times_have_fractions_and_are_whole_nanoseconds),
		cmocka_unit_test(test_numbers_are_decimal_or_hexadecimal_and_of_64_bits),
		cmocka_unit_test(test_blanks_separate_words_and_are_otherwise_of_no_account),
		cmocka_unit_test(test_a_text_is_without_its_quotes_and_escapes),
		cmocka_unit_test(test_what_is_wrong_is_shown_by_its_first_40_bytes),
		cmocka_unit_test(test_what_is_wrong_fits_the_room_it_is_given),
		cmocka_unit_test(test_hostile_texts_are_refused),
		cmocka_unit_test(test_every_beginning_of_a_rule_is_understood_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
