/* SPDX-License-Identifier: BSD-2-Clause */
/* The thread that looks whether a plug-in's code returns. */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "emu/library.h"
#include "emu/loop.h"
#include "emu/tap.h"
#include "emu/watch.h"

enum {
	LOOKS = 8,		/* in the time of a limit */
	LOOK_MIN_NS = 1000000,
	LOOK_MAX_NS = 250000000,
	MOST_LOOKS = 2,		/* that one counts for, however late it is */
	NS_PER_S = 1000000000,
	LINE_LEN = 256,
};

struct watch {
	const struct watch_mark *mark;
	struct watch_config config;
	uint64_t look_ns;
	/* What the last look saw, and when; for how long, and whether it was told. */
	uint64_t word, looked_ns, age_ns;
	bool told;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;		/* guarded by lock */
};

const char *watch_where_name(unsigned int where)
{
	static const char *const names[] = {
		[WATCH_CALL - WATCH_CALL] = "a call that it asked for",
		[WATCH_SETUP - WATCH_CALL] = "setup",
		[WATCH_TEARDOWN - WATCH_CALL] = "teardown",
		[WATCH_LOAD - WATCH_CALL] = "loading",
		[WATCH_UNLOAD - WATCH_CALL] = "unloading",
	};

	if (where < NVMETAP_NR_TAPS)
		return tap_name(where);
	if (where >= WATCH_CALL && where - WATCH_CALL < sizeof(names) / sizeof(names[0]))
		return names[where - WATCH_CALL];
	return "?";
}

static void put_line(char line[LINE_LEN], uint64_t word, const char *what, uint64_t ns)
{
	char name[LIBRARY_NAME];

	library_copy_name(watch_library(word), name);
	snprintf(line, LINE_LEN, "plug-in %s: %s %s %.3g s", name,
		 watch_where_name(watch_where(word)), what, (double)ns / NS_PER_S);
}

static void say(struct watch *watch, const char *what, uint64_t ns, bool done)
{
	char line[LINE_LEN];

	put_line(line, watch->word, what, ns);
	watch->config.say(watch->config.ctx, line, done);
}

static void look_again(struct watch *watch, uint64_t age_ns)
{
	char line[LINE_LEN];

	if (!watch->told && watch->config.slow_ns != 0 && age_ns >= watch->config.slow_ns) {
		watch->told = true;
		say(watch, "has not returned for", age_ns, false);
	}
	if (watch->config.dead_ns == 0 || age_ns < watch->config.dead_ns)
		return;
	put_line(line, watch->word, "has not returned for", age_ns);
	(void)watch->config.dead(watch->config.ctx, watch->word, line);
}

/* Since the last look.  Who was stopped, as by a debugger, has not been slow. */
static uint64_t passed_ns(struct watch *watch)
{
	uint64_t now_ns = loop_now_ns(), ns = now_ns - watch->looked_ns;

	watch->looked_ns = now_ns;
	return ns < MOST_LOOKS * watch->look_ns ? ns : MOST_LOOKS * watch->look_ns;
}

static void look(struct watch *watch)
{
	uint64_t word = atomic_load_explicit(&watch->mark->word, memory_order_relaxed);

	watch->age_ns += passed_ns(watch);
	if (word == watch->word) {
		if (word != 0)
			look_again(watch, watch->age_ns);
		return;
	}
	if (watch->told)
		say(watch, "took", watch->age_ns, true);
	watch->word = word;
	watch->age_ns = 0;
	watch->told = false;
}

static void *run(void *ctx)
{
	struct watch *watch = ctx;
	struct timespec until;
	uint64_t until_ns;

	pthread_mutex_lock(&watch->lock);
	while (!watch->stop) {
		until_ns = loop_now_ns() + watch->look_ns;
		until.tv_sec = (time_t)(until_ns / NS_PER_S);
		until.tv_nsec = (long)(until_ns % NS_PER_S);
		(void)pthread_cond_timedwait(&watch->wake, &watch->lock, &until);
		pthread_mutex_unlock(&watch->lock);
		look(watch);
		pthread_mutex_lock(&watch->lock);
	}
	pthread_mutex_unlock(&watch->lock);
	look(watch);	/* for what was told and has not been ended yet */
	return NULL;
}

/* Often enough for the shorter limit; as rarely as if it were a second or so
 * for longer ones, since each look takes a CPU from somebody. */
static uint64_t look_ns(const struct watch_config *config)
{
	uint64_t limit_ns = config->slow_ns;

	if (limit_ns == 0 || (config->dead_ns != 0 && config->dead_ns < limit_ns))
		limit_ns = config->dead_ns;
	limit_ns /= LOOKS;
	if (limit_ns < LOOK_MIN_NS)
		return LOOK_MIN_NS;
	return limit_ns < LOOK_MAX_NS ? limit_ns : LOOK_MAX_NS;
}

static int start(struct watch *watch)
{
	pthread_condattr_t attr;
	sigset_t all, old;
	int err;

	pthread_mutex_init(&watch->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&watch->wake, &attr);
	pthread_condattr_destroy(&attr);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&watch->thread, NULL, run, watch);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}

struct watch *watch_new(const struct watch_mark *mark, const struct watch_config *config)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int err;

	if (watch == NULL)
		return NULL;
	watch->mark = mark;
	watch->config = *config;
	watch->look_ns = look_ns(config);
	err = start(watch);
	if (err == 0)
		return watch;
	free(watch);
	errno = err;
	return NULL;
}

void watch_free(struct watch *watch)
{
	if (watch == NULL)
		return;
	pthread_mutex_lock(&watch->lock);
	watch->stop = true;
	pthread_cond_signal(&watch->wake);
	pthread_mutex_unlock(&watch->lock);
	pthread_join(watch->thread, NULL);
	pthread_cond_destroy(&watch->wake);
	pthread_mutex_destroy(&watch->lock);
	free(watch);
}
