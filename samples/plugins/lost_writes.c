/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lost_writes: from some write on, writes succeed and nothing is written.
 *   after=N  so many writes are done first (5000)
 */
#include <nvmetap/plugin.h>

static uint64_t after = 5000, nr_writes;

static DECL_NPLUGIN_IO_DECODE(lose);

static int lose(NVMETAP_DECODE_ARGS)
{
	if (cmd->opc != NVME_OPC_WRITE || ++nr_writes <= after)
		return 0;
	NVME_STATUS_SET(cpl->status, NVME_SCT_GENERIC, NVME_SC_SUCCESS);
	return 1;
}

int setup(void)
{
	if (nvmetap_option_number(NULL, "after", &after) != 0)
		return -EINVAL;
	return plugin_tap_attach("nvme:io:decode", lose);
}

int teardown(void)
{
	return plugin_tap_detach("nvme:io:decode");
}
