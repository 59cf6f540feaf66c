/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is still done when the program crashes: it is said whose code it was,
 * and what was captured is saved; then the signal does what it would have
 * done.  What is marked (T) may be called from any thread, (S) from a signal
 * handler.
 */
#ifndef EMU_CRASH_H
#define EMU_CRASH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include "emu/watch.h"

/* A controller, the caller's memory from crash_add to crash_remove. */
struct crash {
	const struct watch_mark *mark;
	/*
	 * (S) Saves what it can within a second or so; line, which outlives the
	 * program's rest, says what happened.  own: on the controller's thread,
	 * which does not go on; otherwise it goes on meanwhile.  Answers whether
	 * something was saved.  Or NULL.
	 */
	bool (*save)(void *ctx, bool own, const char *line);
	void *ctx;
	_Atomic pthread_t thread;	/* the controller's */
	void *stack;			/* of its handler */
	_Atomic int stopped;		/* see crash_stop */
	_Atomic uint64_t stop_word;
	const char *stop_line;
};

/* Handles SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT from now on, once for the
 * program.  0 or -errno. */
int crash_init(void);

/* (T) 0, or -ENOSPC: there are too many. */
int crash_add(struct crash *crash);
void crash_remove(struct crash *crash);

/* The calling thread is the controller's, and has a stack for the handler even
 * when its own is used up; until crash_leave. */
void crash_enter(struct crash *crash);
void crash_leave(struct crash *crash);

/*
 * Another thread: stops the controller's in the call that its mark names by word,
 * and saves.  true: it is stopped, or cannot be, and is not to be waited for;
 * false: the call has returned meanwhile.
 */
bool crash_stop(struct crash *crash, uint64_t word, const char *line);

#endif
