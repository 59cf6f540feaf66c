/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plug-in that does what a plug-in should not do.  Options:
 *   do=WHAT   a row of deeds; without it vendor command 80h is answered with
 *             how many this instance has answered
 *   at=WHERE  nvme:io:decode, as without it, or another tap, setup, teardown,
 *             call, thread
 *   ms=MS     how long, for slow (50)
 *   file=PATH until this file is there, for until
 *   nr=N      the first N events of the tap pass (0)
 */
#include <config.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#undef NVMETAP_BUILTIN
#include "emu/plugin.h"

static unsigned int nr_answered, nr_events, pass, ms = 50;
static void (*deed)(void);
static struct nvmetap_plugin *self;
static pthread_t thread;
static bool threaded;
static atomic_bool stop, begun;
static const char *file;
static int *volatile nowhere;
static volatile unsigned int sink;

static void sleep_ms(unsigned int time_ms)
{
	struct timespec ts = { time_ms / 1000, (long)(time_ms % 1000) * 1000000 };

	nanosleep(&ts, NULL);
}

__attribute__((no_sanitize("address", "undefined"))) static void do_null(void)
{
	*nowhere = 1;
}

static void do_abort(void)
{
	abort();
}

static void do_trap(void)
{
	raise(SIGILL);
}

static void do_fpe(void)
{
	raise(SIGFPE);
}

__attribute__((noinline, no_sanitize("address", "undefined")))
static unsigned int dig(unsigned int depth)
{
	volatile char room[4096];

	room[depth % sizeof(room)] = 1;
	return depth == UINT32_MAX ? 0 : dig(depth + 1) + (unsigned int)room[sink % sizeof(room)];
}

static void do_overflow(void)
{
	sink = dig(0);
}

static void do_hang(void)
{
	for (;;)
		sleep_ms(10);
}

static void do_spin(void)
{
	for (;;)
		sink++;
}

static void do_deaf(void)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	do_hang();
}

static void do_slow(void)
{
	sleep_ms(ms);
}

static void do_until(void)
{
	while (access(file, F_OK) != 0)
		sleep_ms(1);
}

static const struct {
	const char *name;
	void (*fn)(void);
} deeds[] = {
	{ "null", do_null }, { "abort", do_abort }, { "trap", do_trap }, { "fpe", do_fpe },
	{ "overflow", do_overflow }, { "hang", do_hang }, { "spin", do_spin },
	{ "deaf", do_deaf }, { "slow", do_slow },
	{ "until", do_until },
};

static int do_it(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	(void)ev;
	if (nr_events++ >= pass)
		deed();
	return NVMETAP_GO;
}

static int answer(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	if (ev->cmd->opc != 0x80)
		return NVMETAP_GO;
	ev->cpl->cdw0 = ++nr_answered;
	return NVMETAP_HANDLED;
}

static int hold(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	if (ev->cmd->opc != NVME_OPC_READ)
		return NVMETAP_GO;
	(void)nvmetap_resume(NULL, ev->cmd_id, UINT64_C(3600000000000));
	return NVMETAP_LATER;
}

static int nothing(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	(void)ev;
	return 0;
}

static void post_all(struct nvmetap_plugin *plugin)
{
	struct nvme_completion cpl = { .cdw0 = 1 };

	(void)nvmetap_call(plugin, 0, nothing, NULL);
	(void)nvmetap_call(plugin, 1000, nothing, NULL);
	(void)nvmetap_call(plugin, UINT64_C(3600000000000), nothing, NULL);
	(void)nvmetap_log(plugin, "from a thread");
	(void)nvmetap_complete(plugin, 1, &cpl);
	(void)nvmetap_resume(plugin, 2, 1000);
}

/* The last ones are under way when the plug-in goes. */
static void *post(void *ctx)
{
	while (!atomic_load(&stop)) {
		post_all(ctx);
		sleep_ms(1);
	}
	post_all(ctx);
	return NULL;
}

/* When there is something to see. */
static void *do_in_thread(void *ctx)
{
	(void)ctx;
	while (!atomic_load(&stop) && !atomic_load(&begun))
		sleep_ms(1);
	deed();
	return NULL;
}

static int begin(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	(void)ev;
	atomic_store(&begun, true);
	return NVMETAP_GO;
}

static int start(void *(*fn)(void *))
{
	self = nvmetap_self();
	threaded = pthread_create(&thread, NULL, fn, self) == 0;
	return threaded ? 0 : -1;
}

/* Asks on a thread of its own for what is the controller's. */
static void *stray(void *ctx)
{
	static const int refused = -EPERM;
	int *answered = ctx;

	*answered = nvmetap_attach(self, "nvme:io:decode", nothing, NULL, 0) == refused &&
		    nvmetap_detach(self, "nvme:io:fetch", nothing, NULL) == refused &&
		    nvmetap_fault(self, NVMETAP_FAULT_CFS, 0) == refused ? 0 : 9;
	return NULL;
}

static int run_stray(void)
{
	int answered = 8;

	self = nvmetap_self();
	if (nvmetap_attach(NULL, "nvme:io:fetch", nothing, NULL, 0) != 0 ||
	    pthread_create(&thread, NULL, stray, &answered) != 0)
		return 7;
	pthread_join(thread, NULL);
	return answered;
}

static bool is(const char *key, const char *value)
{
	const char *given = nvmetap_option(NULL, key);

	return given != NULL && strcmp(given, value) == 0;
}

static unsigned int number(const char *key, unsigned int otherwise)
{
	const char *given = nvmetap_option(NULL, key);

	return given != NULL ? (unsigned int)strtoul(given, NULL, 0) : otherwise;
}

static int setup_deed(void)
{
	const char *at = nvmetap_option(NULL, "at");

	if (at != NULL && strcmp(at, "setup") == 0)
		deed();
	if (at != NULL && (strcmp(at, "setup") == 0 || strcmp(at, "teardown") == 0))
		return 0;
	if (at != NULL && strcmp(at, "call") == 0)
		return nvmetap_call(NULL, 1000000, do_it, NULL);
	if (at != NULL && strcmp(at, "thread") == 0)
		return start(do_in_thread) != 0 ? -1 : nvmetap_attach(NULL, "nvme:io:decode",
								      begin, NULL, 0);
	return nvmetap_attach(NULL, at != NULL ? at : "nvme:io:decode", do_it, NULL,
			      NVMETAP_MODIFY);
}

int setup(void)
{
	int rc;

	ms = number("ms", ms);
	pass = number("nr", 0);
	file = nvmetap_option(NULL, "file");
	if (is("do", "refuse")) {
		rc = nvmetap_attach(NULL, "nvme:io:decode", answer, NULL, NVMETAP_MODIFY);
		(void)nvmetap_log(NULL, "I would\nrather not");
		return rc == 0 ? 7 : rc;
	}
	if (is("do", "misspell"))
		return nvmetap_attach(NULL, "nvme:io:decod", answer, NULL, NVMETAP_MODIFY);
	if (is("do", "overlook"))
		(void)nvmetap_attach(NULL, "nvme:io:decod", answer, NULL, NVMETAP_MODIFY);
	if (is("do", "hold"))
		return nvmetap_attach(NULL, "nvme:io:decode", hold, NULL, NVMETAP_MODIFY);
	if (is("do", "stray"))
		return run_stray();
	if (is("do", "abbreviate"))
		return plugin_tap_attach("nvme:ctrl:execute", nothing);
	if (is("do", "post"))
		return start(post);
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++)
		if (is("do", deeds[i].name))
			deed = deeds[i].fn;
	if (deed != NULL)
		return setup_deed();
	return nvmetap_attach(NULL, "nvme:io:decode", answer, NULL, NVMETAP_MODIFY);
}

int teardown(void)
{
	atomic_store(&stop, true);
	if (threaded)
		pthread_join(thread, NULL);
	if (deed != NULL && is("at", "teardown"))
		deed();
	return is("do", "grumble") ? 5 : 0;
}
