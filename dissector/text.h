/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text as it grows in a buffer of the caller's.  Without flush what does not
 * fit is cut off; with flush the buffer is handed out whenever it is full.
 * Bytes of the buffer behind what is used may be overwritten.  One thread.
 */
#ifndef DISSECTOR_TEXT_H
#define DISSECTOR_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
	char *buf;
	size_t len, size;	/* bytes used and there */
	/* Takes buf[0..len) and sets len to 0; NULL: nobody does. */
	void (*flush)(struct text *text);
};

/* A number's lowest four bits as a hexadecimal digit. */
static inline char text_digit(unsigned int value)
{
	return "0123456789abcdef"[value & 15];
}

/* text_add, when the bytes do not fit at once. */
void text_add_parts(struct text *text, const char *from, size_t len);

/* Here, because a literal then is a store or two in its caller. */
static inline void text_add(struct text *text, const char *from, size_t len)
{
	if (text->size - text->len < len) {
		text_add_parts(text, from, len);
		return;
	}
	memcpy(text->buf + text->len, from, len);
	text->len += len;
}

static inline void text_char(struct text *text, char c)
{
	text_add(text, &c, 1);
}

static inline void text_string(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

/*
 * Where to write len bytes or less at once: in the buffer, or in spare if they may not fit.
 * text_end adds those from there (begin) to end.
 */
static inline char *text_begin(struct text *text, char *spare, size_t len)
{
	return text->size - text->len >= len ? text->buf + text->len : spare;
}

static inline void text_end(struct text *text, const char *spare, const char *begin,
			    const char *end)
{
	if (begin == spare)
		text_add_parts(text, spare, (size_t)(end - begin));
	else
		text->len += (size_t)(end - begin);
}

void text_spaces(struct text *text, size_t nr);
void text_dec(struct text *text, uint64_t value);
/* ns since 1970 as seconds, the point (":", ".") and nine digits. */
void text_time(struct text *text, uint64_t time_ns, char point);
void text_signed(struct text *text, int64_t value);
/* Lower-case hexadecimal digits, at least width of them (at most 16), no 0x. */
void text_hex(struct text *text, uint64_t value, unsigned int width);
/* Two hexadecimal digits a byte. */
void text_bytes(struct text *text, const uint8_t *from, size_t len);
/* A little-endian number of 16 bytes, in decimal. */
void text_u128(struct text *text, const uint8_t *from);

/* UTF-8 as it is, but control characters and what is not UTF-8 as \n, \r, \t
 * or \xhh, so that it is one line and harmless to a terminal. */
void text_escaped(struct text *text, const uint8_t *from, size_t len);
/* A JSON string with its quotes; what is not UTF-8 becomes U+FFFD. */
void text_json(struct text *text, const uint8_t *from, size_t len);
/* len without NULs and spaces at the end. */
size_t text_padded_len(const uint8_t *from, size_t len);
/* ASCII padded with NULs and spaces: without them, and anything else but
 * 20h to 7Eh as a dot. */
void text_padded(struct text *text, const uint8_t *from, size_t len);

/* Length of the UTF-8 character at from (1 to 4; not of a control character
 * U+0080 to U+009F), or 0 if there is none.  len is at least 1. */
size_t text_utf8(const uint8_t *from, size_t len);

#endif
