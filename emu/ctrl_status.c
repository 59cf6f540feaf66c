/* SPDX-License-Identifier: BSD-2-Clause */
/* How the controller is at this moment. */
#include "emu/ctrl.h"
#include "emu/drive_status.h"

enum {
	CSTS_RDY = 1,
	CSTS_CFS = 2,
	CSTS_SHST = 12,
	CSTS_SHST_COMPLETE = 8,
	SECTOR = 512,		/* bytes; smart counts in these */
};

static const char *state(const struct ctrl *ctrl)
{
	if (ctrl->csts & CSTS_CFS)
		return "failed";
	if ((ctrl->csts & CSTS_SHST) == CSTS_SHST_COMPLETE)
		return "shut down";
	if (ctrl->disabling)
		return "disabling";
	if (ctrl->csts & CSTS_RDY)
		return "ready";
	return ctrl->enabling ? "enabling" : "disabled";
}

static void add_queues(const struct ctrl *ctrl, struct drive_status *status)
{
	struct drive_status_queue *to = status->queue;

	static_assert((int)DRIVE_STATUS_QUEUES == 2 * (int)CTRL_NR_QUEUES, "all of them");
	for (uint16_t qid = 0; qid < CTRL_NR_QUEUES; qid++) {
		const struct cq *cq = &ctrl->cq[qid];

		if (cq->size != 0)
			*to++ = (struct drive_status_queue){
				.qid = qid, .vector = cq->vector, .size = cq->size,
				.head = cq->head, .tail = cq->tail,
			};
	}
	for (uint16_t qid = 0; qid < CTRL_NR_QUEUES; qid++) {
		const struct sq *sq = &ctrl->sq[qid];

		if (sq->size != 0)
			*to++ = (struct drive_status_queue){
				.submission = true, .qid = qid, .cqid = sq->cqid, .size = sq->size,
				.head = sq->head, .tail = sq->tail,
				.nr_outstanding = sq->nr_cmds,
			};
	}
	status->nr_queues = (unsigned int)(to - status->queue);
}

static void count_commands(const struct ctrl *ctrl, struct drive_status *status)
{
	for (const struct cmd *cmd = ctrl->cmds; cmd < ctrl->cmds + CTRL_NR_CMDS; cmd++) {
		if (cmd->state == CMD_FREE || cmd->zombie)
			continue;
		status->nr_outstanding++;
		status->nr_held += cmd->state == CMD_HELD;
	}
}

void ctrl_status(const struct ctrl *ctrl, struct drive_status *status)
{
	status->state = state(ctrl);
	status->cc = ctrl->cc;
	status->csts = ctrl->csts;
	status->nr_reads = ctrl->smart.host_reads;
	status->nr_writes = ctrl->smart.host_writes;
	status->bytes_read = ctrl->smart.sectors_read * SECTOR;
	status->bytes_written = ctrl->smart.sectors_written * SECTOR;
	status->nr_errors = ctrl->errors.count;
	status->nr_power_cycles = ctrl->smart.power_cycles;
	status->nr_unsafe_shutdowns = ctrl->smart.unsafe_shutdowns;
	add_queues(ctrl, status);
	count_commands(ctrl, status);
}
