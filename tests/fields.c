/* SPDX-License-Identifier: BSD-2-Clause */
/* What the decoder says of a record, by filter name, for tests. */
#include "spec/bytes.h"
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

struct record record_of_command(uint8_t qkind, const uint8_t *sqe, uint32_t len)
{
	return (struct record){
		.seq = 7, .bdf = 0x30, .flags = 8, .event = qkind == 1 ? 10 : 11, .stage = 1,
		.qkind = qkind, .opc = sqe[0], .cid = (uint16_t)(sqe[2] | sqe[3] << 8),
		.nsid = sqe[4], .len = len, .caplen = len, .payload = sqe,
		.cdw10 = sqe[40] | (uint32_t)sqe[41] << 8 | (uint32_t)sqe[42] << 16 |
			 (uint32_t)sqe[43] << 24,
	};
}

struct record record_of_completion(uint8_t opc, uint32_t cdw10, uint16_t status,
				   const uint8_t *cqe)
{
	return (struct record){
		.seq = 8, .cause = 7, .flags = 8, .event = 12, .stage = 4, .qkind = 1,
		.opc = opc, .cdw10 = cdw10, .status = status, .payload = cqe, .len = 16,
		.caplen = 16,
	};
}

struct record record_of_access(uint8_t event, const uint8_t *info)
{
	return (struct record){ .seq = 1, .event = event, .info = info, .info_len = 32 };
}

struct record record_of_read(uint8_t event, uint64_t offset, uint64_t value, uint32_t width)
{
	static uint8_t info[32];

	bytes_set_be(info, 8, offset);
	bytes_set_be(info + 8, 8, value);
	bytes_set_be(info + 24, 4, width);
	return record_of_access(event, info);
}
