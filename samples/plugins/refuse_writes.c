/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * refuse_writes: from some write on, writes are refused as to a read-only
 * range, 01h/82h, until a file system or a pool is degraded.
 *   after=N  so many writes are done first (5000)
 *   retry    let the driver try again; otherwise Do Not Retry is set
 */
#include <nvmetap/plugin.h>

static uint64_t after = 5000, nr_writes;
static int retry;

static DECL_NPLUGIN_IO_DECODE(refuse);

static int refuse(NVMETAP_DECODE_ARGS)
{
	if (cmd->opc != NVME_OPC_WRITE || ++nr_writes <= after)
		return 0;
	NVME_STATUS_SET(cpl->status, NVME_SCT_COMMAND_SPECIFIC,
			NVME_SC_ATTEMPTED_WRITE_TO_RO_PAGE);
	if (!retry)
		NVME_STATUS_SET_DNR(cpl->status);
	return 1;
}

int setup(void)
{
	retry = nvmetap_option(NULL, "retry") != NULL;
	if (nvmetap_option_number(NULL, "after", &after) != 0)
		return -EINVAL;
	return plugin_tap_attach("nvme:io:decode", refuse);
}

int teardown(void)
{
	return plugin_tap_detach("nvme:io:decode");
}
