/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the tap to the ring: the producing end.  All of it runs on the
 * controller's thread; it allocates nothing, prints nothing and, unless
 * lossless, waits for nothing.
 */
#ifndef TRACER_EVENT_H
#define TRACER_EVENT_H

#include <stdbool.h>
#include <stdint.h>
#include "emu/plugin.h"
#include "tracer/entry.h"
#include "tracer/ring.h"

enum {
	EVENT_CHUNK = 128 << 10,	/* the longest payload of one record, bytes; half a
					 * small ring, less what belongs to it */
	EVENT_INFO_MAX = 40,		/* of a host structure, bytes */
	EVENT_ENTRY_ROOM = sizeof(struct entry) + EVENT_INFO_MAX,	/* besides the payload */
};

/* Events that found no room since the last drop entry. */
struct event_drops {
	struct entry_drop info;
	uint64_t ticks;		/* of the last */
	uint32_t bdf;
};

/* In the caller's memory; the caller sets the first six members. */
struct event_feed {
	struct ring *ring;
	uint32_t snap_admin, snap_io;	/* bytes of data that are kept of a transfer */
	bool lossless;
	/* Lossless: the ring is full and published; nr: so often before for this event. */
	void (*wait)(void *ctx, unsigned int nr);
	void *wait_ctx;
	uint64_t nr_dropped;
	struct event_drops drops;
};

/*
 * Pushes what is known of the event: one entry, or several for data that is
 * longer than EVENT_CHUNK.  The entries are published by event_publish.  Where
 * there is no room for all of them the event is counted, and a drop entry goes
 * in before the next event that fits, so that a number is in the capture or in
 * a drop entry, never in both.  No event is too long for the ring: its payload
 * is cut, and marked so.  Lossless data is never cut, as its entries wait for
 * room one by one.
 */
void event_push(struct event_feed *feed, const struct nvmetap_event *ev);

/* The same entry in memory of the caller's, which has EVENT_ENTRY_ROOM bytes and room for room
 * bytes of payload; more is cut, and marked so.  In a callback. */
void event_entry(struct entry *entry, const struct nvmetap_event *ev, size_t room);

/* At batch ends. */
static inline void event_publish(struct event_feed *feed)
{
	ring_publish(feed->ring);
}

/* Makes a drop entry (without payload) in room of EVENT_DROP_LEN bytes. */
enum {
	EVENT_DROP_LEN = sizeof(struct entry) + drop_info_HOST,
};
void event_drop_entry(struct entry *entry, const struct event_drops *drops);

#endif
