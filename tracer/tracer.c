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
	TRACER_WAIT_NS = 100 * 1000,	/* lossless: between two looks at a full ring */
	TRACER_STALL_WAITS = 1000000000 / TRACER_WAIT_NS,	/* of one event: tell it */
	TRACER_RESCUE_NS = 2000000000,	/* of a dying program's time */
	TRACER_SESSION_MAX = 64 << 10,	/* of the drive's session text, bytes */
};

struct tracer {
	struct event_feed feed;	/* the controller's thread */
	uint64_t set;		/* of words */
	char *session;		/* the drive's session text, then about */
	char about[512];	/* what this tracer keeps of what passes */
	struct outfile *output;	/* the writer's thread */
	struct writer *writer;
	void (*stalled)(void *ctx, enum tracer_stall what);	/* NULL once the drive's is told */
	void *stalled_ctx;
};

static const char *const tracer_taps[] = {
#define TAP(cname, number, event, stage, name) [cname] = name,
#include "spec/nvme.def"
};

/* A snap length as the session text says it. */
static int tracer_say_snap(char *to, size_t size, const char *key, uint32_t snap)
{
	if (snap == TRACER_SNAP_WHOLE)
		return snprintf(to, size, "%s: whole\n", key);
	return snprintf(to, size, "%s: %u\n", key, snap);
}

static void tracer_say(struct tracer *tracer, const struct tracer_config *config)
{
	char *to = tracer->about, *end = to + sizeof(tracer->about);

	to += snprintf(to, (size_t)(end - to), "events: %.400s\n",
		       config->events != NULL ? config->events : "default");
	to += tracer_say_snap(to, (size_t)(end - to), "snap-admin", config->snap_admin);
	to += tracer_say_snap(to, (size_t)(end - to), "snap-io", config->snap_io);
	snprintf(to, (size_t)(end - to), "lossless: %s\n", config->lossless ? "yes" : "no");
}

/* The drive says what it lets be seen, the tracer what it keeps of that. */
static void tracer_session(struct tracer *tracer, const struct nvmetap_event *ev)
{
	struct nvmetap_event said = *ev;
	size_t len = ev->text != NULL ? ev->text_len : 0;

	if (len > TRACER_SESSION_MAX)
		len = TRACER_SESSION_MAX;
	if (len != 0)
		memcpy(tracer->session, ev->text, len);
	strcpy(tracer->session + len, tracer->about);
	said.text = tracer->session;
	said.text_len = len + strlen(tracer->about);
	event_push(&tracer->feed, &said);
}

static int tracer_event(void *ctx, struct nvmetap_event *ev)
{
	struct tracer *tracer = ctx;

	if (ev->tap == NVMETAP_TAP_BATCH)
		event_publish(&tracer->feed);
	else if (ev->event == NVMETAP_EV_SESSION)
		tracer_session(tracer, ev);
	else if (words_want(tracer->set, ev))
		event_push(&tracer->feed, ev);
	return NVMETAP_GO;
}

/* Lossless: the drive waits until the writer has made room. */
static void tracer_wait(void *ctx, unsigned int nr)
{
	struct tracer *tracer = ctx;
	struct timespec ts = {0, TRACER_WAIT_NS};

	if (nr >= TRACER_STALL_WAITS && tracer->stalled != NULL) {
		tracer->stalled(tracer->stalled_ctx, TRACER_STALL_DRIVE);
		tracer->stalled = NULL;
	}
	writer_wake(tracer->writer);
	nanosleep(&ts, NULL);
}

static void tracer_free(struct tracer *tracer)
{
	outfile_free(tracer->output);
	ring_free(tracer->feed.ring);
	free(tracer->session);
	free(tracer);
}

static int tracer_refuse(char *err, size_t errlen, const char *what, int errnum)
{
	snprintf(err, errlen, "%s: %s", what, strerror(errnum));
	return -errnum;
}

static int tracer_refuse_file(char *err, size_t errlen, const char *path, int errnum)
{
	if (errnum == EBUSY)
		snprintf(err, errlen, "%s: in use by a drive or by another capture", path);
	else if (errnum == EINTR)
		snprintf(err, errlen, "%s: nobody came to read it", path);
	else
		return tracer_refuse(err, errlen, path, errnum);
	return -errnum;
}

static struct outfile *tracer_open(const struct tracer_config *config)
{
	struct outfile *output;

	if (config->path == NULL)
		return outfile_open_fd(config->fd, false, false, 0);
	output = outfile_open(config->path, config->zstd_level);
	if (output != NULL || errno != EAGAIN)
		return output;
	if (config->stalled != NULL)
		config->stalled(config->stalled_ctx, TRACER_STALL_OPEN);
	return outfile_open_wait(config->path, config->zstd_level);
}

static int tracer_init(struct tracer *tracer, const struct tracer_config *config, char *err,
		       size_t errlen)
{
	if (words_parse(config->events, &tracer->set, err, errlen) != 0)
		return -EINVAL;
	if (config->snap_admin == 0)
		tracer->set &= ~WORDS_TAP(NVMETAP_TAP_ADMIN_MEMORY);
	if (config->snap_io == 0)
		tracer->set &= ~WORDS_TAP(NVMETAP_TAP_IO_MEMORY);
	tracer->feed = (struct event_feed){
		.ring = ring_new(config->ring_size),
		.snap_admin = config->snap_admin,
		.snap_io = config->snap_io,
		.lossless = config->lossless,
		.wait = tracer_wait,
		.wait_ctx = tracer,
	};
	tracer->stalled = config->stalled;
	tracer->stalled_ctx = config->stalled_ctx;
	tracer_say(tracer, config);
	tracer->session = malloc(TRACER_SESSION_MAX + sizeof(tracer->about));
	if (tracer->feed.ring == NULL || tracer->session == NULL)
		return tracer_refuse(err, errlen, "tracer", ENOMEM);
	if (config->path != NULL || config->fd != 0) {
		tracer->output = tracer_open(config);
		if (tracer->output == NULL)
			return tracer_refuse_file(err, errlen, config->path != NULL ?
						  config->path : "stream", errno);
	}
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

void tracer_count(struct tracer *tracer, struct tracer_stats *stats)
{
	writer_count(tracer->writer, stats);
	stats->nr_dropped = tracer->feed.nr_dropped;
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

bool tracer_rescue(struct tracer *tracer, bool own, const struct nvmetap_event *ev,
		   const char *line)
{
	if (own) {
		/* Nobody waits for room any more. */
		tracer->feed.lossless = false;
		if (ev != NULL && words_want(tracer->set, ev))
			event_push(&tracer->feed, ev);
		event_publish(&tracer->feed);
	}
	return writer_rescue(tracer->writer, own ? &tracer->feed.drops : NULL, line,
			     TRACER_RESCUE_NS);
}
