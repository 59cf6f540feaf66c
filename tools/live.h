/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Viewers of a running drive: each is a tracer of its own, whose capture goes
 * to the viewer's connection.  One that reads too slowly loses events, which
 * are counted; one that has gone is removed.  On the control socket's thread.
 */
#ifndef TOOLS_LIVE_H
#define TOOLS_LIVE_H

#include <poll.h>
#include <stdint.h>
#include "emu/drive.h"
#include "tracer/tracer.h"

enum { LIVE_VIEWERS_MAX = 64 };

struct live;

struct live *live_new(struct drive *drive);	/* NULL: no memory */
/* Finishes every viewer's stream: it may read what is there, as long as it goes
 * on reading, for a few seconds.  After drive_run, before drive_free. */
void live_free(struct live *live);

/* The number of the next viewer, or -1 when there are as many as there may be. */
int live_next(const struct live *live);
/* Begins to stream to fd, a connected socket, which becomes its own even on
 * failure.  config: what is captured.  -ESHUTDOWN or what the tracer said. */
int live_add(struct live *live, int fd, const struct tracer_config *config);

/* Fills in LIVE_VIEWERS_MAX entries, and after the poll removes those who have gone. */
void live_poll(const struct live *live, struct pollfd *polls);
void live_polled(struct live *live, const struct pollfd *polls);

/* Begins a snapshot for viewer id: 0, -ENOENT or -ESHUTDOWN. */
int live_snapshot(struct live *live, int id);

struct live_viewer {
	int id;
	struct tracer_stats stats;
};
/* Each viewer, on the controller's thread. */
void live_each(struct live *live, void (*fn)(void *ctx, const struct live_viewer *viewer),
	       void *ctx);

#endif
