/* SPDX-License-Identifier: BSD-2-Clause */
/* What NVM Express 1.4 says must come back from admin commands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "spec/bytes.h"
#include "tests/suite.h"

enum {
	ALL = NVME_NSID_BROADCAST,
	BUFFER = MEM_BASE + (8 << 20),	/* beyond what driver_alloc gives out here */
	NOWHERE = MEM_BASE + MEM_SIZE,
	DNR = 0x8000,
};

#define CQ NVME_OPC_CREATE_IO_CQ
#define SQ NVME_OPC_CREATE_IO_SQ
#define IDENTIFY NVME_OPC_IDENTIFY
#define LOG NVME_OPC_GET_LOG_PAGE
#define SET NVME_OPC_SET_FEATURES
#define GET NVME_OPC_GET_FEATURES
#define COMMAND(op, ns, d10, d11) \
	{ .opc = (op), .nsid = (uint32_t)(ns), .prp1 = BUFFER, .cdw10 = (d10), .cdw11 = (d11) }

/* Sections 5.3 and 5.4; queue pair 1 exists. */
static void test_queues_that_figures_153_and_157_forbid_are_refused(void **state)
{
	static const struct rig_row rows[] = {
		{ "CQ, QID 0", COMMAND(CQ, 0, 15u << 16, 1), ST(INVALID_QUEUE_IDENTIFIER) },
		{ "CQ, in use", COMMAND(CQ, 0, 15u << 16 | 1, 1), ST(INVALID_QUEUE_IDENTIFIER) },
		{ "CQ, QID 65", COMMAND(CQ, 0, 15u << 16 | 65, 1), ST(INVALID_QUEUE_IDENTIFIER) },
		{ "CQ, QID FFFFh", COMMAND(CQ, 0, 15u << 16 | 0xffff, 1),
		  ST(INVALID_QUEUE_IDENTIFIER) },
		{ "CQ, size 0", COMMAND(CQ, 0, 2, 1), ST(INVALID_QUEUE_SIZE) },
		{ "CQ, size above MQES", COMMAND(CQ, 0, 4096u << 16 | 2, 1), ST(INVALID_QUEUE_SIZE) },
		{ "CQ, size FFFFh", COMMAND(CQ, 0, 0xffffu << 16 | 2, 1), ST(INVALID_QUEUE_SIZE) },
		{ "CQ, not contiguous", COMMAND(CQ, 0, 15u << 16 | 2, 0), ST(INVALID_FIELD) },
		{ "CQ, vector 65", COMMAND(CQ, 0, 15u << 16 | 2, 65u << 16 | 3),
		  ST(INVALID_INTERRUPT_VECTOR) },
		{ "CQ, vector FFFFh", COMMAND(CQ, 0, 15u << 16 | 2, 0xffffu << 16 | 3),
		  ST(INVALID_INTERRUPT_VECTOR) },
		{ "SQ, QID 0", COMMAND(SQ, 0, 15u << 16, 1u << 16 | 1), ST(INVALID_QUEUE_IDENTIFIER) },
		{ "SQ, in use", COMMAND(SQ, 0, 15u << 16 | 1, 1u << 16 | 1),
		  ST(INVALID_QUEUE_IDENTIFIER) },
		{ "SQ, QID 65", COMMAND(SQ, 0, 15u << 16 | 65, 1u << 16 | 1),
		  ST(INVALID_QUEUE_IDENTIFIER) },
		{ "SQ, size 0", COMMAND(SQ, 0, 2, 1u << 16 | 1), ST(INVALID_QUEUE_SIZE) },
		{ "SQ, size above MQES", COMMAND(SQ, 0, 4096u << 16 | 2, 1u << 16 | 1),
		  ST(INVALID_QUEUE_SIZE) },
		{ "SQ, not contiguous", COMMAND(SQ, 0, 15u << 16 | 2, 1u << 16), ST(INVALID_FIELD) },
		{ "SQ, CQID 0", COMMAND(SQ, 0, 15u << 16 | 2, 1), ST(INVALID_QUEUE_IDENTIFIER) },
		{ "SQ, CQID beyond", COMMAND(SQ, 0, 15u << 16 | 2, 65u << 16 | 1),
		  ST(INVALID_QUEUE_IDENTIFIER) },
		{ "SQ, no such CQ", COMMAND(SQ, 0, 15u << 16 | 2, 2u << 16 | 1),
		  ST(COMPLETION_QUEUE_INVALID) },
		{ "CQ, PRP1 not aligned",
		  { .opc = CQ, .prp1 = BUFFER + 16, .cdw10 = 15u << 16 | 2, .cdw11 = 1 },
		  ST(PRP_OFFSET_INVALID) },
		{ "SQ, PRP1 not aligned",
		  { .opc = SQ, .prp1 = BUFFER + 64, .cdw10 = 15u << 16 | 2, .cdw11 = 1u << 16 | 1 },
		  ST(PRP_OFFSET_INVALID) },
	};

	RIG_RUN(*state, 0, rows);
}

/* Sections 5.3 to 5.6. */
static void test_queues_are_created_and_deleted_in_their_order(void **state)
{
	static const struct rig_row rows[] = {
		{ "all that is allowed", COMMAND(CQ, 0, 4095u << 16 | 64, 64u << 16 | 3), 0 },
		{ "a second SQ of one CQ", COMMAND(SQ, 0, 1u << 16 | 2, 64u << 16 | 1), 0 },
		{ "delete CQ with SQ", COMMAND(NVME_OPC_DELETE_IO_CQ, 0, 64, 0),
		  ST(INVALID_QUEUE_DELETION) },
		{ "delete CQ 0", COMMAND(NVME_OPC_DELETE_IO_CQ, 0, 0, 0),
		  ST(INVALID_QUEUE_IDENTIFIER) },
		{ "delete SQ 0", COMMAND(NVME_OPC_DELETE_IO_SQ, 0, 0, 0),
		  ST(INVALID_QUEUE_IDENTIFIER) },
		{ "delete no SQ", COMMAND(NVME_OPC_DELETE_IO_SQ, 0, 3, 0),
		  ST(INVALID_QUEUE_IDENTIFIER) },
		{ "delete no CQ", COMMAND(NVME_OPC_DELETE_IO_CQ, 0, 0xffff, 0),
		  ST(INVALID_QUEUE_IDENTIFIER) },
		{ "delete SQ", COMMAND(NVME_OPC_DELETE_IO_SQ, 0, 2, 0), 0 },
		{ "delete SQ again", COMMAND(NVME_OPC_DELETE_IO_SQ, 0, 2, 0),
		  ST(INVALID_QUEUE_IDENTIFIER) },
		{ "delete CQ", COMMAND(NVME_OPC_DELETE_IO_CQ, 0, 64, 0), 0 },
		{ "delete CQ again", COMMAND(NVME_OPC_DELETE_IO_CQ, 0, 64, 0),
		  ST(INVALID_QUEUE_IDENTIFIER) },
	};

	RIG_RUN(*state, 0, rows);
}

/* Section 5.15.1, figure 244. */
static void test_identify_answers_each_cns_and_nsid(void **state)
{
	static const struct rig_row rows[] = {
		{ "CNS 0, NSID 1", COMMAND(IDENTIFY, 1, 0, 0), 0 },
		{ "CNS 0, NSID 0", COMMAND(IDENTIFY, 0, 0, 0), ST(INVALID_NAMESPACE_OR_FORMAT) },
		{ "CNS 0, NSID 3", COMMAND(IDENTIFY, 3, 0, 0), ST(INVALID_NAMESPACE_OR_FORMAT) },
		{ "CNS 0, all, no management", COMMAND(IDENTIFY, ALL, 0, 0),
		  ST(INVALID_NAMESPACE_OR_FORMAT) },
		{ "CNS 1", COMMAND(IDENTIFY, 0, 1, 0), 0 },
		{ "CNS 2", COMMAND(IDENTIFY, 0, 2, 0), 0 },
		{ "CNS 2 behind the last", COMMAND(IDENTIFY, 77, 2, 0), 0 },
		{ "CNS 2, FFFFFFFEh", COMMAND(IDENTIFY, -2, 2, 0), ST(INVALID_NAMESPACE_OR_FORMAT) },
		{ "CNS 2, FFFFFFFFh", COMMAND(IDENTIFY, ALL, 2, 0), ST(INVALID_NAMESPACE_OR_FORMAT) },
		{ "CNS 3, NSID 1", COMMAND(IDENTIFY, 1, 3, 0), 0 },
		{ "CNS 3, NSID 0", COMMAND(IDENTIFY, 0, 3, 0), ST(INVALID_NAMESPACE_OR_FORMAT) },
		{ "CNS 3, all", COMMAND(IDENTIFY, ALL, 3, 0), ST(INVALID_NAMESPACE_OR_FORMAT) },
		{ "CNS 4: no NVM sets", COMMAND(IDENTIFY, 0, 4, 0), ST(INVALID_FIELD) },
		{ "CNS 7Fh", COMMAND(IDENTIFY, 1, 0x7f, 0), ST(INVALID_FIELD) },
		{ "CNS FFh", COMMAND(IDENTIFY, 1, 0xff, 0), ST(INVALID_FIELD) },
	};

	RIG_RUN(*state, 0, rows);
}

/* Section 5.14. */
static void test_log_pages_have_bounds(void **state)
{
	static const struct rig_row rows[] = {
		{ "error log", COMMAND(LOG, ALL, 1023u << 16 | 1, 0), 0 },
		{ "SMART", COMMAND(LOG, ALL, 127u << 16 | 2, 0), 0 },
		{ "SMART, NSID 0", COMMAND(LOG, 0, 127u << 16 | 2, 0), 0 },
		{ "SMART of one namespace", COMMAND(LOG, 1, 127u << 16 | 2, 0), ST(INVALID_FIELD) },
		{ "firmware slots", COMMAND(LOG, ALL, 127u << 16 | 3, 0), 0 },
		{ "LID 0", COMMAND(LOG, ALL, 127u << 16, 0), ST(INVALID_LOG_PAGE) },
		{ "LID 6Fh", COMMAND(LOG, ALL, 127u << 16 | 0x6f, 0), ST(INVALID_LOG_PAGE) },
		{ "LID FFh", COMMAND(LOG, ALL, 127u << 16 | 0xff, 0), ST(INVALID_LOG_PAGE) },
		{ "offset not of dwords",
		  { .opc = LOG, .nsid = NVME_NSID_BROADCAST, .prp1 = BUFFER, .cdw10 = 3u << 16 | 2,
		    .cdw12 = 2 }, ST(INVALID_FIELD) },
		{ "offset at 511", { .opc = LOG, .nsid = NVME_NSID_BROADCAST, .prp1 = BUFFER,
		  .cdw10 = 0 << 16 | 2, .cdw12 = 508 }, 0 },
		{ "offset beyond", { .opc = LOG, .nsid = NVME_NSID_BROADCAST, .prp1 = BUFFER,
		  .cdw10 = 0 << 16 | 2, .cdw12 = 516 }, ST(INVALID_FIELD) },
		{ "offset of 2^63", { .opc = LOG, .nsid = NVME_NSID_BROADCAST, .prp1 = BUFFER,
		  .cdw10 = 0 << 16 | 2, .cdw13 = 0x80000000 }, ST(INVALID_FIELD) },
		{ "more than MDTS", { .opc = LOG, .nsid = NVME_NSID_BROADCAST, .prp1 = BUFFER,
		  .cdw10 = 0xffffu << 16 | 2, .cdw11 = 0xffff }, ST(INVALID_FIELD) },
		{ "a bit more than MDTS", { .opc = LOG, .nsid = NVME_NSID_BROADCAST, .prp1 = BUFFER,
		  .cdw10 = 0u << 16 | 2, .cdw11 = 2 }, ST(INVALID_FIELD) },
	};

	RIG_RUN(*state, 0, rows);
}

/* Sections 5.13 and 5.21; queue pair 1 exists. */
static void test_features_are_as_their_capabilities_say(void **state)
{
	static const struct rig_row rows[] = {
		{ "FID 0", COMMAND(GET, 0, 0, 0), ST(INVALID_FIELD) },
		{ "FID 3Fh", COMMAND(GET, 0, 0x3f, 0), ST(INVALID_FIELD) },
		{ "FID FFh", COMMAND(GET, 0, 0xff, 0), ST(INVALID_FIELD) },
		{ "set FID 0", COMMAND(SET, 0, 0, 0), ST(INVALID_FIELD) },
		{ "set FID FFh", COMMAND(SET, 0, 0xff, 0), ST(INVALID_FIELD) },
		{ "set FID FFh, save", COMMAND(SET, 0, 0x800000ff, 0), ST(INVALID_FIELD) },
		{ "SEL 1", COMMAND(GET, 0, 0x101, 0), 0 },
		{ "SEL 2", COMMAND(GET, 0, 0x201, 0), 0 },
		{ "SEL 3", COMMAND(GET, 0, 0x301, 0), 0 },
		{ "SEL 4", COMMAND(GET, 0, 0x401, 0), ST(INVALID_FIELD) },
		{ "SEL 7", COMMAND(GET, 0, 0x701, 0), ST(INVALID_FIELD) },
		{ "save arbitration", COMMAND(SET, 0, 0x80000001, 0), ST(FEATURE_NOT_SAVEABLE) },
		{ "power state 31", COMMAND(SET, 0, 2, 31), ST(INVALID_FIELD) },
		{ "power state 0", COMMAND(SET, 0, 2, 0), 0 },
		{ "sensor 8", COMMAND(GET, 0, 4, 8u << 16), ST(INVALID_FIELD) },
		{ "THSEL 2", COMMAND(GET, 0, 4, 2u << 20), ST(INVALID_FIELD) },
		{ "set THSEL 3", COMMAND(SET, 0, 4, 3u << 20 | 300), ST(INVALID_FIELD) },
		{ "queues after queues", COMMAND(SET, 0, 7, 0x00010001), ST(COMMAND_SEQUENCE_ERROR) },
		{ "vector 65", COMMAND(GET, 0, 9, 65), ST(INVALID_FIELD) },
		{ "set vector FFFFh", COMMAND(SET, 0, 9, 0xffff), ST(INVALID_FIELD) },
		{ "vector 64 without a queue", COMMAND(SET, 0, 9, 64), ST(INVALID_FIELD) },
		{ "vector 1", COMMAND(SET, 0, 9, 1), 0 },
		{ "write atomicity", COMMAND(SET, 0, 10, 1), 0 },
		{ "arbitration of one namespace", COMMAND(SET, 1, 1, 0),
		  ST(FEATURE_NOT_NS_SPECIFIC) },
		{ "arbitration of all", COMMAND(SET, ALL, 1, 0), 0 },
		{ "error recovery of 9", COMMAND(SET, 9, 5, 0), ST(INVALID_NAMESPACE_OR_FORMAT) },
		{ "error recovery of 1", COMMAND(SET, 1, 5, 7), 0 },
		{ "error recovery of all", COMMAND(SET, ALL, 5, 7), 0 },
		{ "DULBE", COMMAND(SET, 1, 5, 1u << 16), ST(INVALID_FIELD) },
		{ "keep alive", COMMAND(GET, 0, 15, 0), ST(INVALID_FIELD) },
	};

	RIG_RUN(*state, 0, rows);
}

static void test_every_mandatory_feature_can_be_read(void **state)
{
	static const uint8_t mandatory[] = { 1, 2, 4, 5, 7, 8, 9, 10, 11 };
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(mandatory); i++) {
		for (uint32_t sel = 0; sel < 4; sel++) {
			struct nvme_command cmd = COMMAND(GET, mandatory[i] == 5, 0, 0);

			cmd.cdw10 = sel << 8 | mandatory[i];
			assert_int_equal(driver_command(&rig->driver, 0, &cmd), 0);
			if (sel == 3)
				assert_int_equal(rig->driver.cpl.cdw0 & ~7u, 0);
		}
	}
}

static uint32_t error_recovery(struct rig *rig, uint32_t nsid)
{
	struct nvme_command cmd = COMMAND(GET, nsid, 5, 0);

	assert_int_equal(driver_command(&rig->driver, 0, &cmd), 0);
	return rig->driver.cpl.cdw0;
}

/* Section 5.21.1.5. */
static void test_error_recovery_is_that_of_a_namespace(void **state)
{
	struct rig *rig = *state;
	struct nvme_command all = COMMAND(SET, ALL, 5, 7), one = COMMAND(SET, 2, 5, 9);
	struct nvme_command supported = COMMAND(GET, 1, 0x305, 0);

	assert_int_equal(driver_command(&rig->driver, 0, &all), 0);
	assert_int_equal(driver_command(&rig->driver, 0, &one), 0);
	assert_int_equal(error_recovery(rig, 1), 7);
	assert_int_equal(error_recovery(rig, 2), 9);
	assert_int_equal(driver_command(&rig->driver, 0, &supported), 0);
	assert_int_equal(rig->driver.cpl.cdw0, 6);
}

static bool is_known(uint16_t qid, unsigned int opc)
{
	static const uint8_t admin[] = { 0, 1, 2, 4, 5, 6, 8, 9, 10, 12 };
	static const uint8_t io[] = { 0, 1, 2, 8, 9 };
	const uint8_t *known = qid == 0 ? admin : io;
	size_t nr = qid == 0 ? sizeof(admin) : sizeof(io);

	return memchr(known, (int)opc, nr) != NULL;
}

/* Figures 139 and 346: what is mandatory, and what ONCS says. */
static void test_all_other_opcodes_are_invalid_and_not_to_be_retried(void **state)
{
	struct rig *rig = *state;

	for (uint16_t qid = 0; qid < 2; qid++) {
		for (unsigned int opc = 0; opc < 256; opc++) {
			struct nvme_command cmd = COMMAND((uint8_t)opc, 1, 0, 0);

			if (is_known(qid, opc))
				continue;
			assert_int_equal(driver_command(&rig->driver, qid, &cmd),
					 ST(INVALID_OPCODE));
			assert_true(rig->driver.cpl.status & DNR);
		}
	}
}

static void test_all_other_structures_to_identify_are_invalid(void **state)
{
	struct rig *rig = *state;

	for (uint32_t cns = 4; cns < 256; cns++) {
		struct nvme_command cmd = COMMAND(IDENTIFY, 1, cns, 0);

		assert_int_equal(driver_command(&rig->driver, 0, &cmd), ST(INVALID_FIELD));
	}
}

#define TO(op, one, two, d10) { .opc = (op), .prp1 = (one), .prp2 = (two), .cdw10 = (d10) }

/* Section 4.3: admin commands have PRP entries too, and no SGLs. */
static void test_data_pointers_of_admin_commands_are_checked(void **state)
{
	static const struct rig_row rows[] = {
		{ "over two pages", TO(IDENTIFY, BUFFER + 4, BUFFER + 8192, 1), 0 },
		{ "PRP1 not of dwords", TO(IDENTIFY, BUFFER + 1, BUFFER + 8192, 1),
		  ST(PRP_OFFSET_INVALID) },
		{ "PRP2 with an offset", TO(IDENTIFY, BUFFER + 4, BUFFER + 8196, 1),
		  ST(PRP_OFFSET_INVALID) },
		{ "PRP1 nowhere", TO(IDENTIFY, NOWHERE, 0, 1), ST(DATA_TRANSFER_ERROR) },
		{ "PRP2 nowhere", TO(IDENTIFY, BUFFER + 4, NOWHERE, 1), ST(DATA_TRANSFER_ERROR) },
		{ "log, PRP1 not of dwords", TO(LOG, BUFFER + 2, 0, 127u << 16 | 2),
		  ST(PRP_OFFSET_INVALID) },
		{ "log, nowhere", TO(LOG, NOWHERE, 0, 127u << 16 | 2), ST(DATA_TRANSFER_ERROR) },
		{ "log, list not of qwords", TO(LOG, BUFFER, BUFFER + 4, 0xfffu << 16 | 2),
		  ST(PRP_OFFSET_INVALID) },
		{ "SGL", { .opc = IDENTIFY, .prp1 = BUFFER, .cdw10 = 1, .fuse = 0x40 },
		  ST(INVALID_FIELD) },
		{ "fused", { .opc = IDENTIFY, .prp1 = BUFFER, .cdw10 = 1, .fuse = 1 },
		  ST(INVALID_FIELD) },
	};

	RIG_RUN(*state, 0, rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_TEST(test_queues_that_figures_153_and_157_forbid_are_refused),
		SUITE_TEST(test_queues_are_created_and_deleted_in_their_order),
		SUITE_TEST(test_identify_answers_each_cns_and_nsid),
		SUITE_TEST(test_log_pages_have_bounds),
		SUITE_TEST(test_features_are_as_their_capabilities_say),
		SUITE_TEST(test_every_mandatory_feature_can_be_read),
		SUITE_TEST(test_error_recovery_is_that_of_a_namespace),
		SUITE_TEST(test_all_other_opcodes_are_invalid_and_not_to_be_retried),
		SUITE_TEST(test_all_other_structures_to_identify_are_invalid),
		SUITE_TEST(test_data_pointers_of_admin_commands_are_checked),
	};

	return SUITE_RUN(tests);
}
