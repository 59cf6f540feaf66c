/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first oracle, continued: configuration space, register by register; the
 * values were written by hand from the specifications of PCI, without the table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "tests/fields.h"

static struct record read_config(uint64_t offset, uint64_t value, uint32_t width)
{
	return record_of_read(2, offset, value, width);
}

/* PCI 3.0 section 6.1: 1B36h:0010h, revision 7, class 010802h; cache line of 16 Dwords,
 * latency timer 40h, a multi-function header of layout 1, a self test that can start and has failed. */
static void test_identifiers_class_and_header(void **state)
{
	struct record rec;

	(void)state;
	rec = read_config(0x00, 0x00101b36, 4);
	assert_field(&rec, "nvmetap.pci.vid", "0x1b36");
	assert_field(&rec, "nvmetap.pci.did", "0x0010");
	rec = read_config(0x08, 0x01080207, 4);
	assert_field(&rec, "nvmetap.pci.rid", "0x07");
	assert_field(&rec, "nvmetap.pci.cc.pi", "0x02");
	assert_field(&rec, "nvmetap.pci.cc.scc", "0x08");
	assert_field(&rec, "nvmetap.pci.cc.bcc", "0x01");
	rec = read_config(0x0c, 0xc5814010, 4);
	assert_field(&rec, "nvmetap.pci.cls", "16");
	assert_field(&rec, "nvmetap.pci.mlt", "64");
	assert_field(&rec, "nvmetap.pci.htype.hl", "0x01");
	assert_field(&rec, "nvmetap.pci.htype.mfd", "1");
	assert_field(&rec, "nvmetap.pci.bist.cc", "0x05");
	assert_field(&rec, "nvmetap.pci.bist.sb", "1");
	assert_field(&rec, "nvmetap.pci.bist.bc", "1");
	rec = read_config(0x0c, 0x00000000, 4);
	assert_field(&rec, "nvmetap.pci.htype.mfd", "0");
	assert_field(&rec, "nvmetap.pci.bist.sb", "0");
	assert_field(&rec, "nvmetap.pci.bist.bc", "0");
}

/* A 64-bit base address that can be prefetched; one of I/O space. */
static void test_base_addresses(void **state)
{
	struct record rec;

	(void)state;
	rec = read_config(0x10, 0xfe00400c, 4);
	assert_field(&rec, "nvmetap.pci.bar0", "0xfe00400c");
	assert_field(&rec, "nvmetap.pci.bar.rte", "0");
	assert_display(&rec, "nvmetap.pci.bar.tp", "64-bit (2)");
	assert_field(&rec, "nvmetap.pci.bar.pf", "1");
	rec = read_config(0x10, 0x0000e001, 4);
	assert_field(&rec, "nvmetap.pci.bar.rte", "1");
	assert_display(&rec, "nvmetap.pci.bar.tp", "32-bit (0)");
	assert_field(&rec, "nvmetap.pci.bar.pf", "0");
	rec = read_config(0x14, 0x00000038, 4);
	assert_field(&rec, "nvmetap.pci.bar1", "0x00000038");
	rec = read_config(0x18, 0x00002221, 4);
	assert_field(&rec, "nvmetap.pci.bar2", "0x00002221");
	rec = read_config(0x1c, 0x00003330, 4);
	assert_field(&rec, "nvmetap.pci.bar3", "0x00003330");
	rec = read_config(0x20, 0x00004440, 4);
	assert_field(&rec, "nvmetap.pci.bar4", "0x00004440");
	rec = read_config(0x24, 0x00005550, 4);
	assert_field(&rec, "nvmetap.pci.bar5", "0x00005550");
}

/* Subsystem 1AF4h:1100h, ROM, the list of capabilities, interrupt line 11 and pin INTA. */
static void test_rest_of_the_header(void **state)
{
	struct record rec;

	(void)state;
	rec = read_config(0x2c, 0x11001af4, 4);
	assert_field(&rec, "nvmetap.pci.ssvid", "0x1af4");
	assert_field(&rec, "nvmetap.pci.ssid", "0x1100");
	rec = read_config(0x30, 0xfffff800, 4);
	assert_field(&rec, "nvmetap.pci.erom", "0xfffff800");
	rec = read_config(0x34, 0x40, 1);
	assert_field(&rec, "nvmetap.pci.cap", "0x40");
	rec = read_config(0x3c, 0x0000010b, 4);
	assert_field(&rec, "nvmetap.pci.iline", "11");
	assert_field(&rec, "nvmetap.pci.ipin", "1");
}

/* PCI 3.0 sections 6.2.2 and 6.2.3: the bits that PCI Express has no use for. */
static void test_rest_of_command_and_status(void **state)
{
	struct record rec;

	(void)state;
	rec = read_config(0x04, 0x0208, 2);
	assert_field(&rec, "nvmetap.pci.cmd.sce", "1");
	assert_field(&rec, "nvmetap.pci.cmd.mwie", "0");
	assert_field(&rec, "nvmetap.pci.cmd.vga", "0");
	assert_field(&rec, "nvmetap.pci.cmd.fbe", "1");
	rec = read_config(0x04, 0x0030, 2);
	assert_field(&rec, "nvmetap.pci.cmd.sce", "0");
	assert_field(&rec, "nvmetap.pci.cmd.mwie", "1");
	assert_field(&rec, "nvmetap.pci.cmd.vga", "1");
	assert_field(&rec, "nvmetap.pci.cmd.fbe", "0");
	rec = read_config(0x06, 0x0420, 2);
	assert_field(&rec, "nvmetap.pci.sts.c66", "1");
	assert_field(&rec, "nvmetap.pci.sts.fbc", "0");
	assert_field(&rec, "nvmetap.pci.sts.devt", "2");
	rec = read_config(0x06, 0x0280, 2);
	assert_field(&rec, "nvmetap.pci.sts.c66", "0");
	assert_field(&rec, "nvmetap.pci.sts.fbc", "1");
	assert_field(&rec, "nvmetap.pci.sts.devt", "1");
}

/* PCI Power Management 1.2 sections 3.2.3 and 3.2.4. */
static void test_power_management(void **state)
{
	struct record rec;

	(void)state;
	rec = read_config(0x40, 0x5001, 2);
	assert_display(&rec, "nvmetap.pci.cap.cid", "power management (0x01)");
	assert_field(&rec, "nvmetap.pci.cap.next", "0x50");
	rec = read_config(0x42, 0xca6b, 2);
	assert_field(&rec, "nvmetap.pci.pc.vs", "3");
	assert_field(&rec, "nvmetap.pci.pc.pmec", "1");
	assert_field(&rec, "nvmetap.pci.pc.dsi", "1");
	assert_field(&rec, "nvmetap.pci.pc.auxc", "1");
	assert_field(&rec, "nvmetap.pci.pc.d1s", "1");
	assert_field(&rec, "nvmetap.pci.pc.d2s", "0");
	assert_field(&rec, "nvmetap.pci.pc.psup", "0x0019");
	rec = read_config(0x42, 0x0500, 2);
	assert_field(&rec, "nvmetap.pci.pc.vs", "0");
	assert_field(&rec, "nvmetap.pci.pc.pmec", "0");
	assert_field(&rec, "nvmetap.pci.pc.dsi", "0");
	assert_field(&rec, "nvmetap.pci.pc.auxc", "4");
	assert_field(&rec, "nvmetap.pci.pc.d1s", "0");
	assert_field(&rec, "nvmetap.pci.pc.d2s", "1");
	rec = read_config(0x44, 0xc700, 2);
	assert_field(&rec, "nvmetap.pci.pmcs.pmee", "1");
	assert_field(&rec, "nvmetap.pci.pmcs.dse", "3");
	assert_field(&rec, "nvmetap.pci.pmcs.dsc", "2");
	assert_field(&rec, "nvmetap.pci.pmcs.pmes", "1");
	rec = read_config(0x44, 0x2200, 2);
	assert_field(&rec, "nvmetap.pci.pmcs.pmee", "0");
	assert_field(&rec, "nvmetap.pci.pmcs.dse", "1");
	assert_field(&rec, "nvmetap.pci.pmcs.dsc", "1");
	assert_field(&rec, "nvmetap.pci.pmcs.pmes", "0");
}

/* PCI 3.0 section 6.8.2.4: offset 2000h in BAR 4. */
static void test_place_of_vectors(void **state)
{
	struct record rec;

	(void)state;
	rec = read_config(0x54, 0x00002004, 4);
	assert_field(&rec, "nvmetap.pci.msix.bir", "4");
	assert_field(&rec, "nvmetap.pci.msix.offset", "0x00000400");
}

/* PCI Express 3.0 sections 7.8.2 to 7.8.5. */
static void test_pci_express_device(void **state)
{
	struct record rec;

	(void)state;
	rec = read_config(0x62, 0x0b12, 2);
	assert_field(&rec, "nvmetap.pci.pxcap.ver", "2");
	assert_field(&rec, "nvmetap.pci.pxcap.dpt", "0x0001");
	assert_field(&rec, "nvmetap.pci.pxcap.si", "1");
	assert_field(&rec, "nvmetap.pci.pxcap.imn", "5");
	rec = read_config(0x62, 0x0402, 2);
	assert_field(&rec, "nvmetap.pci.pxcap.si", "0");
	assert_field(&rec, "nvmetap.pci.pxcap.imn", "2");
	rec = read_config(0x64, 0x194c8d69, 4);
	assert_display(&rec, "nvmetap.pci.pxdcap.mps", "256 bytes (1)");
	assert_field(&rec, "nvmetap.pci.pxdcap.pfs", "1");
	assert_field(&rec, "nvmetap.pci.pxdcap.etfs", "1");
	assert_field(&rec, "nvmetap.pci.pxdcap.l0sl", "5");
	assert_field(&rec, "nvmetap.pci.pxdcap.l1l", "6");
	assert_field(&rec, "nvmetap.pci.pxdcap.rer", "1");
	assert_field(&rec, "nvmetap.pci.pxdcap.csplv", "83");
	assert_field(&rec, "nvmetap.pci.pxdcap.cspls", "2");
	assert_field(&rec, "nvmetap.pci.pxdcap.flrc", "1");
	rec = read_config(0x64, 0x00000002, 4);
	assert_display(&rec, "nvmetap.pci.pxdcap.mps", "512 bytes (2)");
	assert_field(&rec, "nvmetap.pci.pxdcap.etfs", "0");
	assert_field(&rec, "nvmetap.pci.pxdcap.rer", "0");
	assert_field(&rec, "nvmetap.pci.pxdcap.flrc", "0");
	rec = read_config(0x68, 0x0500, 2);
	assert_field(&rec, "nvmetap.pci.pxdc.ete", "1");
	assert_field(&rec, "nvmetap.pci.pxdc.pfe", "0");
	assert_field(&rec, "nvmetap.pci.pxdc.appme", "1");
	assert_field(&rec, "nvmetap.pci.pxdc.ens", "0");
	assert_display(&rec, "nvmetap.pci.pxdc.mrrs", "128 bytes (0)");
	rec = read_config(0x68, 0x5a20, 2);
	assert_field(&rec, "nvmetap.pci.pxdc.ete", "0");
	assert_field(&rec, "nvmetap.pci.pxdc.pfe", "1");
	assert_field(&rec, "nvmetap.pci.pxdc.appme", "0");
	assert_field(&rec, "nvmetap.pci.pxdc.ens", "1");
	assert_display(&rec, "nvmetap.pci.pxdc.mps", "256 bytes (1)");
	assert_display(&rec, "nvmetap.pci.pxdc.mrrs", "4096 bytes (5)");
	rec = read_config(0x6a, 0x15, 2);
	assert_field(&rec, "nvmetap.pci.pxds.ced", "1");
	assert_field(&rec, "nvmetap.pci.pxds.nfed", "0");
	assert_field(&rec, "nvmetap.pci.pxds.fed", "1");
	assert_field(&rec, "nvmetap.pci.pxds.urd", "0");
	assert_field(&rec, "nvmetap.pci.pxds.apd", "1");
	assert_field(&rec, "nvmetap.pci.pxds.tp", "0");
	rec = read_config(0x6a, 0x2a, 2);
	assert_field(&rec, "nvmetap.pci.pxds.ced", "0");
	assert_field(&rec, "nvmetap.pci.pxds.nfed", "1");
	assert_field(&rec, "nvmetap.pci.pxds.fed", "0");
	assert_field(&rec, "nvmetap.pci.pxds.urd", "1");
	assert_field(&rec, "nvmetap.pci.pxds.apd", "0");
	assert_field(&rec, "nvmetap.pci.pxds.tp", "1");
}

/* PCI Express 3.0 sections 7.8.6 to 7.8.8: 8 GT/s, 4 lanes. */
static void test_pci_express_link(void **state)
{
	struct record rec;

	(void)state;
	rec = read_config(0x6c, 0x0757dc43, 4);
	assert_display(&rec, "nvmetap.pci.pxlcap.sls", "8 GT/s (3)");
	assert_field(&rec, "nvmetap.pci.pxlcap.mlw", "4");
	assert_field(&rec, "nvmetap.pci.pxlcap.aspms", "0x00000003");
	assert_field(&rec, "nvmetap.pci.pxlcap.l0sel", "5");
	assert_field(&rec, "nvmetap.pci.pxlcap.l1el", "7");
	assert_field(&rec, "nvmetap.pci.pxlcap.cpm", "1");
	assert_field(&rec, "nvmetap.pci.pxlcap.sderc", "0");
	assert_field(&rec, "nvmetap.pci.pxlcap.dlllarc", "1");
	assert_field(&rec, "nvmetap.pci.pxlcap.lbnc", "0");
	assert_field(&rec, "nvmetap.pci.pxlcap.aoc", "1");
	assert_field(&rec, "nvmetap.pci.pxlcap.pn", "7");
	rec = read_config(0x6c, 0x00280101, 4);
	assert_display(&rec, "nvmetap.pci.pxlcap.sls", "2.5 GT/s (1)");
	assert_field(&rec, "nvmetap.pci.pxlcap.mlw", "16");
	assert_field(&rec, "nvmetap.pci.pxlcap.cpm", "0");
	assert_field(&rec, "nvmetap.pci.pxlcap.sderc", "1");
	assert_field(&rec, "nvmetap.pci.pxlcap.dlllarc", "0");
	assert_field(&rec, "nvmetap.pci.pxlcap.lbnc", "1");
	assert_field(&rec, "nvmetap.pci.pxlcap.aoc", "0");
	rec = read_config(0x70, 0x014a, 2);
	assert_field(&rec, "nvmetap.pci.pxlc.aspmc", "0x0002");
	assert_field(&rec, "nvmetap.pci.pxlc.rcb", "1");
	assert_field(&rec, "nvmetap.pci.pxlc.ccc", "1");
	assert_field(&rec, "nvmetap.pci.pxlc.es", "0");
	assert_field(&rec, "nvmetap.pci.pxlc.ecpm", "1");
	assert_field(&rec, "nvmetap.pci.pxlc.hawd", "0");
	rec = read_config(0x70, 0x0281, 2);
	assert_field(&rec, "nvmetap.pci.pxlc.aspmc", "0x0001");
	assert_field(&rec, "nvmetap.pci.pxlc.rcb", "0");
	assert_field(&rec, "nvmetap.pci.pxlc.ccc", "0");
	assert_field(&rec, "nvmetap.pci.pxlc.es", "1");
	assert_field(&rec, "nvmetap.pci.pxlc.ecpm", "0");
	assert_field(&rec, "nvmetap.pci.pxlc.hawd", "1");
	rec = read_config(0x72, 0x1042, 2);
	assert_display(&rec, "nvmetap.pci.pxls.cls", "5 GT/s (2)");
	assert_field(&rec, "nvmetap.pci.pxls.nlw", "4");
	assert_field(&rec, "nvmetap.pci.pxls.scc", "1");
	rec = read_config(0x72, 0x0011, 2);
	assert_field(&rec, "nvmetap.pci.pxls.nlw", "1");
	assert_field(&rec, "nvmetap.pci.pxls.scc", "0");
}

/* PCI Express 3.0 sections 7.8.15 to 7.8.20. */
static void test_pci_express_second_half(void **state)
{
	struct record rec;

	(void)state;
	rec = read_config(0x84, 0x0098155f, 4);
	assert_field(&rec, "nvmetap.pci.pxdcap2.ctrs", "0x0000000f");
	assert_field(&rec, "nvmetap.pci.pxdcap2.ctds", "1");
	assert_field(&rec, "nvmetap.pci.pxdcap2.arifs", "0");
	assert_field(&rec, "nvmetap.pci.pxdcap2.aors", "1");
	assert_field(&rec, "nvmetap.pci.pxdcap2.aocs32", "0");
	assert_field(&rec, "nvmetap.pci.pxdcap2.aocs64", "1");
	assert_field(&rec, "nvmetap.pci.pxdcap2.ccs128", "0");
	assert_field(&rec, "nvmetap.pci.pxdcap2.nprpr", "1");
	assert_field(&rec, "nvmetap.pci.pxdcap2.ltrs", "0");
	assert_field(&rec, "nvmetap.pci.pxdcap2.tphcs", "1");
	assert_field(&rec, "nvmetap.pci.pxdcap2.obffs", "2");
	assert_field(&rec, "nvmetap.pci.pxdcap2.effs", "1");
	assert_field(&rec, "nvmetap.pci.pxdcap2.eetps", "0");
	assert_field(&rec, "nvmetap.pci.pxdcap2.meetp", "2");
	rec = read_config(0x84, 0x00642aa0, 4);
	assert_field(&rec, "nvmetap.pci.pxdcap2.ctds", "0");
	assert_field(&rec, "nvmetap.pci.pxdcap2.arifs", "1");
	assert_field(&rec, "nvmetap.pci.pxdcap2.aors", "0");
	assert_field(&rec, "nvmetap.pci.pxdcap2.aocs32", "1");
	assert_field(&rec, "nvmetap.pci.pxdcap2.aocs64", "0");
	assert_field(&rec, "nvmetap.pci.pxdcap2.ccs128", "1");
	assert_field(&rec, "nvmetap.pci.pxdcap2.nprpr", "0");
	assert_field(&rec, "nvmetap.pci.pxdcap2.ltrs", "1");
	assert_field(&rec, "nvmetap.pci.pxdcap2.tphcs", "2");
	assert_field(&rec, "nvmetap.pci.pxdcap2.obffs", "1");
	assert_field(&rec, "nvmetap.pci.pxdcap2.effs", "0");
	assert_field(&rec, "nvmetap.pci.pxdcap2.eetps", "1");
	assert_field(&rec, "nvmetap.pci.pxdcap2.meetp", "1");
	rec = read_config(0x88, 0x4416, 2);
	assert_field(&rec, "nvmetap.pci.pxdc2.ctv", "0x0006");
	assert_field(&rec, "nvmetap.pci.pxdc2.ctd", "1");
	assert_field(&rec, "nvmetap.pci.pxdc2.ltrme", "1");
	assert_field(&rec, "nvmetap.pci.pxdc2.obffe", "2");
	rec = read_config(0x88, 0x2009, 2);
	assert_field(&rec, "nvmetap.pci.pxdc2.ctv", "0x0009");
	assert_field(&rec, "nvmetap.pci.pxdc2.ctd", "0");
	assert_field(&rec, "nvmetap.pci.pxdc2.ltrme", "0");
	assert_field(&rec, "nvmetap.pci.pxdc2.obffe", "1");
	rec = read_config(0x8c, 0x0000010e, 4);
	assert_field(&rec, "nvmetap.pci.pxlcap2.slsv", "0x00000007");
	assert_field(&rec, "nvmetap.pci.pxlcap2.crosslink", "1");
	rec = read_config(0x90, 0x0013, 2);
	assert_display(&rec, "nvmetap.pci.pxlc2.tls", "8 GT/s (3)");
	assert_field(&rec, "nvmetap.pci.pxlc2.ec", "1");
	assert_field(&rec, "nvmetap.pci.pxlc2.hasd", "0");
	rec = read_config(0x90, 0x0024, 2);
	assert_display(&rec, "nvmetap.pci.pxlc2.tls", "16 GT/s (4)");
	assert_field(&rec, "nvmetap.pci.pxlc2.ec", "0");
	assert_field(&rec, "nvmetap.pci.pxlc2.hasd", "1");
	rec = read_config(0x92, 0x0001, 2);
	assert_field(&rec, "nvmetap.pci.pxls2.cdel", "1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identifiers_class_and_header),
		cmocka_unit_test(test_base_addresses),
		cmocka_unit_test(test_rest_of_the_header),
		cmocka_unit_test(test_rest_of_command_and_status),
		cmocka_unit_test(test_power_management),
		cmocka_unit_test(test_place_of_vectors),
		cmocka_unit_test(test_pci_express_device),
		cmocka_unit_test(test_pci_express_link),
		cmocka_unit_test(test_pci_express_second_half),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
