/* SPDX-License-Identifier: BSD-2-Clause */
/* dump -T jsonl: one object a line. */
#include "tools/show.h"

#include <assert.h>
#include <string.h>
#include "dissector/put.h"
#include "dissector/value.h"

enum {
	KEY_MAX = 64,
	DIGITS_MAX = KEY_MAX + PUT_DEC_MAX + PUT_SLACK,
};

#define KEY(abbrev) ",\"" abbrev "\":"
#define FIELD(strct, name, kind, offset, length, shift, width, abbrev, set, label) \
	static_assert(sizeof(KEY(abbrev)) <= KEY_MAX, abbrev " is too long");
#include "spec/nvme.def"

/* Of the table's fields, by group of collect: ,"nvme.cmd.opc": */
static const struct {
	char text[KEY_MAX];
	uint8_t len;
} keys[NR_ROWS] = {
#define FIELD(strct, name, kind, offset, length, shift, width, abbrev, set, label) \
	[F_##strct##_##name] = { KEY(abbrev), sizeof(KEY(abbrev)) - 1 },
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

static void add_field(struct text *text, const struct collect *collect,
		      const struct collect_item *first)
{
	char spare[DIGITS_MAX], *begin = text_begin(text, spare, DIGITS_MAX), *at;

	memcpy(begin, keys[first->group].text, KEY_MAX);	/* as many every time: quicker */
	at = begin + keys[first->group].len;
	if (first->next == 0 && !first->item.element && value_is_json_digits(&first->item)) {
		text_end(text, spare, begin, put_dec(at, first->item.number));
		return;
	}
	text_end(text, spare, begin, at);
	add_values(text, collect, first);
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
			if (collect->items[i].is_first)
				add_field(text, collect, &collect->items[i]);
		}
	}
	text_add(text, "}\n", 2);
	return ret;
}
