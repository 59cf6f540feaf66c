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
static const struct {
	const char *tap, *proto;
} taps[] = {
	{ "nvme:regread:writeback", "REG" }, { "nvme:regwrite:decode", "REG" },
	{ "nvme:admin:decode", "ADM" }, { "nvme:admin:writeback", "CPL" },
	{ "nvme:io:decode", "IO" }, { "nvme:io:writeback", "CPL" },
};
static FILE *out;

static void show_command(const struct nvmetap_event *ev)
{
	const struct nvme_command *cmd = ev->cmd;
	const struct op *op = &ops[ev->sqid != 0 ? io : admin][cmd->opc];
	int has_lba = op->layout != NULL && (strcmp(op->layout, "cmd_rw") == 0 ||
					     strcmp(op->layout, "cmd_write_zeroes") == 0);

	fprintf(out, "SQ=%u CID=%04x OPC=", ev->sqid, cmd->cid);
	if (op->name != NULL)
		fputs(op->name, out);
	else
		fprintf(out, "0x%02x", cmd->opc);
	fprintf(out, " NSID=%#x", cmd->nsid);
	if (has_lba)
		fprintf(out, " LBA=%ju", NVME_SLBA(cmd));
	fprintf(out, " prp1=%jx prp2=%jx", cmd->prp1, cmd->prp2);
	if (!has_lba)
		fprintf(out, " CDW10=%08x", cmd->cdw10);
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
		show_command(ev);
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
		nvmetap_attach(NULL, taps[i].tap, show, (void *)taps[i].proto, NVMETAP_OBSERVE);
	return 0;
}

int teardown(void)
{
	return out != stderr ? fclose(out) : 0;
}
