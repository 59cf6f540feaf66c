/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The controller's thread: file descriptors, timers, and a mailbox through
 * which every other thread speaks to it.  One loop, one thread; what is marked
 * (T) may be called from any thread, (S) from a signal handler too.
 */
#ifndef EMU_LOOP_H
#define EMU_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;

enum {
	LOOP_ORDER_CONSOLE = 0,		/* each before what it must be read before */
	LOOP_ORDER_TRANSPORT = 10,
};

/* Called when the descriptor is readable, or has been hung up. */
typedef void loop_fd_fn(void *ctx, int fd);

/* A message to the loop.  Embedded in its sender's structure: posting never
 * allocates.  Not to be posted again before fn has begun to run. */
struct loop_msg {
	struct loop_msg *next;
	void (*fn)(struct loop_msg *msg);
};

/* A timer.  Embedded; zeroed before its first use. */
struct loop_timer {
	uint64_t at_ns;		/* CLOCK_MONOTONIC */
	unsigned int slot;	/* in the heap, 0: not set */
	void (*fn)(struct loop_timer *timer);
};

struct loop *loop_new(void);	/* NULL and errno */
void loop_free(struct loop *loop);

/* Descriptors are served from the lowest order to the highest at each wake-up,
 * then messages, then timers.  What a lower descriptor had to say before a
 * higher one became ready is seen first, so that the console stands before the
 * transport (which therefore takes one message a call).  0 or -ENOMEM. */
int loop_add(struct loop *loop, int fd, int order, loop_fd_fn *fn, void *ctx);
void loop_remove(struct loop *loop, int fd);

/* Fires once, at at_ns or soon after.  Setting a set timer moves it.  0 or -ENOMEM. */
int loop_timer_set(struct loop *loop, struct loop_timer *timer, uint64_t at_ns);
void loop_timer_cancel(struct loop *loop, struct loop_timer *timer);
uint64_t loop_now_ns(void);	/* (T) CLOCK_MONOTONIC */
uint64_t loop_in_ns(uint64_t ns);	/* (T) so much later than now; UINT64_MAX is never */

/* (T) fn runs on the loop's thread, messages of one thread in their order. */
void loop_post(struct loop *loop, struct loop_msg *msg);

/* fn is called each time all that was ready has been worked off, with messages
 * set if some of it was messages, and again (sleeping) before the loop sleeps. */
void loop_on_idle(struct loop *loop, void (*fn)(void *ctx, bool messages, bool sleeping),
		  void *ctx);

/*
 * Before it sleeps, the loop goes on looking for up to max_ns (0, as at first:
 * not at all), since waking a thread takes longer than what is asked of it.
 * It adapts: after waits that were longer it looks for less time, down to none
 * in a loop that has little to do, and after a short one for more again.
 */
void loop_poll_max(struct loop *loop, uint64_t max_ns);

/* Runs until loop_stop.  0 or -errno of the wait itself. */
int loop_run(struct loop *loop);
/* One round: waits at most timeout_ms (-1: for ever, 0: not at all). */
int loop_once(struct loop *loop, int timeout_ms);
void loop_stop(struct loop *loop);	/* (T) (S) */

#endif
