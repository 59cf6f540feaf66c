/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks the rows of structures over bytes of which only a part may be there.
 * For the decoder, which knows what structure applies.
 */
#ifndef DISSECTOR_WALK_H
#define DISSECTOR_WALK_H

#include "dissector/decode.h"

struct walk {
	const struct record *rec;
	struct window window;
	decode_fn *fn;
	decode_struct_fn *struct_fn;	/* or NULL; instead of fn: gets whole structures */
	void *ctx;
	bool element;		/* within an array or list */
};

/* A heading and the structure (S_*) in the window; nothing if it has no rows
 * or the window is empty.  0, or what fn answered. */
int walk_struct(struct walk *walk, unsigned int strct, const struct window *window);
/* The same from its beginning. */
int walk_bytes(struct walk *walk, unsigned int strct, const uint8_t *bytes, uint32_t len);
/* The number of a field of KIND_DEC to KIND_BINT, whose bytes are there. */
uint64_t walk_number(const struct table_row *row, const uint8_t *bytes);
/* A list of descriptors from its beginning, each as long as it says
 * (section 5.15.2.4). */
int walk_descriptors(struct walk *walk, unsigned int list, const uint8_t *bytes, uint32_t len);

/*
 * The field of row i (F_*) alone, where its structure begins at 0: fills row,
 * bytes, len and number.  False: it is not there.
 */
bool walk_field(const struct window *window, unsigned int i, struct decode_item *item);
/* A structure without a record, as walk_struct. */
int walk_window(unsigned int strct, const struct window *window, decode_fn *fn, void *ctx);

#endif
