/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The short way to what filters ask for most: fields of the record's header
 * that are members of struct record, where nothing has to be looked for.
 */
#ifndef DISSECTOR_EXPR_QUICK_H
#define DISSECTOR_EXPR_QUICK_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "spec/record.h"

/* A number in a member, which means something while some bits of a byte say so. */
struct expr_quick {
	uint8_t size;		/* of the member, bytes; 0: there is no short way */
	uint8_t offset;		/* of the member */
	uint8_t shift;
	uint8_t at, at_shift;	/* of 8 bytes of the header that it lies in */
	uint8_t other, other_at;	/* offsets of that byte */
	uint8_t other_shift, other_mask, low, high;
	uint64_t mask;
};

/* Numbers that fit: some bits of them from least to least + span, or just not. */
struct expr_span {
	uint64_t mask, least, span;
	bool outside;
};

/* The short way to row i (F_*) of the table, if there is one. */
struct expr_quick quick_find(unsigned int i);

static inline uint64_t quick_load(const uint8_t *from, unsigned int size)
{
	uint64_t eight;
	uint32_t four;
	uint16_t two;

	if (size == 1)
		return *from;
	if (size == 2) {
		memcpy(&two, from, sizeof(two));
		return two;
	}
	if (size == 4) {
		memcpy(&four, from, sizeof(four));
		return four;
	}
	memcpy(&eight, from, sizeof(eight));
	return eight;
}

static inline bool span_has(const struct expr_span *span, uint64_t number)
{
	return ((number & span->mask) - span->least <= span->span) != span->outside;
}

/* No branches: whether it fits is as good as random, and costs little to find out. */
static inline bool quick_fits(const struct expr_quick *quick, const struct expr_span *span,
			      uint64_t number, unsigned int other)
{
	bool means;

	other = other >> quick->other_shift & quick->other_mask;
	means = other - quick->low <= (unsigned int)(quick->high - quick->low);
	return means & span_has(span, number & quick->mask);
}

/* Both: false, too, if the number is not there. */
static inline bool quick_test(const struct expr_quick *quick, const struct expr_span *span,
			      const struct record *rec)
{
	const uint8_t *bytes = (const uint8_t *)rec;

	return quick_fits(quick, span, quick_load(bytes + quick->offset, quick->size) >> quick->shift,
			  bytes[quick->other]);
}

static inline bool quick_test_header(const struct expr_quick *quick, const struct expr_span *span,
				     const uint8_t *header)
{
	return quick_fits(quick, span, bytes_get_be(header + quick->at, 8) >> quick->at_shift,
			  header[quick->other_at]);
}

#endif
