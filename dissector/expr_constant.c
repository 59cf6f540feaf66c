/* SPDX-License-Identifier: BSD-2-Clause */
/* Values in the text of an expression. */
#include "dissector/expr_constant.h"

#include <stdio.h>
#include <string.h>
#include "dissector/expr_field.h"

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

static bool digits(const char *text, size_t len, unsigned int base, uint64_t *number)
{
	*number = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned int digit = (unsigned int)digit_of(text[i]);

		if (digit >= base || *number > (UINT64_MAX - digit) / base)
			return false;
		*number = *number * base + digit;
	}
	return len > 0;
}

/* A number: decimal, 0x, 0b, or octal with a leading 0.  Digits that no number
 * has, and numbers beyond 64 bits: false. */
static bool parse_number(const char *text, size_t len, uint64_t *number)
{
	if (len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return digits(text + 2, len - 2, 16, number);
	if (len > 2 && text[0] == '0' && (text[1] == 'b' || text[1] == 'B'))
		return digits(text + 2, len - 2, 2, number);
	return digits(text, len, len > 1 && text[0] == '0' ? 8 : 10, number);
}

bool constant_slice(const char *text, size_t len, int64_t *from, uint32_t *slice_len)
{
	bool negative = len > 0 && text[0] == '-';
	size_t at = negative, nr;
	uint64_t first = 0, second = EXPR_TO_END;

	for (nr = 0; at + nr < len && digit_of(text[at + nr]) < 10; nr++)
		;
	if (nr > 9 || (nr > 0 ? !digits(text + at, nr, 10, &first) : negative || text[0] != ':'))
		return false;
	*from = negative ? -(int64_t)first : (int64_t)first;
	*slice_len = 1;
	at += nr;
	if (at == len)
		return true;
	nr = len - at - 1;
	if (nr > 9 || (nr > 0 && !digits(text + at + 1, nr, 10, &second)))
		return false;
	if (text[at] == '-' && !negative && second != EXPR_TO_END && second >= first)
		second -= first - 1;
	else if (text[at] != ':' || (nr > 0 && second == 0) || len == 1)
		return false;
	*slice_len = (uint32_t)second;
	return true;
}

static bool refuse(struct expr_error *err, const char *what)
{
	snprintf(err->what, sizeof(err->what), "%s", what);
	return false;
}

static void add_byte(struct expr_pool *pool, uint32_t byte)
{
	pool->bytes[pool->len++] = (uint8_t)byte;
}

/* A character of Unicode as UTF-8; its escape was longer than that.  As in C
 * and Wireshark it is none of ASCII's. */
static bool add_character(struct expr_pool *pool, uint64_t c)
{
	if (c < 0xa0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return false;
	if (c >= 0x10000)
		add_byte(pool, 0xf0 | (uint32_t)(c >> 18));
	if (c >= 0x800)
		add_byte(pool, (c >= 0x10000 ? 0x80 : 0xe0) | (c >> 12 & (c >= 0x10000 ? 63 : 15)));
	add_byte(pool, (c >= 0x800 ? 0x80 : 0xc0) | (c >> 6 & (c >= 0x800 ? 63 : 31)));
	add_byte(pool, 0x80 | (c & 63));
	return true;
}

/* How many of the at most max characters are digits of the base. */
static size_t nr_digits(const char *text, size_t len, size_t max, int base)
{
	size_t nr = 0;

	while (nr < len && nr < max && digit_of(text[nr]) < base)
		nr++;
	return nr;
}

/* An escape, without its backslash.  Its length, or 0: none. */
static size_t add_escape(struct expr_pool *pool, const char *text, size_t len)
{
	static const char letters[] = "abfnrtv\\\"'", bytes[] = "\a\b\f\n\r\t\v\\\"'";
	const char *letter = memchr(letters, text[0], sizeof(letters) - 1);
	size_t nr;
	uint64_t c;

	if (letter != NULL) {
		add_byte(pool, (uint8_t)bytes[letter - letters]);
		return 1;
	}
	nr = nr_digits(text, len, 3, 8);
	if (nr > 0) {
		digits(text, nr, 8, &c);
		if (c <= 255)
			add_byte(pool, (uint32_t)c);
		return c <= 255 ? nr : 0;
	}
	if (text[0] == 'x') {
		nr = nr_digits(text + 1, len - 1, 2, 16);
		if (digits(text + 1, nr, 16, &c))
			add_byte(pool, (uint32_t)c);
		return nr > 0 ? nr + 1 : 0;
	}
	nr = text[0] == 'u' ? 4 : text[0] == 'U' ? 8 : 0;
	if (nr == 0 || nr_digits(text + 1, len - 1, nr, 16) != nr)
		return 0;
	digits(text + 1, nr, 16, &c);
	return add_character(pool, c) ? nr + 1 : 0;
}

static const char no_escape[] = "no such escape; there are \\\\ \\\" \\' \\a \\b \\f \\n "
				"\\r \\t \\v \\ooo \\xhh \\uhhhh and \\Uhhhhhhhh";

/* A quoted token's bytes, into the pool. */
static bool add_quoted(struct expr_pool *pool, const char *text, const struct expr_token *token,
		       struct expr_constant *constant, struct expr_error *err)
{
	bool raw = token->type == TOKEN_RAW_STRING;
	size_t at = token->at + 1 + raw, end = token->at + token->len - 1;

	constant->at = pool->len;
	while (at < end) {
		size_t len = 1;

		if (text[at] != '\\' || raw) {
			add_byte(pool, (uint8_t)text[at]);
		} else {
			len = add_escape(pool, text + at + 1, end - at - 1);
			if (len == 0) {
				err->at = at;
				err->len = end - at < 2 ? end - at : 2;
				return refuse(err, no_escape);
			}
			len++;
		}
		at += len;
	}
	constant->len = pool->len - constant->at;
	return true;
}

/* Two digits a byte, ":" or "-" between them; of one byte, or without separators, ":" in
 * front, since such a word is a protocol's name to Wireshark. */
static bool add_hex(struct expr_pool *pool, const char *text, size_t len,
		    struct expr_constant *constant)
{
	size_t at = text[0] == ':';
	char separator = len - at > 2 && digit_of(text[at + 2]) == 16 ? text[at + 2] : '\0';
	uint64_t byte;

	if (separator != '\0' ? separator != ':' && separator != '-' : at == 0)
		return false;
	constant->at = pool->len;
	for (;;) {
		if (len - at < 2 || !digits(text + at, 2, 16, &byte))
			return false;
		add_byte(pool, (uint32_t)byte);
		at += 2;
		if (at == len)
			break;
		if (separator != '\0' && text[at++] != separator)
			return false;
	}
	constant->len = pool->len - constant->at;
	return true;
}

static bool add_uuid(struct expr_pool *pool, const char *text, size_t len,
		     struct expr_constant *constant)
{
	uint64_t byte;

	constant->at = pool->len;
	for (size_t i = 0; i < len;) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text[i++] != '-')
				return false;
		} else if (len - i < 2 || !digits(text + i, 2, 16, &byte)) {
			return false;
		} else {
			add_byte(pool, (uint32_t)byte);
			i += 2;
		}
	}
	constant->len = pool->len - constant->at;
	return len == 36;
}

/* Seconds with at most nine digits behind a point, as ns. */
static bool parse_time(const char *text, size_t len, uint64_t *ns)
{
	const char *point = memchr(text, '.', len);
	size_t whole = point != NULL ? (size_t)(point - text) : len;
	size_t nr = point != NULL ? len - whole - 1 : 0;
	uint64_t seconds, fraction = 0;

	if (!digits(text, whole, 10, &seconds) || seconds > UINT64_MAX / 1000000000 - 1)
		return false;
	if (point != NULL && (nr > 9 || !digits(point + 1, nr, 10, &fraction)))
		return false;
	for (; nr < 9; nr++)
		fraction *= 10;
	*ns = seconds * 1000000000 + fraction;
	return true;
}

static bool parse_int(const struct expr_field *field, const char *text, size_t len,
		      uint64_t *number, struct expr_error *err)
{
	bool negative = len > 0 && text[0] == '-';
	uint64_t most = UINT64_MAX >> (64 - 8 * field->bytes);

	if (!parse_number(text + negative, len - negative, number)) {
		snprintf(err->what, sizeof(err->what), "%s is a number, which was expected here",
			 field->name);
		return false;
	}
	if (field->type == EXPR_INT)
		most = (most >> 1) + negative;
	else if (negative && *number > 0)
		return refuse(err, "this field is never negative");
	if (*number > most) {
		snprintf(err->what, sizeof(err->what), "too much for the %u bytes of %s",
			 field->bytes, field->name);
		return false;
	}
	if (negative)
		*number = 0 - *number;
	return true;
}

/* The number that a name in quotes stands for. */
static bool parse_name(const struct expr_field *field, const char *name, size_t len,
		       uint64_t *number, struct expr_error *err)
{
	struct near near;
	char words[160];

	if (field_value(field, name, len, number))
		return true;
	if (field->set == SET_NONE)
		return refuse(err, "the values of this field have no names here; give a number");
	near_init(&near, name, len);
	field_offer_values(&near, field);
	near_words(&near, words, sizeof(words));
	snprintf(err->what, sizeof(err->what), "no value of %s has this name%s", field->name,
		 words);
	return false;
}

static bool parse_bool(const char *text, size_t len, uint64_t *number, struct expr_error *err)
{
	static const char *const words[] = { "false", "False", "FALSE", "true", "True", "TRUE" };

	for (unsigned int i = 0; i < 6; i++)
		if (strlen(words[i]) == len && memcmp(words[i], text, len) == 0) {
			*number = i >= 3;
			return true;
		}
	if (!parse_number(text, len, number))
		return refuse(err, "1, 0, true or false was expected");
	*number = *number != 0;
	return true;
}

/* A quoted token, whose bytes are in the pool. */
static bool take_quoted(const struct expr_field *field, const struct expr_token *token,
			struct expr_pool *pool, struct expr_constant *constant,
			struct expr_error *err)
{
	const char *bytes = (const char *)pool->bytes + constant->at;

	if (token->type == TOKEN_CHAR && constant->len != 1)
		return refuse(err, "one character was expected between the quotes");
	if (field->type == EXPR_STRING || field->type == EXPR_BYTES) {
		if (token->type != TOKEN_CHAR)
			return true;
		return refuse(err, "a string in double quotes was expected");
	}
	if (field->type == EXPR_UINT && token->type == TOKEN_CHAR) {
		constant->number = (uint8_t)bytes[0];
		return true;
	}
	if (field->type == EXPR_UINT || field->type == EXPR_INT)
		return parse_name(field, bytes, constant->len, &constant->number, err);
	return refuse(err, "no string is a value of this field");
}

bool constant_parse(const struct expr_field *field, const char *text,
		    const struct expr_token *token, struct expr_pool *pool,
		    struct expr_constant *constant, struct expr_error *err)
{
	const char *word = text + token->at;

	memset(constant, 0, sizeof(*constant));
	err->at = token->at;
	err->len = token->len;
	if (token->type != TOKEN_WORD)
		return add_quoted(pool, text, token, constant, err) &&
		       take_quoted(field, token, pool, constant, err);
	switch ((enum expr_type)field->type) {
	case EXPR_NONE:
		return refuse(err, "this can only be there or not");
	case EXPR_UINT:
	case EXPR_INT:
		return parse_int(field, word, token->len, &constant->number, err);
	case EXPR_BOOL:
		return parse_bool(word, token->len, &constant->number, err);
	case EXPR_STRING:
		return refuse(err, "a string in double quotes was expected");
	case EXPR_BYTES:
		return add_hex(pool, word, token->len, constant) ||
		       refuse(err, "bytes were expected: aa:bb:cc, or :aa");
	case EXPR_UUID:
		return add_uuid(pool, word, token->len, constant) ||
		       refuse(err, "a UUID was expected: 01020304-0506-0708-090a-0b0c0d0e0f10");
	case EXPR_TIME:
		return parse_time(word, token->len, &constant->number) ||
		       refuse(err, "seconds were expected, at most nine digits behind a point");
	}
	return false;
}
