/* SPDX-License-Identifier: BSD-2-Clause */
/* An expression's code and tests while it is compiled. */
#ifndef DISSECTOR_EXPR_PROGRAM_H
#define DISSECTOR_EXPR_PROGRAM_H

#include "dissector/expr_code.h"
#include "dissector/expr_regex.h"

enum { PROGRAM_NO_JUMP = UINT32_MAX };

struct program {
	struct expr *expr;
	bool frames;		/* fields of packets are fields, too */
	bool no_memory;		/* why something answered false */
};

/* All answer false when there is no memory. */
bool program_add_code(struct program *program, enum expr_op op, uint32_t arg);
/* A jump whose target comes later; those to the same place are a chain, which
 * begins as PROGRAM_NO_JUMP. */
bool program_add_jump(struct program *program, enum expr_op op, uint32_t *chain);
/* The jumps of a chain lead to what comes next. */
void program_land(struct program *program, uint32_t chain);
bool program_add_range(struct program *program, const struct expr_constant *low,
		       const struct expr_constant *high);
/* The test, and code that makes it. */
bool program_add_test(struct program *program, const struct expr_test *test);
/* Takes the regex. */
bool program_add_regex(struct program *program, struct regex *regex);
/* The index of the field of this name: the expression's own, or else new.  False
 * without no_memory: there is no such field. */
bool program_add_field(struct program *program, const char *name, size_t len, uint16_t *index);

#endif
