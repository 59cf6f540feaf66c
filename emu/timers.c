/* SPDX-License-Identifier: BSD-2-Clause */
/* The timers of a loop, in a heap. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include "emu/timers.h"

void timers_fini(struct timers *timers)
{
	free(timers->heap);
}

static void place(struct timers *timers, struct loop_timer *timer, unsigned int slot)
{
	timers->heap[slot] = timer;
	timer->slot = slot;
}

/* Puts timer at slot, or where it belongs above or below. */
static void sift(struct timers *timers, struct loop_timer *timer, unsigned int slot)
{
	while (slot > 1 && timer->at_ns < timers->heap[slot / 2]->at_ns) {
		place(timers, timers->heap[slot / 2], slot);
		slot /= 2;
	}
	for (;;) {
		unsigned int child = 2 * slot;

		if (child < timers->nr &&
		    timers->heap[child + 1]->at_ns < timers->heap[child]->at_ns)
			child++;
		if (child > timers->nr || timers->heap[child]->at_ns >= timer->at_ns)
			break;
		place(timers, timers->heap[child], slot);
		slot = child;
	}
	place(timers, timer, slot);
}

static int grow(struct timers *timers)
{
	unsigned int max = 2 * timers->max + 16;
	struct loop_timer **heap;

	if (timers->nr < timers->max)
		return 0;
	heap = realloc(timers->heap, (max + 1) * sizeof(*heap));
	if (heap == NULL)
		return -ENOMEM;
	timers->heap = heap;
	timers->max = max;
	return 0;
}

int timers_set(struct timers *timers, struct loop_timer *timer, uint64_t at_ns)
{
	int err;

	if (timer->slot == 0) {
		err = grow(timers);
		if (err != 0)
			return err;
		place(timers, timer, ++timers->nr);
	}
	timer->at_ns = at_ns;
	sift(timers, timer, timer->slot);
	return 0;
}

void timers_cancel(struct timers *timers, struct loop_timer *timer)
{
	unsigned int slot = timer->slot;
	struct loop_timer *last;

	if (slot == 0)
		return;
	timer->slot = 0;
	last = timers->heap[timers->nr--];
	if (last != timer)
		sift(timers, last, slot);
}

uint64_t timers_due_ns(const struct timers *timers)
{
	return timers->nr > 0 ? timers->heap[1]->at_ns : UINT64_MAX;
}

bool timers_run(struct timers *timers)
{
	unsigned int left = timers->nr;
	uint64_t now = left > 0 ? loop_now_ns() : 0;
	bool worked = false;

	for (; left > 0 && timers_due_ns(timers) <= now; left--) {
		struct loop_timer *timer = timers->heap[1];

		timers_cancel(timers, timer);
		timer->fn(timer);
		worked = true;
	}
	return worked;
}
