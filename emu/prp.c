/* SPDX-License-Identifier: BSD-2-Clause */
/* Following PRP entries, and copying along them. */
#include <errno.h>
#include "emu/prp.h"
#include "spec/bytes.h"

enum { ENTRY = 8, PER_PAGE = CTRL_PAGE / ENTRY };

static uint64_t offset_in_page(uint64_t iova)
{
	return iova & (CTRL_PAGE - 1);
}

/* One page of a list, as it was read. */
struct list_page {
	uint64_t iova;
	uint32_t nr;
	uint64_t entry[PER_PAGE];
};

/* place: of the PRP entry in the command, or of that whose list is wrong. */
static uint16_t offset_invalid(struct cmd *cmd, unsigned int place)
{
	return cmd_wrong(cmd, place, ST(PRP_OFFSET_INVALID));
}

static uint16_t dma_status(int rc)
{
	if (rc == -EAGAIN)
		return STATUS_AGAIN;
	return rc != 0 ? ST(DATA_TRANSFER_ERROR) : 0;
}

static uint16_t read_list(struct cmd *cmd, struct list_page *list)
{
	uint8_t bytes[CTRL_PAGE];
	int rc = ctrl_dma_read(cmd->ctrl, list->iova, bytes, (size_t)list->nr * ENTRY);

	for (uint32_t i = 0; rc == 0 && i < list->nr; i++)
		list->entry[i] = bytes_get_le(bytes + (size_t)i * ENTRY, ENTRY);
	return dma_status(rc);
}

static void fire_list(struct cmd *cmd, const struct list_page *list, uint32_t first)
{
	struct nvmetap_list info = {
		.iova = list->iova,
		.entries = list->entry,
		.nr = list->nr,
		.first = first,
		.type = NVMETAP_LIST_PRP,
	};
	struct nvmetap_event ev;

	if (!tap_armed(cmd->ctrl->taps, NVMETAP_TAP_LIST))
		return;
	ev = cmd_event(cmd, NVMETAP_TAP_LIST);
	ev.cpl = NULL;
	ev.list = &info;
	tap_fire(cmd->ctrl->taps, &ev);
}

static uint16_t keep(struct cmd *cmd, const struct list_page *list, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++) {
		if (offset_in_page(list->entry[i]) != 0)
			return offset_invalid(cmd, sqe_prp2_PLACE);
		cmd->page[cmd->nr_pages++] = list->entry[i];
	}
	return 0;
}

/* nr entries of data, at most CTRL_MAX_PAGES - 1.  Only the first page of a
 * list can be so short that all it holds is a pointer to the next one. */
static uint16_t walk_lists(struct cmd *cmd, uint32_t nr)
{
	struct list_page list = { .iova = cmd->sqe.prp2 };
	uint32_t room, here, first = 0;
	uint16_t code;

	if (list.iova % ENTRY != 0)
		return offset_invalid(cmd, sqe_prp2_PLACE);
	while (nr > 0) {
		room = (uint32_t)(CTRL_PAGE - offset_in_page(list.iova)) / ENTRY;
		list.nr = nr < room ? nr : room;
		here = nr > room ? room - 1 : nr;
		code = read_list(cmd, &list);
		if (code != 0)
			return code;
		fire_list(cmd, &list, first);
		code = keep(cmd, &list, here);
		if (code != 0)
			return code;
		first += list.nr;
		nr -= here;
		if (nr == 0)
			break;
		list.iova = list.entry[room - 1];
		if (offset_in_page(list.iova) != 0)
			return offset_invalid(cmd, sqe_prp2_PLACE);
	}
	return 0;
}

uint16_t prp_walk(struct cmd *cmd)
{
	uint64_t first = CTRL_PAGE - offset_in_page(cmd->sqe.prp1);
	uint32_t left;

	if ((cmd->sqe.prp1 & 3) != 0)
		return offset_invalid(cmd, sqe_prp1_PLACE);
	cmd->page[0] = cmd->sqe.prp1;
	cmd->nr_pages = 1;
	if (cmd->data_len <= first)
		return 0;
	left = cmd->data_len - (uint32_t)first;
	if (left > CTRL_PAGE)
		return walk_lists(cmd, (left + CTRL_PAGE - 1) / CTRL_PAGE);
	if (offset_in_page(cmd->sqe.prp2) != 0)
		return offset_invalid(cmd, sqe_prp2_PLACE);
	cmd->page[cmd->nr_pages++] = cmd->sqe.prp2;
	return 0;
}

/* How many bytes from page index on, which begins at byte off of the data,
 * lie side by side in the guest's memory. */
static uint32_t run_length(const struct cmd *cmd, uint32_t *index, uint32_t off)
{
	uint64_t len = CTRL_PAGE - offset_in_page(cmd->page[*index]);
	uint64_t start = cmd->page[*index];

	for (++*index; *index < cmd->nr_pages && cmd->page[*index] == start + len; ++*index)
		len += CTRL_PAGE;
	return len < cmd->data_len - off ? (uint32_t)len : cmd->data_len - off;
}

static uint16_t copy_runs(struct cmd *cmd, bool to_guest)
{
	uint32_t index = 0, len;
	uint64_t iova;
	int rc;

	for (uint32_t off = 0; off < cmd->data_len; off += len) {
		iova = cmd->page[index];
		len = run_length(cmd, &index, off);
		rc = to_guest ? ctrl_dma_write(cmd->ctrl, iova, cmd->data + off, len) :
				ctrl_dma_read(cmd->ctrl, iova, cmd->data + off, len);
		if (rc != 0)
			return dma_status(rc);
	}
	return 0;
}

uint16_t prp_read(struct cmd *cmd)
{
	return copy_runs(cmd, false);
}

uint16_t prp_write(struct cmd *cmd)
{
	return copy_runs(cmd, true);
}
