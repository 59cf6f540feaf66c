/* SPDX-License-Identifier: BSD-2-Clause */
/* The blocks of a pcapng file and their options; only reader_*.c include it. */
#ifndef TRACER_READER_BLOCK_H
#define TRACER_READER_BLOCK_H

#include <stdbool.h>
#include "spec/bytes.h"
#include "tracer/pcapng.h"
#include "tracer/reader_source.h"

/* Lengths up to which a block of each type is fixed, with all its lengths. */
enum {
	READER_SECTION_MIN = 28,
	READER_INTERFACE_MIN = 20,
	READER_SIMPLE_MIN = 16,
	READER_PACKET_MIN = 32,	/* enhanced and obsolete */
};

struct reader_blocks {
	struct reader_source *source;
	bool big;		/* the section's byte order */
	bool closed;		/* the newest block is an interface's statistics */
};

struct block {
	const uint8_t *at;	/* until the next one */
	size_t len;		/* whole */
	uint64_t offset;
	uint32_t type;
};

/*
 * The next block that a reader of packets needs: section, interface, or a
 * packet of any kind, as long as its type asks for at least.  Others are
 * passed.  A section sets the byte order.
 * 1, 0 at the end, or -errno and a word in the source.
 */
int reader_block_next(struct reader_blocks *blocks, struct block *block);

/* The block's content is wrong: notes what, returns -EBADMSG. */
int reader_block_bad(struct reader_blocks *blocks, const struct block *block, const char *what);

/* The option at *at, if it lies before end, and moves *at behind it. */
bool reader_option(const struct reader_blocks *blocks, const uint8_t **at, const uint8_t *end,
		   uint16_t *code, uint16_t *len, const uint8_t **value);

/* With the bytes that fill up a last group of four. */
static inline size_t reader_padded(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

/* Numbers in the section's byte order. */
static inline uint64_t reader_get(const struct reader_blocks *blocks, const uint8_t *at, size_t len)
{
	return blocks->big ? bytes_get_be(at, len) : bytes_get_le(at, len);
}

static inline uint16_t reader_u16(const struct reader_blocks *blocks, const uint8_t *at)
{
	return (uint16_t)reader_get(blocks, at, 2);
}

static inline uint32_t reader_u32(const struct reader_blocks *blocks, const uint8_t *at)
{
	return (uint32_t)reader_get(blocks, at, 4);
}

#endif
