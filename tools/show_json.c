/* SPDX-License-Identifier: BSD-2-Clause */
/* dump -T jsonl: one object a line. */
#include "tools/show.h"

#include <string.h>
#include "dissector/value.h"

/* Of the table's fields, by group of collect: ,"nvme.cmd.opc": */
static const struct {
	const char *text;
	size_t len;
} keys[NR_ROWS] = {
#define KEY(abbrev) { ",\"" abbrev "\":", sizeof(",\"" abbrev "\":") - 1 }
#define FIELD(strct, name, kind, offset, length, shift, width, abbrev, set, label) \
	[F_##strct##_##name] = KEY(abbrev),
#include "spec/nvme.def"
};

/* key: as in keys */
static void add_string(struct text *text, const char *key, const char *string)
{
	if (string == NULL)
		return;
	text_string(text, key);
	text_json(text, (const uint8_t *)string, strlen(string));
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

	text_string(text, "{\"frame.number\":");
	text_dec(text, packet->pkt->number);
	if (packet->rec != NULL) {
		text_string(text, ",\"frame.time_epoch\":\"");
		text_time(text, packet->rec->time_ns, '.');
		text_char(text, '"');
	}
	text_string(text, ",\"frame.len\":");
	text_dec(text, packet->pkt->len);
	if (packet->pkt->interface != NULL)
		add_string(text, ",\"frame.interface_name\":", packet->pkt->interface->name);
	add_string(text, ",\"frame.comment\":", reader_comment(packet->pkt));
	add_string(text, ",\"error\":", packet->reason);
	if (packet->rec != NULL) {
		ret = collect_record(collect, packet->rec, packet->pkt->data);
		for (size_t i = 0; i < collect->nr; i++) {
			const struct collect_item *first = &collect->items[i];

			if (!first->is_first)
				continue;
			text_add(text, keys[first->group].text, keys[first->group].len);
			add_values(text, collect, first);
		}
	}
	text_add(text, "}\n", 2);
	return ret;
}
