/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions on records, for tests; cmocka.h is there. */
#ifndef TESTS_EXPRESSION_H
#define TESTS_EXPRESSION_H

#include "dissector/expr.h"
#include "tests/fields.h"

/* Write of 8 blocks from 1000h, CID 0203h, namespace 1: event 600 of queue 3. */
struct record write_record(void);

bool matches_as(const struct record *rec, const char *text);
/* What is wrong begins with these words, and with this byte of the text. */
void assert_refused(const char *text, size_t at, const char *what);

#define assert_match(rec, text) \
	do { \
		if (!matches_as(rec, text)) \
			fail_msg("no match: %s", text); \
	} while (0)
#define assert_no_match(rec, text) \
	do { \
		if (matches_as(rec, text)) \
			fail_msg("a match: %s", text); \
	} while (0)

#endif
