/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands on the sides of comparisons: fields and values. */
#include "dissector/expr_parser.h"

#include <string.h>
#include "dissector/expr_field.h"

bool parser_no_field(struct parser *parser, const struct expr_token *token)
{
	const char *name = parser->lexer.text + token->at;
	struct expr_field field;
	struct near near;
	char words[160];
	const char *hint = field_hint(name, token->len);

	if (hint != NULL)
		return parser_fail(parser, token, "no field %.*s: %s", (int)token->len, name, hint);
	if (!parser->program.frames && field_find(&field, name, token->len, true))
		return parser_fail(parser, token,
				   "%s is of packets, and this is not about a capture", field.name);
	near_init(&near, name, token->len);
	field_offer(&near, parser->program.frames);
	near_words(&near, words, sizeof(words));
	return parser_fail(parser, token, "no field %.*s%s", token->len < 64 ? (int)token->len : 64,
			   name, words);
}

/* Whether a word can only have been meant as a field. */
static bool is_field_like(const struct parser *parser, const struct expr_token *token)
{
	const char *word = parser->lexer.text + token->at;

	if (token->type != TOKEN_WORD || memchr(word, '.', token->len) == NULL)
		return false;
	for (size_t i = 0; i < token->len; i++)
		if (strchr("0123456789abcdefABCDEF.:-", word[i]) == NULL)
			return true;
	return false;
}

bool parser_constant(struct parser *parser, const struct side *field,
		     const struct expr_token *token, struct expr_constant *constant)
{
	if (is_field_like(parser, token)) {
		struct expr_field other;

		if (field_find(&other, parser->lexer.text + token->at, token->len, true))
			return parser_fail(parser, token, "a value was expected, not a field");
		return parser_no_field(parser, token);
	}
	return constant_parse(parser_field_of(parser, field), parser->lexer.text, token,
			      &parser->pool, constant, parser->err);
}

/* "& MASK" behind a field, any number of them. */
static bool parse_masks(struct parser *parser, struct side *side)
{
	struct expr_operand *operand = &side->operand;
	struct expr_constant mask;

	while (side->is_field && parser->token.type == TOKEN_BITAND) {
		if (parser_field_of(parser, side)->type != EXPR_UINT)
			return parser_fail(parser, &parser->token,
					   "%s is no number whose bits "
					   "could be taken",
					   parser_field_of(parser, side)->name);
		parser_advance(parser);
		if (parser->token.type != TOKEN_WORD)
			return parser_fail_here(parser, "a number, the bits to take,");
		if (!parser_constant(parser, side, &parser->token, &mask))
			return false;
		operand->mask = operand->masked ? operand->mask & mask.number : mask.number;
		operand->masked = true;
		parser_advance(parser);
	}
	return true;
}

/* "[FROM:LENGTH]" behind a field of bytes. */
static bool parse_slice(struct parser *parser, struct side *side)
{
	const char *text = parser->lexer.text;
	struct expr_operand *operand = &side->operand;

	if (!side->is_field || parser->token.type != TOKEN_BRACKET)
		return true;
	if (parser_field_of(parser, side)->type != EXPR_BYTES)
		return parser_fail(parser, &parser->token,
				   "%s is not bytes, of which to take "
				   "some",
				   parser_field_of(parser, side)->name);
	parser_advance(parser);
	if (parser->token.type != TOKEN_WORD ||
	    !constant_slice(text + parser->token.at, parser->token.len, &operand->from,
			    &operand->len))
		return parser_fail_here(parser, "a slice, such as 2, 2:3, 2-4, :3 or -2:,");
	operand->sliced = true;
	parser_advance(parser);
	if (parser->token.type != TOKEN_UNBRACKET)
		return parser_fail_here(parser, "]");
	parser_advance(parser);
	return true;
}

bool parser_side(struct parser *parser, struct side *side)
{
	const char *text = parser->lexer.text;

	memset(side, 0, sizeof(*side));
	side->token = parser->token;
	switch (parser->token.type) {
	case TOKEN_WORD:
		side->is_field = program_add_field(&parser->program, text + side->token.at,
						   side->token.len, &side->operand.field);
		if (parser->program.no_memory)
			return false;
		break;
	case TOKEN_STRING:
	case TOKEN_RAW_STRING:
	case TOKEN_CHAR:
		break;
	default:
		return parser_fail_here(parser, "a field or a value");
	}
	parser_advance(parser);
	if (!side->is_field && parser->token.type == TOKEN_BITAND)
		return parser_fail(parser, &side->token, "the field has to stand before the &");
	if (!side->is_field && side->token.type == TOKEN_WORD && parser->token.type == TOKEN_OPEN)
		return parser_fail(parser, &side->token, "there are no functions in this language");
	return parse_slice(parser, side) && parse_masks(parser, side);
}

bool parser_need_values(struct parser *parser, const struct side *side)
{
	const char *name;

	if (!side->is_field)
		return is_field_like(parser, &side->token)
			       ? parser_no_field(parser, &side->token)
			       : parser_fail(parser, &side->token, "a field was expected");
	name = parser_field_of(parser, side)->name;
	return parser_field_of(parser, side)->type != EXPR_NONE ||
	       parser_fail(parser, &side->token, "%s can only be there or not", name);
}
