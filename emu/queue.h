/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Submission and completion queues: creation, doorbells, entries.  NVM Express
 * 1.4 sections 4.1, 5.3 to 5.6.  Controller's thread.
 */
#ifndef EMU_QUEUE_H
#define EMU_QUEUE_H

#include "emu/cmd.h"

void sq_init(struct ctrl *ctrl, uint16_t qid, uint64_t base, uint32_t size, uint16_t cqid);
void cq_init(struct ctrl *ctrl, uint16_t qid, uint64_t base, uint32_t size, uint16_t vector,
	     bool ien);
/* The queue has no command left, or its commands have been revoked. */
void sq_delete(struct ctrl *ctrl, uint16_t qid);
void cq_delete(struct ctrl *ctrl, uint16_t qid);
/* No queue is left, without an event: a reset. */
void queues_clear(struct ctrl *ctrl);

/* Section 3.1.24 and 3.1.25; width and alignment are right.  A value or a
 * queue that is not valid becomes an asynchronous event and is ignored. */
void doorbell_write(struct ctrl *ctrl, uint64_t off, uint32_t value);
/* The last value of the doorbell at off (and which it is), for events. */
uint32_t doorbell_old(const struct ctrl *ctrl, uint64_t off, uint8_t *kind, uint16_t *qid);

static inline uint32_t ring_used(uint32_t size, uint32_t head, uint32_t tail)
{
	return tail >= head ? tail - head : size - head + tail;
}

static inline bool cq_full(const struct cq *cq)
{
	return ring_used(cq->size, cq->head, cq->tail) == cq->size - 1;
}

/* Reads the next entry of an SQ that has one.  0 or -errno. */
int sq_fetch(struct ctrl *ctrl, uint16_t qid, struct nvme_command *sqe);
/* Whether a completion can be posted: there is room, or it overruns. */
static inline bool cq_takes(const struct cq *cq)
{
	return !cq_full(cq) || cq->overrun != 0;
}

/* A completion of the CQ is to be announced by an interrupt; or not, after all. */
void cq_announce(struct ctrl *ctrl, uint16_t cqid);
void cq_announce_not(struct ctrl *ctrl, uint16_t cqid);
/* The CQ that waits longest has been announced: which it was, and how many
 * completions.  There is one. */
uint16_t cq_announced(struct ctrl *ctrl, uint32_t *nr_new);

/* Posts cpl, without its first skip bytes (0 or up to its last Dword), to a CQ
 * that takes one.  0 or -errno. */
int cq_post(struct ctrl *ctrl, uint16_t cqid, const struct nvme_completion *cpl, size_t skip);

/* An event of the queue, created or deleted, or as it is (for a snapshot). */
void queue_fire(struct ctrl *ctrl, uint8_t type, uint16_t qid, uint8_t state, uint64_t cause);

/* Admin handlers. */
enum cmd_next queue_create_sq(struct cmd *cmd);
enum cmd_next queue_create_cq(struct cmd *cmd);
enum cmd_next queue_delete_sq(struct cmd *cmd);
enum cmd_next queue_delete_cq(struct cmd *cmd);
/* A command of this queue has been completed or revoked. */
void queue_cmd_gone(struct ctrl *ctrl, uint16_t sqid);

#endif
