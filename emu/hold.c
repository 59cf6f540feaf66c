/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that plug-ins hold: resumed, completed, abandoned. */
#include <errno.h>
#include "emu/fault.h"
#include "emu/inject.h"

/* A held command by the name that its events carry. */
static struct cmd *find_held(struct ctrl *ctrl, uint64_t cmd_id)
{
	uint64_t slot = (cmd_id & 0xffff) - 1;

	if (slot >= CTRL_NR_CMDS || ctrl->cmds[slot].id != cmd_id ||
	    ctrl->cmds[slot].state != CMD_HELD || ctrl->cmds[slot].late != 0)
		return NULL;
	return &ctrl->cmds[slot];
}

/* What became of a held command; was: its completion before, or NULL. */
static void tell(struct cmd *cmd, struct nvmetap_plugin *by, uint8_t how,
		 struct nvme_completion *was)
{
	struct nvmetap_event ev = cmd_tapped_event(cmd), before = ev;
	const struct inject_note note = {
		.name = inject_name(cmd->ctrl->taps, by,
				    by == cmd->held.plugin ? cmd->held.name : NULL),
		.ev = &ev,
		.was = was != NULL ? &before : NULL,
		.how = how,
		.verdict = NVMETAP_LATER,
	};

	before.cpl = was;
	inject_tell(cmd->ctrl->taps, &note);
}

static void resume_timer(struct loop_timer *timer)
{
	struct cmd *cmd = (struct cmd *)((char *)timer - offsetof(struct cmd, timer));

	tell(cmd, cmd->held.plugin, NVMETAP_INJECT_RESUMED, NULL);
	cmd->resumed = true;
	cmd_make_ready(cmd);
}

int cmd_host_resume(void *ctx, struct nvmetap_plugin *by, uint64_t cmd_id, uint64_t after_ns)
{
	struct ctrl *ctrl = ctx;
	struct cmd *cmd = find_held(ctrl, cmd_id);

	if (cmd == NULL)
		return -ENOENT;
	cmd->timer.fn = resume_timer;
	if (after_ns != 0)
		return loop_timer_set(ctrl->loop, &cmd->timer, loop_in_ns(after_ns));
	loop_timer_cancel(ctrl->loop, &cmd->timer);
	tell(cmd, by, NVMETAP_INJECT_RESUMED, NULL);
	cmd->resumed = true;
	cmd_make_ready(cmd);
	return 0;
}

int cmd_host_complete(void *ctx, struct nvmetap_plugin *by, uint64_t cmd_id,
		      const struct nvme_completion *cpl)
{
	struct ctrl *ctrl = ctx;
	struct cmd *cmd = find_held(ctrl, cmd_id);
	struct nvme_completion was;

	if (cmd == NULL)
		return -ENOENT;
	loop_timer_cancel(ctrl->loop, &cmd->timer);
	was = cmd->cpl;
	was.cid = cmd->cid;
	was.sqid = cmd->sqid;
	cmd->cpl = *cpl;
	cmd->cpl.cid = was.cid;
	cmd->cpl.sqid = was.sqid;
	cmd->cpl.sqhd = was.sqhd;
	tell(cmd, by, NVMETAP_INJECT_COMPLETED, &was);
	cmd_finish(cmd);
	return 0;
}

static void abandon(struct cmd *cmd)
{
	struct nvme_completion was = cmd->cpl;

	if (cmd->late != 0) {
		loop_timer_cancel(cmd->ctrl->loop, &cmd->timer);
		cmd->late = 0;
		cmd_make_ready(cmd);
		return;
	}
	cmd_abort(cmd, ST(INTERNAL_DEVICE_ERROR));
	tell(cmd, cmd->held.plugin, NVMETAP_INJECT_ABANDONED, &was);
}

void cmd_host_abandon(void *ctx, struct nvmetap_plugin *by)
{
	struct ctrl *ctrl = ctx;

	fault_abandon(ctrl, by);
	for (struct cmd *cmd = ctrl->cmds; cmd < ctrl->cmds + CTRL_NR_CMDS; cmd++) {
		if (cmd->state == CMD_HELD && cmd->held.plugin == by)
			abandon(cmd);
	}
}

struct nvme_command *cmd_host_find(void *ctx, uint16_t sqid, uint16_t cid)
{
	struct cmd *cmd = cmd_find(ctx, sqid, cid);

	return cmd != NULL ? &cmd->sqe : NULL;
}
