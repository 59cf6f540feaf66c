/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes a small capture with one record or more of every event to standard
 * output, without the tracer.  "foreign": with packets that are not ours.
 */
#include <stdio.h>
#include <string.h>
#include "spec/record.h"

enum { USER0 = 147, ETHERNET = 1, START_S = 1556804537 };

static uint64_t now_ns = (uint64_t)START_S * 1000000000;
static uint64_t seq;
static uint8_t info[RECORD_INFO_MAX];
static uint8_t bytes[4096];

static void put(uint64_t value, size_t len)
{
	uint8_t le[8];

	bytes_set_le(le, len, value);
	fwrite(le, 1, len, stdout);
}

static void put_padded(const void *from, size_t len)
{
	fwrite(from, 1, len, stdout);
	put(0, -len & 3);
}

static void put_section(void)
{
	put(0x0a0d0d0a, 4);
	put(28, 4);
	put(0x1a2b3c4d, 4);
	put(1, 2);
	put(0, 2);
	put(UINT64_MAX, 8);
	put(28, 4);
}

/* An interface with nanoseconds and a name of 7 letters. */
static void put_interface(uint16_t linktype, const char *name)
{
	put(1, 4);
	put(44, 4);
	put(linktype, 2);
	put(0, 2);
	put(0, 4);
	put(2, 2);
	put(7, 2);
	put_padded(name, 7);
	put(9, 2);
	put(1, 2);
	put(9, 4);
	put(0, 4);
	put(44, 4);
}

static void put_packet(uint32_t interface, const uint8_t *data, size_t len, const char *comment)
{
	size_t comment_len = comment != NULL ? strlen(comment) : 0;
	size_t options = comment != NULL ? 4 + (comment_len + 3) / 4 * 4 + 4 : 0;
	size_t total = 32 + (len + 3) / 4 * 4 + options;

	put(6, 4);
	put(total, 4);
	put(interface, 4);
	put(now_ns >> 32, 4);
	put(now_ns, 4);
	put(len, 4);
	put(len, 4);
	put_padded(data, len);
	if (comment != NULL) {
		put(1, 2);
		put(comment_len, 2);
		put_padded(comment, comment_len);
		put(0, 4);
	}
	put(total, 4);
}

/* Fills in what all records have, and clears info and bytes for the next. */
static void put_record(struct record rec, size_t info_len, const void *payload, size_t len,
		       const char *comment)
{
	static uint8_t packet[record_SIZE + RECORD_INFO_MAX + sizeof(bytes)];

	rec.bdf = 6 << 3;
	rec.info_len = (uint8_t)info_len;
	rec.caplen = (uint32_t)len;
	if (rec.len == 0)
		rec.len = rec.caplen;
	if (rec.event != NVMETAP_EV_DROP && rec.event != NVMETAP_EV_CLOCK)
		rec.seq = ++seq;
	record_encode(packet, &rec);
	memcpy(packet + record_SIZE, info, info_len);
	memcpy(packet + record_SIZE + info_len, payload, len);
	put_packet(0, packet, record_SIZE + info_len + len, comment);
	now_ns += 1013;
	memset(info, 0, sizeof(info));
	memset(bytes, 0, sizeof(bytes));
}

static void put_words(uint8_t event, const char *words)
{
	put_record((struct record){ .event = event, .stage = NVMETAP_DECODE }, 0, words,
		   strlen(words), NULL);
}

static void put_access(uint8_t event, uint64_t offset, uint64_t value, uint32_t width)
{
	access_info_offset_set(info, offset);
	access_info_value_set(info, value);
	access_info_width_set(info, width);
	if (event == NVMETAP_EV_DOORBELL) {
		access_info_old_set(info, value - 1);
		access_info_doorbell_set(info, NVMETAP_DOORBELL_SQ);
		access_info_vector_set(info, (offset - 0x1000) / 8);
	}
	put_record((struct record){ .event = event, .stage = NVMETAP_DECODE }, access_info_SIZE,
		   bytes, 0, NULL);
}

static struct record command(uint8_t qkind, uint8_t opc, uint16_t cid, uint32_t nsid,
			     uint32_t cdw10)
{
	return (struct record){
		.flags = NVMETAP_HAS_COMMAND, .qkind = qkind, .sqid = qkind - 1,
		.cqid = qkind - 1, .opc = opc, .cid = cid, .nsid = nsid, .cdw10 = cdw10,
	};
}

/* Dwords 11 to 15 and PRPs are in bytes already. */
static void put_command(struct record rec)
{
	rec.event = rec.qkind == NVMETAP_QUEUE_ADMIN ? NVMETAP_EV_ADMIN : NVMETAP_EV_IO;
	rec.stage = NVMETAP_DECODE;
	sqe_opc_set(bytes, rec.opc);
	sqe_cid_set(bytes, rec.cid);
	sqe_nsid_set(bytes, rec.nsid);
	sqe_cdw10_set(bytes, rec.cdw10);
	put_record(rec, 0, bytes, sqe_SIZE, NULL);
}

static void put_completion(struct record rec, uint16_t status, uint32_t cdw0)
{
	rec.event = NVMETAP_EV_COMPLETION;
	rec.stage = NVMETAP_WRITEBACK;
	rec.cause = seq;
	rec.status = status;
	cqe_cdw0_set(bytes, cdw0);
	cqe_sqhd_set(bytes, 1);
	cqe_sqid_set(bytes, rec.sqid);
	cqe_cid_set(bytes, rec.cid);
	cqe_status_set(bytes, (uint64_t)status << 1 | 1);
	completion_info_latency_set(info, 34050);
	put_record(rec, completion_info_SIZE, bytes, cqe_SIZE, NULL);
}

static void put_data(struct record rec, const uint8_t *page, uint32_t offset, uint32_t len,
		     uint32_t total)
{
	rec.event = NVMETAP_EV_DATA;
	rec.stage = NVMETAP_MEMORY;
	data_info_iova_set(info, 0xbfb24000 + offset);
	data_info_offset_set(info, offset);
	data_info_total_set(info, total);
	data_info_direction_set(info, NVMETAP_TO_HOST);
	put_record(rec, data_info_SIZE, page + offset, len, NULL);
}

static void put_identify(void)
{
	static uint8_t page[4096];
	struct record rec = command(NVMETAP_QUEUE_ADMIN, NVME_OPC_IDENTIFY, 0, 0, 1);

	sqe_prp1_set(bytes, 0xbfb24000);
	put_command(rec);
	id_ctrl_vid_set(page, 0x1b36);
	memcpy(page + id_ctrl_sn_OFFSET, "S1\x01, \"2\"            ", 20);
	memcpy(page + id_ctrl_mn_OFFSET, "A drive                                 ", 40);
	id_ctrl_ver_set(page, 0x10400);
	page[id_ctrl_tnvmcap_OFFSET + 3] = 0x40;
	id_ctrl_sqes_min_set(page, 6);
	id_ctrl_nn_set(page, 1);
	id_ctrl_oncs_set(page, 0xc);
	psd_mp_set(page + id_ctrl_psd_OFFSET, 2500);
	put_data(rec, page, 0, 512, 4096);
	put_data(rec, page, 512, 3584, 4096);
	put_completion(rec, 0, 0);
	rec = command(NVMETAP_QUEUE_ADMIN, NVME_OPC_IDENTIFY, 1, 1, 3);
	put_command(rec);
	memset(page, 0, sizeof(page));
	memcpy(page, "\x03\x10\0\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
	       "\x10\x04\x01\0\0\0", 25);
	put_data(rec, page, 0, 4096, 4096);
	put_completion(rec, 0, 0);
}

static void put_queues(void)
{
	struct record rec = command(NVMETAP_QUEUE_ADMIN, NVME_OPC_SET_FEATURES, 2, 0, 7);

	sqe_cdw11_set(bytes, 0x00030003);
	put_command(rec);
	put_completion(rec, 0, 0x00070007);
	sqe_cdw11_set(bytes, 0x00010003);
	rec = command(NVMETAP_QUEUE_ADMIN, NVME_OPC_CREATE_IO_CQ, 3, 0, 0x03ff0001);
	put_command(rec);
	queue_info_base_set(info, 0xbf000000);
	queue_info_qid_set(info, 1);
	queue_info_size_set(info, 1024);
	queue_info_type_set(info, NVMETAP_CQ);
	queue_info_state_set(info, NVMETAP_QUEUE_CREATED);
	queue_info_ien_set(info, 1);
	queue_info_vector_set(info, 1);
	put_record((struct record){ .event = NVMETAP_EV_QUEUE, .stage = NVMETAP_EXECUTE },
		   queue_info_SIZE, bytes, 0, NULL);
	put_completion(rec, 0, 0);
	rec = command(NVMETAP_QUEUE_ADMIN, NVME_OPC_ASYNC_EVENT_REQUEST, 4, 0, 0);
	put_command(rec);
	async_info_type_set(info, NVME_AER_NOTICE);
	async_info_page_set(info, 4);
	put_record((struct record){ .event = NVMETAP_EV_ASYNC, .stage = NVMETAP_EXECUTE },
		   async_info_SIZE, bytes, 0, NULL);
	put_completion(rec, 0, 0x00040002);
}

static void put_io(void)
{
	struct record rec = command(NVMETAP_QUEUE_IO, NVME_OPC_WRITE, 0x10, 1, 0x800);

	put_access(NVMETAP_EV_DOORBELL, 0x1008, 1, 4);
	cmd_rw_nlb_set(bytes, 23);
	cmd_rw_fua_set(bytes, 1);
	sqe_prp1_set(bytes, 0x10000);
	sqe_prp2_set(bytes, 0x5000);
	put_command(rec);
	bytes_set_le(bytes, 8, 0x11000);
	bytes_set_le(bytes + 8, 8, 0x12000);
	rec.event = NVMETAP_EV_LIST;
	rec.stage = NVMETAP_MEMORY;
	list_info_iova_set(info, 0x5000);
	list_info_first_set(info, 1);
	put_record(rec, list_info_SIZE, bytes, 16, NULL);
	rec.flags |= NVMETAP_ALTERED;
	put_completion(rec, NVME_SCT_COMMAND_SPECIFIC << 8 | NVME_SC_ATTEMPTED_WRITE_TO_RO_PAGE |
		       0x4000, 0);
	interrupt_info_addr_set(info, 0xfee01000);
	interrupt_info_data_set(info, 0x4021);
	interrupt_info_vector_set(info, 1);
	interrupt_info_type_set(info, NVMETAP_IRQ_MSIX);
	interrupt_info_message_set(info, 1);
	put_record((struct record){ .event = NVMETAP_EV_INTERRUPT, .stage = NVMETAP_WRITEBACK,
				    .qkind = NVMETAP_QUEUE_IO, .cqid = 1, .count = 1,
				    .cause = seq }, interrupt_info_SIZE, bytes, 0, NULL);
}

static void put_start(void)
{
	put_words(NVMETAP_EV_SESSION, "nvmetap 0.1.0\ntransport: vfio-user\n");
	registers_cap_set(bytes, 0x0040002014010fff);
	registers_vs_set(bytes, 0x10400);
	put_record((struct record){ .event = NVMETAP_EV_REGISTERS, .stage = NVMETAP_WRITEBACK,
				    .flags = NVMETAP_SNAPSHOT }, 0, bytes, registers_SIZE,
		   "the first \"comment\"");
	dma_info_size_set(info, 0x80000000);
	dma_info_readable_set(info, 1);
	dma_info_writable_set(info, 1);
	dma_info_mapped_set(info, 1);
	put_record((struct record){ .event = NVMETAP_EV_DMAMAP, .stage = NVMETAP_EXECUTE },
		   dma_info_SIZE, bytes, 0, NULL);
	put_access(NVMETAP_EV_CFGREAD, 4, 0x00100406, 4);
	put_access(NVMETAP_EV_REGREAD, 0, 0x0040002014010fff, 8);
	put_access(NVMETAP_EV_REGREAD, 4, 0x00400020, 4);
	put_access(NVMETAP_EV_REGWRITE, 0x14, 0x00460001, 4);
	put_access(NVMETAP_EV_MSIXWRITE, 0x10, 0xfee01000, 4);
	put_words(NVMETAP_EV_CONSOLE, "nvme nvme0: \x1b[1mpci\x1b[0m \xc2\xb5s \xff");
	ctrl_info_state_set(info, NVMETAP_CTRL_ENABLED);
	ctrl_info_cc_set(info, 0x00460001);
	ctrl_info_aqa_set(info, 0x001f001f);
	put_record((struct record){ .event = NVMETAP_EV_CTRL, .stage = NVMETAP_EXECUTE },
		   ctrl_info_SIZE, bytes, 0, NULL);
}

static void put_end(void)
{
	put_words(NVMETAP_EV_MARK, "here");
	put_words(NVMETAP_EV_LOG, "plug-in: write refused");
	drop_info_count_set(info, 5);
	drop_info_first_set(info, seq + 1);
	drop_info_last_set(info, seq + 5);
	put_record((struct record){ .event = NVMETAP_EV_DROP }, drop_info_SIZE, bytes, 0, NULL);
	clock_info_step_set(info, (uint64_t)-1500);
	put_record((struct record){ .event = NVMETAP_EV_CLOCK }, clock_info_SIZE, bytes, 0, NULL);
	put_record((struct record){ .event = 200, .stage = 9 }, 0, bytes, 3, NULL);
}

int main(int argc, char **argv)
{
	put_section();
	put_interface(USER0, "00:06.0");
	put_start();
	put_identify();
	put_queues();
	put_io();
	put_end();
	if (argc > 1 && strcmp(argv[1], "foreign") == 0) {
		put_interface(ETHERNET, "foreign");
		put_packet(1, bytes, 60, NULL);
		put_packet(0, (const uint8_t *)"NT\x01\x00\x02", 5, NULL);
	}
	return ferror(stdout) != 0 || fflush(stdout) != 0;
}
