/* SPDX-License-Identifier: BSD-2-Clause */
/* Get Features and Set Features.  Nothing is saved over a reset. */
#include <string.h>
#include "emu/admin.h"
#include "emu/io.h"
#include "spec/table.h"

enum {
	CAP_NS_SPECIFIC = 1 << 1,	/* section 5.13.1, Select 011b */
	CAP_CHANGEABLE = 1 << 2,
	TMPSEL_COMPOSITE = 0,
	TMPSEL_ALL = 15,
	THSEL_OVER = 0,
	THSEL_UNDER = 1,
	DULBE = 1 << 16,
	COALESCING_OFF = 1 << 16,
};

/* set answers a status code and keeps what it wants; NULL: the value under the
 * mask.  get answers the present value; NULL: the one that was kept. */
struct feature {
	bool known;
	uint32_t mask, initial;
	uint16_t (*set)(struct cmd *cmd, uint32_t value);
	uint16_t (*get)(struct cmd *cmd, bool initial, uint32_t *value);
	bool per_ns;		/* set and get check the namespace */
};

/* place: of the field in Dword 11. */
static uint16_t value_wrong(struct cmd *cmd, unsigned int place)
{
	return cmd_wrong(cmd, sqe_cdw11_PLACE + place, ST(INVALID_FIELD));
}

static uint16_t set_power(struct cmd *cmd, uint32_t value)
{
	uint8_t dword[4];

	bytes_set_le(dword, sizeof(dword), value);
	if (feat_power_ps_get(dword) != 0)
		return value_wrong(cmd, feat_power_ps_PLACE);
	cmd->ctrl->features[NVME_FEAT_POWER_MANAGEMENT] = value & 0xff;
	return 0;
}

static uint16_t check_temperature(struct cmd *cmd, uint32_t value, bool setting)
{
	uint32_t tmpsel = value >> 16 & 15, thsel = value >> 20 & 3;

	if (tmpsel != TMPSEL_COMPOSITE && !(setting && tmpsel == TMPSEL_ALL))
		return value_wrong(cmd, feat_temperature_tmpsel_PLACE);
	if (thsel != THSEL_OVER && thsel != THSEL_UNDER)
		return value_wrong(cmd, feat_temperature_thsel_PLACE);
	return 0;
}

static uint16_t set_temperature(struct cmd *cmd, uint32_t value)
{
	uint16_t code = check_temperature(cmd, value, true);
	struct ctrl *ctrl = cmd->ctrl;

	if (code != 0)
		return code;
	ctrl->temperature[value >> 20 & 1] = value & 0xffff;
	aer_raise(ctrl, NVME_AER_SMART, 1, NVME_LOG_HEALTH_INFORMATION);
	return 0;
}

static uint16_t get_temperature(struct cmd *cmd, bool initial, uint32_t *value)
{
	uint16_t code = check_temperature(cmd, cmd->sqe.cdw11, false);
	bool under = cmd->sqe.cdw11 >> 20 & 1;

	if (code != 0)
		return code;
	*value = cmd->ctrl->temperature[under];
	if (initial)
		*value = under ? 0 : CTRL_WCTEMP_K;
	return 0;
}

static uint16_t set_error_recovery(struct cmd *cmd, uint32_t value)
{
	struct ctrl *ctrl = cmd->ctrl;
	bool all = cmd->sqe.nsid == (uint32_t)NVME_NSID_BROADCAST;
	uint16_t code = 0;
	struct ns *ns;

	if ((value & DULBE) != 0)
		return value_wrong(cmd, feat_error_recovery_dulbe_PLACE);
	if (!all)
		code = cmd_ns(cmd, &ns);
	for (uint32_t i = 0; code == 0 && i < ctrl->config.nr_ns; i++) {
		if (all || i == cmd->sqe.nsid - 1)
			ctrl->error_recovery[i] = value & 0xffff;
	}
	return code;
}

static uint16_t get_error_recovery(struct cmd *cmd, bool initial, uint32_t *value)
{
	struct ns *ns;
	uint16_t code = cmd_ns(cmd, &ns);

	if (code == 0)
		*value = initial ? 0 : cmd->ctrl->error_recovery[cmd->sqe.nsid - 1];
	return code;
}

/* Section 5.21.1.7: once, before the first I/O queue. */
static uint16_t set_queues(struct cmd *cmd, uint32_t value)
{
	struct ctrl *ctrl = cmd->ctrl;
	uint32_t nsq = value & 0xffff, ncq = value >> 16;

	if (nsq == 0xffff)
		return value_wrong(cmd, feat_queues_nsq_PLACE);
	if (ncq == 0xffff)
		return value_wrong(cmd, feat_queues_ncq_PLACE);
	for (unsigned int qid = 1; qid < CTRL_NR_QUEUES; qid++) {
		if (ctrl->sq[qid].size != 0 || ctrl->cq[qid].size != 0)
			return ST(COMMAND_SEQUENCE_ERROR);
	}
	nsq = nsq < CTRL_NR_IO_QUEUES ? nsq : CTRL_NR_IO_QUEUES - 1;
	ncq = ncq < CTRL_NR_IO_QUEUES ? ncq : CTRL_NR_IO_QUEUES - 1;
	ctrl->nr_sqs = nsq + 1;
	ctrl->nr_cqs = ncq + 1;
	cmd->cpl.cdw0 = ncq << 16 | nsq;
	return 0;
}

static uint16_t get_queues(struct cmd *cmd, bool initial, uint32_t *value)
{
	struct ctrl *ctrl = cmd->ctrl;

	*value = initial ? (CTRL_NR_IO_QUEUES - 1) * 0x10001u :
			   (ctrl->nr_cqs - 1) << 16 | (ctrl->nr_sqs - 1);
	return 0;
}

static bool vector_in_use(const struct ctrl *ctrl, uint32_t vector)
{
	for (unsigned int qid = 0; qid < CTRL_NR_QUEUES; qid++) {
		if (ctrl->cq[qid].size != 0 && ctrl->cq[qid].vector == vector)
			return true;
	}
	return false;
}

/* Section 5.21.1.9: of a vector that a completion queue has. */
static uint16_t set_vector(struct cmd *cmd, uint32_t value)
{
	if ((value & 0xffff) >= CTRL_NR_VECTORS || !vector_in_use(cmd->ctrl, value & 0xffff))
		return value_wrong(cmd, feat_vector_iv_PLACE);
	cmd->ctrl->coalescing_off[value & 0xffff] = (value & COALESCING_OFF) != 0;
	return 0;
}

static uint16_t get_vector(struct cmd *cmd, bool initial, uint32_t *value)
{
	uint32_t vector = cmd->sqe.cdw11 & 0xffff;

	if (vector >= CTRL_NR_VECTORS)
		return value_wrong(cmd, feat_vector_iv_PLACE);
	*value = vector | (!initial && cmd->ctrl->coalescing_off[vector] ? COALESCING_OFF : 0);
	return 0;
}

/* By identifier.  A mask has the bits that section 5.21.1 defines. */
static const struct feature features[256] = {
	[NVME_FEAT_ARBITRATION] = { true, 0xffffff07, 0, NULL, NULL, false },
	[NVME_FEAT_POWER_MANAGEMENT] = { true, 0, 0, set_power, NULL, false },
	[NVME_FEAT_TEMPERATURE_THRESHOLD] = { true, 0, 0, set_temperature, get_temperature, false },
	[NVME_FEAT_ERROR_RECOVERY] = { true, 0, 0, set_error_recovery, get_error_recovery, true },
	[NVME_FEAT_VOLATILE_WRITE_CACHE] = { true, 1, 1, NULL, NULL, false },
	[NVME_FEAT_NUMBER_OF_QUEUES] = { true, 0, 0, set_queues, get_queues, false },
	[NVME_FEAT_INTERRUPT_COALESCING] = { true, 0xffff, 0, NULL, NULL, false },
	[NVME_FEAT_INTERRUPT_VECTOR_CONFIGURATION] = { true, 0, 0, set_vector, get_vector, false },
	[NVME_FEAT_WRITE_ATOMICITY] = { true, 1, 0, NULL, NULL, false },
	[NVME_FEAT_ASYNC_EVENT_CONFIGURATION] = { true, 0x11f, 0, NULL, NULL, false },
};

void features_reset(struct ctrl *ctrl)
{
	for (unsigned int fid = 0; fid < 256; fid++)
		ctrl->features[fid] = features[fid].initial;
	ctrl->temperature[THSEL_OVER] = CTRL_WCTEMP_K;
	ctrl->temperature[THSEL_UNDER] = 0;
	memset(ctrl->coalescing_off, 0, sizeof(ctrl->coalescing_off));
	memset(ctrl->error_recovery, 0, ctrl->config.nr_ns * sizeof(ctrl->error_recovery[0]));
	ctrl->nr_sqs = CTRL_NR_IO_QUEUES;
	ctrl->nr_cqs = CTRL_NR_IO_QUEUES;
}

bool feature_write_cache(const struct ctrl *ctrl)
{
	return ctrl->features[NVME_FEAT_VOLATILE_WRITE_CACHE] & 1;
}

static uint16_t unknown(struct cmd *cmd)
{
	return cmd_wrong(cmd, cmd_get_features_fid_PLACE, ST(INVALID_FIELD));
}

enum cmd_next feature_get(struct cmd *cmd)
{
	const struct feature *feature = &features[cmd->sqe.cdw10 & 0xff];
	uint8_t fid = cmd->sqe.cdw10 & 0xff;
	uint32_t sel = cmd->sqe.cdw10 >> 8 & 7, value;
	uint16_t code = 0;

	if (!feature->known)
		return cmd_fail(cmd, unknown(cmd));
	if (sel > NVME_SEL_SUPPORTED)
		return cmd_fail(cmd, cmd_wrong(cmd, cmd_get_features_sel_PLACE, ST(INVALID_FIELD)));
	/* What cannot be saved has its default as its saved value. */
	value = sel == NVME_SEL_CURRENT ? cmd->ctrl->features[fid] : feature->initial;
	if (sel == NVME_SEL_SUPPORTED)
		value = CAP_CHANGEABLE | (feature->per_ns ? CAP_NS_SPECIFIC : 0);
	else if (feature->get != NULL)
		code = feature->get(cmd, sel != NVME_SEL_CURRENT, &value);
	cmd->cpl.cdw0 = code == 0 ? value : 0;
	return cmd_status(cmd, code);
}

enum cmd_next feature_set(struct cmd *cmd)
{
	uint8_t fid = cmd->sqe.cdw10 & 0xff;
	const struct feature *feature = &features[fid];
	bool cached = feature_write_cache(cmd->ctrl);

	if (!feature->known)
		return cmd_fail(cmd, unknown(cmd));
	if ((cmd->sqe.cdw10 >> 31) != 0)
		return cmd_fail(cmd, ST(FEATURE_NOT_SAVEABLE));
	if (!feature->per_ns && cmd->sqe.nsid != 0 &&
	    cmd->sqe.nsid != (uint32_t)NVME_NSID_BROADCAST)
		return cmd_fail(cmd, ST(FEATURE_NOT_NS_SPECIFIC));
	if (feature->set != NULL)
		return cmd_status(cmd, feature->set(cmd, cmd->sqe.cdw11));
	cmd->ctrl->features[fid] = cmd->sqe.cdw11 & feature->mask;
	/* What the cache holds is written before it is off. */
	if (cached && !feature_write_cache(cmd->ctrl))
		return io_flush_all(cmd);
	return CMD_NEXT;
}
