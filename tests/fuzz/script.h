/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vfio-user client that does what a string of bytes says, one step each time
 * the drive has nothing more to do, on the drive's own thread: so the same
 * bytes make the same thing happen, at once and without waiting.
 *
 * The first byte says what a well-behaved guest has done before (SCRIPT_HAS_*).
 * Then steps: a byte whose low four bits are a SCRIPT_* and its operands,
 * integers little-endian; what is missing at the end is zero.
 */
#ifndef TESTS_FUZZ_SCRIPT_H
#define TESTS_FUZZ_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
	SCRIPT_BASE = 1 << 20,
	SCRIPT_MESSAGES = 2 << 20,
	SCRIPT_READ_ONLY = 3 << 20,
	SCRIPT_SIZE = 256 << 10,	/* bytes of each */
	SCRIPT_BAR0 = 0xf0000000,	/* where the guest has put it */
};

enum {
	/* command, flags, descriptors (low 5 bits: how many; high: of what),
	 * length in 2 bytes, body */
	SCRIPT_MESSAGE,
	SCRIPT_MEMORY,		/* offset in 4 bytes, length in 1, bytes, for SCRIPT_BASE */
	SCRIPT_RAW,		/* length in 2 bytes, bytes to the socket */
	SCRIPT_SHRINK,		/* pages that the memory file has from now on */
	SCRIPT_TIME,		/* ms in 2 bytes go by; an answer that is awaited does not come */
	SCRIPT_COMMAND,		/* queue, opcode, fuse, namespace; both PRPs in 2 bytes each,
				   CDW10 to CDW15 */
	SCRIPT_ENTRY,		/* queue, 64 bytes of a submission queue entry */
	SCRIPT_ANSWER,		/* what DMA messages get from now on: an enum script_answer */
	SCRIPT_REGISTER,	/* offset in 2 bytes, width in 1, 8 bytes */
	SCRIPT_CONFIG,		/* the same, for configuration space */
	SCRIPT_CONSUME,		/* queue: its completions are taken, and the doorbell written */
	SCRIPT_RESET,		/* of the device; and again what the first byte says */
	SCRIPT_NR,
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

/* Runs a whole drive, from its making to its end, with observer.h's observer.
 * An answer that does not fit its request is an abort. */
void script_run(const uint8_t *script, size_t len);
const struct script_counts *script_counts(void);

/* For still_time.c: the client's turn, because the drive waits for it.  False:
 * the script wants time to go by. */
bool script_turn(void);
/* Takes what the drive has sent; false: there was nothing. */
bool script_drain(void);

#endif
