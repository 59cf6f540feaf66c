/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest transport: a guest whose memory is an array of ours and whose
 * interrupts are kept in a log.
 */
#ifndef TESTS_MEM_TRANSPORT_H
#define TESTS_MEM_TRANSPORT_H

#include <stdbool.h>
#include "emu/transport.h"

enum {
	MEM_BASE = 0x100000,	/* guest address of the first byte */
	MEM_SIZE = 16 << 20,
	MEM_NR_IRQS = 256,
};

struct mem_transport {
	struct transport transport;
	struct transport_ops ops;	/* a copy: tests change sees */
	uint8_t *memory;
	struct transport_irq irqs[MEM_NR_IRQS];
	unsigned int nr_irqs;
	int irq_result;		/* what irq answers */
	uint64_t bad_start, bad_end;	/* addresses that answer -EFAULT */
	unsigned int every_nth_again;	/* this one of the copies answers -EAGAIN; 0: none */
	unsigned int nr_copies;
	bool answering;		/* the drive may not copy memory now */
	unsigned int nr_early;	/* copies while answering */
};

/* Its transport's free frees it. */
struct mem_transport *mem_transport_new(void);

#endif
