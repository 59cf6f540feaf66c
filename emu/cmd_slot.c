/* SPDX-License-Identifier: BSD-2-Clause */
/* The slots of commands in flight: taken, given back, given up. */
#include <string.h>
#include "emu/admin.h"
#include "emu/fault.h"
#include "emu/io.h"
#include "emu/queue.h"

struct cmd *cmd_new(struct ctrl *ctrl, uint16_t sqid)
{
	struct cmd *cmd;

	if (ctrl->nr_free == 0 || (sqid != 0 && ctrl->nr_free <= CTRL_NR_ADMIN_CMDS))
		return NULL;
	cmd = cmd_list_pop(&ctrl->free);
	ctrl->nr_free--;
	memset(cmd, 0, offsetof(struct cmd, page));
	cmd->ctrl = ctrl;
	cmd->state = CMD_RUNNING;
	cmd->sqid = sqid;
	cmd->cqid = ctrl->sq[sqid].cqid;
	cmd->id = (uint64_t)++ctrl->generation << 16 | (uint64_t)(cmd - ctrl->cmds + 1);
	ctrl->sq[sqid].nr_cmds++;
	if (sqid != 0 && ctrl->nr_io++ == 0)
		io_busy(ctrl, true);
	return cmd;
}

static uint64_t *cid_word(const struct cmd *cmd)
{
	return &cmd->ctrl->cids[(size_t)cmd->sqid * CTRL_CID_WORDS + cmd->cid / 64];
}

void cmd_take_cid(struct cmd *cmd)
{
	uint64_t *word, bit;

	cmd->cid = cmd->sqe.cid;
	word = cid_word(cmd);
	bit = UINT64_C(1) << cmd->cid % 64;
	cmd->has_cid = (*word & bit) == 0;
	*word |= bit;
}

static void give_cid(struct cmd *cmd)
{
	if (cmd->has_cid)
		*cid_word(cmd) &= ~(UINT64_C(1) << cmd->cid % 64);
	cmd->has_cid = false;
}

void cmd_free(struct cmd *cmd)
{
	struct ctrl *ctrl = cmd->ctrl;
	bool zombie = cmd->zombie;

	if (cmd->data != NULL)
		buffer_put(&ctrl->buffers, cmd->data, cmd->data_len);
	cmd->data = NULL;
	cmd->state = CMD_FREE;
	give_cid(cmd);
	if (cmd->sqid != 0 && --ctrl->nr_io == 0)
		io_busy(ctrl, false);
	cmd_list_push(&ctrl->free, cmd);
	ctrl->nr_free++;
	if (zombie)
		ctrl_zombie_gone(ctrl);
	else
		queue_cmd_gone(ctrl, cmd->sqid);
}

void cmd_revoke(struct cmd *cmd)
{
	if (cmd->state == CMD_POOL) {
		if (!cmd->zombie)
			cmd->ctrl->nr_zombies++;
		cmd->zombie = true;
		give_cid(cmd);
		return;
	}
	if (cmd->state == CMD_HELD) {
		fault_revoke(cmd);
		loop_timer_cancel(cmd->ctrl->loop, &cmd->timer);
	}
	if (cmd->state == CMD_WAITING)
		cmd_list_remove(&cmd->ctrl->cq[cmd->cqid].waiting, cmd);
	if (cmd->state == CMD_READY)
		cmd_list_remove(&cmd->ctrl->ready, cmd);
	if (cmd->state == CMD_AER)
		aer_remove(cmd);
	cmd_free(cmd);
}

bool cmd_abort(struct cmd *cmd, uint16_t code)
{
	switch (cmd->state) {
	case CMD_HELD:
		if (cmd->late != 0)
			return false;
		loop_timer_cancel(cmd->ctrl->loop, &cmd->timer);
		break;
	case CMD_AER:
		aer_remove(cmd);
		break;
	default:
		return false;
	}
	cmd->cpl.cdw0 = 0;
	cmd_fail(cmd, code);
	cmd_finish(cmd);
	return true;
}

struct cmd *cmd_find(struct ctrl *ctrl, uint16_t sqid, uint16_t cid)
{
	for (struct cmd *cmd = ctrl->cmds; cmd < ctrl->cmds + CTRL_NR_CMDS; cmd++) {
		if (cmd->has_cid && cmd->sqid == sqid && cmd->cid == cid)
			return cmd;
	}
	return NULL;
}
