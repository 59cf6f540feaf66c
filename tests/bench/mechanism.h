/* SPDX-License-Identifier: BSD-2-Clause */
/* A way to trace one event, and what an event costs whose thread takes it. */
#ifndef TESTS_BENCH_MECHANISM_H
#define TESTS_BENCH_MECHANISM_H

#include <stdint.h>
#include "spec/nvme.h"

/* An I/O command at its decode tap, here and there in a namespace: 32 bytes, and
 * the command's 64. */
struct bench_event {
	uint64_t seq, cause;
	uint32_t bdf, count;
	uint16_t sqid, cid;
	uint8_t event, stage, flags, qkind;
	struct nvme_command cmd;
};

struct mechanism {
	const char *key;
	/* Both may be NULL; around each of the passes. */
	void (*open)(void *ctx);
	void (*close)(void *ctx);
	void (*event)(void *ctx, struct bench_event *ev);
	void (*batch)(void *ctx);	/* after each eighth event; may be NULL */
	void *ctx;
};

enum {
	MECHANISM_BATCH = 8,
	MECHANISM_FILL = 200000,	/* events that fill a buffer of 16 MiB */
};

/* Passes of nr events each, the first one unmeasured.  Says key: ns of this
 * thread's CPU time an event, net of the loop; and key.p999: ns of wall time
 * that one in a thousand exceeds, net of reading the clock. */
void mechanism_measure(const struct mechanism *how, unsigned int nr);
/* Says key: events a second of wall time, once buffers of 16 MiB are full. */
void mechanism_rate(const struct mechanism *how, unsigned int nr);

#endif
