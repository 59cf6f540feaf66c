/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values of decoded fields as text: as tshark's -T fields prints them, as
 * JSON, and for people.  Everything here may be called from any thread.
 */
#ifndef DISSECTOR_VALUE_H
#define DISSECTOR_VALUE_H

#include "dissector/decode.h"
#include "dissector/text.h"

/* As tshark -T fields: hexadecimal with the digits of the whole bytes the
 * field lies in, 0's based numbers as they stand, flags as 1 and 0. */
void value_plain(struct text *text, const struct decode_item *item);
/* A JSON value: numbers below 2^53 as numbers, larger ones as strings; flags
 * as true and false; bytes as a string of hexadecimal digits. */
void value_json(struct text *text, const struct decode_item *item);
/* Whether that is the number's digits and nothing else. */
static inline bool value_is_json_digits(const struct decode_item *item)
{
	return item->row->kind >= KIND_DEC && item->row->kind <= KIND_BHEX &&
	       item->row->kind != KIND_FLAG && item->number < UINT64_C(1) << 53;
}

/* For people: "Identify (0x06)", "8 (stored as 7)", "yes". */
void value_display(struct text *text, const struct decode_item *item);

/* Whether it is a reserved field of zeros. */
bool value_is_idle(const struct decode_item *item);

/* The name of a status (type << 8 | code), or NULL. */
const char *value_status(uint16_t code);
/* 00:06.0, with the segment in front if it is not 0: up to PUT_BDF_MAX bytes, as in put.h. */
char *put_bdf(char *at, uint32_t bdf);

enum { PUT_BDF_MAX = 12 };

#endif
