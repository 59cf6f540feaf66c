/* SPDX-License-Identifier: BSD-2-Clause */
/* Reproducible dice, and the times that are drawn from them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "tools/dice.h"

enum { DRAWS = 100000, MS = 1000000 };

static void test_a_seed_gives_the_same_numbers_for_ever(void **state)
{
	/* SplitMix64 of seed 1234567: the test vector that its authors' code yields. */
	static const uint64_t expected[] = {
		UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
		UINT64_C(9817491932198370423),
	};
	struct dice dice;

	(void)state;
	dice_seed(&dice, 1234567);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_true(dice_next(&dice) == expected[i]);
}

static void test_one_in_a_hundred_is_one_in_a_hundred(void **state)
{
	struct dice dice;
	unsigned int nr = 0;

	(void)state;
	dice_seed(&dice, 7);
	for (unsigned int i = 0; i < DRAWS; i++)
		nr += dice_below(&dice, 100) == 0;
	assert_in_range(nr, DRAWS / 100 - 150, DRAWS / 100 + 150);
}

/* The mean of many draws, in ns, and how many of them lie above limit_ns. */
static uint64_t mean(const struct spread *spread, uint64_t limit_ns, unsigned int *nr_above)
{
	struct dice dice;
	uint64_t sum = 0, ns;

	dice_seed(&dice, 1);
	*nr_above = 0;
	for (unsigned int i = 0; i < DRAWS; i++) {
		ns = spread_draw(spread, &dice);
		sum += ns;
		*nr_above += ns > limit_ns;
	}
	return sum / DRAWS;
}

static void test_times_are_spread_as_their_name_says(void **state)
{
	struct spread fixed = { SPREAD_FIXED, 3 * MS, 0, 0 };
	struct spread uniform = { SPREAD_UNIFORM, 1 * MS, 3 * MS, 0 };
	struct spread normal = { SPREAD_NORMAL, 10 * MS, 2 * MS, 0 };
	struct spread exponential = { SPREAD_EXPONENTIAL, 10 * MS, 0, 0 };
	struct spread pareto = { SPREAD_PARETO, 1 * MS, 0, 2 };
	unsigned int above;

	(void)state;
	assert_int_equal(mean(&fixed, 3 * MS, &above), 3 * MS);
	assert_int_equal(above, 0);
	assert_in_range(mean(&uniform, 2 * MS, &above), 1990000, 2010000);
	assert_in_range(above, DRAWS * 49 / 100, DRAWS * 51 / 100);
	assert_in_range(mean(&normal, 12 * MS, &above), 9950000, 10050000);
	/* Beyond one deviation lie 15.87 in a hundred on either side. */
	assert_in_range(above, DRAWS * 153 / 1000, DRAWS * 164 / 1000);
	assert_in_range(mean(&exponential, 10 * MS, &above), 9800000, 10200000);
	/* 1/e of them are longer than the mean. */
	assert_in_range(above, DRAWS * 362 / 1000, DRAWS * 374 / 1000);
	mean(&pareto, 10 * MS, &above);
	/* One in a hundred is ten times the least, or more. */
	assert_in_range(above, DRAWS * 8 / 1000, DRAWS * 12 / 1000);
}

static void test_a_time_is_never_negative_nor_longer_than_an_hour(void **state)
{
	struct spread normal = { SPREAD_NORMAL, 1, 1000 * MS, 0 };
	struct spread pareto = { SPREAD_PARETO, 1000 * UINT64_C(1000000000), 0, 0.1 };
	struct dice dice;

	(void)state;
	dice_seed(&dice, 3);
	for (unsigned int i = 0; i < 1000; i++) {
		assert_true(spread_draw(&normal, &dice) <= 10000 * UINT64_C(1000000));
		assert_true(spread_draw(&pareto, &dice) <= SPREAD_MOST_NS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_seed_gives_the_same_numbers_for_ever),
		cmocka_unit_test(test_one_in_a_hundred_is_one_in_a_hundred),
		cmocka_unit_test(test_times_are_spread_as_their_name_says),
		cmocka_unit_test(test_a_time_is_never_negative_nor_longer_than_an_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
