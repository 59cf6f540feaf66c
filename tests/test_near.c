/* SPDX-License-Identifier: BSD-2-Clause */
/* The nearest names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "spec/near.h"

static const char *words_of(const char *wanted, const char *const *names)
{
	static char buf[128];
	struct near near;

	near_init(&near, wanted, strlen(wanted));
	for (; *names != NULL; names++)
		near_offer(&near, *names);
	near_words(&near, buf, sizeof(buf));
	return buf;
}

static void test_distance_counts_characters_to_change(void **state)
{
	(void)state;
	assert_int_equal(near_distance("kitten", 6, "sitting", 7), 3);
	assert_int_equal(near_distance("", 0, "abc", 3), 3);
	assert_int_equal(near_distance("abc", 3, "abc", 3), 0);
}

static void test_the_nearest_comes_first_and_at_most_three_are_offered(void **state)
{
	static const char *const names[] = { "abcxx", "abcdx", "abcde", "xbcde", "abcd", NULL };

	(void)state;
	assert_string_equal(words_of("abcdef", names), "; near: abcde, abcdx, xbcde");
}

static void test_what_is_far_is_not_offered(void **state)
{
	static const char *const names[] = { "something", "else", NULL };

	(void)state;
	assert_string_equal(words_of("nvme:io:decode", names), "");
}

static void test_a_beginning_or_an_end_is_near(void **state)
{
	static const char *const names[] = { "nvme:io:writeback", "nvme.cmd.slba", NULL };

	(void)state;
	assert_string_equal(words_of("nvme:io", names), "; near: nvme:io:writeback");
	assert_string_equal(words_of("slba", names), "; near: nvme.cmd.slba");
}

static void test_words_fit_into_what_is_there(void **state)
{
	volatile size_t len = 8;	/* or the compiler sees what is cut off, and says so */
	struct near near;
	char buf[8];

	(void)state;
	near_init(&near, "name", 4);
	near_offer(&near, "names");
	near_words(&near, buf, len);
	assert_string_equal(buf, "; near:");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance_counts_characters_to_change),
		cmocka_unit_test(test_the_nearest_comes_first_and_at_most_three_are_offered),
		cmocka_unit_test(test_what_is_far_is_not_offered),
		cmocka_unit_test(test_a_beginning_or_an_end_is_near),
		cmocka_unit_test(test_words_fit_into_what_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
