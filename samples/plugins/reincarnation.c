/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reincarnation: some writes fail, then the drive is well again, as if nothing
 * had been.
 *   after=N     so many writes are done first (5000)
 *   failures=N  so many fail then (10)
 */
#include <nvmetap/plugin.h>

static uint64_t after = 5000, failures = 10, nr_writes;

static DECL_NPLUGIN_IO_DECODE(fail);

static int fail(NVMETAP_DECODE_ARGS)
{
	if (cmd->opc != NVME_OPC_WRITE || ++nr_writes <= after || nr_writes - after > failures)
		return 0;
	NVME_STATUS_SET(cpl->status, NVME_SCT_MEDIA_ERROR, NVME_SC_WRITE_FAULTS);
	NVME_STATUS_SET_DNR(cpl->status);
	return 1;
}

int setup(void)
{
	if (nvmetap_option_number(NULL, "after", &after) != 0 ||
	    nvmetap_option_number(NULL, "failures", &failures) != 0)
		return -EINVAL;
	return plugin_tap_attach("nvme:io:decode", fail);
}

int teardown(void)
{
	return plugin_tap_detach("nvme:io:decode");
}
