/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the vfio-user server share.  On the controller's thread. */
#ifndef EMU_VFIO_USER_SERVER_H
#define EMU_VFIO_USER_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "emu/server.h"
#include "emu/vfio_user_proto.h"

enum {
	VU_NR_IRQ_TYPES = 5,		/* INTx, MSI, MSI-X, ERR, REQ */
	VU_ANSWER_MS = 2000,		/* for the answer to a DMA message; QEMU gives us 5 s */
	VU_BUSY_MS = 500,		/* the same, once the peer waits for us too */
	VU_SEND_MS = 2000,		/* for a peer that does not read */
	VU_MAX_WAITING = 4096,		/* messages that came while an answer was awaited */
	VU_MAX_WAITING_BYTES = 16 << 20,
	VU_MAX_LATE = 16,		/* DMA messages whose answer never came */
};

struct vu_irq {
	int fd;		/* eventfd to trigger it, or -1 */
	bool masked;
};

struct vu_irqs {
	struct vu_irq *irq;		/* of all types, one type after the other */
	unsigned int first[VU_NR_IRQ_TYPES + 1];	/* index of each type's first */
	int mask_fd, unmask_fd;		/* INTx: told of masking; asked to unmask */
};

/* Messages in the order of their arrival. */
struct vu_queue {
	struct conn_msg *first, **last;
	unsigned int nr, nr_unanswered;	/* unanswered: those that want a reply */
	size_t bytes;
};

struct vfio_user {
	struct server server;
	bool answering;			/* a request waits for its reply */
	struct vu_irqs irqs;
	struct vu_queue waiting;
	uint64_t peer_max_xfer;		/* bytes of data in a message to the peer */
	uint16_t next_id;
	uint16_t late[VU_MAX_LATE];
	unsigned int nr_late;
};

struct vu_reply {
	uint8_t head[VU_MAP_LEN];	/* the fixed part */
	size_t head_len;
	uint8_t *data;			/* what follows it, from malloc, or NULL */
	size_t data_len;
};

/* A handler checks the message beyond its fixed part, which is there, does
 * what it says and fills in the reply.  0 or the -errno to answer with. */
typedef int vu_handler_fn(struct vfio_user *v, struct conn_msg *msg, struct vu_reply *reply);

vu_handler_fn vu_version;
vu_handler_fn vu_dma_map, vu_dma_unmap;
vu_handler_fn vu_get_info, vu_get_region_info, vu_region_read, vu_region_write;
vu_handler_fn vu_get_irq_info, vu_set_irqs;

/* Every interrupt unassigned.  0 or -ENOMEM. */
int vu_irqs_init(struct vfio_user *v, const struct device *dev);
void vu_irqs_clear(struct vfio_user *v);
void vu_irqs_fini(struct vfio_user *v);
int vu_irq(struct vfio_user *v, const struct transport_irq *irq);

/* guestmem_message_fn: asks the client, and waits for its answer. */
int vu_dma_message(void *ctx, uint64_t iova, void *buf, size_t len, bool write);
/* An answer nobody waits for: true if it is only late. */
bool vu_dma_is_late(struct vfio_user *v, const struct conn_msg *msg);

void vu_queue_init(struct vu_queue *q);
int vu_queue_push(struct vu_queue *q, struct conn_msg *msg);	/* 0 or -ENOBUFS */
struct conn_msg *vu_queue_pop(struct vu_queue *q);		/* or NULL */
void vu_queue_clear(struct vu_queue *q);

#endif
