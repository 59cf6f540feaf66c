/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first oracle, continued: the bits of Identify Controller and Identify
 * Namespace, one after the other, each where the specification says that it
 * is: figures 247 and 245 of NVM Express 1.4, and of 2.0 what is new there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "tests/fields.h"

static uint8_t page[4096];
static uint8_t info[32];

/* Identify's data to the host, as one record. */
static struct record identify(uint32_t cns)
{
	info[16] = 2;
	return (struct record){
		.seq = 9, .flags = 8, .event = 14, .stage = 3, .qkind = 1, .opc = 0x06,
		.cdw10 = cns, .info = info, .info_len = sizeof(info), .payload = page,
		.len = sizeof(page), .caplen = sizeof(page),
	};
}

static void put32(uint32_t at, uint32_t value)
{
	for (uint32_t i = 0; i < 4; i++)
		page[at + i] = (uint8_t)(value >> 8 * i);
}

/* The field is width bits from bit low on of the bytes at at: all of them when they alone are set,
 * and none when all others are. */
static void check_bits(uint32_t cns, uint32_t at, uint32_t low, uint32_t width, const char *name)
{
	uint32_t ones = (1u << width) - 1;
	struct record rec = identify(cns);
	char text[16];

	memset(page, 0, sizeof(page));
	put32(at, ones << low);
	snprintf(text, sizeof(text), "%u", ones);
	assert_string_equal(field_of(&rec, name), text);
	memset(page, 0xff, sizeof(page));
	put32(at, ~(ones << low));
	assert_string_equal(field_of(&rec, name), "0");
}

#define assert_bits(at, low, width, name) check_bits(cns, at, low, width, name)

static void test_the_bits_of_what_a_controller_is(void **state)
{
	const uint32_t cns = 1;

	(void)state;
	assert_bits(76, 0, 1, "nvme.cmd.identify.ctrl.cmic.mp");
	assert_bits(76, 1, 1, "nvme.cmd.identify.ctrl.cmic.mc");
	assert_bits(76, 2, 1, "nvme.cmd.identify.ctrl.cmic.sriov");
	assert_bits(76, 3, 1, "nvme.cmd.identify.ctrl.cmic.ana");
	assert_bits(92, 8, 1, "nvme.cmd.identify.ctrl.oaes.nan");
	assert_bits(92, 9, 1, "nvme.cmd.identify.ctrl.oaes.fan");
	assert_bits(92, 11, 1, "nvme.cmd.identify.ctrl.oaes.ana");
	assert_bits(92, 12, 1, "nvme.cmd.identify.ctrl.oaes.ple");
	assert_bits(92, 13, 1, "nvme.cmd.identify.ctrl.oaes.lba");
	assert_bits(92, 14, 1, "nvme.cmd.identify.ctrl.oaes.ege");
	assert_bits(92, 15, 1, "nvmetap.identify.ctrl.oaes.nnss");
	assert_bits(92, 27, 1, "nvmetap.identify.ctrl.oaes.zdcn");
	assert_bits(92, 31, 1, "nvmetap.identify.ctrl.oaes.disc");
	assert_bits(96, 0, 1, "nvme.cmd.identify.ctrl.ctratt.hi_128");
	assert_bits(96, 1, 1, "nvme.cmd.identify.ctrl.ctratt.nopspm");
	assert_bits(96, 2, 1, "nvme.cmd.identify.ctrl.ctratt.nvmset");
	assert_bits(96, 3, 1, "nvme.cmd.identify.ctrl.ctratt.rrl");
	assert_bits(96, 4, 1, "nvme.cmd.identify.ctrl.ctratt.eg");
	assert_bits(96, 5, 1, "nvme.cmd.identify.ctrl.ctratt.plm");
	assert_bits(96, 6, 1, "nvme.cmd.identify.ctrl.ctratt.tbkas");
	assert_bits(96, 7, 1, "nvme.cmd.identify.ctrl.ctratt.ng");
	assert_bits(96, 8, 1, "nvme.cmd.identify.ctrl.ctratt.sqa");
	assert_bits(96, 9, 1, "nvme.cmd.identify.ctrl.ctratt.uuidl");
	assert_bits(96, 10, 1, "nvmetap.identify.ctrl.ctratt.mds");
	assert_bits(96, 11, 1, "nvmetap.identify.ctrl.ctratt.fcm");
	assert_bits(96, 12, 1, "nvmetap.identify.ctrl.ctratt.vcm");
	assert_bits(96, 13, 1, "nvmetap.identify.ctrl.ctratt.deg");
	assert_bits(96, 14, 1, "nvmetap.identify.ctrl.ctratt.dnvms");
	assert_bits(96, 15, 1, "nvmetap.identify.ctrl.ctratt.elbas");
	assert_bits(96, 19, 1, "nvmetap.identify.ctrl.ctratt.fdps");
}

static void test_the_bits_of_admin_command_support(void **state)
{
	const uint32_t cns = 1;

	(void)state;
	assert_bits(256, 0, 1, "nvme.cmd.identify.ctrl.oacs.sec");
	assert_bits(256, 1, 1, "nvme.cmd.identify.ctrl.oacs.fmt");
	assert_bits(256, 2, 1, "nvme.cmd.identify.ctrl.oacs.fw");
	assert_bits(256, 3, 1, "nvme.cmd.identify.ctrl.oacs.nsmgmt");
	assert_bits(256, 4, 1, "nvme.cmd.identify.ctrl.oacs.stst");
	assert_bits(256, 5, 1, "nvme.cmd.identify.ctrl.oacs.dtv");
	assert_bits(256, 6, 1, "nvme.cmd.identify.ctrl.oacs.mi");
	assert_bits(256, 7, 1, "nvme.cmd.identify.ctrl.oacs.vm");
	assert_bits(256, 8, 1, "nvme.cmd.identify.ctrl.oacs.db");
	assert_bits(256, 9, 1, "nvme.cmd.identify.ctrl.oacs.sec.lba");
	assert_bits(256, 10, 1, "nvmetap.identify.ctrl.oacs.cfls");
	assert_bits(260, 0, 1, "nvme.cmd.identify.ctrl.frmw.fro");
	assert_bits(260, 1, 3, "nvme.cmd.identify.ctrl.frmw.fsn");
	assert_bits(260, 4, 1, "nvme.cmd.identify.ctrl.frmw.anr");
	assert_bits(260, 5, 1, "nvmetap.identify.ctrl.frmw.smud");
	assert_bits(261, 0, 1, "nvme.cmd.identify.ctrl.lpa.smrt");
	assert_bits(261, 1, 1, "nvme.cmd.identify.ctrl.lpa.cmds");
	assert_bits(261, 2, 1, "nvme.cmd.identify.ctrl.lpa.elp");
	assert_bits(261, 3, 1, "nvme.cmd.identify.ctrl.lpa.tel");
	assert_bits(261, 4, 1, "nvme.cmd.identify.ctrl.lpa.ple");
	assert_bits(261, 5, 1, "nvmetap.identify.ctrl.lpa.mlps");
	assert_bits(261, 6, 1, "nvmetap.identify.ctrl.lpa.da4s");
	assert_bits(264, 0, 1, "nvme.cmd.identify.ctrl.avscc.std");
	assert_bits(265, 0, 1, "nvme.cmd.identify.ctrl.apsta.aut");
	assert_bits(312, 0, 3, "nvme.cmd.identify.ctrl.rpmbs.nu");
	assert_bits(312, 3, 3, "nvme.cmd.identify.ctrl.rpmbs.au");
	assert_bits(312, 16, 8, "nvme.cmd.identify.ctrl.rpmbs.ts");
	assert_bits(312, 24, 8, "nvme.cmd.identify.ctrl.rpmbs.as");
	assert_bits(318, 0, 1, "nvme.cmd.identify.ctrl.dsto.mds");
	assert_bits(322, 0, 1, "nvme.cmd.identify.ctrl.hctma.sup");
	assert_bits(328, 0, 1, "nvme.cmd.identify.ctrl.sanicap.ces");
	assert_bits(328, 1, 1, "nvme.cmd.identify.ctrl.sanicap.bes");
	assert_bits(328, 2, 1, "nvme.cmd.identify.ctrl.sanicap.ows");
	assert_bits(328, 29, 1, "nvme.cmd.identify.ctrl.sanicap.ndi");
	assert_bits(328, 30, 2, "nvme.cmd.identify.ctrl.sanicap.nodmmas");
	assert_bits(343, 0, 1, "nvme.cmd.identify.ctrl.anacap.osr");
	assert_bits(343, 1, 1, "nvme.cmd.identify.ctrl.anacap.nosr");
	assert_bits(343, 2, 1, "nvme.cmd.identify.ctrl.anacap.isr");
	assert_bits(343, 3, 1, "nvme.cmd.identify.ctrl.anacap.plsr");
	assert_bits(343, 4, 1, "nvme.cmd.identify.ctrl.anacap.csr");
	assert_bits(343, 6, 1, "nvme.cmd.identify.ctrl.anacap.panagrpid");
	assert_bits(343, 7, 1, "nvme.cmd.identify.ctrl.anacap.nzpanagrpid");
}

static void test_the_bits_of_io_command_support(void **state)
{
	const uint32_t cns = 1;

	(void)state;
	assert_bits(520, 8, 1, "nvmetap.identify.ctrl.oncs.cpys");
	assert_bits(522, 0, 1, "nvme.cmd.identify.ctrl.fuses.cws");
	assert_bits(524, 0, 1, "nvme.cmd.identify.ctrl.fna.fall");
	assert_bits(524, 1, 1, "nvme.cmd.identify.ctrl.fna.seall");
	assert_bits(524, 2, 1, "nvme.cmd.identify.ctrl.fna.ces");
	assert_bits(524, 3, 1, "nvmetap.identify.ctrl.fna.bcnsid");
	assert_bits(530, 0, 1, "nvme.cmd.identify.ctrl.nvscc.std");
	assert_bits(531, 0, 1, "nvme.cmd.identify.ctrl.nwpc.wpss");
	assert_bits(531, 1, 1, "nvme.cmd.identify.ctrl.nwpc.wppcs");
	assert_bits(531, 2, 1, "nvme.cmd.identify.ctrl.nwpc.pwpss");
	assert_bits(536, 0, 2, "nvme.cmd.identify.ctrl.sgls.sgls");
	assert_bits(536, 2, 1, "nvme.cmd.identify.ctrl.sgls.kdbs");
	assert_bits(536, 16, 1, "nvme.cmd.identify.ctrl.sgls.bbd");
	assert_bits(536, 17, 1, "nvme.cmd.identify.ctrl.sgls.bufmptr");
	assert_bits(536, 18, 1, "nvme.cmd.identify.ctrl.sgls.lsgl");
	assert_bits(536, 19, 1, "nvme.cmd.identify.ctrl.sgls.kmptr");
	assert_bits(536, 20, 1, "nvme.cmd.identify.ctrl.sgls.offs");
	assert_bits(536, 21, 1, "nvme.cmd.identify.ctrl.sgls.tdbd");
}

static void test_the_bits_of_a_namespace(void **state)
{
	const uint32_t cns = 0;

	(void)state;
	assert_bits(24, 0, 1, "nvmetap.identify.ns.nsfeat.thinp");
	assert_bits(24, 1, 1, "nvmetap.identify.ns.nsfeat.nsabp");
	assert_bits(24, 2, 1, "nvmetap.identify.ns.nsfeat.dae");
	assert_bits(24, 3, 1, "nvmetap.identify.ns.nsfeat.uidreuse");
	assert_bits(24, 4, 1, "nvmetap.identify.ns.nsfeat.optperf");
	assert_bits(26, 0, 4, "nvmetap.identify.ns.flbas.format");
	assert_bits(26, 4, 1, "nvmetap.identify.ns.flbas.extended");
	assert_bits(27, 0, 1, "nvmetap.identify.ns.mc.extended");
	assert_bits(27, 1, 1, "nvmetap.identify.ns.mc.separate");
	assert_bits(28, 0, 1, "nvmetap.identify.ns.dpc.type1");
	assert_bits(28, 1, 1, "nvmetap.identify.ns.dpc.type2");
	assert_bits(28, 2, 1, "nvmetap.identify.ns.dpc.type3");
	assert_bits(28, 3, 1, "nvmetap.identify.ns.dpc.first");
	assert_bits(28, 4, 1, "nvmetap.identify.ns.dpc.last");
	assert_bits(29, 0, 3, "nvmetap.identify.ns.dps.type");
	assert_bits(29, 3, 1, "nvmetap.identify.ns.dps.first");
	assert_bits(30, 0, 1, "nvmetap.identify.ns.nmic.shared");
	assert_bits(31, 0, 1, "nvmetap.identify.ns.rescap.ptpl");
	assert_bits(31, 1, 1, "nvmetap.identify.ns.rescap.we");
	assert_bits(31, 2, 1, "nvmetap.identify.ns.rescap.ea");
	assert_bits(31, 3, 1, "nvmetap.identify.ns.rescap.wero");
	assert_bits(31, 4, 1, "nvmetap.identify.ns.rescap.earo");
	assert_bits(31, 5, 1, "nvmetap.identify.ns.rescap.wear");
	assert_bits(31, 6, 1, "nvmetap.identify.ns.rescap.eaar");
	assert_bits(31, 7, 1, "nvmetap.identify.ns.rescap.iekey");
	assert_bits(32, 0, 7, "nvmetap.identify.ns.fpi.remains");
	assert_bits(32, 7, 1, "nvmetap.identify.ns.fpi.supported");
	assert_bits(33, 0, 3, "nvmetap.identify.ns.dlfeat.read");
	assert_bits(33, 3, 1, "nvmetap.identify.ns.dlfeat.wzd");
	assert_bits(33, 4, 1, "nvmetap.identify.ns.dlfeat.guard");
	assert_bits(99, 0, 1, "nvmetap.identify.ns.nsattr.wp");
}

static void test_the_version_of_a_controller_in_three_parts(void **state)
{
	struct record rec = identify(1);

	(void)state;
	memset(page, 0, sizeof(page));
	put32(80, 0x00020103);
	assert_field(&rec, "nvme.cmd.identify.ctrl.ver.mjr", "2");
	assert_field(&rec, "nvme.cmd.identify.ctrl.ver.min", "1");
	assert_field(&rec, "nvme.cmd.identify.ctrl.ver.ter", "3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_bits_of_what_a_controller_is),
		cmocka_unit_test(test_the_bits_of_admin_command_support),
		cmocka_unit_test(test_the_bits_of_io_command_support),
		cmocka_unit_test(test_the_bits_of_a_namespace),
		cmocka_unit_test(test_the_version_of_a_controller_in_three_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
