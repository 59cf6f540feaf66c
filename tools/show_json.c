/* SPDX-License-Identifier: BSD-2-Clause */
/* dump -T jsonl: one object a line. */
#include "tools/show.h"

#include <string.h>
#include "dissector/value.h"

static void add_key(struct text *text, const char *name)
{
	if (text->buf[text->len - 1] != '{')
		text_char(text, ',');
	text_char(text, '"');
	text_string(text, name);
	text_add(text, "\":", 2);
}

static void add_string(struct text *text, const char *name, const char *string)
{
	if (string == NULL)
		return;
	add_key(text, name);
	text_json(text, (const uint8_t *)string, strlen(string));
}

static void add_number(struct text *text, const char *name, uint64_t number)
{
	add_key(text, name);
	text_dec(text, number);
}

/* A number or string; what stands in a list is always an array. */
static void add_values(struct text *text, const struct collect *collect,
		       const struct collect_item *first)
{
	bool is_array = first->item.element || first->next != 0;

	if (is_array)
		text_char(text, '[');
	value_json(text, &first->item);
	for (uint32_t i = first->next; i != 0; i = collect->items[i - 1].next) {
		text_char(text, ',');
		value_json(text, &collect->items[i - 1].item);
	}
	if (is_array)
		text_char(text, ']');
}

int show_json(struct text *text, struct collect *collect, const struct show_packet *packet)
{
	int ret = 0;

	text_char(text, '{');
	add_number(text, "frame.number", packet->pkt->number);
	if (packet->rec != NULL) {
		add_key(text, "frame.time_epoch");
		text_char(text, '"');
		text_time(text, packet->rec->time_ns, '.');
		text_char(text, '"');
	}
	add_number(text, "frame.len", packet->pkt->len);
	if (packet->pkt->interface != NULL)
		add_string(text, "frame.interface_name", packet->pkt->interface->name);
	add_string(text, "frame.comment", reader_comment(packet->pkt));
	add_string(text, "error", packet->reason);
	if (packet->rec != NULL) {
		ret = collect_record(collect, packet->rec, packet->pkt->data);
		for (size_t i = 0; i < collect->nr; i++) {
			if (!collect->items[i].is_first)
				continue;
			add_key(text, collect->items[i].item.row->abbrev);
			add_values(text, collect, &collect->items[i]);
		}
	}
	text_add(text, "}\n", 2);
	return ret;
}
