/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries become records, records go to a sink and to a capture: what the
 * writer's thread does with what it takes from the ring.  One thread.
 */
#ifndef TRACER_RECORDER_H
#define TRACER_RECORDER_H

#include "tracer/event.h"
#include "tracer/outfile.h"
#include "tracer/tracer.h"

/* The caller's memory; its own business but for what is said. */
struct recorder {
	struct outfile *output;	/* the caller's, or NULL */
	uint8_t *scratch;	/* for records that go to the sink only */
	char *name, *description, *hardware, *application;	/* name: of the interface */
	void (*sink)(void *ctx, const struct record *rec);
	void *sink_ctx;
	bool begun;		/* section and interface are written */
	uint32_t bdf;		/* of the last record */
	uint64_t nr_records, nr_dropped;
	uint64_t first_ns, last_ns;	/* of the records */
};

/* Of the configuration the interface's and application's strings (copied) and
 * the sink are used.  0 or -ENOMEM. */
int recorder_init(struct recorder *recorder, const struct tracer_config *config,
		  struct outfile *output);
void recorder_fini(struct recorder *recorder);

/* Section and interface, which is named after bdf if it has no name; what is
 * recorded first does it otherwise. */
void recorder_begin(struct recorder *recorder, uint32_t bdf);
/* One entry: to the sink, to the file, and counted. */
void recorder_put(struct recorder *recorder, const struct entry *entry);
/* Records of the recorder's own: a step of the wall clock; a line of the log,
 * now; what was dropped, if it was. */
void recorder_put_step(struct recorder *recorder, uint64_t ticks, int64_t step_ns);
void recorder_put_line(struct recorder *recorder, const char *line);
void recorder_put_drops(struct recorder *recorder, const struct event_drops *drops);
/* The statistics, and the end of the file. */
void recorder_end(struct recorder *recorder);

/* nr_dropped is that of the drop records. */
struct tracer_stats recorder_stats(const struct recorder *recorder);

#endif
