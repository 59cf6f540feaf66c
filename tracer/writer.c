/* SPDX-License-Identifier: BSD-2-Clause */
/* The thread between ring and output. */
#include "config.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include "tracer/encode.h"
#include "tracer/pcapng.h"
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
	WRITER_LINE = 512,	/* bytes of a last line */
};

struct writer {
	struct ring *ring;
	struct outfile *output;
	uint8_t *scratch;	/* for records that go to the sink only */
	char *name, *description, *hardware, *application;
	void (*sink)(void *ctx, const struct record *rec);
	void *sink_ctx;
	void (*failed)(void *ctx, int error);	/* NULL once it has been called */
	void *failed_ctx;
	void (*stalled)(void *ctx, enum tracer_stall what);
	void *stalled_ctx;

	bool begun;		/* section and interface are written */
	uint32_t bdf;		/* of the last record */
	uint64_t nr_records, nr_dropped;
	uint64_t first_ns, last_ns;	/* of the records */
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

/* Section and interface, once. */
static void writer_begin(struct writer *writer, uint32_t bdf)
{
	struct utsname host;
	char name[32], os[sizeof(host.sysname) + sizeof(host.release) + 1];
	struct pcapng_section section = {
		.application = writer->application, .os = os, .closes = PCAPNG_CLOSES,
	};
	struct pcapng_interface interface = {
		.linktype = PCAPNG_LINKTYPE,
		.name = writer->name != NULL ? writer->name : name,
		.description = writer->description,
		.hardware = writer->hardware,
		.os = os,
	};
	int len = 0;

	writer->begun = true;
	if (writer->output == NULL)
		return;
	if (bdf >> 16 != 0)
		len = snprintf(name, sizeof(name), "%04x:", bdf >> 16);
	snprintf(name + len, sizeof(name) - (size_t)len, "%02x:%02x.%x", bdf >> 8 & 0xff,
		 bdf >> 3 & 0x1f, bdf & 7);
	os[0] = '\0';
	if (uname(&host) >= 0) {
		snprintf(os, sizeof(os), "%s %s", host.sysname, host.release);
		section.hardware = host.machine;
	}
	(void)outfile_commit(writer->output,
			    pcapng_section(outfile_reserve(writer->output, PCAPNG_BLOCK_MAX),
					   &section));
	(void)outfile_commit(writer->output,
			    pcapng_interface(outfile_reserve(writer->output, PCAPNG_BLOCK_MAX),
					     &interface));
}

static void writer_add(struct writer *writer, const struct entry *entry, uint64_t time_ns)
{
	const struct entry_drop *drop = entry_info_const(entry);

	if (writer->nr_records++ == 0)
		writer->first_ns = time_ns;
	writer->last_ns = time_ns;
	writer->bdf = entry->bdf;
	if (entry->event == NVMETAP_EV_DROP)
		writer->nr_dropped += drop->count;
}

/* One entry: to the sink, to the file, and counted. */
static void writer_put(struct writer *writer, const struct entry *entry)
{
	const struct entry_drop *drop = entry_info_const(entry);
	bool write = writer->output != NULL && outfile_error(writer->output) == 0;
	struct pcapng_packet packet = {
		.time_ns = nvmetap_ns(entry->ticks),
		.flags = encode_direction(entry),
		.id = entry->seq,
		.dropped = entry->event == NVMETAP_EV_DROP ? drop->count : 0,
	};
	struct record rec = {.time_ns = packet.time_ns};
	uint8_t *to = writer->scratch;

	if (!writer->begun)
		writer_begin(writer, entry->bdf);
	if (write)
		to = outfile_reserve(writer->output, pcapng_packet_room(encode_size(entry), 0));
	else if (writer->sink == NULL)
		return;
	packet.caplen = (uint32_t)encode_entry(to + PCAPNG_PACKET_DATA, entry, &rec);
	packet.len = packet.caplen - rec.caplen + rec.len;
	if (writer->sink != NULL)
		writer->sink(writer->sink_ctx, &rec);
	if (write && outfile_commit(writer->output, pcapng_packet(to, &packet)) != 0)
		return;
	writer_add(writer, entry, packet.time_ns);
}

/* Up to WRITER_PASS entries.  Returns how many, and their bytes in drained. */
static unsigned int writer_drain(struct writer *writer, size_t *drained)
{
	const struct entry *entry;
	unsigned int nr = 0;
	size_t len, unreleased = 0;

	*drained = 0;
	while (nr < WRITER_PASS && (entry = ring_next(writer->ring, &len)) != NULL) {
		writer_put(writer, entry);
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

static struct tracer_stats writer_stats(const struct writer *writer)
{
	struct tracer_stats stats = {
		.nr_records = writer->nr_records,
		.nr_dropped = writer->nr_dropped,
	};

	if (writer->output != NULL) {
		stats.nr_bytes = outfile_bytes(writer->output);
		stats.nr_file_bytes = outfile_file_bytes(writer->output);
		stats.error = outfile_error(writer->output);
	}
	return stats;
}

static void writer_tell(struct writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->counted = writer_stats(writer);
	pthread_mutex_unlock(&writer->lock);
}

static void writer_put_step(struct writer *writer, uint64_t ticks, int64_t step_ns)
{
	struct {
		struct entry entry;
		struct entry_clock clock;
	} step = {
		.entry = {
			.ticks = ticks,
			.event = NVMETAP_EV_CLOCK,
			.stage = NVMETAP_WRITEBACK,
			.info_len = clock_info_HOST,
		},
		.clock = {.step_ns = step_ns},
	};

	writer_put(writer, &step.entry);
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
		writer_put_step(writer, before, step);
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

/* What ends the program. */
static void writer_put_line(struct writer *writer, const char *line)
{
	struct {
		struct entry entry;
		char text[WRITER_LINE];
	} last = {
		.entry = {
			.ticks = nvmetap_ticks(),
			.bdf = writer->bdf,
			.event = NVMETAP_EV_LOG,
			.stage = NVMETAP_WRITEBACK,
			.info_len = none_HOST,
		},
	};
	size_t len = strlen(line);

	last.entry.len = (uint32_t)len;
	if (len > sizeof(last.text)) {
		len = sizeof(last.text);
		last.entry.flags = NVMETAP_TRUNCATED;
	}
	last.entry.caplen = (uint32_t)len;
	memcpy(last.text, line, len);
	writer_put(writer, &last.entry);
}

/* What was dropped last, the statistics, and the end of the file. */
static void writer_end(struct writer *writer)
{
	struct pcapng_statistics statistics = {0};
	struct {
		struct entry entry;
		struct entry_drop info;
	} drop;

	if (writer->last_drops.info.count != 0) {
		event_drop_entry(&drop.entry, &writer->last_drops);
		writer_put(writer, &drop.entry);
	}
	if (writer->last_line != NULL)
		writer_put_line(writer, writer->last_line);
	if (writer->output == NULL)
		return;
	if (!writer->begun)
		writer_begin(writer, 0);
	statistics.time_ns = nvmetap_ns(nvmetap_ticks());
	statistics.start_ns = writer->first_ns;
	statistics.end_ns = writer->last_ns;
	statistics.delivered = writer->nr_records;
	statistics.dropped = writer->nr_dropped;
	statistics.received = writer->nr_records + writer->nr_dropped;
	(void)outfile_commit(writer->output,
			    pcapng_statistics(outfile_reserve(writer->output, PCAPNG_BLOCK_MAX),
					      &statistics));
	(void)outfile_close(writer->output);
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

	if (writer->name != NULL)
		writer_begin(writer, 0);
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
	writer_end(writer);
	atomic_store_explicit(&writer->ended, true, memory_order_release);
	return NULL;
}

static void writer_free(struct writer *writer)
{
	free(writer->scratch);
	free(writer->name);
	free(writer->description);
	free(writer->hardware);
	free(writer->application);
	free(writer);
}

static int writer_copy(char **to, const char *from)
{
	if (from == NULL)
		return 0;
	*to = strdup(from);
	return *to != NULL ? 0 : -ENOMEM;
}

static struct writer *writer_new(const struct tracer_config *config, struct ring *ring,
				 struct outfile *output)
{
	struct writer *writer = calloc(1, sizeof(*writer));

	if (writer == NULL)
		return NULL;
	writer->ring = ring;
	writer->output = output;
	writer->sink = config->sink;
	writer->sink_ctx = config->sink_ctx;
	writer->failed = config->failed;
	writer->failed_ctx = config->failed_ctx;
	writer->stalled = config->stalled;
	writer->stalled_ctx = config->stalled_ctx;
	writer->scratch = malloc(PCAPNG_BLOCK_MAX);
	if (writer->scratch != NULL && writer_copy(&writer->name, config->if_name) == 0 &&
	    writer_copy(&writer->description, config->if_description) == 0 &&
	    writer_copy(&writer->hardware, config->if_hardware) == 0 &&
	    writer_copy(&writer->application, config->application) == 0)
		return writer;
	writer_free(writer);
	errno = ENOMEM;
	return NULL;
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
	*stats = writer_stats(writer);
	pthread_cond_destroy(&writer->wake);
	pthread_mutex_destroy(&writer->lock);
	writer_free(writer);
}
