/* SPDX-License-Identifier: BSD-2-Clause */
/* The thread between ring and output. */
#include "config.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "tracer/recorder.h"
#include "tracer/writer.h"

enum {
	WRITER_SLEEP_MIN_NS = 500 * 1000,
	WRITER_SLEEP_MAX_NS = 5 * 1000 * 1000,
	WRITER_PAUSE_NS = 10 * 1000 * 1000,	/* without an event: the stream pauses */
	WRITER_AGE_NS = 100 * 1000 * 1000,	/* nothing waits longer for a flush */
	WRITER_STEP_NS = 1000 * 1000,	/* a smaller step of the clock is none */
	WRITER_GLANCE_NS = 100 * 1000,	/* reading both clocks took longer: no answer */
	WRITER_RELEASE = 64 << 10,	/* bytes of the ring that are given back at once */
	WRITER_FULL = 16,	/* this part of the ring in one sleep: it fills quickly */
	WRITER_STALL_S = 1,
	WRITER_PASS = 8192,	/* entries between two looks at the clocks */
};

struct writer {
	struct ring *ring;
	struct outfile *output;
	struct recorder recorder;
	void (*failed)(void *ctx, int error);	/* NULL once it has been called */
	void *failed_ctx;
	void (*stalled)(void *ctx, enum tracer_stall what);
	void *stalled_ctx;

	uint64_t flushed_ns, written_ns;	/* monotonic: last flush, last record */
	int64_t wall_offset;	/* of the wall clock from nvmetap_ns */
	bool wall_known;

	struct event_drops last_drops;	/* set before stop or rescue */
	/* A dying program's: once, and what it has set before rescue. */
	_Atomic bool rescue_begun, rescue, ended;
	const char *last_line;
	bool rescuing;		/* the thread has seen it, and so many bytes since */
	size_t rescued;

	pthread_t thread;
	pthread_mutex_t lock;	/* guards what follows */
	pthread_cond_t wake;
	bool stop, awake;
	struct tracer_stats counted;	/* for others, by the last pass */
};

static uint64_t writer_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Up to WRITER_PASS entries.  Returns how many, and their bytes in drained. */
static unsigned int writer_drain(struct writer *writer, size_t *drained)
{
	const struct entry *entry;
	unsigned int nr = 0;
	size_t len, unreleased = 0;

	*drained = 0;
	while (nr < WRITER_PASS && (entry = ring_next(writer->ring, &len)) != NULL) {
		recorder_put(&writer->recorder, entry);
		nr++;
		*drained += len;
		unreleased += len;
		if (unreleased >= WRITER_RELEASE) {
			ring_release(writer->ring);
			unreleased = 0;
		}
	}
	ring_release(writer->ring);
	return nr;
}

static void writer_tell(struct writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->counted = recorder_stats(&writer->recorder);
	pthread_mutex_unlock(&writer->lock);
}

/* The wall clock against the records' clock, which never steps. */
static void writer_check_clock(struct writer *writer)
{
	uint64_t before = nvmetap_ticks(), wall = writer_clock(CLOCK_REALTIME);
	uint64_t ours = nvmetap_ns(before);
	int64_t offset = (int64_t)(wall - ours), step;

	if (nvmetap_ns(nvmetap_ticks()) - ours > WRITER_GLANCE_NS)
		return;
	step = offset - writer->wall_offset;
	if (writer->wall_known && (step > WRITER_STEP_NS || step < -WRITER_STEP_NS))
		recorder_put_step(&writer->recorder, before, step);
	writer->wall_offset = offset;
	writer->wall_known = true;
}

static void writer_flush(struct writer *writer, unsigned int nr)
{
	uint64_t now = writer_clock(CLOCK_MONOTONIC);

	if (nr != 0)
		writer->written_ns = now;
	if (writer->output == NULL || !outfile_pending(writer->output)) {
		writer->flushed_ns = now;
		return;
	}
	if (now - writer->written_ns < WRITER_PAUSE_NS && now - writer->flushed_ns < WRITER_AGE_NS)
		return;
	(void)outfile_flush(writer->output);
	writer->flushed_ns = now;
}

static void writer_check_output(struct writer *writer)
{
	int err = writer->output != NULL ? outfile_error(writer->output) : 0;

	if (err == 0 || writer->failed == NULL)
		return;
	writer->failed(writer->failed_ctx, err);
	writer->failed = NULL;
}

/* Returns true if the thread is to stop. */
static bool writer_sleep(struct writer *writer, uint64_t sleep_ns)
{
	uint64_t until = writer_clock(CLOCK_MONOTONIC) + sleep_ns;
	struct timespec ts = {(time_t)(until / 1000000000), (long)(until % 1000000000)};
	bool stop;

	pthread_mutex_lock(&writer->lock);
	if (!writer->stop && !writer->awake)
		(void)pthread_cond_timedwait(&writer->wake, &writer->lock, &ts);
	writer->awake = false;
	stop = writer->stop;
	pthread_mutex_unlock(&writer->lock);
	return stop;
}

/*
 * How long to sleep: less while the ring fills quickly, more while it does not.
 * Each time the writer wakes it takes a CPU from somebody, who may be the guest.
 */
static uint64_t writer_pace(const struct writer *writer, uint64_t sleep_ns, size_t drained)
{
	if (drained > ring_size(writer->ring) / WRITER_FULL)
		return sleep_ns / 2 > WRITER_SLEEP_MIN_NS ? sleep_ns / 2 : WRITER_SLEEP_MIN_NS;
	return sleep_ns * 2 < WRITER_SLEEP_MAX_NS ? sleep_ns * 2 : WRITER_SLEEP_MAX_NS;
}

/* Whether a dying program's last words are written: all that was published when
 * it asked for it, although other threads of it may go on. */
static bool writer_rescued(struct writer *writer, size_t drained)
{
	if (!writer->rescuing) {
		/* Pairs with the release in writer_rescue: what was published before
		 * is drained from here on. */
		writer->rescuing = atomic_load_explicit(&writer->rescue, memory_order_acquire);
		return false;
	}
	writer->rescued += drained;
	return drained == 0 || writer->rescued >= ring_size(writer->ring);
}

static void *writer_run(void *ctx)
{
	struct writer *writer = ctx;
	uint64_t sleep_ns = WRITER_SLEEP_MIN_NS;
	bool stop = false;
	unsigned int nr;
	size_t drained;

	if (writer->recorder.name != NULL)
		recorder_begin(&writer->recorder, 0);
	for (;;) {
		nr = writer_drain(writer, &drained);
		writer_check_clock(writer);
		writer_flush(writer, nr);
		writer_check_output(writer);
		if (writer_rescued(writer, drained))
			break;
		writer_tell(writer);
		if (nr == WRITER_PASS || writer->rescuing)
			continue;
		if (stop && nr == 0)
			break;
		sleep_ns = writer_pace(writer, sleep_ns, drained);
		if (!stop)
			stop = writer_sleep(writer, sleep_ns);
	}
	recorder_put_drops(&writer->recorder, &writer->last_drops);
	if (writer->last_line != NULL)
		recorder_put_line(&writer->recorder, writer->last_line);
	recorder_end(&writer->recorder);
	atomic_store_explicit(&writer->ended, true, memory_order_release);
	return NULL;
}

static void writer_free(struct writer *writer)
{
	recorder_fini(&writer->recorder);
	free(writer);
}

static struct writer *writer_new(const struct tracer_config *config, struct ring *ring,
				 struct outfile *output)
{
	struct writer *writer = calloc(1, sizeof(*writer));

	if (writer == NULL || recorder_init(&writer->recorder, config, output) != 0) {
		free(writer);
		errno = ENOMEM;
		return NULL;
	}
	writer->ring = ring;
	writer->output = output;
	writer->failed = config->failed;
	writer->failed_ctx = config->failed_ctx;
	writer->stalled = config->stalled;
	writer->stalled_ctx = config->stalled_ctx;
	return writer;
}

struct writer *writer_start(const struct tracer_config *config, struct ring *ring,
			    struct outfile *output)
{
	struct writer *writer = writer_new(config, ring, output);
	pthread_condattr_t attr;
	sigset_t all, old;
	int err;

	if (writer == NULL)
		return NULL;
	pthread_mutex_init(&writer->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&writer->wake, &attr);
	pthread_condattr_destroy(&attr);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&writer->thread, NULL, writer_run, writer);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err == 0)
		return writer;
	writer_free(writer);
	errno = err;
	return NULL;
}

void writer_wake(struct writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->awake = true;
	pthread_cond_signal(&writer->wake);
	pthread_mutex_unlock(&writer->lock);
}

bool writer_rescue(struct writer *writer, const struct event_drops *drops, const char *line,
		   uint64_t within_ns)
{
	uint64_t until_ns = writer_clock(CLOCK_MONOTONIC) + within_ns;

	if (atomic_exchange(&writer->rescue_begun, true))
		return false;
	if (drops != NULL)
		writer->last_drops = *drops;
	writer->last_line = line;
	/* Pairs with the acquire in writer_rescued. */
	atomic_store_explicit(&writer->rescue, true, memory_order_release);
	while (!atomic_load_explicit(&writer->ended, memory_order_acquire)) {
		if (writer_clock(CLOCK_MONOTONIC) > until_ns)
			return false;
		(void)poll(NULL, 0, 1);
	}
	return writer->output != NULL && outfile_error(writer->output) == 0;
}

void writer_count(struct writer *writer, struct tracer_stats *stats)
{
	pthread_mutex_lock(&writer->lock);
	*stats = writer->counted;
	pthread_mutex_unlock(&writer->lock);
}

/* Says so when it takes long. */
static void writer_join(struct writer *writer)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WRITER_STALL_S;
	if (pthread_timedjoin_np(writer->thread, NULL, &until) == 0)
		return;
	if (writer->stalled != NULL)
		writer->stalled(writer->stalled_ctx, TRACER_STALL_CLOSE);
	pthread_join(writer->thread, NULL);
}

void writer_finish(struct writer *writer, const struct event_drops *drops,
		   struct tracer_stats *stats)
{
	pthread_mutex_lock(&writer->lock);
	writer->stop = true;
	if (drops != NULL)
		writer->last_drops = *drops;
	pthread_cond_signal(&writer->wake);
	pthread_mutex_unlock(&writer->lock);
	writer_join(writer);
	*stats = recorder_stats(&writer->recorder);
	pthread_cond_destroy(&writer->wake);
	pthread_mutex_destroy(&writer->lock);
	writer_free(writer);
}
