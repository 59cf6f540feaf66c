/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boundary between the drive and what carries it to a guest.  A transport
 * (vfio-user, user-mode Linux, a test) calls the device_ functions of
 * emu/device.h; the drive calls the transport through these operations.  All
 * on the controller's thread.  The core includes no header of Linux's: another
 * host can embed it by writing one of these.
 */
#ifndef EMU_TRANSPORT_H
#define EMU_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct transport;
struct device;
struct loop;

/* What a transport lets the drive see; goes into the first record of a capture. */
enum {
	TRANSPORT_SEES_CONFIG_READS = 1,	/* every read of configuration space */
	TRANSPORT_SEES_BARS = 2,		/* BAR sizing and placing */
	TRANSPORT_SEES_MSIX_TABLE = 4,		/* writes to the MSI-X table: the drive sends
						   address and data, and masks by its own table */
};

/* An interrupt: a vector, or an address and data where the table is seen. */
struct transport_irq {
	uint64_t addr;
	uint32_t data;
	uint32_t vector;
	uint8_t type;	/* NVMETAP_IRQ_INTX, NVMETAP_IRQ_MSIX */
	uint8_t level;	/* INTx: 1 assert, 0 deassert */
};

struct transport_ops {
	const char *name;	/* "vfio-user" */
	uint32_t sees;		/* TRANSPORT_SEES_* */
	/* Starts to serve dev on the loop.  0 or -errno. */
	int (*start)(struct transport *, struct loop *, struct device *dev);
	/* 0, -ENOTCONN: nobody listens to that vector, -EAGAIN: retry later. */
	int (*irq)(struct transport *, const struct transport_irq *irq);
	/*
	 * Copies from or to guest memory, translated now.  len bytes or
	 * nothing: 0, -EFAULT: not mapped, not permitted or gone (any byte of
	 * it), -EIO: the peer went away, -EAGAIN: not now, because a request of
	 * the peer has come meanwhile and waits for its answer; the drive tries
	 * again in a later turn of the loop.  May be called from device_done and
	 * from messages and timers of the loop, never while a request of the
	 * peer waits for its answer.
	 */
	int (*read)(struct transport *, uint64_t iova, void *buf, size_t len);
	int (*write)(struct transport *, uint64_t iova, const void *buf, size_t len);
	/* Whether a guest is at the other end.  NULL: that is not known. */
	bool (*connected)(const struct transport *);
	/* Closes everything, the listening socket and its name too. */
	void (*free)(struct transport *);
};

struct transport {
	const struct transport_ops *ops;
};

static inline void transport_free(struct transport *t)
{
	if (t != NULL)
		t->ops->free(t);
}

#endif
