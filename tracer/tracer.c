/* SPDX-License-Identifier: BSD-2-Clause */
/* The tracer: taps, ring and writer put together. */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "tracer/event.h"
#include "tracer/tracer.h"
#include "tracer/words.h"
#include "tracer/writer.h"

enum {
	TRACER_RING_MIN = 1 << 20,	/* holds the longest entry several times */
	TRACER_WAIT_NS = 100 * 1000,	/* lossless: between two looks at a full ring */
};

struct tracer {
	struct event_feed feed;	/* the controller's thread */
	uint64_t set;		/* of words */
	struct outfile *output;	/* the writer's thread */
	struct writer *writer;
};

static const char *const tracer_taps[] = {
#define TAP(cname, number, event, stage, name) [cname] = name,
#include "spec/nvme.def"
};

static int tracer_event(void *ctx, struct nvmetap_event *ev)
{
	struct tracer *tracer = ctx;

	if (ev->tap == NVMETAP_TAP_BATCH)
		event_publish(&tracer->feed);
	else if (words_want(tracer->set, ev))
		event_push(&tracer->feed, ev);
	return NVMETAP_GO;
}

/* Lossless: the drive waits until the writer has made room. */
static void tracer_wait(void *ctx)
{
	struct tracer *tracer = ctx;
	struct timespec ts = {0, TRACER_WAIT_NS};

	writer_wake(tracer->writer);
	nanosleep(&ts, NULL);
}

static void tracer_free(struct tracer *tracer)
{
	outfile_free(tracer->output);
	ring_free(tracer->feed.ring);
	free(tracer);
}

static int tracer_refuse(char *err, size_t errlen, const char *what, int errnum)
{
	snprintf(err, errlen, "%s: %s", what, strerror(errnum));
	return -errnum;
}

static int tracer_init(struct tracer *tracer, const struct tracer_config *config, char *err,
		       size_t errlen)
{
	size_t ring_size = config->ring_size;

	if (words_parse(config->events, &tracer->set, err, errlen) != 0)
		return -EINVAL;
	if (config->snap_admin == 0)
		tracer->set &= ~WORDS_TAP(NVMETAP_TAP_ADMIN_MEMORY);
	if (config->snap_io == 0)
		tracer->set &= ~WORDS_TAP(NVMETAP_TAP_IO_MEMORY);
	if (ring_size != 0 && ring_size < TRACER_RING_MIN)
		ring_size = TRACER_RING_MIN;
	tracer->feed = (struct event_feed){
		.ring = ring_new(ring_size),
		.snap_admin = config->snap_admin,
		.snap_io = config->snap_io,
		.lossless = config->lossless,
		.wait = tracer_wait,
		.wait_ctx = tracer,
	};
	if (tracer->feed.ring == NULL)
		return tracer_refuse(err, errlen, "ring", ENOMEM);
	if (config->path != NULL)
		tracer->output = outfile_open(config->path, config->zstd_level);
	if (config->path != NULL && tracer->output == NULL)
		return tracer_refuse(err, errlen, config->path, errno);
	tracer->writer = writer_start(config, tracer->feed.ring, tracer->output);
	if (tracer->writer == NULL)
		return tracer_refuse(err, errlen, "writer", errno);
	return 0;
}

struct tracer *tracer_new(const struct tracer_config *config, char *err, size_t errlen)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));

	if (tracer == NULL) {
		(void)tracer_refuse(err, errlen, "tracer", ENOMEM);
		return NULL;
	}
	if (tracer_init(tracer, config, err, errlen) == 0)
		return tracer;
	tracer_free(tracer);
	return NULL;
}

static bool tracer_needs(const struct tracer *tracer, unsigned int tap)
{
	return tap == NVMETAP_TAP_BATCH || words_need(tracer->set, tap);
}

int tracer_attach(struct tracer *tracer, struct nvmetap_plugin *plugin)
{
	int err = 0;

	for (unsigned int tap = 0; tap < NVMETAP_NR_TAPS && err == 0; tap++) {
		if (tracer_needs(tracer, tap))
			err = nvmetap_attach(plugin, tracer_taps[tap], tracer_event, tracer,
					     NVMETAP_OBSERVE);
	}
	if (err == 0)
		err = nvmetap_snapshot(plugin);
	if (err != 0)
		tracer_detach(tracer, plugin);
	return err;
}

void tracer_detach(struct tracer *tracer, struct nvmetap_plugin *plugin)
{
	for (unsigned int tap = 0; tap < NVMETAP_NR_TAPS; tap++) {
		if (tracer_needs(tracer, tap))
			(void)nvmetap_detach(plugin, tracer_taps[tap], tracer_event, tracer);
	}
	event_publish(&tracer->feed);
}

void tracer_close(struct tracer *tracer, struct tracer_stats *stats)
{
	struct tracer_stats own;

	if (stats == NULL)
		stats = &own;
	writer_finish(tracer->writer, &tracer->feed.drops, stats);
	stats->nr_dropped = tracer->feed.nr_dropped;
	tracer_free(tracer);
}
