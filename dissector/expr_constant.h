/* SPDX-License-Identifier: BSD-2-Clause */
/* Values in the text of an expression, as what they are compared with takes them. */
#ifndef DISSECTOR_EXPR_CONSTANT_H
#define DISSECTOR_EXPR_CONSTANT_H

#include "dissector/expr_lexer.h"

/*
 * Where a constant's bytes go: size is never too small when it is the length
 * of the expression's text.
 */
struct expr_pool {
	uint8_t *bytes;
	uint32_t len;
};

/* What stands in brackets: "2", "2:3" (from, length), "2-4" (from, to), ":3", "2:",
 * and from the end "-2", "-4:2", "-4:".  False: it is something else. */
bool constant_slice(const char *text, size_t len, int64_t *from, uint32_t *slice_len);
/* What a token means beside a field; false: err->what says why not. */
bool constant_parse(const struct expr_field *field, const char *text,
		    const struct expr_token *token, struct expr_pool *pool,
		    struct expr_constant *constant, struct expr_error *err);

#endif
