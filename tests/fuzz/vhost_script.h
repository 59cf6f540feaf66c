/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vhost-user client that does what a string of bytes says (frame.h).  The
 * first byte says what a well-behaved guest has done before
 * (VHOST_SCRIPT_HAS_*).
 */
#ifndef TESTS_FUZZ_VHOST_SCRIPT_H
#define TESTS_FUZZ_VHOST_SCRIPT_H

#include "tests/fuzz/frame.h"

enum {
	VHOST_SCRIPT_HAS_MEMORY = 1,	/* features, and SCRIPT_BASE by a memory file */
	VHOST_SCRIPT_HAS_RINGS = 2,	/* both, placed and with descriptors, and enabled */
	VHOST_SCRIPT_HAS_IRQS = 4,	/* buffers for interrupts */
	VHOST_SCRIPT_HAS_ENABLED = 8,	/* bus master, MSI-X with a table, admin queues; by rings */
};

enum {
	/* ring, index, address in 4 bytes (from SCRIPT_BASE), length in 2, flags, next */
	VHOST_SCRIPT_DESC = SCRIPT_NR_COMMON,
	VHOST_SCRIPT_AVAIL,	/* ring, head in 2 bytes; and a kick */
	VHOST_SCRIPT_KICK,	/* ring */
	VHOST_SCRIPT_ACCESS,	/* operation, BAR, size in 2 bytes, address in 4, 8 bytes of data */
	VHOST_SCRIPT_COMMAND,	/* opcode, namespace, both PRPs' pages, CDW10 to CDW12: admin */
	VHOST_SCRIPT_CONSUME,	/* the buffers for interrupts again, and the completion doorbell */
};

/* Where a well-behaved guest's parts are, from SCRIPT_BASE. */
enum {
	VHOST_SCRIPT_SQ = 0,
	VHOST_SCRIPT_CQ = 0x1000,
	VHOST_SCRIPT_RINGS = 0x30000,	/* each: descriptors, and at 1000h and 2000h both rings */
	VHOST_SCRIPT_RING_SIZE = 0x3000,
	VHOST_SCRIPT_SLOTS = 0x36000,	/* messages */
	VHOST_SCRIPT_BUFFERS = 0x38000,	/* for interrupts */
	VHOST_SCRIPT_ENTRIES = 64,	/* in each ring */
};

/* How it went, summed up over all calls. */
struct vhost_script_counts {
	uint64_t nr_messages, nr_replies;
	uint64_t nr_accesses, nr_used;	/* commands put into their ring, and taken from it */
	uint64_t nr_irqs;		/* buffers for interrupts that were used */
	uint64_t nr_left;		/* disconnected before the end */
};

/* A message of the drive's that is no answer is an abort. */
void vhost_script_run(const uint8_t *script, size_t len);
const struct vhost_script_counts *vhost_script_counts(void);

#endif
