/* SPDX-License-Identifier: BSD-2-Clause */
/* What an injection record says. */
#include "dissector/inject.h"

#include <string.h>
#include "dissector/value.h"
#include "dissector/walk.h"

enum {
	PART_CMD = 1, PART_CPL = 2, PART_INFO = 4, PART_DATA = 8,	/* inject_info.parts */
	PART_MAX = 64,		/* bytes of a part: a command, or data */
	CHANGE_MAX = 512,	/* bytes of a change's text */
};

/* One part of what was and of what is now, and which of its bits were told. */
struct part {
	const struct record *rec;
	const uint8_t *was, *now;
	uint32_t len;
	bool composites;	/* the fields whose bits have names of their own */
	uint8_t told[PART_MAX];
	inject_change_fn *fn;
	void *ctx;
};

bool inject_parse(const struct record *rec, struct inject *inject)
{
	uint32_t left = rec->caplen, len;

	if (rec->info_len < inject_info_rsvd34_OFFSET)
		return false;
	len = (uint32_t)inject_info_who_len_get(rec->info);
	inject->who = rec->payload;
	inject->who_len = len < left ? len : left;
	left -= inject->who_len;
	len = (uint32_t)inject_info_state_len_get(rec->info);
	inject->was = inject->who + inject->who_len;
	inject->was_len = len < left ? len : left;
	left -= inject->was_len;
	inject->now = inject->was + inject->was_len;
	inject->now_len = len < left ? len : left;
	inject->event = (uint8_t)inject_info_event_get(rec->info);
	inject->parts = (uint8_t)inject_info_parts_get(rec->info);
	return true;
}

static bool is_number(const struct table_row *row)
{
	return row->width != 0;
}

/* The byte of the field that the number's bit lies in. */
static uint32_t byte_of(const struct table_row *row, unsigned int bit)
{
	bool big = row->kind == KIND_BDEC || row->kind == KIND_BHEX || row->kind == KIND_BINT;

	return big ? row->length - 1u - bit / 8 : bit / 8;
}

/* Marks the field's bits as told; false: some had been. */
static bool tell_bits(struct part *part, const struct table_row *row, uint32_t at, uint32_t len)
{
	uint8_t mask[PART_MAX] = { 0 };

	if (at >= PART_MAX || len > PART_MAX - at)
		return false;
	if (is_number(row)) {
		for (unsigned int bit = row->shift; bit < row->shift + row->width; bit++)
			mask[byte_of(row, bit)] |= (uint8_t)(1u << bit % 8);
	} else {
		memset(mask, 0xff, len);
	}
	for (uint32_t i = 0; i < len; i++)
		if ((part->told[at + i] & mask[i]) != 0)
			return false;
	for (uint32_t i = 0; i < len; i++)
		part->told[at + i] |= mask[i];
	return true;
}

/* Whether rows of the same bytes name bits of the field. */
static bool is_composite(const struct table_row *row)
{
	const struct table_row *end = table_rows + NR_ROWS;

	if (!is_number(row) || row->width != 8 * row->length || row->set != SET_NONE)
		return false;
	for (const struct table_row *at = &table_rows[row->strct + 1];
	     at < end && at->type != TYPE_STRUCT; at++)
		if (at->type == TYPE_FIELD && at->offset >= row->offset && at->width != 0 &&
		    at->offset + at->length <= row->offset + row->length &&
		    at->width < row->width)
			return true;
	return false;
}

static bool differs(const struct decode_item *was, const struct decode_item *now)
{
	if (is_number(now->row))
		return was->number != now->number;
	return memcmp(was->bytes, now->bytes, now->len) != 0;
}

static int say(struct part *part, const struct decode_item *was, const struct decode_item *now)
{
	char buf[CHANGE_MAX];
	struct text text = { .buf = buf, .size = sizeof(buf) };

	text_string(&text, now->row->abbrev);
	text_string(&text, ": ");
	value_display(&text, was);
	text_string(&text, " -> ");
	value_display(&text, now);
	return part->fn(part->ctx, buf, text.len);
}

static int look(void *ctx, const struct decode_item *now)
{
	struct part *part = ctx;
	struct decode_item was = *now;
	uint32_t at = (uint32_t)(now->bytes - part->now);

	if (now->row->type != TYPE_FIELD || is_composite(now->row) != part->composites)
		return 0;
	was.bytes = part->was + at;
	if (is_number(now->row))
		was.number = walk_number(now->row, was.bytes);
	if (!differs(&was, now) || !tell_bits(part, now->row, at, now->len))
		return 0;
	return say(part, &was, now);
}

/* start: of the part's bytes in the structure. */
static int walk_part(struct part *part, unsigned int strct, uint64_t start)
{
	struct walk walk = { .rec = part->rec, .fn = look, .ctx = part };
	const struct window window = { .bytes = part->now, .start = start, .len = part->len };
	int ret;

	part->composites = false;
	ret = walk_struct(&walk, strct, &window);
	part->composites = true;
	return ret != 0 ? ret : walk_struct(&walk, strct, &window);
}

/* Bytes that no field has told. */
static int say_bytes(struct part *part, uint64_t start)
{
	char buf[CHANGE_MAX];
	struct text text = { .buf = buf, .size = sizeof(buf) };
	uint32_t at = 0, end = part->len;

	while (at < end && (part->was[at] == part->now[at] || part->told[at] != 0))
		at++;
	while (end > at && (part->was[end - 1] == part->now[end - 1] || part->told[end - 1] != 0))
		end--;
	if (at == end)
		return 0;
	text_string(&text, "byte ");
	text_dec(&text, start + at);
	text_string(&text, ": ");
	text_bytes(&text, part->was + at, end - at);
	text_string(&text, " -> ");
	text_bytes(&text, part->now + at, end - at);
	return part->fn(part->ctx, buf, text.len);
}

/* A command by its own fields first, which say more. */
static int change_cmd(struct part *part)
{
	const struct record *rec = part->rec;
	const struct table_command *command = table_command(rec->qkind, rec->opc);
	int ret = command != NULL ? walk_part(part, command->strct, 0) : 0;

	return ret != 0 ? ret : walk_part(part, S_sqe, 0);
}

static int change_data(struct part *part)
{
	const struct record *rec = part->rec;
	unsigned int strct = S_none;
	uint64_t start = inject_info_offset_get(rec->info);
	int ret = 0;

	if ((rec->flags & NVMETAP_HAS_COMMAND) != 0)
		strct = table_data(rec->qkind, rec->opc, rec->cdw10 & 0xff);
	if (!table_is_descriptor_list(strct))
		ret = walk_part(part, strct, start);
	return ret != 0 ? ret : say_bytes(part, start);
}

/* The next len bytes of what was and is; false: they are not all there. */
static bool next_part(struct part *part, const struct inject *inject, uint32_t *used, uint32_t len)
{
	uint32_t there = inject->now_len < inject->was_len ? inject->now_len : inject->was_len;

	if (len > there - *used || len > PART_MAX)
		return false;
	part->was = inject->was + *used;
	part->now = inject->now + *used;
	part->len = len;
	memset(part->told, 0, sizeof(part->told));
	*used += len;
	return true;
}

int inject_changes(const struct record *rec, const struct inject *inject, inject_change_fn *fn,
		   void *ctx)
{
	struct part part = { .rec = rec, .fn = fn, .ctx = ctx };
	const struct table_event *event = &table_events[inject->event];
	unsigned int info = event->name != NULL ? event->info : S_none;
	uint32_t used = 0;
	int ret = 0;

	if ((inject->parts & PART_CMD) != 0) {
		if (!next_part(&part, inject, &used, sqe_SIZE))
			return 0;
		ret = change_cmd(&part);
	}
	if (ret == 0 && (inject->parts & PART_CPL) != 0) {
		if (!next_part(&part, inject, &used, cqe_SIZE))
			return 0;
		ret = walk_part(&part, S_cqe, 0);
	}
	if (ret == 0 && (inject->parts & PART_INFO) != 0) {
		if (!next_part(&part, inject, &used, table_rows[info].length))
			return 0;
		ret = walk_part(&part, info, 0);
	}
	if (ret == 0 && (inject->parts & PART_DATA) != 0 &&
	    next_part(&part, inject, &used, inject->now_len - used))
		ret = change_data(&part);
	return ret;
}

static void add_key(struct text *text, const char *key, uint64_t value)
{
	text_string(text, key);
	text_dec(text, value);
}

static void add_name(struct text *text, enum table_set set, uint64_t number)
{
	const char *name = table_value(set, number);

	if (name != NULL)
		text_string(text, name);
	else
		text_dec(text, number);
}

static int add_change(void *ctx, const char *change, size_t len)
{
	text_string(ctx, "; ");
	text_escaped(ctx, (const uint8_t *)change, len);
	return 0;
}

/* What was altered, and who belongs to it. */
static void add_what(struct text *text, const struct record *rec)
{
	if (inject_info_event_get(rec->info) != NVMETAP_EV_NONE) {
		text_char(text, ' ');
		add_name(text, SET_tap, inject_info_tap_get(rec->info));
	}
	if (rec->flags & NVMETAP_HAS_COMMAND) {
		add_key(text, " SQ=", rec->sqid);
		text_string(text, " CID=");
		text_hex(text, rec->cid, 4);
	}
	if (rec->cause != 0)
		add_key(text, " cause=", rec->cause);
}

void inject_line(struct text *text, const struct record *rec)
{
	uint64_t fault = inject_info_fault_get(rec->info), how = inject_info_how_get(rec->info);
	struct inject inject;

	if (!inject_parse(rec, &inject))
		return;
	text_string(text, " \"");
	text_escaped(text, inject.who, inject.who_len);
	text_char(text, '"');
	add_what(text, rec);
	text_char(text, ' ');
	if (how == NVMETAP_INJECT_ALTERED)
		add_name(text, SET_verdict, inject_info_verdict_get(rec->info));
	else
		add_name(text, SET_how, how);
	if (fault != 0) {
		text_string(text, " fault=");
		add_name(text, SET_fault, fault);
		add_key(text, " arg=", inject_info_arg_get(rec->info));
	}
	add_key(text, " count=", inject_info_count_get(rec->info));
	(void)inject_changes(rec, &inject, add_change, text);
}
