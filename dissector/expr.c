/* SPDX-License-Identifier: BSD-2-Clause */
/* Compiles expressions: what puts comparisons together. */
#include "dissector/expr.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dissector/expr_parser.h"

static bool parse_or(struct parser *parser);

bool parser_fail(struct parser *parser, const struct expr_token *token, const char *format, ...)
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
bool parser_fail_here(struct parser *parser, const char *expected)
{
	const struct expr_token *token = &parser->token;

	if (token->type == TOKEN_BAD)
		return parser_fail(parser, token, "%s", token->error);
	if (token->type == TOKEN_WORD &&
	    lexer_is_keyword(parser->lexer.text + token->at, token->len))
		return parser_fail(parser, token, "%s was expected; and, or, eq and such are "
				   "written in small letters", expected);
	if (token->type == TOKEN_REFUSED)
		return parser_fail(parser, token,
				   "%.*s is not part of this language; %s was expected",
				   (int)token->len, parser->lexer.text + token->at, expected);
	return parser_fail(parser, token, "%s was expected", expected);
}

static bool parse_parentheses(struct parser *parser)
{
	if (++parser->depth > EXPR_DEPTH_MAX)
		return parser_fail(parser, &parser->token,
				   "more than %d parentheses within one another", EXPR_DEPTH_MAX);
	parser_advance(parser);
	if (!parse_or(parser))
		return false;
	if (parser->token.type != TOKEN_CLOSE)
		return parser_fail_here(parser, "and, or, or )");
	parser->depth--;
	parser_advance(parser);
	if (parser_is_comparison(&parser->token) || parser->token.type == TOKEN_BITAND)
		return parser_fail(parser, &parser->token,
				   "what is in parentheses is true or "
				   "false and cannot be compared; & binds stronger than a "
				   "comparison without them");
	return true;
}

static bool parse_not(struct parser *parser)
{
	bool negated = false;

	for (; parser->token.type == TOKEN_NOT; parser_advance(parser))
		negated = !negated;
	if (parser->token.type == TOKEN_OPEN ? !parse_parentheses(parser)
					     : !parser_relation(parser))
		return false;
	return !negated || program_add_code(&parser->program, EXPR_NOT, 0);
}

static bool parse_and(struct parser *parser)
{
	uint32_t chain = PROGRAM_NO_JUMP;

	if (!parse_not(parser))
		return false;
	while (parser->token.type == TOKEN_AND) {
		parser_advance(parser);
		if (!program_add_jump(&parser->program, EXPR_IF_FALSE, &chain) ||
		    !parse_not(parser))
			return false;
	}
	program_land(&parser->program, chain);
	return true;
}

static bool parse_xor(struct parser *parser)
{
	if (!parse_and(parser))
		return false;
	while (parser->token.type == TOKEN_XOR) {
		parser_advance(parser);
		if (!program_add_code(&parser->program, EXPR_PUSH, 0) || !parse_and(parser) ||
		    !program_add_code(&parser->program, EXPR_XOR, 0))
			return false;
	}
	return true;
}

static bool parse_or(struct parser *parser)
{
	uint32_t chain = PROGRAM_NO_JUMP;

	if (!parse_xor(parser))
		return false;
	while (parser->token.type == TOKEN_OR) {
		parser_advance(parser);
		if (!program_add_jump(&parser->program, EXPR_IF_TRUE, &chain) || !parse_xor(parser))
			return false;
	}
	program_land(&parser->program, chain);
	return true;
}

static bool parse(struct parser *parser)
{
	if (parser->lexer.len > EXPR_TEXT_MAX) {
		parser->token.at = EXPR_TEXT_MAX;
		return parser_fail(parser, &parser->token, "longer than %d bytes", EXPR_TEXT_MAX);
	}
	parser_advance(parser);
	if (!parse_or(parser))
		return false;
	return parser->token.type == TOKEN_END || parser_fail_here(parser, "and, or, or the end");
}

static struct expr *compile(const char *text, size_t len, bool frames, struct expr_error *err)
{
	struct expr *expr = calloc(1, sizeof(*expr));
	struct parser parser = {
		.lexer = { .text = text, .len = len }, .err = err,
		.program = { .expr = expr, .frames = frames },
	};

	memset(err, 0, sizeof(*err));
	if (expr != NULL)
		expr->pool = malloc(len < EXPR_TEXT_MAX ? len + 1 : EXPR_TEXT_MAX + 1);
	if (expr == NULL || expr->pool == NULL) {
		parser.program.no_memory = true;
	} else {
		parser.pool.bytes = expr->pool;
		if (parse(&parser)) {
			gates_gather(expr);
			return expr;
		}
	}
	if (parser.program.no_memory)
		snprintf(err->what, sizeof(err->what), "%s", strerror(ENOMEM));
	expr_free(expr);
	errno = parser.program.no_memory ? ENOMEM : EINVAL;
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

static bool may_be_there(const struct expr_field *field, const uint8_t *events, size_t nr_events)
{
	for (size_t i = 0; i < nr_events; i++) {
		if (field->special != EXPR_OF_TABLE || field->parts[events[i]] != 0)
			return true;
	}
	return false;
}

const char *expr_stranger(const struct expr *expr, const uint8_t *events, size_t nr_events)
{
	for (uint32_t i = 0; i < expr->nr_fields; i++) {
		if (!may_be_there(&expr->fields[i], events, nr_events))
			return expr->fields[i].name;
	}
	return NULL;
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
