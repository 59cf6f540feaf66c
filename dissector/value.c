/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of decoded fields as text. */
#include "dissector/value.h"

#include <string.h>
#include "dissector/put.h"

enum { STATUS_CODE = 0x7ff };

static void text_uuid(struct text *text, const uint8_t *bytes)
{
	static const uint8_t parts[] = { 4, 2, 2, 2, 6 };

	for (size_t i = 0; i < sizeof(parts); bytes += parts[i++]) {
		if (i > 0)
			text_char(text, '-');
		text_bytes(text, bytes, parts[i]);
	}
}

void value_plain(struct text *text, const struct decode_item *item)
{
	const struct table_row *row = item->row;

	switch (row->kind) {
	case KIND_HEX:
	case KIND_BHEX:
		text_add(text, "0x", 2);
		text_hex(text, item->number, row->length > 4 ? 16 : 2u * row->length);
		break;
	case KIND_BINT:
		text_signed(text, (int64_t)item->number);
		break;
	case KIND_CHARS:
		text_padded(text, item->bytes, item->len);
		break;
	case KIND_TEXT:
		text_escaped(text, item->bytes, item->len);
		break;
	case KIND_BYTES:
	case KIND_U128:
		text_bytes(text, item->bytes, item->len);
		break;
	case KIND_UUID:
		text_uuid(text, item->bytes);
		break;
	default:
		text_dec(text, item->number);
	}
}

static void json_number(struct text *text, uint64_t magnitude, bool negative)
{
	bool exact = magnitude < UINT64_C(1) << 53;

	if (!exact || negative)
		text_string(text, exact ? "-" : negative ? "\"-" : "\"");
	text_dec(text, magnitude);
	if (!exact)
		text_char(text, '"');
}

static void json_u128(struct text *text, const struct decode_item *item)
{
	uint64_t low = bytes_get_le(item->bytes, 8), high = bytes_get_le(item->bytes + 8, 8);

	if (high == 0) {
		json_number(text, low, false);
		return;
	}
	text_char(text, '"');
	text_u128(text, item->bytes);
	text_char(text, '"');
}

void value_json(struct text *text, const struct decode_item *item)
{
	switch (item->row->kind) {
	case KIND_FLAG:
		text_string(text, item->number != 0 ? "true" : "false");
		break;
	case KIND_BINT:
		if ((int64_t)item->number < 0)
			json_number(text, 0 - item->number, true);
		else
			json_number(text, item->number, false);
		break;
	case KIND_CHARS:
		text_json(text, item->bytes, text_padded_len(item->bytes, item->len));
		break;
	case KIND_TEXT:
		text_json(text, item->bytes, item->len);
		break;
	case KIND_U128:
		json_u128(text, item);
		break;
	case KIND_BYTES:
	case KIND_UUID:
		text_char(text, '"');
		value_plain(text, item);
		text_char(text, '"');
		break;
	default:
		json_number(text, item->number, false);
	}
}

static const char *place_title(const struct decode_item *item)
{
	const struct table_place *place;

	switch (item->rec->event) {
	case NVMETAP_EV_REGREAD:
	case NVMETAP_EV_REGWRITE:
		place = table_place(table_registers, table_nr_registers, item->number);
		break;
	case NVMETAP_EV_CFGREAD:
	case NVMETAP_EV_CFGWRITE:
		place = table_place(table_configs, table_nr_configs, item->number);
		break;
	default:
		place = NULL;
	}
	return place != NULL ? place->title : NULL;
}

const char *value_status(uint16_t code)
{
	return table_value(SET_status, code & STATUS_CODE);
}

/* The name of a number that has one ("Identify"), or NULL. */
static const char *value_meaning(const struct decode_item *item)
{
	const struct table_command *command;

	switch (item->row->set) {
	case SET_NONE:
		return NULL;
	case SET_opc:
		command = table_command(item->rec->qkind, (uint8_t)item->number);
		return command != NULL ? command->name : NULL;
	case SET_place:
		return place_title(item);
	case SET_status:
		return value_status((uint16_t)item->number);
	default:
		return table_value(item->row->set, item->number);
	}
}

char *put_bdf(char *at, uint32_t bdf)
{
	uint64_t digits = (uint64_t)text_digit(bdf >> 12) | (uint64_t)text_digit(bdf >> 8) << 8 |
			  (uint64_t)':' << 16 | (uint64_t)text_digit(bdf >> 7 & 1) << 24 |
			  (uint64_t)text_digit(bdf >> 3) << 32 | (uint64_t)'.' << 40 |
			  (uint64_t)text_digit(bdf & 7) << 48;

	if (bdf >> 16 != 0)
		at = put_char(put_hex(at, bdf >> 16, 4), ':');
	bytes_set_le(at, 8, digits);
	return at + 7;
}

static void value_bdf(struct text *text, uint32_t bdf)
{
	char spare[PUT_BDF_MAX + PUT_SLACK], *begin = text_begin(text, spare, sizeof(spare));

	text_end(text, spare, begin, put_bdf(begin, bdf));
}

/* A number as people like it, with the digits of its bits. */
static void display_number(struct text *text, const struct decode_item *item)
{
	const struct table_row *row = item->row;

	if (row->kind == KIND_HEX || row->kind == KIND_BHEX) {
		text_add(text, "0x", 2);
		text_hex(text, item->number, (row->width + 3u) / 4);
	} else {
		value_plain(text, item);
	}
}

void value_display(struct text *text, const struct decode_item *item)
{
	const struct table_row *row = item->row;
	const char *meaning = value_meaning(item);

	if (row == &table_rows[F_record_bdf]) {
		value_bdf(text, (uint32_t)item->number);
	} else if (row->kind == KIND_ZERO) {
		text_dec(text, item->number + 1);
		text_string(text, " (stored as ");
		text_dec(text, item->number);
		text_char(text, ')');
	} else if (row->kind == KIND_FLAG) {
		text_string(text, item->number != 0 ? "yes" : "no");
	} else if (row->kind == KIND_U128) {
		text_u128(text, item->bytes);
	} else if (meaning != NULL) {
		text_string(text, meaning);
		text_add(text, " (", 2);
		display_number(text, item);
		text_char(text, ')');
	} else {
		display_number(text, item);
	}
}

bool value_is_idle(const struct decode_item *item)
{
	if (strncmp(item->row->name, "rsvd", 4) != 0)
		return false;
	for (uint32_t i = 0; i < item->len; i++)
		if (item->bytes[i] != 0 && item->row->width == 0)
			return false;
	return item->number == 0;
}
