/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vfio-user client that does what a string of bytes says (frame.h).  The first
 * byte says what a well-behaved guest has done before (SCRIPT_HAS_*).
 */
#ifndef TESTS_FUZZ_SCRIPT_H
#define TESTS_FUZZ_SCRIPT_H

#include "tests/fuzz/frame.h"

enum {
	SCRIPT_HAS_VERSION = 1,
	SCRIPT_HAS_MEMORY = 2,		/* SCRIPT_BASE, by a memory file */
	SCRIPT_HAS_MESSAGES = 4,	/* SCRIPT_MESSAGES, by DMA messages */
	SCRIPT_HAS_READ_ONLY = 8,	/* SCRIPT_READ_ONLY, never written to or abort */
	SCRIPT_HAS_ENABLED = 16,	/* bus master, MSI-X, admin queues; after the three */
	SCRIPT_HAS_QUEUES = 32,		/* I/O queue pair 1, after that */
	SCRIPT_HAS_QUEUE_BY_MESSAGE = 64,	/* its completion queue in SCRIPT_MESSAGES */
};

enum {
	SCRIPT_MESSAGES = 2 << 20,	/* SCRIPT_SIZE bytes each */
	SCRIPT_READ_ONLY = 3 << 20,
	SCRIPT_BAR0 = 0xf0000000,	/* where the guest has put it */
};

enum {
	/* queue, opcode, fuse, namespace; both PRPs in 2 bytes each, CDW10 to CDW15 */
	SCRIPT_COMMAND = SCRIPT_NR_COMMON,
	SCRIPT_ENTRY,		/* queue, 64 bytes of a submission queue entry */
	SCRIPT_ANSWER,		/* what DMA messages get from now on: an enum script_answer */
	SCRIPT_REGISTER,	/* offset in 2 bytes, width in 1, 8 bytes */
	SCRIPT_CONFIG,		/* the same, for configuration space */
	SCRIPT_CONSUME,		/* queue: its completions are taken, and the doorbell written */
	SCRIPT_RESET,		/* of the device; and again what the first byte says */
};

enum script_answer {
	SCRIPT_ANSWER_GOOD,
	SCRIPT_ANSWER_ERROR,
	SCRIPT_ANSWER_NONE,
	SCRIPT_ANSWER_SHORT,
	SCRIPT_ANSWER_OTHER_ID,
	SCRIPT_NR_ANSWERS,
};

/* How it went, summed up over all calls. */
struct script_counts {
	uint64_t nr_messages, nr_replies, nr_errors, nr_dma, nr_completions;
	uint64_t nr_left;	/* disconnected before the end */
};

/* An answer that does not fit its request is an abort. */
void script_run(const uint8_t *script, size_t len);
const struct script_counts *script_counts(void);

#endif
