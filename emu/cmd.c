/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands on their way through the stages. */
#include <errno.h>
#include <string.h>
#include "emu/admin.h"
#include "emu/fault.h"
#include "emu/io.h"
#include "emu/prp.h"
#include "emu/queue.h"

enum {
	IO_TAPS = NVMETAP_TAP_IO_FETCH - NVMETAP_TAP_ADMIN_FETCH,
	FUSE = 0x03,	/* in byte 1 of a command */
	PSDT = 0xc0,
};

static_assert(NVMETAP_TAP_IO_WRITEBACK - NVMETAP_TAP_ADMIN_WRITEBACK == IO_TAPS,
	      "admin and I/O taps stand in the same order");

struct nvmetap_event cmd_event(struct cmd *cmd, unsigned int tap)
{
	struct nvmetap_event ev = tap_event(tap);

	ev.flags = NVMETAP_HAS_COMMAND;
	ev.qkind = cmd->sqid == 0 ? NVMETAP_QUEUE_ADMIN : NVMETAP_QUEUE_IO;
	ev.csi = NVME_CSI_NVM;
	ev.cause = cmd->seq;
	ev.cmd_id = cmd->id;
	ev.sqid = cmd->sqid;
	ev.cqid = cmd->cqid;
	ev.cmd = &cmd->sqe;
	ev.cpl = &cmd->cpl;
	return ev;
}

struct nvmetap_event cmd_tapped_event(struct cmd *cmd)
{
	struct nvmetap_event ev = cmd_event(cmd, cmd->tap);

	ev.seq = cmd->tap_seq;
	return ev;
}

/* With the modifiers behind who held it. */
static int fire_rest(struct cmd *cmd, struct nvmetap_event *ev, void *data, size_t len)
{
	cmd->resumed = false;
	ev->seq = cmd->tap_seq;
	return tap_fire_rest(cmd->ctrl->taps, ev, &cmd->held, data, len);
}

static inline int fire(struct cmd *cmd, struct nvmetap_event *ev, void *data, size_t len)
{
	int verdict;

	if (cmd->resumed)
		return fire_rest(cmd, ev, data, len);
	verdict = data != NULL ? tap_fire_data(cmd->ctrl->taps, ev, data, len) :
				 tap_fire(cmd->ctrl->taps, ev);
	cmd->tap = ev->tap;
	cmd->tap_seq = ev->seq;
	return verdict;
}

static unsigned int tap_of(const struct cmd *cmd, unsigned int admin_tap)
{
	return cmd->sqid == 0 ? admin_tap : admin_tap + IO_TAPS;
}

/* The events of a command belong to its decode event, or to its first one. */
static int fire_command(struct cmd *cmd, unsigned int tap)
{
	struct nvmetap_event ev = cmd_event(cmd, tap);
	int verdict = fire(cmd, &ev, NULL, 0);

	if (cmd->ticks == 0)
		cmd->ticks = ev.ticks;
	if (cmd->seq == 0 || cmd->step == STEP_DECODE)
		cmd->seq = ev.seq;
	return verdict;
}

static int fire_data(struct cmd *cmd, unsigned int tap)
{
	struct nvmetap_event ev = cmd_event(cmd, tap);
	struct nvmetap_xfer xfer = {
		.iova = cmd->page[0],
		.total = cmd->data_len,
		.direction = cmd->direction,
	};

	ev.xfer = &xfer;
	return fire(cmd, &ev, cmd->data, cmd->data_len);
}

static int fire_completion(struct cmd *cmd, unsigned int tap)
{
	struct nvmetap_event ev = cmd_event(cmd, tap);
	uint16_t sqhd = cmd->cpl.sqhd;
	int verdict;

	ev.ticks = nvmetap_ticks();
	ev.latency_ns = cmd->ticks != 0 ? ev.ticks - cmd->ticks : 0;
	verdict = fire(cmd, &ev, NULL, 0);
	cmd->own_sqhd |= cmd->cpl.sqhd != sqhd;
	cmd->ctrl->cq[cmd->cqid].last_seq = ev.seq;
	return verdict;
}

enum cmd_next cmd_fail(struct cmd *cmd, uint16_t code)
{
	static const uint16_t may_retry[] = {
		ST(DATA_TRANSFER_ERROR), ST(INTERNAL_DEVICE_ERROR), ST(ABORTED_BY_REQUEST),
		ST(ABORTED_SQ_DELETION), ST(NAMESPACE_NOT_READY), ST(WRITE_FAULTS),
		ST(UNRECOVERED_READ_ERROR), ST(ASYNC_EVENT_REQUEST_LIMIT_EXCEEDED),
		ST(COMMAND_ID_CONFLICT),
	};
	unsigned int status;

	NVME_STATUS_SET(status, code >> 8, code);
	if (code != ST(ABORTED_BY_REQUEST) && code != ST(ABORTED_SQ_DELETION))
		status |= 1u << 14;
	for (size_t i = 0; i < sizeof(may_retry) / sizeof(may_retry[0]); i++) {
		if (code == may_retry[i])
			goto out;
	}
	status |= 1u << 15;
out:
	cmd->cpl.status = (uint16_t)status;
	if (NVME_STATUS_M(status))
		log_error(cmd->ctrl, cmd, cmd->cpl.status);
	return CMD_DONE;
}

enum cmd_next cmd_status(struct cmd *cmd, uint16_t code)
{
	if (code == STATUS_AGAIN)
		return CMD_AGAIN;
	return code == 0 ? CMD_NEXT : cmd_fail(cmd, code);
}

static enum cmd_next step_decode(struct cmd *cmd)
{
	const struct op *op = cmd->sqid == 0 ? &admin_ops[cmd->sqe.opc] : &io_ops[cmd->sqe.opc];
	uint16_t code;

	if (!cmd->has_cid)
		return cmd_fail(cmd, ST(COMMAND_ID_CONFLICT));
	if (op->execute == NULL)
		return cmd_fail(cmd, ST(INVALID_OPCODE));
	/* Neither fused operations nor SGLs are supported. */
	if ((cmd->sqe.fuse & FUSE) != 0)
		return cmd_fail(cmd, cmd_wrong(cmd, sqe_fuse_PLACE, ST(INVALID_FIELD)));
	if ((cmd->sqe.fuse & PSDT) != 0)
		return cmd_fail(cmd, cmd_wrong(cmd, sqe_psdt_PLACE, ST(INVALID_FIELD)));
	cmd->op = op;
	code = op->prepare != NULL ? op->prepare(cmd) : 0;
	assert(cmd->data_len <= CTRL_MAX_TRANSFER || code != 0);
	if (code != 0)
		cmd->data_len = 0;
	return cmd_status(cmd, code);
}

static enum cmd_next step_copy_in(struct cmd *cmd)
{
	uint16_t code;

	if (cmd->data_len == 0)
		return CMD_NEXT;
	code = prp_walk(cmd);
	if (code != 0)
		return cmd_status(cmd, code);
	if (cmd->data == NULL)
		cmd->data = buffer_get(&cmd->ctrl->buffers, cmd->data_len);
	if (cmd->data == NULL)
		return cmd_fail(cmd, ST(INTERNAL_DEVICE_ERROR));
	if (cmd->direction == NVMETAP_TO_DEVICE)
		return cmd_status(cmd, prp_read(cmd));
	return CMD_NEXT;
}

static enum cmd_next step_execute(struct cmd *cmd)
{
	return cmd->op->execute(cmd);
}

static enum cmd_next step_memory_out(struct cmd *cmd)
{
	if (cmd->direction != NVMETAP_TO_HOST || cmd->data_len == 0)
		return CMD_NEXT;
	return cmd_status(cmd, prp_write(cmd));
}

static void wait_for_room(struct cmd *cmd)
{
	cmd->state = CMD_WAITING;
	cmd_list_push(&cmd->ctrl->cq[cmd->cqid].waiting, cmd);
}

/* false: the command's fate has been decided otherwise. */
static bool passes(struct cmd *cmd, int verdict)
{
	if (verdict == NVMETAP_LATER) {
		cmd->state = CMD_HELD;
		cmd->held = cmd->ctrl->taps->answer;
		return false;
	}
	if (verdict == NVMETAP_DROP) {
		cmd_free(cmd);
		return false;
	}
	return true;
}

/* Nor before those that wait already. */
static bool can_post(const struct cmd *cmd)
{
	struct ctrl *ctrl = cmd->ctrl;
	const struct cq *cq = &ctrl->cq[cmd->cqid];

	return cq_takes(cq) && ctrl_ready(ctrl) && ctrl->host->bus_master(ctrl->host_ctx) &&
	       (cmd->state == CMD_WAITING || cq->waiting.first == NULL);
}

static enum cmd_next post(struct cmd *cmd)
{
	int rc = cmd->faulty ? fault_post(cmd) : cq_post(cmd->ctrl, cmd->cqid, &cmd->cpl, 0);

	if (rc == -EAGAIN)
		return CMD_AGAIN;
	if (rc != 0) {
		ctrl_fatal(cmd->ctrl, NVMETAP_BY_ERROR);
		wait_for_room(cmd);
		return CMD_WAIT;
	}
	cmd_free(cmd);
	return CMD_WAIT;
}

static enum cmd_next step_writeback(struct cmd *cmd)
{
	struct ctrl *ctrl = cmd->ctrl;
	struct cq *cq = &ctrl->cq[cmd->cqid];
	unsigned int tap = tap_of(cmd, NVMETAP_TAP_ADMIN_WRITEBACK);

	if (!cq_takes(cq) && ctrl->sq[cmd->sqid].closing != NULL) {
		cmd_free(cmd);
		return CMD_WAIT;
	}
	if (!can_post(cmd)) {
		wait_for_room(cmd);
		return CMD_WAIT;
	}
	if (!cmd->own_sqhd)
		cmd->cpl.sqhd = (uint16_t)ctrl->sq[cmd->sqid].head;
	cmd->cpl.status = (uint16_t)((cmd->cpl.status & ~1u) | cq->phase);
	if (!cmd->tapped) {
		cmd->cpl.sqid = cmd->sqid;
		cmd->cpl.cid = cmd->cid;
	}
	if (!cmd->tapped || cmd->resumed) {
		cmd->tapped = true;
		if (tap_armed(ctrl->taps, tap) &&
		    (!passes(cmd, fire_completion(cmd, tap)) || !fault_at_writeback(cmd)))
			return CMD_WAIT;
		cmd->resumed = false;
	}
	if (cmd->error != 0)
		log_error_posted(ctrl, cmd);
	return post(cmd);
}

/* The stages.  data: the tap tells of data in that direction, if there is some. */
static const struct {
	enum cmd_next (*act)(struct cmd *cmd);	/* NULL: nothing */
	uint8_t tap, has_tap, data;
} steps[] = {
	[STEP_FETCH] = { NULL, NVMETAP_TAP_ADMIN_FETCH, 1, 0 },
	[STEP_DECODE] = { step_decode, NVMETAP_TAP_ADMIN_DECODE, 1, 0 },
	[STEP_COPY_IN] = { step_copy_in, 0, 0, 0 },
	[STEP_MEMORY_IN] = { NULL, NVMETAP_TAP_ADMIN_MEMORY, 1, NVMETAP_TO_DEVICE },
	[STEP_EXECUTE] = { step_execute, NVMETAP_TAP_ADMIN_EXECUTE, 1, 0 },
	[STEP_MEMORY_OUT] = { step_memory_out, NVMETAP_TAP_ADMIN_MEMORY, 1, NVMETAP_TO_HOST },
	[STEP_WRITEBACK] = { step_writeback, 0, 0, 0 },
};

/* CMD_NEXT: the stage's tap, if it is armed, lets the stage be done. */
static enum cmd_next step_fire(struct cmd *cmd)
{
	unsigned int tap = tap_of(cmd, steps[cmd->step].tap);
	uint8_t data = steps[cmd->step].data;
	int verdict;

	if (!steps[cmd->step].has_tap || (cmd->tapped && !cmd->resumed) ||
	    !tap_armed(cmd->ctrl->taps, tap) ||
	    (data != 0 && (data != cmd->direction || cmd->data_len == 0)))
		return CMD_NEXT;
	cmd->tapped = true;
	verdict = data != 0 ? fire_data(cmd, tap) : fire_command(cmd, tap);
	if (!passes(cmd, verdict))
		return CMD_WAIT;
	return verdict == NVMETAP_HANDLED ? CMD_DONE : CMD_NEXT;
}

static enum cmd_next step_run(struct cmd *cmd)
{
	enum cmd_next next = taps_armed(cmd->ctrl->taps) ? step_fire(cmd) : CMD_NEXT;

	if (next != CMD_NEXT || steps[cmd->step].act == NULL)
		return next;
	return steps[cmd->step].act(cmd);
}

/* false: the command waits, or is gone. */
static bool advance(struct cmd *cmd, enum cmd_next next)
{
	if (next == CMD_WAIT)
		return false;
	if (next == CMD_AGAIN) {
		cmd_make_ready(cmd);
		return false;
	}
	cmd->tapped = false;
	cmd->resumed = false;
	cmd->step = next == CMD_DONE ? STEP_WRITEBACK : cmd->step + 1;
	return true;
}

void cmd_run(struct cmd *cmd)
{
	while (advance(cmd, step_run(cmd)))
		;
}

void cmd_make_ready(struct cmd *cmd)
{
	cmd->state = CMD_READY;
	cmd_list_push(&cmd->ctrl->ready, cmd);
	ctrl_kick(cmd->ctrl);
}

void cmd_finish(struct cmd *cmd)
{
	cmd->step = STEP_WRITEBACK;
	cmd->tapped = false;
	cmd->resumed = false;
	cmd_make_ready(cmd);
}

static void pool_result(struct loop_msg *msg)
{
	struct cmd *cmd = (struct cmd *)((char *)msg - offsetof(struct cmd, req.msg));

	if (cmd->zombie) {
		cmd_free(cmd);
		return;
	}
	cmd->state = CMD_RUNNING;
	if (advance(cmd, cmd->done(cmd, cmd->req.result)))
		cmd_run(cmd);
}

enum cmd_next cmd_submit(struct cmd *cmd, enum cmd_next (*done)(struct cmd *cmd, int result))
{
	cmd->done = done;
	cmd->state = CMD_POOL;
	cmd->req.msg.fn = pool_result;
	pool_submit(cmd->ctrl->pool, &cmd->req);
	return CMD_WAIT;
}
