/* SPDX-License-Identifier: BSD-2-Clause */
/* The drive's taps without a drive, and the tracer attached to them. */
#ifndef TESTS_BENCH_TAPS_H
#define TESTS_BENCH_TAPS_H

#include "emu/tap.h"
#include "tests/bench/mechanism.h"
#include "tracer/tracer.h"

struct bench_taps {
	struct taps taps;
	struct tracer *tracer;	/* NULL: nobody is attached */
};

/* config NULL: nobody listens.  What fails ends the program. */
void bench_taps_open(struct bench_taps *bench, const struct tracer_config *config);
/* Says on standard error when events were lost.  stats may be NULL. */
void bench_taps_close(struct bench_taps *bench, struct tracer_stats *stats);
/* The command's event, made and fired as the controller does it. */
void bench_taps_command(struct bench_taps *bench, struct bench_event *ev);
void bench_taps_batch(struct bench_taps *bench);

#endif
