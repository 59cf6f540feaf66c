/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vhost-user client that does what a string of bytes says, as script.h has it
 * for vfio-user: one step each time the drive has nothing more to do, on the
 * drive's own thread.
 *
 * The first byte says what a well-behaved guest has done before
 * (VHOST_SCRIPT_HAS_*).  Then steps: a byte whose low four bits are a
 * VHOST_SCRIPT_* and its operands, integers little-endian; what is missing at
 * the end is zero.
 */
#ifndef TESTS_FUZZ_VHOST_SCRIPT_H
#define TESTS_FUZZ_VHOST_SCRIPT_H

#include <stddef.h>
#include <stdint.h>
#include "tests/fuzz/script.h"

enum {
	VHOST_SCRIPT_HAS_MEMORY = 1,	/* features, and SCRIPT_BASE by a memory file */
	VHOST_SCRIPT_HAS_RINGS = 2,	/* both, placed and with descriptors, and enabled */
	VHOST_SCRIPT_HAS_IRQS = 4,	/* buffers for interrupts */
	VHOST_SCRIPT_HAS_ENABLED = 8,	/* bus master, MSI-X with a table, admin queues; by rings */
};

enum {
	/* request, flags, descriptors (low 5 bits: how many; high: of what), length in
	 * 2 bytes, body */
	VHOST_SCRIPT_MESSAGE,
	VHOST_SCRIPT_MEMORY,	/* offset in 4 bytes, length in 1, bytes, for SCRIPT_BASE */
	VHOST_SCRIPT_RAW,	/* length in 2 bytes, bytes to the socket */
	VHOST_SCRIPT_SHRINK,	/* pages that the memory file has from now on */
	VHOST_SCRIPT_TIME,	/* ms in 2 bytes go by */
	VHOST_SCRIPT_DESC,	/* ring, index, address in 4 bytes (from SCRIPT_BASE), length in 2,
				   flags, next */
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

/* Runs a whole drive, from its making to its end, with observer.h's observer.
 * A message of the drive's that is no answer is an abort. */
void vhost_script_run(const uint8_t *script, size_t len);
/* How many accesses and answers there have been, over all calls. */
uint64_t vhost_script_nr_used(void);
uint64_t vhost_script_nr_replies(void);

#endif
