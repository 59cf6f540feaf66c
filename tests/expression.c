/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions on records, for tests. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "tests/expression.h"

static uint8_t write_sqe[64] = { [0] = 0x01, [2] = 0x03, [3] = 0x02, [4] = 1,
				 [41] = 0x10, [48] = 7 };

struct record write_record(void)
{
	struct record rec = record_of_command(2, write_sqe, sizeof(write_sqe));

	rec.seq = 600;
	rec.sqid = 3;
	return rec;
}

bool matches_as(const struct record *rec, const char *text)
{
	struct expr_error err;
	struct expr *expr = expr_compile(text, strlen(text), &err);
	bool matched;

	if (expr == NULL)
		fail_msg("%s: byte %zu: %s", text, err.at, err.what);
	matched = expr_match(expr, rec);
	expr_free(expr);
	return matched;
}

void assert_refused(const char *text, size_t at, const char *what)
{
	struct expr_error err;
	struct expr *expr;

	errno = 0;
	expr = expr_compile(text, strlen(text), &err);
	if (expr != NULL)
		fail_msg("taken: %s", text);
	assert_int_equal(errno, EINVAL);
	if (strncmp(err.what, what, strlen(what)) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", text, err.what, what);
	if (err.at != at || err.at + err.len > strlen(text))
		fail_msg("%s: %zu bytes at %zu, not at %zu", text, err.len, err.at, at);
}
