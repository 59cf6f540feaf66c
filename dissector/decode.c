/* SPDX-License-Identifier: BSD-2-Clause */
/* The field decoder: which structures apply to a record, in which order. */
#include "dissector/walk.h"

#include <string.h>
#include "dissector/inject.h"

static bool has_command(const struct record *rec)
{
	return (rec->flags & NVMETAP_HAS_COMMAND) != 0;
}

static uint8_t selector(const struct record *rec)
{
	return rec->cdw10 & 0xff;
}

static bool is_command(const struct record *rec, uint8_t qkind, uint8_t opc)
{
	return has_command(rec) && rec->qkind == qkind && rec->opc == opc;
}

static int walk_feature(struct walk *walk, const uint8_t *bytes, uint32_t len)
{
	const struct table_command *feature = table_feature(selector(walk->rec));

	return feature != NULL ? walk_bytes(walk, feature->strct, bytes, len) : 0;
}

/* The command's name, as if it stood in the record. */
static int walk_name(struct walk *walk)
{
	const struct record *rec = walk->rec;
	const struct table_command *command = table_command(rec->qkind, rec->opc);

	if (!has_command(rec) || command == NULL)
		return 0;
	return walk_bytes(walk, S_command_name, (const uint8_t *)command->name,
			  (uint32_t)strlen(command->name));
}

static int walk_command(struct walk *walk)
{
	const struct record *rec = walk->rec;
	const struct table_command *command = table_command(rec->qkind, rec->opc);
	int ret;

	if (!has_command(rec) || command == NULL)
		return 0;
	ret = walk_bytes(walk, command->strct, rec->payload, rec->caplen);
	if (ret == 0 && is_command(rec, NVMETAP_QUEUE_ADMIN, NVME_OPC_SET_FEATURES) &&
	    rec->caplen >= sqe_cdw12_OFFSET)
		ret = walk_feature(walk, rec->payload + sqe_cdw11_OFFSET, sqe_cdw11_LENGTH);
	return ret;
}

/* Dword 0 of a completion that succeeded. */
static int walk_result(struct walk *walk)
{
	const struct record *rec = walk->rec;

	if (!has_command(rec) || (rec->status & 0x7ff) != 0 || rec->caplen < cqe_cdw0_LENGTH)
		return 0;
	if (is_command(rec, NVMETAP_QUEUE_ADMIN, NVME_OPC_GET_FEATURES)) {
		if ((rec->cdw10 >> 8 & 7) == NVME_SEL_SUPPORTED)
			return 0;
		return walk_feature(walk, rec->payload, cqe_cdw0_LENGTH);
	}
	return walk_bytes(walk, table_result(rec->qkind, rec->opc, selector(rec)), rec->payload,
			  cqe_cdw0_LENGTH);
}

/* A part of a command's data, at its place in the structure. */
static int walk_data(struct walk *walk)
{
	const struct record *rec = walk->rec;
	struct window window = { .bytes = rec->payload, .len = rec->caplen };
	unsigned int strct = table_data(rec->qkind, rec->opc, selector(rec));
	uint64_t base = 0;

	if (!has_command(rec) || rec->caplen == 0 ||
	    rec->info_len < data_info_offset_OFFSET + data_info_offset_LENGTH)
		return 0;
	if (rec->info_len >= data_info_SIZE)
		base = data_info_base_get(rec->info);
	window.start = data_info_offset_get(rec->info);
	if (base > UINT32_MAX - window.start)
		return 0;
	window.start += base;
	if (!table_is_descriptor_list(strct))
		return walk_struct(walk, strct, &window);
	return window.start == 0 ? walk_descriptors(walk, strct, rec->payload, rec->caplen) : 0;
}

/* The bytes of an access that fall on a register. */
static int walk_place(struct walk *walk, const struct table_place *place, uint64_t offset,
		      uint64_t value, uint32_t width)
{
	uint8_t bytes[8] = { 0 };
	uint64_t from = offset > place->offset ? offset - place->offset : 0;
	uint64_t before = place->offset > offset ? place->offset - offset : 0;
	struct window window = { .bytes = bytes, .start = from, .is_register = true };

	if (from >= place->size || before >= width)
		return 0;
	window.len = width - (uint32_t)before;
	if (window.len > place->size - from)
		window.len = (uint32_t)(place->size - from);
	bytes_set_le(bytes + from, window.len, value >> 8 * before);
	return walk_struct(walk, place->strct, &window);
}

static int walk_access(struct walk *walk, const struct table_place *places, unsigned int nr)
{
	const struct record *rec = walk->rec;
	uint64_t width;
	int ret = 0;

	if (rec->info_len < access_info_bar_OFFSET + access_info_bar_LENGTH)
		return 0;
	width = access_info_width_get(rec->info);
	if (width < 1 || width > 8)
		return 0;
	for (unsigned int i = 0; ret == 0 && i < nr; i++)
		ret = walk_place(walk, &places[i], access_info_offset_get(rec->info),
				 access_info_value_get(rec->info), (uint32_t)width);
	return ret;
}

static int walk_registers(struct walk *walk)
{
	const struct record *rec = walk->rec;
	int ret = 0;

	for (unsigned int i = 0; ret == 0 && i < table_nr_registers; i++) {
		const struct table_place *reg = &table_registers[i];

		if (reg->offset + reg->size <= (int64_t)rec->caplen)
			ret = walk_bytes(walk, reg->strct, rec->payload + reg->offset, reg->size);
	}
	return ret;
}

static int visit_change(void *ctx, const char *change, size_t len)
{
	return walk_bytes(ctx, S_inject_change, (const uint8_t *)change, (uint32_t)len);
}

static int walk_inject(struct walk *walk)
{
	struct inject inject;
	int ret;

	if (!inject_parse(walk->rec, &inject))
		return 0;
	ret = walk_bytes(walk, S_inject_who, inject.who, inject.who_len);
	if (ret == 0)
		ret = inject_changes(walk->rec, &inject, visit_change, walk);
	if (ret == 0)
		ret = walk_bytes(walk, S_inject_was, inject.was, inject.was_len);
	return ret != 0 ? ret : walk_bytes(walk, S_inject_now, inject.now, inject.now_len);
}

static bool is_list(const struct record *rec, uint64_t type)
{
	return rec->info_len >= list_info_SIZE && list_info_type_get(rec->info) == type;
}

/* A PRP list is the payload of its event in the table; the other kind is found here. */
static int walk_list(struct walk *walk)
{
	if (!is_list(walk->rec, NVMETAP_LIST_SGL))
		return 0;
	return walk_bytes(walk, S_sgl_list, walk->rec->payload, walk->rec->caplen);
}

/* What depends on the event beyond its structures. */
static int walk_specific(struct walk *walk)
{
	switch (walk->rec->event) {
	case NVMETAP_EV_ADMIN:
	case NVMETAP_EV_IO:
		return walk_command(walk);
	case NVMETAP_EV_COMPLETION:
		return walk_result(walk);
	case NVMETAP_EV_DATA:
		return walk_data(walk);
	case NVMETAP_EV_REGISTERS:
		return walk_registers(walk);
	case NVMETAP_EV_INJECT:
		return walk_inject(walk);
	case NVMETAP_EV_LIST:
		return walk_list(walk);
	case NVMETAP_EV_CFGREAD:
	case NVMETAP_EV_CFGWRITE:
		return walk_access(walk, table_configs, table_nr_configs);
	case NVMETAP_EV_REGREAD:
	case NVMETAP_EV_REGWRITE:
		if (walk->rec->info_len > access_info_bar_OFFSET &&
		    access_info_bar_get(walk->rec->info) == 0)
			return walk_access(walk, table_registers, table_nr_registers);
		return 0;
	}
	return 0;
}

/* Whether walk_specific may come to the structure, by event: what is not known is
 * possible. */
static bool is_place(const struct table_place *places, unsigned int nr, unsigned int strct)
{
	for (unsigned int i = 0; i < nr; i++) {
		if (places[i].strct == strct)
			return true;
	}
	return false;
}

static void find_specific(unsigned int strct, bool possible[256])
{
	bool is_feature = table_is_feature(strct);

	memset(possible, false, 256);
	possible[NVMETAP_EV_ADMIN] = possible[NVMETAP_EV_IO] =
		is_feature || table_is_command(strct);
	possible[NVMETAP_EV_COMPLETION] = is_feature || table_is_result(strct);
	possible[NVMETAP_EV_DATA] = table_is_data(strct);
	possible[NVMETAP_EV_REGREAD] = possible[NVMETAP_EV_REGWRITE] =
		possible[NVMETAP_EV_REGISTERS] =
			is_place(table_registers, table_nr_registers, strct);
	possible[NVMETAP_EV_CFGREAD] = possible[NVMETAP_EV_CFGWRITE] =
		is_place(table_configs, table_nr_configs, strct);
	possible[NVMETAP_EV_LIST] = strct == S_sgl_list || strct == S_sgl_entry;
	/* Whatever was altered. */
	possible[NVMETAP_EV_INJECT] = true;
}

void decode_parts_with(unsigned int strct, uint8_t parts[256])
{
	bool specific[256];

	if (strct == S_record || strct == S_command_name) {
		for (unsigned int i = 0; i < 256; i++)
			parts[i] |= strct == S_record ? DECODE_HEADER : DECODE_NAME;
		return;
	}
	find_specific(strct, specific);
	for (unsigned int i = 0; i < 256; i++) {
		if (table_events[i].info == strct)
			parts[i] |= DECODE_INFO;
		if (table_events[i].payload == strct)
			parts[i] |= DECODE_PAYLOAD;
		if (specific[i])
			parts[i] |= DECODE_SPECIFIC;
	}
}

static bool payload_applies(const struct record *rec)
{
	return rec->event != NVMETAP_EV_LIST || is_list(rec, NVMETAP_LIST_PRP);
}

static int walk_header(struct walk *walk, const uint8_t *header)
{
	uint8_t again[record_SIZE];

	if (header == NULL) {
		record_encode(again, walk->rec);
		header = again;
	}
	return walk_bytes(walk, S_record, header, record_SIZE);
}

static int walk_parts(struct walk *walk, const uint8_t *header, unsigned int parts)
{
	const struct record *rec = walk->rec;
	const struct table_event *event = &table_events[rec->event];
	int ret = 0;

	if ((parts & DECODE_HEADER) != 0)
		ret = walk_header(walk, header);
	if (ret == 0 && (parts & DECODE_NAME) != 0)
		ret = walk_name(walk);
	if (ret != 0 || event->name == NULL)
		return ret;
	if ((parts & DECODE_INFO) != 0)
		ret = walk_bytes(walk, event->info, rec->info, rec->info_len);
	if (ret == 0 && (parts & DECODE_PAYLOAD) != 0 && payload_applies(rec))
		ret = walk_bytes(walk, event->payload, rec->payload, rec->caplen);
	if (ret == 0 && (parts & DECODE_SPECIFIC) != 0)
		ret = walk_specific(walk);
	return ret;
}

int decode_record(const struct record *rec, const uint8_t *header, decode_fn *fn, void *ctx)
{
	struct walk walk = { .rec = rec, .fn = fn, .ctx = ctx };

	return walk_parts(&walk, header, ~0u);
}

int decode_structs(const struct record *rec, const uint8_t *header, unsigned int parts,
		   decode_struct_fn *fn, void *ctx)
{
	struct walk walk;

	walk.rec = rec;		/* nobody needs the rest */
	walk.struct_fn = fn;
	walk.ctx = ctx;
	walk.element = false;
	return walk_parts(&walk, header, parts);
}
