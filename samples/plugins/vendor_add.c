/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vendor_add: a vendor's admin command that adds CDW10 and CDW11 and answers in
 * Dword 0 of the completion.  samples/guest/vendor_add.c sends it from a guest.
 *   opcode=N  of the command (0x80)
 */
#include <nvmetap/plugin.h>

static uint64_t opcode = 0x80;

static DECL_NPLUGIN_ADMIN_DECODE(add);

static int add(NVMETAP_DECODE_ARGS)
{
	if (cmd->opc != opcode)
		return 0;
	cpl->cdw0 = cmd->cdw10 + cmd->cdw11;
	NVME_STATUS_SET(cpl->status, NVME_SCT_GENERIC, NVME_SC_SUCCESS);
	return 1;
}

int setup(void)
{
	if (nvmetap_option_number(NULL, "opcode", &opcode) != 0 || opcode > 0xff)
		return -EINVAL;
	return plugin_tap_attach("nvme:admin:decode", add);
}

int teardown(void)
{
	return plugin_tap_detach("nvme:admin:decode");
}
