/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of an expression. */
#include "dissector/expr_lexer.h"

#include <string.h>

static const struct {
	const char *word;
	enum expr_token_type type;
} words[] = {
	{ "and", TOKEN_AND }, { "or", TOKEN_OR }, { "xor", TOKEN_XOR }, { "not", TOKEN_NOT },
	{ "any", TOKEN_ANY }, { "all", TOKEN_ALL }, { "eq", TOKEN_EQ }, { "any_eq", TOKEN_EQ },
	{ "all_eq", TOKEN_ALL_EQ }, { "ne", TOKEN_NE }, { "all_ne", TOKEN_NE },
	{ "any_ne", TOKEN_ANY_NE }, { "lt", TOKEN_LT }, { "le", TOKEN_LE }, { "gt", TOKEN_GT },
	{ "ge", TOKEN_GE }, { "in", TOKEN_IN }, { "contains", TOKEN_CONTAINS },
	{ "matches", TOKEN_MATCHES }, { "bitand", TOKEN_BITAND },
	{ "bitwise_and", TOKEN_BITAND },
};

/* The longer before what they begin with. */
static const struct {
	const char *sign;
	enum expr_token_type type;
} signs[] = {
	{ "!==", TOKEN_ANY_NE }, { "===", TOKEN_ALL_EQ }, { "==", TOKEN_EQ }, { "!=", TOKEN_NE },
	{ "<=", TOKEN_LE }, { ">=", TOKEN_GE }, { "&&", TOKEN_AND }, { "||", TOKEN_OR },
	{ "^^", TOKEN_XOR }, { "..", TOKEN_RANGE }, { "(", TOKEN_OPEN }, { ")", TOKEN_CLOSE },
	{ "{", TOKEN_BRACE }, { "}", TOKEN_UNBRACE }, { ",", TOKEN_COMMA }, { "<", TOKEN_LT },
	{ ">", TOKEN_GT }, { "!", TOKEN_NOT }, { "&", TOKEN_BITAND }, { "+", TOKEN_REFUSED },
	{ "-", TOKEN_REFUSED }, { "*", TOKEN_REFUSED }, { "/", TOKEN_REFUSED },
	{ "%", TOKEN_REFUSED }, { "[", TOKEN_BRACKET }, { "]", TOKEN_UNBRACKET },
	{ "#", TOKEN_REFUSED }, { "$", TOKEN_REFUSED }, { "@", TOKEN_REFUSED },
	{ "~=", TOKEN_REFUSED }, { "~", TOKEN_MATCHES },
};

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct expr_token take(struct expr_lexer *lexer, enum expr_token_type type, size_t len)
{
	struct expr_token token = { .type = type, .at = lexer->at, .len = len };

	lexer->at += len;
	return token;
}

static struct expr_token refuse(struct expr_lexer *lexer, size_t len, const char *error)
{
	struct expr_token token = take(lexer, TOKEN_BAD, len);

	token.error = error;
	return token;
}

/* Where a word ends that begins at the present place: before "..". */
static size_t word_len(const struct expr_lexer *lexer)
{
	const char *text = lexer->text + lexer->at;
	size_t max = lexer->len - lexer->at, len = text[0] == '-';

	for (; len < max; len++) {
		if (is_alnum(text[len]) || text[len] == '_' || text[len] == ':' || text[len] == '-')
			continue;
		if (text[len] != '.' || (len + 1 < max && text[len + 1] == '.'))
			break;
	}
	return len;
}

bool lexer_is_keyword(const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t k = 0;

		if (strlen(words[i].word) != len)
			continue;
		while (k < len && (word[k] | 0x20) == (words[i].word[k] | 0x20))
			k++;
		if (k == len)
			return true;
	}
	return false;
}

static struct expr_token take_word(struct expr_lexer *lexer)
{
	const char *text = lexer->text + lexer->at;
	size_t len = word_len(lexer);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == len && memcmp(words[i].word, text, len) == 0)
			return take(lexer, words[i].type, len);
	return take(lexer, TOKEN_WORD, len);
}

/* From the quote at offset of the present place up to the same quote. */
static struct expr_token take_quoted(struct expr_lexer *lexer, enum expr_token_type type,
				     size_t offset)
{
	const char *text = lexer->text + lexer->at;
	size_t max = lexer->len - lexer->at;

	for (size_t i = offset + 1; i < max; i++) {
		if (text[i] == '\\')
			i++;
		else if (text[i] == text[offset])
			return take(lexer, type, i + 1);
	}
	return refuse(lexer, max, "the closing quote is missing");
}

static struct expr_token take_sign(struct expr_lexer *lexer)
{
	const char *text = lexer->text + lexer->at;
	size_t max = lexer->len - lexer->at;

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t len = strlen(signs[i].sign);

		if (len <= max && memcmp(text, signs[i].sign, len) == 0)
			return take(lexer, signs[i].type, len);
	}
	switch (text[0]) {
	case '=':
		return refuse(lexer, 1, "= is no operator; == compares");
	case '|':
		return refuse(lexer, 1, "| is no operator; || is or");
	case '^':
		return refuse(lexer, 1, "^ is no operator; ^^ is exclusive or");
	}
	return refuse(lexer, 1, "this character has no meaning here");
}

struct expr_token lexer_next(struct expr_lexer *lexer)
{
	const char *text = lexer->text;
	size_t max;

	while (lexer->at < lexer->len && is_blank(text[lexer->at]))
		lexer->at++;
	text += lexer->at;
	max = lexer->len - lexer->at;
	if (max == 0)
		return take(lexer, TOKEN_END, 0);
	if (text[0] == '"')
		return take_quoted(lexer, TOKEN_STRING, 0);
	if (text[0] == '\'')
		return take_quoted(lexer, TOKEN_CHAR, 0);
	if ((text[0] == 'r' || text[0] == 'R') && max > 1 && text[1] == '"')
		return take_quoted(lexer, TOKEN_RAW_STRING, 1);
	if (is_alnum(text[0]) || text[0] == '_' || text[0] == ':')
		return take_word(lexer);
	if (text[0] == '-' && max > 1 && text[1] >= '0' && text[1] <= '9')
		return take_word(lexer);
	return take_sign(lexer);
}
