/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The access of the small NVMe driver over a vfio-user client: registers by
 * message, memory in a shared file, and every MSI-X vector with an eventfd of
 * its own.  One thread.
 */
#ifndef TESTS_VFIO_ACCESS_H
#define TESTS_VFIO_ACCESS_H

#include "tests/nvme_driver.h"
#include "tests/vfio_client.h"

enum { VFIO_ACCESS_VECTORS = 65 };	/* as many as the drive has */

struct vfio_access {
	struct nvme_access access;	/* for driver_init */
	struct vfio_client *client;
	int irq_fd[VFIO_ACCESS_VECTORS], timer_fd;
	int ready_fd;			/* an epoll of these */
	unsigned int nr_irqs[VFIO_ACCESS_VECTORS];	/* heard of in waits */
	unsigned int nr_waits;		/* that have ended: with an interrupt, or a moment */
	bool polls;			/* wait for a moment at most, not for an interrupt only */
	void (*failed)(void *ctx, int error);	/* does not return */
	void *ctx;
};

/*
 * Connects to path, waiting up to 10 s until somebody listens there, speaks
 * VERSION, maps memory_size bytes at address 1 MiB (shared: as a file, else
 * the drive has to ask by message) and sets up the vectors.  0 or -errno.
 *
 * The driver's functions call failed with the -errno of a message that did not
 * get its answer; -ENOTCONN and -EPIPE: the drive has gone.
 */
int vfio_access_open(struct vfio_access *a, const char *path, size_t memory_size, bool shared);
/* The same over the connection fd, which it owns. */
int vfio_access_take(struct vfio_access *a, int fd, size_t memory_size, bool shared);
void vfio_access_close(struct vfio_access *a);

#endif
