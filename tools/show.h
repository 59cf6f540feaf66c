/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The forms in which dump shows a packet.  rec is NULL for packets that are
 * not records of ours; reason then says what they are.
 */
#ifndef TOOLS_SHOW_H
#define TOOLS_SHOW_H

#include <stdbool.h>
#include "dissector/text.h"
#include "tools/collect.h"
#include "tracer/reader.h"

struct show_packet {
	const struct reader_packet *pkt;
	const struct record *rec;
	uint64_t time_ns;
	const char *reason;	/* "link type 1, not nvmetap's" */
};

/* All fields of a record, a line each, indented below its line. */
void show_details(struct text *text, const struct show_packet *packet);
/* The payload, 16 bytes a line. */
void show_hex(struct text *text, const struct show_packet *packet);
/* One JSON object on one line; keys are filter names.  -ENOMEM */
int show_json(struct text *text, struct collect *collect, const struct show_packet *packet);

enum { COLUMNS_MAX = 1024 };

/* -T fields: what -e and -E say. */
struct columns {
	struct {
		const char *name;
		int frame;	/* FRAME_* of show_fields.c, or -1: of the table */
		uint16_t group;	/* of collect */
	} list[COLUMNS_MAX];
	unsigned int nr;
	char separator, aggregator;
	char quote;		/* or 0 */
	char occurrence;	/* 'f'irst, 'l'ast or 'a'll */
	bool header;
};

void columns_init(struct columns *columns);
/* -1: no such field, or too many; said so. */
int columns_add(struct columns *columns, const char *name);
/* "header=y", "separator=,", …  -1: no such option; said so. */
int columns_option(struct columns *columns, const char *option);
/* Wants of collect what the columns show. */
void columns_begin(struct text *text, const struct columns *columns, struct collect *collect);
/* -ENOMEM */
int columns_show(struct text *text, const struct columns *columns, struct collect *collect,
		 const struct show_packet *packet);

#endif
