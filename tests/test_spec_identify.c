/* SPDX-License-Identifier: BSD-2-Clause */
/* Identify, byte by byte, with a reason for each field that is zero.  NVM Express
 * 1.4 section 5.15. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "spec/bytes.h"
#include "tests/field_rows.h"
#include "tests/suite.h"

enum {
	SIZE = 4096,
	BUFFER = MEM_BASE + (8 << 20),	/* beyond what driver_alloc gives out here */
	CNS_NS = 0,
	CNS_CTRL = 1,
	CNS_LIST = 2,
	CNS_DESCRIPTORS = 3,
};

/* Figure 247. */
static const struct field_row ctrl_rows[] = {
	NUMBER(0, 2, "VID", 0x1234),
	NUMBER(2, 2, "SSVID", 0x1234),
	TEXT(4, 20, "SN", "SERIAL"),
	TEXT(24, 40, "MN", "Model"),
	TEXT(64, 8, "FR", "1.0"),
	ZERO(72, 1, "RAB", "a burst of 2^0 commands is recommended: any will do"),
	ZERO(73, 3, "IEEE", "no OUI is assigned to who makes this drive"),
	ZERO(76, 1, "CMIC", "one port, one controller, no SR-IOV, no ANA"),
	NUMBER(77, 1, "MDTS", 7),		/* 512 KiB */
	NUMBER(78, 2, "CNTLID", 1),
	NUMBER(80, 4, "VER", 0x00010400),
	NUMBER(84, 4, "RTD3R", 1000000),
	NUMBER(88, 4, "RTD3E", 1000000),
	NUMBER(92, 4, "OAES", 0x100),		/* Namespace Attribute Notices */
	ZERO(96, 4, "CTRATT", "none of its attributes is supported, all are optional"),
	ZERO(100, 2, "RRLS", "optional, Read Recovery Levels are not supported"),
	RESERVED(102, 9),
	NUMBER(111, 1, "CNTRLTYPE", 1),		/* I/O controller */
	ZERO(112, 16, "FGUID", "optional, no FRU globally unique identifier"),
	ZERO(128, 2, "CRDT1", "optional, no Command Retry Delay Time"),
	ZERO(130, 2, "CRDT2", "optional, no Command Retry Delay Time"),
	ZERO(132, 2, "CRDT3", "optional, no Command Retry Delay Time"),
	RESERVED(134, 106),
	ZERO(240, 13, "reserved for NVMe-MI", "reserved"),
	ZERO(253, 1, "NVMSR", "neither a storage device nor an enclosure of NVMe-MI"),
	ZERO(254, 1, "VWCI", "no vital product data: NVMe-MI is not supported"),
	ZERO(255, 1, "MEC", "no management endpoint: NVMe-MI is not supported"),
	ZERO(256, 2, "OACS", "none of the optional admin commands is supported"),
	NUMBER(258, 1, "ACL", 3),
	NUMBER(259, 1, "AERL", 3),
	NUMBER(260, 1, "FRMW", 3),		/* one slot, read only */
	NUMBER(261, 1, "LPA", 6),		/* effects, offsets */
	NUMBER(262, 1, "ELPE", 63),
	ZERO(263, 1, "NPSS", "0's based: one power state"),
	ZERO(264, 1, "AVSCC", "no format for vendor specific admin commands, there are none"),
	ZERO(265, 1, "APSTA", "no autonomous power state transitions"),
	NUMBER(266, 2, "WCTEMP", 343),
	NUMBER(268, 2, "CCTEMP", 353),
	ZERO(270, 2, "MTFA", "optional, firmware is not activated"),
	ZERO(272, 4, "HMPRE", "no host memory buffer"),
	ZERO(276, 4, "HMMIN", "no host memory buffer"),
	ZERO(280, 16, "TNVMCAP", "only where namespaces are managed (OACS bit 3)"),
	ZERO(296, 16, "UNVMCAP", "only where namespaces are managed (OACS bit 3)"),
	ZERO(312, 4, "RPMBS", "no replay protected memory block"),
	ZERO(316, 2, "EDSTT", "only with device self-tests (OACS bit 4)"),
	ZERO(318, 1, "DSTO", "only with device self-tests (OACS bit 4)"),
	ZERO(319, 1, "FWUG", "no information: firmware is not downloaded (OACS bit 2)"),
	ZERO(320, 2, "KAS", "Keep Alive is not supported"),
	ZERO(322, 2, "HCTMA", "no host controlled thermal management"),
	ZERO(324, 2, "MNTMT", "no host controlled thermal management"),
	ZERO(326, 2, "MXTMT", "no host controlled thermal management"),
	ZERO(328, 4, "SANICAP", "Sanitize is not supported"),
	ZERO(332, 4, "HMMINDS", "no host memory buffer"),
	ZERO(336, 2, "HMMAXD", "no host memory buffer"),
	ZERO(338, 2, "NSETIDMAX", "no NVM sets"),
	ZERO(340, 2, "ENDGIDMAX", "no endurance groups"),
	ZERO(342, 1, "ANATT", "no asymmetric namespace access"),
	ZERO(343, 1, "ANACAP", "no asymmetric namespace access"),
	ZERO(344, 4, "ANAGRPMAX", "no asymmetric namespace access"),
	ZERO(348, 4, "NANAGRPID", "no asymmetric namespace access"),
	ZERO(352, 4, "PELS", "no persistent event log (LPA bit 4)"),
	RESERVED(356, 156),
	NUMBER(512, 1, "SQES", 0x66),
	NUMBER(513, 1, "CQES", 0x44),
	ZERO(514, 2, "MAXCMD", "optional but over fabrics"),
	NUMBER(516, 4, "NN", 2),
	NUMBER(520, 2, "ONCS", 0x1c),		/* DSM, Write Zeroes, Save and Select */
	ZERO(522, 2, "FUSES", "no fused operations"),
	ZERO(524, 1, "FNA", "Format NVM is not supported"),
	NUMBER(525, 1, "VWC", 7),		/* present, Flush of all namespaces */
	ZERO(526, 2, "AWUN", "0's based: one logical block"),
	ZERO(528, 2, "AWUPF", "0's based: one logical block"),
	ZERO(530, 1, "NVSCC", "no format for vendor specific NVM commands, there are none"),
	ZERO(531, 1, "NWPC", "a host cannot protect namespaces"),
	ZERO(532, 2, "ACWU", "optional, Compare and Write is not supported"),
	RESERVED(534, 2),
	ZERO(536, 4, "SGLS", "no SGLs"),
	ZERO(540, 4, "MNAN", "optional, without asymmetric namespace access"),
	RESERVED(544, 224),
	ANY(768, 68, "SUBNQN"),
	ZERO(836, 188, "SUBNQN", "section 7.9: ended by NULs"),
	RESERVED(1024, 768),
	ZERO(1792, 256, "fabrics", "reserved but over fabrics"),
	ZERO(2048, 2, "PSD0 MP", "the maximum power is not reported"),
	RESERVED(2050, 1),
	ZERO(2051, 1, "PSD0 NOPS, MXPS", "an operational state; the scale of what is not reported"),
	ZERO(2052, 4, "PSD0 ENLAT", "the entry latency is not reported"),
	ZERO(2056, 4, "PSD0 EXLAT", "the exit latency is not reported"),
	ZERO(2060, 1, "PSD0 RRT", "relative to one state: 0 is the only value"),
	ZERO(2061, 1, "PSD0 RRL", "relative to one state: 0 is the only value"),
	ZERO(2062, 1, "PSD0 RWT", "relative to one state: 0 is the only value"),
	ZERO(2063, 1, "PSD0 RWL", "relative to one state: 0 is the only value"),
	ZERO(2064, 2, "PSD0 IDLP", "the idle power is not reported (IPS 00b)"),
	ZERO(2066, 1, "PSD0 IPS", "00b: the idle power is not reported"),
	RESERVED(2067, 1),
	ZERO(2068, 2, "PSD0 ACTP", "the active power is not reported (APS 00b)"),
	ZERO(2070, 1, "PSD0 APW, APS", "no workload, and 00b: the active power is not reported"),
	RESERVED(2071, 9),
	ZERO(2080, 992, "PSD1 to PSD31", "power states above NPSS are not there"),
	ZERO(3072, 1024, "vendor specific", "nothing is"),
};

/* Figure 245, of a namespace of 512-byte blocks that can be written. */
static const struct field_row ns1_rows[] = {
	NUMBER(0, 8, "NSZE", RIG_NS1_BLOCKS),
	NUMBER(8, 8, "NCAP", RIG_NS1_BLOCKS),
	NUMBER(16, 8, "NUSE", RIG_NS1_BLOCKS),
	ZERO(24, 1, "NSFEAT", "neither thin provisioning nor any other of its features"),
	ZERO(25, 1, "NLBAF", "0's based: one LBA format"),
	ZERO(26, 1, "FLBAS", "formatted with LBA format 0"),
	ZERO(27, 1, "MC", "no metadata"),
	ZERO(28, 1, "DPC", "no protection information"),
	ZERO(29, 1, "DPS", "protection information is not enabled"),
	ZERO(30, 1, "NMIC", "optional, the namespace is private"),
	ZERO(31, 1, "RESCAP", "optional, no reservations"),
	ZERO(32, 1, "FPI", "optional, no format progress"),
	NUMBER(33, 1, "DLFEAT", 9),		/* reads zeroes, Write Zeroes deallocates */
	ZERO(34, 2, "NAWUN", "AWUN counts (NSFEAT bit 1)"),
	ZERO(36, 2, "NAWUPF", "AWUPF counts (NSFEAT bit 1)"),
	ZERO(38, 2, "NACWU", "ACWU counts (NSFEAT bit 1)"),
	ZERO(40, 2, "NABSN", "no atomic boundaries"),
	ZERO(42, 2, "NABO", "no atomic boundaries"),
	ZERO(44, 2, "NABSPF", "no atomic boundaries"),
	ZERO(46, 2, "NOIOB", "no optimal boundary is reported"),
	ZERO(48, 16, "NVMCAP", "only where namespaces are managed (OACS bit 3)"),
	ZERO(64, 2, "NPWG", "no preferences (NSFEAT bit 4)"),
	ZERO(66, 2, "NPWA", "no preferences (NSFEAT bit 4)"),
	ZERO(68, 2, "NPDG", "no preferences (NSFEAT bit 4)"),
	ZERO(70, 2, "NPDA", "no preferences (NSFEAT bit 4)"),
	ZERO(72, 2, "NOWS", "no preferences (NSFEAT bit 4)"),
	RESERVED(74, 18),
	ZERO(92, 4, "ANAGRPID", "no asymmetric namespace access"),
	RESERVED(96, 3),
	ZERO(99, 1, "NSATTR", "not write protected"),
	ZERO(100, 2, "NVMSETID", "no NVM sets"),
	ZERO(102, 2, "ENDGID", "no endurance groups"),
	ANY(104, 16, "NGUID"),
	ANY(120, 8, "EUI64"),
	NUMBER(128, 4, "LBAF0", 9 << 16),	/* no metadata, 2^9 bytes, best performance */
	ZERO(132, 60, "LBAF1 to LBAF15", "formats above NLBAF are not there"),
	RESERVED(192, 192),
	ZERO(384, 3712, "vendor specific", "nothing is"),
};

/* What of the read-only one of 4096-byte blocks differs. */
static const struct field_row ns2_rows[] = {
	NUMBER(0, 8, "NSZE", RIG_NS2_BLOCKS),
	NUMBER(8, 8, "NCAP", RIG_NS2_BLOCKS),
	NUMBER(16, 8, "NUSE", RIG_NS2_BLOCKS),
	ZERO(24, 9, "NSFEAT to FPI", "as those of namespace 1"),
	NUMBER(33, 1, "DLFEAT", 9),
	ZERO(34, 65, "NAWUN to ANAGRPID", "as those of namespace 1"),
	NUMBER(99, 1, "NSATTR", 1),		/* write protected */
	ZERO(100, 4, "NVMSETID and ENDGID", "as those of namespace 1"),
	ANY(104, 16, "NGUID"),
	ANY(120, 8, "EUI64"),
	NUMBER(128, 4, "LBAF0", 12 << 16),
	ZERO(132, 3964, "the rest", "as that of namespace 1"),
};

/* Figure 246, whose descriptors are in the order of their types here. */
static const struct field_row descriptor_rows[] = {
	NUMBER(0, 1, "NIDT", 1),
	NUMBER(1, 1, "NIDL", 8),
	RESERVED(2, 2),
	ANY(4, 8, "EUI64"),
	NUMBER(12, 1, "NIDT", 2),
	NUMBER(13, 1, "NIDL", 16),
	RESERVED(14, 2),
	ANY(16, 16, "NGUID"),
	NUMBER(32, 1, "NIDT", 3),
	NUMBER(33, 1, "NIDL", 16),
	RESERVED(34, 2),
	ANY(36, 16, "UUID"),
	ZERO(52, 4044, "end", "a length of 0 ends the list, and the rest is cleared"),
};

/* Section 5.15.2.3. */
static const struct field_row list_rows[] = {
	NUMBER(0, 4, "first", 1),
	NUMBER(4, 4, "second", 2),
	ZERO(8, 4088, "unused", "entries behind the last namespace are 0h"),
};

static const uint8_t *identify(struct rig *rig, uint8_t cns, uint32_t nsid)
{
	struct nvme_command cmd = { .opc = NVME_OPC_IDENTIFY, .nsid = nsid, .prp1 = BUFFER,
				    .cdw10 = cns };
	uint8_t *data = driver_ptr(&rig->driver, BUFFER);

	memset(data, 0xa5, SIZE + 1);
	assert_int_equal(driver_command(&rig->driver, 0, &cmd), 0);
	assert_int_equal(data[SIZE], 0xa5);
	return data;
}

static void test_each_byte_of_identify_controller_is_explained(void **state)
{
	const uint8_t *id = identify(*state, CNS_CTRL, 0);

	assert_int_equal(FIELDS_WRONG(id, SIZE, ctrl_rows), 0);
	assert_memory_equal(id + 768, "nqn.2014-08.org.nvmexpress:uuid:", 32);
}

static void test_identify_controller_says_what_pci_says(void **state)
{
	struct rig *rig = *state;
	const uint8_t *id = identify(rig, CNS_CTRL, 0);

	assert_int_equal(bytes_get_le(id, 2), rig->access.config_read(rig->access.ctx, 0, 2));
	assert_int_equal(bytes_get_le(id + 2, 2), rig->access.config_read(rig->access.ctx, 44, 2));
	assert_int_equal(bytes_get_le(id + 80, 4), driver_reg(&rig->driver, NVME_REG_VS, 4));
}

static void test_each_byte_of_identify_namespace_is_explained(void **state)
{
	assert_int_equal(FIELDS_WRONG(identify(*state, CNS_NS, 1), SIZE, ns1_rows), 0);
	assert_int_equal(FIELDS_WRONG(identify(*state, CNS_NS, 2), SIZE, ns2_rows), 0);
}

static void test_each_byte_of_the_descriptors_is_explained(void **state)
{
	uint8_t list[SIZE];
	const uint8_t *id;

	memcpy(list, identify(*state, CNS_DESCRIPTORS, 1), SIZE);
	assert_int_equal(FIELDS_WRONG(list, SIZE, descriptor_rows), 0);
	id = identify(*state, CNS_NS, 1);
	assert_memory_equal(list + 4, id + 120, 8);
	assert_memory_equal(list + 16, id + 104, 16);
}

static void test_no_two_namespaces_have_the_same_identifiers(void **state)
{
	uint8_t one[SIZE];
	const uint8_t *two;

	memcpy(one, identify(*state, CNS_DESCRIPTORS, 1), SIZE);
	two = identify(*state, CNS_DESCRIPTORS, 2);
	assert_memory_not_equal(one + 4, two + 4, 8);
	assert_memory_not_equal(one + 16, two + 16, 16);
	assert_memory_not_equal(one + 36, two + 36, 16);
}

static void test_each_byte_of_the_namespace_list_is_explained(void **state)
{
	assert_int_equal(FIELDS_WRONG(identify(*state, CNS_LIST, 0), SIZE, list_rows), 0);
	assert_int_equal(bytes_get_le(identify(*state, CNS_LIST, 1), 8), 2);
	assert_int_equal(bytes_get_le(identify(*state, CNS_LIST, 2), 8), 0);
	assert_int_equal(bytes_get_le(identify(*state, CNS_LIST, 0xfffffffd), 8), 0);
}

/* Section 6.1.4: NN is 1, and namespace 1 is inactive. */
static void test_the_namespace_of_an_empty_drive_is_inactive(void **state)
{
	static const struct rig_row rows[] = {
		{ "Read", { .opc = NVME_OPC_READ, .nsid = 1, .prp1 = BUFFER }, ST(INVALID_FIELD) },
		{ "Write Zeroes", { .opc = NVME_OPC_WRITE_ZEROES, .nsid = 1 }, ST(INVALID_FIELD) },
		{ "Dataset Management",
		  { .opc = NVME_OPC_DATASET_MANAGEMENT, .nsid = 1, .prp1 = BUFFER },
		  ST(INVALID_FIELD) },
		{ "Flush", { .opc = NVME_OPC_FLUSH, .nsid = 1 }, ST(INVALID_FIELD) },
		{ "Flush of none", { .opc = NVME_OPC_FLUSH, .nsid = 2 },
		  ST(INVALID_NAMESPACE_OR_FORMAT) },
		{ "Flush of all", { .opc = NVME_OPC_FLUSH, .nsid = 0xffffffff }, 0 },
	};
	static const uint8_t zeroes[SIZE];
	struct rig *rig = *state;
	struct nvme_command get = { .opc = NVME_OPC_GET_LOG_PAGE, .cdw10 = 31 << 16 | 1,
				    .prp1 = BUFFER };
	const uint8_t *log = driver_ptr(&rig->driver, BUFFER);

	assert_int_equal(bytes_get_le(identify(rig, CNS_CTRL, 0) + 516, 4), 1);
	assert_memory_equal(identify(rig, CNS_NS, 1), zeroes, SIZE);
	assert_memory_equal(identify(rig, CNS_LIST, 0), zeroes, SIZE);
	RIG_RUN(rig, 1, rows);
	/* The newest errors: NSID, at byte 4, of either Flush. */
	assert_int_equal(driver_command(&rig->driver, 0, &get), 0);
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(bytes_get_le(log + (size_t)i * 64 + 14, 2), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_TEST(test_each_byte_of_identify_controller_is_explained),
		SUITE_TEST(test_identify_controller_says_what_pci_says),
		SUITE_TEST(test_each_byte_of_identify_namespace_is_explained),
		SUITE_TEST(test_each_byte_of_the_descriptors_is_explained),
		SUITE_TEST(test_no_two_namespaces_have_the_same_identifiers),
		SUITE_TEST(test_each_byte_of_the_namespace_list_is_explained),
		cmocka_unit_test_setup_teardown(test_the_namespace_of_an_empty_drive_is_inactive,
						rig_setup_empty, rig_teardown),
	};

	return SUITE_RUN(tests);
}
