/* SPDX-License-Identifier: BSD-2-Clause */
/* Reproducible dice, and times drawn from them. */
#include "tools/dice.h"

#include <math.h>

/* Steele, Lea and Flood's SplitMix: any seed will do, 0 as well. */
uint64_t dice_next(struct dice *dice)
{
	uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint64_t dice_below(struct dice *dice, uint64_t n)
{
	uint64_t most = UINT64_MAX - UINT64_MAX % n, value;

	do
		value = dice_next(dice);
	while (value >= most);
	return value % n;
}

/* More than 0, at most 1. */
static double unit(struct dice *dice)
{
	return ((double)(dice_next(dice) >> 11) + 1) / 9007199254740992.0;
}

/* Box and Muller; the second number that their method yields is not kept. */
static double normal(struct dice *dice)
{
	double radius = sqrt(-2 * log(unit(dice)));

	return radius * cos(2 * 3.14159265358979323846 * unit(dice));
}

uint64_t spread_draw(const struct spread *spread, struct dice *dice)
{
	double a = (double)spread->a_ns, b = (double)spread->b_ns, ns = 0;

	switch (spread->kind) {
	case SPREAD_FIXED:
		return spread->a_ns;
	case SPREAD_UNIFORM:
		return spread->a_ns + dice_below(dice, spread->b_ns - spread->a_ns + 1);
	case SPREAD_NORMAL:
		ns = a + b * normal(dice);
		break;
	case SPREAD_EXPONENTIAL:
		ns = -a * log(unit(dice));
		break;
	case SPREAD_PARETO:
		ns = a * pow(unit(dice), -1 / spread->shape);
		break;
	}
	if (!(ns > 0))
		return 0;
	return ns < (double)SPREAD_MOST_NS ? (uint64_t)ns : SPREAD_MOST_NS;
}
