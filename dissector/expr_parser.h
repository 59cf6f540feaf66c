/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parser of expressions, by recursive descent: what stands on the sides of
 * comparisons (expr_side.c), comparisons (expr_relation.c), what puts them
 * together (expr.c).  What answers false has filled in the error, or memory was
 * short.
 */
#ifndef DISSECTOR_EXPR_PARSER_H
#define DISSECTOR_EXPR_PARSER_H

#include "dissector/expr_constant.h"
#include "dissector/expr_program.h"

struct parser {
	struct expr_lexer lexer;
	struct expr_token token;	/* the present one */
	struct program program;
	struct expr_pool pool;
	struct expr_error *err;
	unsigned int depth;
};

/* A side of a comparison: a field, or a value whose meaning the other side decides. */
struct side {
	bool is_field;
	struct expr_operand operand;
	struct expr_token token;
};

static inline void parser_advance(struct parser *parser)
{
	parser->token = lexer_next(&parser->lexer);
}

/* The token is wrong; false. */
bool parser_fail(struct parser *parser, const struct expr_token *token, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The present token is not what had to come; false. */
bool parser_fail_here(struct parser *parser, const char *expected);

bool parser_side(struct parser *parser, struct side *side);
/* A value beside a field, and its token. */
bool parser_constant(struct parser *parser, const struct side *field,
		     const struct expr_token *token, struct expr_constant *constant);
/* Whether the side is a field that has values; otherwise says so and answers false. */
bool parser_need_values(struct parser *parser, const struct side *side);
/* There is no field of the name; false. */
bool parser_no_field(struct parser *parser, const struct expr_token *token);

static inline const struct expr_field *parser_field_of(const struct parser *parser,
						       const struct side *side)
{
	return &parser->program.expr->fields[side->operand.field];
}

/* "a < b", "a in {b, c}", "a" and so on. */
bool parser_relation(struct parser *parser);
/* Whether the token compares. */
bool parser_is_comparison(const struct expr_token *token);

#endif
