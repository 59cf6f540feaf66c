/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that plug-ins hold: resumed, completed, abandoned. */
#include <errno.h>
#include "emu/cmd.h"

/* A held command by the name that its events carry. */
static struct cmd *find_held(struct ctrl *ctrl, uint64_t cmd_id)
{
	uint64_t slot = (cmd_id & 0xffff) - 1;

	if (slot >= CTRL_NR_CMDS || ctrl->cmds[slot].id != cmd_id ||
	    ctrl->cmds[slot].state != CMD_HELD)
		return NULL;
	return &ctrl->cmds[slot];
}

static void resume_timer(struct loop_timer *timer)
{
	cmd_make_ready((struct cmd *)((char *)timer - offsetof(struct cmd, timer)));
}

int cmd_host_resume(void *ctx, struct nvmetap_plugin *by, uint64_t cmd_id, uint64_t after_ns)
{
	struct ctrl *ctrl = ctx;
	struct cmd *cmd = find_held(ctrl, cmd_id);

	(void)by;
	if (cmd == NULL)
		return -ENOENT;
	cmd->timer.fn = resume_timer;
	if (after_ns != 0)
		return loop_timer_set(ctrl->loop, &cmd->timer, loop_now_ns() + after_ns);
	loop_timer_cancel(ctrl->loop, &cmd->timer);
	cmd_make_ready(cmd);
	return 0;
}

int cmd_host_complete(void *ctx, struct nvmetap_plugin *by, uint64_t cmd_id,
		      const struct nvme_completion *cpl)
{
	struct ctrl *ctrl = ctx;
	struct cmd *cmd = find_held(ctrl, cmd_id);

	(void)by;
	if (cmd == NULL)
		return -ENOENT;
	loop_timer_cancel(ctrl->loop, &cmd->timer);
	cmd->cpl = *cpl;
	cmd_finish(cmd);
	return 0;
}

void cmd_host_abandon(void *ctx, struct nvmetap_plugin *by)
{
	struct ctrl *ctrl = ctx;

	for (struct cmd *cmd = ctrl->cmds; cmd < ctrl->cmds + CTRL_NR_CMDS; cmd++) {
		if (cmd->state == CMD_HELD && cmd->held_by == by)
			cmd_abort(cmd, ST(INTERNAL_DEVICE_ERROR));
	}
}

struct nvme_command *cmd_host_find(void *ctx, uint16_t sqid, uint16_t cid)
{
	struct cmd *cmd = cmd_find(ctx, sqid, cid);

	return cmd != NULL ? &cmd->sqe : NULL;
}
