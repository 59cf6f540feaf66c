/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vhost-user client: what user-mode Linux does to a device, as functions, and
 * the parts of it, so that a test can do them wrong.  The server runs on
 * another thread or in another process.  One thread.
 *
 * Its memory is one file with two regions: the test's, and one for the rings
 * and messages.  The peer's own addresses are not the guest's.
 *
 * Functions return 0 or -errno: -ENOTCONN if the server has closed, -ETIMEDOUT
 * after 10 s, or -EPROTO if an answer does not fit.
 */
#ifndef TESTS_VHOST_CLIENT_H
#define TESTS_VHOST_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "emu/vhost_user_proto.h"

enum {
	VHOST_COMMANDS,
	VHOST_IRQS,
	VHOST_NR_RINGS,
	VHOST_ENTRIES = 256,
	VHOST_IRQ_LEN = 20,		/* bytes of an interrupt's buffer: a message with data */
	VHOST_NR_IRQ_BUFFERS = 10,	/* as user-mode Linux has */
	VHOST_OWN_SIZE = 1 << 20,
	VHOST_MAX_BULK = 1 << 17,
	/* Offsets in our own region: rings, and messages. */
	VHOST_DESC = 0,			/* of a ring's VHOST_RING_SIZE */
	VHOST_AVAIL = 0x1000,
	VHOST_USED = 0x2000,
	VHOST_RING_SIZE = 0x4000,
	VHOST_SLOTS = 0x8000,
	VHOST_IRQ_BUFFERS = 0xc000,
	VHOST_BULK = 0x10000,		/* header and data, then at VHOST_BULK_IN the answer */
	VHOST_BULK_IN = 0x80000,
};

#define VHOST_OWN_IOVA UINT64_C(0x4000000000)
#define VHOST_USER_OFFSET UINT64_C(0x7f0000000000)	/* from guest's address to peer's */

struct vhost_ring {
	uint8_t *mem;			/* of the ring */
	uint16_t avail, seen;		/* indices: the next to be put, to be taken */
	int kick, call;			/* call: our end */
	int call_theirs;
};

struct vhost_client {
	struct conn conn;
	int memfd;
	uint8_t *mem, *own;		/* both regions */
	uint64_t iova;
	size_t size;
	struct vhost_ring rings[VHOST_NR_RINGS];
};

/* The connected socket is the client's then.  call_by_eventfd: rather than by a
 * socket, as user-mode Linux is called. */
int vhost_client_init(struct vhost_client *c, int fd, uint64_t iova, size_t size,
		      bool call_by_eventfd);
void vhost_client_fini(struct vhost_client *c);

/* Messages: without an answer, and with one of 8 bytes. */
int vhost_client_send(struct vhost_client *c, uint32_t request, const void *body, size_t len,
		      const int *fds, unsigned int nr_fds);
int vhost_client_send_u64(struct vhost_client *c, uint32_t request, uint64_t value, int fd);
int vhost_client_send_state(struct vhost_client *c, uint32_t request, uint32_t index, uint32_t num);
int vhost_client_ask(struct vhost_client *c, uint32_t request, const void *body, size_t len,
		     uint64_t *answer);
/* Returns when all messages so far have been worked off. */
int vhost_client_sync(struct vhost_client *c);

/* What user-mode Linux says, in its order; the whole, and its parts. */
int vhost_client_set_up(struct vhost_client *c);
int vhost_client_features(struct vhost_client *c);
int vhost_client_table(struct vhost_client *c);
int vhost_client_ring(struct vhost_client *c, unsigned int ring);
int vhost_client_start(struct vhost_client *c, unsigned int ring);
void vhost_client_add_irqs(struct vhost_client *c);

/* A ring by hand.  addr: the guest's. */
void vhost_client_desc(struct vhost_client *c, unsigned int ring, unsigned int index,
		       uint64_t addr, uint32_t len, uint16_t flags, uint16_t next);
void vhost_client_avail(struct vhost_client *c, unsigned int ring, uint16_t head);
bool vhost_client_wants_kicks(const struct vhost_client *c, unsigned int ring);
void vhost_client_kick(struct vhost_client *c, unsigned int ring);
bool vhost_client_used_there(const struct vhost_client *c, unsigned int ring);
/* Waits for a used buffer: its length, or -errno. */
int vhost_client_used(struct vhost_client *c, unsigned int ring);

/* One access as user-mode Linux makes it; data is what is written or read. */
int vhost_client_access(struct vhost_client *c, uint8_t op, uint8_t bar, uint64_t addr, void *data,
			size_t len);
/* A write that is not waited for; len is at most 8. */
int vhost_client_post(struct vhost_client *c, uint8_t op, uint8_t bar, uint64_t addr,
		      const void *data, size_t len);
/* The next interrupt's message, VHOST_IRQ_LEN bytes, waiting timeout_ms for it: its length,
 * -EAGAIN or -errno.  The buffer is added again. */
int vhost_client_irq(struct vhost_client *c, uint8_t *msg, int timeout_ms);

#endif
