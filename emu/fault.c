/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of the controller: completions that are not as they should be. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "emu/admin.h"
#include "emu/fault.h"
#include "emu/provoke.h"
#include "emu/queue.h"
#include "spec/table.h"

enum {
	TORN_LEN = cqe_cid_OFFSET,	/* bytes of an entry that a torn one lacks */
	RETRY_NS = 1000000,
	NR_RETRIES = 10000,	/* while guest memory cannot be reached */
};

/* What is still to be written into a completion queue, in ctrl->lates. */
struct late {
	struct late *next;
	struct ctrl *ctrl;
	struct loop_timer timer;
	struct inject_name *name;
	struct nvmetap_plugin *plugin;
	struct nvmetap_event of;	/* the completion's */
	struct nvme_command sqe;
	struct nvme_completion cpl;
	uint64_t iova, arg;
	uint8_t bytes[NVME_CQE_SIZE];
	uint8_t len;
	uint8_t fault;
	uint16_t cqid;
	uint32_t life;		/* of the queue that it belonged to */
	unsigned int tries;
};

static void tell(struct late *late, uint8_t how)
{
	const struct inject_note note = {
		.name = late->name,
		.ev = &late->of,
		.arg = late->arg,
		.how = how,
		.fault = late->fault,
	};

	inject_tell(late->ctrl->taps, &note);
}

static void late_free(struct late *late)
{
	struct late **at = &late->ctrl->lates;

	while (*at != late)
		at = &(*at)->next;
	*at = late->next;
	loop_timer_cancel(late->ctrl->loop, &late->timer);
	free(late);
}

static void late_end(struct late *late, uint8_t how)
{
	tell(late, how);
	late_free(late);
}

/* As an entry of its queue, if that still lives, or where it would have been. */
static int write_now(struct late *late)
{
	struct ctrl *ctrl = late->ctrl;
	struct cq *cq = &ctrl->cq[late->cqid];
	int rc;

	if (late->fault != NVMETAP_FAULT_ZOMBIE || cq->life != late->life || cq_full(cq))
		return ctrl_dma_write(ctrl, late->iova, late->bytes, late->len);
	late->cpl.status = (uint16_t)((late->cpl.status & ~1u) | cq->phase);
	rc = cq_post(ctrl, late->cqid, &late->cpl, 0);
	ctrl_kick(ctrl);
	return rc;
}

static void late_write(struct late *late)
{
	struct ctrl *ctrl = late->ctrl;
	int rc = write_now(late);

	if (rc == -EAGAIN && late->tries++ < NR_RETRIES &&
	    loop_timer_set(ctrl->loop, &late->timer, loop_now_ns() + RETRY_NS) == 0)
		return;
	late_end(late, rc == 0 ? NVMETAP_INJECT_EFFECT : NVMETAP_INJECT_REVOKED);
}

static void late_timer(struct loop_timer *timer)
{
	late_write((struct late *)((char *)timer - offsetof(struct late, timer)));
}

/* Of what cmd's completion lacks, to be written at at_ns.  NULL: no memory. */
static struct late *late_new(struct cmd *cmd, uint8_t fault, uint64_t arg, uint64_t at_ns)
{
	struct ctrl *ctrl = cmd->ctrl;
	struct late *late = calloc(1, sizeof(*late));

	if (late == NULL)
		return NULL;
	late->timer.fn = late_timer;
	if (loop_timer_set(ctrl->loop, &late->timer, at_ns) != 0) {
		free(late);
		return NULL;
	}
	late->ctrl = ctrl;
	late->name = cmd->held.name;
	late->plugin = cmd->held.plugin;
	late->of = cmd_tapped_event(cmd);
	late->sqe = cmd->sqe;
	late->cpl = cmd->cpl;
	late->of.cmd = &late->sqe;
	late->of.cpl = &late->cpl;
	late->arg = arg;
	late->fault = fault;
	late->cqid = cmd->cqid;
	late->life = ctrl->cq[cmd->cqid].life;
	late->next = ctrl->lates;
	ctrl->lates = late;
	return late;
}

/* Without memory for a timer it is whole. */
static struct late *late_torn(struct cmd *cmd)
{
	struct late *late = late_new(cmd, NVMETAP_FAULT_TORN, cmd->torn_ns,
				     loop_now_ns() + cmd->torn_ns);
	const struct cq *cq = &cmd->ctrl->cq[cmd->cqid];

	if (late == NULL)
		return NULL;
	late->iova = cq->base + (uint64_t)cq->tail * NVME_CQE_SIZE;
	late->len = TORN_LEN;
	cqe_encode(&cmd->cpl, late->bytes);
	return late;
}

static int post(struct cmd *cmd)
{
	struct ctrl *ctrl = cmd->ctrl;
	struct late *late = cmd->torn ? late_torn(cmd) : NULL;
	struct nvme_completion cpl = cmd->cpl;
	unsigned int phase = ctrl->cq[cmd->cqid].phase;
	int rc;

	cpl.status = (uint16_t)((cpl.status & ~1u) | (phase ^ cmd->wrong_phase));
	rc = cq_post(ctrl, cmd->cqid, &cpl, late != NULL ? TORN_LEN : 0);
	if (rc != 0 && late != NULL)
		late_free(late);
	return rc;
}

int fault_post(struct cmd *cmd)
{
	struct cq *cq = &cmd->ctrl->cq[cmd->cqid];
	int rc = post(cmd);

	if (rc == 0 && cmd->twice && !cq_full(cq))
		rc = post(cmd);
	if (rc == 0 && cmd->quiet)
		cq_announce_not(cmd->ctrl, cmd->cqid);
	return rc;
}

static void held_timer(struct loop_timer *timer)
{
	struct cmd *cmd = (struct cmd *)((char *)timer - offsetof(struct cmd, timer));
	const struct nvmetap_event ev = cmd_tapped_event(cmd);
	const struct inject_note note = {
		.name = cmd->held.name,
		.ev = &ev,
		.arg = cmd->late_ns,
		.how = NVMETAP_INJECT_EFFECT,
		.fault = cmd->late,
	};

	inject_tell(cmd->ctrl->taps, &note);
	cmd->late = 0;
	cmd_make_ready(cmd);
}

/* false: without memory for a timer it is not held back. */
static bool hold_back(struct cmd *cmd, uint8_t fault, uint64_t arg)
{
	cmd->timer.fn = held_timer;
	if (loop_timer_set(cmd->ctrl->loop, &cmd->timer, loop_now_ns() + arg) != 0)
		return false;
	cmd->state = CMD_HELD;
	cmd->late = fault;
	cmd->late_ns = arg;
	return true;
}

static const struct tap_fault *take(struct cmd *cmd, unsigned int fault)
{
	const struct tap_fault *taken = provoke_take(cmd->ctrl->taps, fault, cmd->tap_seq);

	if (taken == NULL)
		return NULL;
	cmd->held.plugin = taken->plugin;
	cmd->held.name = taken->name;
	cmd->faulty = true;
	return taken;
}

bool fault_at_writeback(struct cmd *cmd)
{
	struct cq *cq = &cmd->ctrl->cq[cmd->cqid];
	const struct tap_fault *fault;

	if (!provoke_any(cmd->ctrl->taps))
		return true;
	fault = take(cmd, NVMETAP_FAULT_OVERRUN);
	if (fault != NULL)
		cq->overrun = fault->arg != 0 ? (uint32_t)fault->arg : UINT32_MAX;
	cmd->wrong_phase = take(cmd, NVMETAP_FAULT_PHASE) != NULL;
	cmd->twice = take(cmd, NVMETAP_FAULT_DUPLICATE) != NULL;
	fault = take(cmd, NVMETAP_FAULT_TORN);
	cmd->torn = fault != NULL;
	cmd->torn_ns = fault != NULL ? fault->arg : 0;
	fault = take(cmd, NVMETAP_FAULT_ZOMBIE);
	if (fault != NULL)
		return !hold_back(cmd, NVMETAP_FAULT_ZOMBIE, fault->arg);
	fault = take(cmd, NVMETAP_FAULT_EARLY_IRQ);
	if (fault == NULL || !hold_back(cmd, NVMETAP_FAULT_EARLY_IRQ, fault->arg))
		return true;
	cmd->quiet = true;
	cq_announce(cmd->ctrl, cmd->cqid);
	return false;
}

/* Where the queue's next completions would have been, one behind the other. */
static void zombie_place(struct late *late)
{
	const struct cq *cq = &late->ctrl->cq[late->cqid];
	uint32_t slot = cq->tail;
	bool phase = cq->phase;

	for (const struct late *at = late->next; at != NULL; at = at->next) {
		if (at->fault != NVMETAP_FAULT_ZOMBIE || at->cqid != late->cqid ||
		    at->life != late->life || ++slot != cq->size)
			continue;
		slot = 0;
		phase = !phase;
	}
	late->iova = cq->base + (uint64_t)slot * NVME_CQE_SIZE;
	late->len = NVME_CQE_SIZE;
	late->cpl.status = (uint16_t)((late->cpl.status & ~1u) | phase);
	cqe_encode(&late->cpl, late->bytes);
}

void fault_revoke(struct cmd *cmd)
{
	struct late *late;

	if (cmd->late != NVMETAP_FAULT_ZOMBIE)
		return;
	late = late_new(cmd, NVMETAP_FAULT_ZOMBIE, cmd->late_ns, cmd->timer.at_ns);
	if (late != NULL)
		zombie_place(late);
}

void fault_reset(struct ctrl *ctrl)
{
	struct late *next;

	for (struct late *late = ctrl->lates; late != NULL; late = next) {
		next = late->next;
		if (late->fault != NVMETAP_FAULT_ZOMBIE)
			late_end(late, NVMETAP_INJECT_REVOKED);
	}
}

void fault_cq_gone(struct ctrl *ctrl, uint16_t cqid)
{
	struct late *next;

	for (struct late *late = ctrl->lates; late != NULL; late = next) {
		next = late->next;
		if (late->fault != NVMETAP_FAULT_ZOMBIE && late->cqid == cqid)
			late_end(late, NVMETAP_INJECT_REVOKED);
	}
}

void fault_end(struct ctrl *ctrl)
{
	while (ctrl->lates != NULL)
		late_end(ctrl->lates, NVMETAP_INJECT_REVOKED);
}

void fault_abandon(struct ctrl *ctrl, struct nvmetap_plugin *plugin)
{
	struct late *next;

	ctrl_abandon(ctrl, plugin);
	ctrl->host->abandon(ctrl->host_ctx, plugin);
	for (struct late *late = ctrl->lates; late != NULL; late = next) {
		next = late->next;
		if (late->plugin != plugin)
			continue;
		if (late->fault == NVMETAP_FAULT_ZOMBIE)
			late_end(late, NVMETAP_INJECT_REVOKED);
		else
			late_write(late);
	}
}

void fault_host(void *ctx, struct inject_name *name, unsigned int fault, uint64_t arg)
{
	struct ctrl *ctrl = ctx;

	if (fault == NVMETAP_FAULT_CFS)
		ctrl_fatal(ctrl, NVMETAP_BY_PLUGIN);
	else if (fault == NVMETAP_FAULT_ASYNC)
		aer_force(ctrl, (uint8_t)arg, (uint8_t)(arg >> 8), (uint8_t)(arg >> 16));
	else if (fault == NVMETAP_FAULT_GONE)
		ctrl->host->gone(ctrl->host_ctx, name, arg);
}
