/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * read_only_media: the media wears out and is placed in read-only mode.  The
 * drive tells by an asynchronous event (NVM subsystem reliability), shows bit 3
 * of Critical Warning in the SMART log, and refuses what would change the media.
 *   after=N  so many writes are done first (5000)
 */
#include <nvmetap/plugin.h>

static uint64_t after = 5000, nr_writes;

static int changes_media(uint8_t opc)
{
	return opc == NVME_OPC_WRITE || opc == NVME_OPC_WRITE_UNCORRECTABLE ||
	       opc == NVME_OPC_WRITE_ZEROES || opc == NVME_OPC_DATASET_MANAGEMENT;
}

static int refuse(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	if (!changes_media(ev->cmd->opc))
		return NVMETAP_GO;
	nr_writes += ev->cmd->opc == NVME_OPC_WRITE;
	if (nr_writes <= after)
		return NVMETAP_GO;
	if (nr_writes == after + 1 && ev->cmd->opc == NVME_OPC_WRITE)
		nvmetap_fault(NULL, NVMETAP_FAULT_ASYNC,
			      NVME_AER_SMART | NVME_LOG_HEALTH_INFORMATION << 16);
	NVME_STATUS_SET(ev->cpl->status, NVME_SCT_COMMAND_SPECIFIC,
			NVME_SC_ATTEMPTED_WRITE_TO_RO_PAGE);
	NVME_STATUS_SET_DNR(ev->cpl->status);
	return NVMETAP_HANDLED;
}

/* Byte 0 of the log page, if that is among what is asked for. */
static int warn(void *ctx, struct nvmetap_event *ev)
{
	uint8_t warning;

	(void)ctx;
	if (nr_writes <= after || ev->cmd->opc != NVME_OPC_GET_LOG_PAGE ||
	    (ev->cmd->cdw10 & 0xff) != NVME_LOG_HEALTH_INFORMATION ||
	    ev->cmd->cdw12 != 0 || ev->cmd->cdw13 != 0)
		return NVMETAP_GO;
	if (nvmetap_data(ev, 0, &warning, 1, 0) != 0)
		return NVMETAP_GO;
	warning |= 1 << 3;
	nvmetap_data(ev, 0, &warning, 1, 1);
	return NVMETAP_GO;
}

int setup(void)
{
	if (nvmetap_option_number(NULL, "after", &after) != 0)
		return -EINVAL;
	nvmetap_attach(NULL, "nvme:admin:memory", warn, NULL, NVMETAP_MODIFY);
	return nvmetap_attach(NULL, "nvme:io:decode", refuse, NULL, NVMETAP_MODIFY);
}
