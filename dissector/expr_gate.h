/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a packet's bytes must show before a record can match: the tests that come first in
 * an expression and end it when false, as far as each asks for a number at one place.
 */
#ifndef DISSECTOR_EXPR_GATE_H
#define DISSECTOR_EXPR_GATE_H

#include "dissector/expr_quick.h"

enum { EXPR_GATES_MAX = 8 };	/* of either kind; further tests are not asked here */

/* A number of the header. */
struct expr_gate {
	struct expr_quick quick;
	struct expr_span span;
};

/* A number of the info or the payload, which is nowhere else in the records of some events. */
struct expr_inner {
	bool events[256];
	bool in_payload, big_endian;
	uint8_t at, shift;	/* of 8 bytes of it */
	uint64_t mask;
	struct expr_span span;
};

struct expr_gates {
	bool events[256];	/* whose records can have all fields that are asked for */
	uint32_t nr, nr_inner;
	struct expr_gate list[EXPR_GATES_MAX];
	struct expr_inner inner[EXPR_GATES_MAX];
};

struct expr;
void gates_gather(struct expr *expr);	/* when all else is compiled */

#endif
