/* SPDX-License-Identifier: BSD-2-Clause */
/* The producing end of a tracer with its ring. */
#include "config.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "tests/feed.h"
#include "tracer/encode.h"

struct event_feed feed_new(size_t ring_size)
{
	fake_reset();
	return (struct event_feed){
		.ring = ring_new(ring_size),
		.snap_admin = UINT32_MAX,
		.snap_io = UINT32_MAX,
	};
}

size_t feed_next(struct event_feed *feed, uint8_t *bytes, struct record *rec)
{
	const struct entry *entry;
	size_t len, got;

	ring_publish(feed->ring);
	entry = ring_next(feed->ring, &got);
	if (entry == NULL)
		return 0;
	assert_in_range(encode_size(entry), 0, RECORD_LEN_MAX);
	memset(bytes, 0xa5, RECORD_LEN_MAX);
	len = encode_entry(bytes, entry, rec);
	ring_release(feed->ring);
	return len;
}

struct nvmetap_event feed_text(uint64_t seq, size_t len)
{
	static char text[EVENT_CHUNK + 1];

	return (struct nvmetap_event){
		.event = NVMETAP_EV_LOG, .seq = seq, .text = text, .text_len = len,
	};
}
