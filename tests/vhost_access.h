/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The access of the small NVMe driver over a vhost-user client: registers and
 * configuration space by messages in a virtqueue, memory in a shared file, and
 * an MSI-X table whose every entry has an address and data of its own.  One
 * thread.
 */
#ifndef TESTS_VHOST_ACCESS_H
#define TESTS_VHOST_ACCESS_H

#include "tests/nvme_driver.h"
#include "tests/vhost_client.h"

enum {
	VHOST_ACCESS_VECTORS = 65,	/* as many as the drive has */
	VHOST_ACCESS_TABLE = 0x2000,	/* where the drive has it, and the pending bits */
	VHOST_ACCESS_PBA = 0x3000,
	/* Entry i of the table: VHOST_ACCESS_ADDR + 16 i and VHOST_ACCESS_DATA + i. */
	VHOST_ACCESS_ADDR = 0x7ee00000,
	VHOST_ACCESS_DATA = 0x4000,
};

struct vhost_access {
	struct nvme_access access;	/* for driver_init */
	struct vhost_client client;
	unsigned int nr_irqs[VHOST_ACCESS_VECTORS];	/* messages heard of so far */
	unsigned int nr_intx;
	unsigned int nr_moments;	/* of wait, since the last interrupt */
	void (*failed)(void *ctx, int error);	/* does not return */
	void *ctx;
};

/*
 * Over the connected socket fd, which it owns, with memory_size bytes at address
 * 1 MiB: says what user-mode Linux says, and fills in the MSI-X table.  0 or
 * -errno.
 *
 * The driver's functions call failed with the -errno of a message that did not
 * get its answer; so does a message of an interrupt that no entry has.  wait
 * lasts until an interrupt comes, or a moment.
 */
int vhost_access_take(struct vhost_access *a, int fd, size_t memory_size);
void vhost_access_close(struct vhost_access *a);
/* Entry by entry: address, data, not masked.  Also after a reset. */
void vhost_access_fill_table(struct vhost_access *a);
/* Takes the interrupts that are there, waiting timeout_ms for the first. */
void vhost_access_hear(struct vhost_access *a, int timeout_ms);

#endif
