/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Structures of the specification, walked byte by byte: a table has a row for
 * each field, in order and without a gap, that says what is in it, or why the
 * specification allows it to be zero.  A byte that is zero where no row says
 * so, or that is not where no row names it, is an error.
 */
#ifndef TESTS_FIELD_ROWS_H
#define TESTS_FIELD_ROWS_H

#include <stddef.h>
#include <stdint.h>

enum field_kind {
	FIELD_NUMBER,	/* little-endian; beyond its 8th byte zeroes */
	FIELD_TEXT,	/* padded with spaces */
	FIELD_ANY,	/* not all of its bytes are zero */
	FIELD_ZERO,
};

struct field_row {
	uint16_t off, len;
	const char *name;
	enum field_kind kind;
	uint64_t number;
	const char *text;	/* or, of zeroes, why they may be: what the specification says */
};

#define NUMBER(off, len, name, number) { off, len, name, FIELD_NUMBER, number, NULL }
#define TEXT(off, len, name, text) { off, len, name, FIELD_TEXT, 0, text }
#define ANY(off, len, name) { off, len, name, FIELD_ANY, 0, NULL }
#define ZERO(off, len, name, why) { off, len, name, FIELD_ZERO, 0, why }
#define RESERVED(off, len) ZERO(off, len, "reserved", "reserved")

/* How many rows are wrong, each of which is said on standard error. */
unsigned int field_rows_wrong(const uint8_t *bytes, size_t size, const struct field_row *rows,
			      size_t nr_rows);
#define FIELDS_WRONG(bytes, size, rows) \
	field_rows_wrong(bytes, size, rows, sizeof(rows) / sizeof((rows)[0]))

#endif
