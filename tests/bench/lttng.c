/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lttng tap|file|off EVENTS: what tests/bench/tap and tests/bench/file measure,
 * by LTTng-UST's tracepoint.  Whether it is enabled, and how, is the session's
 * business (tests/bench/lttng.sh).
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "tests/bench/lttng_events.h"
#include "tests/bench/measure.h"
#include "tests/bench/mechanism.h"

static void tap_event(void *ctx, struct bench_event *ev)
{
	(void)ctx;
	lttng_ust_tracepoint(nvmetap_bench, tap, ev);
}

static void file_event(void *ctx, struct bench_event *ev)
{
	(void)ctx;
	lttng_ust_tracepoint(nvmetap_bench, file, ev);
}

static void measure_off(unsigned int nr)
{
	static const struct bench_event ev;
	double begin = bench_cpu_ns(), loop;

	for (unsigned int i = 0; i < nr; i++) {
		BENCH_16(BENCH_BARRIER();)
	}
	loop = bench_cpu_ns() - begin;
	begin = bench_cpu_ns();
	for (unsigned int i = 0; i < nr; i++) {
		BENCH_16(BENCH_BARRIER(); lttng_ust_tracepoint(nvmetap_bench, off, &ev);)
	}
	bench_say("off.lttng", (bench_cpu_ns() - begin - loop) / nr / 16);
}

int main(int argc, char **argv)
{
	static const struct mechanism tap = {.key = "tap.lttng", .event = tap_event};
	static const struct mechanism file = {.key = "file.lttng", .event = file_event};
	unsigned int nr;

	if (argc != 3) {
		fprintf(stderr, "usage: lttng tap|file|off EVENTS\n");
		return 2;
	}
	nr = bench_number(argv[2]);
	if (strcmp(argv[1], "tap") == 0)
		mechanism_measure(&tap, nr);
	else if (strcmp(argv[1], "file") == 0)
		mechanism_rate(&file, nr);
	else
		measure_off(nr);
	return 0;
}
