/* SPDX-License-Identifier: BSD-2-Clause */
/* What NVM Express 1.4 says of Abort, section 5.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "tests/suite.h"

enum {
	NR_AERS = 4,
	NR_ABORTS = 4,
	ERROR_EVENT = 0x010000,		/* log page 01h, type 000b */
};

static uint16_t submit_aer(struct rig *rig)
{
	struct nvme_command cmd = { .opc = NVME_OPC_ASYNC_EVENT_REQUEST };

	return driver_submit(&rig->driver, 0, &cmd);
}

/* Section 5.1: Dword 0 bit 0 clear: aborted; the victim is completed first or later. */
static void test_a_request_for_events_can_be_aborted(void **state)
{
	struct rig *rig = *state;
	uint16_t aer = submit_aer(rig);
	struct nvme_command cmd = { .opc = NVME_OPC_ABORT, .cdw10 = (uint32_t)aer << 16 };
	struct nvme_completion cpl[2];
	uint16_t abort_cid = driver_submit(&rig->driver, 0, &cmd);
	unsigned int victim;

	assert_true(driver_wait(&rig->driver, 0, &cpl[0]));
	assert_true(driver_wait(&rig->driver, 0, &cpl[1]));
	victim = cpl[0].cid == aer ? 0 : 1;
	assert_int_equal(cpl[victim].cid, aer);
	assert_int_equal(status_code(&cpl[victim]), ST(ABORTED_BY_REQUEST));
	assert_int_equal(cpl[!victim].cid, abort_cid);
	assert_int_equal(status_code(&cpl[!victim]), 0);
	assert_int_equal(cpl[!victim].cdw0 & 1, 0);
}

/* It was not the last to come, and what comes then goes to one of the others. */
static void test_what_is_aborted_has_given_its_place(void **state)
{
	struct rig *rig = *state;
	struct nvme_command aer = { .opc = NVME_OPC_ASYNC_EVENT_REQUEST };
	struct nvme_command cmd = { .opc = NVME_OPC_ABORT };
	struct nvme_completion cpl;
	uint16_t cids[NR_AERS];

	for (int i = 0; i < NR_AERS; i++)
		cids[i] = submit_aer(rig);
	cmd.cdw10 = (uint32_t)cids[0] << 16;
	driver_submit(&rig->driver, 0, &cmd);
	for (int i = 0; i < 2; i++)
		assert_true(driver_wait(&rig->driver, 0, &cpl));
	cids[0] = submit_aer(rig);
	assert_int_equal(driver_command(&rig->driver, 0, &aer),
			 ST(ASYNC_EVENT_REQUEST_LIMIT_EXCEEDED));
	/* There is no queue 9. */
	driver_set_reg(&rig->driver, NVME_REG_DOORBELLS + 8 * 9, 4, 1);
	assert_true(driver_wait(&rig->driver, 0, &cpl));
	assert_int_equal(status_code(&cpl), 0);
	assert_int_equal(cpl.cdw0, ERROR_EVENT);
	assert_true(cpl.cid == cids[0] || cpl.cid == cids[1] || cpl.cid == cids[2] ||
		    cpl.cid == cids[3]);
}

static void test_what_is_not_there_is_not_aborted(void **state)
{
	struct rig *rig = *state;
	static const uint32_t cdw10[] = { 0x77770000, 0x77770001, 0x00000009, 0xffffffff };

	for (size_t i = 0; i < 4; i++) {
		struct nvme_command cmd = { .opc = NVME_OPC_ABORT, .cdw10 = cdw10[i] };

		assert_int_equal(driver_command(&rig->driver, 0, &cmd), 0);
		assert_int_equal(rig->driver.cpl.cdw0, 1);
	}
}

/* Each is carried out at once, so that ACL is never exceeded. */
static void test_more_aborts_than_the_limit_are_carried_out(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = { .opc = NVME_OPC_ABORT, .cdw10 = 0x77770000 };
	struct nvme_completion cpl;

	for (int i = 0; i < 3 * NR_ABORTS; i++)
		driver_write(&rig->driver, 0, &cmd);
	driver_ring(&rig->driver, 0);
	for (int i = 0; i < 3 * NR_ABORTS; i++) {
		assert_true(driver_wait(&rig->driver, 0, &cpl));
		assert_int_equal(status_code(&cpl), 0);
		assert_int_equal(cpl.cdw0, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_TEST(test_a_request_for_events_can_be_aborted),
		SUITE_TEST(test_what_is_aborted_has_given_its_place),
		SUITE_TEST(test_what_is_not_there_is_not_aborted),
		SUITE_TEST(test_more_aborts_than_the_limit_are_carried_out),
	};

	return SUITE_RUN(tests);
}
