/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of bytes that carries records of any length from one thread, the
 * producer, to another, the consumer.  Neither ever waits inside.
 */
#ifndef TRACER_RING_H
#define TRACER_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

enum {
	RING_SIZE = 16 << 20,	/* the default, bytes */
	RING_HEADER = 8,	/* what a record costs besides its length rounded up to 8 */
};

/* size is rounded up to a power of two from 4 KiB to 1 GiB; 0: RING_SIZE.  All
 * its memory is touched here, so that pushing never faults.  NULL: -ENOMEM. */
struct ring *ring_new(size_t size);
void ring_free(struct ring *ring);
/* Bytes.  Any thread. */
size_t ring_size(const struct ring *ring);

/* What stands before each record.  skip is 1 where the rest of the memory is unused. */
struct ring_header {
	uint32_t len, skip;
};

/* What every ring begins with: the producer's place, for the functions below alone. */
struct ring_place {
	uint8_t *to;		/* the next record's header */
	size_t room;		/* bytes there that are known to be free */
};

/* What a record of len bytes takes of the ring. */
static inline size_t ring_cost(size_t len)
{
	return RING_HEADER + ((len + 7) & ~(size_t)7);
}

/* ring_reserve where place does not know of so much room. */
void *ring_make_room(struct ring *ring, size_t len);

/*
 * Producer.  Room for one record of up to len bytes, contiguous and aligned to
 * 8, or NULL: it does not fit now (or ever, see ring_holds).  What was
 * published may be consumed meanwhile, so a producer that can wait publishes
 * and tries again.
 */
static inline void *ring_reserve(struct ring *ring, size_t len)
{
	const struct ring_place *place = (const struct ring_place *)ring;

	if (len < place->room && ring_cost(len) <= place->room)
		return place->to + RING_HEADER;
	return ring_make_room(ring, len);
}

/* Producer.  Makes the first len bytes of what was reserved a record.  If more
 * was reserved, a reservation of up to the rest less RING_HEADER now succeeds
 * (rounding len up to 8). */
static inline void ring_commit(struct ring *ring, size_t len)
{
	struct ring_place *place = (struct ring_place *)ring;

	*(struct ring_header *)(void *)place->to = (struct ring_header){.len = (uint32_t)len};
	place->to += ring_cost(len);
	place->room -= ring_cost(len);
}

/* Producer.  Shows the consumer all that is committed: once per batch, since
 * a consumer that reads a head that is moving slows the producer down. */
void ring_publish(struct ring *ring);
/* Producer.  Whether a record of len bytes fits into the empty ring. */
bool ring_holds(const struct ring *ring, size_t len);

/* Consumer.  The next published record and its length, or NULL.  It stays
 * valid until it is released. */
const void *ring_next(struct ring *ring, size_t *len);
/* Consumer.  Gives back all that ring_next has passed. */
void ring_release(struct ring *ring);

#endif
