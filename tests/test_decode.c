/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first oracle: commands, completions and registers whose bytes were
 * written by hand from NVM Express 1.4 and PCI 3.0, without the table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "tests/fields.h"

/* qkind 1 admin, 2 I/O; flag 8: it belongs to a command. */
static struct record command(uint8_t qkind, const uint8_t *sqe, uint32_t len)
{
	return (struct record){
		.seq = 7, .bdf = 0x30, .flags = 8, .event = qkind == 1 ? 10 : 11, .stage = 1,
		.qkind = qkind, .opc = sqe[0], .cid = (uint16_t)(sqe[2] | sqe[3] << 8),
		.nsid = sqe[4], .len = len, .caplen = len, .payload = sqe,
		.cdw10 = sqe[40] | (uint32_t)sqe[41] << 8 | (uint32_t)sqe[42] << 16 |
			 (uint32_t)sqe[43] << 24,
	};
}

static struct record completion(uint8_t opc, uint32_t cdw10, uint16_t status, const uint8_t *cqe)
{
	return (struct record){
		.seq = 8, .cause = 7, .flags = 8, .event = 12, .stage = 4, .qkind = 1,
		.opc = opc, .cdw10 = cdw10, .status = status, .payload = cqe, .len = 16,
		.caplen = 16,
	};
}

static struct record access(uint8_t event, const uint8_t *info)
{
	return (struct record){ .seq = 1, .event = event, .info = info, .info_len = 32 };
}

static void test_a_header_shows_what_has_a_meaning_only(void **state)
{
	struct record rec = { .seq = 5, .bdf = 0x30, .event = 20, .len = 2, .caplen = 2,
			      .payload = (const uint8_t *)"ok" };

	(void)state;
	assert_field(&rec, "nvmetap.magic", "0x4e54");
	assert_field(&rec, "nvmetap.event", "20");
	assert_display(&rec, "nvmetap.event", "Console (20)");
	assert_field(&rec, "nvmetap.seq", "5");
	assert_field(&rec, "nvmetap.bdf", "0x00000030");
	assert_display(&rec, "nvmetap.bdf", "00:06.0");
	assert_field(&rec, "nvmetap.text", "ok");
	assert_absent(&rec, "nvmetap.opc");
	assert_absent(&rec, "nvmetap.command");
	assert_absent(&rec, "nvmetap.status");
	assert_absent(&rec, "nvmetap.sqid");
	assert_absent(&rec, "nvmetap.count");
}

/* Section 5.15: Identify Controller, CID 0301h, PRP1 BFB24000h. */
static void test_identify(void **state)
{
	uint8_t sqe[64] = { [0] = 0x06, [2] = 0x01, [3] = 0x03,
			    [25] = 0x40, [26] = 0xb2, [27] = 0xbf,
			    [40] = 0x01, [42] = 0x34, [43] = 0x12, [44] = 0x21, [47] = 0x02,
			    [56] = 0x85 };
	struct record rec = command(1, sqe, 64);

	(void)state;
	assert_field(&rec, "nvmetap.opc", "0x06");
	assert_display(&rec, "nvmetap.opc", "Identify (0x06)");
	assert_field(&rec, "nvme.cmd.opc", "0x06");
	assert_field(&rec, "nvme.cmd.cid", "0x0301");
	assert_field(&rec, "nvme.cmd.nsid", "0x00000000");
	assert_field(&rec, "nvmetap.cmd.prp1", "0x00000000bfb24000");
	assert_field(&rec, "nvmetap.cmd.prp2", "0x0000000000000000");
	assert_field(&rec, "nvme.cmd.dword10", "0x12340001");
	assert_field(&rec, "nvme.cmd.identify.dword10.cns", "0x00000001");
	assert_display(&rec, "nvme.cmd.identify.dword10.cns", "Identify Controller (0x01)");
	assert_field(&rec, "nvme.cmd.identify.dword10.cntid", "0x00001234");
	assert_field(&rec, "nvme.cmd.identify.dwrod11.nvmesetid", "33");
	assert_field(&rec, "nvmetap.cmd.identify.csi", "0x00000002");
	assert_field(&rec, "nvme.cmd.identify.dword14.uuid_index", "5");
	assert_absent(&rec, "nvme.cmd.sgl1.addr");
}

/* Sections 5.3 and 5.4. */
static void test_create_queues(void **state)
{
	uint8_t cq[64] = { [0] = 0x05, [40] = 0x02, [42] = 0xff, [43] = 0x03, [44] = 0x03,
			   [46] = 0x05 };
	uint8_t sq[64] = { [0] = 0x01, [40] = 0x03, [42] = 0x3f, [44] = 0x05, [46] = 0x02 };
	struct record rec = command(1, cq, 64);

	(void)state;
	assert_field(&rec, "nvmetap.cmd.create_cq.qid", "2");
	assert_field(&rec, "nvmetap.cmd.create_cq.qsize", "1023");
	assert_display(&rec, "nvmetap.cmd.create_cq.qsize", "1024 (stored as 1023)");
	assert_field(&rec, "nvmetap.cmd.create_cq.pc", "1");
	assert_field(&rec, "nvmetap.cmd.create_cq.ien", "1");
	assert_field(&rec, "nvmetap.cmd.create_cq.iv", "5");
	rec = command(1, sq, 64);
	assert_field(&rec, "nvmetap.command", "Create I/O SQ");
	assert_field(&rec, "nvmetap.cmd.create_sq.qid", "3");
	assert_field(&rec, "nvmetap.cmd.create_sq.qsize", "63");
	assert_field(&rec, "nvmetap.cmd.create_sq.pc", "1");
	assert_display(&rec, "nvmetap.cmd.create_sq.qprio", "Medium (2)");
	assert_field(&rec, "nvmetap.cmd.create_sq.cqid", "2");
}

/* Section 5.21.1.7: 31 submission and 15 completion queues asked for. */
static void test_set_features_shows_the_feature(void **state)
{
	uint8_t sqe[64] = { [0] = 0x09, [40] = 0x07, [43] = 0x80, [44] = 0x1e, [46] = 0x0e };
	struct record rec = command(1, sqe, 64);

	(void)state;
	assert_display(&rec, "nvme.cmd.set_features.dword10.fid", "Number of Queues (0x07)");
	assert_field(&rec, "nvme.cmd.set_features.dword10.sv", "1");
	assert_display(&rec, "nvme.cmd.set_features.dword11.nq.nsqr", "31 (stored as 30)");
	assert_field(&rec, "nvme.cmd.set_features.dword11.nq.ncqr", "14");
	sqe[40] = 0x0b;		/* section 5.21.1.11: Asynchronous Event Configuration */
	sqe[44] = 0x1f;
	sqe[45] = 0x49;
	sqe[46] = 0;
	sqe[47] = 0x80;
	rec = command(1, sqe, 64);
	assert_field(&rec, "nvme.cmd.set_features.dword11.aec.smart", "0x0000001f");
	assert_field(&rec, "nvme.cmd.set_features.dword11.aec.ns", "1");
	assert_field(&rec, "nvme.cmd.set_features.dword11.aec.fwa", "0");
	assert_field(&rec, "nvme.cmd.set_features.dword11.aec.ana", "1");
	assert_field(&rec, "nvme.cmd.set_features.dword11.aec.eg", "1");
	assert_field(&rec, "nvme.cmd.set_features.dword11.aec.disc", "1");
	assert_absent(&rec, "nvme.cmd.set_features.dword11.nq.nsqr");
}

/* Section 5.14: 10002h dwords of log page 2 from byte 300000004h on. */
static void test_get_log_page_joins_the_number_of_dwords(void **state)
{
	uint8_t sqe[64] = { [0] = 0x02, [4] = 0xff, [5] = 0xff, [6] = 0xff, [7] = 0xff,
			    [40] = 0x02, [41] = 0x85, [42] = 0x01, [44] = 0x01, [46] = 0x09,
			    [48] = 0x04, [52] = 0x03 };
	struct record rec = command(1, sqe, 64);

	(void)state;
	assert_display(&rec, "nvme.cmd.get_logpage.dword10.id", "SMART / Health Information (0x02)");
	assert_field(&rec, "nvme.cmd.get_logpage.dword10.lsp", "0x00000005");
	assert_field(&rec, "nvme.cmd.get_logpage.dword10.rae", "1");
	assert_field(&rec, "nvme.cmd.get_logpage.dword10.numdl", "1");
	assert_field(&rec, "nvme.cmd.get_logpage.dword11.numdu", "1");
	assert_display(&rec, "nvme.cmd.get_logpage.numd", "65538 (stored as 65537)");
	assert_field(&rec, "nvme.cmd.get_logpage.dword11.lsi", "0x00000009");
	assert_field(&rec, "nvme.cmd.get_logpage.lpo", "0x0000000300000004");
	assert_field(&rec, "nvme.cmd.nsid", "0xffffffff");
}

/* Section 6.15: Write of 8 blocks from 1122334455667788h on, FUA. */
static void test_write(void **state)
{
	uint8_t sqe[64] = { [0] = 0x01, [4] = 1, [40] = 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22,
			    0x11, [48] = 7, [51] = 0x7c, [52] = 0xd7, [56] = 0x78, 0x56, 0x34,
			    0x12, [60] = 0xcd, 0xab, [62] = 0xef, 0xbe };
	struct record rec = command(2, sqe, 64);

	(void)state;
	assert_display(&rec, "nvme.cmd.opc", "Write (0x01)");
	assert_field(&rec, "nvmetap.command", "Write");
	assert_field(&rec, "nvme.cmd.slba", "0x1122334455667788");
	assert_field(&rec, "nvme.cmd.nlb", "7");
	assert_display(&rec, "nvme.cmd.nlb", "8 (stored as 7)");
	assert_field(&rec, "nvme.cmd.prinfo", "0x000f");
	assert_field(&rec, "nvme.cmd.fua", "1");
	assert_field(&rec, "nvme.cmd.lr", "0");
	assert_field(&rec, "nvme.cmd.dsm.access_freq", "0x07");
	assert_field(&rec, "nvme.cmd.dsm.access_lat", "1");
	assert_field(&rec, "nvme.cmd.dsm.seq_req", "1");
	assert_field(&rec, "nvme.cmd.dsm.incompressible", "1");
	assert_field(&rec, "nvme.cmd.eilbrt", "0x12345678");
	assert_field(&rec, "nvme.cmd.elbat", "0xabcd");
	assert_field(&rec, "nvme.cmd.elbatm", "0xbeef");
	assert_absent(&rec, "nvmetap.cmd.create_sq.qid");	/* opcode 1 of the other queues */
}

/* Sections 6.17 and 6.7. */
static void test_write_zeroes_and_dataset_management(void **state)
{
	uint8_t zeroes[64] = { [0] = 0x08, [48] = 0xff, [49] = 0x0f, [51] = 0x02 };
	uint8_t dsm[64] = { [0] = 0x09, [40] = 0x02, [44] = 0x04 };
	struct record rec = command(2, zeroes, 64);

	(void)state;
	assert_field(&rec, "nvme.cmd.nlb", "4095");
	assert_field(&rec, "nvmetap.cmd.write_zeroes.deac", "1");
	rec = command(2, dsm, 64);
	assert_display(&rec, "nvmetap.cmd.dsm.nr", "3 (stored as 2)");
	assert_field(&rec, "nvmetap.cmd.dsm.ad", "1");
	assert_field(&rec, "nvmetap.cmd.dsm.idw", "0");
}

/* Section 4.4: a data block descriptor in place of PRPs, and section 5.1. */
static void test_sgls_take_the_place_of_prps(void **state)
{
	uint8_t sqe[64] = { [0] = 0x08, [1] = 0x41, [25] = 0x10, [32] = 0x00, [33] = 0x20,
			    [39] = 0x3a, [40] = 0x01, [42] = 0x34, [43] = 0x12 };
	struct record rec = command(1, sqe, 64);

	(void)state;
	assert_field(&rec, "nvme.cmd.fuse_op", "1");
	assert_field(&rec, "nvme.cmd.psdt", "1");
	assert_absent(&rec, "nvmetap.cmd.prp1");
	assert_field(&rec, "nvme.cmd.sgl1.addr", "0x0000000000001000");
	assert_field(&rec, "nvme.cmd.sgl1.len", "8192");
	assert_field(&rec, "nvme.cmd.sgl.type", "0x03");
	assert_field(&rec, "nvme.cmd.sgl.subtype", "0x0a");
	assert_field(&rec, "nvmetap.cmd.abort.sqid", "1");
	assert_field(&rec, "nvmetap.cmd.abort.cid", "0x1234");
}

/* Section 4.6: phase 1, SC 82h, SCT 1, CRD 2, More, Do Not Retry. */
static void test_a_completion_shows_its_status_bit_by_bit(void **state)
{
	uint8_t cqe[16] = { 0xc0, 0xba, 0xbe, 0xdd, [8] = 0x05, 0x00, [10] = 0x02, 0x00,
			    [12] = 0x34, 0x12, [14] = 0x05, 0xe3 };
	struct record rec = completion(0x01, 0, 0x7182, cqe);

	(void)state;
	assert_field(&rec, "nvme.cqe.dword0", "0xddbebac0");
	assert_field(&rec, "nvme.cqe.sqhd", "5");
	assert_field(&rec, "nvme.cqe.sqid", "2");
	assert_field(&rec, "nvme.cqe.cid", "0x1234");
	assert_field(&rec, "nvme.cqe.status", "0xe305");
	assert_field(&rec, "nvme.cqe.status.p", "1");
	assert_field(&rec, "nvme.cqe.status.sc", "0x0082");
	assert_field(&rec, "nvme.cqe.status.sct", "0x0001");
	assert_display(&rec, "nvme.cqe.status.sct", "Command specific status (0x1)");
	assert_field(&rec, "nvme.cqe.status.crd", "2");
	assert_field(&rec, "nvme.cqe.status.m", "1");
	assert_field(&rec, "nvme.cqe.status.dnr", "1");
	assert_display(&rec, "nvmetap.status", "Attempted Write to Read Only Range (0x7182)");
	assert_display(&rec, "nvmetap.cqe.code", "Attempted Write to Read Only Range (0x182)");
}

static void test_dword_0_is_the_feature_that_was_asked_for(void **state)
{
	uint8_t cqe[16] = { [0] = 0x4b, 0x01 };
	struct record rec = completion(0x0a, 0x04, 0, cqe);	/* 331 K */

	(void)state;
	assert_field(&rec, "nvme.cmd.set_features.dword11.tt.tmpth", "331");
	rec.cdw10 = 0x0304;	/* section 5.13: supported capabilities */
	assert_absent(&rec, "nvme.cmd.set_features.dword11.tt.tmpth");
	rec.cdw10 = 0x04;
	rec.status = 0x0002;
	assert_absent(&rec, "nvme.cmd.set_features.dword11.tt.tmpth");
	rec.status = 0;
	rec.flags = 0;
	assert_absent(&rec, "nvme.cmd.set_features.dword11.tt.tmpth");
}

static void test_dword_0_is_what_the_command_gives(void **state)
{
	uint8_t queues[16] = { [0] = 0x07, [2] = 0x07 };
	uint8_t event[16] = { [0] = 0x02, 0x00, 0x04 };	/* section 5.2.1: a notice, page 4 */
	uint8_t aborted[16] = { [0] = 0x01 };
	struct record rec = completion(0x09, 0x07, 0, queues);

	(void)state;
	assert_field(&rec, "nvme.cmd.set_features.dword11.nq.nsqr", "7");
	rec.cdw10 = 0x04;
	assert_absent(&rec, "nvme.cmd.set_features.dword11.tt.tmpth");
	rec = completion(0x0c, 0, 0, event);
	assert_display(&rec, "nvmetap.async.type", "Notice (0x2)");
	assert_field(&rec, "nvmetap.async.info", "0x00");
	assert_display(&rec, "nvmetap.async.lid", "Changed Namespace List (0x04)");
	rec = completion(0x08, 0, 0, aborted);
	assert_field(&rec, "nvmetap.abort.not_aborted", "1");
}

/* Section 3.1.1: MQES 2047, CQR, AMS 1, TO 20, NSSRS, CSS NVM, MPSMAX 4, CMBS;
 * bytes of the access: offset, value, old value, width, all big-endian. */
static void test_capabilities_in_one_read_and_in_halves(void **state)
{
	uint8_t whole[32] = { [8] = 0x02, 0x40, 0x00, 0x30, 0x14, 0x03, 0x07, 0xff, [27] = 8 };
	uint8_t low[32] = { [12] = 0x14, 0x03, 0x07, 0xff, [27] = 4 };
	uint8_t high[32] = { [7] = 4, [12] = 0x02, 0x40, 0x00, 0x30, [27] = 4 };
	struct record rec = access(4, whole);

	(void)state;
	assert_display(&rec, "nvmetap.access.offset", "Controller Capabilities (0x0000000000000000)");
	assert_field(&rec, "nvmetap.cap.mqes", "2047");
	assert_field(&rec, "nvmetap.cap.cqr", "1");
	assert_field(&rec, "nvmetap.cap.ams", "0x00000001");
	assert_field(&rec, "nvmetap.cap.to", "20");
	assert_field(&rec, "nvmetap.cap.nssrs", "1");
	assert_field(&rec, "nvmetap.cap.css", "0x00000001");
	assert_field(&rec, "nvmetap.cap.mpsmax", "4");
	assert_field(&rec, "nvmetap.cap.cmbs", "1");
	rec = access(4, low);
	assert_field(&rec, "nvmetap.cap.mqes", "2047");
	assert_field(&rec, "nvmetap.cap.to", "20");
	assert_absent(&rec, "nvmetap.cap.css");
	rec = access(4, high);
	assert_absent(&rec, "nvmetap.cap.to");
	assert_field(&rec, "nvmetap.cap.dstrd", "0");
	assert_field(&rec, "nvmetap.cap.css", "0x00000001");
	assert_field(&rec, "nvmetap.cap.mpsmax", "4");
}

/* Sections 3.1.5 and 3.1.6: CC 00464811h is written; CSTS 2Dh, with a reserved
 * shutdown status, is read. */
static void test_configuration_and_status(void **state)
{
	uint8_t cc[32] = { [7] = 0x14, [12] = 0x00, 0x46, 0x48, 0x11, [27] = 4 };
	uint8_t csts[32] = { [7] = 0x1c, [15] = 0x2d, [27] = 4 };
	struct record rec = access(5, cc);

	(void)state;
	assert_field(&rec, "nvmetap.cc.en", "1");
	assert_field(&rec, "nvmetap.cc.css", "1");
	assert_field(&rec, "nvmetap.cc.mps", "0");
	assert_field(&rec, "nvmetap.cc.ams", "1");
	assert_display(&rec, "nvmetap.cc.shn", "normal shutdown (1)");
	assert_field(&rec, "nvmetap.cc.iosqes", "6");
	assert_field(&rec, "nvmetap.cc.iocqes", "4");
	assert_absent(&rec, "nvmetap.access.old");
	rec = access(4, csts);
	assert_field(&rec, "nvmetap.csts.rdy", "1");
	assert_field(&rec, "nvmetap.csts.cfs", "0");
	assert_display(&rec, "nvmetap.csts.shst", "3");
	assert_field(&rec, "nvmetap.csts.pp", "1");
	csts[28] = 2;		/* the same offset of another region is no register */
	assert_absent(&rec, "nvmetap.csts.rdy");
}

static void test_an_access_to_a_half_shows_the_bits_that_it_touched(void **state)
{
	uint8_t low[32] = { [7] = 0x14, [14] = 0x40, 0x01, [27] = 2 };
	uint8_t high[32] = { [7] = 0x16, [15] = 0x46, [27] = 1 };
	struct record rec = access(5, low);

	(void)state;
	assert_field(&rec, "nvmetap.cc.en", "1");
	assert_field(&rec, "nvmetap.cc.shn", "1");
	assert_absent(&rec, "nvmetap.cc.iosqes");
	rec = access(5, high);
	assert_absent(&rec, "nvmetap.cc.en");
	assert_field(&rec, "nvmetap.cc.iosqes", "6");
	assert_field(&rec, "nvmetap.cc.iocqes", "4");
}

/* PCI: the dword at 4 is Command and Status; 0406h and 0010h. */
static void test_configuration_space(void **state)
{
	uint8_t both[32] = { [7] = 4, [12] = 0x00, 0x10, 0x04, 0x06, [27] = 4 };
	uint8_t status[32] = { [7] = 6, [14] = 0xa9, 0x10, [27] = 2 };
	struct record rec = access(2, both);

	(void)state;
	assert_field(&rec, "nvmetap.pci.cmd.iose", "0");
	assert_field(&rec, "nvmetap.pci.cmd.mse", "1");
	assert_field(&rec, "nvmetap.pci.cmd.bme", "1");
	assert_field(&rec, "nvmetap.pci.cmd.id", "1");
	assert_field(&rec, "nvmetap.pci.sts.cl", "1");
	assert_field(&rec, "nvmetap.pci.sts.dpe", "0");
	assert_display(&rec, "nvmetap.access.offset", "Command (0x0000000000000004)");
	rec = access(3, status);
	assert_absent(&rec, "nvmetap.pci.cmd.mse");
	assert_field(&rec, "nvmetap.pci.sts.dpe", "1");
	assert_field(&rec, "nvmetap.pci.sts.rma", "1");
	assert_field(&rec, "nvmetap.pci.sts.rta", "0");
	assert_field(&rec, "nvmetap.pci.sts.sta", "1");
	assert_field(&rec, "nvmetap.pci.sts.dpd", "1");
}

static void test_a_doorbell_shows_old_and_new(void **state)
{
	uint8_t info[32] = { [6] = 0x10, [7] = 0x08, [15] = 9, [23] = 5, [27] = 4, [29] = 1,
			     [31] = 1 };
	struct record rec = access(6, info);

	(void)state;
	assert_field(&rec, "nvmetap.access.value", "0x0000000000000009");
	assert_field(&rec, "nvmetap.access.old", "0x0000000000000005");
	assert_display(&rec, "nvmetap.access.doorbell", "submission queue tail (1)");
	assert_field(&rec, "nvmetap.access.vector", "1");
}

static void test_a_truncated_field_is_not_shown(void **state)
{
	uint8_t sqe[64] = { [0] = 0x06, [40] = 0x01 };
	struct record rec = command(1, sqe, 64);

	(void)state;
	rec.caplen = 43;
	assert_field(&rec, "nvme.cmd.mptr", "0x0000000000000000");
	assert_absent(&rec, "nvme.cmd.dword10");
	assert_absent(&rec, "nvme.cmd.identify.dword10.cns");
	rec.caplen = 44;
	assert_field(&rec, "nvme.cmd.identify.dword10.cns", "0x00000001");
	assert_absent(&rec, "nvme.cmd.dword11");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_header_shows_what_has_a_meaning_only),
		cmocka_unit_test(test_identify),
		cmocka_unit_test(test_create_queues),
		cmocka_unit_test(test_set_features_shows_the_feature),
		cmocka_unit_test(test_get_log_page_joins_the_number_of_dwords),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_zeroes_and_dataset_management),
		cmocka_unit_test(test_sgls_take_the_place_of_prps),
		cmocka_unit_test(test_a_completion_shows_its_status_bit_by_bit),
		cmocka_unit_test(test_dword_0_is_the_feature_that_was_asked_for),
		cmocka_unit_test(test_dword_0_is_what_the_command_gives),
		cmocka_unit_test(test_capabilities_in_one_read_and_in_halves),
		cmocka_unit_test(test_configuration_and_status),
		cmocka_unit_test(test_an_access_to_a_half_shows_the_bits_that_it_touched),
		cmocka_unit_test(test_configuration_space),
		cmocka_unit_test(test_a_doorbell_shows_old_and_new),
		cmocka_unit_test(test_a_truncated_field_is_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
