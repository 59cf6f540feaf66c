/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The field decoder: visits all that a record says, field by field, in the
 * order of the table: header, info, payload; a command's own fields after the
 * general ones.  Which structure applies follows from the record alone, no
 * state is kept.
 *
 * Records are hostile: a field is visited only if all its bytes are there,
 * lists end with the record's bytes, and elements of arrays that are all zero
 * are passed over.  What is visited is bounded by the record's length.
 *
 * Everything here may be called from any thread.
 */
#ifndef DISSECTOR_DECODE_H
#define DISSECTOR_DECODE_H

#include <stdbool.h>
#include "dissector/table.h"
#include "spec/record.h"

struct decode_item {
	/* A field; or the heading of a structure (TYPE_STRUCT) or of an
	 * element of an array (TYPE_ARRAY), whose fields follow. */
	const struct table_row *row;
	const struct record *rec;
	const uint8_t *bytes;	/* of a field, until the visit is over */
	uint32_t len;		/* of bytes */
	uint32_t index;		/* of an element */
	uint64_t number;	/* of KIND_DEC to KIND_BINT (its two's complement) */
	uint8_t depth;		/* 0: a structure of the record; its fields have 1 */
	bool element;		/* a field within an array or list */
};

/* Answers 0 to go on; anything else ends the walk. */
typedef int decode_fn(void *ctx, const struct decode_item *item);

/*
 * header: the record's first record_SIZE bytes, or NULL: made again from rec.
 * 0, or what fn answered.
 */
int decode_record(const struct record *rec, const uint8_t *header, decode_fn *fn, void *ctx);

/*
 * What is there of a structure: its bytes [start, start + len).  Of a register
 * bytes begins at 0 of the structure, is whole, and zero where nothing is
 * there; of all others bytes begins at start.
 */
struct window {
	const uint8_t *bytes;
	uint64_t start;
	uint32_t len;
	bool is_register;
};

/* Answers 0 to go on; anything else ends it. */
typedef int decode_struct_fn(void *ctx, unsigned int strct, const struct window *window);

/* Parts of a record that have structures. */
enum {
	DECODE_HEADER = 1,
	DECODE_NAME = 2,	/* the command's name, as if it stood in the record */
	DECODE_INFO = 4,
	DECODE_PAYLOAD = 8,
	DECODE_SPECIFIC = 16,	/* what depends on the event beyond its structures */
};

/*
 * The structures of some parts of a record that decode_record visits, as a
 * whole: for who looks for a few fields.  header as there.  0, or what fn
 * answered.
 */
int decode_structs(const struct record *rec, const uint8_t *header, unsigned int parts,
		   decode_struct_fn *fn, void *ctx);
/*
 * In which parts of records decode_structs may find a structure (S_*): adds
 * DECODE_* to parts, by event.  What is not there it never finds there.
 */
void decode_parts_with(unsigned int strct, uint8_t parts[256]);

#endif
