/* SPDX-License-Identifier: BSD-2-Clause */
/* The fields that expressions know, by their filter names. */
#ifndef DISSECTOR_EXPR_FIELD_H
#define DISSECTOR_EXPR_FIELD_H

#include "dissector/expr_code.h"
#include "spec/near.h"

/* Fills field.  frames: those of the packet, too.  False: there is none. */
bool field_find(struct expr_field *field, const char *name, size_t len, bool frames);
/* Of a field that Wireshark has and we have not: why, or what to take.  Or NULL. */
const char *field_hint(const char *name, size_t len);
/* Offers the names of all fields. */
void field_offer(struct near *near, bool frames);

/* The number that a value's name stands for, in any case of its letters. */
bool field_value(const struct expr_field *field, const char *name, size_t len, uint64_t *number);
void field_offer_values(struct near *near, const struct expr_field *field);

#endif
