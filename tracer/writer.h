/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The thread between ring and output: it converts ticks to time, makes records
 * of entries and a capture of records, hands each record to a sink, notices
 * steps of the wall clock, and flushes when the stream pauses.
 */
#ifndef TRACER_WRITER_H
#define TRACER_WRITER_H

#include "tracer/event.h"
#include "tracer/outfile.h"
#include "tracer/ring.h"
#include "tracer/tracer.h"

struct writer;

/*
 * Starts the thread, with all signals blocked.  Of the configuration the
 * interface's and application's strings (copied), the sink, failed and
 * stalled are used.
 * Without if_name the interface is named after the first record's function.
 * output may be NULL; ring and output stay the caller's, but only the thread
 * touches the consuming end and the output until writer_finish returns.
 * NULL and errno: ENOMEM, or what pthread_create says.
 */
struct writer *writer_start(const struct tracer_config *config, struct ring *ring,
			    struct outfile *output);

/* Any thread: do not sleep on, the ring is full. */
void writer_wake(struct writer *writer);

/* Any thread: what has been written so far, as writer_finish says it. */
void writer_count(struct writer *writer, struct tracer_stats *stats);

/*
 * The producer is quiet and has published: drains the ring, records the events
 * dropped since (drops, may be NULL), writes the interface's statistics,
 * closes the output, ends the thread and frees.  stats: nr_dropped is that of
 * the drop records; the rest as in tracer.h.
 */
void writer_finish(struct writer *writer, const struct event_drops *drops,
		   struct tracer_stats *stats);

/*
 * The program is about to die; for a signal handler.  What is published by then
 * is written, drops (may be NULL) and line as a record of a log line, and the
 * file is ended, within within_ns; later calls do nothing.  true: it is whole.
 */
bool writer_rescue(struct writer *writer, const struct event_drops *drops, const char *line,
		   uint64_t within_ns);

#endif
