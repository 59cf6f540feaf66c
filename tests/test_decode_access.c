/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first oracle, continued: registers and configuration space whose bytes
 * were written by hand from NVM Express 1.4 and PCI 3.0, without the table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "tests/fields.h"

/* Section 3.1.1: MQES 2047, CQR, AMS 1, TO 20, NSSRS, CSS NVM, MPSMAX 4, CMBS;
 * bytes of the access: offset, value, old value, width, all big-endian. */
static void test_capabilities_in_one_read_and_in_halves(void **state)
{
	uint8_t whole[32] = { [8] = 0x02, 0x40, 0x00, 0x30, 0x14, 0x03, 0x07, 0xff, [27] = 8 };
	uint8_t low[32] = { [12] = 0x14, 0x03, 0x07, 0xff, [27] = 4 };
	uint8_t high[32] = { [7] = 4, [12] = 0x02, 0x40, 0x00, 0x30, [27] = 4 };
	uint8_t rest[32] = { [7] = 4, [12] = 0x01, 0x09, 0x20, 0x02, [27] = 4 };
	struct record rec = record_of_access(4, whole);

	(void)state;
	assert_display(&rec, "nvmetap.access.offset", "Controller Capabilities (0x0000000000000000)");
	assert_field(&rec, "nvmetap.cap.mqes", "2047");
	assert_field(&rec, "nvmetap.cap.cqr", "1");
	assert_field(&rec, "nvmetap.cap.ams", "0x00000001");
	assert_field(&rec, "nvmetap.cap.ams.wrr", "1");
	assert_field(&rec, "nvmetap.cap.ams.vs", "0");
	assert_field(&rec, "nvmetap.cap.to", "20");
	assert_field(&rec, "nvmetap.cap.nssrs", "1");
	assert_field(&rec, "nvmetap.cap.css", "0x00000001");
	assert_field(&rec, "nvmetap.cap.css.nvm", "1");
	assert_field(&rec, "nvmetap.cap.css.iocs", "0");
	assert_field(&rec, "nvmetap.cap.css.admin", "0");
	assert_field(&rec, "nvmetap.cap.mpsmax", "4");
	assert_field(&rec, "nvmetap.cap.cmbs", "1");
	rec = record_of_access(4, low);
	assert_field(&rec, "nvmetap.cap.mqes", "2047");
	assert_field(&rec, "nvmetap.cap.to", "20");
	assert_absent(&rec, "nvmetap.cap.css");
	rec = record_of_access(4, high);
	assert_absent(&rec, "nvmetap.cap.to");
	assert_field(&rec, "nvmetap.cap.dstrd", "0");
	assert_field(&rec, "nvmetap.cap.css", "0x00000001");
	assert_field(&rec, "nvmetap.cap.mpsmax", "4");
	assert_field(&rec, "nvmetap.cap.bps", "0");
	assert_field(&rec, "nvmetap.cap.pmrs", "0");
	high[14] = 0x18;
	high[15] = 0;
	assert_field(&rec, "nvmetap.cap.css.nvm", "0");
	assert_field(&rec, "nvmetap.cap.css.iocs", "1");
	assert_field(&rec, "nvmetap.cap.css.admin", "1");
	rec = record_of_access(4, rest);
	assert_field(&rec, "nvmetap.cap.dstrd", "2");
	assert_field(&rec, "nvmetap.cap.bps", "1");
	assert_field(&rec, "nvmetap.cap.mpsmin", "9");
	assert_field(&rec, "nvmetap.cap.pmrs", "1");
	assert_field(&rec, "nvmetap.cap.cmbs", "0");
}

/* PCI Express capability of section 2.5.4, MSI-X of section 2.4.2 and power management of
 * section 2.2.3, where the drive has them. */
static void test_capabilities_of_configuration_space(void **state)
{
	uint8_t pxdc[32] = { [7] = 0x68, [14] = 0xd1, [15] = 0x4b, [27] = 2 };
	uint8_t mxc[32] = { [7] = 0x52, [14] = 0xc0, [15] = 0x40, [27] = 2 };
	uint8_t mtab[32] = { [7] = 0x54, [14] = 0x20, [15] = 0x04, [27] = 4 };
	uint8_t pmcs[32] = { [7] = 0x44, [14] = 0x00, [15] = 0x0b, [27] = 2 };
	struct record rec = record_of_access(3, pxdc);

	(void)state;
	assert_display(&rec, "nvmetap.access.offset", "Device control (0x0000000000000068)");
	assert_field(&rec, "nvmetap.pci.pxdc.cere", "1");
	assert_field(&rec, "nvmetap.pci.pxdc.nfere", "1");
	assert_field(&rec, "nvmetap.pci.pxdc.fere", "0");
	assert_field(&rec, "nvmetap.pci.pxdc.urre", "1");
	assert_field(&rec, "nvmetap.pci.pxdc.ero", "0");
	assert_field(&rec, "nvmetap.pci.pxdc.mps", "2");
	assert_field(&rec, "nvmetap.pci.pxdc.mrrs", "5");
	assert_field(&rec, "nvmetap.pci.pxdc.iflr", "1");
	rec = record_of_access(2, mxc);
	assert_field(&rec, "nvmetap.pci.mxc.ts", "64");
	assert_field(&rec, "nvmetap.pci.mxc.fm", "1");
	assert_field(&rec, "nvmetap.pci.mxc.mxe", "1");
	rec = record_of_access(2, mtab);
	assert_field(&rec, "nvmetap.pci.msix.bir", "4");
	rec = record_of_access(2, pmcs);
	assert_field(&rec, "nvmetap.pci.pmcs.ps", "3");
	assert_field(&rec, "nvmetap.pci.pmcs.nsfrst", "1");
}

/* Section 3.1.2: 1.4.2. */
static void test_version(void **state)
{
	uint8_t info[32] = { [7] = 8, [12] = 0x00, 0x01, 0x04, 0x02, [27] = 4 };
	struct record rec = record_of_access(4, info);

	(void)state;
	assert_field(&rec, "nvmetap.vs.mjr", "1");
	assert_field(&rec, "nvmetap.vs.mnr", "4");
	assert_field(&rec, "nvmetap.vs.ter", "2");
}

/* Sections 3.1.5 and 3.1.6: CC 00464811h is written; CSTS 2Dh, with a reserved
 * shutdown status, is read. */
static void test_configuration_and_status(void **state)
{
	uint8_t cc[32] = { [7] = 0x14, [12] = 0x00, 0x46, 0x48, 0x11, [27] = 4 };
	uint8_t csts[32] = { [7] = 0x1c, [15] = 0x2d, [27] = 4 };
	struct record rec = record_of_access(5, cc);

	(void)state;
	assert_field(&rec, "nvmetap.cc.en", "1");
	assert_field(&rec, "nvmetap.cc.css", "1");
	assert_field(&rec, "nvmetap.cc.mps", "0");
	assert_field(&rec, "nvmetap.cc.ams", "1");
	assert_display(&rec, "nvmetap.cc.shn", "normal shutdown (1)");
	assert_field(&rec, "nvmetap.cc.iosqes", "6");
	assert_field(&rec, "nvmetap.cc.iocqes", "4");
	assert_absent(&rec, "nvmetap.access.old");
	rec = record_of_access(4, csts);
	assert_field(&rec, "nvmetap.csts.rdy", "1");
	assert_field(&rec, "nvmetap.csts.cfs", "0");
	assert_display(&rec, "nvmetap.csts.shst", "3");
	assert_field(&rec, "nvmetap.csts.pp", "1");
	assert_field(&rec, "nvmetap.csts.nssro", "0");
	csts[15] = 0x10;
	assert_field(&rec, "nvmetap.csts.nssro", "1");
	assert_field(&rec, "nvmetap.csts.pp", "0");
	csts[28] = 2;		/* the same offset of another region is no register */
	assert_absent(&rec, "nvmetap.csts.rdy");
}

static void test_an_access_to_a_half_shows_the_bits_that_it_touched(void **state)
{
	uint8_t low[32] = { [7] = 0x14, [14] = 0x40, 0x01, [27] = 2 };
	uint8_t high[32] = { [7] = 0x16, [15] = 0x46, [27] = 1 };
	struct record rec = record_of_access(5, low);

	(void)state;
	assert_field(&rec, "nvmetap.cc.en", "1");
	assert_field(&rec, "nvmetap.cc.shn", "1");
	assert_absent(&rec, "nvmetap.cc.iosqes");
	rec = record_of_access(5, high);
	assert_absent(&rec, "nvmetap.cc.en");
	assert_field(&rec, "nvmetap.cc.iosqes", "6");
	assert_field(&rec, "nvmetap.cc.iocqes", "4");
}

/* PCI: the dword at 4 is Command and Status; 0406h and 0010h. */
static void test_configuration_space(void **state)
{
	uint8_t both[32] = { [7] = 4, [12] = 0x00, 0x10, 0x04, 0x06, [27] = 4 };
	uint8_t status[32] = { [7] = 6, [14] = 0xa9, 0x10, [27] = 2 };
	uint8_t parity[32] = { [7] = 4, [12] = 0x40, 0x08, 0x00, 0x40, [27] = 4 };
	uint8_t serr[32] = { [7] = 4, [14] = 0x01, 0x00, [27] = 2 };
	struct record rec = record_of_access(2, both);

	(void)state;
	assert_field(&rec, "nvmetap.pci.cmd.iose", "0");
	assert_field(&rec, "nvmetap.pci.cmd.mse", "1");
	assert_field(&rec, "nvmetap.pci.cmd.bme", "1");
	assert_field(&rec, "nvmetap.pci.cmd.id", "1");
	assert_field(&rec, "nvmetap.pci.sts.cl", "1");
	assert_field(&rec, "nvmetap.pci.sts.dpe", "0");
	assert_display(&rec, "nvmetap.access.offset", "Command (0x0000000000000004)");
	rec = record_of_access(3, status);
	assert_absent(&rec, "nvmetap.pci.cmd.mse");
	assert_field(&rec, "nvmetap.pci.sts.dpe", "1");
	assert_field(&rec, "nvmetap.pci.sts.rma", "1");
	assert_field(&rec, "nvmetap.pci.sts.rta", "0");
	assert_field(&rec, "nvmetap.pci.sts.sta", "1");
	assert_field(&rec, "nvmetap.pci.sts.dpd", "1");
	assert_field(&rec, "nvmetap.pci.sts.is", "0");
	assert_field(&rec, "nvmetap.pci.sts.sse", "0");
	rec = record_of_access(2, parity);
	assert_field(&rec, "nvmetap.pci.cmd.pee", "1");
	assert_field(&rec, "nvmetap.pci.cmd.see", "0");
	assert_field(&rec, "nvmetap.pci.sts.is", "1");
	assert_field(&rec, "nvmetap.pci.sts.sse", "1");
	rec = record_of_access(2, serr);
	assert_field(&rec, "nvmetap.pci.cmd.see", "1");
	assert_field(&rec, "nvmetap.pci.cmd.pee", "0");
}

/* PCI: a type 0 header, as a driver reads it at once. */
static void test_a_whole_header(void **state)
{
	static const uint8_t header[64] = {
		0x36, 0x1b, 0x10, 0x00, 0x06, 0x04, 0x10, 0x08, 0x03, 0x02, 0x08, 0x01,
		[14] = 0x80, [16] = 0x04, 0x40, 0x00, 0xfe, 0x01, [44] = 0xf4, 0x1a, 0x00, 0x11,
		[52] = 0x40, [60] = 0x0b, 0x01,
	};
	uint8_t info[32] = { [27] = 64 };
	struct record rec = record_of_access(2, info);

	(void)state;
	rec.payload = header;
	rec.len = rec.caplen = sizeof(header);
	assert_field(&rec, "nvmetap.pci.vid", "0x1b36");
	assert_field(&rec, "nvmetap.pci.did", "0x0010");
	assert_field(&rec, "nvmetap.pci.cmd", "0x0406");
	assert_field(&rec, "nvmetap.pci.sts", "0x0810");
	assert_field(&rec, "nvmetap.pci.rid", "0x03");
	assert_field(&rec, "nvmetap.pci.cc", "0x010802");
	assert_field(&rec, "nvmetap.pci.htype", "0x80");
	assert_field(&rec, "nvmetap.pci.bar0", "0xfe004004");
	assert_field(&rec, "nvmetap.pci.bar1", "0x00000001");
	assert_field(&rec, "nvmetap.pci.ssvid", "0x1af4");
	assert_field(&rec, "nvmetap.pci.ssid", "0x1100");
	assert_field(&rec, "nvmetap.pci.cap", "0x40");
	assert_field(&rec, "nvmetap.pci.iline", "11");
	assert_field(&rec, "nvmetap.pci.ipin", "1");
}

static void test_a_doorbell_shows_old_and_new(void **state)
{
	uint8_t info[32] = { [6] = 0x10, [7] = 0x08, [15] = 9, [23] = 5, [27] = 4, [29] = 1,
			     [31] = 1 };
	struct record rec = record_of_access(6, info);

	(void)state;
	assert_field(&rec, "nvmetap.access.value", "0x0000000000000009");
	assert_field(&rec, "nvmetap.access.old", "0x0000000000000005");
	assert_display(&rec, "nvmetap.access.doorbell", "submission queue tail (1)");
	assert_field(&rec, "nvmetap.access.vector", "1");
}

static struct record read_register(uint64_t offset, uint64_t value, uint32_t width)
{
	return record_of_read(4, offset, value, width);
}

/* NVM Express 1.4 sections 3.1.11 to 3.1.17. */
static void test_controller_memory_buffer(void **state)
{
	struct record rec;

	(void)state;
	rec = read_register(0x38, 0x12345152, 4);
	assert_field(&rec, "nvmetap.cmbloc.bir", "2");
	assert_field(&rec, "nvmetap.cmbloc.cqmms", "0");
	assert_field(&rec, "nvmetap.cmbloc.cqpds", "1");
	assert_field(&rec, "nvmetap.cmbloc.cdpmls", "0");
	assert_field(&rec, "nvmetap.cmbloc.cdpcils", "1");
	assert_field(&rec, "nvmetap.cmbloc.cdmmms", "0");
	assert_field(&rec, "nvmetap.cmbloc.cqda", "1");
	assert_field(&rec, "nvmetap.cmbloc.ofst", "0x00012345");
	rec = read_register(0x38, 0x000000a8, 4);
	assert_field(&rec, "nvmetap.cmbloc.cqmms", "1");
	assert_field(&rec, "nvmetap.cmbloc.cqpds", "0");
	assert_field(&rec, "nvmetap.cmbloc.cdpmls", "1");
	assert_field(&rec, "nvmetap.cmbloc.cdpcils", "0");
	assert_field(&rec, "nvmetap.cmbloc.cdmmms", "1");
	assert_field(&rec, "nvmetap.cmbloc.cqda", "0");
	rec = read_register(0x3c, 0x00080215, 4);
	assert_field(&rec, "nvmetap.cmbsz.sqs", "1");
	assert_field(&rec, "nvmetap.cmbsz.cqs", "0");
	assert_field(&rec, "nvmetap.cmbsz.lists", "1");
	assert_field(&rec, "nvmetap.cmbsz.rds", "0");
	assert_field(&rec, "nvmetap.cmbsz.wds", "1");
	assert_display(&rec, "nvmetap.cmbsz.szu", "1 MiB (2)");
	assert_field(&rec, "nvmetap.cmbsz.sz", "128");
	rec = read_register(0x3c, 0x0000060a, 4);
	assert_field(&rec, "nvmetap.cmbsz.sqs", "0");
	assert_field(&rec, "nvmetap.cmbsz.cqs", "1");
	assert_field(&rec, "nvmetap.cmbsz.lists", "0");
	assert_field(&rec, "nvmetap.cmbsz.rds", "1");
	assert_field(&rec, "nvmetap.cmbsz.wds", "0");
	assert_display(&rec, "nvmetap.cmbsz.szu", "64 GiB (6)");
	rec = read_register(0x50, 0x000000abcdef0001, 8);
	assert_field(&rec, "nvmetap.cmbmsc.cre", "1");
	assert_field(&rec, "nvmetap.cmbmsc.cmse", "0");
	assert_field(&rec, "nvmetap.cmbmsc.cba", "0x000cdef0");
	assert_field(&rec, "nvmetap.cmbmsc.cbau", "0x000000ab");
	rec = read_register(0x50, 0x00000002, 4);
	assert_field(&rec, "nvmetap.cmbmsc.cre", "0");
	assert_field(&rec, "nvmetap.cmbmsc.cmse", "1");
	rec = read_register(0x58, 0x00000001, 4);
	assert_field(&rec, "nvmetap.cmbsts.cbai", "1");
}

/* NVM Express 1.4 sections 3.1.13 to 3.1.15. */
static void test_boot_partitions(void **state)
{
	struct record rec;

	(void)state;
	rec = read_register(0x40, 0x82000040, 4);
	assert_field(&rec, "nvmetap.bpinfo.bpsz", "64");
	assert_display(&rec, "nvmetap.bpinfo.brs", "completed (2)");
	assert_field(&rec, "nvmetap.bpinfo.abpid", "1");
	rec = read_register(0x40, 0x03000000, 4);
	assert_display(&rec, "nvmetap.bpinfo.brs", "error (3)");
	assert_field(&rec, "nvmetap.bpinfo.abpid", "0");
	rec = read_register(0x44, 0x80001420, 4);
	assert_field(&rec, "nvmetap.bprsel.bprsz", "32");
	assert_field(&rec, "nvmetap.bprsel.bprof", "5");
	assert_field(&rec, "nvmetap.bprsel.bpid", "1");
	rec = read_register(0x44, 0x00000000, 4);
	assert_field(&rec, "nvmetap.bprsel.bpid", "0");
	rec = read_register(0x48, 0x0000000187654000, 8);
	assert_field(&rec, "nvmetap.bpmbl.bmbba", "0x00087654");
	assert_field(&rec, "nvmetap.bpmbl.bmbbau", "0x00000001");
}

/* NVM Express 1.4 sections 3.1.18 to 3.1.23. */
static void test_persistent_memory_region(void **state)
{
	struct record rec;

	(void)state;
	rec = read_register(0xe00, 0x010a0948, 4);
	assert_field(&rec, "nvmetap.pmrcap.rds", "1");
	assert_field(&rec, "nvmetap.pmrcap.wds", "0");
	assert_field(&rec, "nvmetap.pmrcap.bir", "2");
	assert_display(&rec, "nvmetap.pmrcap.pmrtu", "minutes (1)");
	assert_field(&rec, "nvmetap.pmrcap.pmrwbm", "0x00000002");
	assert_field(&rec, "nvmetap.pmrcap.pmrto", "10");
	assert_field(&rec, "nvmetap.pmrcap.cmss", "1");
	rec = read_register(0xe00, 0x00000010, 4);
	assert_field(&rec, "nvmetap.pmrcap.rds", "0");
	assert_field(&rec, "nvmetap.pmrcap.wds", "1");
	assert_display(&rec, "nvmetap.pmrcap.pmrtu", "500 ms (0)");
	assert_field(&rec, "nvmetap.pmrcap.cmss", "0");
	rec = read_register(0xe04, 0x00000001, 4);
	assert_field(&rec, "nvmetap.pmrctl.en", "1");
	rec = read_register(0xe08, 0x00001423, 4);
	assert_field(&rec, "nvmetap.pmrsts.err", "0x00000023");
	assert_field(&rec, "nvmetap.pmrsts.nrdy", "0");
	assert_display(&rec, "nvmetap.pmrsts.hsts", "read only (2)");
	assert_field(&rec, "nvmetap.pmrsts.cbai", "1");
	rec = read_register(0xe08, 0x00000300, 4);
	assert_field(&rec, "nvmetap.pmrsts.nrdy", "1");
	assert_display(&rec, "nvmetap.pmrsts.hsts", "restore error (1)");
	assert_field(&rec, "nvmetap.pmrsts.cbai", "0");
	rec = read_register(0xe0c, 0x00001012, 4);
	assert_display(&rec, "nvmetap.pmrebs.pmrszu", "MiB (2)");
	assert_field(&rec, "nvmetap.pmrebs.rbb", "1");
	assert_field(&rec, "nvmetap.pmrebs.pmrwbz", "16");
	rec = read_register(0xe0c, 0x00000001, 4);
	assert_display(&rec, "nvmetap.pmrebs.pmrszu", "KiB (1)");
	assert_field(&rec, "nvmetap.pmrebs.rbb", "0");
	rec = read_register(0xe10, 0x00000503, 4);
	assert_display(&rec, "nvmetap.pmrswtp.pmrswtu", "GiB (3)");
	assert_field(&rec, "nvmetap.pmrswtp.pmrswtv", "5");
	rec = read_register(0xe14, 0x0000000200003002, 8);
	assert_field(&rec, "nvmetap.pmrmsc.cmse", "1");
	assert_field(&rec, "nvmetap.pmrmsc.cba", "0x00000003");
	assert_field(&rec, "nvmetap.pmrmsc.cbau", "0x00000002");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_capabilities_in_one_read_and_in_halves),
		cmocka_unit_test(test_capabilities_of_configuration_space),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_configuration_and_status),
		cmocka_unit_test(test_an_access_to_a_half_shows_the_bits_that_it_touched),
		cmocka_unit_test(test_configuration_space),
		cmocka_unit_test(test_a_whole_header),
		cmocka_unit_test(test_a_doorbell_shows_old_and_new),
		cmocka_unit_test(test_controller_memory_buffer),
		cmocka_unit_test(test_boot_partitions),
		cmocka_unit_test(test_persistent_memory_region),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
