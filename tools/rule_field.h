/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "set FIELD = VALUE": where the table's field of that name stands in what an
 * event carries, and the change of it.
 */
#ifndef TOOLS_RULE_FIELD_H
#define TOOLS_RULE_FIELD_H

#include "dissector/table.h"
#include "emu/plugin.h"
#include "tools/rule_text.h"

enum {
	SET_NR_PLACES = 8,	/* structures that share a field's name, at one tap */
	SET_BYTES_MAX = 256,	/* the longest field of the table */
};

/* Where a field may stand. */
struct rule_place {
	uint8_t where;		/* PLACE_* of rule_place.h */
	uint16_t row;		/* in table_rows */
	uint16_t strct;		/* S_* that has to lie there */
	uint32_t base;		/* of the field's structure, bytes; arrays: of the element */
};

struct rule_set {
	struct rule_place places[SET_NR_PLACES];
	unsigned int nr_places;
	char op;		/* '=', '+', '-', '^' */
	uint64_t number;	/* of numbers, or */
	uint8_t bytes[SET_BYTES_MAX];	/* of texts and bytes; as long as the field */
};

/* The words after "set", for a rule at tap. */
int rule_set_parse(struct rule_text *text, unsigned int tap, struct rule_set *set);
/* Whether the event has the field. */
bool rule_set_applies(const struct rule_set *set, const struct nvmetap_event *ev);
/* Changes it.  0, or -ENODATA: it is not there. */
int rule_set_act(const struct rule_set *set, struct nvmetap_event *ev);

#endif
