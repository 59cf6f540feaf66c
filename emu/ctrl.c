/* SPDX-License-Identifier: BSD-2-Clause */
/* The controller's life: enable, ready, shutdown, reset, fatal. */
#include <stdlib.h>
#include <string.h>
#include "emu/admin.h"
#include "emu/fault.h"
#include "emu/provoke.h"
#include "emu/queue.h"
#include "spec/table.h"

/* Fields of CC that may change only while the controller is disabled. */
enum {
	CC_WRITABLE = 0x00fffff1,
	CC_FIXED = 0x00003ff0,	/* CSS, MPS, AMS */
};

static uint32_t cc_field(uint32_t cc, unsigned int shift, unsigned int width)
{
	return (uint32_t)bits_get(cc, shift, width);
}

static bool cc_en(uint32_t cc)
{
	return cc & 1;
}

static uint32_t cc_shn(uint32_t cc)
{
	return cc_field(cc, 14, 2);
}

static void csts_set(struct ctrl *ctrl, bool ready, bool fatal, unsigned int shst)
{
	uint8_t csts[reg_csts_SIZE] = { 0 };

	reg_csts_rdy_set(csts, ready);
	reg_csts_cfs_set(csts, fatal);
	reg_csts_shst_set(csts, shst);
	ctrl->csts = (uint32_t)bytes_get_le(csts, sizeof(csts));
}

static unsigned int csts_shst(const struct ctrl *ctrl)
{
	return cc_field(ctrl->csts, 2, 2);
}

bool ctrl_ready(const struct ctrl *ctrl)
{
	return (ctrl->csts & 3) == 1 && !ctrl->disabling;
}

/* The event's number, or 0. */
static uint64_t fire(struct ctrl *ctrl, uint8_t state, uint8_t reason, uint32_t lost)
{
	struct nvmetap_ctrl info = {
		.state = state,
		.reason = reason,
		.lost = lost,
		.cc = ctrl->cc,
		.csts = ctrl->csts,
		.aqa = ctrl->aqa,
		.asq = ctrl->asq,
		.acq = ctrl->acq,
	};
	struct nvmetap_event ev;

	if (!tap_armed(ctrl->taps, NVMETAP_TAP_CTRL))
		return 0;
	ev = tap_event(NVMETAP_TAP_CTRL);
	ev.ctrl = &info;
	tap_fire(ctrl->taps, &ev);
	return ev.seq;
}

uint16_t ctrl_ns(const struct ctrl *ctrl, uint32_t nsid, struct ns **ns)
{
	if (nsid == 0 || nsid > ctrl->nn)
		return ST(INVALID_NAMESPACE_OR_FORMAT);
	if (nsid > ctrl->config.nr_ns)
		return ST(INVALID_FIELD);
	*ns = ctrl->config.ns[nsid - 1];
	return 0;
}

void ctrl_fatal(struct ctrl *ctrl, uint8_t reason)
{
	if ((ctrl->csts & 2) != 0)
		return;
	csts_set(ctrl, ctrl->csts & 1, true, csts_shst(ctrl));
	fire(ctrl, NVMETAP_CTRL_FATAL, reason, 0);
}

/* Every command in flight is given up.  How many there were. */
static uint32_t give_up(struct ctrl *ctrl)
{
	uint32_t lost = 0;

	for (unsigned int qid = 0; qid < CTRL_NR_QUEUES; qid++)
		ctrl->sq[qid].closing = NULL;
	for (struct cmd *cmd = ctrl->cmds; cmd < ctrl->cmds + CTRL_NR_CMDS; cmd++) {
		if (cmd->state == CMD_FREE || cmd->zombie)
			continue;
		lost++;
		cmd_revoke(cmd);
	}
	return lost;
}

/* Section 7.3.2: what every kind of reset does. */
static uint32_t reset_common(struct ctrl *ctrl)
{
	uint32_t lost = give_up(ctrl);

	queues_clear(ctrl);
	features_reset(ctrl);
	aer_reset(ctrl);
	ctrl->intms = 0;
	ctrl->enabling = false;
	ctrl->never_ready = false;
	loop_timer_cancel(ctrl->loop, &ctrl->ready_timer);
	ctrl->turn = 0;
	ctrl->host->intx(ctrl->host_ctx, false, 0, 0);
	return lost;
}

/* A guest that goes takes the power with it; the next one gives it back. */
static void power_cycle(struct ctrl *ctrl)
{
	if (!ctrl->shut_down)
		ctrl->smart.unsafe_shutdowns++;
	ctrl->smart.power_cycles++;
	ctrl->shut_down = true;
}

void ctrl_reset(struct ctrl *ctrl, uint8_t reason)
{
	uint32_t lost;

	if (reason == NVMETAP_BY_DISCONNECT)
		power_cycle(ctrl);
	lost = reset_common(ctrl);
	if (reason == NVMETAP_BY_DISCONNECT)
		fault_end(ctrl);
	ctrl->disabling = false;
	ctrl->cc = 0;
	ctrl->aqa = 0;
	ctrl->asq = 0;
	ctrl->acq = 0;
	csts_set(ctrl, false, false, NVME_SHST_NORMAL);
	fire(ctrl, NVMETAP_CTRL_DISABLED, reason, lost);
}

static void disabled(struct ctrl *ctrl)
{
	ctrl->disabling = false;
	csts_set(ctrl, false, false, csts_shst(ctrl));
	fire(ctrl, NVMETAP_CTRL_DISABLED, NVMETAP_BY_DRIVER, ctrl->disable_lost);
}

/* CSTS.RDY stays 1 until no write of an old command can land any more. */
static void disable(struct ctrl *ctrl)
{
	bool ready = ctrl->csts & 1;

	ctrl->disable_lost = reset_common(ctrl);
	csts_set(ctrl, ready, false, NVME_SHST_NORMAL);
	ctrl->disabling = true;
	if (ctrl->nr_zombies == 0 || !ready)
		disabled(ctrl);
}

static void ready(struct ctrl *ctrl)
{
	ctrl->enabling = false;
	csts_set(ctrl, true, ctrl->csts & 2, csts_shst(ctrl));
	fire(ctrl, NVMETAP_CTRL_READY, NVMETAP_BY_DRIVER, 0);
}

static void ready_timer(struct loop_timer *timer)
{
	struct ctrl *ctrl = (struct ctrl *)((char *)timer - offsetof(struct ctrl, ready_timer));
	const struct nvmetap_event ev = {
		.tap = NVMETAP_TAP_CTRL, .event = NVMETAP_EV_CTRL, .seq = ctrl->ready_seq,
	};
	const struct inject_note note = {
		.name = ctrl->ready_name,
		.ev = &ev,
		.arg = ctrl->ready_ns,
		.how = NVMETAP_INJECT_EFFECT,
		.fault = NVMETAP_FAULT_NO_READY,
	};

	inject_tell(ctrl->taps, &note);
	ctrl->never_ready = false;
	if (ctrl->enabling && ctrl->nr_zombies == 0)
		ready(ctrl);
}

void ctrl_abandon(struct ctrl *ctrl, struct nvmetap_plugin *by)
{
	if (!ctrl->never_ready || !inject_is_of(ctrl->ready_name, by))
		return;
	(void)loop_timer_set(ctrl->loop, &ctrl->ready_timer, loop_now_ns());
}

/* The fault no-ready.  Without memory for a timer: never. */
static void delay_ready(struct ctrl *ctrl, uint64_t seq)
{
	const struct tap_fault *fault = provoke_take(ctrl->taps, NVMETAP_FAULT_NO_READY, seq);

	if (fault == NULL)
		return;
	ctrl->never_ready = true;
	ctrl->ready_name = fault->name;
	ctrl->ready_ns = fault->arg;
	ctrl->ready_seq = seq;
	ctrl->ready_timer.fn = ready_timer;
	if (fault->arg != 0)
		(void)loop_timer_set(ctrl->loop, &ctrl->ready_timer, loop_now_ns() + fault->arg);
}

/* Section 3.1.5 and 3.1.8: what this controller can be enabled with.  The
 * sizes of I/O queue entries are checked when such a queue is created. */
static bool config_valid(const struct ctrl *ctrl)
{
	return cc_field(ctrl->cc, 4, 3) == 0 &&
	       cc_field(ctrl->cc, 7, 4) == CTRL_PAGE_SHIFT - 12 &&
	       cc_field(ctrl->cc, 11, 3) == 0 &&
	       cc_field(ctrl->aqa, 0, 12) != 0 && cc_field(ctrl->aqa, 16, 12) != 0;
}

static void enable(struct ctrl *ctrl)
{
	csts_set(ctrl, false, false, NVME_SHST_NORMAL);
	ctrl->shut_down = false;
	delay_ready(ctrl, fire(ctrl, NVMETAP_CTRL_ENABLED, NVMETAP_BY_DRIVER, 0));
	if (!config_valid(ctrl)) {
		ctrl_fatal(ctrl, NVMETAP_BY_ERROR);
		return;
	}
	cq_init(ctrl, 0, ctrl->acq, cc_field(ctrl->aqa, 16, 12) + 1, 0, true);
	sq_init(ctrl, 0, ctrl->asq, cc_field(ctrl->aqa, 0, 12) + 1, 0);
	queue_fire(ctrl, NVMETAP_CQ, 0, NVMETAP_QUEUE_CREATED, 0);
	queue_fire(ctrl, NVMETAP_SQ, 0, NVMETAP_QUEUE_CREATED, 0);
	ctrl->enabling = true;
	if (ctrl->nr_zombies == 0 && !ctrl->never_ready)
		ready(ctrl);
}

void ctrl_zombie_gone(struct ctrl *ctrl)
{
	if (--ctrl->nr_zombies > 0)
		return;
	if (ctrl->disabling)
		disabled(ctrl);
	if (ctrl->enabling && !ctrl->never_ready)
		ready(ctrl);
	else if (cc_en(ctrl->cc) && (ctrl->csts & 3) == 0)
		enable(ctrl);
}

static void shutdown_complete(struct ctrl *ctrl)
{
	csts_set(ctrl, ctrl->csts & 1, ctrl->csts & 2, NVME_SHST_COMPLETE);
	ctrl->shut_down = true;
	fire(ctrl, NVMETAP_CTRL_SHUTDOWN_COMPLETE, NVMETAP_BY_DRIVER, 0);
}

static void flush_next(struct ctrl *ctrl);

static void flushed(struct loop_msg *msg)
{
	flush_next((struct ctrl *)((char *)msg - offsetof(struct ctrl, flush.msg)));
}

static void flush_next(struct ctrl *ctrl)
{
	if (ctrl->pool != NULL && ctrl->flush_ns < ctrl->config.nr_ns) {
		memset(&ctrl->flush, 0, sizeof(ctrl->flush));
		ctrl->flush.msg.fn = flushed;
		ctrl->flush.ns = ctrl->config.ns[ctrl->flush_ns++];
		ctrl->flush.op = NS_FLUSH;
		pool_submit(ctrl->pool, &ctrl->flush);
		return;
	}
	ctrl->flushing = false;
	if (csts_shst(ctrl) == NVME_SHST_OCCURRING)
		shutdown_complete(ctrl);
}

/* Section 7.6.2.  An abrupt shutdown writes nothing back. */
static void shutdown(struct ctrl *ctrl, uint32_t shn)
{
	csts_set(ctrl, ctrl->csts & 1, ctrl->csts & 2, NVME_SHST_OCCURRING);
	fire(ctrl, NVMETAP_CTRL_SHUTDOWN_STARTED, NVMETAP_BY_DRIVER, 0);
	if (shn == NVME_SHN_ABRUPT) {
		shutdown_complete(ctrl);
		return;
	}
	ctrl->flush_ns = 0;
	if (ctrl->flushing)
		return;
	ctrl->flushing = true;
	flush_next(ctrl);
}

void ctrl_cc_write(struct ctrl *ctrl, uint32_t value)
{
	uint32_t old = ctrl->cc;
	uint32_t shn = cc_shn(value);

	value &= CC_WRITABLE;
	if (cc_en(old) && cc_en(value))
		value = (value & ~(uint32_t)CC_FIXED) | (old & CC_FIXED);
	ctrl->cc = value;
	if (cc_en(old) && !cc_en(value))
		disable(ctrl);
	if (shn != cc_shn(old) && (shn == NVME_SHN_NORMAL || shn == NVME_SHN_ABRUPT))
		shutdown(ctrl, shn);
	if (!cc_en(old) && cc_en(value) && !ctrl->disabling)
		enable(ctrl);
}

struct ctrl *ctrl_new(const struct ctrl_config *config)
{
	struct ctrl *ctrl = calloc(1, sizeof(*ctrl));

	if (ctrl == NULL)
		return NULL;
	ctrl->cmds = calloc(CTRL_NR_CMDS, sizeof(*ctrl->cmds));
	ctrl->error_recovery = calloc((size_t)config->nr_ns + 1, sizeof(*ctrl->error_recovery));
	ctrl->cids = calloc((size_t)CTRL_NR_QUEUES * CTRL_CID_WORDS, sizeof(*ctrl->cids));
	if (ctrl->cmds == NULL || ctrl->error_recovery == NULL || ctrl->cids == NULL) {
		free(ctrl->cids);
		free(ctrl->error_recovery);
		free(ctrl->cmds);
		free(ctrl);
		return NULL;
	}
	ctrl->config = *config;
	ctrl->taps = config->taps;
	ctrl->loop = config->loop;
	ctrl->pool = config->pool;
	ctrl->host = config->host;
	ctrl->host_ctx = config->host_ctx;
	ctrl->nn = config->nr_ns > 0 ? config->nr_ns : 1;
	cmd_list_init(&ctrl->free);
	cmd_list_init(&ctrl->ready);
	cmd_list_init(&ctrl->aers);
	for (unsigned int i = 0; i < CTRL_NR_CMDS; i++)
		cmd_list_push(&ctrl->free, &ctrl->cmds[i]);
	ctrl->nr_free = CTRL_NR_CMDS;
	ctrl->smart.start_ticks = nvmetap_ticks();
	ctrl->smart.power_cycles = 1;
	ctrl->shut_down = true;
	features_reset(ctrl);
	return ctrl;
}

void ctrl_stop(struct ctrl *ctrl)
{
	reset_common(ctrl);
	fault_end(ctrl);
	ctrl->cc = 0;
	csts_set(ctrl, false, false, NVME_SHST_NORMAL);
	ctrl->disabling = false;
	ctrl->pool = NULL;
}

void ctrl_free(struct ctrl *ctrl)
{
	if (ctrl == NULL)
		return;
	for (struct cmd *cmd = ctrl->cmds; cmd < ctrl->cmds + CTRL_NR_CMDS; cmd++) {
		if (cmd->data != NULL)
			buffer_put(&ctrl->buffers, cmd->data, cmd->data_len);
	}
	buffers_fini(&ctrl->buffers);
	free(ctrl->cids);
	free(ctrl->error_recovery);
	free(ctrl->cmds);
	free(ctrl);
}
