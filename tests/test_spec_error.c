/* SPDX-License-Identifier: BSD-2-Clause */
/* The Error Information log: every error, and what it was about.  NVM Express 1.4
 * section 5.14.1.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "spec/bytes.h"
#include "tests/field_rows.h"
#include "tests/suite.h"

enum {
	PAGE = 4096,
	BUFFER = MEM_BASE + (8 << 20),	/* beyond what driver_alloc gives out here */
	LIST = BUFFER + 16 * PAGE,
	ERRORS = 1,
	HEALTH = 2,
	NR_ERRORS = 64,
	ERROR_SIZE = 64,
	MORE = 0x4000,
};

static const uint8_t *read_log(struct rig *rig, uint8_t lid, uint32_t len)
{
	struct nvme_command cmd = { .opc = NVME_OPC_GET_LOG_PAGE, .prp1 = BUFFER,
				    .cdw10 = (len / 4 - 1) << 16 | lid };

	assert_int_equal(driver_command(&rig->driver, 0, &cmd), 0);
	return driver_ptr(&rig->driver, BUFFER);
}

static uint16_t io(struct rig *rig, uint8_t opc, uint64_t slba)
{
	return rig_io(rig, opc, 1, slba, 0, BUFFER);
}

/* Figure 193; the entry's status is compared with the completion's. */
static const struct field_row error_rows[] = {
	NUMBER(0, 8, "error count", 1),
	NUMBER(8, 2, "SQID", 1),
	ANY(10, 2, "CID"),
	ANY(12, 2, "status field"),
	NUMBER(14, 2, "parameter error location", 40),	/* SLBA */
	NUMBER(16, 8, "LBA", RIG_NS1_BLOCKS),
	NUMBER(24, 4, "namespace", 1),
	ZERO(28, 1, "vendor specific information available", "there is none"),
	ZERO(29, 1, "TRTYPE", "0h: no error of the transport"),
	RESERVED(30, 2),
	ZERO(32, 8, "command specific information", "none is defined for this command"),
	ZERO(40, 2, "transport type specific information", "none for TRTYPE 0h"),
	RESERVED(42, 22),
	ZERO(64, PAGE - 64, "the other entries", "an error count of 0h: no entry"),
};

static void test_each_byte_of_the_error_log_is_explained(void **state)
{
	struct rig *rig = *state;
	struct nvme_completion cpl;
	const uint8_t *log;

	assert_int_equal(io(rig, NVME_OPC_READ, RIG_NS1_BLOCKS), ST(LBA_OUT_OF_RANGE));
	cpl = rig->driver.cpl;
	assert_true(cpl.status & MORE);
	log = read_log(rig, ERRORS, PAGE);
	assert_int_equal(FIELDS_WRONG(log, PAGE, error_rows), 0);
	assert_int_equal(bytes_get_le(log + 10, 2), cpl.cid);
	assert_int_equal(bytes_get_le(log + 12, 2), cpl.status);
}

/* The newest first, and of more than ELPE + 1 the oldest are forgotten. */
static void test_the_newest_64_errors_are_in_the_log(void **state)
{
	struct rig *rig = *state;
	struct nvme_completion cpl[70];
	const uint8_t *entry;

	for (unsigned int i = 0; i < 70; i++) {
		uint64_t slba = (UINT64_C(1) << (i % 50)) + RIG_NS1_BLOCKS;

		assert_int_equal(io(rig, NVME_OPC_WRITE, slba), ST(LBA_OUT_OF_RANGE));
		cpl[i] = rig->driver.cpl;
	}
	entry = read_log(rig, ERRORS, PAGE);
	for (unsigned int i = 70; i > 70 - NR_ERRORS; i--, entry += ERROR_SIZE) {
		assert_int_equal(bytes_get_le(entry, 8), i);
		assert_int_equal(bytes_get_le(entry + 10, 2), cpl[i - 1].cid);
		assert_int_equal(bytes_get_le(entry + 12, 2), cpl[i - 1].status);
		assert_int_equal(bytes_get_le(entry + 16, 8),
				 (UINT64_C(1) << ((i - 1) % 50)) + RIG_NS1_BLOCKS);
	}
	assert_int_equal(bytes_get_le(read_log(rig, HEALTH, 512) + 176, 8), 70);
}

/* Section 3.1.5: queues are there from CC.EN on. */
static void test_doorbells_of_a_disabled_controller_are_no_errors(void **state)
{
	struct rig *rig = *state;

	assert_true(driver_disable(&rig->driver));
	for (uint64_t off = 0x1000; off < 0x1020; off += 4)
		driver_set_reg(&rig->driver, off, 4, 1);
	assert_true(driver_enable(&rig->driver, 32));
	assert_int_equal(bytes_get_le(read_log(rig, ERRORS, ERROR_SIZE), 8), 0);
}

struct error_row {
	uint16_t qid;
	struct nvme_command cmd;
	uint16_t want, location;
};

/* Each error is the one that happened: queue, command, status and namespace,
 * and where in the command its parameter begins: the byte, from bit 8 on the bit. */
static void assert_errors(struct rig *rig, const struct error_row *rows, size_t nr)
{
	struct nvme_completion cpl;
	const uint8_t *entry;

	for (size_t i = 0; i < nr; i++) {
		struct nvme_command cmd = rows[i].cmd;

		assert_int_equal(driver_command(&rig->driver, rows[i].qid, &cmd), rows[i].want);
		cpl = rig->driver.cpl;
		entry = read_log(rig, ERRORS, ERROR_SIZE);
		assert_int_equal(bytes_get_le(entry, 8), i + 1);
		assert_int_equal(bytes_get_le(entry + 8, 2), rows[i].qid);
		assert_int_equal(bytes_get_le(entry + 10, 2), cpl.cid);
		assert_int_equal(bytes_get_le(entry + 12, 2), cpl.status);
		assert_int_equal(bytes_get_le(entry + 14, 2), rows[i].location);
		assert_int_equal(bytes_get_le(entry + 24, 4), cmd.nsid);
	}
}
#define ASSERT_ERRORS(rig, rows) assert_errors(rig, rows, sizeof(rows) / sizeof((rows)[0]))

static void test_errors_of_every_kind_are_in_the_log(void **state)
{
	static const struct error_row rows[] = {
		{ 0, { .opc = 0xc0 }, ST(INVALID_OPCODE), 0 },
		{ 1, { .opc = 0x55, .nsid = 1 }, ST(INVALID_OPCODE), 0 },
		{ 0, { .opc = NVME_OPC_GET_LOG_PAGE, .cdw10 = 0xff, .prp1 = BUFFER },
		  ST(INVALID_LOG_PAGE), 40 },
		{ 0, { .opc = NVME_OPC_DELETE_IO_CQ, .cdw10 = 1 }, ST(INVALID_QUEUE_DELETION),
		  40 },
		{ 0, { .opc = NVME_OPC_DELETE_IO_CQ, .cdw10 = 9 }, ST(INVALID_QUEUE_IDENTIFIER),
		  40 },
		{ 0, { .opc = NVME_OPC_DELETE_IO_SQ, .cdw10 = 9 }, ST(INVALID_QUEUE_IDENTIFIER),
		  40 },
		{ 0, { .opc = NVME_OPC_CREATE_IO_CQ, .cdw10 = 7u << 16 | 1, .prp1 = BUFFER,
		       .cdw11 = 1 }, ST(INVALID_QUEUE_IDENTIFIER), 40 },
		{ 0, { .opc = NVME_OPC_CREATE_IO_CQ, .cdw10 = 2, .prp1 = BUFFER, .cdw11 = 1 },
		  ST(INVALID_QUEUE_SIZE), 42 },
		{ 0, { .opc = NVME_OPC_CREATE_IO_CQ, .cdw10 = 7u << 16 | 2, .prp1 = BUFFER },
		  ST(INVALID_FIELD), 44 },
		{ 0, { .opc = NVME_OPC_CREATE_IO_CQ, .cdw10 = 7u << 16 | 2, .prp1 = BUFFER + 4,
		       .cdw11 = 1 }, ST(PRP_OFFSET_INVALID), 24 },
		{ 0, { .opc = NVME_OPC_CREATE_IO_CQ, .cdw10 = 7u << 16 | 2, .prp1 = BUFFER,
		       .cdw11 = 65u << 16 | 1 }, ST(INVALID_INTERRUPT_VECTOR), 46 },
		{ 0, { .opc = NVME_OPC_CREATE_IO_SQ, .cdw10 = 7u << 16, .prp1 = BUFFER,
		       .cdw11 = 1u << 16 | 1 }, ST(INVALID_QUEUE_IDENTIFIER), 40 },
		{ 0, { .opc = NVME_OPC_CREATE_IO_SQ, .cdw10 = 7u << 16 | 2, .prp1 = BUFFER,
		       .cdw11 = 1 }, ST(INVALID_QUEUE_IDENTIFIER), 46 },
		{ 0, { .opc = NVME_OPC_CREATE_IO_SQ, .cdw10 = 7u << 16 | 2, .prp1 = BUFFER,
		       .cdw11 = 2u << 16 | 1 }, ST(COMPLETION_QUEUE_INVALID), 46 },
		{ 0, { .opc = NVME_OPC_CREATE_IO_SQ, .cdw10 = 7u << 16 | 2, .prp1 = BUFFER,
		       .cdw11 = 1u << 16 }, ST(INVALID_FIELD), 44 },
		{ 0, { .opc = NVME_OPC_CREATE_IO_SQ, .cdw10 = 7u << 16 | 2, .prp1 = BUFFER + 4,
		       .cdw11 = 1u << 16 | 1 }, ST(PRP_OFFSET_INVALID), 24 },
		{ 1, { .opc = NVME_OPC_FLUSH, .nsid = 9 }, ST(INVALID_NAMESPACE_OR_FORMAT), 4 },
		{ 1, { .opc = NVME_OPC_WRITE_ZEROES, .nsid = 1, .cdw10 = RIG_NS1_BLOCKS },
		  ST(LBA_OUT_OF_RANGE), 40 },
		{ 1, { .opc = NVME_OPC_READ, .nsid = 2, .prp1 = 8 }, ST(DATA_TRANSFER_ERROR),
		  0xffff },
	};

	ASSERT_ERRORS(*state, rows);
}

static void test_the_log_says_which_field_is_not_valid(void **state)
{
	static const struct error_row rows[] = {
		/* Byte 1: FUSE from bit 0, PSDT from bit 6 on. */
		{ 1, { .opc = NVME_OPC_FLUSH, .nsid = 1, .fuse = 2 }, ST(INVALID_FIELD), 1 },
		{ 1, { .opc = NVME_OPC_FLUSH, .nsid = 1, .fuse = 0x80 }, ST(INVALID_FIELD),
		  6 << 8 | 1 },
		{ 0, { .opc = NVME_OPC_IDENTIFY, .cdw10 = 0xff, .prp1 = BUFFER },
		  ST(INVALID_FIELD), 40 },
		/* NUMDL, namespace, LPO beyond every page, beyond this one, and odd. */
		{ 0, { .opc = NVME_OPC_GET_LOG_PAGE, .cdw10 = 0xffffu << 16 | ERRORS,
		       .cdw11 = 2, .prp1 = BUFFER }, ST(INVALID_FIELD), 42 },
		{ 0, { .opc = NVME_OPC_GET_LOG_PAGE, .cdw10 = ERRORS, .nsid = 1, .prp1 = BUFFER },
		  ST(INVALID_FIELD), 4 },
		{ 0, { .opc = NVME_OPC_GET_LOG_PAGE, .cdw10 = ERRORS, .cdw12 = 8192,
		       .prp1 = BUFFER }, ST(INVALID_FIELD), 48 },
		{ 0, { .opc = NVME_OPC_GET_LOG_PAGE, .cdw10 = HEALTH, .cdw12 = 516,
		       .prp1 = BUFFER }, ST(INVALID_FIELD), 48 },
		{ 0, { .opc = NVME_OPC_GET_LOG_PAGE, .cdw10 = ERRORS, .cdw12 = 2,
		       .prp1 = BUFFER }, ST(INVALID_FIELD), 48 },
		/* NLB: more than MDTS allows. */
		{ 1, { .opc = NVME_OPC_READ, .nsid = 1, .cdw12 = 1024, .prp1 = BUFFER },
		  ST(INVALID_FIELD), 48 },
		/* The PRP entry, or that whose list is wrong. */
		{ 1, { .opc = NVME_OPC_READ, .nsid = 2, .prp1 = 2 }, ST(PRP_OFFSET_INVALID), 24 },
		{ 1, { .opc = NVME_OPC_READ, .nsid = 2, .prp1 = BUFFER + 8, .prp2 = BUFFER + 8 },
		  ST(PRP_OFFSET_INVALID), 32 },
		{ 1, { .opc = NVME_OPC_READ, .nsid = 2, .cdw12 = 2, .prp1 = BUFFER, .prp2 = 4 },
		  ST(PRP_OFFSET_INVALID), 32 },
	};

	ASSERT_ERRORS(*state, rows);
}

/* A list belongs to PRP entry 2, which is at byte 32. */
static void test_what_is_wrong_in_a_list_is_wrong_in_its_pointer(void **state)
{
	static const struct error_row rows[] = {
		{ 1, { .opc = NVME_OPC_READ, .nsid = 2, .cdw12 = 2, .prp1 = BUFFER,
		       .prp2 = LIST }, ST(PRP_OFFSET_INVALID), 32 },
		{ 1, { .opc = NVME_OPC_READ, .nsid = 2, .cdw12 = 2, .prp1 = BUFFER,
		       .prp2 = LIST + PAGE - 8 }, ST(PRP_OFFSET_INVALID), 32 },
	};
	struct rig *rig = *state;
	uint8_t *list = driver_ptr(&rig->driver, LIST);

	/* An entry of the first one, and the pointer to the next list of the other. */
	bytes_set_le(list, 8, BUFFER + PAGE);
	bytes_set_le(list + 8, 8, BUFFER + 8);
	bytes_set_le(list + PAGE - 8, 8, LIST + 8);
	ASSERT_ERRORS(rig, rows);
}

/* Dword 10 begins at byte 40, Dword 11, with the fields of section 5.21.1, at 44. */
static void test_the_log_says_which_part_of_a_feature_is_not_valid(void **state)
{
	static const struct error_row rows[] = {
		{ 0, { .opc = NVME_OPC_GET_FEATURES, .cdw10 = 0xff }, ST(INVALID_FIELD), 40 },
		{ 0, { .opc = NVME_OPC_SET_FEATURES, .cdw10 = 0xff }, ST(INVALID_FIELD), 40 },
		{ 0, { .opc = NVME_OPC_GET_FEATURES, .cdw10 = 4 << 8 | 1 }, ST(INVALID_FIELD),
		  41 },
		{ 0, { .opc = NVME_OPC_SET_FEATURES, .cdw10 = 0x80000001 },
		  ST(FEATURE_NOT_SAVEABLE), 7 << 8 | 43 },
		{ 0, { .opc = NVME_OPC_SET_FEATURES, .cdw10 = 1, .nsid = 1 },
		  ST(FEATURE_NOT_NS_SPECIFIC), 4 },
		{ 0, { .opc = NVME_OPC_SET_FEATURES, .cdw10 = 2, .cdw11 = 1 }, ST(INVALID_FIELD),
		  44 },
		{ 0, { .opc = NVME_OPC_SET_FEATURES, .cdw10 = 4, .cdw11 = 1 << 16 },
		  ST(INVALID_FIELD), 46 },
		{ 0, { .opc = NVME_OPC_SET_FEATURES, .cdw10 = 4, .cdw11 = 2 << 20 },
		  ST(INVALID_FIELD), 4 << 8 | 46 },
		{ 0, { .opc = NVME_OPC_GET_FEATURES, .cdw10 = 4, .cdw11 = 15 << 16 },
		  ST(INVALID_FIELD), 46 },
		{ 0, { .opc = NVME_OPC_SET_FEATURES, .cdw10 = 5, .cdw11 = 1 << 16, .nsid = 1 },
		  ST(INVALID_FIELD), 46 },
		{ 0, { .opc = NVME_OPC_GET_FEATURES, .cdw10 = 5, .nsid = 9 },
		  ST(INVALID_NAMESPACE_OR_FORMAT), 4 },
		{ 0, { .opc = NVME_OPC_SET_FEATURES, .cdw10 = 7, .cdw11 = 0xffff },
		  ST(INVALID_FIELD), 44 },
		{ 0, { .opc = NVME_OPC_SET_FEATURES, .cdw10 = 7, .cdw11 = 0xffff0000 },
		  ST(INVALID_FIELD), 46 },
		{ 0, { .opc = NVME_OPC_SET_FEATURES, .cdw10 = 9, .cdw11 = 2 }, ST(INVALID_FIELD),
		  44 },
		{ 0, { .opc = NVME_OPC_GET_FEATURES, .cdw10 = 9, .cdw11 = 65 }, ST(INVALID_FIELD),
		  44 },
	};

	ASSERT_ERRORS(*state, rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_TEST(test_each_byte_of_the_error_log_is_explained),
		SUITE_TEST(test_the_newest_64_errors_are_in_the_log),
		SUITE_TEST(test_doorbells_of_a_disabled_controller_are_no_errors),
		SUITE_TEST(test_errors_of_every_kind_are_in_the_log),
		SUITE_TEST(test_the_log_says_which_field_is_not_valid),
		SUITE_TEST(test_what_is_wrong_in_a_list_is_wrong_in_its_pointer),
		SUITE_TEST(test_the_log_says_which_part_of_a_feature_is_not_valid),
	};

	return SUITE_RUN(tests);
}
