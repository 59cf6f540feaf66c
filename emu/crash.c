/* SPDX-License-Identifier: BSD-2-Clause */
/* What is still done when the program crashes. */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "emu/crash.h"
#include "emu/crash_text.h"
#include "emu/loop.h"
#include "emu/sigbus.h"

enum {
	CRASHES = 16,			/* controllers at once */
	STACK_SIZE = 128 << 10,
	STOP_NS = 500000000,		/* until the controller's thread is in the handler */
	SAVE_NS = 3000000000u,		/* until it has saved */
	OTHER_MS = 5000,		/* for another thread that crashed first */
	LINE_LEN = 512,
};

enum { STOP_NONE, STOP_WANTED, STOP_BEGUN, STOP_DONE, STOP_ESCAPED };

static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
enum { NR_SIGNALS = sizeof(signals) / sizeof(signals[0]) };

static struct sigaction before[NR_SIGNALS];
static int init_error;
static _Atomic(struct crash *) crashes[CRASHES];
static _Atomic pthread_t first;		/* that crashed; 0: none yet */
static char line[LINE_LEN];		/* the first's */

static bool is_own(const struct crash *crash)
{
	return pthread_equal(atomic_load(&crash->thread), pthread_self());
}

/* The controller whose thread this is, or NULL. */
static struct crash *own_crash(void)
{
	for (unsigned int i = 0; i < CRASHES; i++) {
		struct crash *crash = atomic_load(&crashes[i]);

		if (crash != NULL && is_own(crash))
			return crash;
	}
	return NULL;
}

static bool save_all(const char *what)
{
	bool saved = false;

	for (unsigned int i = 0; i < CRASHES; i++) {
		struct crash *crash = atomic_load(&crashes[i]);

		if (crash != NULL && crash->save != NULL &&
		    crash->save(crash->ctx, is_own(crash), what))
			saved = true;
	}
	return saved;
}

/* The signal does what it would have done: a fault by happening again. */
static void pass_on(int sig, const siginfo_t *info)
{
	for (unsigned int i = 0; i < NR_SIGNALS; i++) {
		if (signals[i] == sig)
			sigaction(sig, &before[i], NULL);
	}
	if (info->si_code <= 0)
		raise(sig);
}

static void say(int sig, const siginfo_t *info, const void *context)
{
	const struct crash *own = own_crash();
	uint64_t word = own != NULL ? atomic_load(&own->mark->word) : 0;

	crash_text(line, sizeof(line), word, sig, info, context);
	crash_text_write(line);
	if (save_all(line))
		crash_text_write("what was captured until then is saved");
}

/* The controller's thread, wherever the signal has met it. */
static void stop_here(struct crash *crash)
{
	if (atomic_load(&crash->mark->word) != atomic_load(&crash->stop_word)) {
		atomic_store(&crash->stopped, STOP_ESCAPED);
		return;
	}
	atomic_store(&crash->stopped, STOP_BEGUN);
	if (crash->save != NULL)
		(void)crash->save(crash->ctx, true, crash->stop_line);
	atomic_store(&crash->stopped, STOP_DONE);
	for (;;)
		(void)poll(NULL, 0, -1);
}

static void on_crash(int sig, siginfo_t *info, void *context)
{
	struct crash *own = own_crash();
	pthread_t nobody = 0;

	if (sig == SIGBUS)
		sigbus_take(info);
	if (sig == SIGABRT && own != NULL && atomic_load(&own->stopped) == STOP_WANTED) {
		stop_here(own);
		return;
	}
	if (atomic_compare_exchange_strong(&first, &nobody, pthread_self()))
		say(sig, info, context);
	else if (!pthread_equal(nobody, pthread_self()))
		(void)poll(NULL, 0, OTHER_MS);	/* the first one ends the program */
	pass_on(sig, info);
}

static void install(void)
{
	/* SA_NODEFER: a crash in the handler is one, too, and see emu/sigbus.c. */
	struct sigaction sa = {
		.sa_sigaction = on_crash,
		.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK,
	};

	init_error = sigbus_init();
	sigemptyset(&sa.sa_mask);
	for (unsigned int i = 0; i < NR_SIGNALS && init_error == 0; i++) {
		if (sigaction(signals[i], &sa, &before[i]) != 0)
			init_error = -errno;
	}
}

int crash_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, install);
	return init_error;
}

int crash_add(struct crash *crash)
{
	for (unsigned int i = 0; i < CRASHES; i++) {
		struct crash *none = NULL;

		if (atomic_compare_exchange_strong(&crashes[i], &none, crash))
			return 0;
	}
	return -ENOSPC;
}

void crash_remove(struct crash *crash)
{
	for (unsigned int i = 0; i < CRASHES; i++) {
		struct crash *there = crash;

		(void)atomic_compare_exchange_strong(&crashes[i], &there, NULL);
	}
}

/* Who has a stack for handlers already, as under AddressSanitizer, keeps it. */
void crash_enter(struct crash *crash)
{
	stack_t stack;

	atomic_store(&crash->thread, pthread_self());
	crash->stack = NULL;
	if (sigaltstack(NULL, &stack) != 0 || (stack.ss_flags & SS_DISABLE) == 0)
		return;
	crash->stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	if (crash->stack == MAP_FAILED)
		crash->stack = NULL;
	if (crash->stack == NULL)
		return;
	stack = (stack_t){ .ss_sp = crash->stack, .ss_size = STACK_SIZE };
	(void)sigaltstack(&stack, NULL);
}

void crash_leave(struct crash *crash)
{
	stack_t none = { .ss_flags = SS_DISABLE };

	atomic_store(&crash->thread, 0);
	if (crash->stack == NULL)
		return;
	(void)sigaltstack(&none, NULL);
	munmap(crash->stack, STACK_SIZE);
	crash->stack = NULL;
}

/* What it is now, at the latest in so many ns, if it is no longer from. */
static int stopped_after(const struct crash *crash, int from, uint64_t within_ns)
{
	uint64_t until_ns = loop_now_ns() + within_ns;
	int now;

	while ((now = atomic_load(&crash->stopped)) == from && loop_now_ns() < until_ns)
		(void)poll(NULL, 0, 1);
	return now;
}

bool crash_stop(struct crash *crash, uint64_t word, const char *what)
{
	int now = STOP_WANTED;

	crash->stop_line = what;
	atomic_store(&crash->stop_word, word);
	atomic_store(&crash->stopped, STOP_WANTED);
	if (pthread_kill(atomic_load(&crash->thread), SIGABRT) == 0)
		now = stopped_after(crash, STOP_WANTED, STOP_NS);
	if (now == STOP_BEGUN)
		now = stopped_after(crash, STOP_BEGUN, SAVE_NS);
	if (now == STOP_ESCAPED) {
		atomic_store(&crash->stopped, STOP_NONE);
		return false;
	}
	/* It hears no signals, so it does not stop either. */
	if (now == STOP_WANTED && crash->save != NULL)
		(void)crash->save(crash->ctx, false, what);
	return true;
}
