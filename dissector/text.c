/* SPDX-License-Identifier: BSD-2-Clause */
/* Text as it grows: numbers, bytes and strings without printf. */
#include "dissector/text.h"

#include <string.h>

static const char digits[] = "0123456789abcdef";

/* Flushes if want bytes do not fit. */
static void make_room(struct text *text, size_t want)
{
	if (text->size - text->len < want && text->flush != NULL)
		text->flush(text);
}

void text_char(struct text *text, char c)
{
	make_room(text, 1);
	if (text->len < text->size)
		text->buf[text->len++] = c;
}

void text_add(struct text *text, const char *from, size_t len)
{
	while (len > 0) {
		size_t part;

		make_room(text, len);
		part = text->size - text->len;
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

void text_string(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

void text_spaces(struct text *text, size_t nr)
{
	while (nr-- > 0)
		text_char(text, ' ');
}

void text_dec_zero(struct text *text, uint64_t value, unsigned int width)
{
	char number[20];
	unsigned int at = sizeof(number);

	do
		number[--at] = digits[value % 10];
	while ((value /= 10) > 0);
	while (at > 0 && sizeof(number) - at < width)
		number[--at] = '0';
	text_add(text, number + at, sizeof(number) - at);
}

void text_dec(struct text *text, uint64_t value)
{
	text_dec_zero(text, value, 1);
}

void text_signed(struct text *text, int64_t value)
{
	if (value < 0)
		text_char(text, '-');
	text_dec(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void text_hex(struct text *text, uint64_t value, unsigned int width)
{
	char number[16];
	unsigned int at = sizeof(number);

	do
		number[--at] = digits[value & 15];
	while ((value >>= 4) > 0);
	while (at > 0 && sizeof(number) - at < width)
		number[--at] = '0';
	text_add(text, number + at, sizeof(number) - at);
}

void text_bytes(struct text *text, const uint8_t *from, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		text_char(text, digits[from[i] >> 4]);
		text_char(text, digits[from[i] & 15]);
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
		number[--at] = digits[rest];
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

void text_escaped(struct text *text, const uint8_t *from, size_t len)
{
	size_t used;

	for (; len > 0; from += used, len -= used) {
		used = text_utf8(from, len);
		if (used == 0 || from[0] < 0x20 || from[0] == 0x7f) {
			used = 1;
			escape_byte(text, from[0]);
		} else {
			text_add(text, (const char *)from, used);
		}
	}
}

void text_json(struct text *text, const uint8_t *from, size_t len)
{
	size_t used;

	text_char(text, '"');
	for (; len > 0; from += used, len -= used) {
		used = text_utf8(from, len);
		if (used == 0) {
			used = 1;
			text_string(text, "\xef\xbf\xbd");
		} else if (from[0] == '"' || from[0] == '\\') {
			text_char(text, '\\');
			text_char(text, (char)from[0]);
		} else if (escape_letter(from[0]) != 0) {
			escape_byte(text, from[0]);
		} else if (from[0] < 0x20 || from[0] == 0x7f) {
			text_string(text, "\\u00");
			text_bytes(text, from, 1);
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
