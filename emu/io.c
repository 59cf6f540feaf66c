/* SPDX-License-Identifier: BSD-2-Clause */
/* The NVM command set: Flush, Write, Read, Write Zeroes, Dataset Management. */
#include <errno.h>
#include "emu/admin.h"
#include "emu/io.h"
#include "spec/table.h"

enum { EFFECT_LBCC = 1 << 1, SECTOR_SHIFT = 9 };

void io_busy(struct ctrl *ctrl, bool busy)
{
	uint64_t now = nvmetap_ticks();

	if (!busy)
		ctrl->smart.busy_ns += now - ctrl->smart.busy_since;
	ctrl->smart.busy_since = busy ? now : 0;
}

static uint16_t check_range(const struct ns *ns, uint64_t slba, uint64_t nlb)
{
	if (slba > ns->nr_blocks || nlb > ns->nr_blocks - slba)
		return ST(LBA_OUT_OF_RANGE);
	return 0;
}

/* Figure 127: Namespace is Write Protected is for namespaces that a host has
 * protected. */
static uint16_t check_writable(const struct ns *ns)
{
	return ns->read_only ? ST(ATTEMPTED_WRITE_TO_RO_PAGE) : 0;
}

/* Keeps namespace and blocks of a command with SLBA and NLB in its request. */
static uint16_t take_range(struct cmd *cmd)
{
	uint8_t sqe[NVME_SQE_SIZE];
	struct ns *ns;
	uint16_t code = cmd_ns(cmd, &ns);

	if (code != 0)
		return code;
	sqe_encode(&cmd->sqe, sqe);
	cmd->req.ns = ns;
	cmd->req.slba = cmd_rw_slba_get(sqe);
	cmd->req.nlb = (uint32_t)cmd_rw_nlb_get(sqe) + 1;
	cmd->req.fua = cmd_rw_fua_get(sqe) || !feature_write_cache(cmd->ctrl);
	return 0;
}

static uint16_t read_prepare(struct cmd *cmd)
{
	uint16_t code = take_range(cmd);
	uint64_t len;

	if (code != 0)
		return code;
	len = (uint64_t)cmd->req.nlb << cmd->req.ns->lba_shift;
	if (len > CTRL_MAX_TRANSFER)
		return cmd_wrong(cmd, cmd_rw_nlb_PLACE, ST(INVALID_FIELD));
	cmd->data_len = (uint32_t)len;
	cmd->direction = NVMETAP_TO_HOST;
	return check_range(cmd->req.ns, cmd->req.slba, cmd->req.nlb);
}

static uint16_t write_prepare(struct cmd *cmd)
{
	uint16_t code = read_prepare(cmd);

	cmd->direction = NVMETAP_TO_DEVICE;
	return code != 0 ? code : check_writable(cmd->req.ns);
}

static uint16_t write_zeroes_prepare(struct cmd *cmd)
{
	uint16_t code = take_range(cmd);

	if (code == 0)
		code = check_range(cmd->req.ns, cmd->req.slba, cmd->req.nlb);
	return code != 0 ? code : check_writable(cmd->req.ns);
}

/* What went wrong in the back end, as the guest is told. */
static enum cmd_next fail_result(struct cmd *cmd, int result)
{
	struct smart *smart = &cmd->ctrl->smart;

	switch (result) {
	case -EROFS:
	case -EPERM:
	case -EACCES:
		return cmd_fail(cmd, ST(ATTEMPTED_WRITE_TO_RO_PAGE));
	case -ENOSPC:
	case -EDQUOT:
	case -EFBIG:
		return cmd_fail(cmd, ST(CAPACITY_EXCEEDED));
	default:
		break;
	}
	if (cmd->req.op == NS_READ || cmd->req.op == NS_WRITE)
		smart->media_errors++;
	if (cmd->req.op == NS_READ)
		return cmd_fail(cmd, ST(UNRECOVERED_READ_ERROR));
	if (cmd->req.op == NS_WRITE)
		return cmd_fail(cmd, ST(WRITE_FAULTS));
	return cmd_fail(cmd, ST(INTERNAL_DEVICE_ERROR));
}

static enum cmd_next rw_done(struct cmd *cmd, int result)
{
	struct smart *smart = &cmd->ctrl->smart;
	uint64_t sectors = cmd->data_len >> SECTOR_SHIFT;

	if (result != 0)
		return fail_result(cmd, result);
	if (cmd->req.op == NS_READ) {
		smart->host_reads++;
		smart->sectors_read += sectors;
	} else {
		smart->host_writes++;
		smart->sectors_written += sectors;
	}
	return CMD_NEXT;
}

static enum cmd_next rw_submit(struct cmd *cmd, enum ns_op op)
{
	cmd->req.op = op;
	cmd->req.buf = cmd->data;
	return cmd_submit(cmd, rw_done);
}

static enum cmd_next read_execute(struct cmd *cmd)
{
	return rw_submit(cmd, NS_READ);
}

static enum cmd_next write_execute(struct cmd *cmd)
{
	return rw_submit(cmd, NS_WRITE);
}

static enum cmd_next done(struct cmd *cmd, int result)
{
	return result != 0 ? fail_result(cmd, result) : CMD_NEXT;
}

/* DEAC is a wish; the back end gives storage back where it can anyway. */
static enum cmd_next write_zeroes_execute(struct cmd *cmd)
{
	uint8_t sqe[NVME_SQE_SIZE];

	sqe_encode(&cmd->sqe, sqe);
	cmd->req.op = cmd_write_zeroes_deac_get(sqe) ? NS_DEALLOCATE : NS_WRITE_ZEROES;
	return cmd_submit(cmd, done);
}

static enum cmd_next flush_next(struct cmd *cmd, int result)
{
	if (result != 0)
		return fail_result(cmd, result);
	if (cmd->index == cmd->ctrl->config.nr_ns)
		return CMD_NEXT;
	cmd->req.ns = cmd->ctrl->config.ns[cmd->index++];
	cmd->req.op = NS_FLUSH;
	return cmd_submit(cmd, flush_next);
}

enum cmd_next io_flush_all(struct cmd *cmd)
{
	cmd->index = 0;
	return flush_next(cmd, 0);
}

static enum cmd_next flush_execute(struct cmd *cmd)
{
	uint16_t code;

	if (cmd->sqe.nsid == (uint32_t)NVME_NSID_BROADCAST)
		return io_flush_all(cmd);
	code = cmd_ns(cmd, &cmd->req.ns);
	if (code != 0)
		return cmd_fail(cmd, code);
	cmd->req.op = NS_FLUSH;
	return cmd_submit(cmd, done);
}

static uint16_t dsm_prepare(struct cmd *cmd)
{
	uint8_t sqe[NVME_SQE_SIZE];
	uint16_t code = cmd_ns(cmd, &cmd->req.ns);

	if (code != 0)
		return code;
	sqe_encode(&cmd->sqe, sqe);
	cmd->direction = NVMETAP_TO_DEVICE;
	cmd->data_len = ((uint32_t)cmd_dsm_nr_get(sqe) + 1) * dsm_range_SIZE;
	return cmd_dsm_ad_get(sqe) ? check_writable(cmd->req.ns) : 0;
}

static enum cmd_next dsm_next(struct cmd *cmd, int result)
{
	const uint8_t *range;

	if (result != 0)
		return fail_result(cmd, result);
	while ((uint64_t)cmd->index * dsm_range_SIZE < cmd->data_len) {
		range = cmd->data + (size_t)cmd->index++ * dsm_range_SIZE;
		if (dsm_range_nlb_get(range) == 0)
			continue;
		cmd->req.op = NS_DEALLOCATE;
		cmd->req.slba = dsm_range_slba_get(range);
		cmd->req.nlb = (uint32_t)dsm_range_nlb_get(range);
		cmd->req.fua = !feature_write_cache(cmd->ctrl);
		return cmd_submit(cmd, dsm_next);
	}
	return CMD_NEXT;
}

/* All ranges are checked before the first one is touched. */
static enum cmd_next dsm_execute(struct cmd *cmd)
{
	uint8_t sqe[NVME_SQE_SIZE];
	uint16_t code = 0;

	sqe_encode(&cmd->sqe, sqe);
	for (uint32_t off = 0; code == 0 && off < cmd->data_len; off += dsm_range_SIZE)
		code = check_range(cmd->req.ns, dsm_range_slba_get(cmd->data + off),
				   dsm_range_nlb_get(cmd->data + off));
	if (code != 0)
		return cmd_fail(cmd, code);
	if (!cmd_dsm_ad_get(sqe))
		return CMD_NEXT;
	return dsm_next(cmd, 0);
}

const struct op io_ops[256] = {
	[NVME_OPC_FLUSH] = { NULL, flush_execute, 0 },
	[NVME_OPC_WRITE] = { write_prepare, write_execute, EFFECT_LBCC },
	[NVME_OPC_READ] = { read_prepare, read_execute, 0 },
	[NVME_OPC_WRITE_ZEROES] = { write_zeroes_prepare, write_zeroes_execute, EFFECT_LBCC },
	[NVME_OPC_DATASET_MANAGEMENT] = { dsm_prepare, dsm_execute, EFFECT_LBCC },
};
