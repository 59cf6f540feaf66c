/* SPDX-License-Identifier: BSD-2-Clause */
/* A ring of bytes between one producer and one consumer. */
#include "config.h"
#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "tracer/ring.h"

enum {
	RING_SIZE_MIN = 4096,
	RING_SIZE_MAX = 1 << 30,
	RING_HUGE_PAGE = 2 << 20,
	RING_LINE = 64,		/* a cache line: each side writes to its own */
};

static_assert(sizeof(struct ring_header) == RING_HEADER, "ring.h says the price of a record");

/* Positions count bytes since the beginning and never wrap. */
struct ring {
	/* the producer's */
	alignas(RING_LINE) struct ring_place place;
	uint64_t room_end;	/* where its room ends */
	uint64_t tail_seen;	/* tail when last looked at */
	uint64_t published;
	alignas(RING_LINE) _Atomic uint64_t head;	/* up to here it is published */
	/* the consumer's */
	alignas(RING_LINE) _Atomic uint64_t tail;	/* up to here it is free again */
	uint64_t read;
	uint64_t head_seen;	/* head when last looked at */
	/* both read it */
	alignas(RING_LINE) uint8_t *data;
	size_t size;
};

struct ring *ring_new(size_t size)
{
	struct ring *ring;
	void *data;
	size_t rounded = RING_SIZE_MIN;

	if (size == 0)
		size = RING_SIZE;
	while (rounded < size && rounded < RING_SIZE_MAX)
		rounded *= 2;
	ring = aligned_alloc(RING_LINE, sizeof(*ring));
	if (ring == NULL)
		return NULL;
	memset(ring, 0, sizeof(*ring));
	if (posix_memalign(&data, rounded >= RING_HUGE_PAGE ? RING_HUGE_PAGE : RING_SIZE_MIN,
			   rounded) != 0) {
		free(ring);
		return NULL;
	}
#ifdef MADV_HUGEPAGE
	(void)madvise(data, rounded, MADV_HUGEPAGE);
#endif
	memset(data, 0, rounded);
	ring->data = data;
	ring->size = rounded;
	ring->place.to = data;
	return ring;
}

void ring_free(struct ring *ring)
{
	if (ring == NULL)
		return;
	free(ring->data);
	free(ring);
}

size_t ring_size(const struct ring *ring)
{
	return ring->size;
}

bool ring_holds(const struct ring *ring, size_t len)
{
	return len <= ring->size - RING_HEADER;
}

static struct ring_header *ring_at(const struct ring *ring, uint64_t position)
{
	return (struct ring_header *)(void *)(ring->data + (position & (ring->size - 1)));
}

/* Up to here it is committed. */
static uint64_t ring_filled(const struct ring *ring)
{
	return ring->room_end - ring->place.room;
}

static bool ring_has(struct ring *ring, size_t len)
{
	uint64_t filled = ring_filled(ring);

	if (ring->size - (filled - ring->tail_seen) >= len)
		return true;
	/* Pairs with the release in ring_release: the consumer is done with what
	 * is about to be overwritten. */
	ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
	return ring->size - (filled - ring->tail_seen) >= len;
}

static void ring_skip(struct ring *ring, size_t len)
{
	*ring_at(ring, ring_filled(ring)) = (struct ring_header){.len = (uint32_t)len, .skip = 1};
	ring->room_end = ring_filled(ring) + len;
	ring->place.room = 0;
}

/* All that is free in one piece, of which need bytes are, but less if more than a
 * quarter of the ring would then pass without a look here. */
static void ring_find_room(struct ring *ring, size_t need)
{
	uint64_t filled = ring_filled(ring);
	size_t rest = ring->size - (filled & (ring->size - 1));
	size_t room = ring->size - (filled - ring->tail_seen);

	if (room > rest)
		room = rest;
	if (room > ring->size / 4)
		room = ring->size / 4 > need ? ring->size / 4 : need;
	ring->place.to = (uint8_t *)ring_at(ring, filled);
	ring->place.room = room;
	ring->room_end = filled + room;
}

void *ring_make_room(struct ring *ring, size_t len)
{
	size_t need, rest, skip;

	if (!ring_holds(ring, len))
		return NULL;
	/* A batch that fills the ring must not keep the consumer idle. */
	if (ring_filled(ring) - ring->published >= ring->size / 4)
		ring_publish(ring);
	need = ring_cost(len);
	rest = ring->size - (ring_filled(ring) & (ring->size - 1));
	skip = need > rest ? rest : 0;
	if (!ring_has(ring, skip + need)) {
		/* Even the empty ring has no room for both: skip now, so that the
		 * consumer passes the end and the record fits some time. */
		if (skip != 0 && skip + need > ring->size && ring_has(ring, skip))
			ring_skip(ring, skip);
		return NULL;
	}
	if (skip != 0)
		ring_skip(ring, skip);
	ring_find_room(ring, need);
	return ring->place.to + RING_HEADER;
}

void ring_publish(struct ring *ring)
{
	uint64_t filled = ring_filled(ring);

	if (ring->published == filled)
		return;
	ring->published = filled;
	/* Pairs with the acquire in ring_next: who sees the head sees the records. */
	atomic_store_explicit(&ring->head, filled, memory_order_release);
}

const void *ring_next(struct ring *ring, size_t *len)
{
	const struct ring_header *header;

	for (;;) {
		if (ring->read == ring->head_seen) {
			/* Pairs with the release in ring_publish: the records up to
			 * head are written. */
			ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
			if (ring->read == ring->head_seen)
				return NULL;
		}
		header = ring_at(ring, ring->read);
		if (!header->skip)
			break;
		ring->read += header->len;
	}
	ring->read += ring_cost(header->len);
	*len = header->len;
	return header + 1;
}

void ring_release(struct ring *ring)
{
	/* Pairs with the acquire in ring_has: the consumer has read before the
	 * producer overwrites. */
	atomic_store_explicit(&ring->tail, ring->read, memory_order_release);
}
