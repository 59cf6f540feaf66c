/* SPDX-License-Identifier: BSD-2-Clause */
/* What rules set: fields of commands, completions, registers and data. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "tests/rule_bench.h"

static uint8_t *block(struct rule_bench *bench)
{
	return driver_ptr(&bench->rig->driver, rule_bench_block(bench));
}

static uint16_t admin(struct rule_bench *bench, uint8_t opc, uint32_t cdw10, uint32_t cdw11)
{
	struct nvme_command cmd = {
		.opc = opc, .cdw10 = cdw10, .cdw11 = cdw11, .prp1 = rule_bench_block(bench),
	};

	return driver_command(&bench->rig->driver, 0, &cmd);
}

static void test_a_field_of_a_command_is_set(void **state)
{
	struct rule_bench *bench = *state;

	memset(block(bench), 0x33, 512);
	rule_bench_add(bench, "nvme:io:decode if nvmetap.opc == \"Write\" once "
			      "do set nvme.cmd.slba += 5");
	assert_int_equal(rule_bench_command(bench, NVME_OPC_WRITE, 2), 0);
	assert_int_equal(rule_bench_command(bench, NVME_OPC_READ, 2), 0);
	assert_int_equal(block(bench)[0], 0);
	assert_int_equal(rule_bench_command(bench, NVME_OPC_READ, 7), 0);
	assert_int_equal(block(bench)[0], 0x33);
}

static void test_an_opcode_is_set_by_its_name(void **state)
{
	struct rule_bench *bench = *state;

	memset(block(bench), 0x44, 512);
	rule_bench_add(bench, "nvme:io:fetch if nvmetap.opc == \"Write\" do set nvme.cmd.opc = "
			      "\"Read\"");
	assert_int_equal(rule_bench_command(bench, NVME_OPC_WRITE, 2), 0);
	assert_int_equal(block(bench)[0], 0);
}

/* A Flush has no starting LBA: the rule is not about it. */
static void test_a_command_without_the_field_is_no_match(void **state)
{
	struct rule_bench *bench = *state;
	unsigned int id = rule_bench_add(bench, "nvme:io:decode do set nvme.cmd.slba = 1");

	rule_bench_command(bench, NVME_OPC_FLUSH, 0);
	assert_int_equal(rule_bench_look(bench, id).matched, 0);
	rule_bench_command(bench, NVME_OPC_READ, 0);
	assert_int_equal(rule_bench_look(bench, id).fired, 1);
}

static void test_a_field_of_a_completion_is_set(void **state)
{
	struct rule_bench *bench = *state;
	struct nvme_command cmd = rig_read_command(1, rule_bench_block(bench));
	struct nvme_completion cpl;
	uint16_t cid;

	rule_bench_add(bench, "nvme:io:writeback once do set nvme.cqe.cid ^= 0x1000, "
			      "set nvme.cqe.sqid = 9, set nvme.cqe.sqhd += 3, "
			      "set nvme.cqe.dword0 = 0xddbebac0");
	cid = driver_submit(&bench->rig->driver, 1, &cmd);
	assert_true(driver_wait(&bench->rig->driver, 1, &cpl));
	assert_int_equal(cpl.cid, cid ^ 0x1000);
	assert_int_equal(cpl.sqid, 9);
	assert_int_equal(cpl.sqhd, bench->rig->driver.queue[1].tail + 3);
	assert_int_equal(cpl.cdw0, 0xddbebac0);
}

static void test_dword_0_is_set_by_the_names_of_what_it_is(void **state)
{
	struct rule_bench *bench = *state;

	/* Number of Queues: NSQA in bits 15:0, NCQA in 31:16, both 0's based. */
	rule_bench_add(bench, "nvme:admin:writeback "
			      "do set nvme.cmd.set_features.dword11.nq.ncqr = 4");
	assert_int_equal(admin(bench, NVME_OPC_SET_FEATURES, NVME_FEAT_NUMBER_OF_QUEUES, 0x30003),
			 ST(COMMAND_SEQUENCE_ERROR));
	assert_int_equal(admin(bench, NVME_OPC_GET_FEATURES, NVME_FEAT_NUMBER_OF_QUEUES, 0), 0);
	assert_int_equal(bench->rig->driver.cpl.cdw0 >> 16, 4);
	/* Dword 0 of Set Features is no feature. */
	rule_bench_add(bench, "nvme:admin:writeback "
			      "do set nvme.cmd.set_features.dword11.tt.tmpth = 7");
	assert_int_equal(admin(bench, NVME_OPC_SET_FEATURES, NVME_FEAT_TEMPERATURE_THRESHOLD, 350),
			 0);
	assert_int_equal(bench->rig->driver.cpl.cdw0, 0);
	assert_int_equal(admin(bench, NVME_OPC_GET_FEATURES, NVME_FEAT_TEMPERATURE_THRESHOLD, 0),
			 0);
	assert_int_equal(bench->rig->driver.cpl.cdw0, 7);
}

static void test_dword_11_of_set_features_is_set_by_its_names(void **state)
{
	struct rule_bench *bench = *state;

	/* Temperature Threshold: TMPTH in bits 15:0. */
	rule_bench_add(bench, "nvme:admin:decode "
			      "do set nvme.cmd.set_features.dword11.tt.tmpth = 333");
	assert_int_equal(admin(bench, NVME_OPC_SET_FEATURES, NVME_FEAT_TEMPERATURE_THRESHOLD, 350),
			 0);
	assert_int_equal(admin(bench, NVME_OPC_GET_FEATURES, NVME_FEAT_TEMPERATURE_THRESHOLD, 0),
			 0);
	assert_int_equal(bench->rig->driver.cpl.cdw0 & 0xffff, 333);
}

static void test_bits_of_registers_are_set_in_reads_of_any_width(void **state)
{
	struct rule_bench *bench = *state;
	struct nvme_driver *driver = &bench->rig->driver;
	uint64_t cap = driver_reg(driver, NVME_REG_CAP, 8);

	/* Figure 69: CAP.TO in bits 31:24, CAP.DSTRD in bits 35:32. */
	rule_bench_add(bench, "nvme:regread:writeback do set nvmetap.cap.to = 0xab");
	rule_bench_add(bench, "nvme:regread:writeback do set nvmetap.cap.dstrd = 5");
	cap = (cap & ~UINT64_C(0xfff000000)) | UINT64_C(0x5ab000000);
	assert_true(driver_reg(driver, NVME_REG_CAP, 8) == cap);
	assert_int_equal(driver_reg(driver, NVME_REG_CAP, 4), cap & 0xffffffff);
	assert_int_equal(driver_reg(driver, NVME_REG_CAP + 4, 4), cap >> 32);
	assert_int_equal(driver_reg(driver, NVME_REG_CAP + 2, 2), cap >> 16 & 0xffff);
	assert_int_equal(driver_reg(driver, NVME_REG_CAP + 3, 1), 0xab);
}

static void test_a_register_lies_and_another_does_not(void **state)
{
	struct rule_bench *bench = *state;
	struct nvme_driver *driver = &bench->rig->driver;
	uint64_t vs = driver_reg(driver, NVME_REG_VS, 4);

	rule_bench_add(bench, "nvme:regread:writeback do set nvmetap.csts.rdy = 0, "
			      "set nvmetap.csts.shst = \"shutdown processing complete\"");
	assert_int_equal(driver_csts(driver), 8);
	assert_int_equal(driver_reg(driver, NVME_REG_VS, 4), vs);
}

static void test_a_write_is_changed_on_its_way_to_the_register(void **state)
{
	struct rule_bench *bench = *state;
	struct nvme_driver *driver = &bench->rig->driver;

	rule_bench_add(bench, "nvme:regwrite:decode do set nvmetap.aqa.acqs = 7");
	driver_set_reg(driver, NVME_REG_AQA, 4, 0x001f001f);
	assert_int_equal(driver_reg(driver, NVME_REG_AQA, 4), 0x0007001f);
}

static void test_configuration_space_lies_in_single_reads(void **state)
{
	struct rule_bench *bench = *state;
	const struct nvme_access *access = &bench->rig->access;

	rule_bench_add(bench, "pci:regread:writeback do set nvmetap.pci.vid = 0x144d");
	rule_bench_add(bench, "pci:regread:writeback do set nvmetap.pci.did = 0xa821");
	assert_int_equal(access->config_read(access->ctx, 0, 4), 0xa821144d);
	assert_int_equal(access->config_read(access->ctx, 2, 2), 0xa821);
}

static void test_configuration_space_lies_in_a_read_of_the_whole_header(void **state)
{
	struct rule_bench *bench = *state;
	uint8_t header[64];

	rule_bench_add(bench, "pci:regread:writeback do set nvmetap.pci.did = 0xa821, "
			      "set nvmetap.pci.ssid = 0x1234");
	assert_int_equal(device_config_read(bench->rig->dev, 0, header, sizeof(header)), 0);
	/* PCI Local Bus 3.0, 6.1: Device ID at 02h, Subsystem ID at 2Eh. */
	assert_memory_equal(header + 2, "\x21\xa8", 2);
	assert_memory_equal(header + 0x2e, "\x34\x12", 2);
}

/* The value of an access, whatever register it is of. */
static void test_the_value_of_an_access_is_set(void **state)
{
	struct rule_bench *bench = *state;

	rule_bench_add(bench, "nvme:regread:writeback if nvmetap.access.offset == 8 do "
			      "set nvmetap.access.value += 0x100");
	assert_int_equal(driver_reg(&bench->rig->driver, NVME_REG_VS, 4), 0x10500);
	assert_int_equal(driver_reg(&bench->rig->driver, NVME_REG_CSTS, 4), 1);
}

static void test_a_doorbell_is_overlooked_until_the_next_one(void **state)
{
	struct rule_bench *bench = *state;
	struct nvme_command cmd = rig_read_command(1, rule_bench_block(bench));
	struct nvme_completion cpl;

	rule_bench_add(bench, "nvme:regwrite:decode if nvmetap.access.doorbell == "
			      "\"submission queue tail\" queue 1 once do drop");
	driver_submit(&bench->rig->driver, 1, &cmd);
	rig_settle(bench->rig);
	assert_false(driver_peek(&bench->rig->driver, 1));
	driver_submit(&bench->rig->driver, 1, &cmd);
	assert_true(driver_wait(&bench->rig->driver, 1, &cpl));
	assert_true(driver_wait(&bench->rig->driver, 1, &cpl));
}

static void test_identify_says_what_a_rule_wants(void **state)
{
	static const uint8_t eui64[] = { 0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77 };
	struct rule_bench *bench = *state;

	rule_bench_add(bench, "nvme:admin:memory if nvme.cmd.identify.dword10.cns == 1 "
			      "do set nvme.cmd.identify.ctrl.mdts = 1, "
			      "set nvme.cmd.identify.ctrl.sn = \"S1\", "
			      "set nvme.cmd.identify.ctrl.tnvmcap = 0x123456789, "
			      "set nvme.cmd.identify.ctrl.oncs.dsms = 0");
	rule_bench_add(bench, "nvme:admin:memory do set nvme.cmd.identify.ns.eui64 = "
			      "00:11:22:33:44:55:66:77, "
			      "set nvmetap.identify.ns.lbaf.lbads[3] = 17");
	/* Figure 247: SN at 4, MDTS at 77, TNVMCAP at 280, ONCS at 520. */
	assert_int_equal(admin(bench, NVME_OPC_IDENTIFY, NVME_CNS_CTRL, 0), 0);
	assert_memory_equal(block(bench) + 4, "S1                  ", 20);
	assert_int_equal(block(bench)[77], 1);
	assert_memory_equal(block(bench) + 280, "\x89\x67\x45\x23\1\0\0\0\0\0\0\0\0\0\0\0", 16);
	assert_int_equal(block(bench)[520] & 4, 0);
	/* Figure 245: EUI64 at 120, LBA formats of 4 bytes from 128 on, LBADS the third. */
	struct nvme_command cmd = {
		.opc = NVME_OPC_IDENTIFY, .nsid = 1, .prp1 = rule_bench_block(bench),
	};
	assert_int_equal(driver_command(&bench->rig->driver, 0, &cmd), 0);
	assert_memory_equal(block(bench) + 120, eui64, 8);
	assert_int_equal(block(bench)[128 + 12 + 2], 17);
}

static int fill_tnvmcap(void *ctx, struct nvmetap_event *ev)
{
	uint8_t ones[16];

	(void)ctx;
	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(nvmetap_data(ev, 280, ones, sizeof(ones), 1), 0);
	return NVMETAP_GO;
}

/* Figure 247: TNVMCAP are bytes 280 to 295. */
static void test_a_number_of_128_bits_is_set_as_a_whole(void **state)
{
	struct rule_bench *bench = *state;

	rig_modify(bench->rig, "nvme:admin:memory", fill_tnvmcap, NULL);
	assert_int_equal(admin(bench, NVME_OPC_IDENTIFY, NVME_CNS_CTRL, 0), 0);
	assert_int_equal(block(bench)[295], 0xff);
	rule_bench_add(bench, "nvme:admin:memory do set nvme.cmd.identify.ctrl.tnvmcap = 5");
	assert_int_equal(admin(bench, NVME_OPC_IDENTIFY, NVME_CNS_CTRL, 0), 0);
	assert_memory_equal(block(bench) + 280, "\5\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
}

static void test_an_item_of_a_descriptor_list_is_set(void **state)
{
	struct rule_bench *bench = *state;
	struct nvme_command cmd = {
		.opc = NVME_OPC_IDENTIFY, .nsid = 1, .cdw10 = NVME_CNS_NS_DESC_LIST,
		.prp1 = rule_bench_block(bench),
	};
	unsigned int at = 0;

	rule_bench_add(bench, "nvme:admin:memory do set nvmetap.ns_desc.uuid = "
			      "00112233-4455-6677-8899-aabbccddeeff");
	assert_int_equal(driver_command(&bench->rig->driver, 0, &cmd), 0);
	/* Figure 249: type 3 is a UUID; the length is in the second byte. */
	while (block(bench)[at] != 3 && block(bench)[at + 1] != 0)
		at += 4u + block(bench)[at + 1];
	assert_int_equal(block(bench)[at], 3);
	assert_memory_equal(block(bench) + at + 4, "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa"
			    "\xbb\xcc\xdd\xee\xff", 16);
}

static void test_a_log_page_is_set_where_a_read_from_its_middle_has_it(void **state)
{
	struct rule_bench *bench = *state;
	struct nvme_command cmd = {
		.opc = NVME_OPC_GET_LOG_PAGE, .nsid = 0xffffffff, .prp1 = rule_bench_block(bench),
		.cdw10 = NVME_LOG_HEALTH_INFORMATION | 127 << 16,
	};

	rule_bench_add(bench, "nvme:admin:memory do set nvme.cmd.get_logpage.smart.cw.ro = 1");
	rule_bench_add(bench, "nvme:admin:memory do set nvme.cmd.get_logpage.smart.wctt = "
			      "0xdeadbeef");
	/* Figure 196: the critical warning is byte 0, its bit 3 read-only; WCTT is at 192. */
	assert_int_equal(driver_command(&bench->rig->driver, 0, &cmd), 0);
	assert_int_equal(block(bench)[0], 8);
	assert_memory_equal(block(bench) + 192, "\xef\xbe\xad\xde", 4);
	cmd.cdw10 = NVME_LOG_HEALTH_INFORMATION | 3 << 16;
	cmd.cdw12 = 184;
	memset(block(bench), 0, 512);
	assert_int_equal(driver_command(&bench->rig->driver, 0, &cmd), 0);
	assert_memory_equal(block(bench) + 8, "\xef\xbe\xad\xde", 4);
	assert_int_equal(block(bench)[0], 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rule_bench_setup, rule_bench_teardown)
#define BARE(name) \
	cmocka_unit_test_setup_teardown(name, rule_bench_setup_bare, rule_bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_field_of_a_command_is_set),
		TEST(test_an_opcode_is_set_by_its_name),
		TEST(test_a_command_without_the_field_is_no_match),
		TEST(test_a_field_of_a_completion_is_set),
		TEST(test_dword_0_is_set_by_the_names_of_what_it_is),
		TEST(test_dword_11_of_set_features_is_set_by_its_names),
		TEST(test_bits_of_registers_are_set_in_reads_of_any_width),
		TEST(test_a_register_lies_and_another_does_not),
		BARE(test_a_write_is_changed_on_its_way_to_the_register),
		BARE(test_configuration_space_lies_in_single_reads),
		BARE(test_configuration_space_lies_in_a_read_of_the_whole_header),
		TEST(test_the_value_of_an_access_is_set),
		TEST(test_a_doorbell_is_overlooked_until_the_next_one),
		TEST(test_identify_says_what_a_rule_wants),
		TEST(test_a_number_of_128_bits_is_set_as_a_whole),
		TEST(test_an_item_of_a_descriptor_list_is_set),
		TEST(test_a_log_page_is_set_where_a_read_from_its_middle_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
