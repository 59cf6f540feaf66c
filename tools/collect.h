/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fields of one record, grouped by filter name: a name occurs in several
 * structures (nvme.cmd.slba), and several times in a record (list entries).
 */
#ifndef TOOLS_COLLECT_H
#define TOOLS_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include "dissector/decode.h"

struct collect_item {
	struct decode_item item;
	uint32_t next;		/* of the same name: index + 1, or 0 */
	uint16_t group;
	bool is_first;
};

struct collect_text;

struct collect {
	struct collect_item *items;	/* in the order of the record */
	size_t nr, size;
	uint32_t first[NR_ROWS], last[NR_ROWS];	/* by group: index + 1, or 0 */
	uint16_t group[NR_ROWS];	/* the first row of the same name */
	bool wanted[NR_ROWS];		/* by group; all at the start */
	struct collect_text *texts;	/* that do not stand in the record */
};

/* -ENOMEM */
int collect_init(struct collect *collect);
void collect_fini(struct collect *collect);
/*
 * The record's wanted fields.  packet: its bytes, that begin with the header.
 * Until the next call, and as long as packet and record live.  -ENOMEM
 */
int collect_record(struct collect *collect, const struct record *rec, const uint8_t *packet);

#endif
