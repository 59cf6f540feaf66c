/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Functions that other threads want run on the controller's thread, and whose
 * answers they wait for.  What is marked (T) may be called from any thread.
 */
#ifndef EMU_CALLS_H
#define EMU_CALLS_H

#include "emu/loop.h"

struct calls;

/* The calling thread is the controller's, until calls_run.  NULL and errno. */
struct calls *calls_new(void);
/* Ends them, waits until all who waited have left, and frees.  NULL is nothing. */
void calls_free(struct calls *calls);

/* From now on the calling thread is the controller's, and loop carries what the
 * others call. */
void calls_run(struct calls *calls, struct loop *loop);
/* Answers -ESHUTDOWN to who waits, and to all who come.  On the controller's thread. */
void calls_end(struct calls *calls);

/* (T) Runs fn on the controller's thread, which is waited for, or at once if
 * this is it.  What fn answered, or -ESHUTDOWN: it has not run, and never will. */
int calls_call(struct calls *calls, int (*fn)(void *ctx), void *ctx);

#endif
