/* SPDX-License-Identifier: BSD-2-Clause */
/* The fields of one record, grouped by filter name. */
#include "tools/collect.h"

#include <stdlib.h>
#include <string.h>

struct collect_text {
	struct collect_text *next;
	uint8_t bytes[];
};

static uint16_t find_group(unsigned int row)
{
	const struct table_row *first = table_find(table_rows[row].abbrev);

	return first != NULL ? (uint16_t)(first - table_rows) : (uint16_t)row;
}

int collect_init(struct collect *collect)
{
	memset(collect, 0, sizeof(*collect));
	collect->size = 256;
	collect->items = calloc(collect->size, sizeof(*collect->items));
	if (collect->items == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < NR_ROWS; i++) {
		collect->group[i] = find_group(i);
		collect->wanted[i] = true;
	}
	return 0;
}

static void forget_texts(struct collect *collect)
{
	struct collect_text *text;

	while ((text = collect->texts) != NULL) {
		collect->texts = text->next;
		free(text);
	}
}

/* What differs in an injection is made for the visit only. */
static int keep_text(struct collect *collect, struct decode_item *item)
{
	struct collect_text *text = malloc(sizeof(*text) + item->len);

	if (text == NULL)
		return -ENOMEM;
	memcpy(text->bytes, item->bytes, item->len);
	text->next = collect->texts;
	collect->texts = text;
	item->bytes = text->bytes;
	return 0;
}

void collect_fini(struct collect *collect)
{
	forget_texts(collect);
	free(collect->items);
}

/* This and add_text never become part of add, which then has nothing to save. */
static __attribute__((noinline)) int grow(struct collect *collect)
{
	size_t size = 2 * collect->size;
	struct collect_item *items = realloc(collect->items, size * sizeof(*items));

	if (items == NULL)
		return -ENOMEM;
	collect->items = items;
	collect->size = size;
	return 0;
}

/* There is room for one more, before and after. */
static inline int add_item(struct collect *collect, const struct decode_item *item, uint16_t group)
{
	uint32_t at = (uint32_t)collect->nr;
	struct collect_item *to = &collect->items[at];
	bool is_first = collect->first[group] == 0;

	/* One by one: reading them as a whole would wait until each is written. */
	to->item.row = item->row;
	to->item.rec = item->rec;
	to->item.bytes = item->bytes;
	to->item.len = item->len;
	to->item.number = item->number;
	to->item.element = item->element;
	to->next = 0;
	to->group = group;
	to->is_first = is_first;
	if (is_first)
		collect->first[group] = at + 1;
	else
		collect->items[collect->last[group] - 1].next = at + 1;
	collect->last[group] = at + 1;
	collect->nr = at + 1;
	return collect->nr == collect->size ? grow(collect) : 0;
}

static __attribute__((noinline)) int add_text(struct collect *collect,
					      const struct decode_item *item, uint16_t group)
{
	struct decode_item kept = *item;
	int ret = keep_text(collect, &kept);

	return ret == 0 ? add_item(collect, &kept, group) : ret;
}

static int add(void *ctx, const struct decode_item *item)
{
	struct collect *collect = ctx;
	uint16_t group = collect->group[item->row - table_rows];

	if (item->row->type != TYPE_FIELD || !collect->wanted[group])
		return 0;
	if (item->row == &table_rows[F_inject_change_change])
		return add_text(collect, item, group);
	return add_item(collect, item, group);
}

int collect_record(struct collect *collect, const struct record *rec, const uint8_t *packet)
{
	for (size_t i = 0; i < collect->nr; i++)
		collect->first[collect->items[i].group] = 0;
	collect->nr = 0;
	if (collect->texts != NULL)
		forget_texts(collect);
	return decode_record(rec, packet, add, collect);
}
