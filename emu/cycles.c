/* SPDX-License-Identifier: BSD-2-Clause */
/* How fast the cycle counter goes beside the clock. */
#include <config.h>

#include "emu/cycles.h"

enum { SAME_BITS = 10 };	/* two rates agree if they differ by less than a part in 2^10 */

uint64_t cycles_clock(struct cycles *c, uint64_t now_ns)
{
	c->span = 0;
	if (now_ns > c->last_ns)
		c->last_ns = now_ns;
	return c->last_ns;
}

/* The rate since the last comparison, or 0: unknown. */
static uint64_t measure(const struct cycles *c, uint64_t counter, uint64_t now_ns)
{
	uint64_t cycles = counter - c->seen, ns = now_ns - c->seen_ns;

	if (cycles == 0 || ns >> (64 - CYCLES_RATE_BITS) != 0)
		return 0;
	return (ns << CYCLES_RATE_BITS) / cycles;
}

/* Unknown rates, 0, do not. */
static bool agree(uint64_t a, uint64_t b)
{
	return (a > b ? a - b : b - a) < a >> SAME_BITS;
}

/* Who is ahead of the clock goes so much slower that it catches up in a span. */
static void span_begin(struct cycles *c, uint64_t now_ns)
{
	uint64_t ahead_ns = c->last_ns - now_ns;

	if (ahead_ns > CYCLES_SPAN_NS / 2)
		ahead_ns = CYCLES_SPAN_NS / 2;
	c->from = c->seen;
	c->from_ns = c->last_ns;
	c->span = ((uint64_t)CYCLES_SPAN_NS << CYCLES_RATE_BITS) / c->rate;
	c->pace = c->rate - c->rate * ahead_ns / CYCLES_SPAN_NS;
}

uint64_t cycles_look(struct cycles *c, uint64_t before, uint64_t now_ns, uint64_t after)
{
	uint64_t counter = before + (after - before) / 2, answer_ns = cycles_clock(c, now_ns);
	uint64_t rate = c->rate;

	/* What was just now tells the rate too badly. */
	if (after - before >= CYCLES_LOOK || now_ns - c->seen_ns < CYCLES_SPAN_NS / 2)
		return answer_ns;
	c->rate = measure(c, counter, now_ns);
	c->seen = counter;
	c->seen_ns = now_ns;
	if (agree(c->rate, rate))
		span_begin(c, now_ns);
	return answer_ns;
}
