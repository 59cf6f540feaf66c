/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of fields as expressions compare them. */
#include "config.h"

#include "dissector/expr_text.h"

#include <string.h>
#include "dissector/text.h"

/* Bytes of text one after the other, as they are compared. */
struct reading {
	const uint8_t *at, *end;
	uint8_t kind;
	uint8_t nr_plain;	/* bytes of the present character that are still to come */
	uint8_t nr_escape;	/* characters of an escape that are still to come */
	uint8_t escaped;	/* the byte that it stands for */
};

static void reading_begin(struct reading *reading, const struct expr_value *value)
{
	uint32_t len = value->len;

	if (value->kind == KIND_CHARS)
		len = (uint32_t)text_padded_len(value->bytes, len);
	memset(reading, 0, sizeof(*reading));
	reading->at = value->bytes;
	reading->end = value->bytes + len;
	reading->kind = value->kind;
}

static bool is_plain(uint8_t c)
{
	return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\r' || c == '\n';
}

static int reading_escape(struct reading *reading)
{
	switch (reading->nr_escape--) {
	case 3:
		return 'x';
	case 2:
		return text_digit(reading->escaped >> 4);
	default:
		return text_digit(reading->escaped);
	}
}

/* The next byte, or -1. */
static int reading_next(struct reading *reading)
{
	size_t len;

	if (reading->nr_escape > 0)
		return reading_escape(reading);
	if (reading->at == reading->end)
		return -1;
	if (reading->kind == KIND_NONE)
		return *reading->at++;
	if (reading->kind == KIND_CHARS) {
		uint8_t c = *reading->at++;

		return c >= 0x20 && c < 0x7f ? c : '.';
	}
	if (reading->nr_plain > 0) {
		reading->nr_plain--;
		return *reading->at++;
	}
	if (is_plain(*reading->at))
		return *reading->at++;
	len = *reading->at >= 0x80 ? text_utf8(reading->at, (size_t)(reading->end - reading->at)) :
				     0;
	if (len > 0) {
		reading->nr_plain = (uint8_t)(len - 1);
		return *reading->at++;
	}
	reading->escaped = *reading->at++;
	reading->nr_escape = 3;
	return '\\';
}

static bool is_shown_as_it_is(const struct expr_value *value)
{
	if (value->kind == KIND_CHARS)
		return false;
	if (value->kind != KIND_TEXT)
		return true;
	for (uint32_t i = 0; i < value->len; i++)
		if (!is_plain(value->bytes[i]))
			return false;
	return true;
}

int value_compare_bytes(const struct expr_value *a, const struct expr_value *b)
{
	uint32_t len = a->len < b->len ? a->len : b->len;
	int order = len > 0 ? memcmp(a->bytes, b->bytes, len) : 0;

	return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

int value_compare_text(const struct expr_value *a, const struct expr_value *b)
{
	struct reading left, right;
	int c, d;

	if (is_shown_as_it_is(a) && is_shown_as_it_is(b))
		return value_compare_bytes(a, b);
	reading_begin(&left, a);
	reading_begin(&right, b);
	do {
		c = reading_next(&left);
		d = reading_next(&right);
	} while (c == d && c >= 0);
	return c - d;
}

/* Whether what is read begins with the needle. */
static bool begins_with(struct reading reading, const struct expr_value *needle)
{
	for (uint32_t i = 0; i < needle->len; i++)
		if (reading_next(&reading) != needle->bytes[i])
			return false;
	return true;
}

bool value_contains_bytes(const struct expr_value *value, const struct expr_value *needle)
{
	return needle->len > 0 &&
	       memmem(value->bytes, value->len, needle->bytes, needle->len) != NULL;
}

bool value_contains_text(const struct expr_value *value, const struct expr_value *needle)
{
	struct reading reading;

	if (needle->len == 0)
		return false;
	if (is_shown_as_it_is(value))
		return value_contains_bytes(value, needle);
	reading_begin(&reading, value);
	do {
		if (begins_with(reading, needle))
			return true;
	} while (reading_next(&reading) >= 0);
	return false;
}

bool value_matches(const struct expr_value *value, const struct regex *regex)
{
	uint8_t buf[MATCHED_MAX];
	struct reading reading;
	size_t len = 0;
	int c;

	if (is_shown_as_it_is(value))
		return regex_match(regex, value->bytes, value->len);
	reading_begin(&reading, value);
	while (len < sizeof(buf) && (c = reading_next(&reading)) >= 0)
		buf[len++] = (uint8_t)c;
	return regex_match(regex, buf, len);
}
