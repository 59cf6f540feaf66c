/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A tracer on a fake drive, and what the capture that it has written says, for
 * CMocka tests.
 */
#ifndef TESTS_TRACED_H
#define TESTS_TRACED_H

#include <stdint.h>
#include "tests/fake_drive.h"
#include "tracer/tracer.h"

/* A tracer that has attached. */
struct tracer *traced_new(const struct tracer_config *config);
/* Detaches and closes. */
struct tracer_stats traced_finish(struct tracer *tracer);
/* A Read as it is decoded.  How many were attached. */
unsigned int traced_fire(uint16_t cid);

/* What a file says: its records, and what its drop records count. */
struct contents {
	uint64_t nr, nr_dropped, last_seq;
	uint64_t nr_data_bytes;	/* of data records */
	uint64_t nr_gaps;	/* numbers that are neither a record's nor a drop record's */
	unsigned int nr_events[256];
	int result;		/* of the last reader_next */
	char name[32];
	char session[512];
};

/* A drop record must cover what is missing before it, and nothing else. */
struct contents traced_read(const char *from);
/* What the last block of a plain capture, the interface statistics, says was dropped. */
uint64_t traced_stated_drops(const char *from);

#endif
