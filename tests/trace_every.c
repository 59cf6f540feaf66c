/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace_every FILE: writes a capture with one record of every event of the
 * table, with the values of every_event.c, the same bytes at every run.  The
 * name decides, as everywhere, whether it is compressed.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include "tests/every_event.h"
#include "tracer/encode.h"
#include "tracer/event.h"
#include "tracer/outfile.h"
#include "tracer/pcapng.h"

struct make {
	struct event_feed feed;
	struct outfile *output;
};

static void make_packet(struct make *make, const struct entry *entry)
{
	uint8_t *to = outfile_reserve(make->output, PCAPNG_BLOCK_MAX);
	struct record rec;
	struct pcapng_packet packet = {
		.time_ns = entry->ticks,
		.flags = encode_direction(entry),
		.id = entry->seq,
		.dropped = entry->event == NVMETAP_EV_DROP ? 3 : 0,
	};

	packet.caplen = (uint32_t)encode_entry(to + PCAPNG_PACKET_DATA, entry, &rec);
	packet.len = packet.caplen - rec.caplen + rec.len;
	(void)outfile_commit(make->output, pcapng_packet(to, &packet));
}

static void make_event(void *ctx, struct nvmetap_event *ev)
{
	struct make *make = ctx;
	const struct entry *entry;
	size_t len;

	event_push(&make->feed, ev);
	event_publish(&make->feed);
	while ((entry = ring_next(make->feed.ring, &len)) != NULL)
		make_packet(make, entry);
	ring_release(make->feed.ring);
}

/* What only the tracer itself records: three events lost, a step of -2 s. */
static void make_own(struct make *make)
{
	struct event_drops drops = {
		.info = {3, 24, 26},
		.ticks = EVERY_NS + NVMETAP_EV_DROP * 1000,
		.bdf = FAKE_BDF,
	};
	struct {
		struct entry entry;
		struct entry_drop info;
	} drop;
	struct {
		struct entry entry;
		struct entry_clock info;
	} step = {
		.entry = {
			.ticks = EVERY_NS + NVMETAP_EV_CLOCK * 1000,
			.event = NVMETAP_EV_CLOCK,
			.stage = NVMETAP_WRITEBACK,
			.info_len = clock_info_HOST,
		},
		.info = {-2000000000},
	};

	event_drop_entry(&drop.entry, &drops);
	make_packet(make, &drop.entry);
	make_packet(make, &step.entry);
}

int main(int argc, char **argv)
{
	static const struct pcapng_section section = {"x86_64", "Linux", "nvmetap", NULL};
	static const struct pcapng_interface interface = {
		PCAPNG_LINKTYPE, "00:06.0", "every event", "nvmetap drive", "Linux",
	};
	struct make make = {.feed = {.snap_admin = UINT32_MAX, .snap_io = 512}};
	int err;

	if (argc != 2) {
		fprintf(stderr, "usage: trace_every FILE\n");
		return 2;
	}
	make.feed.ring = ring_new(0);
	make.output = outfile_open(argv[1], 0);
	if (make.feed.ring == NULL || make.output == NULL) {
		perror(argv[1]);
		return 1;
	}
	(void)outfile_commit(make.output,
			    pcapng_section(outfile_reserve(make.output, PCAPNG_BLOCK_MAX),
					   &section));
	(void)outfile_commit(make.output,
			    pcapng_interface(outfile_reserve(make.output, PCAPNG_BLOCK_MAX),
					     &interface));
	every_event(make_event, &make);
	make_own(&make);
	err = outfile_close(make.output);
	outfile_free(make.output);
	ring_free(make.feed.ring);
	if (err != 0)
		fprintf(stderr, "trace_every: %s: %s\n", argv[1], strerror(-err));
	return err != 0;
}
