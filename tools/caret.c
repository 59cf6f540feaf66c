/* SPDX-License-Identifier: BSD-2-Clause */
/* Where in a text of the user's something is wrong. */
#include "config.h"

#include "tools/caret.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "dissector/text.h"

enum { WIDTH = 72, BEFORE = 40 };

/* The line that holds at, and of a long one the part round it. */
static const char *part_of(const char *text, size_t at, size_t *len)
{
	size_t begin = at, end = at;

	while (begin > 0 && text[begin - 1] != '\n' && at - begin < BEFORE)
		begin--;
	while (text[end] != '\0' && text[end] != '\n' && end - begin < WIDTH)
		end++;
	while (begin < at && ((uint8_t)text[begin] & 0xc0) == 0x80)
		begin++;
	*len = end - begin;
	return text + begin;
}

/* Characters, of which continuation bytes of UTF-8 are none. */
static size_t width_of(const char *text, size_t len)
{
	char buf[4 * WIDTH];
	struct text shown = { .buf = buf, .size = sizeof(buf) };
	size_t width = 0;

	text_escaped(&shown, (const uint8_t *)text, len);
	for (size_t i = 0; i < shown.len; i++)
		width += ((uint8_t)buf[i] & 0xc0) != 0x80;
	return width;
}

void caret_show(const char *text, size_t at, size_t len)
{
	char buf[16 + 2 * 4 * WIDTH];
	struct text out = { .buf = buf, .size = sizeof(buf) };
	size_t part_len, before;
	const char *part = part_of(text, at, &part_len);

	before = (size_t)(text + at - part);
	if (len > part_len - before)
		len = part_len - before;
	text_spaces(&out, 4);
	text_escaped(&out, (const uint8_t *)part, part_len);
	text_char(&out, '\n');
	text_spaces(&out, 4 + width_of(part, before));
	text_char(&out, '^');
	for (size_t i = width_of(part + before, len); i > 1; i--)
		text_char(&out, '~');
	text_char(&out, '\n');
	fwrite(buf, 1, out.len, stderr);
}

void caret_show_column(const char *text, const char *why)
{
	unsigned long column = 0;

	if (sscanf(why, "column %lu:", &column) == 1 && column > 0 && column <= strlen(text) + 1)
		caret_show(text, column - 1, 1);
}
