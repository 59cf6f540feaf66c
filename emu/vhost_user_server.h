/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the vhost-user server share.  On the controller's thread. */
#ifndef EMU_VHOST_USER_SERVER_H
#define EMU_VHOST_USER_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "emu/server.h"
#include "emu/vhost_user_proto.h"

enum {
	VHU_RING_COMMANDS,		/* the guest's accesses and their answers */
	VHU_RING_IRQS,			/* the guest's buffers, for interrupts */
	VHU_NR_RINGS,
	VHU_MAX_ENTRIES = 1024,		/* in a ring; user-mode Linux has 256 */
	VHU_MAX_DATA = 1 << 16,		/* bytes of an access */
	VHU_SEND_MS = 2000,		/* for a peer that does not read */
};

struct vhu_region {
	uint64_t user, iova, size;
};

struct vhu_segment {
	uint64_t iova;
	uint32_t len;
};

/* Descriptors of one buffer: nr_out that the device reads, then nr_in that it
 * writes. */
struct vhu_chain {
	uint16_t head;
	unsigned int nr_out, nr_in;
	uint64_t out_len, in_len;
	struct vhu_segment segments[VHU_MAX_ENTRIES];
};

struct vhu_ring {
	struct vhost_user *owner;
	uint32_t nr_entries;		/* 0: not set */
	bool has_addr, enabled;
	uint64_t desc, avail, used;	/* the peer's addresses */
	uint16_t next;			/* index of both rings: a buffer is used at once */
	int kick_fd, call_fd;		/* -1: none */
	bool call_is_socket;
	bool kicked;			/* before it was ready */
	bool quiet;			/* the peer was told that we need no kicks */
	struct vhu_chain chain;		/* the buffer being worked off */
};

struct vhost_user {
	struct server server;
	uint64_t features;
	struct vhu_region regions[VHU_MAX_REGIONS];
	unsigned int nr_regions;
	struct vhu_ring rings[VHU_NR_RINGS];
	int backend_req_fd;		/* kept, because its closing tells the guest of our end */
	bool intx, intx_refused;	/* asserted; and there was no buffer to say so */
	bool msix_refused;		/* there was no buffer, and none is taken before those
					   that were refused had their turn */
	bool bar_written;		/* by the last access */
	uint8_t data[VHU_PCI_LEN + VHU_MAX_DATA];
};

/* A handler does what a message of its exact or greater length says.  NULL, or
 * why the peer is given up. */
typedef const char *vhu_handler_fn(struct vhost_user *v, struct conn_msg *msg);

vhu_handler_fn vhu_set_mem_table;
vhu_handler_fn vhu_set_num, vhu_set_addr, vhu_set_base, vhu_get_base;
vhu_handler_fn vhu_set_kick, vhu_set_call, vhu_set_err, vhu_set_enable;

void vhu_reply(struct vhost_user *v, const struct conn_msg *msg, const void *body, size_t len);

/* The memory table: at the peer's own addresses, within one region.  0 or -EFAULT. */
int vhu_user_copy(struct vhost_user *v, uint64_t user, void *buf, size_t len, bool write);
void vhu_regions_clear(struct vhost_user *v);

void vhu_rings_init(struct vhost_user *v);
void vhu_rings_clear(struct vhost_user *v);	/* as after init; closes the descriptors */
bool vhu_ring_ready(const struct vhu_ring *r);	/* may be looked at */
void vhu_rings_look(struct vhost_user *v);	/* at those kicked before they were ready */
void vhu_ring_kicked(struct vhu_ring *r);
void vhu_ring_call(const struct vhu_ring *r);	/* the peer, if it wants to be called */
/*
 * The next buffer of a ring, into its chain.  1; 0: there is none; or -EPROTO,
 * and the peer has been given up.
 */
int vhu_ring_pop(struct vhu_ring *r);
bool vhu_ring_more(struct vhu_ring *r);	/* whether there is one */
/* Tells the peer whether to kick us when it adds buffers.  0 or -EPROTO. */
int vhu_ring_set_quiet(struct vhu_ring *r, bool quiet);
/* Gives the chain back, with len bytes written, and calls the peer. */
void vhu_ring_push(struct vhu_ring *r, uint32_t len);
/* Copies at off of the readable or to the writable part of the chain; the
 * caller keeps within their lengths.  0, or -EPROTO as above. */
int vhu_chain_read(struct vhu_ring *r, size_t off, void *buf, size_t len);
int vhu_chain_write(struct vhu_ring *r, const void *buf, size_t len);

/* The chain of r holds an access: carried out and answered.  Bytes written, or
 * -EPROTO as above. */
int vhu_pci_access(struct vhost_user *v, struct vhu_ring *r);
/* Sends an interrupt; see ops->irq. */
int vhu_pci_irq(struct vhost_user *v, const struct transport_irq *irq);

#endif
