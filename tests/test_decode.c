/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first oracle: commands and completions whose bytes were written by hand
 * from NVM Express 1.4, without the table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "tests/fields.h"

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
	struct record rec = record_of_command(1, sqe, 64);

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

/* Figure 104. */
static void test_every_dword_of_a_command(void **state)
{
	uint8_t sqe[64] = { [0] = 0x00, [8] = 0x02, [11] = 0x20, [12] = 0x03, [15] = 0x30,
			    [16] = 0x04, [23] = 0x40, [44] = 0x11, [47] = 0x1b, [48] = 0x12,
			    [51] = 0x2c, [52] = 0x13, [55] = 0x3d, [56] = 0x14, [59] = 0x4e,
			    [60] = 0x15, [63] = 0x5f };
	struct record rec = record_of_command(2, sqe, 64);

	(void)state;
	assert_field(&rec, "nvmetap.cmd.dword2", "0x20000002");
	assert_field(&rec, "nvmetap.cmd.dword3", "0x30000003");
	assert_field(&rec, "nvme.cmd.mptr", "0x4000000000000004");
	assert_field(&rec, "nvme.cmd.dword11", "0x1b000011");
	assert_field(&rec, "nvme.cmd.dword12", "0x2c000012");
	assert_field(&rec, "nvme.cmd.dword13", "0x3d000013");
	assert_field(&rec, "nvme.cmd.dword14", "0x4e000014");
	assert_field(&rec, "nvme.cmd.dword15", "0x5f000015");
}

/* Sections 5.3, 5.4 and 5.6. */
static void test_create_queues(void **state)
{
	uint8_t cq[64] = { [0] = 0x05, [40] = 0x02, [42] = 0xff, [43] = 0x03, [44] = 0x03,
			   [46] = 0x05 };
	uint8_t sq[64] = { [0] = 0x01, [40] = 0x03, [42] = 0x3f, [44] = 0x05, [46] = 0x02,
			   [48] = 0x04, [49] = 0x01 };
	uint8_t gone[64] = { [0] = 0x00, [40] = 0x05, [41] = 0x01 };
	struct record rec = record_of_command(1, cq, 64);

	(void)state;
	assert_field(&rec, "nvmetap.cmd.create_cq.qid", "2");
	assert_field(&rec, "nvmetap.cmd.create_cq.qsize", "1023");
	assert_display(&rec, "nvmetap.cmd.create_cq.qsize", "1024 (stored as 1023)");
	assert_field(&rec, "nvmetap.cmd.create_cq.pc", "1");
	assert_field(&rec, "nvmetap.cmd.create_cq.ien", "1");
	assert_field(&rec, "nvmetap.cmd.create_cq.iv", "5");
	rec = record_of_command(1, sq, 64);
	assert_field(&rec, "nvmetap.command", "Create I/O SQ");
	assert_field(&rec, "nvmetap.cmd.create_sq.qid", "3");
	assert_field(&rec, "nvmetap.cmd.create_sq.qsize", "63");
	assert_field(&rec, "nvmetap.cmd.create_sq.pc", "1");
	assert_display(&rec, "nvmetap.cmd.create_sq.qprio", "Medium (2)");
	assert_field(&rec, "nvmetap.cmd.create_sq.cqid", "2");
	assert_field(&rec, "nvmetap.cmd.create_sq.nvmsetid", "260");
	rec = record_of_command(1, gone, 64);
	assert_field(&rec, "nvmetap.command", "Delete I/O SQ");
	assert_field(&rec, "nvmetap.cmd.delete_queue.qid", "261");
}

/* Section 5.21.1.7: 31 submission and 15 completion queues asked for. */
static void test_set_features_shows_the_feature(void **state)
{
	uint8_t sqe[64] = { [0] = 0x09, [40] = 0x07, [43] = 0x80, [44] = 0x1e, [46] = 0x0e,
			    [56] = 0xd5 };
	struct record rec = record_of_command(1, sqe, 64);

	(void)state;
	assert_display(&rec, "nvme.cmd.set_features.dword10.fid", "Number of Queues (0x07)");
	assert_field(&rec, "nvme.cmd.set_features.dword10.sv", "1");
	assert_display(&rec, "nvme.cmd.set_features.dword11.nq.nsqr", "31 (stored as 30)");
	assert_field(&rec, "nvme.cmd.set_features.dword11.nq.ncqr", "14");
	assert_field(&rec, "nvme.cmd.set_features.dword14.uuid", "85");
	sqe[40] = 0x0b;		/* section 5.21.1.11: Asynchronous Event Configuration */
	sqe[44] = 0x1f;
	sqe[45] = 0x49;
	sqe[46] = 0;
	sqe[47] = 0x80;
	rec = record_of_command(1, sqe, 64);
	assert_field(&rec, "nvme.cmd.set_features.dword11.aec.smart", "0x0000001f");
	assert_field(&rec, "nvme.cmd.set_features.dword11.aec.ns", "1");
	assert_field(&rec, "nvme.cmd.set_features.dword11.aec.fwa", "0");
	assert_field(&rec, "nvme.cmd.set_features.dword11.aec.ana", "1");
	assert_field(&rec, "nvme.cmd.set_features.dword11.aec.eg", "1");
	assert_field(&rec, "nvme.cmd.set_features.dword11.aec.disc", "1");
	assert_absent(&rec, "nvme.cmd.set_features.dword11.nq.nsqr");
}

/* Section 5.13: the default of the temperature threshold. */
static void test_get_features(void **state)
{
	uint8_t sqe[64] = { [0] = 0x0a, [40] = 0x04, [41] = 0x01, [56] = 0xd6 };
	struct record rec = record_of_command(1, sqe, 64);

	(void)state;
	assert_display(&rec, "nvme.cmd.get_features.dword10.fid", "Temperature Threshold (0x04)");
	assert_display(&rec, "nvme.cmd.set_features.dword10.sel", "Default (1)");
	assert_field(&rec, "nvme.cmd.get_features.dword14.uuid", "86");
}

/* Section 5.14: 10002h dwords of log page 2 from byte 300000004h on; of the Zoned Namespaces command
 * set, with the offset as an index and 7 bits that are specific to the page: Base 2.0, 5.16. */
static void test_get_log_page_joins_the_number_of_dwords(void **state)
{
	uint8_t sqe[64] = { [0] = 0x02, [4] = 0xff, [5] = 0xff, [6] = 0xff, [7] = 0xff,
			    [40] = 0x02, [41] = 0xd5, [42] = 0x01, [44] = 0x01, [46] = 0x09,
			    [48] = 0x04, [52] = 0x03, [56] = 0xd7, [58] = 0x80, [59] = 0x02 };
	struct record rec = record_of_command(1, sqe, 64);

	(void)state;
	assert_display(&rec, "nvme.cmd.get_logpage.dword10.id", "SMART / Health Information (0x02)");
	assert_field(&rec, "nvme.cmd.get_logpage.dword10.lsp", "0x00000055");
	assert_field(&rec, "nvme.cmd.get_logpage.dword10.rae", "1");
	assert_field(&rec, "nvme.cmd.get_logpage.dword10.numdl", "1");
	assert_field(&rec, "nvme.cmd.get_logpage.dword11.numdu", "1");
	assert_display(&rec, "nvme.cmd.get_logpage.numd", "65538 (stored as 65537)");
	assert_field(&rec, "nvme.cmd.get_logpage.dword11.lsi", "0x00000009");
	assert_field(&rec, "nvme.cmd.get_logpage.lpo", "0x0000000300000004");
	assert_field(&rec, "nvme.cmd.nsid", "0xffffffff");
	assert_field(&rec, "nvme.cmd.identify.get_logpage.dword14.uuid_index", "87");
	assert_field(&rec, "nvmetap.cmd.get_logpage.ot", "1");
	assert_display(&rec, "nvmetap.cmd.get_logpage.csi", "Zoned Namespaces (0x02)");
}

/* Section 6.15: Write of 8 blocks from 1122334455667788h on, FUA, directive 5 with 0F0Eh; bit 24 of
 * Dword 12 is from NVM Command Set 1.0, section 3.2.6. */
static void test_write(void **state)
{
	uint8_t sqe[64] = { [0] = 0x01, [4] = 1, [40] = 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22,
			    0x11, [48] = 7, [50] = 0x50, [51] = 0x7d, [52] = 0xd7, [54] = 0x0e,
			    0x0f, [56] = 0x78, 0x56, 0x34, 0x12, [60] = 0xcd, 0xab, [62] = 0xef, 0xbe };
	struct record rec = record_of_command(2, sqe, 64);

	(void)state;
	assert_display(&rec, "nvme.cmd.opc", "Write (0x01)");
	assert_field(&rec, "nvmetap.command", "Write");
	assert_field(&rec, "nvme.cmd.slba", "0x1122334455667788");
	assert_field(&rec, "nvme.cmd.nlb", "7");
	assert_display(&rec, "nvme.cmd.nlb", "8 (stored as 7)");
	assert_field(&rec, "nvme.cmd.prinfo", "0x000f");
	assert_field(&rec, "nvmetap.cmd.dtype", "0x0005");
	assert_field(&rec, "nvmetap.cmd.stc", "1");
	assert_field(&rec, "nvmetap.cmd.dspec", "0x0f0e");
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
	uint8_t zeroes[64] = { [0] = 0x08, [40] = 0x21, [47] = 0x12, [48] = 0xff, [49] = 0x0f,
			       [51] = 0x96, [56] = 0x31, [59] = 0x13, [60] = 0x41, 0x14, 0x51,
			       0x15 };
	uint8_t dsm[64] = { [0] = 0x09, [40] = 0x02, [44] = 0x04 };
	uint8_t read[64] = { [0] = 0x09, [44] = 0x01 };
	struct record rec = record_of_command(2, zeroes, 64);

	(void)state;
	assert_field(&rec, "nvme.cmd.nlb", "4095");
	assert_field(&rec, "nvmetap.cmd.write_zeroes.deac", "1");
	assert_field(&rec, "nvme.cmd.slba", "0x1200000000000021");
	assert_field(&rec, "nvme.cmd.prinfo", "0x0005");
	assert_field(&rec, "nvme.cmd.fua", "0");
	assert_field(&rec, "nvme.cmd.lr", "1");
	assert_field(&rec, "nvme.cmd.eilbrt", "0x13000031");
	assert_field(&rec, "nvme.cmd.elbat", "0x1441");
	assert_field(&rec, "nvme.cmd.elbatm", "0x1551");
	rec = record_of_command(2, dsm, 64);
	assert_display(&rec, "nvmetap.cmd.dsm.nr", "3 (stored as 2)");
	assert_field(&rec, "nvmetap.cmd.dsm.ad", "1");
	assert_field(&rec, "nvmetap.cmd.dsm.idw", "0");
	assert_field(&rec, "nvmetap.cmd.dsm.idr", "0");
	rec = record_of_command(2, read, 64);
	assert_field(&rec, "nvmetap.cmd.dsm.idr", "1");
	assert_field(&rec, "nvmetap.cmd.dsm.ad", "0");
}

/* Section 4.4: a data block descriptor in place of PRPs, and section 5.1. */
static void test_sgls_take_the_place_of_prps(void **state)
{
	uint8_t sqe[64] = { [0] = 0x08, [1] = 0x41, [25] = 0x10, [32] = 0x00, [33] = 0x20,
			    [39] = 0x3a, [40] = 0x01, [42] = 0x34, [43] = 0x12 };
	struct record rec = record_of_command(1, sqe, 64);

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
	struct record rec = record_of_completion(0x01, 0, 0x7182, cqe);

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
	assert_field(&rec, "nvmetap.cqe.code", "0x0182");
	assert_display(&rec, "nvmetap.cqe.code", "Attempted Write to Read Only Range (0x182)");
}

static void test_dword_0_is_the_feature_that_was_asked_for(void **state)
{
	uint8_t cqe[16] = { [0] = 0x4b, 0x01 };
	struct record rec = record_of_completion(0x0a, 0x04, 0, cqe);	/* 331 K */

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
	struct record rec = record_of_completion(0x09, 0x07, 0, queues);

	(void)state;
	assert_field(&rec, "nvme.cmd.set_features.dword11.nq.nsqr", "7");
	rec.cdw10 = 0x04;
	assert_absent(&rec, "nvme.cmd.set_features.dword11.tt.tmpth");
	rec = record_of_completion(0x0c, 0, 0, event);
	assert_display(&rec, "nvmetap.async.type", "Notice (0x2)");
	assert_field(&rec, "nvmetap.async.info", "0x00");
	assert_display(&rec, "nvmetap.async.lid", "Changed Namespace List (0x04)");
	rec = record_of_completion(0x08, 0, 0, aborted);
	assert_field(&rec, "nvmetap.abort.not_aborted", "1");
}

static void test_a_truncated_field_is_not_shown(void **state)
{
	uint8_t sqe[64] = { [0] = 0x06, [40] = 0x01 };
	struct record rec = record_of_command(1, sqe, 64);

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
		cmocka_unit_test(test_every_dword_of_a_command),
		cmocka_unit_test(test_create_queues),
		cmocka_unit_test(test_get_features),
		cmocka_unit_test(test_set_features_shows_the_feature),
		cmocka_unit_test(test_get_log_page_joins_the_number_of_dwords),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_zeroes_and_dataset_management),
		cmocka_unit_test(test_sgls_take_the_place_of_prps),
		cmocka_unit_test(test_a_completion_shows_its_status_bit_by_bit),
		cmocka_unit_test(test_dword_0_is_the_feature_that_was_asked_for),
		cmocka_unit_test(test_dword_0_is_what_the_command_gives),
		cmocka_unit_test(test_a_truncated_field_is_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
