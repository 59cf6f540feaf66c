/* SPDX-License-Identifier: BSD-2-Clause */
/* Time that stands still, and waiting that takes none. */
#include "config.h"
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include "tests/fuzz/frame.h"
#include "tests/fuzz/still_time.h"

enum {
	NS_PER_S = 1000000000,
	NS_PER_MS = 1000000,
	START_S = 1000,
	MAX_BUSY = 64,		/* rounds of the loop without a turn of the script's */
};

static uint64_t now_ns;
static unsigned int nr_busy;

int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_poll(struct pollfd *fds, nfds_t nr, int timeout_ms);
int __wrap_ppoll(struct pollfd *fds, nfds_t nr, const struct timespec *ts, const sigset_t *mask);
int __real_poll(struct pollfd *fds, nfds_t nr, int timeout_ms);

void still_time_start(void)
{
	now_ns = (uint64_t)START_S * NS_PER_S;
	nr_busy = 0;
}

void still_time_pass(uint64_t ns)
{
	now_ns += ns;
}

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	(void)id;
	*ts = (struct timespec){ (time_t)(now_ns / NS_PER_S), (long)(now_ns % NS_PER_S) };
	return 0;
}

/* The transport waits for an answer, or for room. */
int __wrap_poll(struct pollfd *fds, nfds_t nr, int timeout_ms)
{
	int ready;

	for (;;) {
		bool drained = frame_drain();

		ready = __real_poll(fds, nr, 0);
		if (ready != 0)
			return ready;
		if (drained)
			continue;
		if (!frame_turn()) {
			still_time_pass((uint64_t)timeout_ms * NS_PER_MS);
			return 0;
		}
	}
}

/*
 * The loop waits.  It is not the script's turn while there is work left, unless
 * that does not end: an interrupt whose eventfd unmasks it, say.
 */
int __wrap_ppoll(struct pollfd *fds, nfds_t nr, const struct timespec *ts, const sigset_t *mask)
{
	uint64_t ns = ts != NULL ? (uint64_t)ts->tv_sec * NS_PER_S + (uint64_t)ts->tv_nsec : 0;
	int ready;

	(void)mask;
	frame_drain();
	ready = __real_poll(fds, nr, 0);
	if ((ready != 0 || (ts != NULL && ns == 0)) && ++nr_busy < MAX_BUSY)
		return ready;
	nr_busy = 0;
	if (!frame_turn())
		still_time_pass(ns);
	return __real_poll(fds, nr, 0);
}
