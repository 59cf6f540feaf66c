/* SPDX-License-Identifier: BSD-2-Clause */
/* The watch over plug-ins' calls, in a time of the test's own. */
#include <config.h>

#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "emu/watch.h"

enum {
	PATIENCE_S = 60,
	LOOK_MS = 250,		/* of a watch with limits of seconds */
	JUMP = 10,		/* the look before which a time passes in which none is */
};

static const uint64_t MS = 1000000, HOUR = UINT64_C(3600000000000);

static uint64_t now_ns, jump_ns;	/* the watching thread's, while there is one */
static unsigned int nr_calls;
static sem_t ended;
static char slow_line[256], dead_line[256];

uint64_t __wrap_loop_now_ns(void);

/* A look asks twice: until when to sleep, which then is over at once, and what time it is. */
uint64_t __wrap_loop_now_ns(void)
{
	now_ns += LOOK_MS / 2 * MS;
	if (++nr_calls == 2 * JUMP)
		now_ns += jump_ns;
	return now_ns;
}

static void say(void *ctx, const char *line, bool done)
{
	(void)ctx;
	if (!done)
		snprintf(slow_line, sizeof(slow_line), "%s", line);
}

/* The first counts; the call goes on, and is found dead again. */
static bool dead(void *ctx, uint64_t word, const char *line)
{
	(void)ctx;
	(void)word;
	if (dead_line[0] != '\0')
		return true;
	snprintf(dead_line, sizeof(dead_line), "%s", line);
	sem_post(&ended);
	return true;
}

static struct watch *watch_call(struct watch_mark *mark, uint64_t jump)
{
	struct watch_config config = {
		.slow_ns = 2000 * MS, .dead_ns = 8000 * MS, .say = say, .dead = dead,
	};

	jump_ns = jump;
	nr_calls = 0;
	sem_init(&ended, 0, 0);
	slow_line[0] = dead_line[0] = '\0';
	watch_enter(mark, watch_place(0, WATCH_SETUP));
	return watch_new(mark, &config);
}

static void test_a_call_that_does_not_return_is_told_and_then_dead(void **state)
{
	struct watch_mark mark = { 0 };
	struct watch *watch = watch_call(&mark, 0);

	(void)state;
	assert_non_null(watch);
	sem_wait(&ended);
	watch_free(watch);
	assert_non_null(strstr(slow_line, "setup has not returned for 2 s"));
	assert_non_null(strstr(dead_line, "setup has not returned for 8 s"));
}

static void test_a_time_in_which_nobody_looked_is_not_the_call_s(void **state)
{
	struct watch_mark mark = { 0 };
	struct watch *watch = watch_call(&mark, HOUR);

	(void)state;
	assert_non_null(watch);
	sem_wait(&ended);
	watch_free(watch);
	assert_non_null(strstr(dead_line, "setup has not returned for 8"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_call_that_does_not_return_is_told_and_then_dead),
		cmocka_unit_test(test_a_time_in_which_nobody_looked_is_not_the_call_s),
	};

	alarm(PATIENCE_S);	/* Who waits for ever fails. */
	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
