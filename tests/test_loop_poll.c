/* SPDX-License-Identifier: BSD-2-Clause */
/* The event loop that goes on looking before it sleeps, in a time of the test's own. */
#include <config.h>

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "emu/loop.h"

enum { US = 1000, STEP_US = 5, POLL_MAX_US = 100 };

static uint64_t now_ns;
static unsigned int nr_sleeps, nr_looks;
static unsigned int comes_after_us, passed_us;
static int guest_pipe[2];
static struct loop_msg *to_post;
static struct loop *loop;
static unsigned int nr_heard, nr_messages, nr_timers;

int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_ppoll(struct pollfd *fds, nfds_t nr, const struct timespec *ts, const sigset_t *mask);

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	(void)id;
	*ts = (struct timespec){ (time_t)(now_ns / 1000000000), (long)(now_ns % 1000000000) };
	return 0;
}

/* A look takes STEP_US, a sleep as long as it has to. */
int __wrap_ppoll(struct pollfd *fds, nfds_t nr, const struct timespec *ts, const sigset_t *mask)
{
	bool sleeps = ts == NULL || ts->tv_sec != 0 || ts->tv_nsec != 0;
	unsigned int us = sleeps ? comes_after_us - passed_us : STEP_US;

	(void)mask;
	nr_sleeps += sleeps;
	nr_looks += !sleeps;
	now_ns += (uint64_t)us * US;
	passed_us += us;
	if (to_post != NULL) {
		loop_post(loop, to_post);
		to_post = NULL;
	}
	if (passed_us >= comes_after_us)
		assert_int_equal(write(guest_pipe[1], "", 1), 1);
	return poll(fds, nr, 0);
}

static void hear(void *ctx, int fd)
{
	char byte;

	(void)ctx;
	assert_int_equal(read(fd, &byte, 1), 1);
	nr_heard++;
}

static void message_comes(struct loop_msg *msg)
{
	(void)msg;
	nr_messages++;
}

static void timer_comes(struct loop_timer *timer)
{
	(void)timer;
	nr_timers++;
}

static int setup(void **state)
{
	(void)state;
	now_ns = 1000000000;
	nr_heard = nr_messages = nr_timers = 0;
	loop = loop_new();
	if (loop == NULL || pipe(guest_pipe) != 0)
		return -1;
	loop_poll_max(loop, POLL_MAX_US * US);
	return loop_add(loop, guest_pipe[0], 0, hear, NULL);
}

static int teardown(void **state)
{
	(void)state;
	close(guest_pipe[0]);
	close(guest_pipe[1]);
	loop_free(loop);
	return 0;
}

/* One round, in which the guest says something after us. */
static void round_us(unsigned int us)
{
	comes_after_us = us;
	passed_us = nr_sleeps = nr_looks = 0;
	assert_int_equal(loop_once(loop, -1), 0);
}

static void wait_us(unsigned int us)
{
	unsigned int before = nr_heard;

	round_us(us);
	assert_int_equal(nr_heard, before + 1);
}

static void test_a_loop_that_may_not_look_sleeps_at_once(void **state)
{
	(void)state;
	loop_poll_max(loop, 0);
	for (unsigned int i = 0; i < 3; i++) {
		wait_us(10);
		assert_int_equal(nr_sleeps, 1);
		assert_int_equal(nr_looks, 0);
	}
}

static void test_after_a_short_wait_the_next_is_met_awake(void **state)
{
	(void)state;
	wait_us(30);
	assert_int_equal(nr_sleeps, 1);
	wait_us(50);
	assert_int_equal(nr_sleeps, 0);
	assert_int_equal(nr_looks, 50 / STEP_US);
}

static void test_what_takes_longer_is_looked_for_longer_up_to_the_most(void **state)
{
	(void)state;
	wait_us(10);	/* from now on it looks for 20 us */
	wait_us(45);	/* in vain, so for 90 us */
	assert_int_equal(nr_sleeps, 1);
	wait_us(90);
	assert_int_equal(nr_sleeps, 0);
	wait_us(95);	/* in vain, so for 100 us, not 190 */
	assert_int_equal(nr_sleeps, 1);
	wait_us(150);
	assert_int_equal(nr_looks, POLL_MAX_US / STEP_US);
	assert_int_equal(nr_sleeps, 1);
}

static void test_a_quiet_loop_looks_ever_less_and_then_not_at_all(void **state)
{
	unsigned int looks = POLL_MAX_US / STEP_US;

	(void)state;
	wait_us(80);
	for (unsigned int i = 0; i < 20; i++) {
		wait_us(5000);
		assert_int_equal(nr_sleeps, 1);
		assert_true(nr_looks <= looks);
		looks = nr_looks;
	}
	assert_int_equal(looks, 0);
}

static void test_a_message_ends_the_looking(void **state)
{
	struct loop_msg msg = { .fn = message_comes };

	(void)state;
	wait_us(80);
	to_post = &msg;
	round_us(1000);
	assert_int_equal(nr_messages, 1);
	assert_int_equal(nr_looks, 1);
	assert_int_equal(nr_sleeps, 0);
}

static void test_a_timer_is_not_looked_past(void **state)
{
	struct loop_timer timer = { .fn = timer_comes };

	(void)state;
	wait_us(80);
	loop_timer_set(loop, &timer, now_ns + 20 * US);
	round_us(1000);
	assert_int_equal(nr_timers, 1);
	assert_int_equal(nr_sleeps, 0);
	assert_in_range(nr_looks, 20 / STEP_US, 20 / STEP_US + 1);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_a_loop_that_may_not_look_sleeps_at_once),
		T(test_after_a_short_wait_the_next_is_met_awake),
		T(test_what_takes_longer_is_looked_for_longer_up_to_the_most),
		T(test_a_quiet_loop_looks_ever_less_and_then_not_at_all),
		T(test_a_message_ends_the_looking),
		T(test_a_timer_is_not_looked_past),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
