/* SPDX-License-Identifier: BSD-2-Clause */
/* What other threads want done on the controller's thread. */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "emu/drive.h"

enum { CALLERS = 8, ANSWER = 42, ENOUGH = 200 };

struct bench {
	struct drive *drive;
	char dir[32], nvme[64];
	pthread_t controller;		/* the thread of drive_run */
	atomic_uint nr_done;		/* calls, of all */
};

/* One that calls, and what it saw. */
struct caller {
	struct bench *bench;
	pthread_t thread;
	bool elsewhere;			/* fn ran on a thread that is not the controller's */
	int answer;
};

static int bench_new(void **state)
{
	static const char *const ns[] = { "mem=1M" };
	struct bench *bench = calloc(1, sizeof(*bench));
	struct drive_config config = {
		.vfio_user = bench->nvme, .vfio_user_fd = -1, .ns = ns, .nr_ns = 1,
	};
	char err[200];

	*state = bench;
	strcpy(bench->dir, "/tmp/nvmetap-XXXXXX");
	if (mkdtemp(bench->dir) == NULL)
		return -1;
	snprintf(bench->nvme, sizeof(bench->nvme), "%s/nvme", bench->dir);
	bench->controller = pthread_self();
	bench->drive = drive_new(&config, err, sizeof(err));
	return bench->drive == NULL;
}

static int bench_free(void **state)
{
	struct bench *bench = *state;

	drive_free(bench->drive);
	rmdir(bench->dir);
	free(bench);
	return 0;
}

static int note(void *ctx)
{
	struct caller *caller = ctx;

	caller->elsewhere |= !pthread_equal(pthread_self(), caller->bench->controller);
	atomic_fetch_add(&caller->bench->nr_done, 1);
	return ANSWER;
}

static int stop(void *ctx)
{
	struct caller *caller = ctx;

	drive_stop(caller->bench->drive);
	return note(ctx);
}

static int call_again_and_stop(void *ctx)
{
	struct caller *caller = ctx;
	int answer = drive_call(caller->bench->drive, note, caller);

	stop(ctx);
	return answer + 1;
}

static void start(struct caller *caller, struct bench *bench, void *(*run)(void *))
{
	*caller = (struct caller){ .bench = bench };
	assert_int_equal(pthread_create(&caller->thread, NULL, run, caller), 0);
}

static void *run_stop(void *ctx)
{
	struct caller *caller = ctx;

	caller->answer = drive_call(caller->bench->drive, stop, caller);
	return NULL;
}

static void *run_nested(void *ctx)
{
	struct caller *caller = ctx;

	caller->answer = drive_call(caller->bench->drive, call_again_and_stop, caller);
	return NULL;
}

/* Until the drive has ended. */
static void *run_many(void *ctx)
{
	struct caller *caller = ctx;

	do {
		caller->answer = drive_call(caller->bench->drive, note, caller);
		if (atomic_load(&caller->bench->nr_done) >= ENOUGH)
			drive_stop(caller->bench->drive);
	} while (caller->answer == ANSWER);
	return NULL;
}

static void test_a_call_before_the_run_runs_at_once(void **state)
{
	struct bench *bench = *state;
	struct caller caller = { .bench = bench };

	assert_int_equal(drive_call(bench->drive, note, &caller), ANSWER);
	assert_int_equal(bench->nr_done, 1);
	assert_false(caller.elsewhere);
}

static void test_a_call_from_another_thread_runs_on_the_controllers(void **state)
{
	struct bench *bench = *state;
	struct caller caller;

	start(&caller, bench, run_stop);
	assert_int_equal(drive_run(bench->drive), 0);
	pthread_join(caller.thread, NULL);
	assert_int_equal(caller.answer, ANSWER);
	assert_int_equal(bench->nr_done, 1);
	assert_false(caller.elsewhere);
}

static void test_a_call_within_a_call_runs_at_once(void **state)
{
	struct bench *bench = *state;
	struct caller caller;

	start(&caller, bench, run_nested);
	assert_int_equal(drive_run(bench->drive), 0);
	pthread_join(caller.thread, NULL);
	assert_int_equal(caller.answer, ANSWER + 1);
	assert_int_equal(bench->nr_done, 2);
}

static void test_a_call_after_the_end_is_refused(void **state)
{
	struct bench *bench = *state;
	struct caller caller = { .bench = bench };

	drive_stop(bench->drive);
	assert_int_equal(drive_run(bench->drive), 0);
	assert_int_equal(drive_call(bench->drive, note, &caller), -ESHUTDOWN);
	assert_int_equal(bench->nr_done, 0);
}

static void test_nobody_waits_for_a_drive_that_ends(void **state)
{
	struct bench *bench = *state;
	struct caller callers[CALLERS];

	for (unsigned int i = 0; i < CALLERS; i++)
		start(&callers[i], bench, run_many);
	assert_int_equal(drive_run(bench->drive), 0);
	for (unsigned int i = 0; i < CALLERS; i++) {
		pthread_join(callers[i].thread, NULL);
		assert_int_equal(callers[i].answer, -ESHUTDOWN);
		assert_false(callers[i].elsewhere);
	}
	assert_true(bench->nr_done >= ENOUGH);
}

#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, bench_new, bench_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(test_a_call_before_the_run_runs_at_once),
		BENCH_TEST(test_a_call_from_another_thread_runs_on_the_controllers),
		BENCH_TEST(test_a_call_within_a_call_runs_at_once),
		BENCH_TEST(test_a_call_after_the_end_is_refused),
		BENCH_TEST(test_nobody_waits_for_a_drive_that_ends),
	};

	alarm(60);	/* Who waits for ever fails. */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
