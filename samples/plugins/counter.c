/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * counter: says at its end how many reads and writes there were.  Changes
 * nothing: the smallest example, in the short interface.
 */
#include <nvmetap/plugin.h>
#include <stdio.h>

static unsigned long nr_reads, nr_writes;

static DECL_NPLUGIN_IO_DECODE(count);

static int count(NVMETAP_DECODE_ARGS)
{
	nr_reads += cmd->opc == NVME_OPC_READ;
	nr_writes += cmd->opc == NVME_OPC_WRITE;
	return 0;
}

int setup(void)
{
	return plugin_tap_attach("nvme:io:decode", count);
}

int teardown(void)
{
	fprintf(stderr, "counter: %lu reads, %lu writes\n", nr_reads, nr_writes);
	return plugin_tap_detach("nvme:io:decode");
}
