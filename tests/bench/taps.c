/* SPDX-License-Identifier: BSD-2-Clause */
/* The drive's taps without a drive, and the tracer attached to them. */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include "tests/bench/measure.h"
#include "tests/bench/taps.h"

static int attach(struct nvmetap_plugin *self, void *ctx)
{
	return tracer_attach(ctx, self);
}

static void detach(struct nvmetap_plugin *self, void *ctx)
{
	tracer_detach(ctx, self);
}

void bench_taps_open(struct bench_taps *bench, const struct tracer_config *config)
{
	struct plugin_code code = {.name = "tracer", .setup = attach, .teardown = detach};
	char err[256];

	taps_init(&bench->taps, NULL, 0x30, NULL, NULL);
	bench->tracer = NULL;
	if (config == NULL)
		return;
	bench->tracer = tracer_new(config, err, sizeof(err));
	code.ctx = bench->tracer;
	if (bench->tracer == NULL || plugin_add(&bench->taps, &code, NULL) != 0)
		bench_die(config->path);
}

void bench_taps_close(struct bench_taps *bench, struct tracer_stats *stats)
{
	struct tracer_stats own;

	taps_fini(&bench->taps);
	if (bench->tracer == NULL)
		return;
	if (stats == NULL)
		stats = &own;
	tracer_close(bench->tracer, stats);
	if (stats->nr_dropped != 0)
		fprintf(stderr, "bench: %llu events lost\n", (unsigned long long)stats->nr_dropped);
	if (stats->error != 0)
		fprintf(stderr, "bench: the capture could not be written\n");
}

void bench_taps_command(struct bench_taps *bench, struct bench_event *from)
{
	struct nvmetap_event ev;

	if (!tap_armed(&bench->taps, NVMETAP_TAP_IO_DECODE))
		return;
	ev = tap_event(NVMETAP_TAP_IO_DECODE);
	ev.flags = NVMETAP_HAS_COMMAND;
	ev.qkind = NVMETAP_QUEUE_IO;
	ev.cmd_id = from->seq;
	ev.sqid = from->sqid;
	ev.cmd = &from->cmd;
	(void)tap_fire(&bench->taps, &ev);
}

void bench_taps_batch(struct bench_taps *bench)
{
	tap_fire_batch(&bench->taps, NVMETAP_BATCH_MESSAGE);
}
