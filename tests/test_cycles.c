/* SPDX-License-Identifier: BSD-2-Clause */
/* Time by the cycle counter, of a counter and a clock of the test's own. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "emu/cycles.h"

enum {
	US = 1000,
	MS = 1000 * US,
	LOOK = 60,		/* cycles that reading the clock takes */
	SETTLE_NS = 4 * CYCLES_SPAN_NS,
	NEAR_NS = 20,		/* what is left of a counter that goes in whole cycles */
};

struct computer {
	struct cycles cycles;
	uint64_t counter, clock_ns;
	double rate;		/* cycles a ns */
	uint64_t look;		/* cycles that reading the clock takes */
	unsigned int jitter;	/* and by how many the clock is not read in the middle */
	unsigned int seed;
	unsigned int nr_looks;
	uint64_t last_ns;
};

static struct computer boot(double rate)
{
	return (struct computer){
		.counter = UINT64_C(0x123456789), .clock_ns = UINT64_C(5000000000),
		.rate = rate, .look = LOOK, .seed = 1,
	};
}

static void pass(struct computer *c, uint64_t ns)
{
	c->clock_ns += ns;
	c->counter += (uint64_t)((double)ns * c->rate);
}

static uint64_t look(struct computer *c)
{
	uint64_t before = c->counter - c->look / 2;

	if (c->jitter != 0)
		before += (uint64_t)rand_r(&c->seed) % (2 * c->jitter) - c->jitter;
	c->nr_looks++;
	return cycles_look(&c->cycles, before, c->clock_ns, before + c->look);
}

/* What is answered, which must not be earlier than before. */
static uint64_t ask(struct computer *c)
{
	uint64_t ns;

	if (!cycles_convert(&c->cycles, c->counter, &ns))
		ns = look(c);
	assert_true(ns >= c->last_ns);
	c->last_ns = ns;
	return ns;
}

static uint64_t error_ns(struct computer *c)
{
	uint64_t ns = ask(c);

	return ns > c->clock_ns ? ns - c->clock_ns : c->clock_ns - ns;
}

/* Asks every step for so long; the largest error. */
static uint64_t run(struct computer *c, uint64_t for_ns, uint64_t step_ns)
{
	uint64_t worst = 0, error;

	for (uint64_t ns = 0; ns < for_ns; ns += step_ns) {
		pass(c, step_ns);
		error = error_ns(c);
		if (error > worst)
			worst = error;
	}
	return worst;
}

static void test_the_clock_is_looked_at_once_a_span(void **state)
{
	static const double rates[] = { 0.1, 1, 2.596, 5.3 };

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct computer c = boot(rates[i]);

		assert_in_range(run(&c, SETTLE_NS, US), 0, NEAR_NS);
		c.nr_looks = 0;
		assert_in_range(run(&c, 100 * (uint64_t)CYCLES_SPAN_NS, US), 0, NEAR_NS);
		assert_in_range(c.nr_looks, 99, 101);
	}
}

static void test_nothing_is_converted_before_two_looks_have_agreed(void **state)
{
	struct computer c = boot(2.596);

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		(void)run(&c, CYCLES_SPAN_NS, CYCLES_SPAN_NS);
		assert_false(cycles_convert(&c.cycles, c.counter, &(uint64_t){ 0 }));
		c.rate *= i % 2 != 0 ? 0.99 : 1.02;
	}
}

static void test_a_clock_that_is_steered_is_followed_within_a_microsecond(void **state)
{
	struct computer c = boot(2.596);

	(void)state;
	(void)run(&c, SETTLE_NS, US);
	for (unsigned int i = 0; i < 20; i++) {
		c.rate = 2.596 * (i % 2 != 0 ? 1.0005 : 0.9995);
		c.nr_looks = 0;
		assert_in_range(run(&c, 20 * MS, 10 * US), 0, US);
		/* A look a span, of a span that the counter's old rate was for. */
		assert_in_range(c.nr_looks, 18, 21);
	}
}

static void test_looks_that_are_a_little_off_add_up_to_nothing(void **state)
{
	(void)state;
	for (unsigned int i = 1; i <= 100; i++) {
		struct computer c = boot(2.596);

		c.jitter = 100;
		c.seed = i;
		assert_in_range(run(&c, 50 * (uint64_t)CYCLES_SPAN_NS, 10 * US), 0, 300);
		assert_in_range(c.nr_looks, 49, 200);
	}
}

static void test_a_look_that_was_interrupted_is_no_comparison(void **state)
{
	struct computer c = boot(2.596);
	uint64_t ns;

	(void)state;
	c.look = CYCLES_LOOK;
	for (unsigned int i = 0; i < 10; i++) {
		pass(&c, CYCLES_SPAN_NS);
		assert_int_equal(look(&c), c.clock_ns);
		assert_false(cycles_convert(&c.cycles, c.counter, &ns));
	}
}

static void test_a_look_ends_what_was_believed_before(void **state)
{
	struct computer c = boot(2.596);

	(void)state;
	(void)run(&c, SETTLE_NS, US);
	c.look = CYCLES_LOOK;
	(void)look(&c);
	pass(&c, 10 * US);
	c.counter -= (uint64_t)(10 * US * c.rate);
	assert_int_equal(error_ns(&c), 0);
}

static void test_after_a_sleep_of_the_counter_the_clock_is_believed(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		static const uint64_t woken[] = { 0, UINT64_C(0x123456789), UINT64_C(1) << 60 };
		struct computer c = boot(2.596);

		(void)run(&c, SETTLE_NS, US);
		c.clock_ns += 10 * MS;
		c.counter = woken[i];
		assert_int_equal(error_ns(&c), 0);
		assert_in_range(run(&c, SETTLE_NS, US), 0, NEAR_NS);
		c.nr_looks = 0;
		assert_in_range(run(&c, 100 * (uint64_t)CYCLES_SPAN_NS, US), 0, NEAR_NS);
		assert_in_range(c.nr_looks, 99, 101);
	}
}

static void test_a_sleep_of_the_counter_alone_is_noticed_however_long(void **state)
{
	struct computer c = boot(2.596);
	uint64_t ns;

	(void)state;
	(void)run(&c, SETTLE_NS, US);
	pass(&c, 10 * MS);
	c.clock_ns += UINT64_C(1) << 32;
	assert_int_equal(error_ns(&c), 0);
	assert_false(cycles_convert(&c.cycles, c.counter, &ns));
}

static void test_a_counter_that_stands_still_is_not_believed(void **state)
{
	struct computer c = boot(0);

	(void)state;
	assert_int_equal(run(&c, SETTLE_NS, US), 0);
}

static void test_a_leap_ahead_is_paid_back(void **state)
{
	struct computer c = boot(2.596);

	(void)state;
	(void)run(&c, SETTLE_NS, US);
	pass(&c, 100 * US);
	(void)ask(&c);
	c.counter += (uint64_t)(300 * US * c.rate);
	assert_in_range(run(&c, SETTLE_NS, US), 299 * US, 301 * US);
	assert_in_range(run(&c, SETTLE_NS, US), 0, NEAR_NS);
}

/* It is neither too late afterwards, nor does time ever stand. */
static void test_what_is_ahead_of_the_clock_is_met_in_a_span_and_not_passed(void **state)
{
	static const uint64_t ahead_ns[] = { 1 * US, 300 * US, 400 * US, 520 * US };

	(void)state;
	for (size_t i = 0; i < sizeof(ahead_ns) / sizeof(ahead_ns[0]); i++) {
		struct computer c = boot(2.596);

		(void)run(&c, SETTLE_NS, US);
		pass(&c, CYCLES_SPAN_NS);
		c.cycles.last_ns = c.clock_ns + ahead_ns[i];
		(void)look(&c);
		for (uint64_t ns = 0; ns < 4 * (uint64_t)CYCLES_SPAN_NS; ns += US) {
			pass(&c, US);
			assert_true(ask(&c) + NEAR_NS >= c.clock_ns);
		}
		assert_in_range(error_ns(&c), 0, NEAR_NS);
	}
}

static void test_time_that_is_ahead_goes_on_at_half_its_pace_at_least(void **state)
{
	static const uint64_t ahead_ns[] = { 600 * US, 900 * US, 10 * MS };

	(void)state;
	for (size_t i = 0; i < sizeof(ahead_ns) / sizeof(ahead_ns[0]); i++) {
		struct computer c = boot(2.596);
		uint64_t before_ns;

		(void)run(&c, SETTLE_NS, US);
		pass(&c, CYCLES_SPAN_NS);
		c.cycles.last_ns = c.clock_ns + ahead_ns[i];
		before_ns = look(&c);
		pass(&c, 500 * US);
		assert_in_range(ask(&c) - before_ns, 250 * US - NEAR_NS, 500 * US);
	}
}

static void test_looks_that_are_seconds_apart_agree(void **state)
{
	struct computer c = boot(2.596);
	uint64_t ns;

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		(void)look(&c);
		pass(&c, 4 * (uint64_t)1000 * MS);
	}
	(void)look(&c);
	pass(&c, 10 * US);
	assert_true(cycles_convert(&c.cycles, c.counter, &ns));
}

static void test_time_far_ahead_of_the_clock_goes_on_slowly(void **state)
{
	struct computer c = boot(2.596);

	(void)state;
	(void)run(&c, SETTLE_NS, US);
	c.cycles.last_ns = c.clock_ns + 10 * MS;
	assert_in_range(run(&c, 30 * MS, US), 9 * MS, 10 * MS);
	assert_in_range(run(&c, SETTLE_NS, US), 0, NEAR_NS);
}

static void test_time_goes_on_whatever_the_counter_does(void **state)
{
	struct computer c = boot(2.596);

	(void)state;
	for (unsigned int i = 0; i < 200000; i++) {
		pass(&c, (uint64_t)rand_r(&c.seed) % (20 * US));
		if (rand_r(&c.seed) % 1000 == 0)
			c.counter += (uint64_t)rand_r(&c.seed) * 3;
		if (rand_r(&c.seed) % 1000 == 0)
			c.counter -= (uint64_t)rand_r(&c.seed) % (5 * MS);
		if (rand_r(&c.seed) % 5000 == 0)
			c.rate = 0.2 + rand_r(&c.seed) % 100 / 20.0;
		assert_in_range(error_ns(&c), 0, 50 * MS);
	}
}

static void test_the_clock_alone_does_not_go_backwards_either(void **state)
{
	struct computer c = boot(2.596);

	(void)state;
	(void)run(&c, SETTLE_NS, US);
	assert_int_equal(cycles_clock(&c.cycles, c.clock_ns + 5), c.clock_ns + 5);
	assert_int_equal(cycles_clock(&c.cycles, c.clock_ns), c.clock_ns + 5);
	assert_false(cycles_convert(&c.cycles, c.cycles.from, &(uint64_t){ 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_clock_is_looked_at_once_a_span),
		cmocka_unit_test(test_nothing_is_converted_before_two_looks_have_agreed),
		cmocka_unit_test(test_a_clock_that_is_steered_is_followed_within_a_microsecond),
		cmocka_unit_test(test_looks_that_are_a_little_off_add_up_to_nothing),
		cmocka_unit_test(test_a_look_that_was_interrupted_is_no_comparison),
		cmocka_unit_test(test_a_look_ends_what_was_believed_before),
		cmocka_unit_test(test_after_a_sleep_of_the_counter_the_clock_is_believed),
		cmocka_unit_test(test_a_sleep_of_the_counter_alone_is_noticed_however_long),
		cmocka_unit_test(test_a_counter_that_stands_still_is_not_believed),
		cmocka_unit_test(test_a_leap_ahead_is_paid_back),
		cmocka_unit_test(test_what_is_ahead_of_the_clock_is_met_in_a_span_and_not_passed),
		cmocka_unit_test(test_time_that_is_ahead_goes_on_at_half_its_pace_at_least),
		cmocka_unit_test(test_looks_that_are_seconds_apart_agree),
		cmocka_unit_test(test_time_far_ahead_of_the_clock_goes_on_slowly),
		cmocka_unit_test(test_time_goes_on_whatever_the_counter_does),
		cmocka_unit_test(test_the_clock_alone_does_not_go_backwards_either),
	};

	return cmocka_run_group_tests_name("cycles", tests, NULL, NULL);
}
