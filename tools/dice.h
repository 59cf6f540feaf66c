/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reproducible dice: a stream of numbers that follows from its seed alone, and
 * times drawn from it.  The same seed gives the same numbers on every machine.
 * One owner each.
 */
#ifndef TOOLS_DICE_H
#define TOOLS_DICE_H

#include <stdint.h>

struct dice {
	uint64_t state;
};

static inline void dice_seed(struct dice *dice, uint64_t seed)
{
	dice->state = seed;
}

uint64_t dice_next(struct dice *dice);
/* 0 to n - 1; n is not 0. */
uint64_t dice_below(struct dice *dice, uint64_t n);

/* How times are spread. */
enum spread_kind {
	SPREAD_FIXED,		/* a */
	SPREAD_UNIFORM,		/* a to b */
	SPREAD_NORMAL,		/* mean a, standard deviation b; what is below 0 is 0 */
	SPREAD_EXPONENTIAL,	/* mean a */
	SPREAD_PARETO,		/* at least a; the tail's exponent is shape */
};

struct spread {
	enum spread_kind kind;
	uint64_t a_ns, b_ns;
	double shape;
};

#define SPREAD_MOST_NS UINT64_C(3600000000000)	/* what is drawn is at most an hour */

/* A fixed time takes nothing from the stream. */
uint64_t spread_draw(const struct spread *spread, struct dice *dice);

#endif
