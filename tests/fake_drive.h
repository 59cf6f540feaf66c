/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A drive that consists of the functions of the plug-in header and nothing
 * else, for tests of what is written against them.  One controller; fake_fire
 * is called on its thread.
 */
#ifndef TESTS_FAKE_DRIVE_H
#define TESTS_FAKE_DRIVE_H

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#pragma GCC visibility push(default)
#include "emu/plugin.h"
#pragma GCC visibility pop

enum {
	FAKE_BDF = 0x30,	/* 00:06.0 */
};

struct fake_drive {
	uint64_t seq;		/* of the newest event */
	const uint8_t *data;	/* what nvmetap_data gives */
	size_t data_len;
	const char *options;	/* "key=value,key" */
	char log[512];		/* the newest line of nvmetap_log */
	unsigned int nr_snapshots;
	_Atomic int64_t wall_lag_ns;	/* of nvmetap_ns behind the wall clock */
	sem_t *ticks_read;	/* posted at each nvmetap_ticks, or NULL */
};

extern struct fake_drive fake;

/* Detaches all and forgets all. */
void fake_reset(void);
/* Fills tap, event, stage, ticks, seq and bdf, and calls who is attached.
 * Returns how many that were; without any the event gets no number. */
unsigned int fake_fire(unsigned int tap, struct nvmetap_event *ev);
/* A batch event, NVMETAP_BATCH_*. */
void fake_batch(uint32_t which);
bool fake_attached(unsigned int tap);

#endif
