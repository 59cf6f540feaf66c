/* SPDX-License-Identifier: BSD-2-Clause */
/* Submission and completion queues. */
#include <stdatomic.h>
#include <string.h>
#include "emu/admin.h"
#include "emu/fault.h"
#include "emu/provoke.h"
#include "emu/queue.h"
#include "spec/table.h"

enum {
	AER_INVALID_REGISTER = 0,	/* section 5.2.1, figure 146 */
	AER_INVALID_VALUE = 1,
};

static struct nvmetap_queue queue_info(const struct ctrl *ctrl, uint8_t type, uint16_t qid,
				       uint8_t state)
{
	struct nvmetap_queue info = { .qid = qid, .type = type, .state = state };
	const struct sq *sq = &ctrl->sq[qid];
	const struct cq *cq = &ctrl->cq[qid];

	info.base = type == NVMETAP_SQ ? sq->base : cq->base;
	info.size = type == NVMETAP_SQ ? sq->size : cq->size;
	info.head = type == NVMETAP_SQ ? sq->head : cq->head;
	info.tail = type == NVMETAP_SQ ? sq->tail : cq->tail;
	if (type == NVMETAP_SQ) {
		info.cqid = sq->cqid;
	} else {
		info.phase = cq->phase;
		info.ien = cq->ien;
		info.vector = cq->vector;
	}
	return info;
}

/* The fault stale-queue: the queue goes on where it once ended. */
static void queue_stale(struct ctrl *ctrl, struct nvmetap_event *ev)
{
	const struct tap_fault *fault =
		provoke_take(ctrl->taps, NVMETAP_FAULT_STALE_QUEUE, ev->seq);
	struct nvmetap_queue was = *ev->queue;
	struct nvmetap_event before = *ev;
	const struct inject_note note = {
		.name = fault != NULL ? fault->name : NULL,
		.ev = ev,
		.was = &before,
		.how = NVMETAP_INJECT_EFFECT,
		.fault = NVMETAP_FAULT_STALE_QUEUE,
	};
	struct sq *sq = &ctrl->sq[was.qid];
	struct cq *cq = &ctrl->cq[was.qid];

	if (fault == NULL)
		return;
	before.queue = &was;
	if (was.type == NVMETAP_SQ) {
		sq->head = ctrl->old_sq[was.qid].head % sq->size;
		sq->tail = ctrl->old_sq[was.qid].tail % sq->size;
	} else {
		cq->head = ctrl->old_cq[was.qid].head % cq->size;
		cq->tail = ctrl->old_cq[was.qid].tail % cq->size;
		cq->phase = ctrl->old_cq[was.qid].phase;
	}
	*ev->queue = queue_info(ctrl, was.type, was.qid, was.state);
	inject_tell(ctrl->taps, &note);
}

void queue_fire(struct ctrl *ctrl, uint8_t type, uint16_t qid, uint8_t state, uint64_t cause)
{
	struct nvmetap_queue info;
	struct nvmetap_event ev;

	if (!tap_armed(ctrl->taps, NVMETAP_TAP_QUEUE))
		return;
	info = queue_info(ctrl, type, qid, state);
	ev = tap_event(NVMETAP_TAP_QUEUE);
	ev.qkind = qid == 0 ? NVMETAP_QUEUE_ADMIN : NVMETAP_QUEUE_IO;
	ev.cause = cause;
	if (type == NVMETAP_SQ) {
		ev.sqid = qid;
		ev.cqid = ctrl->sq[qid].cqid;
	} else {
		ev.qkind |= NVMETAP_CQ_ONLY;
		ev.cqid = qid;
	}
	ev.queue = &info;
	tap_fire(ctrl->taps, &ev);
	queue_stale(ctrl, &ev);
}

void sq_init(struct ctrl *ctrl, uint16_t qid, uint64_t base, uint32_t size, uint16_t cqid)
{
	struct sq *sq = &ctrl->sq[qid];

	memset(sq, 0, sizeof(*sq));
	sq->base = base;
	sq->size = size;
	sq->cqid = cqid;
	ctrl->cq[cqid].nr_sqs++;
	bit_clear(ctrl->rung, qid);
}

void cq_init(struct ctrl *ctrl, uint16_t qid, uint64_t base, uint32_t size, uint16_t vector,
	     bool ien)
{
	struct cq *cq = &ctrl->cq[qid];

	memset(cq, 0, sizeof(*cq));
	cq->base = base;
	cq->size = size;
	cq->vector = vector;
	cq->ien = ien;
	cq->phase = true;
	cq->life = ++ctrl->lives;
	cmd_list_init(&cq->waiting);
}

void cq_announce(struct ctrl *ctrl, uint16_t cqid)
{
	if (ctrl->cq[cqid].nr_new++ == 0)
		turns_add(&ctrl->posted, cqid);
}

void cq_announce_not(struct ctrl *ctrl, uint16_t cqid)
{
	if (--ctrl->cq[cqid].nr_new == 0)
		turns_remove(&ctrl->posted, cqid);
}

uint16_t cq_announced(struct ctrl *ctrl, uint32_t *nr_new)
{
	uint16_t cqid = ctrl->posted.list[0];

	*nr_new = ctrl->cq[cqid].nr_new;
	ctrl->cq[cqid].nr_new = 0;
	turns_remove(&ctrl->posted, cqid);
	return cqid;
}

static void sq_remember(struct ctrl *ctrl, unsigned int qid)
{
	const struct sq *sq = &ctrl->sq[qid];

	if (sq->size != 0)
		ctrl->old_sq[qid] = (struct old_queue){ sq->head, sq->tail, false };
}

static void cq_remember(struct ctrl *ctrl, unsigned int qid)
{
	const struct cq *cq = &ctrl->cq[qid];

	if (cq->size != 0)
		ctrl->old_cq[qid] = (struct old_queue){ cq->head, cq->tail, cq->phase };
}

void sq_delete(struct ctrl *ctrl, uint16_t qid)
{
	sq_remember(ctrl, qid);
	ctrl->cq[ctrl->sq[qid].cqid].nr_sqs--;
	memset(&ctrl->sq[qid], 0, sizeof(ctrl->sq[qid]));
	bit_clear(ctrl->rung, qid);
}

void cq_delete(struct ctrl *ctrl, uint16_t qid)
{
	fault_cq_gone(ctrl, qid);
	cq_remember(ctrl, qid);
	memset(&ctrl->cq[qid], 0, sizeof(ctrl->cq[qid]));
	turns_remove(&ctrl->posted, qid);
}

void queues_clear(struct ctrl *ctrl)
{
	fault_reset(ctrl);
	for (unsigned int qid = 0; qid < CTRL_NR_QUEUES; qid++) {
		sq_remember(ctrl, qid);
		cq_remember(ctrl, qid);
	}
	memset(ctrl->sq, 0, sizeof(ctrl->sq));
	memset(ctrl->cq, 0, sizeof(ctrl->cq));
	memset(ctrl->rung, 0, sizeof(ctrl->rung));
	ctrl->posted.nr = 0;
}

uint32_t doorbell_old(const struct ctrl *ctrl, uint64_t off, uint8_t *kind, uint16_t *qid)
{
	uint64_t index = (off - NVME_REG_DOORBELLS) / 4;

	*qid = (uint16_t)(index / 2);
	*kind = index % 2 == 0 ? NVMETAP_DOORBELL_SQ : NVMETAP_DOORBELL_CQ;
	if (*qid >= CTRL_NR_QUEUES)
		return 0;
	return *kind == NVMETAP_DOORBELL_SQ ? ctrl->sq[*qid].tail : ctrl->cq[*qid].head;
}

/* Section 5.14.1.1: of no command, so with the status that fits best. */
static void doorbell_invalid(struct ctrl *ctrl, uint8_t info)
{
	uint16_t code = info == AER_INVALID_REGISTER ? ST(INVALID_QUEUE_IDENTIFIER) :
						       ST(INVALID_FIELD);
	unsigned int status;

	NVME_STATUS_SET(status, code >> 8, code);
	log_error(ctrl, NULL, (uint16_t)status);
	aer_raise(ctrl, NVME_AER_ERROR, info, NVME_LOG_ERROR);
}

/* The tail may not run over entries that have not been fetched. */
static void sq_ring(struct ctrl *ctrl, uint16_t qid, uint32_t tail)
{
	struct sq *sq = &ctrl->sq[qid];
	uint32_t room = sq->size - 1 - ring_used(sq->size, sq->head, sq->tail);

	if (tail >= sq->size || ring_used(sq->size, sq->tail, tail) > room) {
		doorbell_invalid(ctrl, AER_INVALID_VALUE);
		return;
	}
	sq->tail = tail;
	if (sq->head != sq->tail && sq->closing == NULL)
		bit_set(ctrl->rung, qid);
}

/* The head may not run over what has not been posted. */
static void cq_ring(struct ctrl *ctrl, uint16_t qid, uint32_t head)
{
	struct cq *cq = &ctrl->cq[qid];

	if (head >= cq->size ||
	    ring_used(cq->size, cq->head, head) > ring_used(cq->size, cq->head, cq->tail)) {
		doorbell_invalid(ctrl, AER_INVALID_VALUE);
		return;
	}
	cq->head = head;
}

void doorbell_write(struct ctrl *ctrl, uint64_t off, uint32_t value)
{
	uint16_t qid;
	uint8_t kind;

	if (!ctrl_ready(ctrl))
		return;
	doorbell_old(ctrl, off, &kind, &qid);
	if (qid >= CTRL_NR_QUEUES ||
	    (kind == NVMETAP_DOORBELL_SQ ? ctrl->sq[qid].size : ctrl->cq[qid].size) == 0)
		doorbell_invalid(ctrl, AER_INVALID_REGISTER);
	else if (kind == NVMETAP_DOORBELL_SQ)
		sq_ring(ctrl, qid, value & 0xffff);
	else
		cq_ring(ctrl, qid, value & 0xffff);
}

int sq_fetch(struct ctrl *ctrl, uint16_t qid, struct nvme_command *sqe)
{
	struct sq *sq = &ctrl->sq[qid];
	uint8_t bytes[NVME_SQE_SIZE];
	int rc = ctrl_dma_read(ctrl, sq->base + (uint64_t)sq->head * sizeof(bytes), bytes,
			       sizeof(bytes));

	if (rc != 0)
		return rc;
	sqe_decode(bytes, sqe);
	sq->head = sq->head + 1 == sq->size ? 0 : sq->head + 1;
	if (sq->head == sq->tail)
		bit_clear(ctrl->rung, qid);
	return 0;
}

/* The oldest entry counts as consumed, whether or not the driver has seen it. */
static void cq_overrun(struct cq *cq)
{
	cq->head = cq->head + 1 == cq->size ? 0 : cq->head + 1;
	if (cq->overrun != UINT32_MAX)
		cq->overrun--;
}

/* The driver polls the phase in the last dword: the rest must stand before it.
 * Pairs with the driver's read of the phase before that of the rest. */
int cq_post(struct ctrl *ctrl, uint16_t cqid, const struct nvme_completion *cpl, size_t skip)
{
	struct cq *cq = &ctrl->cq[cqid];
	uint64_t at = cq->base + (uint64_t)cq->tail * NVME_CQE_SIZE;
	uint8_t bytes[NVME_CQE_SIZE];
	int rc;

	cqe_encode(cpl, bytes);
	rc = ctrl_dma_write(ctrl, at + skip, bytes + skip, cqe_cid_OFFSET - skip);
	if (rc != 0)
		return rc;
	atomic_thread_fence(memory_order_release);
	rc = ctrl_dma_write(ctrl, at + cqe_cid_OFFSET, bytes + cqe_cid_OFFSET,
			    NVME_CQE_SIZE - cqe_cid_OFFSET);
	if (rc != 0)
		return rc;
	if (cq->overrun != 0 && cq_full(cq))
		cq_overrun(cq);
	if (++cq->tail == cq->size) {
		cq->tail = 0;
		cq->phase = !cq->phase;
	}
	cq_announce(ctrl, cqid);
	return 0;
}
