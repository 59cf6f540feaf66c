/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first oracle, continued: data structures and log pages whose bytes were
 * written by hand from NVM Express 1.4, without the table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "tests/fields.h"

static uint8_t page[4096];
static uint8_t info[32];

static void put(uint32_t at, uint32_t len, uint64_t value)
{
	for (uint32_t i = 0; i < len; i++)
		page[at + i] = (uint8_t)(value >> 8 * i);
}

/* Data to the host of an admin command, as one record; page is cleared. */
static struct record data(uint8_t opc, uint32_t cdw10, uint32_t len)
{
	memset(page, 0, sizeof(page));
	memset(info, 0, sizeof(info));
	info[16] = 2;
	return (struct record){
		.seq = 9, .flags = 8, .event = 14, .stage = 3, .qkind = 1, .opc = opc,
		.cdw10 = cdw10, .info = info, .info_len = sizeof(info), .payload = page,
		.len = len, .caplen = len,
	};
}

/* Figure 247. */
static struct record identify_controller(void)
{
	struct record rec = data(0x06, 1, 4096);

	put(0, 2, 0x1b36);
	put(2, 2, 0x1af4);
	memcpy(page + 4, "S123                ", 20);
	memcpy(page + 24, "A drive                                 ", 40);
	memcpy(page + 64, "1.0\0\0\0\0\0", 8);
	put(73, 3, 0x525400);
	put(77, 1, 7);
	put(78, 2, 1);
	put(80, 4, 0x10400);
	put(111, 1, 1);
	put(256, 2, 0x108);
	put(258, 1, 3);
	put(266, 2, 343);
	put(280, 8, 1);
	put(288, 8, 1);
	put(512, 1, 0x76);
	put(513, 1, 0x44);
	put(516, 4, 256);
	put(520, 2, 0x5c);
	put(525, 1, 0x07);
	put(530, 1, 0x81);
	put(536, 4, 0x10001);
	memcpy(page + 768, "nqn.2014-08.org.nvmexpress:a", 28);
	put(2048, 2, 2500);
	put(2051, 1, 0x02);
	put(2052, 4, 16);
	put(2080 + 18, 1, 0x40);
	put(2080 + 22, 1, 0x83);
	return rec;
}

static void test_identify_controller(void **state)
{
	struct record rec = identify_controller();

	(void)state;
	assert_field(&rec, "nvme.cmd.identify.ctrl.vid", "0x1b36");
	assert_field(&rec, "nvme.cmd.identify.ctrl.ssvid", "0x1af4");
	assert_field(&rec, "nvme.cmd.identify.ctrl.sn", "S123");
	assert_field(&rec, "nvme.cmd.identify.ctrl.mn", "A drive");
	assert_field(&rec, "nvmetap.identify.ctrl.fr", "1.0");
	assert_field(&rec, "nvme.cmd.identify.ctrl.ieee", "0x525400");
	assert_field(&rec, "nvme.cmd.identify.ctrl.mdts", "7");
	assert_field(&rec, "nvme.cmd.identify.ctrl.cntlid", "0x0001");
	assert_field(&rec, "nvme.cmd.identify.ctrl.ver", "0x00010400");
	assert_display(&rec, "nvme.cmd.identify.ctrl.cntrltype", "I/O controller (1)");
	assert_field(&rec, "nvme.cmd.identify.ctrl.oacs", "0x0108");
	assert_display(&rec, "nvme.cmd.identify.ctrl.acl", "4 (stored as 3)");
	assert_field(&rec, "nvme.cmd.identify.ctrl.wctemp", "343");
	assert_field(&rec, "nvme.cmd.identify.ctrl.tnvmcap", "01000000000000000100000000000000");
	assert_display(&rec, "nvme.cmd.identify.ctrl.tnvmcap", "18446744073709551617");
	assert_field(&rec, "nvme.cmd.identify.ctrl.sqes.mins", "6");
	assert_field(&rec, "nvme.cmd.identify.ctrl.sqes.maxs", "7");
	assert_field(&rec, "nvme.cmd.identify.ctrl.cqes.maxs", "4");
	assert_field(&rec, "nvme.cmd.identify.ctrl.nn", "256");
	assert_field(&rec, "nvme.cmd.identify.ctrl.oncs.dsms", "1");
	assert_field(&rec, "nvme.cmd.identify.ctrl.oncs.wus", "0");
	assert_field(&rec, "nvme.cmd.identify.ctrl.oncs.wzs", "1");
	assert_field(&rec, "nvme.cmd.identify.ctrl.oncs.ccs", "0");
	assert_field(&rec, "nvme.cmd.identify.ctrl.oncs.nzfs", "1");
	assert_field(&rec, "nvme.cmd.identify.ctrl.oncs.ress", "0");
	assert_field(&rec, "nvme.cmd.identify.ctrl.oncs.tstmps", "1");
	assert_field(&rec, "nvme.cmd.identify.ctrl.oncs.vers", "0");
	assert_field(&rec, "nvme.cmd.identify.ctrl.nvscc", "0x81");
	put(520, 2, 0xa1);
	assert_field(&rec, "nvme.cmd.identify.ctrl.oncs.ccs", "1");
	assert_field(&rec, "nvme.cmd.identify.ctrl.oncs.ress", "1");
	assert_field(&rec, "nvme.cmd.identify.ctrl.oncs.vers", "1");
	assert_field(&rec, "nvme.cmd.identify.ctrl.vwc.cp", "1");
	assert_field(&rec, "nvme.cmd.identify.ctrl.vwc.cfb", "3");
	assert_field(&rec, "nvme.cmd.identify.ctrl.sgls", "0x00010001");
	assert_field(&rec, "nvme.cmd.identify.ctrl.subnqn", "nqn.2014-08.org.nvmexpress:a");
	assert_field(&rec, "nvme.cmd.identify.ctrl.psds.psd.mp", "2500,0");	/* 30 are zero */
	assert_field(&rec, "nvme.cmd.identify.ctrl.psds.psd.nops", "1,0");
	assert_field(&rec, "nvme.cmd.identify.ctrl.psds.psd.enlat", "16,0");
	assert_field(&rec, "nvme.cmd.identify.ctrl.psds.psd.ips", "0,1");
	assert_field(&rec, "nvme.cmd.identify.ctrl.psds.psd.apw", "0,3");
	assert_field(&rec, "nvme.cmd.identify.ctrl.psds.psd.aps", "0,2");
}

/* Figure 245. */
static void test_identify_namespace(void **state)
{
	struct record rec = data(0x06, 0, 4096);

	(void)state;
	put(0, 8, 0x200000);
	put(8, 8, 0x200000);
	put(16, 8, 0x1234);
	put(25, 1, 1);
	put(26, 1, 1);
	put(33, 1, 9);
	put(64, 2, 7);
	put(99, 1, 1);
	put(104, 1, 0xaa);
	put(119, 1, 0xbb);
	put(120, 1, 0xcc);
	put(127, 1, 0xdd);
	put(128, 4, 0x00090000);
	put(132, 4, 0x010c0008);
	assert_field(&rec, "nvme.cmd.identify.ns.nsze", "2097152");
	assert_field(&rec, "nvme.cmd.identify.ns.nuse", "4660");
	assert_display(&rec, "nvme.cmd.identify.ns.nlbaf", "2 (stored as 1)");
	assert_field(&rec, "nvme.cmd.identify.ns.flbas", "0x01");
	assert_field(&rec, "nvmetap.identify.ns.dlfeat", "0x09");
	assert_display(&rec, "nvmetap.identify.ns.npwg", "8 (stored as 7)");
	assert_field(&rec, "nvmetap.identify.ns.nsattr", "0x01");
	assert_field(&rec, "nvme.cmd.identify.ns.nguid", "aa0000000000000000000000000000bb");
	assert_field(&rec, "nvme.cmd.identify.ns.eui64", "cc000000000000dd");
	assert_field(&rec, "nvmetap.identify.ns.lbaf.lbads", "9,12");
	assert_field(&rec, "nvmetap.identify.ns.lbaf.ms", "0,8");
	assert_field(&rec, "nvmetap.identify.ns.lbaf.rp", "0,1");
}

/* Figure 194. */
static void test_smart(void **state)
{
	struct record rec = data(0x02, 0x7f0002, 512);

	(void)state;
	put(0, 1, 0x2a);
	put(1, 2, 300);
	put(3, 1, 100);
	put(4, 1, 10);
	put(5, 1, 255);
	put(32, 8, 1000);
	put(128, 1, 42);
	put(192, 4, 5);
	put(200, 2, 301);
	put(202, 2, 302);
	put(216, 4, 3);
	put(228, 4, 4);
	assert_field(&rec, "nvme.cmd.get_logpage.smart.cw", "0x2a");
	assert_field(&rec, "nvme.cmd.get_logpage.smart.cw.temp", "1");
	assert_field(&rec, "nvme.cmd.get_logpage.smart.cw.ro", "1");
	assert_field(&rec, "nvme.cmd.get_logpage.smart.cw.bdf", "0");
	assert_field(&rec, "nvme.cmd.get_logpage.smart.cw.mrro", "1");
	assert_field(&rec, "nvme.cmd.get_logpage.smart.ct", "300");
	assert_field(&rec, "nvme.cmd.get_logpage.smart.asc", "100");
	assert_field(&rec, "nvme.cmd.get_logpage.smart.ast", "10");
	assert_field(&rec, "nvme.cmd.get_logpage.smart.lae", "255");
	assert_display(&rec, "nvme.cmd.get_logpage.smart.dur", "1000");
	assert_display(&rec, "nvme.cmd.get_logpage.smart.poh", "42");
	assert_field(&rec, "nvme.cmd.get_logpage.smart.wctt", "5");
	assert_field(&rec, "nvmetap.get_logpage.smart.ts.k", "301,302");
	assert_field(&rec, "nvme.cmd.get_logpage.smart.tmt1c", "3");
	assert_field(&rec, "nvme.cmd.get_logpage.smart.tmt2t", "4");
	put(0, 1, 0x05);
	assert_field(&rec, "nvme.cmd.get_logpage.smart.cw.sc", "1");
	assert_field(&rec, "nvme.cmd.get_logpage.smart.cw.temp", "0");
	assert_field(&rec, "nvme.cmd.get_logpage.smart.cw.sme", "1");
}

/* Figure 193: two entries and the rest empty. */
static void test_error_log(void **state)
{
	struct record rec = data(0x02, 0x3f0001, 256);

	(void)state;
	put(0, 8, 2);
	put(8, 2, 1);
	put(10, 2, 0x33);
	put(12, 2, 0x4105);	/* SC 82h, SCT 0 after the phase; More */
	put(14, 2, 0x0128);
	put(16, 8, 0x1000);
	put(24, 4, 1);
	put(28, 1, 0x85);
	put(64, 8, 1);
	assert_field(&rec, "nvme.cmd.get_logpage.errinf.errcnt", "2,1");
	assert_field(&rec, "nvme.cmd.get_logpage.errinf.cid", "0x0033,0x0000");
	assert_field(&rec, "nvme.cmd.get_logpage.errinf.sf", "0x4105,0x0000");
	assert_display(&rec, "nvmetap.get_logpage.errinf.code", "Namespace Not Ready (0x082)");
	assert_field(&rec, "nvme.cmd.get_logpage.errinf.pel", "0x0128,0x0000");
	assert_field(&rec, "nvme.cmd.get_logpage.errinf.lba", "0x0000000000001000,0x0000000000000000");
	assert_field(&rec, "nvmetap.get_logpage.errinf.nsid", "0x00000001,0x00000000");
	assert_field(&rec, "nvme.cmd.get_logpage.errinf.vsi", "0x85,0x00");
}

/* Figures 195 and 197. */
static void test_firmware_slots_and_effects(void **state)
{
	struct record rec = data(0x02, 0x7f0003, 512);

	(void)state;
	put(0, 1, 0x21);
	memcpy(page + 8, "one     two     three   four    five    six     seven   ", 56);
	assert_field(&rec, "nvme.cmd.get_logpage.fw_slot.afi.afs", "1");
	assert_field(&rec, "nvme.cmd.get_logpage.fw_slot.afi.nfs", "2");
	assert_field(&rec, "nvmetap.get_logpage.fw_slot.frs2", "two");
	assert_field(&rec, "nvmetap.get_logpage.fw_slot.frs3", "three");
	assert_field(&rec, "nvmetap.get_logpage.fw_slot.frs4", "four");
	assert_field(&rec, "nvmetap.get_logpage.fw_slot.frs5", "five");
	assert_field(&rec, "nvmetap.get_logpage.fw_slot.frs6", "six");
	assert_field(&rec, "nvmetap.get_logpage.fw_slot.frs7", "seven");
	rec = data(0x02, 0x3ff0005, 4096);
	put(4 * 0x06, 4, 0x00000001);
	put(4 * 0x0d, 4, 0x00000009);
	put(1024 + 4 * 0x01, 4, 0x000a0003);
	put(1024 + 4 * 0x02, 4, 0x00000015);
	assert_field(&rec, "nvme.cmd.get_logpage.cmd_and_eff.cseds.csupp", "1,1,1,1");
	assert_field(&rec, "nvme.cmd.get_logpage.cmd_and_eff.cseds.lbcc", "0,0,1,0");
	assert_field(&rec, "nvme.cmd.get_logpage.cmd_and_eff.cseds.ncc", "0,0,0,1");
	assert_field(&rec, "nvme.cmd.get_logpage.cmd_and_eff.cseds.nic", "0,1,0,0");
	assert_field(&rec, "nvme.cmd.get_logpage.cmd_and_eff.cseds.ccc", "0,0,0,1");
	assert_field(&rec, "nvme.cmd.get_logpage.cmd_and_eff.cseds.cse", "0,0,2,0");
	assert_field(&rec, "nvme.cmd.get_logpage.cmd_and_eff.cseds.uss", "0,0,1,0");
}

static void test_a_namespace_list_ends_at_zero(void **state)
{
	struct record rec = data(0x06, 2, 4096);

	(void)state;
	put(0, 4, 1);
	put(4, 4, 0x01020304);
	assert_field(&rec, "nvme.cmd.identify.nslist.nsid", "0x00000001,0x01020304");
}

/* Section 5.15.2.4: each entry has a type, a length, two reserved bytes. */
static void test_namespace_descriptors_are_as_long_as_they_say(void **state)
{
	struct record rec = data(0x06, 3, 4096);

	(void)state;
	memcpy(page, "\x01\x08\0\0\x00\x01\x02\x03\x04\x05\x06\x07", 12);
	memcpy(page + 12, "\x03\x10\0\0\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb"
	       "\xcc\xdd\xee\xff", 20);
	memcpy(page + 32, "\x77\x02\0\0\xff\xff", 6);
	memcpy(page + 38, "\x04\x01\0\0\x02", 5);
	memcpy(page + 43, "\x05\x00\0\0\x01\x08", 6);	/* length 0 is the end */
	assert_field(&rec, "nvmetap.ns_desc.nidt", "0x01,0x03,0x77,0x04");
	assert_field(&rec, "nvmetap.ns_desc.nidl", "8,16,2,1");
	assert_field(&rec, "nvmetap.ns_desc.eui64", "0001020304050607");
	assert_field(&rec, "nvmetap.ns_desc.uuid", "00112233-4455-6677-8899-aabbccddeeff");
	assert_field(&rec, "nvmetap.ns_desc.csi", "0x02");
	assert_absent(&rec, "nvmetap.ns_desc.nguid");
	rec.caplen = 31;
	assert_field(&rec, "nvmetap.ns_desc.nidt", "0x01,0x03");
	assert_absent(&rec, "nvmetap.ns_desc.uuid");
	page[12] = 0x02;
	rec.caplen = 32;
	assert_field(&rec, "nvmetap.ns_desc.nguid", "00112233445566778899aabbccddeeff");
}

/* Section 6.7.1. */
static void test_dataset_management_ranges(void **state)
{
	struct record rec = data(0x09, 1, 32);

	(void)state;
	rec.qkind = 2;
	put(4, 4, 8);
	put(8, 8, 0x100);
	put(20, 4, 16);
	put(24, 8, 0x200);
	assert_field(&rec, "nvmetap.dsm.range.nlb", "8,16");
	assert_field(&rec, "nvmetap.dsm.range.slba", "0x0000000000000100,0x0000000000000200");
}

static void test_a_continuation_is_shown_at_its_place(void **state)
{
	struct record rec = data(0x06, 1, 256);

	(void)state;
	info[10] = 2;		/* offset 512, big-endian at byte 8 */
	put(0, 1, 0x66);
	put(4, 4, 32);
	assert_field(&rec, "nvme.cmd.identify.ctrl.sqes.mins", "6");
	assert_field(&rec, "nvme.cmd.identify.ctrl.nn", "32");
	assert_absent(&rec, "nvme.cmd.identify.ctrl.vid");
	assert_absent(&rec, "nvme.cmd.identify.ctrl.subnqn");
	info[10] = 0x08;	/* 2049: within the first power state */
	info[11] = 0x01;
	put(3, 4, 77);
	assert_field(&rec, "nvme.cmd.identify.ctrl.psds.psd.enlat", "77");
	assert_absent(&rec, "nvme.cmd.identify.ctrl.psds.psd.mp");
	info[8] = 0xff;
	assert_absent(&rec, "nvme.cmd.identify.ctrl.psds.psd.enlat");
}

static void test_a_list_may_begin_far_away(void **state)
{
	struct record rec = data(0x06, 2, 16);

	(void)state;
	info[8] = info[9] = info[10] = 0xff;	/* offset FFFFFF00h */
	put(4, 4, 7);
	assert_field(&rec, "nvme.cmd.identify.nslist.nsid", "0x00000007");
}

static void test_a_log_page_read_from_an_offset_is_shown_at_its_place(void **state)
{
	struct record rec = data(0x02, 2, 16);

	(void)state;
	info[31] = 192;		/* base, big-endian at byte 24 */
	put(0, 4, 5);
	put(8, 2, 301);
	assert_field(&rec, "nvme.cmd.get_logpage.smart.wctt", "5");
	assert_field(&rec, "nvmetap.get_logpage.smart.ts.k", "301");
	assert_absent(&rec, "nvme.cmd.get_logpage.smart.cw");
	rec.info_len = 24;	/* a record of before there was a base */
	assert_field(&rec, "nvme.cmd.get_logpage.smart.cw", "0x05");
}

static void test_the_registers_of_a_snapshot_are_shown_bit_by_bit(void **state)
{
	struct record rec = data(0, 0, 64);

	(void)state;
	rec.event = 23;
	rec.info_len = 0;
	rec.flags = 2;
	put(0, 8, 0x0040002014010fff);
	put(8, 4, 0x00010400);
	put(12, 4, 0x00000005);
	put(20, 4, 0x00460001);
	put(28, 4, 1);
	put(36, 4, 0x001f003f);
	put(40, 8, 0x1bfffd000);
	put(48, 8, 0x2bfffc000);
	assert_field(&rec, "nvmetap.reg.cap", "0x0040002014010fff");
	assert_field(&rec, "nvmetap.reg.vs", "0x00010400");
	assert_field(&rec, "nvmetap.reg.intms", "0x00000005");
	assert_field(&rec, "nvmetap.reg.cc", "0x00460001");
	assert_field(&rec, "nvmetap.reg.csts", "0x00000001");
	assert_field(&rec, "nvmetap.reg.aqa", "0x001f003f");
	assert_field(&rec, "nvmetap.reg.asq", "0x00000001bfffd000");
	assert_field(&rec, "nvmetap.reg.acq", "0x00000002bfffc000");
	assert_field(&rec, "nvmetap.cap.mqes", "4095");
	assert_field(&rec, "nvmetap.cc.iosqes", "6");
	assert_field(&rec, "nvmetap.csts.rdy", "1");
	assert_display(&rec, "nvmetap.aqa.asqs", "64 (stored as 63)");
	assert_display(&rec, "nvmetap.aqa.acqs", "32 (stored as 31)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identify_controller),
		cmocka_unit_test(test_identify_namespace),
		cmocka_unit_test(test_smart),
		cmocka_unit_test(test_error_log),
		cmocka_unit_test(test_firmware_slots_and_effects),
		cmocka_unit_test(test_a_namespace_list_ends_at_zero),
		cmocka_unit_test(test_namespace_descriptors_are_as_long_as_they_say),
		cmocka_unit_test(test_dataset_management_ranges),
		cmocka_unit_test(test_a_continuation_is_shown_at_its_place),
		cmocka_unit_test(test_a_list_may_begin_far_away),
		cmocka_unit_test(test_a_log_page_read_from_an_offset_is_shown_at_its_place),
		cmocka_unit_test(test_the_registers_of_a_snapshot_are_shown_bit_by_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
