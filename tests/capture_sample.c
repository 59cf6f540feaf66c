/* SPDX-License-Identifier: BSD-2-Clause */
/* A short capture with one record or more of most events. */
#include <string.h>
#include "spec/nvme.h"
#include "tests/captures.h"

static void start(struct maker *m)
{
	static const char session[] = "nvmetap 0.1.0\ntransport: vfio-user\n";
	uint8_t registers[registers_SIZE] = { 0 }, dma[dma_info_SIZE] = { 0 };
	uint8_t ctrl[ctrl_info_SIZE] = { 0 };

	put_snapshot(m, NVMETAP_EV_SESSION, session, sizeof(session) - 1);
	registers_cap_set(registers, 0x0040002014010fff);
	registers_vs_set(registers, 0x10400);
	m->comment = "the first \"comment\"";
	put_snapshot(m, NVMETAP_EV_REGISTERS, registers, sizeof(registers));
	dma_info_size_set(dma, 0x80000000);
	dma_info_readable_set(dma, 1);
	dma_info_writable_set(dma, 1);
	dma_info_mapped_set(dma, 1);
	put_event(m, NVMETAP_EV_DMAMAP, NVMETAP_EXECUTE, dma, sizeof(dma), NULL, 0);
	put_access(m, NVMETAP_EV_CFGREAD, 4, 4, 0x00100406);
	put_access(m, NVMETAP_EV_REGREAD, NVME_REG_CAP, 8, 0x0040002014010fff);
	put_access(m, NVMETAP_EV_REGREAD, NVME_REG_CAP + 4, 4, 0x00400020);
	put_access(m, NVMETAP_EV_REGWRITE, NVME_REG_CC, 4, 0x00460001);
	put_access(m, NVMETAP_EV_MSIXWRITE, 0x10, 4, 0xfee01000);
	put_text(m, NVMETAP_EV_CONSOLE, NVMETAP_DECODE,
		 "nvme nvme0: \x1b[1mpci\x1b[0m \xc2\xb5s \xff");
	ctrl_info_state_set(ctrl, NVMETAP_CTRL_ENABLED);
	ctrl_info_cc_set(ctrl, 0x00460001);
	ctrl_info_aqa_set(ctrl, 0x001f001f);
	put_event(m, NVMETAP_EV_CTRL, NVMETAP_EXECUTE, ctrl, sizeof(ctrl), NULL, 0);
}

static void identify(struct maker *m)
{
	static const uint8_t descriptors[4096] = {
		3, 16, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
		4, 1, 0, 0, 0,
	};
	struct record rec = put_admin(m, NVME_OPC_IDENTIFY, NVME_CNS_CTRL, 0);
	uint8_t page[id_ctrl_SIZE] = { 0 };

	id_ctrl_vid_set(page, 0x1b36);
	memcpy(page + id_ctrl_sn_OFFSET, "S1\x01, \"2\"            ", 20);
	memcpy(page + id_ctrl_mn_OFFSET, "A drive                                 ", 40);
	id_ctrl_ver_set(page, 0x10400);
	page[id_ctrl_tnvmcap_OFFSET + 3] = 0x40;
	id_ctrl_sqes_min_set(page, 6);
	id_ctrl_nn_set(page, 1);
	id_ctrl_oncs_set(page, 0xc);
	psd_mp_set(page + id_ctrl_psd_OFFSET, 2500);
	put_data(m, rec, page, 0, 512, 4096);
	put_data(m, rec, page, 512, 3584, 4096);
	put_completion(m, rec, 0, 0);
	rec = put_simple(m, ADMIN_QUEUE, NVME_OPC_IDENTIFY, 1, NVME_CNS_NS_DESC_LIST, 0, 0);
	put_data(m, rec, descriptors, 0, 4096, 4096);
	put_completion(m, rec, 0, 0);
}

static void queues(struct maker *m)
{
	uint8_t queue[queue_info_SIZE] = { 0 }, async[async_info_SIZE] = { 0 };
	struct record rec;

	rec = put_admin(m, NVME_OPC_SET_FEATURES, NVME_FEAT_NUMBER_OF_QUEUES, 0x00030003);
	put_completion(m, rec, 0, 0x00070007);
	rec = put_admin(m, NVME_OPC_CREATE_IO_CQ, 0x03ff0001, 0x00010003);
	queue_info_base_set(queue, 0xbf000000);
	queue_info_qid_set(queue, 1);
	queue_info_size_set(queue, 1024);
	queue_info_type_set(queue, NVMETAP_CQ);
	queue_info_state_set(queue, NVMETAP_QUEUE_CREATED);
	queue_info_ien_set(queue, 1);
	queue_info_vector_set(queue, 1);
	put_event(m, NVMETAP_EV_QUEUE, NVMETAP_EXECUTE, queue, sizeof(queue), NULL, 0);
	put_completion(m, rec, 0, 0);
	rec = put_admin(m, NVME_OPC_ASYNC_EVENT_REQUEST, 0, 0);
	async_info_type_set(async, NVME_AER_NOTICE);
	async_info_page_set(async, 4);
	put_event(m, NVMETAP_EV_ASYNC, NVMETAP_EXECUTE, async, sizeof(async), NULL, 0);
	put_completion(m, rec, 0, 0x00040002);
}

static void write_blocks(struct maker *m)
{
	uint8_t cmd[sqe_SIZE] = { 0 }, list[list_info_SIZE] = { 0 };
	uint8_t entries[2 * prp_entry_SIZE] = { 0 };
	struct record rec;

	put_doorbell(m, NVMETAP_DOORBELL_SQ, 1, 0, 1);
	sqe_opc_set(cmd, NVME_OPC_WRITE);
	sqe_cid_set(cmd, 0x10);
	sqe_nsid_set(cmd, 1);
	sqe_prp1_set(cmd, 0x10000);
	sqe_prp2_set(cmd, 0x5000);
	sqe_cdw10_set(cmd, 0x800);
	cmd_rw_nlb_set(cmd, 23);
	cmd_rw_fua_set(cmd, 1);
	rec = put_command(m, IO_QUEUE, cmd);
	prp_entry_prp_set(entries, 0x11000);
	prp_entry_prp_set(entries + prp_entry_SIZE, 0x12000);
	list_info_iova_set(list, 0x5000);
	list_info_first_set(list, 1);
	put_part(m, rec, NVMETAP_EV_LIST, list, sizeof(list), entries, sizeof(entries));
	rec.flags |= NVMETAP_ALTERED;
	rec = put_completion(m, rec, NVME_SCT_COMMAND_SPECIFIC << 8 |
				     NVME_SC_ATTEMPTED_WRITE_TO_RO_PAGE | 0x4000, 0);
	put_interrupt(m, rec, 1, NVMETAP_IRQ_MSIX);
}

static void end(struct maker *m)
{
	uint8_t drop[drop_info_SIZE] = { 0 }, clock[clock_info_SIZE] = { 0 };

	put_text(m, NVMETAP_EV_MARK, NVMETAP_DECODE, "here");
	put_text(m, NVMETAP_EV_LOG, NVMETAP_WRITEBACK, "plug-in: write refused");
	drop_info_count_set(drop, 5);
	drop_info_first_set(drop, m->seq + 1);
	drop_info_last_set(drop, m->seq + 5);
	put_event(m, NVMETAP_EV_DROP, NVMETAP_WRITEBACK, drop, sizeof(drop), NULL, 0);
	clock_info_step_set(clock, (uint64_t)-1500);
	put_event(m, NVMETAP_EV_CLOCK, NVMETAP_WRITEBACK, clock, sizeof(clock), NULL, 0);
	m->seq += 5;
	put_event(m, 200, 9, NULL, 0, drop, 3);
}

void capture_sample(struct maker *m)
{
	m->cid = 0;
	start(m);
	identify(m);
	queues(m);
	write_blocks(m);
	end(m);
}
