/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of an expression. */
#ifndef DISSECTOR_EXPR_LEXER_H
#define DISSECTOR_EXPR_LEXER_H

#include <stddef.h>
#include <stdint.h>
#include "dissector/expr_code.h"

enum expr_token_type {
	TOKEN_END,
	TOKEN_BAD,		/* what is in error */
	TOKEN_WORD,		/* a field, a number, bytes */
	TOKEN_STRING,		/* with its quotes */
	TOKEN_RAW_STRING,
	TOKEN_CHAR,		/* 'x' */
	TOKEN_OPEN, TOKEN_CLOSE, TOKEN_BRACE, TOKEN_UNBRACE, TOKEN_COMMA, TOKEN_RANGE,
	TOKEN_BRACKET, TOKEN_UNBRACKET,
	TOKEN_AND, TOKEN_OR, TOKEN_XOR, TOKEN_NOT, TOKEN_ANY, TOKEN_ALL,
	TOKEN_EQ, TOKEN_ALL_EQ, TOKEN_NE, TOKEN_ANY_NE, TOKEN_LT, TOKEN_LE, TOKEN_GT, TOKEN_GE,
	TOKEN_IN, TOKEN_CONTAINS, TOKEN_MATCHES, TOKEN_BITAND,
	TOKEN_REFUSED,		/* Wireshark's, and not ours: + - * / % # $ @ */
};

struct expr_token {
	enum expr_token_type type;
	size_t at, len;
	const char *error;	/* of TOKEN_BAD */
};

struct expr_lexer {
	const char *text;
	size_t len, at;
};

/* The next token; TOKEN_END for ever at the end. */
struct expr_token lexer_next(struct expr_lexer *lexer);

/* Whether it is a word like "and" when its capitals are small letters. */
bool lexer_is_keyword(const char *word, size_t len);

#endif
