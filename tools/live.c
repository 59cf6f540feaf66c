/* SPDX-License-Identifier: BSD-2-Clause */
/* Viewers of a running drive. */
#include "config.h"

#include "tools/live.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "emu/tap.h"

enum {
	PATIENCE_MS = 2000,		/* at its end, with a viewer that does not read on */
	PATIENCE_WHOLE_MS = 10000,	/* with one that does */
	LOOK_MS = 50,
};

struct viewer {
	int id;				/* 0: none */
	int fd;
	struct drive *drive;
	struct tracer *tracer;
	struct nvmetap_plugin *plugin;	/* NULL: not attached (any more) */
	bool gone;
};

struct live {
	struct drive *drive;
	int last_id;
	struct viewer viewers[LIVE_VIEWERS_MAX];
};

struct live *live_new(struct drive *drive)
{
	struct live *live = calloc(1, sizeof(*live));

	if (live != NULL)
		live->drive = drive;
	return live;
}

static struct viewer *find(struct live *live, int id)
{
	for (unsigned int i = 0; i < LIVE_VIEWERS_MAX; i++)
		if (live->viewers[i].id == id)
			return &live->viewers[i];
	return NULL;
}

int live_next(const struct live *live)
{
	return find((struct live *)live, 0) != NULL ? live->last_id + 1 : -1;
}

static int attach(struct nvmetap_plugin *self, void *ctx)
{
	struct viewer *viewer = ctx;
	int rc = tracer_attach(viewer->tracer, self);

	if (rc == 0)
		viewer->plugin = self;
	return rc;
}

static void detach(struct nvmetap_plugin *self, void *ctx)
{
	struct viewer *viewer = ctx;

	tracer_detach(viewer->tracer, self);
	viewer->plugin = NULL;
}

static int add_plugin(void *ctx)
{
	struct viewer *viewer = ctx;
	struct drive_plugin plugin = {
		.name = "viewer", .setup = attach, .teardown = detach, .ctx = viewer,
	};

	return drive_add_plugin(viewer->drive, &plugin, NULL);
}

static int remove_plugin(void *ctx)
{
	struct viewer *viewer = ctx;

	if (viewer->plugin != NULL)
		plugin_remove(viewer->plugin);
	return 0;
}

static void sleep_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

/* The end waits for it: as long as it reads on, but not for ever. */
static void on_stall(void *ctx, enum tracer_stall what)
{
	struct viewer *viewer = ctx;
	struct tracer_stats now;
	uint64_t bytes = 0;
	int idle_ms = 0;

	if (what != TRACER_STALL_CLOSE)
		return;
	for (int ms = 0; ms < PATIENCE_WHOLE_MS && idle_ms < PATIENCE_MS; ms += LOOK_MS) {
		sleep_ms(LOOK_MS);
		tracer_count(viewer->tracer, &now);
		idle_ms = now.nr_file_bytes != bytes ? 0 : idle_ms + LOOK_MS;
		bytes = now.nr_file_bytes;
	}
	shutdown(viewer->fd, SHUT_RDWR);
}

static void viewer_close(struct viewer *viewer)
{
	if (viewer->tracer != NULL)
		tracer_close(viewer->tracer, NULL);
	if (viewer->fd >= 0)
		close(viewer->fd);
	*viewer = (struct viewer){ .id = 0, .fd = -1 };
}

void live_free(struct live *live)
{
	if (live == NULL)
		return;
	for (unsigned int i = 0; i < LIVE_VIEWERS_MAX; i++)
		if (live->viewers[i].id != 0)
			viewer_close(&live->viewers[i]);
	free(live);
}

static int viewer_open(struct viewer *viewer, const struct tracer_config *given)
{
	struct tracer_config config = *given;
	char err[256];

	if (viewer->fd < 0)
		return -errno;
	config.fd = viewer->fd;
	config.stalled = on_stall;
	config.stalled_ctx = viewer;
	viewer->tracer = tracer_new(&config, err, sizeof(err));
	return viewer->tracer != NULL ? 0 : -ENOMEM;
}

int live_add(struct live *live, int fd, const struct tracer_config *config)
{
	struct viewer *viewer = find(live, 0);
	int rc;

	if (viewer == NULL) {
		close(fd);
		return -EAGAIN;
	}
	/* 0 is no descriptor to a tracer. */
	*viewer = (struct viewer){
		.id = ++live->last_id, .drive = live->drive,
		.fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1),
	};
	close(fd);
	rc = viewer_open(viewer, config);
	if (rc == 0)
		rc = drive_call(live->drive, add_plugin, viewer);
	if (rc != 0)
		viewer_close(viewer);
	return rc;
}

void live_poll(const struct live *live, struct pollfd *polls)
{
	for (unsigned int i = 0; i < LIVE_VIEWERS_MAX; i++) {
		const struct viewer *viewer = &live->viewers[i];
		int fd = viewer->id != 0 && !viewer->gone ? viewer->fd : -1;

		/* No events but POLLHUP and POLLERR. */
		polls[i] = (struct pollfd){ fd, 0, 0 };
	}
}

/* Where the drive ends at this moment, it has not let go of the tracer yet:
 * live_free closes it. */
static void viewer_remove(struct live *live, struct viewer *viewer)
{
	viewer->gone = true;
	if (drive_call(live->drive, remove_plugin, viewer) == 0)
		viewer_close(viewer);
}

void live_polled(struct live *live, const struct pollfd *polls)
{
	for (unsigned int i = 0; i < LIVE_VIEWERS_MAX; i++)
		if (polls[i].fd >= 0 && polls[i].revents != 0)
			viewer_remove(live, &live->viewers[i]);
}

static int snapshot(void *ctx)
{
	struct viewer *viewer = ctx;

	if (viewer->plugin == NULL)
		return -ENOENT;
	taps_snapshot(plugin_taps(viewer->plugin), viewer->plugin);
	return 0;
}

int live_snapshot(struct live *live, int id)
{
	struct viewer *viewer = id > 0 ? find(live, id) : NULL;

	return viewer != NULL ? drive_call(live->drive, snapshot, viewer) : -ENOENT;
}

void live_each(struct live *live, void (*fn)(void *ctx, const struct live_viewer *viewer),
	       void *ctx)
{
	for (unsigned int i = 0; i < LIVE_VIEWERS_MAX; i++) {
		struct live_viewer viewer = { .id = live->viewers[i].id };

		if (viewer.id == 0)
			continue;
		tracer_count(live->viewers[i].tracer, &viewer.stats);
		fn(ctx, &viewer);
	}
}
