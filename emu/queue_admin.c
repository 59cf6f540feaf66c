/* SPDX-License-Identifier: BSD-2-Clause */
/* I/O queues as admin commands create and delete them. */
#include "emu/admin.h"
#include "emu/queue.h"
#include "spec/table.h"

enum {
	IOSQES = 6,	/* 64 bytes as a power of two */
	IOCQES = 4,
};

static bool qid_valid(uint32_t qid, uint32_t granted)
{
	return qid != 0 && qid <= granted;
}

/* Of a Delete. */
static uint16_t no_such_queue(struct cmd *cmd)
{
	return cmd_wrong(cmd, cmd_delete_queue_qid_PLACE, ST(INVALID_QUEUE_IDENTIFIER));
}

/* The queue size, 0's based, that both kinds of queue check alike. */
static bool size_valid(uint32_t qsize)
{
	return qsize != 0 && qsize < CTRL_MAX_ENTRIES;
}

static uint16_t check_create_cq(struct cmd *cmd, const uint8_t *sqe)
{
	const struct ctrl *ctrl = cmd->ctrl;
	uint32_t qid = (uint32_t)cmd_create_cq_qid_get(sqe);
	uint32_t vector = (uint32_t)cmd_create_cq_iv_get(sqe);

	if (!qid_valid(qid, ctrl->nr_cqs) || ctrl->cq[qid].size != 0)
		return cmd_wrong(cmd, cmd_create_cq_qid_PLACE, ST(INVALID_QUEUE_IDENTIFIER));
	if (!size_valid((uint32_t)cmd_create_cq_qsize_get(sqe)) ||
	    bits_get(ctrl->cc, 20, 4) != IOCQES)
		return ST(INVALID_QUEUE_SIZE);
	if (!cmd_create_cq_pc_get(sqe))
		return cmd_wrong(cmd, cmd_create_cq_pc_PLACE, ST(INVALID_FIELD));
	if (sqe_prp1_get(sqe) % CTRL_PAGE != 0)
		return cmd_wrong(cmd, sqe_prp1_PLACE, ST(PRP_OFFSET_INVALID));
	if (vector >= CTRL_NR_VECTORS || (vector != 0 && !ctrl->host->msix(ctrl->host_ctx)))
		return ST(INVALID_INTERRUPT_VECTOR);
	return 0;
}

enum cmd_next queue_create_cq(struct cmd *cmd)
{
	uint8_t sqe[NVME_SQE_SIZE];
	uint16_t qid, code;

	sqe_encode(&cmd->sqe, sqe);
	code = check_create_cq(cmd, sqe);
	if (code != 0)
		return cmd_fail(cmd, code);
	qid = (uint16_t)cmd_create_cq_qid_get(sqe);
	cq_init(cmd->ctrl, qid, cmd->sqe.prp1, (uint32_t)cmd_create_cq_qsize_get(sqe) + 1,
		(uint16_t)cmd_create_cq_iv_get(sqe), cmd_create_cq_ien_get(sqe));
	queue_fire(cmd->ctrl, NVMETAP_CQ, qid, NVMETAP_QUEUE_CREATED, cmd->seq);
	return CMD_NEXT;
}

static uint16_t check_create_sq(struct cmd *cmd, const uint8_t *sqe)
{
	const struct ctrl *ctrl = cmd->ctrl;
	uint32_t qid = (uint32_t)cmd_create_sq_qid_get(sqe);
	uint32_t cqid = (uint32_t)cmd_create_sq_cqid_get(sqe);

	if (!qid_valid(qid, ctrl->nr_sqs) || ctrl->sq[qid].size != 0)
		return cmd_wrong(cmd, cmd_create_sq_qid_PLACE, ST(INVALID_QUEUE_IDENTIFIER));
	if (!qid_valid(cqid, ctrl->nr_cqs))
		return cmd_wrong(cmd, cmd_create_sq_cqid_PLACE, ST(INVALID_QUEUE_IDENTIFIER));
	if (ctrl->cq[cqid].size == 0)
		return ST(COMPLETION_QUEUE_INVALID);
	if (!size_valid((uint32_t)cmd_create_sq_qsize_get(sqe)) ||
	    bits_get(ctrl->cc, 16, 4) != IOSQES)
		return ST(INVALID_QUEUE_SIZE);
	if (!cmd_create_sq_pc_get(sqe))
		return cmd_wrong(cmd, cmd_create_sq_pc_PLACE, ST(INVALID_FIELD));
	if (sqe_prp1_get(sqe) % CTRL_PAGE != 0)
		return cmd_wrong(cmd, sqe_prp1_PLACE, ST(PRP_OFFSET_INVALID));
	return 0;
}

enum cmd_next queue_create_sq(struct cmd *cmd)
{
	uint8_t sqe[NVME_SQE_SIZE];
	uint16_t qid, code;

	sqe_encode(&cmd->sqe, sqe);
	code = check_create_sq(cmd, sqe);
	if (code != 0)
		return cmd_fail(cmd, code);
	qid = (uint16_t)cmd_create_sq_qid_get(sqe);
	sq_init(cmd->ctrl, qid, cmd->sqe.prp1, (uint32_t)cmd_create_sq_qsize_get(sqe) + 1,
		(uint16_t)cmd_create_sq_cqid_get(sqe));
	queue_fire(cmd->ctrl, NVMETAP_SQ, qid, NVMETAP_QUEUE_CREATED, cmd->seq);
	return CMD_NEXT;
}

enum cmd_next queue_delete_cq(struct cmd *cmd)
{
	struct ctrl *ctrl = cmd->ctrl;
	uint16_t qid = (uint16_t)cmd->sqe.cdw10;

	if (qid == 0 || qid >= CTRL_NR_QUEUES || ctrl->cq[qid].size == 0)
		return cmd_fail(cmd, no_such_queue(cmd));
	if (ctrl->cq[qid].nr_sqs != 0)
		return cmd_fail(cmd, ST(INVALID_QUEUE_DELETION));
	queue_fire(ctrl, NVMETAP_CQ, qid, NVMETAP_QUEUE_DELETED, cmd->seq);
	cq_delete(ctrl, qid);
	return CMD_NEXT;
}

/* What a plug-in holds is aborted; a completion that waits for room, or is held
 * back by a fault, is discarded; what is in the back end will come back. */
static void sq_drain(struct ctrl *ctrl, uint16_t qid)
{
	for (struct cmd *cmd = ctrl->cmds; cmd < ctrl->cmds + CTRL_NR_CMDS; cmd++) {
		if (cmd->sqid != qid || cmd->zombie)
			continue;
		if (cmd->state == CMD_WAITING || (cmd->state == CMD_HELD && cmd->late != 0))
			cmd_revoke(cmd);
		else if (cmd->state == CMD_HELD)
			cmd_abort(cmd, ST(ABORTED_SQ_DELETION));
	}
}

static void sq_closed(struct ctrl *ctrl, uint16_t qid, uint64_t cause)
{
	queue_fire(ctrl, NVMETAP_SQ, qid, NVMETAP_QUEUE_DELETED, cause);
	sq_delete(ctrl, qid);
}

enum cmd_next queue_delete_sq(struct cmd *cmd)
{
	struct ctrl *ctrl = cmd->ctrl;
	uint16_t qid = (uint16_t)cmd->sqe.cdw10;

	if (qid == 0 || qid >= CTRL_NR_QUEUES || ctrl->sq[qid].size == 0 ||
	    ctrl->sq[qid].closing != NULL)
		return cmd_fail(cmd, no_such_queue(cmd));
	bit_clear(ctrl->rung, qid);
	cmd->state = CMD_DELETING;
	ctrl->sq[qid].nr_cmds++;	/* of our own, until all are drained */
	ctrl->sq[qid].closing = cmd;
	sq_drain(ctrl, qid);
	queue_cmd_gone(ctrl, qid);
	return CMD_WAIT;
}

void queue_cmd_gone(struct ctrl *ctrl, uint16_t sqid)
{
	struct sq *sq = &ctrl->sq[sqid];
	struct cmd *closing = sq->closing;

	if (--sq->nr_cmds != 0 || closing == NULL)
		return;
	sq_closed(ctrl, sqid, closing->seq);
	cmd_finish(closing);
}
