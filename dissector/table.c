/* SPDX-License-Identifier: BSD-2-Clause */
/* The table as C arrays, made from nvme.def by the preprocessor. */
#include "dissector/table.h"

#include <stddef.h>
#include <string.h>
#include "spec/nvme.h"

enum { QUEUE_admin = NVMETAP_QUEUE_ADMIN, QUEUE_io = NVMETAP_QUEUE_IO, ANY = 256 };

const struct table_row table_rows[NR_ROWS] = {
#define STRUCT(id, size, section, title) \
	{ .type = TYPE_STRUCT, .length = size, .strct = S_##id, .name = #id, .abbrev = section, \
	  .label = title },
#define FIELD(parent, id, form, at, len, bit, bits, filter, values, text) \
	{ .type = TYPE_FIELD, .kind = KIND_##form, .set = SET_##values, .shift = bit, \
	  .width = bits, .offset = at, .length = len, .strct = S_##parent, .name = #id, \
	  .abbrev = filter, .label = text },
#define ARRAY(parent, id, at, of, nr, filter, text) \
	{ .type = TYPE_ARRAY, .offset = at, .count = nr, .strct = S_##parent, \
	  .element = S_##of, .name = #id, .abbrev = filter, .label = text },
#include "spec/nvme.def"
};

const struct table_only table_only[NR_ROWS] = {
#define ONLY(strct, field, with, from, to) \
	[F_##strct##_##field] = { .other = F_##strct##_##with, .low = from, .high = to },
#include "spec/nvme.def"
};

const struct table_event table_events[256] = {
#define EVENT(cname, number, before, after, word, text) \
	[number] = { .info = S_##before, .payload = S_##after, .proto = word, .name = text },
#include "spec/nvme.def"
};

static const struct table_command commands[2][256] = {
#define COMMAND(queue, cname, opcode, fields, text) \
	[QUEUE_##queue - 1][opcode] = { .strct = S_##fields, .name = text },
#include "spec/nvme.def"
};

static const struct table_command features[256] = {
#define FEATURE(cname, fid, fields, text) [fid] = { .strct = S_##fields, .name = text },
#include "spec/nvme.def"
};

const struct table_place table_registers[] = {
#define REGISTER(cname, at, len, fields, text) \
	{ .offset = at, .size = len, .strct = S_##fields, .name = #cname, .title = text },
#include "spec/nvme.def"
};
const unsigned int table_nr_registers = sizeof(table_registers) / sizeof(table_registers[0]);

const struct table_place table_configs[] = {
#define CONFIG(id, at, len, fields, text) \
	{ .offset = at, .size = len, .strct = S_##fields, .name = #id, .title = text },
#include "spec/nvme.def"
};
const unsigned int table_nr_configs = sizeof(table_configs) / sizeof(table_configs[0]);

/* What a command's data, or its completion's Dword 0, is. */
struct selection {
	uint8_t qkind, opc;
	uint16_t selector, strct;
};

static const struct selection data_rows[] = {
#define DATA(queue, cname, select, fields) { QUEUE_##queue, cname, select, S_##fields },
#include "spec/nvme.def"
};

static const struct selection result_rows[] = {
#define RESULT(queue, cname, select, fields) { QUEUE_##queue, cname, select, S_##fields },
#include "spec/nvme.def"
};

static const struct table_item items[] = {
#define ITEM(parent, cname, of) { .list = S_##parent, .type = cname, .strct = S_##of },
#include "spec/nvme.def"
};

/* Named numbers, one set after the other; a set begins with its title. */
enum {
#define VALUES(set, title) VALUES_##set,
#define VALUE(set, cname, number, text) VALUE_##cname,
#define STATUS(sct, cname, sc, text) VALUE_##cname,
#define FEATURE(cname, fid, strct, name) VALUE_##cname,
#define EVENT(cname, number, info, payload, proto, name) VALUE_##cname,
#define TAP(cname, number, event, stage, name) VALUE_##cname,
#define FAULT(cname, number, name, event, argument, text) VALUE_##cname,
#include "spec/nvme.def"
	NR_VALUES
};

static const struct {
	uint32_t number;
	const char *text;
} values[NR_VALUES] = {
#define VALUES(set, title) { 0, title },
#define VALUE(set, cname, number, text) { number, text },
#define STATUS(sct, cname, sc, text) { (sct) << 8 | (sc), text },
#define FEATURE(cname, fid, strct, name) { fid, name },
#define EVENT(cname, number, info, payload, proto, name) { number, name },
#define TAP(cname, number, event, stage, name) { number, name },
#define FAULT(cname, number, name, event, argument, text) { number, name },
#include "spec/nvme.def"
};

static const uint16_t set_begins[NR_SETS + 1] = {
#define VALUES(set, title) [SET_##set] = VALUES_##set + 1,
#include "spec/nvme.def"
	[NR_SETS] = NR_VALUES + 1,
};

const struct table_command *table_command(uint8_t qkind, uint8_t opc)
{
	if (qkind != NVMETAP_QUEUE_ADMIN && qkind != NVMETAP_QUEUE_IO)
		return NULL;
	return commands[qkind - 1][opc].name != NULL ? &commands[qkind - 1][opc] : NULL;
}

const struct table_command *table_feature(uint8_t fid)
{
	return features[fid].name != NULL ? &features[fid] : NULL;
}

static unsigned int select_row(const struct selection *rows, size_t nr, uint8_t qkind,
			       uint8_t opc, uint8_t selector)
{
	for (size_t i = 0; i < nr; i++)
		if (rows[i].qkind == qkind && rows[i].opc == opc &&
		    (rows[i].selector == selector || rows[i].selector == ANY))
			return rows[i].strct;
	return S_none;
}

unsigned int table_data(uint8_t qkind, uint8_t opc, uint8_t selector)
{
	return select_row(data_rows, sizeof(data_rows) / sizeof(data_rows[0]), qkind, opc,
			  selector);
}

unsigned int table_result(uint8_t qkind, uint8_t opc, uint8_t selector)
{
	return select_row(result_rows, sizeof(result_rows) / sizeof(result_rows[0]), qkind, opc,
			  selector);
}

unsigned int table_item(unsigned int list, uint8_t type)
{
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		if (items[i].list == list && items[i].type == type)
			return items[i].strct;
	return S_none;
}

bool table_is_descriptor_list(unsigned int strct)
{
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		if (items[i].list == strct)
			return true;
	return false;
}

bool table_is_command(unsigned int strct)
{
	for (unsigned int i = 0; i < 512; i++)
		if (commands[i / 256][i % 256].name != NULL &&
		    commands[i / 256][i % 256].strct == strct)
			return true;
	return false;
}

bool table_is_feature(unsigned int strct)
{
	for (unsigned int i = 0; i < 256; i++)
		if (features[i].name != NULL && features[i].strct == strct)
			return true;
	return false;
}

bool table_is_data(unsigned int strct)
{
	for (size_t i = 0; i < sizeof(data_rows) / sizeof(data_rows[0]); i++)
		if (data_rows[i].strct == strct)
			return true;
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		if (items[i].strct == strct)
			return true;
	return strct == S_ns_desc;
}

bool table_is_result(unsigned int strct)
{
	for (size_t i = 0; i < sizeof(result_rows) / sizeof(result_rows[0]); i++)
		if (result_rows[i].strct == strct)
			return true;
	return false;
}

const struct table_place *table_place(const struct table_place *places, unsigned int nr,
				      uint64_t offset)
{
	for (unsigned int i = 0; i < nr; i++)
		if (offset >= places[i].offset && offset - places[i].offset < places[i].size)
			return &places[i];
	return NULL;
}

const char *table_value(enum table_set set, uint64_t number)
{
	unsigned int low = set_begins[set], high = set_begins[set + 1];

	if (low == 0)
		return NULL;
	high--;			/* the title of the next set */
	/* Most sets count from 0 without a gap. */
	if (number < high - low && values[low + number].number == number)
		return values[low + number].text;
	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (values[middle].number == number)
			return values[middle].text;
		if (values[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const char *table_value_at(enum table_set set, unsigned int i, uint32_t *number)
{
	unsigned int begin = set_begins[set];

	if (begin == 0 || i >= set_begins[set + 1] - 1u - begin)
		return NULL;
	*number = values[begin + i].number;
	return values[begin + i].text;
}

const struct table_row *table_find(const char *abbrev)
{
	for (unsigned int i = 0; i < NR_ROWS; i++)
		if (table_rows[i].type == TYPE_FIELD && strcmp(table_rows[i].abbrev, abbrev) == 0)
			return &table_rows[i];
	return NULL;
}
