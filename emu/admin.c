/* SPDX-License-Identifier: BSD-2-Clause */
/* The admin command set: who handles which opcode, and Abort. */
#include "emu/admin.h"
#include "emu/queue.h"
#include "spec/table.h"

/* Section 5.1.  What is in the back end cannot be stopped. */
static enum cmd_next abort_execute(struct cmd *cmd)
{
	struct cmd *victim = cmd_find(cmd->ctrl, (uint16_t)cmd->sqe.cdw10,
				      (uint16_t)(cmd->sqe.cdw10 >> 16));
	bool aborted = victim != NULL && victim != cmd &&
		       cmd_abort(victim, ST(ABORTED_BY_REQUEST));

	cmd->cpl.cdw0 = !aborted;
	return CMD_NEXT;
}

const struct op admin_ops[256] = {
	[NVME_OPC_DELETE_IO_SQ] = { NULL, queue_delete_sq, 0 },
	[NVME_OPC_CREATE_IO_SQ] = { NULL, queue_create_sq, 0 },
	[NVME_OPC_GET_LOG_PAGE] = { log_prepare, log_execute, 0 },
	[NVME_OPC_DELETE_IO_CQ] = { NULL, queue_delete_cq, 0 },
	[NVME_OPC_CREATE_IO_CQ] = { NULL, queue_create_cq, 0 },
	[NVME_OPC_IDENTIFY] = { identify_prepare, identify_execute, 0 },
	[NVME_OPC_ABORT] = { NULL, abort_execute, 0 },
	[NVME_OPC_SET_FEATURES] = { NULL, feature_set, 0 },
	[NVME_OPC_GET_FEATURES] = { NULL, feature_get, 0 },
	[NVME_OPC_ASYNC_EVENT_REQUEST] = { NULL, aer_execute, 0 },
};
