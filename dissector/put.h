/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pieces of text written at once where there is room for all of them: each
 * returns where it ends.  A number may overwrite PUT_SLACK bytes behind that.
 * For text that is long or of unknown length there is text.h.
 */
#ifndef DISSECTOR_PUT_H
#define DISSECTOR_PUT_H

#include <stdint.h>
#include <string.h>

enum {
	PUT_DEC_MAX = 20,
	PUT_HEX_MAX = 16,
	PUT_TIME_MAX = 21,
	PUT_SLACK = 16,
};

static inline char *put_char(char *at, char c)
{
	*at = c;
	return at + 1;
}

/* Of a literal this is a store or two. */
static inline char *put_string(char *at, const char *string)
{
	size_t len = strlen(string);

	memcpy(at, string, len);
	return at + len;
}

/* put_dec of 10 and more. */
char *put_digits(char *at, uint64_t value);

static inline char *put_dec(char *at, uint64_t value)
{
	return value < 10 ? put_char(at, (char)('0' + value)) : put_digits(at, value);
}

/* put_hex of what does not fit into width digits, or of no or more than 4 of them. */
char *put_hex_digits(char *at, uint64_t value, unsigned int width);

/* Lower-case hexadecimal digits, at least width of them (at most 16), no 0x. */
static inline char *put_hex(char *at, uint64_t value, unsigned int width)
{
	if (width - 1 > 3 || value >> 4 * width != 0)
		return put_hex_digits(at, value, width);
	for (unsigned int i = 0; i < width; i++)
		at[i] = "0123456789abcdef"[value >> 4 * (width - 1 - i) & 15];
	return at + width;
}

/* ns since 1970 as seconds, the point (":", ".") and nine digits. */
char *put_time(char *at, uint64_t time_ns, char point);

#endif
