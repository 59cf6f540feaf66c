/* SPDX-License-Identifier: BSD-2-Clause */
/* An observer of every tap that decodes what it sees at once. */
#include "config.h"
#include <stdlib.h>
#include "dissector/decode.h"
#include "dissector/line.h"
#include "tests/fuzz/observer.h"
#include "tracer/encode.h"
#include "tracer/event.h"

enum {
	RING_LEN = 1 << 20,
	RECORD_MAX = record_SIZE + RECORD_INFO_MAX + EVENT_CHUNK,
	LINE_LEN = 4096,
	SNAP_IO = 512,
};

static struct observer {
	struct event_feed feed;
	uint64_t last_seq;
} observer;

static const char *const taps[] = {
#define TAP(cname, number, event, stage, name) [cname] = name,
#include "spec/nvme.def"
};

static int visit(void *ctx, const struct decode_item *item)
{
	(void)ctx;
	for (uint32_t i = 0; i < item->len; i++)
		(void)((const volatile uint8_t *)item->bytes)[i];
	return 0;
}

/* Continued data has the number of what it continues. */
static void check_order(const struct record *rec)
{
	if (rec->seq == 0)
		return;
	if (rec->seq < observer.last_seq || rec->cause > rec->seq)
		abort();
	observer.last_seq = rec->seq;
}

static void show(const struct entry *entry)
{
	static uint8_t bytes[RECORD_MAX];
	char buf[LINE_LEN];
	struct text text = { .buf = buf, .size = sizeof(buf) };
	struct record rec;
	size_t len = encode_entry(bytes, entry, &rec);

	if (len > sizeof(bytes) || record_decode(bytes, len, &rec) != 0)
		abort();
	rec.time_ns = nvmetap_ns(entry->ticks);
	check_order(&rec);
	decode_record(&rec, bytes, visit, NULL);
	line_record(&text, &rec);
}

static void show_all(void)
{
	const struct entry *entry;
	size_t len;

	event_publish(&observer.feed);
	while ((entry = ring_next(observer.feed.ring, &len)) != NULL)
		show(entry);
	ring_release(observer.feed.ring);
}

static int event(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	if (ev->tap == NVMETAP_TAP_BATCH)
		show_all();
	else
		event_push(&observer.feed, ev);
	return NVMETAP_GO;
}

static int observer_setup(struct nvmetap_plugin *self, void *ctx)
{
	int err = 0;

	(void)ctx;
	if (observer.feed.ring == NULL)
		observer.feed.ring = ring_new(RING_LEN);
	if (observer.feed.ring == NULL)
		return -ENOMEM;
	observer.feed.snap_admin = UINT32_MAX;
	observer.feed.snap_io = SNAP_IO;
	observer.last_seq = 0;
	for (unsigned int tap = 0; err == 0 && tap < NVMETAP_NR_TAPS; tap++)
		err = nvmetap_attach(self, taps[tap], event, NULL, NVMETAP_OBSERVE);
	return err != 0 ? err : nvmetap_snapshot(self);
}

static void observer_teardown(struct nvmetap_plugin *self, void *ctx)
{
	(void)self;
	(void)ctx;
	show_all();
}

const struct drive_plugin *observer_plugin(void)
{
	static const struct drive_plugin plugin = { "observer", observer_setup, observer_teardown,
						     NULL };

	return &plugin;
}
