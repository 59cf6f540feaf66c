/* SPDX-License-Identifier: BSD-2-Clause */
/* What a dissector should find odd, and beside each what is as it should be. */
#include <string.h>
#include "spec/nvme.h"
#include "tests/captures.h"

enum {
	PAGE = 4096,
};

/* A read of a block at that LBA, with CIDs from 1 on. */
static struct record put_read(struct maker *m, uint32_t lba)
{
	return put_simple(m, IO_QUEUE, NVME_OPC_READ, 1, lba, 0, 0);
}

static struct record put_wrong(struct maker *m, struct record rec, uint16_t sqid, uint16_t cid,
			       uint16_t sqhd)
{
	uint8_t info[completion_info_SIZE] = { 0 }, cqe[cqe_SIZE] = { 0 };

	cqe_sqhd_set(cqe, sqhd);
	cqe_sqid_set(cqe, sqid);
	cqe_cid_set(cqe, cid);
	cqe_status_set(cqe, 1);
	rec.cid = cid;		/* as the tracer does */
	return put_part(m, rec, NVMETAP_EV_COMPLETION, info, sizeof(info), cqe, sizeof(cqe));
}

/* Frames 1 to 6. */
static void start(struct maker *m)
{
	m->cid = 1;
	put_state(m, NVMETAP_CTRL_DISABLED);
	put_state(m, NVMETAP_CTRL_READY);
	for (uint16_t qid = 0; qid <= 1; qid++) {
		put_queue(m, NVMETAP_CQ, qid, NVMETAP_QUEUE_CREATED);
		put_queue(m, NVMETAP_SQ, qid, NVMETAP_QUEUE_CREATED);
	}
}

/* Frames 7 to 20.  The queue holds 3 commands. */
static void doorbells(struct maker *m)
{
	struct record a, b, c, d;

	put_doorbell(m, NVMETAP_DOORBELL_SQ, 1, 0, 3);
	a = put_read(m, 0);
	b = put_read(m, 1);
	c = put_read(m, 2);
	put_cqe(m, a, (struct put_cqe){ 1, 1, 0 });		/* 11: room for one */
	put_doorbell(m, NVMETAP_DOORBELL_SQ, 1, 3, 0);
	put_doorbell(m, NVMETAP_DOORBELL_SQ, 1, 0, 0);		/* 13: for nothing */
	put_doorbell(m, NVMETAP_DOORBELL_SQ, 1, 0, 1);		/* 14: for none */
	put_doorbell(m, NVMETAP_DOORBELL_CQ, 1, 0, 1);
	put_doorbell(m, NVMETAP_DOORBELL_CQ, 1, 1, 3);		/* 16: none are there */
	d = put_read(m, 3);
	put_wrong(m, b, 1, b.cid ^ 0x1000, 0);			/* 18 */
	put_wrong(m, c, 0, c.cid, 0);				/* 19 */
	put_cqe(m, d, (struct put_cqe){ 0, 1, 0 });
	put_doorbell(m, NVMETAP_DOORBELL_CQ, 1, 1, 0);		/* 21: all three */
}

/* Frames 22 to 34: each second one is odd but the first. */
static void accesses(struct maker *m)
{
	put_access(m, NVMETAP_EV_MSIXWRITE, 0, 4, 0xfee00000);
	put_access(m, NVMETAP_EV_MSIXREAD, 16, 8, 0);
	put_access(m, NVMETAP_EV_MSIXWRITE, 2, 2, 0);		/* 24 */
	put_access(m, NVMETAP_EV_REGREAD, NVME_REG_CAP, 8, 0);
	put_access(m, NVMETAP_EV_REGREAD, NVME_REG_VS, 8, 0);	/* 26 */
	put_access(m, NVMETAP_EV_REGWRITE, NVME_REG_ASQ, 8, PAGE);
	put_access(m, NVMETAP_EV_REGREAD, NVME_REG_CC + 2, 4, 0);	/* 28 */
	put_access(m, NVMETAP_EV_REGWRITE, NVME_REG_CC, 4, 0x00460000);
	put_access(m, NVMETAP_EV_REGWRITE, NVME_REG_CAP + 4, 4, 0);	/* 30 */
	put_access(m, NVMETAP_EV_CFGWRITE, 4, 2, 6);
	put_access(m, NVMETAP_EV_CFGWRITE, 0, 4, 0);		/* 32: both identifiers */
	put_access(m, NVMETAP_EV_CFGWRITE, 60, 4, 0);	/* read-only but for the line */
	put_access(m, NVMETAP_EV_MSIXREAD, 20, 8, 0);		/* 34 */
}

static void put_list(struct maker *m, const uint64_t *prps, unsigned int nr)
{
	uint8_t entries[4 * prp_entry_SIZE] = { 0 }, info[list_info_SIZE] = { 0 };

	for (unsigned int i = 0; i < nr; i++)
		prp_entry_prp_set(entries + i * prp_entry_SIZE, prps[i]);
	put_event(m, NVMETAP_EV_LIST, NVMETAP_MEMORY, info, sizeof(info), entries,
		  nr * (uint32_t)prp_entry_SIZE);
}

/* Frames 35 to 38. */
static void lists(struct maker *m)
{
	put_list(m, (const uint64_t[]){ PAGE, 2 * PAGE, 3 * PAGE + 8 }, 3);	/* goes on there */
	put_list(m, (const uint64_t[]){ PAGE, 2 * PAGE + 8, 3 * PAGE }, 3);	/* 36 */
	put_list(m, (const uint64_t[]){ PAGE, 2 * PAGE + 4 }, 2);		/* 37 */
	put_list(m, (const uint64_t[]){ PAGE }, 1);
}

static void put_one(struct maker *m, uint16_t queue, const uint8_t *cmd, uint16_t phase)
{
	uint8_t with_cid[sqe_SIZE];

	memcpy(with_cid, cmd, sizeof(with_cid));
	sqe_cid_set(with_cid, m->cid++);
	put_cqe(m, put_command(m, queue, with_cid), (struct put_cqe){ 0, phase, 0 });
}

/* Frames 39 to 56, without doorbells, each with its completion. */
static void commands(struct maker *m)
{
	uint8_t cmd[sqe_SIZE] = { 0 };

	sqe_nsid_set(cmd, 1);
	sqe_opc_set(cmd, NVME_OPC_READ);
	sqe_prp1_set(cmd, PAGE + 4);
	sqe_prp2_set(cmd, 2 * PAGE);
	cmd_rw_fua_set(cmd, 1);
	cmd_rw_dtype_set(cmd, 1);
	cmd_rw_dspec_set(cmd, 5);
	put_one(m, IO_QUEUE, cmd, 0);
	sqe_prp2_set(cmd, 2 * PAGE + 4);			/* 41 */
	put_one(m, IO_QUEUE, cmd, 0);
	sqe_prp2_set(cmd, 0);
	cmd_rw_rsvd50_set(cmd, 1);				/* 43 */
	put_one(m, IO_QUEUE, cmd, 0);
	cmd_rw_rsvd50_set(cmd, 0);
	cmd_rw_fua_set(cmd, 0);
	cmd[53] = 1;						/* 45: Dword 13 */
	put_one(m, IO_QUEUE, cmd, 0);
	memset(cmd + 40, 0, 24);
	sqe_opc_set(cmd, NVME_OPC_FLUSH);
	put_one(m, IO_QUEUE, cmd, 1);
	sqe_cdw12_set(cmd, 1);					/* 49 */
	put_one(m, IO_QUEUE, cmd, 1);
	memset(cmd, 0, sizeof(cmd));
	sqe_opc_set(cmd, NVME_OPC_SET_FEATURES);
	sqe_cdw10_set(cmd, NVME_FEAT_NUMBER_OF_QUEUES);
	sqe_cdw11_set(cmd, 0x00010001);
	sqe_cdw15_set(cmd, 1);
	put_one(m, ADMIN_QUEUE, cmd, 1);
	sqe_cdw10_set(cmd, 0x0100 | NVME_FEAT_NUMBER_OF_QUEUES);	/* 53 */
	put_one(m, ADMIN_QUEUE, cmd, 1);
	memset(cmd, 0, sizeof(cmd));
	sqe_opc_set(cmd, 0xc1);
	sqe_cdw12_set(cmd, 1);
	put_one(m, ADMIN_QUEUE, cmd, 1);				/* 55: a vendor's */
}

static void put_fault(struct maker *m, struct record of, uint8_t fault)
{
	uint8_t info[inject_info_SIZE] = { 0 };

	inject_info_event_set(info, NVMETAP_EV_COMPLETION);
	inject_info_tap_set(info, NVMETAP_TAP_IO_WRITEBACK);
	inject_info_fault_set(info, fault);
	put_part(m, of, NVMETAP_EV_INJECT, info, sizeof(info), NULL, 0);
}

/* Frames 57 to 63.  The second entry takes the last slot, and is not in the capture; so the next
 * completion is in slot 0. */
static void duplicate(struct maker *m)
{
	struct record rec = put_cqe(m, put_read(m, 8), (struct put_cqe){ 1, 1, 0 });

	put_fault(m, rec, NVMETAP_FAULT_DUPLICATE);
	put_cqe(m, put_read(m, 9), (struct put_cqe){ 1, 0, 0 });
	put_cqe(m, put_read(m, 10), (struct put_cqe){ 1, 1, 0 });	/* 63 */
}

/* Frames 64 to 68: a command in three stages, its data and its completion. */
static void stages(struct maker *m)
{
	static const uint8_t block[512];
	uint8_t cmd[sqe_SIZE] = { 0 };
	struct record rec = {
		.event = NVMETAP_EV_IO, .stage = NVMETAP_FETCH, .flags = NVMETAP_HAS_COMMAND,
		.qkind = NVMETAP_QUEUE_IO, .sqid = 1, .cqid = 1, .cid = m->cid++,
		.opc = NVME_OPC_READ, .nsid = 1, .payload = cmd, .len = sizeof(cmd),
	};
	struct record decoded;

	sqe_opc_set(cmd, NVME_OPC_READ);
	sqe_cid_set(cmd, rec.cid);
	put_record(m, &rec);
	rec.cause = rec.seq;
	rec.stage = NVMETAP_DECODE;
	put_record(m, &rec);
	rec.cause = rec.seq;
	decoded = rec;
	rec.stage = NVMETAP_EXECUTE;
	put_record(m, &rec);
	put_data(m, decoded, block, 0, sizeof(block), sizeof(block));
	put_cqe(m, decoded, (struct put_cqe){ 1, 0, 0 });
}

/* Frames 69 to 81. */
static void ours(struct maker *m)
{
	uint8_t info[access_info_SIZE] = { 0 }, drop[drop_info_SIZE] = { 0 };
	uint8_t inject[inject_info_SIZE] = { 0 };
	struct record rec = { .event = NVMETAP_EV_REGREAD, .stage = NVMETAP_WRITEBACK,
			      .flags = NVMETAP_ALTERED, .info = info, .info_len = sizeof(info) };

	access_info_offset_set(info, NVME_REG_CSTS);
	access_info_width_set(info, 4);
	put_record(m, &rec);
	inject_info_event_set(inject, NVMETAP_EV_REGREAD);
	inject_info_tap_set(inject, NVMETAP_TAP_REGREAD);
	inject_info_who_len_set(inject, 6);
	put_event(m, NVMETAP_EV_INJECT, NVMETAP_WRITEBACK, inject, sizeof(inject), "rule 1", 6);
	drop_info_count_set(drop, 7);
	drop_info_first_set(drop, m->seq + 1);
	drop_info_last_set(drop, m->seq += 7);
	put_event(m, NVMETAP_EV_DROP, NVMETAP_WRITEBACK, drop, sizeof(drop), NULL, 0);
	/* What was dropped may have been of these queues. */
	put_doorbell(m, NVMETAP_DOORBELL_SQ, 1, 1, 0);
	put_doorbell(m, NVMETAP_DOORBELL_CQ, 0, 0, 3);
	put_doorbell(m, NVMETAP_DOORBELL_CQ, 0, 3, 1);
	put_doorbell(m, NVMETAP_DOORBELL_SQ, 7, 0, 1);
	m->cid = 2;						/* that of frame 9 */
	put_read(m, 11);
	put_state(m, NVMETAP_CTRL_DISABLED);
	put_doorbell(m, NVMETAP_DOORBELL_CQ, 1, 3, 0);		/* 78 */
	access_info_offset_set(info, NVME_REG_DOORBELLS);
	access_info_doorbell_set(info, NVMETAP_DOORBELL_SQ);
	access_info_width_set(info, 2);
	access_info_value_set(info, 1);
	put_event(m, NVMETAP_EV_DOORBELL, NVMETAP_DECODE, info, sizeof(info), NULL, 0);	/* 79 */
	m->latency_ns = 20000000;			/* an event takes as long as it takes */
	put_completion(m, put_admin(m, NVME_OPC_ASYNC_EVENT_REQUEST, 0, 0), 0, 0x00020101);
}

void capture_odd(struct maker *m)
{
	start(m);
	doorbells(m);
	accesses(m);
	lists(m);
	commands(m);
	duplicate(m);
	stages(m);
	ours(m);
}
