/* SPDX-License-Identifier: BSD-2-Clause */
/* An expression's code and tests while it is compiled. */
#include "dissector/expr_program.h"

#include <stdlib.h>
#include <string.h>
#include "dissector/expr_field.h"

/* Room for one more in an array of nr, which grows by doubling. */
static bool grow(struct program *program, void **array, uint32_t nr, size_t size)
{
	void *more;

	if (nr != 0 && (nr & (nr - 1)) != 0)
		return true;
	more = realloc(*array, (nr == 0 ? 1 : 2 * (size_t)nr) * size);
	if (more == NULL) {
		program->no_memory = true;
		return false;
	}
	*array = more;
	return true;
}

bool program_add_code(struct program *program, enum expr_op op, uint32_t arg)
{
	struct expr *expr = program->expr;
	void *code = expr->code;

	if (!grow(program, &code, expr->nr_code, sizeof(*expr->code)))
		return false;
	expr->code = code;
	expr->code[expr->nr_code++] = (struct expr_code){.op = (uint8_t)op, .arg = arg};
	return true;
}

bool program_add_jump(struct program *program, enum expr_op op, uint32_t *chain)
{
	uint32_t at = program->expr->nr_code;

	if (!program_add_code(program, op, *chain))
		return false;
	*chain = at;
	return true;
}

void program_land(struct program *program, uint32_t chain)
{
	struct expr *expr = program->expr;

	while (chain != PROGRAM_NO_JUMP) {
		uint32_t next = expr->code[chain].arg;

		expr->code[chain].arg = expr->nr_code;
		chain = next;
	}
}

bool program_add_range(struct program *program, const struct expr_constant *low,
		       const struct expr_constant *high)
{
	struct expr *expr = program->expr;
	void *ranges = expr->ranges;

	if (!grow(program, &ranges, expr->nr_ranges, sizeof(*expr->ranges)))
		return false;
	expr->ranges = ranges;
	expr->ranges[expr->nr_ranges++] = (struct expr_range){.low = *low, .high = *high};
	return true;
}

static bool type_is_unsigned(uint8_t type)
{
	return type == EXPR_UINT || type == EXPR_BOOL || type == EXPR_TIME;
}

/* Whether a test of numbers can be made as one of a span, and of which. */
static bool span_of(const struct expr *expr, const struct expr_test *test, struct expr_span *span)
{
	const struct expr_range *range = test->nr != 0 ? &expr->ranges[test->first] : NULL;
	uint64_t least = 0, most = UINT64_MAX;

	if (test->by_field || test->left.sliced || test->relation >= EXPR_CONTAINS ||
	    test->nr > 1 ||
	    (test->nr == 1 && !type_is_unsigned(expr->fields[test->left.field].type)))
		return false;
	memset(span, 0, sizeof(*span));
	switch ((enum expr_relation)test->relation) {
	case EXPR_IS_THERE:
		break;
	case EXPR_IS_NOT_ZERO:
		least = 1;
		break;
	case EXPR_LT:
	case EXPR_GE:
		least = range->low.number;
		span->outside = test->relation == EXPR_LT;
		break;
	case EXPR_LE:
	case EXPR_GT:
		most = range->low.number;
		span->outside = test->relation == EXPR_GT;
		break;
	default:
		least = range->low.number;
		most = range->high.number;
		span->outside = test->relation == EXPR_NE || test->relation == EXPR_NOT_IN;
	}
	if (least > most) { /* {5..3}: nothing lies in there */
		span->outside = !span->outside;
		least = 0;
		most = UINT64_MAX;
	}
	span->mask = test->left.masked ? test->left.mask : UINT64_MAX;
	span->least = least;
	span->span = most - least;
	return true;
}

bool program_add_test(struct program *program, const struct expr_test *test)
{
	struct expr *expr = program->expr;
	void *tests = expr->tests;
	struct expr_test *added;

	if (!grow(program, &tests, expr->nr_tests, sizeof(*expr->tests)))
		return false;
	expr->tests = tests;
	added = &expr->tests[expr->nr_tests];
	*added = *test;
	added->spans = span_of(expr, test, &added->span);
	added->quick = expr->fields[test->left.field].quick;
	return program_add_code(program,
				added->spans && added->quick.size != 0 ? EXPR_QUICK : EXPR_TEST,
				expr->nr_tests++);
}

bool program_add_regex(struct program *program, struct regex *regex)
{
	struct expr *expr = program->expr;
	void *regexes = expr->regexes;

	if (!grow(program, &regexes, expr->nr_regexes, sizeof(*expr->regexes))) {
		regex_free(regex);
		return false;
	}
	expr->regexes = regexes;
	expr->regexes[expr->nr_regexes++] = regex;
	return true;
}

bool program_add_field(struct program *program, const char *name, size_t len, uint16_t *index)
{
	struct expr *expr = program->expr;
	void *fields = expr->fields;

	for (uint32_t i = 0; i < expr->nr_fields; i++)
		if (strlen(expr->fields[i].name) == len &&
		    memcmp(expr->fields[i].name, name, len) == 0) {
			*index = (uint16_t)i;
			return true;
		}
	if (!grow(program, &fields, expr->nr_fields, sizeof(*expr->fields)))
		return false;
	expr->fields = fields;
	*index = (uint16_t)expr->nr_fields;
	if (!field_find(&expr->fields[expr->nr_fields], name, len, program->frames))
		return false;
	expr->nr_fields++;
	return true;
}
