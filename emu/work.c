/* SPDX-License-Identifier: BSD-2-Clause */
/* What the controller does between the messages of its transport. */
#include <errno.h>
#include "emu/cmd.h"
#include "emu/queue.h"

enum {
	BURST = 8,	/* commands of a queue before the next one's turn */
	BUDGET = 256,	/* commands before the loop's turn */
};

static bool can_work(struct ctrl *ctrl)
{
	return ctrl_ready(ctrl) && ctrl->host->bus_master(ctrl->host_ctx);
}

/* Those that are ready now; what they make ready has its turn later. */
static void run_ready(struct ctrl *ctrl)
{
	unsigned int nr = 0;
	struct cmd *cmd;

	for (cmd = ctrl->ready.first; cmd != NULL; cmd = cmd->next)
		nr++;
	while (nr-- > 0 && can_work(ctrl) && (cmd = cmd_list_pop(&ctrl->ready)) != NULL) {
		cmd->state = CMD_RUNNING;
		cmd_run(cmd);
	}
}

static void post_waiting(struct ctrl *ctrl)
{
	struct cmd *cmd;

	for (unsigned int qid = 0; qid < CTRL_NR_QUEUES; qid++) {
		struct cq *cq = &ctrl->cq[qid];

		while (cq->size != 0 && cq->waiting.first != NULL && cq_takes(cq) &&
		       can_work(ctrl)) {
			cmd = cmd_list_pop(&cq->waiting);
			cmd_run(cmd);
		}
	}
}

/* false: not now, or not at all: a command that could not be fetched leaves no
 * trace but CSTS.CFS. */
static bool fetch_one(struct ctrl *ctrl, struct cmd *cmd)
{
	unsigned int tap = cmd->sqid == 0 ? NVMETAP_TAP_ADMIN_DECODE : NVMETAP_TAP_IO_DECODE;
	int rc = sq_fetch(ctrl, cmd->sqid, &cmd->sqe);

	if (rc != 0) {
		cmd_free(cmd);
		if (rc == -EAGAIN)
			ctrl_kick(ctrl);
		else
			ctrl_fatal(ctrl, NVMETAP_BY_ERROR);
		return false;
	}
	cmd_take_cid(cmd);
	/* For its latency; if its decoding is an event, the time of that does. */
	if (taps_armed(ctrl->taps) && !tap_armed(ctrl->taps, tap))
		cmd->ticks = nvmetap_ticks();
	cmd_run(cmd);
	return true;
}

/* How many commands were fetched; 0 if the queue is empty or has to wait. */
static unsigned int fetch_burst(struct ctrl *ctrl, uint16_t qid)
{
	const struct cq *cq = &ctrl->cq[ctrl->sq[qid].cqid];
	unsigned int nr = 0;
	struct cmd *cmd;

	while (nr < BURST && bit_test(ctrl->rung, qid) && can_work(ctrl) &&
	       cq->waiting.first == NULL && cq_takes(cq)) {
		cmd = cmd_new(ctrl, qid);
		if (cmd == NULL || !fetch_one(ctrl, cmd))
			break;
		nr++;
	}
	return nr;
}

/* One round over the queues.  How many commands were fetched. */
static unsigned int fetch_round(struct ctrl *ctrl)
{
	unsigned int nr = 0, qid = ctrl->turn;

	for (unsigned int i = 0; i < CTRL_NR_QUEUES; i++) {
		qid = qid + 1 < CTRL_NR_QUEUES ? qid + 1 : 0;
		if (bit_test(ctrl->rung, qid))
			nr += fetch_burst(ctrl, (uint16_t)qid);
		if (nr >= BUDGET)
			break;
	}
	ctrl->turn = qid;
	return nr;
}

static bool fetch_all(struct ctrl *ctrl)
{
	unsigned int nr, total = 0;

	do {
		if ((ctrl->rung[0] | ctrl->rung[1]) == 0)
			return false;
		nr = fetch_round(ctrl);
		total += nr;
	} while (nr > 0 && total < BUDGET);
	return nr > 0;
}

/* Section 7.5.1.1: INTx is asserted while an unmasked queue has entries that
 * the driver has not consumed. */
static bool intx_level(const struct ctrl *ctrl)
{
	for (unsigned int qid = 0; qid < CTRL_NR_QUEUES; qid++) {
		const struct cq *cq = &ctrl->cq[qid];

		if (cq->size != 0 && cq->ien && cq->head != cq->tail &&
		    (ctrl->intms >> (cq->vector & 31) & 1) == 0)
			return true;
	}
	return false;
}

/* Interrupts for what has been completed, and the level of INTx.  An interrupt may
 * be acted upon before the next one is sent: the last completion of a queue is to
 * be seen before the queue's deletion is. */
static void announce(struct ctrl *ctrl)
{
	bool msix = ctrl->host->msix(ctrl->host_ctx);
	uint64_t cause = 0;
	uint32_t count = 0, nr_new;

	for (unsigned int left = ctrl->posted.nr; left > 0 && ctrl->posted.nr > 0; left--) {
		const struct cq *cq = &ctrl->cq[cq_announced(ctrl, &nr_new)];

		if (!cq->ien)
			continue;
		if (msix)
			ctrl->host->irq(ctrl->host_ctx, cq->vector, cq->last_seq, nr_new);
		cause = cq->last_seq > cause ? cq->last_seq : cause;
		count += nr_new;
	}
	if (!msix)
		ctrl->host->intx(ctrl->host_ctx, intx_level(ctrl), cause, count);
}

void ctrl_work(struct ctrl *ctrl)
{
	bool more;

	if (ctrl->working)
		return;
	ctrl->working = true;
	if (ctrl->ready.first != NULL)
		run_ready(ctrl);
	post_waiting(ctrl);
	more = fetch_all(ctrl);
	ctrl->working = false;
	announce(ctrl);
	if (more || (ctrl->ready.first != NULL && can_work(ctrl)))
		ctrl_kick(ctrl);
}

static void kicked(struct loop_msg *msg)
{
	struct ctrl *ctrl = (struct ctrl *)((char *)msg - offsetof(struct ctrl, kick));

	ctrl->kicked = false;
	ctrl_work(ctrl);
}

void ctrl_kick(struct ctrl *ctrl)
{
	if (ctrl->kicked)
		return;
	ctrl->kicked = true;
	ctrl->kick.fn = kicked;
	loop_post(ctrl->loop, &ctrl->kick);
}
