/* SPDX-License-Identifier: BSD-2-Clause */
/* The timers of a loop: the one that is due first is found at once.  The loop's
 * thread only. */
#ifndef EMU_TIMERS_H
#define EMU_TIMERS_H

#include "emu/loop.h"

/* All zero to begin with. */
struct timers {
	struct loop_timer **heap;	/* [1] is due first */
	unsigned int nr, max;
};

void timers_fini(struct timers *timers);	/* those that are set are forgotten */

/* As loop_timer_set and loop_timer_cancel. */
int timers_set(struct timers *timers, struct loop_timer *timer, uint64_t at_ns);
void timers_cancel(struct timers *timers, struct loop_timer *timer);

/* When the first is due; UINT64_MAX: there is none. */
uint64_t timers_due_ns(const struct timers *timers);
/* Fires those that are due.  One that sets itself again has its next turn in the
 * next call.  Whether there were any. */
bool timers_run(struct timers *timers);

#endif
