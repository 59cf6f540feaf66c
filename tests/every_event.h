/* SPDX-License-Identifier: BSD-2-Clause */
/* One event of every kind with known values, in the order of the table. */
#ifndef TESTS_EVERY_EVENT_H
#define TESTS_EVERY_EVENT_H

#include "tests/fake_drive.h"

enum {
	EVERY_NR = 27,		/* events of the table */
	EVERY_FIRST = 1,	/* NVMETAP_EV_NONE is never recorded */
	EVERY_DATA_LEN = 4096,
};

/* Ticks of event n are EVERY_NS + n * 1000, its sequence number is n. */
#define EVERY_NS UINT64_C(1556804537200909267)

/*
 * Calls fn with each event that has a tap.  Data
 * are found in fake.data then.  Drops and clock steps are the tracer's own.
 */
void every_event(void (*fn)(void *ctx, struct nvmetap_event *ev), void *ctx);

#endif
