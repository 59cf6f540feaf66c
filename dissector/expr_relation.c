/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparisons, sets, searches, and fields by themselves. */
#include "dissector/expr_parser.h"

#include <string.h>

/* Packets as a whole have no order: Wireshark's is none of bytes. */
static bool check_order(struct parser *parser, const struct side *side)
{
	const struct expr_field *field = parser_field_of(parser, side);

	if (!side->is_field || side->operand.sliced ||
	    (field->special != EXPR_FRAME && field->special != EXPR_RECORD))
		return true;
	return parser_fail(parser, &side->token,
			   "%s has no order; a slice of it has, such as %s[0:2]", field->name,
			   field->name);
}

static bool compare_fields(struct parser *parser, const struct side *left, struct expr_test *test,
			   const struct side *right)
{
	const struct expr_field *a = parser_field_of(parser, left);
	const struct expr_field *b = parser_field_of(parser, right);

	test->by_field = true;
	test->right = right->operand;
	if (a->type != b->type)
		return parser_fail(parser, &right->token, "%s cannot be compared with %s", b->name,
				   a->name);
	return program_add_test(&parser->program, test);
}

/* LEFT relation RIGHT, at least one of them a field. */
static bool compare(struct parser *parser, struct side left, struct expr_test test,
		    struct side right)
{
	static const uint8_t turned[] = {
		[EXPR_EQ] = EXPR_EQ, [EXPR_NE] = EXPR_NE, [EXPR_LT] = EXPR_GT,
		[EXPR_LE] = EXPR_GE, [EXPR_GT] = EXPR_LT, [EXPR_GE] = EXPR_LE,
	};
	struct expr_constant constant;

	if (!left.is_field && right.is_field) {
		struct side was = left;

		left = right;
		right = was;
		test.relation = turned[test.relation];
	}
	if (!parser_need_values(parser, &left))
		return false;
	if (test.relation >= EXPR_LT && test.relation <= EXPR_GE &&
	    (!check_order(parser, &left) || !check_order(parser, &right)))
		return false;
	test.left = left.operand;
	if (right.is_field)
		return compare_fields(parser, &left, &test, &right);
	test.first = parser->program.expr->nr_ranges;
	test.nr = 1;
	return parser_constant(parser, &left, &right.token, &constant) &&
	       program_add_range(&parser->program, &constant, &constant) &&
	       program_add_test(&parser->program, &test);
}

static bool comparison_of(const struct expr_token *token, struct expr_test *test)
{
	static const struct {
		uint8_t relation;
		bool all, is;
	} of[TOKEN_REFUSED + 1] = {
		[TOKEN_EQ] = {EXPR_EQ, false, true}, [TOKEN_ALL_EQ] = {EXPR_EQ, true, true},
		[TOKEN_NE] = {EXPR_NE, true, true},  [TOKEN_ANY_NE] = {EXPR_NE, false, true},
		[TOKEN_LT] = {EXPR_LT, false, true}, [TOKEN_LE] = {EXPR_LE, false, true},
		[TOKEN_GT] = {EXPR_GT, false, true}, [TOKEN_GE] = {EXPR_GE, false, true},
	};

	memset(test, 0, sizeof(*test));
	test->relation = of[token->type].relation;
	test->all = of[token->type].all;
	return of[token->type].is;
}

bool parser_is_comparison(const struct expr_token *token)
{
	struct expr_test test;

	return comparison_of(token, &test);
}

/* Wireshark's "any" and "all": which of a field's values have to fit. */
enum quantifier { AS_WRITTEN, ANY, ALL };

/* "a < b", or "a < b <= c …", which is "a < b and b <= c …". */
static bool parse_comparisons(struct parser *parser, struct side left, enum quantifier quantifier)
{
	uint32_t chain = PROGRAM_NO_JUMP;
	struct expr_test test;
	struct side right;

	while (comparison_of(&parser->token, &test)) {
		if (quantifier != AS_WRITTEN)
			test.all = quantifier == ALL;
		parser_advance(parser);
		if (!parser_side(parser, &right) || !compare(parser, left, test, right))
			return false;
		if (comparison_of(&parser->token, &test)) {
			if (quantifier != AS_WRITTEN)
				return parser_fail_here(parser, "and, or, or the end");
			if (!program_add_jump(&parser->program, EXPR_IF_FALSE, &chain))
				return false;
		}
		left = right;
	}
	program_land(&parser->program, chain);
	return true;
}

static bool parse_element(struct parser *parser, const struct side *field)
{
	struct expr_constant low, high;

	if (parser->token.type != TOKEN_WORD && parser->token.type != TOKEN_STRING &&
	    parser->token.type != TOKEN_RAW_STRING && parser->token.type != TOKEN_CHAR)
		return parser_fail_here(parser, "a value");
	if (!parser_constant(parser, field, &parser->token, &low))
		return false;
	high = low;
	parser_advance(parser);
	if (parser->token.type == TOKEN_RANGE) {
		if (!check_order(parser, field))
			return false;
		parser_advance(parser);
		if (parser->token.type < TOKEN_WORD || parser->token.type > TOKEN_CHAR)
			return parser_fail_here(parser, "a value");
		if (!parser_constant(parser, field, &parser->token, &high))
			return false;
		parser_advance(parser);
	}
	return program_add_range(&parser->program, &low, &high);
}

/* "{a, b, c..d}" behind "in" */
static bool parse_set(struct parser *parser, const struct side *left, struct expr_test test)
{
	parser_advance(parser);
	if (!parser_need_values(parser, left))
		return false;
	if (left->operand.masked || left->operand.sliced)
		return parser_fail(parser, &left->token,
				   "\"in\" takes a field as it is; compare "
				   "its parts with ==");
	if (parser->token.type != TOKEN_BRACE)
		return parser_fail_here(parser, "{ and values");
	test.left = left->operand;
	test.first = parser->program.expr->nr_ranges;
	do {
		parser_advance(parser);
		if (!parse_element(parser, left))
			return false;
	} while (parser->token.type == TOKEN_COMMA);
	if (parser->token.type != TOKEN_UNBRACE)
		return parser_fail_here(parser, ", or }");
	parser_advance(parser);
	test.nr = parser->program.expr->nr_ranges - test.first;
	return program_add_test(&parser->program, &test);
}

/* Whether something can be looked for within the field. */
static bool check_text(struct parser *parser, const struct side *left)
{
	enum expr_type type;

	if (!parser_need_values(parser, left))
		return false;
	type = parser_field_of(parser, left)->type;
	if (type != EXPR_STRING && type != EXPR_BYTES)
		return parser_fail(parser, &left->token, "%s is neither text nor bytes, in which "
				   "to look for something", parser_field_of(parser, left)->name);
	return true;
}

static bool parse_contains(struct parser *parser, const struct side *left, struct expr_test test)
{
	struct expr_constant constant;
	struct side right;

	parser_advance(parser);
	if (!check_text(parser, left) || !parser_side(parser, &right))
		return false;
	if (right.is_field)
		return parser_fail(parser, &right.token, "a value was expected, not a field");
	test.relation = EXPR_CONTAINS;
	test.left = left->operand;
	test.first = parser->program.expr->nr_ranges;
	test.nr = 1;
	return parser_constant(parser, left, &right.token, &constant) &&
	       program_add_range(&parser->program, &constant, &constant) &&
	       program_add_test(&parser->program, &test);
}

static bool parse_matches(struct parser *parser, const struct side *left, struct expr_test test)
{
	struct expr_constant pattern;
	struct regex *regex;

	parser_advance(parser);
	if (!check_text(parser, left))
		return false;
	if (parser->token.type != TOKEN_STRING && parser->token.type != TOKEN_RAW_STRING)
		return parser_fail_here(parser, "a regular expression in double quotes");
	if (!parser_constant(parser, left, &parser->token, &pattern))
		return false;
	regex = regex_new(parser->pool.bytes + pattern.at, pattern.len, parser->err->what,
			  sizeof(parser->err->what));
	if (regex == NULL)
		return false;
	test.relation = EXPR_MATCHES;
	test.left = left->operand;
	test.first = parser->program.expr->nr_regexes;
	parser_advance(parser);
	return program_add_regex(&parser->program, regex) &&
	       program_add_test(&parser->program, &test);
}

/* A field by itself: that it is there, or that masked bits are not all zero. */
static bool parse_presence(struct parser *parser, const struct side *left,
			   enum quantifier quantifier)
{
	struct expr_test test = {.relation = EXPR_IS_THERE, .left = left->operand};

	if (quantifier != AS_WRITTEN)
		return parser_fail_here(parser, "a comparison");
	if (!left->is_field && left->token.type == TOKEN_WORD)
		return parser_no_field(parser, &left->token);
	if (!left->is_field)
		return parser_fail_here(parser, "a comparison with a field");
	if (left->operand.masked)
		test.relation = EXPR_IS_NOT_ZERO;
	return program_add_test(&parser->program, &test);
}

bool parser_relation(struct parser *parser)
{
	enum quantifier quantifier = parser->token.type == TOKEN_ANY   ? ANY
				     : parser->token.type == TOKEN_ALL ? ALL
								       : AS_WRITTEN;
	struct expr_test test;
	struct side left;

	if (quantifier != AS_WRITTEN)
		parser_advance(parser);
	if (!parser_side(parser, &left))
		return false;
	if (comparison_of(&parser->token, &test))
		return parse_comparisons(parser, left, quantifier);
	test.all = quantifier == ALL;
	switch (parser->token.type) {
	case TOKEN_IN:
		test.relation = EXPR_IN;
		return parse_set(parser, &left, test);
	case TOKEN_NOT:
		if (quantifier != AS_WRITTEN)
			return parser_fail_here(parser, "a comparison other than \"not in\"");
		parser_advance(parser);
		if (parser->token.type != TOKEN_IN)
			return parser_fail_here(parser, "in");
		test.relation = EXPR_NOT_IN;
		test.all = true;
		return parse_set(parser, &left, test);
	case TOKEN_CONTAINS:
		return parse_contains(parser, &left, test);
	case TOKEN_MATCHES:
		return parse_matches(parser, &left, test);
	default:
		return parse_presence(parser, &left, quantifier);
	}
}
