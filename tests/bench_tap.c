/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_tap [ROUNDS]: what one event costs at the tap, in ns of this thread's
 * CPU time: a doorbell and an I/O command pushed into the ring, against a text
 * line with fprintf to a file.  Rounds are interleaved; medians are printed.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "tests/fake_drive.h"
#include "tracer/tracer.h"

enum {
	BENCH_EVENTS = 100000,
	BENCH_BATCH = 8,
	BENCH_ROUNDS_MAX = 101,
};

static FILE *text;

static double bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static int bench_print(void *ctx, struct nvmetap_event *ev)
{
	uint64_t ns;

	(void)ctx;
	if (ev->cmd == NULL)
		return NVMETAP_GO;
	ns = nvmetap_ns(ev->ticks);
	fprintf(text, "[%4llu] %llu:%09llu %02x:%02x.%x IO  SQ=%u CID=%04x OPC=%02x NSID=%#x "
		"LBA=%u prp1=%llx prp2=%llx\n", (unsigned long long)ev->seq,
		(unsigned long long)(ns / 1000000000), (unsigned long long)(ns % 1000000000),
		ev->bdf >> 8, ev->bdf >> 3 & 31, ev->bdf & 7, ev->sqid, ev->cmd->cid,
		ev->cmd->opc, ev->cmd->nsid, ev->cmd->cdw10, (unsigned long long)ev->cmd->prp1,
		(unsigned long long)ev->cmd->prp2);
	return NVMETAP_GO;
}

/* ns per command; a tap that nobody listens to costs the same loop. */
static double bench_commands(void)
{
	struct nvme_command cmd = {.opc = NVME_OPC_READ, .nsid = 1, .prp1 = 0xbffc7000};
	struct nvmetap_event ev = {
		.flags = NVMETAP_HAS_COMMAND, .qkind = NVMETAP_QUEUE_IO, .sqid = 1, .cmd = &cmd,
	};
	double begin = bench_now();

	for (unsigned int i = 0; i < BENCH_EVENTS; i++) {
		cmd.cid = (uint16_t)i;
		(void)fake_fire(NVMETAP_TAP_IO_DECODE, &ev);
		if (i % BENCH_BATCH == 0)
			fake_batch(NVMETAP_BATCH_MESSAGE);
	}
	return (bench_now() - begin) / BENCH_EVENTS;
}

static int bench_go(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	(void)ev;
	return NVMETAP_GO;
}

/* The drive's own part: number, clock and call. */
static double bench_nothing(void)
{
	double ns;

	fake_reset();
	(void)nvmetap_attach(NULL, "nvme:io:decode", bench_go, NULL, NVMETAP_OBSERVE);
	(void)nvmetap_attach(NULL, "nvmetap:batch:writeback", bench_go, NULL, NVMETAP_OBSERVE);
	ns = bench_commands();
	fake_reset();
	return ns;
}

static double bench_text(void)
{
	double ns;

	fake_reset();
	rewind(text);
	(void)nvmetap_attach(NULL, "nvme:io:decode", bench_print, NULL, NVMETAP_OBSERVE);
	(void)nvmetap_attach(NULL, "nvmetap:batch:writeback", bench_go, NULL, NVMETAP_OBSERVE);
	ns = bench_commands();
	fake_reset();
	return ns;
}

static double bench_tracer(const char *path, struct tracer_stats *stats)
{
	struct tracer_config config = {.path = path};
	struct tracer *tracer;
	char err[256];
	double ns;

	fake_reset();
	tracer = tracer_new(&config, err, sizeof(err));
	if (tracer == NULL || tracer_attach(tracer, NULL) != 0) {
		fprintf(stderr, "bench_tap: %s\n", err);
		exit(1);
	}
	ns = bench_commands();
	tracer_detach(tracer, NULL);
	tracer_close(tracer, stats);
	unlink(path);
	return ns;
}

static int bench_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double bench_median(double *values, unsigned int nr)
{
	qsort(values, nr, sizeof(*values), bench_order);
	return values[nr / 2];
}

int main(int argc, char **argv)
{
	static double nothing[BENCH_ROUNDS_MAX], ring[BENCH_ROUNDS_MAX], line[BENCH_ROUNDS_MAX];
	unsigned int rounds = argc > 1 ? (unsigned int)atoi(argv[1]) : 9;
	struct tracer_stats stats = {0};
	uint64_t nr_dropped = 0;
	double base, ours, theirs;

	if (rounds == 0 || rounds > BENCH_ROUNDS_MAX) {
		fprintf(stderr, "usage: bench_tap [ROUNDS]\n");
		return 2;
	}
	text = tmpfile();
	if (text == NULL) {
		perror("bench_tap");
		return 1;
	}
	for (unsigned int i = 0; i < rounds; i++) {
		nothing[i] = bench_nothing();
		ring[i] = bench_tracer("bench_tap.pcapng", &stats);
		nr_dropped += stats.nr_dropped;
		line[i] = bench_text();
	}
	base = bench_median(nothing, rounds);
	ours = bench_median(ring, rounds) - base;
	theirs = bench_median(line, rounds) - base;
	printf("what\tours\ttheirs\tratio\tbudget\n");
	printf("one event at the tap, ns (ring, fprintf)\t%.1f\t%.1f\t%.3f\t0.12\n", ours, theirs,
	       ours / theirs);
	printf("events dropped\t%llu of %u\n", (unsigned long long)nr_dropped,
	       rounds * BENCH_EVENTS);
	fclose(text);
	return 0;
}
