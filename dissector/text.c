/* SPDX-License-Identifier: BSD-2-Clause */
/* Text as it grows: numbers, bytes and strings without printf. */
#include "dissector/text.h"

#include <stdbool.h>
#include "spec/bytes.h"

enum {
	HEX_MAX = 16,			/* digits of 64 bits */
	EIGHT_DIGITS = 100000000,	/* the first number that has more */
};

static const uint64_t zeros = UINT64_C(0x3030303030303030);	/* "00000000" */

void text_add_parts(struct text *text, const char *from, size_t len)
{
	while (len > 0) {
		size_t part = text->size - text->len;

		if (part < len && text->flush != NULL) {
			text->flush(text);
			part = text->size - text->len;
		}
		if (part == 0)
			return;
		if (part > len)
			part = len;
		memcpy(text->buf + text->len, from, part);
		text->len += part;
		from += part;
		len -= part;
	}
}

void text_spaces(struct text *text, size_t nr)
{
	while (nr-- > 0)
		text_char(text, ' ');
}

/* Where to write len bytes or less: in the buffer, or in spare if they may not
 * fit.  add_end then adds as many of them as count. */
static inline char *add_begin(struct text *text, char *spare, size_t len)
{
	return text->size - text->len >= len ? text->buf + text->len : spare;
}

static inline void add_end(struct text *text, const char *spare, const char *at, size_t len)
{
	if (at == spare)
		text_add_parts(text, spare, len);
	else
		text->len += len;
}

/* The digits of a number below 10^8, 0 to 9, the first one in the lowest byte:
 * halves, then quarters, then single digits side by side in one word. */
static uint64_t eight_digits(uint32_t value)
{
	uint64_t halves = value / 10000 | (uint64_t)(value % 10000) << 32;
	uint64_t tens = halves * 5243 >> 19 & UINT64_C(0x0000007f0000007f);
	uint64_t quarters = tens | (halves - 100 * tens) << 16;

	tens = quarters * 103 >> 10 & UINT64_C(0x000f000f000f000f);
	return tens | (quarters - 10 * tens) << 8;
}

void text_dec(struct text *text, uint64_t value)
{
	uint64_t eight;
	unsigned int before = 0;
	char spare[8], *at;

	if (value < 100) {
		if (value >= 10)
			text_char(text, text_digit((unsigned int)value / 10));
		text_char(text, text_digit((unsigned int)value % 10));
		return;
	}
	eight = eight_digits((uint32_t)(value % EIGHT_DIGITS));
	if (value >= EIGHT_DIGITS)
		text_dec(text, value / EIGHT_DIGITS);
	else
		before = (unsigned int)__builtin_ctzll(eight) / 8;
	at = add_begin(text, spare, sizeof(spare));
	bytes_set_le(at, 8, (eight + zeros) >> 8 * before);
	add_end(text, spare, at, 8 - before);
}

void text_time(struct text *text, uint64_t time_ns, char point)
{
	uint32_t ns = (uint32_t)(time_ns % 1000000000);
	char spare[10], *at;

	text_dec(text, time_ns / 1000000000);
	at = add_begin(text, spare, sizeof(spare));
	at[0] = point;
	at[1] = text_digit(ns / EIGHT_DIGITS);
	bytes_set_le(at + 2, 8, eight_digits(ns % EIGHT_DIGITS) + zeros);
	add_end(text, spare, at, sizeof(spare));
}

void text_signed(struct text *text, int64_t value)
{
	if (value < 0)
		text_char(text, '-');
	text_dec(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

/* The eight digits of a number, the first one in the lowest byte. */
static void put_hex(char *to, uint32_t value)
{
	uint64_t nibbles = value, letters;

	nibbles = (nibbles | nibbles << 16) & UINT64_C(0x0000ffff0000ffff);
	nibbles = (nibbles | nibbles << 8) & UINT64_C(0x00ff00ff00ff00ff);
	nibbles = (nibbles | nibbles << 4) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	letters = (nibbles + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101);
	nibbles += zeros + letters * ('a' - '0' - 10);
	bytes_set_be(to, 8, nibbles);
}

void text_hex(struct text *text, uint64_t value, unsigned int width)
{
	unsigned int len = (67u - (unsigned int)__builtin_clzll(value | 1)) / 4;
	char spare[HEX_MAX], *at;

	if (len < width)
		len = width < HEX_MAX ? width : HEX_MAX;
	value <<= 4 * (HEX_MAX - len);
	at = add_begin(text, spare, sizeof(spare));
	put_hex(at, (uint32_t)(value >> 32));
	if (len > 8)
		put_hex(at + 8, (uint32_t)value);
	add_end(text, spare, at, len);
}

void text_bytes(struct text *text, const uint8_t *from, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const char both[2] = { text_digit(from[i] >> 4), text_digit(from[i]) };

		text_add(text, both, 2);
	}
}

void text_u128(struct text *text, const uint8_t *from)
{
	char number[39];
	unsigned int at = sizeof(number);
	uint8_t left[16];
	unsigned int any;

	memcpy(left, from, sizeof(left));
	do {
		unsigned int rest = 0;

		any = 0;
		for (size_t i = sizeof(left); i-- > 0;) {
			rest = rest << 8 | left[i];
			left[i] = (uint8_t)(rest / 10);
			any |= left[i];
			rest %= 10;
		}
		number[--at] = text_digit(rest);
	} while (any != 0);
	text_add(text, number + at, sizeof(number) - at);
}

size_t text_utf8(const uint8_t *from, size_t len)
{
	static const uint32_t least[5] = { 0, 0, 0xa0, 0x800, 0x10000 };
	uint32_t c = from[0];
	size_t need = c < 0x80 ? 1 : c < 0xc0 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf8 ? 4 : 0;

	if (need <= 1)
		return need;
	if (need > len)
		return 0;
	c &= 0x7fu >> need;
	for (size_t i = 1; i < need; i++) {
		if ((from[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (from[i] & 0x3fu);
	}
	if (c < least[need] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return need;
}

/* The letter after the backslash, or 0. */
static char escape_letter(uint8_t c)
{
	return c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : 0;
}

static void escape_byte(struct text *text, uint8_t c)
{
	text_char(text, '\\');
	if (escape_letter(c) != 0) {
		text_char(text, escape_letter(c));
	} else {
		text_char(text, 'x');
		text_bytes(text, &c, 1);
	}
}

/* Not 0 if a byte of word is none of 20h to 7Eh, or JSON escapes it. */
static inline uint64_t find_odd(uint64_t word, bool json)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t odd = (word - ones * 0x20) | (word + ones) | word;

	if (json)
		odd |= ((word ^ ones * '"') - ones) | ((word ^ ones * '\\') - ones);
	return odd & ones * 0x80;
}

/* How many bytes stand for themselves, from the first one on. */
static inline size_t plain_len(const uint8_t *from, size_t len, bool json)
{
	size_t at = 0;

	while (len - at >= 8 && find_odd(bytes_get_le(from + at, 8), json) == 0)
		at += 8;
	while (at < len && find_odd(from[at] | UINT64_C(0x2020202020202000), json) == 0)
		at++;
	return at;
}

void text_escaped(struct text *text, const uint8_t *from, size_t len)
{
	size_t used;

	for (; len > 0; from += used, len -= used) {
		used = plain_len(from, len, false);
		if (used == 0 && from[0] >= 0x80)
			used = text_utf8(from, len);
		if (used == 0) {
			used = 1;
			escape_byte(text, from[0]);
		} else {
			text_add(text, (const char *)from, used);
		}
	}
}

/* A character that does not stand for itself in JSON. */
static void json_escape(struct text *text, uint8_t c)
{
	if (c >= 0x80) {
		text_string(text, "\xef\xbf\xbd");
	} else if (c == '"' || c == '\\') {
		text_char(text, '\\');
		text_char(text, (char)c);
	} else if (escape_letter(c) != 0) {
		escape_byte(text, c);
	} else {
		text_string(text, "\\u00");
		text_bytes(text, &c, 1);
	}
}

void text_json(struct text *text, const uint8_t *from, size_t len)
{
	size_t used;

	text_char(text, '"');
	for (; len > 0; from += used, len -= used) {
		used = plain_len(from, len, true);
		if (used == 0 && from[0] >= 0x80)
			used = text_utf8(from, len);
		if (used == 0) {
			used = 1;
			json_escape(text, from[0]);
		} else {
			text_add(text, (const char *)from, used);
		}
	}
	text_char(text, '"');
}

size_t text_padded_len(const uint8_t *from, size_t len)
{
	while (len > 0 && (from[len - 1] == '\0' || from[len - 1] == ' '))
		len--;
	return len;
}

void text_padded(struct text *text, const uint8_t *from, size_t len)
{
	len = text_padded_len(from, len);
	for (size_t i = 0; i < len; i++)
		text_char(text, from[i] >= 0x20 && from[i] < 0x7f ? (char)from[i] : '.');
}
