/* SPDX-License-Identifier: BSD-2-Clause */
/* What the decoder says of a record, by filter name, for tests. */
#include "tests/fields.h"

#include <string.h>
#include "dissector/value.h"

struct search {
	const char *name;
	void (*value)(struct text *text, const struct decode_item *item);
	struct text text;
	unsigned int nr;
	bool first_only;
};

static char result[65536];

static int look(void *ctx, const struct decode_item *item)
{
	struct search *search = ctx;

	if (item->row->type != TYPE_FIELD || strcmp(item->row->abbrev, search->name) != 0)
		return 0;
	if (search->nr++ > 0)
		text_char(&search->text, ',');
	search->value(&search->text, item);
	return search->first_only;
}

static const char *find(const struct record *rec, struct search *search)
{
	search->text = (struct text){ .buf = result, .size = sizeof(result) - 1 };
	decode_record(rec, NULL, look, search);
	if (search->nr == 0)
		return "absent";
	result[search->text.len] = '\0';
	return result;
}

const char *field_of(const struct record *rec, const char *name)
{
	struct search search = { .name = name, .value = value_plain };

	return find(rec, &search);
}

const char *display_of(const struct record *rec, const char *name)
{
	struct search search = { .name = name, .value = value_display, .first_only = true };

	return find(rec, &search);
}
