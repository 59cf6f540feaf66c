/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tracer: an observer of every tap that is asked for, a ring, and a thread
 * that writes what is in it to a capture.  It sees the drive through the
 * installed plug-in header only.
 */
#ifndef TRACER_TRACER_H
#define TRACER_TRACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "emu/plugin.h"
#include "spec/record.h"

struct tracer;

#define TRACER_SNAP_WHOLE UINT32_MAX	/* a snap length that keeps all */

/* What the file keeps waiting, because nobody reads it or the disk is slow. */
enum tracer_stall {
	TRACER_STALL_OPEN,	/* tracer_new, until somebody reads the named pipe */
	TRACER_STALL_DRIVE,	/* the drive, for a second; it is lossless */
	TRACER_STALL_CLOSE,	/* tracer_close, for a second */
};

struct tracer_config {
	const char *path;	/* "-": standard output; ".zst" at the end: zstd; NULL: no file */
	int fd;			/* without a path, if not 0: a pipe or socket, the caller's */
	const char *events;	/* "pci,reg,-data…" as --events (words.h), NULL: the default */
	uint32_t snap_admin;	/* bytes of admin data that are kept of a transfer; 0: no records */
	uint32_t snap_io;	/* bytes of I/O data; 0: no data records for I/O */
	size_t ring_size;	/* bytes, 0: 16 MiB; at least 4 KiB, at most 1 GiB */
	int zstd_level;		/* 0: 1 */
	bool lossless;		/* a full ring makes the drive wait instead of dropping */
	const char *if_name;	/* of the interface: "00:06.0"; NULL: from the first record */
	const char *if_description, *if_hardware;
	const char *application;	/* of the section header: "nvmetap 0.1" */
	/* Each record as it is written, on the writer's thread; may be NULL. */
	void (*sink)(void *ctx, const struct record *rec);
	void *sink_ctx;
	/* Once, when the file cannot be written any more, with the -errno; on the
	 * writer's thread; may be NULL.  What fails at the very end is in the
	 * statistics only. */
	void (*failed)(void *ctx, int error);
	void *failed_ctx;
	/* Each at most once, on the thread that waits; may be NULL. */
	void (*stalled)(void *ctx, enum tracer_stall what);
	void *stalled_ctx;
};

struct tracer_stats {
	uint64_t nr_records;	/* written, with those of drops and clock steps */
	uint64_t nr_dropped;	/* events lost because the ring was full */
	uint64_t nr_bytes;	/* of pcapng, before compression */
	uint64_t nr_file_bytes;	/* as they stand in the file */
	int error;		/* 0, or the -errno after which nothing was written */
};

/* Opens the file and starts the thread.  NULL, and in err one line; a signal ends the
 * waiting for a pipe's reader. */
struct tracer *tracer_new(const struct tracer_config *config, char *err, size_t errlen);
/* Attaches to the taps that the events need, and asks for a snapshot, which
 * becomes the first records of the file.  To the drive's session text lines
 * "key: value" are added: events, snap-admin, snap-io, lossless.  0 or -errno. */
int tracer_attach(struct tracer *tracer, struct nvmetap_plugin *plugin);
/* Publishes what is in the ring and detaches.  On the controller's thread. */
void tracer_detach(struct tracer *tracer, struct nvmetap_plugin *plugin);
/* What has been captured so far.  On the controller's thread. */
void tracer_count(struct tracer *tracer, struct tracer_stats *stats);
/* Drains the ring, finishes the file and frees.  stats may be NULL.  Detach
 * first; any thread.  A program that ends by a signal's handling calls this,
 * too, and its file is complete. */
void tracer_close(struct tracer *tracer, struct tracer_stats *stats);

/*
 * Instead of all that when the program is about to die, for a signal handler:
 * what was captured is in the file, and the file is ended.  own: on the
 * controller's thread, whose last events are then in it, too, and behind them
 * ev, which did not reach the observers; otherwise that thread may go on
 * meanwhile.  line becomes the last record, a line of the log.
 * Takes at most two seconds.  true: there is a file, and it is whole.
 */
bool tracer_rescue(struct tracer *tracer, bool own, const struct nvmetap_event *ev,
		   const char *line);

#endif
