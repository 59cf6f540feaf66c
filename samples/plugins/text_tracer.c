/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_tracer: a line for each access to a register, command and completion, as
 * nvmetap dump has it: index, time, PCI function, event.
 *   file=PATH  where to (standard error)
 */
#include <nvmetap/plugin.h>
#include <stdio.h>
#include <string.h>

enum { admin, io };
static const struct op {
	const char *name, *layout;
} ops[2][256] = {
#define COMMAND(queue, cname, opcode, layout, name) [queue][opcode] = { name, #layout },
#include <nvmetap/nvme.def>
};
static const char *const taps[][2] = {
	{ "nvme:regread:writeback", "REG" }, { "nvme:regwrite:decode", "REG" },
	{ "nvme:admin:decode", "ADM" }, { "nvme:admin:writeback", "CPL" },
	{ "nvme:io:decode", "IO" }, { "nvme:io:writeback", "CPL" },
};
static FILE *out;

static void show_command(const struct nvme_command *cmd, uint32_t sqid)
{
	const struct op *op = &ops[sqid != 0 ? io : admin][cmd->opc];
	char code[5];

	snprintf(code, sizeof(code), "0x%02x", cmd->opc);
	fprintf(out, "SQ=%u CID=%04x OPC=%s NSID=%#x", sqid, cmd->cid,
		op->name != NULL ? op->name : code, cmd->nsid);
	if (op->layout != NULL && (strcmp(op->layout, "cmd_rw") == 0 ||
				   strcmp(op->layout, "cmd_write_zeroes") == 0))
		fprintf(out, " LBA=%ju prp1=%jx prp2=%jx", NVME_SLBA(cmd), cmd->prp1, cmd->prp2);
	else
		fprintf(out, " prp1=%jx prp2=%jx CDW10=%08x", cmd->prp1, cmd->prp2, cmd->cdw10);
}

static int show(void *proto, struct nvmetap_event *ev)
{
	uint64_t ns = nvmetap_ns(ev->ticks);

	fprintf(out, "[%4ju] %ju:%09ju %02x:%02x.%x %-3s ", ev->seq, ns / 1000000000,
		ns % 1000000000, ev->bdf >> 8 & 0xff, ev->bdf >> 3 & 0x1f, ev->bdf & 7,
		(const char *)proto);
	if (ev->cpl == NULL)
		fprintf(out, "%04jx %s %0*jx", ev->acc->offset,
			ev->stage == NVMETAP_WRITEBACK ? "->" : "<-", 2 * (int)ev->acc->width,
			ev->acc->value);
	else if (ev->stage == NVMETAP_DECODE)
		show_command(ev->cmd, ev->sqid);
	else
		fprintf(out, "SQ=%u CID=%04x P=%d STS=0x%04x CDW0=0x%08x", ev->sqid, ev->cpl->cid,
			NVME_STATUS_P(ev->cpl->status), ev->cpl->status >> 1, ev->cpl->cdw0);
	fputc('\n', out);
	return NVMETAP_GO;
}

int setup(void)
{
	const char *path = nvmetap_option(NULL, "file");

	out = path != NULL ? fopen(path, "w") : stderr;
	if (out == NULL)
		return -errno;
	for (unsigned int i = 0; i < sizeof(taps) / sizeof(taps[0]); i++)
		nvmetap_attach(NULL, taps[i][0], show, (void *)taps[i][1], NVMETAP_OBSERVE);
	return 0;
}

int teardown(void)
{
	return out != stderr ? fclose(out) : 0;
}
