/* SPDX-License-Identifier: BSD-2-Clause */
/* dump -V and -x: every field of a record, and its payload's bytes. */
#include "tools/show.h"

#include <string.h>
#include "dissector/value.h"

enum { INDENT = 4, HEX_COLUMNS = 16 };

static void add_heading(struct text *text, const struct decode_item *item)
{
	text_string(text, item->row->label);
	if (item->depth > 0) {
		text_char(text, ' ');
		text_dec(text, item->index);
	}
	text_char(text, '\n');
}

static int show_item(void *ctx, const struct decode_item *item)
{
	struct text *text = ctx;

	if (item->row->type == TYPE_FIELD && value_is_idle(item))
		return 0;
	text_spaces(text, INDENT * (item->depth + 1u));
	if (item->row->type != TYPE_FIELD) {
		add_heading(text, item);
		return 0;
	}
	text_string(text, item->row->label);
	text_add(text, ": ", 2);
	value_display(text, item);
	text_add(text, "  [", 3);
	text_string(text, item->row->abbrev);
	text_add(text, "]\n", 2);
	return 0;
}

void show_details(struct text *text, const struct show_packet *packet)
{
	const char *comment = reader_comment(packet->pkt);

	if (comment != NULL) {
		text_spaces(text, INDENT);
		text_string(text, "Comment: ");
		text_escaped(text, (const uint8_t *)comment, strlen(comment));
		text_char(text, '\n');
	}
	if (packet->rec != NULL)
		decode_record(packet->rec, packet->pkt->data, show_item, text);
}

static void add_hex_line(struct text *text, const uint8_t *bytes, uint32_t len, uint32_t at)
{
	text_spaces(text, INDENT);
	text_hex(text, at, 4);
	text_char(text, ' ');
	for (uint32_t i = 0; i < HEX_COLUMNS; i++) {
		text_char(text, ' ');
		if (i < len)
			text_hex(text, bytes[i], 2);
		else
			text_spaces(text, 2);
	}
	text_spaces(text, 2);
	for (uint32_t i = 0; i < len; i++)
		text_char(text, bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i] : '.');
	text_char(text, '\n');
}

void show_hex(struct text *text, const struct show_packet *packet)
{
	const uint8_t *bytes = packet->pkt->data;
	uint32_t len = packet->pkt->caplen;

	if (packet->rec != NULL) {
		bytes = packet->rec->payload;
		len = packet->rec->caplen;
	}
	for (uint32_t at = 0; at < len; at += HEX_COLUMNS)
		add_hex_line(text, bytes + at, len - at < HEX_COLUMNS ? len - at : HEX_COLUMNS, at);
}
