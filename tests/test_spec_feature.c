/* SPDX-License-Identifier: BSD-2-Clause */
/* Every feature that NVM Express 1.4 makes mandatory is stored, and what is set is checked.
 * Sections 5.13 and 5.21. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "tests/suite.h"

enum {
	CURRENT = 0,
	DEFAULT = 1,
	SAVED = 2,
	SUPPORTED = 3,
	CHANGEABLE = 4,		/* and neither saveable nor of a namespace */
	OF_NAMESPACE = 2,
	SAVE = 0x80000000,
	MANY_QUEUES = 0x003f003f,
};

/* A feature: Dword 11 that selects (bits that Get needs too), its value at
 * first, values that may be set and what is then read, values that may not. */
static const struct row {
	const char *name;
	uint8_t fid;
	uint8_t supported;
	uint32_t select, initial;
	uint32_t set[2], get[2];
	uint32_t bad[3];
	unsigned int nr_bad;
} rows[] = {
	{ "arbitration", 1, CHANGEABLE, 0, 0, { 0x04030207, 0xffffffff },
	  { 0x04030207, 0xffffff07 }, { 0 }, 0 },
	{ "power management", 2, CHANGEABLE, 0, 0, { 0x20, 0xe0 }, { 0x20, 0xe0 },
	  { 1, 31, 0x21 }, 3 },
	{ "temperature, over", 4, CHANGEABLE, 0, 343, { 350, 0xffff }, { 350, 0xffff },
	  { 1 << 16 | 350, 8 << 16 | 350, 14 << 16 | 350 }, 3 },
	{ "temperature, under", 4, CHANGEABLE, 1 << 20, 0, { 1 << 20 | 273, 15 << 16 | 1 << 20 | 9 },
	  { 273, 9 }, { 2 << 20, 3 << 20 | 300, 1 << 20 | 9 << 16 }, 3 },
	{ "error recovery", 5, CHANGEABLE | OF_NAMESPACE, 0, 0, { 7, 0xffff }, { 7, 0xffff },
	  { 1 << 16 }, 1 },
	{ "volatile write cache", 6, CHANGEABLE, 0, 1, { 0, 1 }, { 0, 1 }, { 0 }, 0 },
	{ "interrupt coalescing", 8, CHANGEABLE, 0, 0, { 0x0a05, 0xffff }, { 0x0a05, 0xffff },
	  { 0 }, 0 },
	{ "interrupt vector 0", 9, CHANGEABLE, 0, 0, { 1 << 16, 0 }, { 1 << 16, 0 },
	  { 2, 64, 65 }, 3 },
	{ "interrupt vector 1", 9, CHANGEABLE, 1, 1, { 1, 1 << 16 | 1 }, { 1, 1 << 16 | 1 },
	  { 0xffff, 1 << 16 | 64, 1 << 16 | 65 }, 3 },
	{ "write atomicity", 10, CHANGEABLE, 0, 0, { 1, 0 }, { 1, 0 }, { 0 }, 0 },
	{ "asynchronous events", 11, CHANGEABLE, 0, 0, { 0x11f, 0x102 }, { 0x11f, 0x102 },
	  { 0 }, 0 },
};

enum { NR_ROWS = sizeof(rows) / sizeof(rows[0]) };

static uint32_t nsid_of(const struct row *row)
{
	return row->supported & OF_NAMESPACE ? 1 : 0;
}

static uint16_t set_feature(struct rig *rig, uint32_t nsid, uint32_t cdw10, uint32_t cdw11)
{
	struct nvme_command cmd = { .opc = NVME_OPC_SET_FEATURES, .nsid = nsid, .cdw10 = cdw10,
				    .cdw11 = cdw11 };

	return driver_command(&rig->driver, 0, &cmd);
}

static uint32_t get_feature(struct rig *rig, const struct row *row, uint32_t sel)
{
	struct nvme_command cmd = { .opc = NVME_OPC_GET_FEATURES, .nsid = nsid_of(row),
				    .cdw10 = sel << 8 | row->fid, .cdw11 = row->select };

	assert_int_equal(driver_command(&rig->driver, 0, &cmd), 0);
	return rig->driver.cpl.cdw0;
}

static bool is_at_first(struct rig *rig, const struct row *row)
{
	return get_feature(rig, row, CURRENT) == row->initial &&
	       get_feature(rig, row, DEFAULT) == row->initial &&
	       get_feature(rig, row, SAVED) == row->initial &&
	       get_feature(rig, row, SUPPORTED) == row->supported;
}

static unsigned int complain_unless(bool is_right, const struct row *row, const char *what)
{
	if (!is_right)
		fprintf(stderr, "%s: %s\n", row->name, what);
	return !is_right;
}

static void test_every_feature_has_its_default_and_its_capabilities(void **state)
{
	unsigned int nr_wrong = 0;

	for (unsigned int i = 0; i < NR_ROWS; i++)
		nr_wrong += complain_unless(is_at_first(*state, &rows[i]), &rows[i], "at first");
	assert_int_equal(nr_wrong, 0);
}

static void test_every_feature_is_stored_until_a_reset(void **state)
{
	struct rig *rig = *state;
	unsigned int nr_wrong = 0;

	for (unsigned int n = 0; n < 2; n++) {
		for (unsigned int i = 0; i < NR_ROWS; i++)
			assert_int_equal(set_feature(rig, nsid_of(&rows[i]), rows[i].fid,
						     rows[i].set[n]), 0);
		for (unsigned int i = 0; i < NR_ROWS; i++) {
			nr_wrong += complain_unless(get_feature(rig, &rows[i], CURRENT) ==
						    rows[i].get[n], &rows[i], "stored");
			nr_wrong += complain_unless(get_feature(rig, &rows[i], DEFAULT) ==
						    rows[i].initial, &rows[i], "default");
		}
	}
	assert_true(driver_disable(&rig->driver));
	assert_true(driver_enable(&rig->driver, 32));
	for (unsigned int i = 0; i < NR_ROWS; i++)
		nr_wrong += complain_unless(is_at_first(rig, &rows[i]), &rows[i], "after a reset");
	assert_int_equal(nr_wrong, 0);
}

/* What is refused changes nothing. */
static void test_every_feature_checks_what_it_is_set_to(void **state)
{
	struct rig *rig = *state;
	unsigned int nr_wrong = 0;

	for (unsigned int i = 0; i < NR_ROWS; i++) {
		for (unsigned int n = 0; n < rows[i].nr_bad; n++) {
			uint16_t code = set_feature(rig, nsid_of(&rows[i]), rows[i].fid,
						    rows[i].bad[n]);

			nr_wrong += complain_unless(code == ST(INVALID_FIELD), &rows[i],
						    "not refused");
		}
		nr_wrong += complain_unless(is_at_first(rig, &rows[i]), &rows[i], "changed");
	}
	assert_int_equal(nr_wrong, 0);
}

/* Section 5.21.1: figure 275's status codes. */
static void test_no_feature_is_saved_and_one_is_of_a_namespace(void **state)
{
	struct rig *rig = *state;

	for (unsigned int i = 0; i < NR_ROWS; i++) {
		uint16_t wrong_ns = rows[i].supported & OF_NAMESPACE ?
					    ST(INVALID_NAMESPACE_OR_FORMAT) :
					    ST(FEATURE_NOT_NS_SPECIFIC);

		assert_int_equal(set_feature(rig, nsid_of(&rows[i]), SAVE | rows[i].fid,
					     rows[i].set[0]), ST(FEATURE_NOT_SAVEABLE));
		assert_int_equal(set_feature(rig, 3, rows[i].fid, rows[i].set[0]), wrong_ns);
		assert_true(is_at_first(rig, &rows[i]));
		assert_int_equal(set_feature(rig, NVME_NSID_BROADCAST, rows[i].fid,
					     rows[i].set[0]), 0);
		assert_int_equal(get_feature(rig, &rows[i], CURRENT), rows[i].get[0]);
		set_feature(rig, nsid_of(&rows[i]), rows[i].fid, rows[i].select | rows[i].initial);
	}
}

static bool is_known(unsigned int fid)
{
	for (unsigned int i = 0; i < NR_ROWS; i++) {
		if (rows[i].fid == fid)
			return true;
	}
	return fid == NVME_FEAT_NUMBER_OF_QUEUES;
}

static void test_every_other_feature_is_an_invalid_field(void **state)
{
	struct rig *rig = *state;

	for (unsigned int fid = 0; fid < 256; fid++) {
		struct nvme_command get = { .opc = NVME_OPC_GET_FEATURES, .cdw10 = fid };

		if (is_known(fid))
			continue;
		assert_int_equal(driver_command(&rig->driver, 0, &get), ST(INVALID_FIELD));
		assert_int_equal(set_feature(rig, 0, fid, 0), ST(INVALID_FIELD));
	}
}

static uint16_t create(struct rig *rig, uint8_t opc, uint16_t qid, uint16_t cqid)
{
	struct nvme_command cmd = { .opc = opc, .cdw10 = 15u << 16 | qid,
				    .cdw11 = (uint32_t)cqid << 16 | 1 };

	cmd.prp1 = driver_alloc(&rig->driver, 4096);
	return driver_command(&rig->driver, 0, &cmd);
}

static uint32_t ask_for_queues(struct rig *rig, uint32_t cdw11)
{
	assert_int_equal(set_feature(rig, 0, NVME_FEAT_NUMBER_OF_QUEUES, cdw11), 0);
	return rig->driver.cpl.cdw0;
}

/* Section 5.21.1.7: NCQR in bits 31:16, NSQR in bits 15:0, both 0's based. */
static void test_as_many_queues_as_were_granted_can_be_created(void **state)
{
	static const struct row queues = { .fid = NVME_FEAT_NUMBER_OF_QUEUES };
	struct rig *rig = *state;

	driver_init(&rig->driver, &rig->access, true);
	assert_true(driver_enable(&rig->driver, 32));
	assert_int_equal(get_feature(rig, &queues, CURRENT), MANY_QUEUES);
	assert_int_equal(get_feature(rig, &queues, SUPPORTED), CHANGEABLE);
	assert_int_equal(set_feature(rig, 0, 7, 0x0001ffff), ST(INVALID_FIELD));
	assert_int_equal(set_feature(rig, 0, 7, 0xffff0001), ST(INVALID_FIELD));
	assert_int_equal(ask_for_queues(rig, 0xfffefffe), MANY_QUEUES);
	assert_int_equal(ask_for_queues(rig, 0x00400040), MANY_QUEUES);
	assert_int_equal(ask_for_queues(rig, 0x00020001), 0x00020001);
	assert_int_equal(get_feature(rig, &queues, CURRENT), 0x00020001);
	assert_int_equal(get_feature(rig, &queues, DEFAULT), MANY_QUEUES);
	for (uint16_t qid = 1; qid <= 3; qid++)
		assert_int_equal(create(rig, NVME_OPC_CREATE_IO_CQ, qid, 0), 0);
	assert_int_equal(create(rig, NVME_OPC_CREATE_IO_CQ, 4, 0), ST(INVALID_QUEUE_IDENTIFIER));
	assert_int_equal(create(rig, NVME_OPC_CREATE_IO_SQ, 2, 3), 0);
	assert_int_equal(create(rig, NVME_OPC_CREATE_IO_SQ, 3, 3), ST(INVALID_QUEUE_IDENTIFIER));
	assert_int_equal(create(rig, NVME_OPC_CREATE_IO_SQ, 1, 4), ST(INVALID_QUEUE_IDENTIFIER));
	assert_int_equal(set_feature(rig, 0, 7, MANY_QUEUES), ST(COMMAND_SEQUENCE_ERROR));
	assert_int_equal(get_feature(rig, &queues, CURRENT), 0x00020001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_TEST(test_every_feature_has_its_default_and_its_capabilities),
		SUITE_TEST(test_every_feature_is_stored_until_a_reset),
		SUITE_TEST(test_every_feature_checks_what_it_is_set_to),
		SUITE_TEST(test_no_feature_is_saved_and_one_is_of_a_namespace),
		SUITE_TEST(test_every_other_feature_is_an_invalid_field),
		SUITE_BARE(test_as_many_queues_as_were_granted_can_be_created),
	};

	return SUITE_RUN(tests);
}
