/* SPDX-License-Identifier: BSD-2-Clause */
/* Structures of the specification, walked byte by byte. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "spec/bytes.h"
#include "tests/field_rows.h"

static bool all_are(const uint8_t *bytes, size_t len, uint8_t value)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != value)
			return false;
	}
	return true;
}

static bool is_number(const uint8_t *bytes, const struct field_row *row)
{
	size_t len = row->len < 8 ? row->len : 8;

	return row->number != 0 && bytes_get_le(bytes, len) == row->number &&
	       all_are(bytes + len, row->len - len, 0);
}

static bool is_text(const uint8_t *bytes, const struct field_row *row)
{
	size_t len = strlen(row->text);

	return len > 0 && len <= row->len && memcmp(bytes, row->text, len) == 0 &&
	       all_are(bytes + len, row->len - len, ' ');
}

static bool is_right(const uint8_t *bytes, const struct field_row *row)
{
	switch (row->kind) {
	case FIELD_NUMBER:
		return is_number(bytes, row);
	case FIELD_TEXT:
		return is_text(bytes, row);
	case FIELD_ANY:
		return !all_are(bytes, row->len, 0);
	case FIELD_ZERO:
		return row->text[0] != '\0' && all_are(bytes, row->len, 0);
	}
	return false;
}

static void complain(const uint8_t *bytes, const struct field_row *row)
{
	fprintf(stderr, "bytes %u to %u, %s:", row->off, row->off + row->len - 1, row->name);
	for (uint16_t i = 0; i < row->len && i < 16; i++)
		fprintf(stderr, " %02x", bytes[i]);
	fputc('\n', stderr);
}

unsigned int field_rows_wrong(const uint8_t *bytes, size_t size, const struct field_row *rows,
			      size_t nr_rows)
{
	unsigned int nr_wrong = 0;
	size_t next = 0;

	for (size_t i = 0; i < nr_rows; i++) {
		if (rows[i].off != next) {
			fprintf(stderr, "no row for byte %zu\n", next);
			nr_wrong++;
		}
		next = (size_t)rows[i].off + rows[i].len;
		if (next > size || !is_right(bytes + rows[i].off, &rows[i])) {
			complain(bytes + rows[i].off, &rows[i]);
			nr_wrong++;
		}
	}
	return nr_wrong + (next != size);
}
