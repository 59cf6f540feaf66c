/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table as C arrays: the rows of nvme.def in their order, for whoever
 * walks structures or looks names up.  All of it is constant data; everything
 * here may be called from any thread.
 */
#ifndef DISSECTOR_TABLE_H
#define DISSECTOR_TABLE_H

#include <stdbool.h>
#include <stdint.h>

enum table_type { TYPE_STRUCT, TYPE_FIELD, TYPE_ARRAY };

enum table_kind {
	KIND_NONE, KIND_DEC, KIND_HEX, KIND_ZERO, KIND_FLAG, KIND_BDEC, KIND_BHEX, KIND_BINT,
	KIND_CHARS, KIND_TEXT, KIND_BYTES, KIND_UUID, KIND_U128,
};

/* Sets of named numbers.  SET_opc and SET_place depend on the record. */
enum table_set {
	SET_NONE, SET_opc, SET_place,
#define VALUES(set, title) SET_##set,
#include "spec/nvme.def"
	NR_SETS
};

/* Places in table_rows: S_name of a structure, F_struct_name of its fields
 * and arrays, which follow it up to the next structure. */
enum table_id {
#define STRUCT(name, size, section, title) S_##name,
#define FIELD(strct, name, kind, offset, length, shift, width, abbrev, set, label) \
	F_##strct##_##name,
#define ARRAY(strct, name, offset, element, count, abbrev, label) F_##strct##_##name,
#include "spec/nvme.def"
	NR_ROWS
};

struct table_row {
	uint8_t type;		/* TYPE_* */
	uint8_t kind;		/* KIND_*, of a field */
	uint8_t set;		/* SET_*, of a field */
	uint8_t shift, width;	/* bits within the field's bytes */
	uint16_t offset;	/* bytes within the structure */
	uint16_t length;	/* bytes; 0: up to the end; not of arrays */
	uint16_t count;		/* of an array; 0: up to the end */
	uint16_t strct;		/* S_* it belongs to (structure: itself) */
	uint16_t element;	/* S_* of an array's elements */
	const char *name;	/* "opc" */
	const char *abbrev;	/* "nvme.cmd.opc"; of a structure: the section */
	const char *label;	/* "Opcode" */
};

/* A field means something only while other is low to high. */
struct table_only {
	uint16_t other;		/* F_* of the same structure, or 0: always */
	uint32_t low, high;
};

struct table_event {
	uint16_t info, payload;	/* S_* */
	const char *proto;	/* "ADM" */
	const char *name;	/* NULL: there is no such event */
};

/* A command or a feature. */
struct table_command {
	uint16_t strct;		/* S_* */
	const char *name;	/* NULL: there is none of this number */
};

struct table_place {
	uint16_t offset, size;	/* bytes */
	uint16_t strct;		/* S_* */
	const char *name;	/* "CC", or a register's number's name: "NVME_REG_CC" */
	const char *title;	/* "Controller Configuration" */
};

struct table_item {
	uint16_t list;		/* S_* of the list */
	uint8_t type;
	uint16_t strct;		/* S_* of what an item of that type holds */
};

extern const struct table_row table_rows[NR_ROWS];
extern const struct table_only table_only[NR_ROWS];
extern const struct table_event table_events[256];
extern const struct table_place table_registers[], table_configs[];
extern const unsigned int table_nr_registers, table_nr_configs;

/* By queue kind (NVMETAP_QUEUE_*) and opcode.  NULL: none. */
const struct table_command *table_command(uint8_t qkind, uint8_t opc);
/* By feature identifier.  NULL: none. */
const struct table_command *table_feature(uint8_t fid);
/* S_* of a command's data or of its completion's Dword 0; selector is CDW10
 * bits 7:0.  S_none: not known. */
unsigned int table_data(uint8_t qkind, uint8_t opc, uint8_t selector);
unsigned int table_result(uint8_t qkind, uint8_t opc, uint8_t selector);
/* S_* of an item of a descriptor list.  S_none: not known. */
unsigned int table_item(unsigned int list, uint8_t type);
bool table_is_descriptor_list(unsigned int strct);
/* Whether a structure (S_*) is used as one of these by any row. */
bool table_is_command(unsigned int strct);
bool table_is_feature(unsigned int strct);
bool table_is_data(unsigned int strct);		/* or an item of it */
bool table_is_result(unsigned int strct);
/* The row of an array that contains the offset.  NULL: none. */
const struct table_place *table_place(const struct table_place *places, unsigned int nr,
				      uint64_t offset);

/* The text of a number of a set.  NULL: it has none, and for SET_opc and
 * SET_place always. */
const char *table_value(enum table_set set, uint64_t number);
/* The texts of a set, in order: 0 at the end.  For those who list or check. */
const char *table_value_at(enum table_set set, unsigned int i, uint32_t *number);

/* The first field with this filter name.  NULL: none. */
const struct table_row *table_find(const char *abbrev);

#endif
