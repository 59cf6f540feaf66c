/* SPDX-License-Identifier: BSD-2-Clause */
/* Compiles expressions: a parser by recursive descent that writes the code as it goes. */
#include "dissector/expr.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dissector/expr_constant.h"
#include "dissector/expr_field.h"
#include "dissector/expr_regex.h"

enum { NO_JUMP = UINT32_MAX };

struct parser {
	struct expr_lexer lexer;
	struct expr_token token;	/* the present one */
	struct expr *expr;
	struct expr_pool pool;
	struct expr_error *err;
	unsigned int depth;
	bool frames;
	bool no_memory;
};

/* A side of a comparison: a field, or a value whose meaning the other side decides. */
struct side {
	bool is_field;
	struct expr_operand operand;
	struct expr_token token;
};

static bool parse_or(struct parser *parser);

static void advance(struct parser *parser)
{
	parser->token = lexer_next(&parser->lexer);
}

static bool fail_at(struct parser *parser, const struct expr_token *token, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool fail_at(struct parser *parser, const struct expr_token *token, const char *format, ...)
{
	va_list list;

	parser->err->at = token->at;
	parser->err->len = token->len;
	va_start(list, format);
	vsnprintf(parser->err->what, sizeof(parser->err->what), format, list);
	va_end(list);
	return false;
}

/* The present token is not what had to come. */
static bool fail_here(struct parser *parser, const char *expected)
{
	const struct expr_token *token = &parser->token;

	if (token->type == TOKEN_BAD)
		return fail_at(parser, token, "%s", token->error);
	if (token->type == TOKEN_WORD && lexer_is_keyword(parser->lexer.text + token->at, token->len))
		return fail_at(parser, token, "%s was expected; and, or, eq and such are written "
			       "in small letters", expected);
	if (token->type == TOKEN_REFUSED)
		return fail_at(parser, token, "%.*s is not part of this language; %s was expected",
			       (int)token->len, parser->lexer.text + token->at, expected);
	return fail_at(parser, token, "%s was expected", expected);
}

/* Room for one more in an array of nr, which grows by doubling. */
static bool grow(struct parser *parser, void **array, uint32_t nr, size_t size)
{
	void *more;

	if (nr != 0 && (nr & (nr - 1)) != 0)
		return true;
	more = realloc(*array, (nr == 0 ? 1 : 2 * (size_t)nr) * size);
	if (more == NULL) {
		parser->no_memory = true;
		return false;
	}
	*array = more;
	return true;
}

static bool emit(struct parser *parser, enum expr_op op, uint32_t arg)
{
	struct expr *expr = parser->expr;
	void *code = expr->code;

	if (!grow(parser, &code, expr->nr_code, sizeof(*expr->code)))
		return false;
	expr->code = code;
	expr->code[expr->nr_code++] = (struct expr_code){ .op = (uint8_t)op, .arg = arg };
	return true;
}

/* A jump whose target comes later; those to the same place are a chain. */
static bool emit_jump(struct parser *parser, enum expr_op op, uint32_t *chain)
{
	uint32_t at = parser->expr->nr_code;

	if (!emit(parser, op, *chain))
		return false;
	*chain = at;
	return true;
}

/* The jumps of a chain lead here. */
static void land(struct parser *parser, uint32_t chain)
{
	struct expr *expr = parser->expr;

	while (chain != NO_JUMP) {
		uint32_t next = expr->code[chain].arg;

		expr->code[chain].arg = expr->nr_code;
		chain = next;
	}
}

static bool add_range(struct parser *parser, const struct expr_constant *low,
		      const struct expr_constant *high)
{
	struct expr *expr = parser->expr;
	void *ranges = expr->ranges;

	if (!grow(parser, &ranges, expr->nr_ranges, sizeof(*expr->ranges)))
		return false;
	expr->ranges = ranges;
	expr->ranges[expr->nr_ranges++] = (struct expr_range){ .low = *low, .high = *high };
	return true;
}

static bool type_is_unsigned(uint8_t type)
{
	return type == EXPR_UINT || type == EXPR_BOOL || type == EXPR_TIME;
}

/* Whether a test of numbers can be made as one of a span, and of which. */
static bool span_of(const struct expr *expr, const struct expr_test *test, struct expr_span *span)
{
	const struct expr_range *range = expr->ranges + test->first;
	uint64_t least = 0, most = UINT64_MAX;

	if (test->by_field || test->relation >= EXPR_CONTAINS || test->nr > 1 ||
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
	if (least > most) {	/* {5..3}: nothing lies in there */
		span->outside = !span->outside;
		least = 0;
		most = UINT64_MAX;
	}
	span->mask = test->left.masked ? test->left.mask : UINT64_MAX;
	span->least = least;
	span->span = most - least;
	return true;
}

static bool add_test(struct parser *parser, const struct expr_test *test)
{
	struct expr *expr = parser->expr;
	void *tests = expr->tests;
	struct expr_test *added;

	if (!grow(parser, &tests, expr->nr_tests, sizeof(*expr->tests)))
		return false;
	expr->tests = tests;
	added = &expr->tests[expr->nr_tests];
	*added = *test;
	added->spans = span_of(expr, test, &added->span);
	added->quick = expr->fields[test->left.field].quick;
	return emit(parser, added->spans && added->quick.size != 0 ? EXPR_QUICK : EXPR_TEST,
		    expr->nr_tests++);
}

/* The field's index, which fields of the same name share. */
static bool add_field(struct parser *parser, const struct expr_field *field, uint16_t *index)
{
	struct expr *expr = parser->expr;
	void *fields = expr->fields;

	for (uint32_t i = 0; i < expr->nr_fields; i++)
		if (strcmp(expr->fields[i].name, field->name) == 0) {
			*index = (uint16_t)i;
			return true;
		}
	if (!grow(parser, &fields, expr->nr_fields, sizeof(*expr->fields)))
		return false;
	expr->fields = fields;
	*index = (uint16_t)expr->nr_fields;
	expr->fields[expr->nr_fields++] = *field;
	return true;
}

static const struct expr_field *field_of(const struct parser *parser, const struct side *side)
{
	return &parser->expr->fields[side->operand.field];
}

static bool no_such_field(struct parser *parser, const struct expr_token *token)
{
	const char *name = parser->lexer.text + token->at;
	struct expr_field field;
	struct near near;
	char words[160];

	if (!parser->frames && field_find(&field, name, token->len, true))
		return fail_at(parser, token, "%s is of packets, and this is not about a capture",
			       field.name);
	near_init(&near, name, token->len);
	field_offer(&near, parser->frames);
	near_words(&near, words, sizeof(words));
	return fail_at(parser, token, "no field %.*s%s", token->len < 64 ? (int)token->len : 64,
		       name, words);
}

/* "& MASK" behind a field, any number of them. */
static bool parse_masks(struct parser *parser, struct side *side)
{
	while (side->is_field && parser->token.type == TOKEN_BITAND) {
		const char *text = parser->lexer.text;
		uint64_t mask;

		if (field_of(parser, side)->type != EXPR_UINT)
			return fail_at(parser, &parser->token, "%s is no number whose bits could "
				       "be taken", field_of(parser, side)->name);
		advance(parser);
		if (parser->token.type != TOKEN_WORD ||
		    !constant_number(text + parser->token.at, parser->token.len, &mask))
			return fail_here(parser, "a number, the bits to take,");
		side->operand.mask = side->operand.masked ? side->operand.mask & mask : mask;
		side->operand.masked = true;
		advance(parser);
	}
	return true;
}

static bool parse_side(struct parser *parser, struct side *side)
{
	const char *text = parser->lexer.text;
	struct expr_field field;

	memset(side, 0, sizeof(*side));
	side->token = parser->token;
	switch (parser->token.type) {
	case TOKEN_WORD:
		side->is_field = field_find(&field, text + side->token.at, side->token.len,
					    parser->frames);
		if (side->is_field && !add_field(parser, &field, &side->operand.field))
			return false;
		break;
	case TOKEN_STRING:
	case TOKEN_RAW_STRING:
	case TOKEN_CHAR:
		break;
	default:
		return fail_here(parser, "a field or a value");
	}
	advance(parser);
	if (!side->is_field && parser->token.type == TOKEN_BITAND)
		return fail_at(parser, &side->token, "the field has to stand before the &");
	if (!side->is_field && side->token.type == TOKEN_WORD &&
	    parser->token.type == TOKEN_OPEN)
		return fail_at(parser, &side->token, "there are no functions in this language");
	return parse_masks(parser, side);
}

/* Whether a word can only have been meant as a field. */
static bool looks_like_field(const struct parser *parser, const struct expr_token *token)
{
	const char *word = parser->lexer.text + token->at;

	if (token->type != TOKEN_WORD || memchr(word, '.', token->len) == NULL)
		return false;
	for (size_t i = 0; i < token->len; i++)
		if (strchr("0123456789abcdefABCDEF.:-", word[i]) == NULL)
			return true;
	return false;
}

static bool parse_constant(struct parser *parser, const struct side *field,
			   const struct expr_token *token, struct expr_constant *constant)
{
	if (looks_like_field(parser, token)) {
		struct expr_field other;

		if (field_find(&other, parser->lexer.text + token->at, token->len, true))
			return fail_at(parser, token, "a value was expected, not a field");
		return no_such_field(parser, token);
	}
	return constant_parse(field_of(parser, field), parser->lexer.text, token, &parser->pool,
			      constant, parser->err);
}

static bool can_be_compared(enum expr_type a, enum expr_type b)
{
	return a == b && a != EXPR_NONE;
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

	if (!left.is_field && !right.is_field)
		return looks_like_field(parser, &left.token) ?
			       no_such_field(parser, &left.token) :
			       fail_at(parser, &left.token, "one side has to be a field");
	if (!left.is_field) {
		struct side was = left;

		left = right;
		right = was;
		test.relation = turned[test.relation];
	}
	test.left = left.operand;
	if (field_of(parser, &left)->type == EXPR_NONE)
		return fail_at(parser, &left.token, "%s can only be there or not",
			       field_of(parser, &left)->name);
	if (right.is_field) {
		test.by_field = true;
		test.right = right.operand;
		if (!can_be_compared(field_of(parser, &left)->type, field_of(parser, &right)->type))
			return fail_at(parser, &right.token, "%s cannot be compared with %s",
				       field_of(parser, &right)->name,
				       field_of(parser, &left)->name);
		return add_test(parser, &test);
	}
	test.first = parser->expr->nr_ranges;
	test.nr = 1;
	return parse_constant(parser, &left, &right.token, &constant) &&
	       add_range(parser, &constant, &constant) && add_test(parser, &test);
}

static bool comparison_of(const struct expr_token *token, struct expr_test *test)
{
	static const struct {
		uint8_t relation;
		bool all, is;
	} of[TOKEN_REFUSED + 1] = {
		[TOKEN_EQ] = { EXPR_EQ, false, true }, [TOKEN_ALL_EQ] = { EXPR_EQ, true, true },
		[TOKEN_NE] = { EXPR_NE, true, true }, [TOKEN_ANY_NE] = { EXPR_NE, false, true },
		[TOKEN_LT] = { EXPR_LT, false, true }, [TOKEN_LE] = { EXPR_LE, false, true },
		[TOKEN_GT] = { EXPR_GT, false, true }, [TOKEN_GE] = { EXPR_GE, false, true },
	};

	memset(test, 0, sizeof(*test));
	test->relation = of[token->type].relation;
	test->all = of[token->type].all;
	return of[token->type].is;
}

/* Wireshark's "any" and "all": which of a field's values have to fit. */
enum quantifier { AS_WRITTEN, ANY, ALL };

/* "a < b", or "a < b <= c …", which is "a < b and b <= c …". */
static bool parse_comparisons(struct parser *parser, struct side left, enum quantifier quantifier)
{
	uint32_t chain = NO_JUMP;
	struct expr_test test;
	struct side right;

	while (comparison_of(&parser->token, &test)) {
		if (quantifier != AS_WRITTEN)
			test.all = quantifier == ALL;
		advance(parser);
		if (!parse_side(parser, &right) || !compare(parser, left, test, right))
			return false;
		if (comparison_of(&parser->token, &test)) {
			if (quantifier != AS_WRITTEN)
				return fail_here(parser, "and, or, or the end");
			if (!emit_jump(parser, EXPR_IF_FALSE, &chain))
				return false;
		}
		left = right;
	}
	land(parser, chain);
	return true;
}

static bool parse_element(struct parser *parser, const struct side *field)
{
	struct expr_constant low, high;

	if (parser->token.type != TOKEN_WORD && parser->token.type != TOKEN_STRING &&
	    parser->token.type != TOKEN_RAW_STRING && parser->token.type != TOKEN_CHAR)
		return fail_here(parser, "a value");
	if (!parse_constant(parser, field, &parser->token, &low))
		return false;
	high = low;
	advance(parser);
	if (parser->token.type == TOKEN_RANGE) {
		advance(parser);
		if (parser->token.type < TOKEN_WORD || parser->token.type > TOKEN_CHAR)
			return fail_here(parser, "a value");
		if (!parse_constant(parser, field, &parser->token, &high))
			return false;
		advance(parser);
	}
	return add_range(parser, &low, &high);
}

/* "{a, b, c..d}" behind "in" */
static bool parse_set(struct parser *parser, const struct side *left, struct expr_test test)
{
	advance(parser);
	if (!left->is_field)
		return looks_like_field(parser, &left->token) ?
			       no_such_field(parser, &left->token) :
			       fail_at(parser, &left->token, "a field was expected");
	if (field_of(parser, left)->type == EXPR_NONE)
		return fail_at(parser, &left->token, "%s can only be there or not",
			       field_of(parser, left)->name);
	if (left->operand.masked)
		return fail_at(parser, &left->token, "\"in\" takes a field as it is; compare its "
			       "bits with ==");
	if (parser->token.type != TOKEN_BRACE)
		return fail_here(parser, "{ and values");
	test.left = left->operand;
	test.first = parser->expr->nr_ranges;
	do {
		advance(parser);
		if (!parse_element(parser, left))
			return false;
	} while (parser->token.type == TOKEN_COMMA);
	if (parser->token.type != TOKEN_UNBRACE)
		return fail_here(parser, ", or }");
	advance(parser);
	test.nr = parser->expr->nr_ranges - test.first;
	return add_test(parser, &test);
}

/* Whether something can be looked for within the field. */
static bool check_text(struct parser *parser, const struct side *left)
{
	enum expr_type type;

	if (!left->is_field)
		return looks_like_field(parser, &left->token) ?
			       no_such_field(parser, &left->token) :
			       fail_at(parser, &left->token, "a field was expected");
	type = field_of(parser, left)->type;
	if (type != EXPR_STRING && type != EXPR_BYTES)
		return fail_at(parser, &left->token, "%s is neither text nor bytes, in which to "
			       "look for something", field_of(parser, left)->name);
	return true;
}

static bool parse_contains(struct parser *parser, const struct side *left, struct expr_test test)
{
	struct expr_constant constant;
	struct side right;

	advance(parser);
	if (!check_text(parser, left) || !parse_side(parser, &right))
		return false;
	if (right.is_field)
		return fail_at(parser, &right.token, "a value was expected, not a field");
	test.relation = EXPR_CONTAINS;
	test.left = left->operand;
	test.first = parser->expr->nr_ranges;
	test.nr = 1;
	return parse_constant(parser, left, &right.token, &constant) &&
	       add_range(parser, &constant, &constant) && add_test(parser, &test);
}

static bool add_regex(struct parser *parser, struct regex *regex)
{
	struct expr *expr = parser->expr;
	void *regexes = expr->regexes;

	if (!grow(parser, &regexes, expr->nr_regexes, sizeof(*expr->regexes))) {
		regex_free(regex);
		return false;
	}
	expr->regexes = regexes;
	expr->regexes[expr->nr_regexes++] = regex;
	return true;
}

static bool parse_matches(struct parser *parser, const struct side *left, struct expr_test test)
{
	struct expr_constant pattern;
	struct regex *regex;

	advance(parser);
	if (!check_text(parser, left))
		return false;
	if (parser->token.type != TOKEN_STRING && parser->token.type != TOKEN_RAW_STRING)
		return fail_here(parser, "a regular expression in double quotes");
	if (!parse_constant(parser, left, &parser->token, &pattern))
		return false;
	regex = regex_new(parser->pool.bytes + pattern.at, pattern.len, parser->err->what,
			  sizeof(parser->err->what));
	if (regex == NULL)
		return false;
	test.relation = EXPR_MATCHES;
	test.left = left->operand;
	test.first = parser->expr->nr_regexes;
	advance(parser);
	return add_regex(parser, regex) && add_test(parser, &test);
}

/* A field by itself: that it is there, or that masked bits are not all zero. */
static bool parse_presence(struct parser *parser, const struct side *left,
			   enum quantifier quantifier)
{
	struct expr_test test = { .relation = EXPR_IS_THERE, .left = left->operand };

	if (quantifier != AS_WRITTEN)
		return fail_here(parser, "a comparison");
	if (!left->is_field && left->token.type == TOKEN_WORD)
		return no_such_field(parser, &left->token);
	if (!left->is_field)
		return fail_here(parser, "a comparison with a field");
	if (left->operand.masked)
		test.relation = EXPR_IS_NOT_ZERO;
	return add_test(parser, &test);
}

static bool parse_relation(struct parser *parser)
{
	enum quantifier quantifier = parser->token.type == TOKEN_ANY ? ANY :
				     parser->token.type == TOKEN_ALL ? ALL : AS_WRITTEN;
	struct expr_test test;
	struct side left;

	if (quantifier != AS_WRITTEN)
		advance(parser);
	if (!parse_side(parser, &left))
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
			return fail_here(parser, "a comparison other than \"not in\"");
		advance(parser);
		if (parser->token.type != TOKEN_IN)
			return fail_here(parser, "in");
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

static bool parse_parentheses(struct parser *parser)
{
	struct expr_test test;

	if (++parser->depth > EXPR_DEPTH_MAX)
		return fail_at(parser, &parser->token, "more than %d parentheses within one "
			       "another", EXPR_DEPTH_MAX);
	advance(parser);
	if (!parse_or(parser))
		return false;
	if (parser->token.type != TOKEN_CLOSE)
		return fail_here(parser, "and, or, or )");
	parser->depth--;
	advance(parser);
	if (comparison_of(&parser->token, &test) || parser->token.type == TOKEN_BITAND)
		return fail_at(parser, &parser->token, "what is in parentheses is true or false and "
			       "cannot be compared; & binds stronger than a comparison without "
			       "them");
	return true;
}

static bool parse_not(struct parser *parser)
{
	bool negated = false;

	for (; parser->token.type == TOKEN_NOT; advance(parser))
		negated = !negated;
	if (parser->token.type == TOKEN_OPEN ? !parse_parentheses(parser) :
					       !parse_relation(parser))
		return false;
	return !negated || emit(parser, EXPR_NOT, 0);
}

static bool parse_and(struct parser *parser)
{
	uint32_t chain = NO_JUMP;

	if (!parse_not(parser))
		return false;
	while (parser->token.type == TOKEN_AND) {
		advance(parser);
		if (!emit_jump(parser, EXPR_IF_FALSE, &chain) || !parse_not(parser))
			return false;
	}
	land(parser, chain);
	return true;
}

static bool parse_xor(struct parser *parser)
{
	if (!parse_and(parser))
		return false;
	while (parser->token.type == TOKEN_XOR) {
		advance(parser);
		if (!emit(parser, EXPR_PUSH, 0) || !parse_and(parser) ||
		    !emit(parser, EXPR_XOR, 0))
			return false;
	}
	return true;
}

static bool parse_or(struct parser *parser)
{
	uint32_t chain = NO_JUMP;

	if (!parse_xor(parser))
		return false;
	while (parser->token.type == TOKEN_OR) {
		advance(parser);
		if (!emit_jump(parser, EXPR_IF_TRUE, &chain) || !parse_xor(parser))
			return false;
	}
	land(parser, chain);
	return true;
}

static bool parse(struct parser *parser)
{
	if (parser->lexer.len > EXPR_TEXT_MAX) {
		parser->token.at = EXPR_TEXT_MAX;
		return fail_at(parser, &parser->token, "longer than %d bytes", EXPR_TEXT_MAX);
	}
	parser->expr->pool = malloc(parser->lexer.len + 1);
	parser->pool.bytes = parser->expr->pool;
	if (parser->expr->pool == NULL) {
		parser->no_memory = true;
		return false;
	}
	advance(parser);
	if (!parse_or(parser))
		return false;
	return parser->token.type == TOKEN_END || fail_here(parser, "and, or, or the end");
}

static struct expr *compile(const char *text, size_t len, bool frames, struct expr_error *err)
{
	struct parser parser = {
		.lexer = { .text = text, .len = len }, .err = err, .frames = frames,
	};

	memset(err, 0, sizeof(*err));
	parser.expr = calloc(1, sizeof(*parser.expr));
	parser.no_memory = parser.expr == NULL;
	if (!parser.no_memory && parse(&parser)) {
		parser.expr->pool_len = parser.pool.len;
		return parser.expr;
	}
	if (parser.no_memory)
		snprintf(err->what, sizeof(err->what), "%s", strerror(ENOMEM));
	expr_free(parser.expr);
	errno = parser.no_memory ? ENOMEM : EINVAL;
	return NULL;
}

struct expr *expr_compile(const char *text, size_t len, struct expr_error *err)
{
	return compile(text, len, false, err);
}

struct expr *expr_compile_frame(const char *text, size_t len, struct expr_error *err)
{
	return compile(text, len, true, err);
}

void expr_free(struct expr *expr)
{
	if (expr == NULL)
		return;
	for (uint32_t i = 0; i < expr->nr_regexes; i++)
		regex_free(expr->regexes[i]);
	free(expr->regexes);
	free(expr->code);
	free(expr->tests);
	free(expr->ranges);
	free(expr->fields);
	free(expr->pool);
	free(expr);
}
