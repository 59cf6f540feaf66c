/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file EVENTS FOLDER: events a second that one thread can trace into a file on
 * the long run when none of them may be lost.
 */
#include "config.h"
#include <stdio.h>
#include <unistd.h>
#include "tests/bench/measure.h"
#include "tests/bench/taps.h"

struct file {
	struct bench_taps bench;
	const char *path;
};

static void file_open(void *ctx)
{
	struct file *file = ctx;
	struct tracer_config config = {.path = file->path, .lossless = true};

	bench_taps_open(&file->bench, &config);
}

static void file_close(void *ctx)
{
	struct file *file = ctx;

	bench_taps_close(&file->bench, NULL);
	unlink(file->path);
}

static void file_event(void *ctx, struct bench_event *ev)
{
	bench_taps_command(&((struct file *)ctx)->bench, ev);
}

static void file_batch(void *ctx)
{
	bench_taps_batch(&((struct file *)ctx)->bench);
}

int main(int argc, char **argv)
{
	struct file file;
	struct mechanism how = {
		"file.ring", file_open, file_close, file_event, file_batch, &file,
	};

	if (argc != 3) {
		fprintf(stderr, "usage: file EVENTS FOLDER\n");
		return 2;
	}
	file.path = bench_path(argv[2], "file.pcapng");
	mechanism_rate(&how, bench_number(argv[1]));
	return 0;
}
