/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of every event, and of every structure that the table has. */
#include <string.h>
#include "spec/nvme.h"
#include "tests/captures.h"

struct inject_case {
	uint8_t tap, event, verdict, fault, parts;
	uint64_t arg;
	uint32_t offset;
};

static void identify_controller(struct maker *m)
{
	struct record rec = put_admin(m, NVME_OPC_IDENTIFY, NVME_CNS_CTRL, 0);
	uint8_t id[id_ctrl_SIZE] = { 0 };

	id_ctrl_vid_set(id, 0x1b36);
	memcpy(id + id_ctrl_sn_OFFSET, "SN0001              ", 20);
	memcpy(id + id_ctrl_mn_OFFSET, "A drive made of software                ", 40);
	memcpy(id + id_ctrl_fr_OFFSET, "1.0\0\0\0\0\0", 8);
	id[id_ctrl_tnvmcap_OFFSET + 8] = 1;
	id_ctrl_nn_set(id, 1);
	id_ctrl_oncs_dsm_set(id, 1);
	psd_mp_set(id + id_ctrl_psd_OFFSET, 2500);
	psd_mp_set(id + id_ctrl_psd_OFFSET + 2 * psd_SIZE, 100);
	put_data(m, rec, id, 0, 2048, sizeof(id));
	put_data(m, rec, id, 2048, 2048, sizeof(id));
	put_completion(m, rec, 0, 0);
}

static void identify_others(struct maker *m)
{
	static const uint8_t descriptors[] = {
		3, 16, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
		4, 1, 0, 0, 0, 0, 0, 0, 0,
	};
	static const uint8_t list[16] = { 1, 0, 0, 0, 5, 0, 0, 0 };
	uint8_t id[id_ns_SIZE] = { 0 };
	struct record rec = put_simple(m, ADMIN_QUEUE, NVME_OPC_IDENTIFY, 1, NVME_CNS_NS, 0, 0);

	id_ns_nsze_set(id, 2048);
	id_ns_nlbaf_set(id, 1);
	id_ns_flbas_set(id, 1);
	lbaf_lbads_set(id + id_ns_lbaf_OFFSET, 9);
	lbaf_lbads_set(id + id_ns_lbaf_OFFSET + lbaf_SIZE, 12);
	put_data(m, rec, id, 0, sizeof(id), sizeof(id));
	put_completion(m, rec, 0, 0);
	rec = put_admin(m, NVME_OPC_IDENTIFY, NVME_CNS_NS_LIST, 0);
	put_data(m, rec, list, 0, sizeof(list), sizeof(list));
	put_completion(m, rec, 0, 0);
	rec = put_simple(m, ADMIN_QUEUE, NVME_OPC_IDENTIFY, 1, NVME_CNS_NS_DESC_LIST, 0, 0);
	put_data(m, rec, descriptors, 0, sizeof(descriptors), sizeof(descriptors));
	put_completion(m, rec, 0, 0);
}

static void log_pages(struct maker *m)
{
	uint8_t page[4096] = { 0 };
	struct record rec = put_simple(m, ADMIN_QUEUE, NVME_OPC_GET_LOG_PAGE, NVME_NSID_BROADCAST,
				   NVME_LOG_HEALTH_INFORMATION | 127 << 16, 0, 0);

	log_smart_temperature_set(page, 310);
	page[log_smart_power_cycles_OFFSET] = 12;
	temp_sensor_kelvin_set(page + log_smart_temp_sensor_OFFSET + temp_sensor_SIZE, 311);
	put_data(m, rec, page, 0, log_smart_SIZE, log_smart_SIZE);
	put_completion(m, rec, 0, 0);
	rec = put_admin(m, NVME_OPC_GET_LOG_PAGE, NVME_LOG_COMMAND_EFFECT | 1023 << 16, 0);
	memset(page, 0, sizeof(page));
	effect_csupp_set(page + 6 * effect_SIZE, 1);
	effect_csupp_set(page + log_effects_iocs_OFFSET + effect_SIZE, 1);
	put_data(m, rec, page, 0, sizeof(page), sizeof(page));
	put_completion(m, rec, 0, 0);
	rec = put_admin(m, NVME_OPC_GET_LOG_PAGE, NVME_LOG_ERROR | 31 << 16, 0);
	memset(page, 0, sizeof(page));
	error_entry_count_set(page, 1);
	put_data(m, rec, page, 0, 2 * error_entry_SIZE, 2 * error_entry_SIZE);
	put_completion(m, rec, 0, 0);
	rec = put_admin(m, NVME_OPC_GET_LOG_PAGE, NVME_LOG_FIRMWARE_SLOT | 127 << 16, 0);
	memcpy(page + log_firmware_frs1_OFFSET, "1.0     ", 8);
	put_data(m, rec, page, 0, log_firmware_SIZE, log_firmware_SIZE);
	put_completion(m, rec, 0, 0);
}

static void admin_commands(struct maker *m)
{
	struct record lost = {
		.flags = NVMETAP_HAS_COMMAND, .qkind = NVMETAP_QUEUE_ADMIN, .cause = 999999,
	};
	struct record rec;

	rec = put_admin(m, NVME_OPC_SET_FEATURES, NVME_FEAT_NUMBER_OF_QUEUES, 7 | 7 << 16);
	put_completion(m, rec, 0, 3 | 3 << 16);
	rec = put_admin(m, NVME_OPC_GET_FEATURES, NVME_FEAT_VOLATILE_WRITE_CACHE, 0);
	put_completion(m, rec, 0, 1);
	put_completion(m, put_admin(m, NVME_OPC_CREATE_IO_CQ, 1 | 255 << 16, 3 | 1 << 16), 0, 0);
	put_completion(m, put_admin(m, NVME_OPC_CREATE_IO_SQ, 1 | 255 << 16, 1 | 1 << 16), 0, 0);
	put_completion(m, put_admin(m, NVME_OPC_ASYNC_EVENT_REQUEST, 0, 0), 0, 0x00020101);
	put_completion(m, put_admin(m, NVME_OPC_ABORT, 1 | 5 << 16, 0), 0, 1);
	put_completion(m, put_admin(m, NVME_OPC_DELETE_IO_SQ, 9, 0),
		   0x4000 | 1 << 8 | NVME_SC_INVALID_QUEUE_IDENTIFIER, 0);
	rec = put_simple(m, ADMIN_QUEUE, 0xc5, 0, 1, 2, 3);
	put_completion(m, rec, 0x4000 | NVME_SC_INVALID_OPCODE, 0);
	put_completion(m, lost, 0, 0);
}

static void io_commands(struct maker *m)
{
	uint8_t range[dsm_range_SIZE] = { 0 }, cmd[sqe_SIZE] = { 0 };
	uint8_t entries[3 * prp_entry_SIZE] = { 0 }, info[list_info_SIZE] = { 0 };
	uint8_t sgls[3][sgl_entry_SIZE] = { { 0 } };
	static const uint8_t types[3] = {
		NVME_SGL_DATA_BLOCK, NVME_SGL_KEYED_DATA_BLOCK, NVME_SGL_VENDOR,
	};
	struct record rec;

	put_completion(m, put_simple(m, IO_QUEUE, NVME_OPC_WRITE, 1, 8, 0, 7), 0, 0);
	put_completion(m, put_simple(m, IO_QUEUE, NVME_OPC_READ, 1, 2048, 0, 7),
		   NVME_SC_LBA_OUT_OF_RANGE, 0);
	put_completion(m, put_simple(m, IO_QUEUE, NVME_OPC_FLUSH, 1, 0, 0, 0), 0, 0);
	rec = put_simple(m, IO_QUEUE, NVME_OPC_WRITE_ZEROES, 1, 0x1234, 0, 1 << 25 | 15);
	put_completion(m, rec, 0, 0);
	rec = put_simple(m, IO_QUEUE, NVME_OPC_DATASET_MANAGEMENT, 1, 0, 4, 0);
	dsm_range_nlb_set(range, 64);
	put_data(m, rec, range, 0, sizeof(range), sizeof(range));
	put_completion(m, rec, 0, 0);
	sqe_opc_set(cmd, NVME_OPC_READ);
	sqe_psdt_set(cmd, NVME_PSDT_SGL_BUFFER);
	sqe_sgl1_addr_set(cmd, 0x123456789a);
	sqe_sgl1_len_set(cmd, 4096);
	put_command(m, IO_QUEUE, cmd);
	for (uint32_t i = 0; i < 3; i++)
		prp_entry_prp_set(entries + i * prp_entry_SIZE, 0xbfc00000 + i * 4096);
	list_info_first_set(info, 1);
	put_event(m, NVMETAP_EV_LIST, NVMETAP_MEMORY, info, sizeof(info), entries, sizeof(entries));
	list_info_type_set(info, NVMETAP_LIST_SGL);
	for (uint8_t i = 0; i < 3; i++) {
		sgl_entry_addr_set(sgls[i], 0x1bfc00000 + i * 4096);
		sgl_entry_len_set(sgls[i], 4096);
		sgl_entry_type_set(sgls[i], types[i]);
	}
	sgl_entry_key_set(sgls[1], 0xcafe0001);
	put_event(m, NVMETAP_EV_LIST, NVMETAP_MEMORY, info, sizeof(info), sgls, sizeof(sgls));
}

static void accesses(struct maker *m)
{
	static const struct record none;

	put_access(m, NVMETAP_EV_CFGREAD, 0, 4, 0x00101b36);
	put_access(m, NVMETAP_EV_CFGREAD, 4, 4, 0x00100006);
	put_access(m, NVMETAP_EV_CFGWRITE, 4, 2, 0x0406);
	put_access(m, NVMETAP_EV_REGREAD, NVME_REG_CAP, 8, 0x00000020ff0107ff);
	put_access(m, NVMETAP_EV_REGREAD, NVME_REG_CAP, 4, 0xff0107ff);
	put_access(m, NVMETAP_EV_REGREAD, NVME_REG_CAP + 4, 4, 0x20);
	put_access(m, NVMETAP_EV_REGREAD, NVME_REG_VS, 4, 0x00010400);
	put_access(m, NVMETAP_EV_REGWRITE, NVME_REG_CC, 4, 0x00460001);
	put_access(m, NVMETAP_EV_REGWRITE, NVME_REG_CC, 8, 0x00460001);
	put_access(m, NVMETAP_EV_REGWRITE, NVME_REG_CC + 2, 2, 0x0046);
	put_access(m, NVMETAP_EV_REGREAD, NVME_REG_CSTS, 4, 1);
	put_access(m, NVMETAP_EV_REGWRITE, NVME_REG_AQA, 4, 0x001f001f);
	put_access(m, NVMETAP_EV_REGWRITE, NVME_REG_ASQ, 8, 0x1bfb20000);
	put_access(m, NVMETAP_EV_REGREAD, 0x2000, 4, 0xffffffff);
	put_access(m, NVMETAP_EV_REGREAD, NVME_REG_VS + 1, 4, 0xff0107fe);
	put_access(m, NVMETAP_EV_MSIXWRITE, 16, 4, 0xfee01000);
	put_access(m, NVMETAP_EV_MSIXREAD, 28, 4, 1);
	put_doorbell(m, NVMETAP_DOORBELL_SQ, 1, 3, 5);
	put_doorbell(m, NVMETAP_DOORBELL_CQ, 0, 31, 0);
	put_interrupt(m, none, 1, NVMETAP_IRQ_MSIX);
	put_interrupt(m, none, 0, NVMETAP_IRQ_INTX);
}

static void states(struct maker *m)
{
	uint8_t ctrl[ctrl_info_SIZE] = { 0 }, queue[queue_info_SIZE] = { 0 };
	uint8_t dma[dma_info_SIZE] = { 0 }, async[async_info_SIZE] = { 0 };

	ctrl_info_state_set(ctrl, NVMETAP_CTRL_READY);
	ctrl_info_cc_set(ctrl, 0x00460001);
	ctrl_info_csts_set(ctrl, 1);
	put_event(m, NVMETAP_EV_CTRL, NVMETAP_EXECUTE, ctrl, sizeof(ctrl), NULL, 0);
	ctrl_info_lost_set(ctrl, 3);
	ctrl_info_state_set(ctrl, NVMETAP_CTRL_DISABLED);
	put_event(m, NVMETAP_EV_CTRL, NVMETAP_EXECUTE, ctrl, sizeof(ctrl), NULL, 0);
	for (uint8_t type = NVMETAP_SQ; type <= NVMETAP_CQ; type++) {
		queue_info_qid_set(queue, 1);
		queue_info_cqid_set(queue, 1);
		queue_info_size_set(queue, 256);
		queue_info_base_set(queue, 0xbfb30000);
		queue_info_type_set(queue, type);
		queue_info_state_set(queue, NVMETAP_QUEUE_CREATED);
		queue_info_ien_set(queue, 1);
		put_event(m, NVMETAP_EV_QUEUE, NVMETAP_EXECUTE, queue, sizeof(queue), NULL, 0);
	}
	async_info_type_set(async, NVME_AER_SMART);
	async_info_page_set(async, NVME_LOG_HEALTH_INFORMATION);
	put_event(m, NVMETAP_EV_ASYNC, NVMETAP_EXECUTE, async, sizeof(async), NULL, 0);
	dma_info_size_set(dma, 0xc0000000);
	dma_info_readable_set(dma, 1);
	dma_info_mapped_set(dma, 1);
	put_event(m, NVMETAP_EV_DMAMAP, NVMETAP_EXECUTE, dma, sizeof(dma), NULL, 0);
	put_event(m, NVMETAP_EV_DMAUNMAP, NVMETAP_EXECUTE, dma, sizeof(dma), NULL, 0);
}

/* An injection of "rule 3"'s into an event of rec's command; was and now have len bytes. */
static void put_inject(struct maker *m, struct record rec, const struct inject_case *of,
		       const uint8_t *was, const uint8_t *now, uint16_t len)
{
	uint8_t info[inject_info_SIZE] = { 0 }, payload[512] = "rule 3";

	inject_info_count_set(info, 17);
	inject_info_arg_set(info, of->arg);
	inject_info_offset_set(info, of->offset);
	inject_info_changed_set(info, of->offset != 0 ? len : 0);
	inject_info_tap_set(info, of->tap);
	inject_info_event_set(info, of->event);
	inject_info_verdict_set(info, of->verdict);
	inject_info_fault_set(info, of->fault);
	inject_info_parts_set(info, of->parts);
	inject_info_who_len_set(info, 6);
	inject_info_state_len_set(info, len);
	memcpy(payload + 6, was, len);
	memcpy(payload + 6 + len, now, len);
	put_part(m, rec, NVMETAP_EV_INJECT, info, sizeof(info), payload, 6u + 2u * len);
}

/* Each part, and each kind of field in it. */
static void injections(struct maker *m)
{
	static const struct inject_case
		cmd = { NVMETAP_TAP_IO_DECODE, NVMETAP_EV_IO, NVMETAP_HANDLED, 0, 3, 0, 0 },
		cpl = { NVMETAP_TAP_IO_WRITEBACK, NVMETAP_EV_COMPLETION, NVMETAP_GO,
			NVMETAP_FAULT_TORN, 2, 1000000, 0 },
		access = { NVMETAP_TAP_REGREAD, NVMETAP_EV_REGREAD, NVMETAP_GO, 0, 4, 0, 0 },
		queue = { NVMETAP_TAP_QUEUE, NVMETAP_EV_QUEUE, NVMETAP_GO, 0, 4, 0, 0 },
		ident = { NVMETAP_TAP_ADMIN_MEMORY, NVMETAP_EV_DATA, NVMETAP_GO, 0, 8, 0, 4 },
		data = { NVMETAP_TAP_IO_MEMORY, NVMETAP_EV_DATA, NVMETAP_GO, 0, 8, 0, 5000 },
		gone = { 255, NVMETAP_EV_NONE, NVMETAP_GO, NVMETAP_FAULT_GONE, 0, 1, 0 };
	uint8_t was[80] = { 0 }, now[80] = { 0 };
	static const struct record none;
	struct record rec = put_simple(m, IO_QUEUE, NVME_OPC_WRITE, 1, 8, 0, 7);

	sqe_opc_set(was, NVME_OPC_WRITE);
	memcpy(now, was, sizeof(now));
	sqe_opc_set(now, NVME_OPC_READ);
	cmd_rw_slba_set(now, 0x123456789a);
	cmd_rw_nlb_set(now, 7);
	sqe_psdt_set(now, NVME_PSDT_SGL_BUFFER);
	cqe_code_set(now + sqe_SIZE, 0x182);
	cqe_dnr_set(now + sqe_SIZE, 1);
	put_inject(m, rec, &cmd, was, now, sqe_SIZE + cqe_SIZE);
	put_inject(m, rec, &cpl, was + sqe_SIZE, now + sqe_SIZE, cqe_SIZE);
	memset(now, 0x5a, sizeof(now));
	put_inject(m, none, &access, was, now, access_info_SIZE);
	put_inject(m, none, &queue, was, now, queue_info_SIZE);
	put_inject(m, rec, &data, was, now, 40);
	rec = put_admin(m, NVME_OPC_IDENTIFY, NVME_CNS_CTRL, 0);
	put_inject(m, rec, &ident, was, now, 64);
	put_inject(m, none, &gone, was, now, 0);
}

static void tracers_own(struct maker *m)
{
	static const char session[] = "nvmetap 0.1\ntransport=test\ntaps=all\n";
	uint8_t drop[drop_info_SIZE], clock[clock_info_SIZE], regs[registers_SIZE] = { 0 };

	put_snapshot(m, NVMETAP_EV_SESSION, session, sizeof(session) - 1);
	registers_cap_set(regs, 0x20ff0107ff);
	registers_cc_set(regs, 0x00460001);
	put_snapshot(m, NVMETAP_EV_REGISTERS, regs, sizeof(regs));
	put_text(m, NVMETAP_EV_CONSOLE, NVMETAP_DECODE,
		 "[    0.512345] nvme nvme0: 1/0/0 default/read/poll queues");
	put_text(m, NVMETAP_EV_CONSOLE, NVMETAP_DECODE, "caf\xc3\xa9 \x1b[31mred\x1b[0m \xff\r\n");
	put_text(m, NVMETAP_EV_CONSOLE, NVMETAP_DECODE, "");
	put_text(m, NVMETAP_EV_MARK, NVMETAP_DECODE, "here it begins");
	put_text(m, NVMETAP_EV_LOG, NVMETAP_WRITEBACK, "rule 1: delayed");
	drop_info_count_set(drop, 10);
	drop_info_first_set(drop, 100);
	drop_info_last_set(drop, 109);
	put_event(m, NVMETAP_EV_DROP, NVMETAP_WRITEBACK, drop, sizeof(drop), NULL, 0);
	clock_info_step_set(clock, (uint64_t)-1500);
	put_event(m, NVMETAP_EV_CLOCK, NVMETAP_WRITEBACK, clock, sizeof(clock), NULL, 0);
	put_event(m, NVMETAP_EV_NONE, NVMETAP_WRITEBACK, NULL, 0, NULL, 0);
	put_event(m, 200, NVMETAP_WRITEBACK, drop, sizeof(drop), regs, 8);
}

static void more_accesses(struct maker *m)
{
	put_access(m, NVMETAP_EV_REGWRITE, NVME_REG_ASQ + 4, 4, 1);
	put_entry_access(m, NVMETAP_EV_MSIXREAD, NVMETAP_VECTOR_PENDING, 0x3000, 4, 1);
}

void capture_every(struct maker *m)
{
	tracers_own(m);
	accesses(m);
	states(m);
	identify_controller(m);
	identify_others(m);
	log_pages(m);
	admin_commands(m);
	io_commands(m);
	injections(m);
	more_accesses(m);
}
