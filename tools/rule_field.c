/* SPDX-License-Identifier: BSD-2-Clause */
/* "set FIELD = VALUE": the words, and where the field stands. */
#include "tools/rule_field.h"

#include <stdio.h>
#include <string.h>
#include "tools/rule_place.h"
#include "tools/rule_tap.h"

enum {
	NAME_MAX_LEN = 128,
	QUEUE_admin = NVMETAP_QUEUE_ADMIN,
	QUEUE_io = NVMETAP_QUEUE_IO,
};

static uint64_t queue_taps(uint8_t qkind)
{
	return qkind == NVMETAP_QUEUE_ADMIN ? TAPS_ADMIN : TAPS_IO;
}

/* The structures that lie over commands, results and data, by queue kind. */
struct overlay {
	uint16_t strct;
	uint8_t qkind;
};

static const struct overlay commands[] = {
#define COMMAND(queue, cname, opcode, strct, name) { S_##strct, QUEUE_##queue },
#include "spec/nvme.def"
};
static const struct overlay results[] = {
#define RESULT(queue, cname, selector, strct) { S_##strct, QUEUE_##queue },
#include "spec/nvme.def"
};
static const struct overlay data[] = {
#define DATA(queue, cname, selector, strct) { S_##strct, QUEUE_##queue },
#include "spec/nvme.def"
};
static const struct overlay features[] = {
#define FEATURE(cname, fid, strct, name) { S_##strct, NVMETAP_QUEUE_ADMIN },
#include "spec/nvme.def"
};

#define NR(rows) (sizeof(rows) / sizeof((rows)[0]))

/* The taps of those queues where the structure lies over something. */
static uint64_t overlay_taps(const struct overlay *rows, size_t nr, unsigned int strct)
{
	uint64_t taps = 0;

	for (size_t i = 0; i < nr; i++) {
		if (rows[i].strct == strct)
			taps |= queue_taps(rows[i].qkind);
	}
	return taps;
}

/* Who looks for the places of a field. */
struct finder {
	unsigned int tap;
	uint64_t taps;		/* of all places that were found */
	uint64_t index;		/* of an array's element */
	bool indexed;
	struct rule_set *set;	/* or NULL: only the taps are wanted */
};

static void found(struct finder *finder, uint8_t where, unsigned int row, unsigned int strct,
		  uint32_t base, uint64_t taps)
{
	struct rule_set *set = finder->set;

	finder->taps |= taps;
	if (set == NULL || !rule_tap_in(taps, finder->tap) || set->nr_places == SET_NR_PLACES)
		return;
	set->places[set->nr_places++] = (struct rule_place){
		.where = where, .row = (uint16_t)row, .strct = (uint16_t)strct, .base = base,
	};
}

/* Structures that are data as a whole, or elements of arrays or lists of it. */
static void find_data(struct finder *finder, unsigned int row)
{
	unsigned int strct = table_rows[row].strct;
	const struct table_row *at;
	uint64_t taps = overlay_taps(data, NR(data), strct) & TAPS_DATA;

	if (taps != 0 && !finder->indexed)
		found(finder, PLACE_DATA, row, strct, 0, taps);
	for (at = table_rows; at < table_rows + NR_ROWS; at++) {
		if (at->type != TYPE_ARRAY || at->element != strct ||
		    (at->count != 0 && finder->index >= at->count))
			continue;
		taps = overlay_taps(data, NR(data), at->strct) & TAPS_DATA;
		found(finder, PLACE_DATA, row, at->strct,
		      at->offset + (uint32_t)finder->index * table_rows[strct].length, taps);
	}
#define ITEM(list, cname, item) \
	if (strct == S_##item) \
		found(finder, PLACE_ITEM, row, S_##list, 0, \
		      overlay_taps(data, NR(data), S_##list) & TAPS_DATA);
#include "spec/nvme.def"
}

static void find_access(struct finder *finder, unsigned int row)
{
	unsigned int strct = table_rows[row].strct;

	for (unsigned int i = 0; i < table_nr_registers; i++) {
		if (table_registers[i].strct == strct)
			found(finder, PLACE_ACCESS, row, strct, table_registers[i].offset,
			      TAPS_REGISTER);
	}
	for (unsigned int i = 0; i < table_nr_configs; i++) {
		if (table_configs[i].strct == strct)
			found(finder, PLACE_ACCESS, row, strct, table_configs[i].offset,
			      TAPS_CONFIG);
	}
	if (strct == S_registers)
		found(finder, PLACE_ACCESS, row, strct, 0, TAPS_REGISTER);
	if (strct == S_config)
		found(finder, PLACE_ACCESS, row, strct, 0, TAPS_CONFIG);
	if (row == F_access_info_value)
		found(finder, PLACE_VALUE, row, strct, 0, TAPS_ACCESS);
}

static void find_places(struct finder *finder, unsigned int row)
{
	unsigned int strct = table_rows[row].strct;

	find_data(finder, row);
	if (finder->indexed)
		return;
	find_access(finder, row);
	/* What names the command while it is there stays, too. */
	if (strct == S_sqe && row != F_sqe_cid)
		found(finder, PLACE_SQE, row, strct, 0, TAPS_COMMAND);
	found(finder, PLACE_COMMAND, row, strct, 0,
	      overlay_taps(commands, NR(commands), strct) & TAPS_COMMAND);
	found(finder, PLACE_FEATURE, row, strct, sqe_cdw11_OFFSET,
	      overlay_taps(features, NR(features), strct) & TAPS_COMMAND);
	/* The phase is the controller's, and is inverted by an action of its own. */
	if (strct == S_cqe && row != F_cqe_p)
		found(finder, PLACE_CQE, row, strct, 0, TAPS_COMPLETION);
	found(finder, PLACE_RESULT, row, strct, 0,
	      overlay_taps(results, NR(results), strct) & TAPS_COMPLETION);
	found(finder, PLACE_FEATURE_RESULT, row, strct, 0,
	      overlay_taps(features, NR(features), strct) & TAPS_COMPLETION);
	if (row == F_interrupt_info_vector || row == F_interrupt_info_addr ||
	    row == F_interrupt_info_data)
		found(finder, PLACE_IRQ, row, strct, 0, TAP_BIT(INTERRUPT));
	if (row == F_async_info_type || row == F_async_info_info || row == F_async_info_page)
		found(finder, PLACE_ASYNC, row, strct, 0, TAP_BIT(ASYNC));
}

/* Near are fields that the tap has. */
static int refuse_unknown(struct rule_text *text, const struct rule_word *word,
			  const struct finder *finder)
{
	struct near near;

	near_init(&near, word->from, word->len);
	for (unsigned int row = 0; row < NR_ROWS; row++) {
		struct finder here = { .index = finder->index, .indexed = finder->indexed };

		if (table_rows[row].type != TYPE_FIELD ||
		    table_find(table_rows[row].abbrev) != &table_rows[row])
			continue;
		find_places(&here, row);
		if (rule_tap_in(here.taps, finder->tap))
			near_offer(&near, table_rows[row].abbrev);
	}
	return rule_unknown(text, word, "field", &near, NULL);
}

/* Fills the places of the field with that name at the tap. */
static int find_field(struct rule_text *text, const struct rule_word *word,
		      struct finder *finder)
{
	bool known = false;
	char where[1024];

	for (unsigned int row = 0; row < NR_ROWS; row++) {
		if (table_rows[row].type != TYPE_FIELD ||
		    !rule_word_is(word, table_rows[row].abbrev))
			continue;
		known = true;
		find_places(finder, row);
	}
	if (finder->set->nr_places > 0)
		return 0;
	if (!known)
		return refuse_unknown(text, word, finder);
	if (finder->taps == 0)
		return rule_fail(text, word->at, "%.*s cannot be set%s", (int)word->len,
				 word->from, finder->indexed ? " with this index" : "");
	rule_tap_names(finder->taps, where, sizeof(where));
	return rule_fail(text, word->at, "%.*s cannot be set at %s; at%s", (int)word->len,
			 word->from, rule_tap_name(finder->tap), where);
}

static uint64_t most(const struct table_row *row)
{
	return row->width < 64 ? (UINT64_C(1) << row->width) - 1 : UINT64_MAX;
}

/* The name of an opcode of the tap's queue, or of a number of the field's set. */
static int parse_value_name(struct rule_text *text, const struct rule_word *word,
			    const struct table_row *row, unsigned int tap, uint64_t *number)
{
	uint8_t qkind = rule_tap_in(TAPS_ADMIN, tap) ? NVMETAP_QUEUE_ADMIN : NVMETAP_QUEUE_IO;
	const struct table_command *command;
	char name[NAME_MAX_LEN];
	const char *known;
	struct near near;
	uint32_t value;

	if (row->set == SET_NONE || row->set == SET_place)
		return rule_expected(text, word, "a number");
	if (rule_unquote(text, word, name, sizeof(name)) != 0)
		return -1;
	near_init(&near, name, strlen(name));
	for (unsigned int i = 0; row->set == SET_opc && i < 256; i++) {
		command = table_command(qkind, (uint8_t)i);
		if (command == NULL)
			continue;
		*number = i;
		if (strcmp(command->name, name) == 0)
			return 0;
		near_offer(&near, command->name);
	}
	for (unsigned int i = 0; (known = table_value_at(row->set, i, &value)) != NULL; i++) {
		*number = value;
		if (strcmp(known, name) == 0)
			return 0;
		near_offer(&near, known);
	}
	return rule_unknown(text, word, "value", &near, NULL);
}

static int parse_number(struct rule_text *text, const struct table_row *row, unsigned int tap,
			struct rule_set *set)
{
	struct rule_word word = rule_next(text);

	if (!rule_word_number(&word, &set->number))
		return parse_value_name(text, &word, row, tap, &set->number);
	if (set->number > most(row))
		return rule_fail(text, word.at, "more than %u bits", row->width);
	return 0;
}

static int parse_chars(struct rule_text *text, const struct table_row *row, struct rule_set *set)
{
	char value[SET_BYTES_MAX + 1];

	if (rule_string(text, "a text in quotes", value, (size_t)row->length + 1) != 0)
		return -1;
	memset(set->bytes, ' ', row->length);
	memcpy(set->bytes, value, strlen(value));
	return 0;
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at;

	if (c >= 'A' && c <= 'F')
		c = (char)(c | 0x20);
	at = c != '\0' ? strchr(digits, c) : NULL;
	return at != NULL ? (int)(at - digits) : -1;
}

/* Hexadecimal digits, two a byte; : and - may stand between. */
static int parse_bytes(struct rule_text *text, const struct table_row *row, struct rule_set *set)
{
	char digits[4 * SET_BYTES_MAX];
	size_t at = rule_peek(text).at;
	unsigned int nr = 0;
	int digit = 0;

	if (rule_string(text, "hexadecimal digits", digits, sizeof(digits)) != 0)
		return -1;
	for (const char *c = digits; *c != '\0' && digit >= 0; c++) {
		if (*c == ':' || *c == '-')
			continue;
		digit = nr < 2u * row->length ? hex_digit(*c) : -1;
		if (digit >= 0)
			set->bytes[nr / 2] = (uint8_t)(set->bytes[nr / 2] << 4 | digit);
		nr++;
	}
	if (digit >= 0 && nr == 2u * row->length)
		return 0;
	return rule_fail(text, at, "%u bytes in hexadecimal are expected", row->length);
}

static int parse_value(struct rule_text *text, unsigned int tap, struct rule_set *set, size_t at)
{
	const struct table_row *row = &table_rows[set->places[0].row];

	if (row->kind >= KIND_DEC && row->kind <= KIND_BINT)
		return parse_number(text, row, tap, set);
	if (set->op != '=')
		return rule_fail(text, at, "%s is no number of at most 64 bits; only = will do",
				 row->abbrev);
	if (row->kind == KIND_U128)
		return rule_number(text, "a number", 0, UINT64_MAX, &set->number);
	return row->kind == KIND_CHARS ? parse_chars(text, row, set) :
					 parse_bytes(text, row, set);
}

static int parse_index(struct rule_text *text, struct finder *finder)
{
	struct rule_word word;

	if (!rule_skip(text, "["))
		return 0;
	finder->indexed = true;
	if (rule_number(text, "an index", 0, UINT16_MAX, &finder->index) != 0)
		return -1;
	word = rule_next(text);
	return rule_word_is(&word, "]") ? 0 : rule_expected(text, &word, "]");
}

int rule_set_parse(struct rule_text *text, unsigned int tap, struct rule_set *set)
{
	struct finder finder = { .tap = tap, .set = set };
	struct rule_word name = rule_next(text), op;

	if (name.len == 0)
		return rule_expected(text, &name, "a field");
	if (parse_index(text, &finder) != 0 || find_field(text, &name, &finder) != 0)
		return -1;
	op = rule_next(text);
	if (op.len != 1 || strchr("=+-^", op.from[0]) == NULL)
		return rule_expected(text, &op, "=, +=, -= or ^=");
	set->op = op.from[0];
	if (set->op != '=' && !rule_skip(text, "="))
		return rule_expected(text, &op, "=, +=, -= or ^=");
	return parse_value(text, tap, set, op.at);
}
