/* SPDX-License-Identifier: BSD-2-Clause */
/* What one event costs the thread that it happens on. */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include "tests/bench/measure.h"
#include "tests/bench/mechanism.h"

static struct bench_event first_event(void)
{
	return (struct bench_event){
		.bdf = 0x30,
		.event = NVMETAP_EV_IO,
		.stage = NVMETAP_DECODE,
		.flags = NVMETAP_HAS_COMMAND,
		.qkind = NVMETAP_QUEUE_IO,
		.sqid = 1,
		.cmd = {.opc = NVME_OPC_READ, .nsid = 1, .cdw12 = 7},
	};
}

static void mechanism_event(struct bench_event *ev, uint32_t nr)
{
	ev->seq = nr;
	ev->cid = (uint16_t)nr;
	ev->cmd.cid = (uint16_t)nr;
	ev->cmd.prp1 = UINT64_C(0xbf000000) + (uint64_t)(nr % 256) * 4096;
	ev->cmd.cdw10 = nr * 2654435761u >> 8;
}

static void pass(const struct mechanism *how, unsigned int nr, double *wall)
{
	struct bench_event ev = first_event();
	double begin;

	for (unsigned int i = 0; i < nr; i++) {
		mechanism_event(&ev, i);
		if (wall != NULL) {
			begin = bench_wall_ns();
			how->event(how->ctx, &ev);
			wall[i] = bench_wall_ns() - begin;
		} else {
			how->event(how->ctx, &ev);
		}
		if (i % MECHANISM_BATCH == MECHANISM_BATCH - 1 && how->batch != NULL)
			how->batch(how->ctx);
	}
}

/* ns of CPU time of all of them; wall, if not NULL, gets ns of each. */
static double pass_open(const struct mechanism *how, unsigned int nr, double *wall)
{
	double cpu;

	if (how->open != NULL)
		how->open(how->ctx);
	cpu = bench_cpu_ns();
	pass(how, nr, wall);
	cpu = bench_cpu_ns() - cpu;
	if (how->close != NULL)
		how->close(how->ctx);
	return cpu;
}

static void nothing(void *ctx, struct bench_event *ev)
{
	(void)ctx;
	(void)ev;
	BENCH_BARRIER();
}

static void no_batch(void *ctx)
{
	(void)ctx;
	BENCH_BARRIER();
}

void mechanism_measure(const struct mechanism *how, unsigned int nr)
{
	static const struct mechanism loop = {.event = nothing, .batch = no_batch};
	double *wall = calloc(nr, sizeof(*wall)), base, clock;
	char key[64];

	if (wall == NULL)
		bench_die(how->key);
	(void)pass_open(how, nr, NULL);	/* clocks and buffers get warm */
	base = pass_open(&loop, nr, NULL);
	bench_say(how->key, (pass_open(how, nr, NULL) - base) / nr);
	(void)pass_open(&loop, nr, wall);
	clock = bench_quantile(wall, nr, 500);
	(void)pass_open(how, nr, wall);
	snprintf(key, sizeof(key), "%s.p999", how->key);
	bench_say(key, bench_quantile(wall, nr, 999) - clock);
	free(wall);
}

void mechanism_rate(const struct mechanism *how, unsigned int nr)
{
	double begin;

	if (how->open != NULL)
		how->open(how->ctx);
	pass(how, MECHANISM_FILL, NULL);
	begin = bench_wall_ns();
	pass(how, nr, NULL);
	bench_say(how->key, nr * 1e9 / (bench_wall_ns() - begin));
	if (how->close != NULL)
		how->close(how->ctx);
}
