/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * temperamental: a drive that is read-only now and then.  Whether a write is
 * refused is drawn by lot; the same seed refuses the same writes.
 *   one_in=N  how many writes there are to one that is refused (20)
 *   seed=N    of the lots (1)
 */
#include <nvmetap/plugin.h>

static uint64_t one_in = 20, lots = 1;

static DECL_NPLUGIN_IO_DECODE(refuse);

static int refuse(NVMETAP_DECODE_ARGS)
{
	if (cmd->opc != NVME_OPC_WRITE || nvmetap_random(&lots) % one_in != 0)
		return 0;
	NVME_STATUS_SET(cpl->status, NVME_SCT_COMMAND_SPECIFIC,
			NVME_SC_ATTEMPTED_WRITE_TO_RO_PAGE);
	NVME_STATUS_SET_DNR(cpl->status);
	return 1;
}

int setup(void)
{
	if (nvmetap_option_number(NULL, "one_in", &one_in) != 0 || one_in == 0 ||
	    nvmetap_option_number(NULL, "seed", &lots) != 0)
		return -EINVAL;
	return plugin_tap_attach("nvme:io:decode", refuse);
}

int teardown(void)
{
	return plugin_tap_detach("nvme:io:decode");
}
