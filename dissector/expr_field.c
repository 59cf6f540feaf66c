/* SPDX-License-Identifier: BSD-2-Clause */
/* The fields that expressions know, by their filter names. */
#include "dissector/expr_field.h"

#include <assert.h>
#include <string.h>
#include "dissector/decode.h"

static const struct {
	const char *name;
	uint8_t special, type, bytes;
	bool of_frame;
} specials[] = {
	{ "nvmetap", EXPR_RECORD, EXPR_NONE, 0, false },
	{ "frame", EXPR_FRAME, EXPR_BYTES, 0, true },
	{ "frame.number", EXPR_FRAME_NUMBER, EXPR_UINT, 4, true },
	{ "frame.time_epoch", EXPR_FRAME_TIME_EPOCH, EXPR_TIME, 8, true },
	{ "frame.len", EXPR_FRAME_LEN, EXPR_UINT, 4, true },
	{ "frame.cap_len", EXPR_FRAME_CAP_LEN, EXPR_UINT, 4, true },
	{ "frame.interface_name", EXPR_FRAME_INTERFACE_NAME, EXPR_STRING, 0, true },
	{ "frame.comment", EXPR_FRAME_COMMENT, EXPR_STRING, 0, true },
};

enum { NR_SPECIALS = sizeof(specials) / sizeof(specials[0]) };

static bool is_name(const char *known, const char *name, size_t len)
{
	return strlen(known) == len && memcmp(known, name, len) == 0;
}

static enum expr_type type_of(const struct table_row *row)
{
	switch (row->kind) {
	case KIND_FLAG:
		return EXPR_BOOL;
	case KIND_BINT:
		return EXPR_INT;
	case KIND_CHARS:
	case KIND_TEXT:
		return EXPR_STRING;
	case KIND_BYTES:
	case KIND_U128:
		return EXPR_BYTES;
	case KIND_UUID:
		return EXPR_UUID;
	default:
		return EXPR_UINT;
	}
}

/* What row i is by itself, not where it is. */
static void describe(struct expr_field *field, unsigned int i)
{
	const struct table_row *row = &table_rows[i];
	bool is_ours = strncmp(row->abbrev, "nvmetap.", strlen("nvmetap.")) == 0;

	field->name = row->abbrev;
	field->type = EXPR_NONE;
	if (row->type != TYPE_FIELD)
		return;
	field->type = type_of(row);
	field->bytes = row->length <= 8 ? (uint8_t)row->length : 0;
	field->set = is_ours && row->set != SET_place ? row->set : SET_NONE;
}

/* From structures that contain others in arrays. */
static void lead_deeper(struct expr_field *field)
{
	bool more;

	do {
		more = false;
		for (unsigned int i = 0; i < NR_ROWS; i++) {
			const struct table_row *row = &table_rows[i];

			if (row->type != TYPE_ARRAY || field->leads[row->element] == 0 ||
			    field->leads[row->strct] == EXPR_LEADS_DEEPER)
				continue;
			field->leads[row->strct] = EXPR_LEADS_DEEPER;
			more = true;
		}
	} while (more);
}

static void add_row(struct expr_field *field, unsigned int i)
{
	const struct table_row *row = &table_rows[i];

	if (row->type == TYPE_ARRAY) {
		field->leads[row->strct] = EXPR_LEADS_DEEPER;
		return;
	}
	assert(field->nr_rows < EXPR_ROWS_MAX);
	if (field->leads[row->strct] == EXPR_LEADS_NOWHERE) {
		field->leads[row->strct] = EXPR_LEADS_DIRECTLY;
		field->first[row->strct] = (uint8_t)field->nr_rows;
	}
	field->rows[field->nr_rows++] = (uint16_t)i;
}

static bool find_in_table(struct expr_field *field, const char *name, size_t len)
{
	for (unsigned int i = 0; i < NR_ROWS; i++) {
		const struct table_row *row = &table_rows[i];

		if (row->type == TYPE_STRUCT || !is_name(row->abbrev, name, len))
			continue;
		if (field->name == NULL)
			describe(field, i);
		add_row(field, i);
	}
	if (field->name == NULL)
		return false;
	lead_deeper(field);
	for (unsigned int i = 0; i < NR_ROWS; i++)
		if (field->leads[i] != EXPR_LEADS_NOWHERE)
			decode_parts_with(i, field->parts);
	if (field->nr_rows == 1)
		field->quick = quick_find(field->rows[0]);
	return true;
}

#define OF_OTHERS "it depends on other packets"
#define OF_CAUSE OF_OTHERS "; nvmetap.cause is the sequence number"

/* Fields that users of Wireshark know and that are none here, and why. */
static const char *const hints[][2] = {
	{ "nvme.cmd_latency", "it is nvmetap.latency_ns here" },
	{ "nvmetap.latency_us", "it is nvmetap.latency_ns here" },
	{ "nvme.cmd_pkt", OF_CAUSE },
	{ "nvme.cqe_pkt", OF_CAUSE },
	{ "nvmetap.cause_pkt", OF_CAUSE },
	{ "nvmetap.doorbell_pkt", OF_OTHERS },
	{ "nvmetap.head_pkt", OF_OTHERS },
	{ "nvmetap.irq_pkt", OF_OTHERS },
	{ "nvmetap.data_pkt", OF_OTHERS },
	{ "nvmetap.lost_pkt", OF_OTHERS },
	{ "nvmetap.depth", OF_OTHERS },
	{ "nvmetap.outstanding", OF_OTHERS },
	{ "nvmetap.doorbell.entries", OF_OTHERS },
	{ "nvmetap.bytes", OF_OTHERS },
	{ "nvmetap.agent", OF_OTHERS },
	{ "nvmetap.phase", OF_OTHERS },
	{ "nvmetap.expert", OF_OTHERS },
	{ "frame.time", "it is frame.time_epoch here" },
	{ "frame.time_relative", OF_OTHERS "; there is frame.time_epoch" },
	{ "frame.time_delta", OF_OTHERS "; there is frame.time_epoch" },
	{ "frame.time_delta_displayed", OF_OTHERS },
	{ "frame.packet_id", "it is nvmetap.seq here" },
};

const char *field_hint(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (is_name(hints[i][0], name, len))
			return hints[i][1];
	return NULL;
}

bool field_find(struct expr_field *field, const char *name, size_t len, bool frames)
{
	memset(field, 0, sizeof(*field));
	for (unsigned int i = 0; i < NR_SPECIALS; i++) {
		if (!is_name(specials[i].name, name, len) || (specials[i].of_frame && !frames))
			continue;
		field->name = specials[i].name;
		field->special = specials[i].special;
		field->type = specials[i].type;
		field->bytes = specials[i].bytes;
		if (frames && field->special == EXPR_RECORD)
			field->type = EXPR_BYTES;
		return true;
	}
	return find_in_table(field, name, len);
}

void field_offer(struct near *near, bool frames)
{
	for (unsigned int i = 0; i < NR_SPECIALS; i++)
		if (frames || !specials[i].of_frame)
			near_offer(near, specials[i].name);
	for (unsigned int i = 0; i < NR_ROWS; i++) {
		bool known = table_rows[i].type == TYPE_STRUCT;

		for (unsigned int k = 0; k < near->nr; k++)
			known = known || strcmp(near->names[k], table_rows[i].abbrev) == 0;
		if (!known)
			near_offer(near, table_rows[i].abbrev);
	}
}

/* The names of a set, one after the other; those of opcodes for both kinds of
 * queue.  NULL: no more. */
static const char *name_at(enum table_set set, unsigned int i, uint64_t *number)
{
	const struct table_command *command;
	uint32_t small = 0;
	const char *name;

	if (set != SET_opc) {
		name = table_value_at(set, i, &small);
		*number = small;
		return name;
	}
	if (i >= 512)
		return NULL;
	command = table_command(i < 256 ? NVMETAP_QUEUE_ADMIN : NVMETAP_QUEUE_IO, i & 255);
	*number = i & 255;
	return command != NULL ? command->name : "";
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool field_value(const struct expr_field *field, const char *name, size_t len, uint64_t *number)
{
	const char *known;

	for (unsigned int i = 0; (known = name_at(field->set, i, number)) != NULL; i++) {
		size_t k = 0;

		while (k < len && known[k] != '\0' && lower(known[k]) == lower(name[k]))
			k++;
		if (k == len && known[k] == '\0' && len > 0)
			return true;
	}
	return false;
}

void field_offer_values(struct near *near, const struct expr_field *field)
{
	const char *known;
	uint64_t number;

	for (unsigned int i = 0; (known = name_at(field->set, i, &number)) != NULL; i++)
		if (known[0] != '\0')
			near_offer(near, known);
}
