/* SPDX-License-Identifier: BSD-2-Clause */
/* Command identifiers, of which each is in flight once a submission queue.  NVM
 * Express 1.4 sections 4.2 and 4.6.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "spec/bytes.h"
#include "tests/suite.h"

enum {
	CID = 0x4105,
	DNR = 0x8000,
};

static void submit(struct rig *rig, uint8_t opc, uint16_t cid)
{
	struct nvme_command cmd = { .opc = opc, .cdw10 = opc == NVME_OPC_GET_FEATURES };

	rig->driver.next_cid = cid;
	assert_int_equal(driver_submit(&rig->driver, 0, &cmd), cid);
}

/* A request for events is in flight until there is one. */
static void expect(struct rig *rig, uint16_t cid, uint16_t status)
{
	struct nvme_completion cpl;

	assert_true(driver_wait(&rig->driver, 0, &cpl));
	assert_int_equal(cpl.cid, cid);
	assert_int_equal(status_code(&cpl), status);
	rig->driver.cpl = cpl;
}

static void test_an_identifier_that_is_in_flight_is_a_conflict(void **state)
{
	struct rig *rig = *state;
	uint64_t iova = driver_alloc(&rig->driver, 64);
	struct nvme_command get = { .opc = NVME_OPC_GET_LOG_PAGE, .prp1 = iova,
				    .cdw10 = 15 << 16 | 1 };
	const uint8_t *log = driver_ptr(&rig->driver, iova);

	submit(rig, NVME_OPC_ASYNC_EVENT_REQUEST, CID);
	for (unsigned int i = 0; i < 3; i++) {
		submit(rig, NVME_OPC_GET_FEATURES, CID);
		expect(rig, CID, ST(COMMAND_ID_CONFLICT));
		/* With another identifier, or later, it would do. */
		assert_int_equal(rig->driver.cpl.status & DNR, 0);
	}
	/* Figure 193: queue, command, and the byte where CID stands. */
	assert_int_equal(driver_command(&rig->driver, 0, &get), 0);
	assert_int_equal(bytes_get_le(log + 8, 2), 0);
	assert_int_equal(bytes_get_le(log + 10, 2), CID);
	assert_int_equal(bytes_get_le(log + 14, 2), 2);
}

static void test_each_identifier_of_several_in_flight_is_a_conflict(void **state)
{
	struct rig *rig = *state;

	for (uint16_t i = 0; i < 3; i++)
		submit(rig, NVME_OPC_ASYNC_EVENT_REQUEST, (uint16_t)(CID + i));
	for (uint16_t i = 0; i < 3; i++) {
		submit(rig, NVME_OPC_GET_FEATURES, (uint16_t)(CID + i));
		expect(rig, (uint16_t)(CID + i), ST(COMMAND_ID_CONFLICT));
	}
}

static void test_identifiers_that_differ_in_a_bit_are_none(void **state)
{
	struct rig *rig = *state;

	submit(rig, NVME_OPC_ASYNC_EVENT_REQUEST, CID);
	for (unsigned int bit = 0; bit < 16; bit++) {
		submit(rig, NVME_OPC_GET_FEATURES, (uint16_t)(CID ^ 1u << bit));
		expect(rig, (uint16_t)(CID ^ 1u << bit), 0);
	}
}

static void test_each_queue_has_identifiers_of_its_own(void **state)
{
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct rig *rig = *state;

	submit(rig, NVME_OPC_ASYNC_EVENT_REQUEST, CID);
	for (unsigned int i = 0; i < 256; i++) {
		rig->driver.next_cid = (uint16_t)(CID - 128 + i);
		assert_int_equal(driver_command(&rig->driver, 1, &flush), 0);
		assert_int_equal(rig->driver.cpl.cid, (uint16_t)(CID - 128 + i));
	}
}

/* Completed, aborted, or gone with a reset. */
static void test_an_identifier_is_free_again_afterwards(void **state)
{
	struct nvme_command abort = { .opc = NVME_OPC_ABORT, .cdw10 = (uint32_t)CID << 16 };
	struct rig *rig = *state;

	for (unsigned int i = 0; i < 2; i++) {
		submit(rig, NVME_OPC_GET_FEATURES, CID);
		expect(rig, CID, 0);
	}
	submit(rig, NVME_OPC_ASYNC_EVENT_REQUEST, CID);
	rig->driver.next_cid = CID + 1;
	driver_submit(&rig->driver, 0, &abort);
	for (unsigned int i = 0; i < 2; i++)
		assert_true(driver_wait(&rig->driver, 0, &rig->driver.cpl));
	submit(rig, NVME_OPC_GET_FEATURES, CID);
	expect(rig, CID, 0);
	submit(rig, NVME_OPC_ASYNC_EVENT_REQUEST, CID);
	assert_true(driver_disable(&rig->driver));
	assert_true(driver_enable(&rig->driver, 32));
	submit(rig, NVME_OPC_GET_FEATURES, CID);
	expect(rig, CID, 0);
}

/* The conflict leaves the command that had it first as it was: Abort ends that one. */
static void test_a_conflict_is_not_the_command_that_is_in_flight(void **state)
{
	struct nvme_command abort = { .opc = NVME_OPC_ABORT, .cdw10 = (uint32_t)CID << 16 };
	struct rig *rig = *state;
	unsigned int nr_aborted = 0;

	submit(rig, NVME_OPC_ASYNC_EVENT_REQUEST, CID);
	submit(rig, NVME_OPC_ASYNC_EVENT_REQUEST, CID);
	expect(rig, CID, ST(COMMAND_ID_CONFLICT));
	submit(rig, NVME_OPC_GET_FEATURES, CID);
	expect(rig, CID, ST(COMMAND_ID_CONFLICT));
	rig->driver.next_cid = CID + 1;
	driver_submit(&rig->driver, 0, &abort);
	for (unsigned int i = 0; i < 2; i++) {
		assert_true(driver_wait(&rig->driver, 0, &rig->driver.cpl));
		if (rig->driver.cpl.cid == CID) {
			assert_int_equal(status_code(&rig->driver.cpl), ST(ABORTED_BY_REQUEST));
			nr_aborted++;
		} else {
			assert_int_equal(rig->driver.cpl.cdw0 & 1, 0);
		}
	}
	assert_int_equal(nr_aborted, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_TEST(test_an_identifier_that_is_in_flight_is_a_conflict),
		SUITE_TEST(test_each_identifier_of_several_in_flight_is_a_conflict),
		SUITE_TEST(test_identifiers_that_differ_in_a_bit_are_none),
		SUITE_TEST(test_each_queue_has_identifiers_of_its_own),
		SUITE_TEST(test_an_identifier_is_free_again_afterwards),
		SUITE_TEST(test_a_conflict_is_not_the_command_that_is_in_flight),
	};

	return SUITE_RUN(tests);
}
