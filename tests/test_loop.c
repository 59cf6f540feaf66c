/* SPDX-License-Identifier: BSD-2-Clause */
/* The event loop: order, timers, mailbox, idle hook, stop. */
#include <config.h>

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "emu/loop.h"

static char said[256];

static void say(const char *word)
{
	strncat(said, word, sizeof(said) - strlen(said) - 1);
}

static int setup(void **state)
{
	said[0] = '\0';
	*state = loop_new();
	return *state == NULL;
}

static int teardown(void **state)
{
	loop_free(*state);
	return 0;
}

static void read_and_say(void *ctx, int fd)
{
	char byte;

	assert_int_equal(read(fd, &byte, 1), 1);
	say(ctx);
}

static void make_pipe(int fds[2])
{
	assert_int_equal(pipe(fds), 0);
}

static void close_pipe(int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

static void test_descriptors_are_served_from_the_lowest_order_to_the_highest(void **state)
{
	int a[2], b[2], c[2];

	make_pipe(a);
	make_pipe(b);
	make_pipe(c);
	assert_int_equal(loop_add(*state, a[0], 20, read_and_say, "a"), 0);
	assert_int_equal(loop_add(*state, b[0], 10, read_and_say, "b"), 0);
	assert_int_equal(loop_add(*state, c[0], 20, read_and_say, "c"), 0);
	assert_int_equal(write(a[1], "", 1) + write(b[1], "", 1) + write(c[1], "", 1), 3);
	assert_int_equal(loop_once(*state, -1), 0);
	assert_string_equal(said, "bac");
	close_pipe(a);
	close_pipe(b);
	close_pipe(c);
}

/* What happens while the kernel is looking: after it has seen the first. */
static void (*while_polling)(void);
int __real_ppoll(struct pollfd *fds, nfds_t nr, const struct timespec *ts, const sigset_t *mask);
int __wrap_ppoll(struct pollfd *fds, nfds_t nr, const struct timespec *ts, const sigset_t *mask);

int __wrap_ppoll(struct pollfd *fds, nfds_t nr, const struct timespec *ts, const sigset_t *mask)
{
	int rc;

	if (while_polling == NULL)
		return __real_ppoll(fds, nr, ts, mask);
	rc = poll(fds, 1, 0);
	while_polling();
	return rc + poll(fds + 1, nr - 1, 0);
}

static int console_pipe[2], transport_pipe[2];

static void guest_prints_then_rings(void)
{
	while_polling = NULL;
	assert_int_equal(write(console_pipe[1], "", 1), 1);
	assert_int_equal(write(transport_pipe[1], "", 1), 1);
}

static void test_a_line_written_while_the_kernel_looks_is_read_before_the_doorbell(void **state)
{
	make_pipe(console_pipe);
	make_pipe(transport_pipe);
	assert_int_equal(loop_add(*state, transport_pipe[0], LOOP_ORDER_TRANSPORT, read_and_say,
				  "[doorbell]"), 0);
	assert_int_equal(loop_add(*state, console_pipe[0], LOOP_ORDER_CONSOLE, read_and_say,
				  "[line]"), 0);
	while_polling = guest_prints_then_rings;
	assert_int_equal(loop_once(*state, -1), 0);
	assert_int_equal(loop_once(*state, 0), 0);
	assert_string_equal(said, "[line][doorbell]");
	close_pipe(console_pipe);
	close_pipe(transport_pipe);
}

struct remover {
	struct loop *loop;
	int fd;
};

static void remove_other(void *ctx, int fd)
{
	struct remover *r = ctx;

	read_and_say("r", fd);
	loop_remove(r->loop, r->fd);
}

static void test_a_descriptor_removed_in_the_round_is_not_served(void **state)
{
	struct remover r = { .loop = *state };
	int a[2], b[2];

	make_pipe(a);
	make_pipe(b);
	r.fd = b[0];
	assert_int_equal(loop_add(*state, a[0], 1, remove_other, &r), 0);
	assert_int_equal(loop_add(*state, b[0], 2, read_and_say, "b"), 0);
	assert_int_equal(write(a[1], "", 1) + write(b[1], "", 1), 2);
	assert_int_equal(loop_once(*state, -1), 0);
	assert_int_equal(loop_once(*state, 0), 0);
	assert_string_equal(said, "r");
	close_pipe(a);
	close_pipe(b);
}

static void say_hung_up(void *ctx, int fd)
{
	char byte;

	(void)ctx;
	assert_int_equal(read(fd, &byte, 1), 0);
	say("hup");
}

static void test_a_hangup_is_announced(void **state)
{
	int a[2];

	make_pipe(a);
	close(a[1]);
	assert_int_equal(loop_add(*state, a[0], 0, say_hung_up, NULL), 0);
	assert_int_equal(loop_once(*state, -1), 0);
	assert_string_equal(said, "hup");
	close(a[0]);
}

static void test_many_descriptors_fit(void **state)
{
	int fds[40][2];

	for (unsigned int i = 0; i < 40; i++) {
		make_pipe(fds[i]);
		assert_int_equal(loop_add(*state, fds[i][0], (int)i, read_and_say, "x"), 0);
		assert_int_equal(write(fds[i][1], "", 1), 1);
	}
	assert_int_equal(loop_once(*state, -1), 0);
	assert_int_equal(strlen(said), 40);
	for (unsigned int i = 0; i < 40; i++)
		close_pipe(fds[i]);
}

struct named_timer {
	struct loop_timer timer;
	struct loop *loop;
	const char *name;
	uint64_t fired_ns;
};

static void say_timer(struct loop_timer *timer)
{
	struct named_timer *t = (struct named_timer *)timer;

	t->fired_ns = loop_now_ns();
	say(t->name);
}

static void test_timers_fire_in_their_order_and_never_early(void **state)
{
	struct named_timer t[4] = { { .name = "0" }, { .name = "1" }, { .name = "2" },
				    { .name = "3" } };
	uint64_t now = loop_now_ns();
	static const uint64_t delay_us[4] = { 3000, 1000, 200, 2000 };

	for (unsigned int i = 0; i < 4; i++) {
		t[i].timer.fn = say_timer;
		assert_int_equal(loop_timer_set(*state, &t[i].timer, now + delay_us[i] * 1000), 0);
	}
	while (strlen(said) < 4)
		assert_int_equal(loop_once(*state, -1), 0);
	assert_string_equal(said, "2130");
	for (unsigned int i = 0; i < 4; i++)
		assert_true(t[i].fired_ns >= now + delay_us[i] * 1000);
}

static void test_a_cancelled_timer_is_silent_and_a_set_timer_moves(void **state)
{
	struct named_timer a = { .name = "a" }, b = { .name = "b" }, c = { .name = "c" };
	uint64_t now = loop_now_ns();

	a.timer.fn = b.timer.fn = c.timer.fn = say_timer;
	assert_int_equal(loop_timer_set(*state, &a.timer, now + 1), 0);
	assert_int_equal(loop_timer_set(*state, &b.timer, now + 2), 0);
	assert_int_equal(loop_timer_set(*state, &c.timer, now + 3), 0);
	loop_timer_cancel(*state, &b.timer);
	loop_timer_cancel(*state, &b.timer);
	assert_int_equal(loop_timer_set(*state, &a.timer, now + 4), 0);
	while (loop_now_ns() < now + 5)
		;
	assert_int_equal(loop_once(*state, -1), 0);
	assert_string_equal(said, "ca");
}

static uint64_t last_at;

static void check_sorted(struct loop_timer *timer)
{
	assert_true(timer->at_ns >= last_at);
	last_at = timer->at_ns;
	say(".");
}

static void test_a_thousand_random_timers_come_out_sorted(void **state)
{
	static struct loop_timer t[1000];
	uint32_t seed = 1;

	last_at = 0;
	for (unsigned int i = 0; i < 1000; i++) {
		seed = seed * 1664525 + 1013904223;
		t[i] = (struct loop_timer){ .fn = check_sorted };
		assert_int_equal(loop_timer_set(*state, &t[i], seed % 9973), 0);
	}
	for (unsigned int i = 0; i < 1000; i++) {
		if (i % 10 != 0)
			loop_timer_cancel(*state, &t[i]);
		else if (i % 20 == 0)
			loop_timer_set(*state, &t[i], 9973 - t[i].at_ns);
	}
	assert_int_equal(loop_once(*state, -1), 0);
	assert_int_equal(strlen(said), 100);
}

static void again(struct loop_timer *timer)
{
	struct named_timer *t = (struct named_timer *)timer;

	say(t->name);
	loop_timer_set(t->loop, timer, 0);
}

static void test_a_timer_that_sets_itself_again_does_not_hold_the_round(void **state)
{
	struct named_timer t = { .timer.fn = again, .loop = *state, .name = "t" };

	loop_timer_set(*state, &t.timer, 0);
	assert_int_equal(loop_once(*state, -1), 0);
	assert_string_equal(said, "t");
	loop_timer_cancel(*state, &t.timer);
}

enum { NR_THREADS = 3, NR_MESSAGES = 20000 };

struct numbered {
	struct loop_msg msg;
	unsigned int thread, number;
};

static struct poster {
	struct loop *loop;
	struct numbered *msgs;
	unsigned int thread;
} posters[NR_THREADS];
static unsigned int next_number[NR_THREADS];

static void check_number(struct loop_msg *msg)
{
	struct numbered *n = (struct numbered *)msg;

	assert_int_equal(n->number, next_number[n->thread]);
	next_number[n->thread]++;
}

static void *post_all(void *arg)
{
	struct poster *p = arg;

	for (unsigned int i = 0; i < NR_MESSAGES; i++) {
		p->msgs[i] = (struct numbered){ .msg.fn = check_number, .thread = p->thread,
						.number = i };
		loop_post(p->loop, &p->msgs[i].msg);
	}
	return NULL;
}

static void test_messages_of_many_threads_all_arrive_each_threads_in_order(void **state)
{
	pthread_t threads[NR_THREADS];
	unsigned int sum;

	for (unsigned int i = 0; i < NR_THREADS; i++) {
		next_number[i] = 0;
		posters[i] = (struct poster){ *state, calloc(NR_MESSAGES, sizeof(struct numbered)),
					      i };
		assert_int_equal(pthread_create(&threads[i], NULL, post_all, &posters[i]), 0);
	}
	do {
		assert_int_equal(loop_once(*state, -1), 0);
		sum = next_number[0] + next_number[1] + next_number[2];
	} while (sum < NR_THREADS * NR_MESSAGES);
	for (unsigned int i = 0; i < NR_THREADS; i++) {
		pthread_join(threads[i], NULL);
		free(posters[i].msgs);
	}
}

struct reposted {
	struct loop_msg msg;
	struct loop *loop;
};

static void repost(struct loop_msg *msg)
{
	struct reposted *r = (struct reposted *)msg;

	say("m");
	loop_post(r->loop, msg);
}

static void test_a_message_that_posts_itself_runs_once_a_round_without_sleep(void **state)
{
	struct reposted r = { .msg.fn = repost, .loop = *state };

	loop_post(*state, &r.msg);
	assert_int_equal(loop_once(*state, -1), 0);
	assert_string_equal(said, "m");
	assert_int_equal(loop_once(*state, -1), 0);
	assert_string_equal(said, "mm");
}

static void say_idle(void *ctx, bool messages, bool sleeping)
{
	(void)ctx;
	say(sleeping ? "[sleep]" : messages ? "[messages]" : "[idle]");
}

static void say_message(struct loop_msg *msg)
{
	(void)msg;
	say("m");
}

static void test_the_idle_hook_follows_the_work_and_precedes_the_wait(void **state)
{
	struct loop_msg msg = { .fn = say_message };
	int a[2];

	make_pipe(a);
	loop_on_idle(*state, say_idle, NULL);
	assert_int_equal(loop_add(*state, a[0], 0, read_and_say, "a"), 0);
	assert_int_equal(write(a[1], "", 1), 1);
	assert_int_equal(loop_once(*state, -1), 0);
	assert_string_equal(said, "[sleep]a[idle]");
	said[0] = '\0';
	loop_post(*state, &msg);
	assert_int_equal(loop_once(*state, -1), 0);
	assert_string_equal(said, "m[messages]");
	said[0] = '\0';
	assert_int_equal(loop_once(*state, 0), 0);
	assert_string_equal(said, "");
	close_pipe(a);
}

static struct loop *signalled;

static void on_signal(int sig)
{
	(void)sig;
	loop_stop(signalled);
}

static void raise_signal(struct loop_timer *timer)
{
	(void)timer;
	raise(SIGUSR1);
}

static void test_a_signal_handler_stops_the_loop(void **state)
{
	struct loop_timer timer = { .fn = raise_signal };

	signalled = *state;
	signal(SIGUSR1, on_signal);
	loop_timer_set(*state, &timer, loop_now_ns() + 1000);
	assert_int_equal(loop_run(*state), 0);
	signal(SIGUSR1, SIG_DFL);
}

static void *stop_from_thread(void *arg)
{
	loop_stop(arg);
	return NULL;
}

static void test_another_thread_stops_the_loop_before_or_while_it_runs(void **state)
{
	for (unsigned int i = 0; i < 100; i++) {
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, stop_from_thread, *state), 0);
		assert_int_equal(loop_run(*state), 0);
		pthread_join(thread, NULL);
	}
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_descriptors_are_served_from_the_lowest_order_to_the_highest),
		T(test_a_line_written_while_the_kernel_looks_is_read_before_the_doorbell),
		T(test_a_descriptor_removed_in_the_round_is_not_served),
		T(test_a_hangup_is_announced),
		T(test_many_descriptors_fit),
		T(test_timers_fire_in_their_order_and_never_early),
		T(test_a_cancelled_timer_is_silent_and_a_set_timer_moves),
		T(test_a_thousand_random_timers_come_out_sorted),
		T(test_a_timer_that_sets_itself_again_does_not_hold_the_round),
		T(test_messages_of_many_threads_all_arrive_each_threads_in_order),
		T(test_a_message_that_posts_itself_runs_once_a_round_without_sleep),
		T(test_the_idle_hook_follows_the_work_and_precedes_the_wait),
		T(test_a_signal_handler_stops_the_loop),
		T(test_another_thread_stops_the_loop_before_or_while_it_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
