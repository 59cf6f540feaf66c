/* SPDX-License-Identifier: BSD-2-Clause */
/* Text as it grows: numbers, bytes and strings without printf. */
#include "dissector/text.h"

#include <stdbool.h>
#include "dissector/put.h"
#include "spec/bytes.h"

enum {
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

/* Of 0 to 99 both digits, one number after the other. */
static const char pairs[] =
	"00010203040506070809101112131415161718192021222324252627282930313233343536373839"
	"40414243444546474849505152535455565758596061626364656667686970717273747576777879"
	"8081828384858687888990919293949596979899";

static inline char *put_two(char *at, uint32_t value)
{
	memcpy(at, pairs + 2 * value, 2);
	return at + 2;
}

static inline char *put_four(char *at, uint32_t value)
{
	return put_two(put_two(at, value / 100), value % 100);
}

static inline char *put_eight(char *at, uint32_t value)
{
	return put_four(put_four(at, value / 10000), value % 10000);
}

/* The digits of a number below 10^8.  By branches, not by counting: what is
 * written next then need not wait for it. */
static char *put_below(char *at, uint32_t value)
{
	if (value >= 10000)
		return put_four(put_below(at, value / 10000), value % 10000);
	if (value >= 1000)
		return put_four(at, value);
	if (value >= 100)
		return put_two(put_char(at, text_digit(value / 100)), value % 100);
	return value >= 10 ? put_two(at, value) : put_char(at, text_digit(value));
}

char *put_digits(char *at, uint64_t value)
{
	if (value < EIGHT_DIGITS)
		return put_below(at, (uint32_t)value);
	return put_eight(put_dec(at, value / EIGHT_DIGITS), (uint32_t)(value % EIGHT_DIGITS));
}

char *put_time(char *at, uint64_t time_ns, char point)
{
	uint32_t ns = (uint32_t)(time_ns % 1000000000);

	at = put_char(put_dec(at, time_ns / 1000000000), point);
	return put_eight(put_char(at, text_digit(ns / EIGHT_DIGITS)), ns % EIGHT_DIGITS);
}

void text_dec(struct text *text, uint64_t value)
{
	char spare[PUT_DEC_MAX + PUT_SLACK], *begin = text_begin(text, spare, sizeof(spare));

	text_end(text, spare, begin, put_dec(begin, value));
}

void text_time(struct text *text, uint64_t time_ns, char point)
{
	char spare[PUT_TIME_MAX + PUT_SLACK], *begin = text_begin(text, spare, sizeof(spare));

	text_end(text, spare, begin, put_time(begin, time_ns, point));
}

void text_signed(struct text *text, int64_t value)
{
	if (value < 0)
		text_char(text, '-');
	text_dec(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

/* The eight digits of a number, the first one in the lowest byte. */
static void put_eight_hex(char *to, uint32_t value)
{
	uint64_t nibbles = value, letters;

	nibbles = (nibbles | nibbles << 16) & UINT64_C(0x0000ffff0000ffff);
	nibbles = (nibbles | nibbles << 8) & UINT64_C(0x00ff00ff00ff00ff);
	nibbles = (nibbles | nibbles << 4) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	letters = (nibbles + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101);
	nibbles += zeros + letters * ('a' - '0' - 10);
	bytes_set_be(to, 8, nibbles);
}

char *put_hex_digits(char *at, uint64_t value, unsigned int width)
{
	unsigned int len = (67u - (unsigned int)__builtin_clzll(value | 1)) / 4;

	if (len < width)
		len = width < PUT_HEX_MAX ? width : PUT_HEX_MAX;
	value <<= 4 * (PUT_HEX_MAX - len);
	put_eight_hex(at, (uint32_t)(value >> 32));
	if (len > 8)
		put_eight_hex(at + 8, (uint32_t)value);
	return at + len;
}

void text_hex(struct text *text, uint64_t value, unsigned int width)
{
	char spare[PUT_HEX_MAX + PUT_SLACK], *begin = text_begin(text, spare, sizeof(spare));

	text_end(text, spare, begin, put_hex(begin, value, width));
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
