/* SPDX-License-Identifier: BSD-2-Clause */
/* Asynchronous events: what happened meets the requests that wait for it. */
#include <string.h>
#include "emu/admin.h"
#include "spec/table.h"

/* Section 5.21.1.11: whether the driver wants to hear of it. */
static bool wanted(const struct ctrl *ctrl, uint8_t type)
{
	uint32_t config = ctrl->features[NVME_FEAT_ASYNC_EVENT_CONFIGURATION];

	if (type == NVME_AER_SMART)
		return (config & log_critical_warning(ctrl)) != 0;
	if (type == NVME_AER_NOTICE)
		return config >> 8 & 1;
	return true;
}

static bool masked(const struct ctrl *ctrl, uint8_t type)
{
	return ctrl->aer_masked >> (type & 7) & 1;
}

/* Each event of a type that is not masked completes a request and masks it. */
static void deliver(struct ctrl *ctrl)
{
	unsigned int i = 0;
	struct aer_event ev;
	struct cmd *cmd;

	while (i < ctrl->nr_events && ctrl->nr_aers > 0) {
		ev = ctrl->events[i];
		if (masked(ctrl, ev.type)) {
			i++;
			continue;
		}
		ctrl->nr_events--;
		memmove(&ctrl->events[i], &ctrl->events[i + 1],
			(ctrl->nr_events - i) * sizeof(ctrl->events[0]));
		ctrl->aer_masked |= (uint8_t)(1u << (ev.type & 7));
		cmd = cmd_list_pop(&ctrl->aers);
		ctrl->nr_aers--;
		cmd->cpl.cdw0 = (uint32_t)ev.page << 16 | (uint32_t)ev.info << 8 | ev.type;
		cmd_finish(cmd);
	}
}

static int fire(struct ctrl *ctrl, struct nvmetap_async *info)
{
	struct nvmetap_event ev = tap_event(NVMETAP_TAP_ASYNC);

	if (!tap_armed(ctrl->taps, NVMETAP_TAP_ASYNC))
		return NVMETAP_GO;
	ev.async = info;
	return tap_fire(ctrl->taps, &ev);
}

static bool known(const struct ctrl *ctrl, const struct nvmetap_async *info)
{
	for (unsigned int i = 0; i < ctrl->nr_events; i++) {
		if (ctrl->events[i].type == info->type && ctrl->events[i].info == info->info)
			return true;
	}
	return false;
}

static void tell(struct ctrl *ctrl, uint8_t type, uint8_t code, uint8_t page, bool forced)
{
	struct nvmetap_async info = { .type = type, .info = code, .page = page };

	if (fire(ctrl, &info) != NVMETAP_GO)
		return;
	if (forced)
		ctrl->aer_masked &= (uint8_t)~(1u << (info.type & 7));
	if (known(ctrl, &info) || ctrl->nr_events == CTRL_NR_EVENTS)
		return;
	ctrl->events[ctrl->nr_events++] = (struct aer_event){ info.type, info.info, info.page };
	deliver(ctrl);
}

void aer_force(struct ctrl *ctrl, uint8_t type, uint8_t code, uint8_t page)
{
	tell(ctrl, type, code, page, true);
}

void aer_raise(struct ctrl *ctrl, uint8_t type, uint8_t code, uint8_t page)
{
	if (wanted(ctrl, type))
		tell(ctrl, type, code, page, false);
}

void aer_unmask(struct ctrl *ctrl, uint8_t page)
{
	static const uint8_t type[256] = {
		[NVME_LOG_ERROR] = 1 << NVME_AER_ERROR,
		[NVME_LOG_HEALTH_INFORMATION] = 1 << NVME_AER_SMART,
		[NVME_LOG_CHANGED_NAMESPACE] = 1 << NVME_AER_NOTICE,
		[NVME_LOG_FIRMWARE_SLOT] = 1 << NVME_AER_NOTICE,
	};

	ctrl->aer_masked &= (uint8_t)~type[page];
	deliver(ctrl);
}

void aer_reset(struct ctrl *ctrl)
{
	ctrl->nr_events = 0;
	ctrl->aer_masked = 0;
	ctrl->nr_aers = 0;
	cmd_list_init(&ctrl->aers);
}

void aer_remove(struct cmd *cmd)
{
	cmd_list_remove(&cmd->ctrl->aers, cmd);
	cmd->ctrl->nr_aers--;
}

enum cmd_next aer_execute(struct cmd *cmd)
{
	struct ctrl *ctrl = cmd->ctrl;

	if (ctrl->nr_aers == CTRL_NR_AERS)
		return cmd_fail(cmd, ST(ASYNC_EVENT_REQUEST_LIMIT_EXCEEDED));
	cmd->state = CMD_AER;
	cmd_list_push(&ctrl->aers, cmd);
	ctrl->nr_aers++;
	deliver(ctrl);
	return CMD_WAIT;
}
