/* SPDX-License-Identifier: BSD-2-Clause */
/* What a reader needs who begins in the middle. */
#include <string.h>
#include "emu/cmd.h"
#include "emu/queue.h"
#include "spec/table.h"

static void fire_registers(struct ctrl *ctrl)
{
	uint8_t bytes[CTRL_REG_SIZE];

	static_assert((int)registers_SIZE <= (int)CTRL_REG_SIZE, "the registers of the record");
	reg_image(ctrl, bytes);
	tap_fire_text(ctrl->taps, NVMETAP_TAP_REGISTERS, 0, bytes, registers_SIZE);
}

static void fire_queues(struct ctrl *ctrl)
{
	for (uint16_t qid = 0; qid < CTRL_NR_QUEUES; qid++) {
		if (ctrl->cq[qid].size != 0)
			queue_fire(ctrl, NVMETAP_CQ, qid, NVMETAP_QUEUE_CREATED, 0);
	}
	for (uint16_t qid = 0; qid < CTRL_NR_QUEUES; qid++) {
		if (ctrl->sq[qid].size != 0)
			queue_fire(ctrl, NVMETAP_SQ, qid, NVMETAP_QUEUE_CREATED, 0);
	}
}

/* As at its decode, with the number of that event as its cause. */
static void fire_command(struct cmd *cmd)
{
	unsigned int tap = cmd->sqid == 0 ? NVMETAP_TAP_ADMIN_DECODE : NVMETAP_TAP_IO_DECODE;
	struct nvmetap_event ev;

	if (!tap_armed(cmd->ctrl->taps, tap))
		return;
	ev = cmd_event(cmd, tap);
	tap_fire(cmd->ctrl->taps, &ev);
}

void ctrl_snapshot(void *ctx)
{
	struct ctrl *ctrl = ctx;

	ctrl->host->session(ctrl->host_ctx);
	fire_registers(ctrl);
	fire_queues(ctrl);
	for (struct cmd *cmd = ctrl->cmds; cmd < ctrl->cmds + CTRL_NR_CMDS; cmd++) {
		if (cmd->state != CMD_FREE && !cmd->zombie)
			fire_command(cmd);
	}
}
