/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values of fields as expressions compare them.  Text of a guest or user is
 * taken as Wireshark shows it: line ends and tabs as they are, other control
 * characters and what is not UTF-8 as \xhh; padded ASCII without its padding.
 */
#ifndef DISSECTOR_EXPR_TEXT_H
#define DISSECTOR_EXPR_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include "dissector/expr_regex.h"
#include "dissector/table.h"

struct expr_value {
	uint64_t number;
	const uint8_t *bytes;
	uint32_t len;
	uint8_t kind;		/* KIND_* of its field; KIND_NONE: text as it is */
};

/* < 0, 0 or > 0 */
int value_compare_text(const struct expr_value *a, const struct expr_value *b);
int value_compare_bytes(const struct expr_value *a, const struct expr_value *b);
/* needle is of KIND_NONE; nothing contains an empty one. */
bool value_contains_text(const struct expr_value *value, const struct expr_value *needle);
bool value_contains_bytes(const struct expr_value *value, const struct expr_value *needle);

enum { MATCHED_MAX = 16384 };

/* Of text in which something is escaped, only the first MATCHED_MAX bytes are searched. */
bool value_matches(const struct expr_value *value, const struct regex *regex);

#endif
