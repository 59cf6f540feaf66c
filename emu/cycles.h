/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A clock's time told by the processor's cycle counter, which takes less time
 * to read.  How fast the counter goes is found out, and kept up, by looking at
 * both.  While they do not go together the clock alone is believed: until two
 * looks have agreed on a rate; after the counter has leapt, in a computer that
 * was suspended or moved, or on a processor whose counter differs; and when the
 * kernel has given the counter up, whose other clocks take long to read.
 *
 * What is answered never goes backwards.  It is the clock's time to within what
 * two looks, CYCLES_SPAN_NS apart, may differ, less than a microsecond; a leap
 * of the counter is noticed at the next look.
 */
#ifndef EMU_CYCLES_H
#define EMU_CYCLES_H

#include <stdbool.h>
#include <stdint.h>

enum {
	CYCLES_SPAN_NS = 1 << 20,	/* how long a look at the clock holds */
	CYCLES_RATE_BITS = 32,
	CYCLES_LOOK = 1024,	/* cycles that a look at the clock takes less than, unless it is
				 * interrupted or the kernel has taken another clock */
};

/* One thread's; zeroed before its first use. */
struct cycles {
	uint64_t from, from_ns;		/* counter at the last look, and what was answered */
	uint64_t span;		/* cycles from there on that can be converted; 0: none */
	uint64_t pace;		/* at which they are, ns a cycle << CYCLES_RATE_BITS */
	uint64_t last_ns;	/* answered */
	uint64_t seen, seen_ns;		/* counter and clock when last compared */
	uint64_t rate;		/* from the comparison before to that one, or 0 */
};

/* The time at which the counter stood so, in *ns; false: look at the clock. */
static inline bool cycles_convert(struct cycles *c, uint64_t counter, uint64_t *ns)
{
	uint64_t since = counter - c->from;

	if (since >= c->span)
		return false;
	*ns = c->from_ns + (since * c->pace >> CYCLES_RATE_BITS);
	if (*ns < c->last_ns)
		*ns = c->last_ns;
	c->last_ns = *ns;
	return true;
}

/* The time where the clock alone is to be asked, which said now_ns. */
uint64_t cycles_clock(struct cycles *c, uint64_t now_ns);
/* The same; the counter was read before and after the clock was. */
uint64_t cycles_look(struct cycles *c, uint64_t before, uint64_t now_ns, uint64_t after);

#endif
