/* SPDX-License-Identifier: BSD-2-Clause */
/* What NVM Express 1.4 says of asynchronous events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "spec/bytes.h"
#include "tests/suite.h"

enum {
	ALL = NVME_NSID_BROADCAST,
	BUFFER = MEM_BASE + (8 << 20),	/* beyond what driver_alloc gives out here */
	NR_AERS = 4,
	ERROR_EVENT = 0x010000,		/* log page 01h, type 000b */
	HEALTH_EVENT = 0x020101,	/* log page 02h, temperature, type 001b */
	TEMPERATURE_K = 300,
};

static uint16_t submit_aer(struct rig *rig)
{
	struct nvme_command cmd = { .opc = NVME_OPC_ASYNC_EVENT_REQUEST };

	return driver_submit(&rig->driver, 0, &cmd);
}

/* Section 5.2. */
static void test_one_request_for_events_too_many_is_refused(void **state)
{
	struct rig *rig = *state;
	struct nvme_completion cpl;
	uint16_t cid = 0;

	for (int i = 0; i <= NR_AERS; i++)
		cid = submit_aer(rig);
	assert_true(driver_wait(&rig->driver, 0, &cpl));
	assert_int_equal(cpl.cid, cid);
	assert_int_equal(status_code(&cpl), ST(ASYNC_EVENT_REQUEST_LIMIT_EXCEEDED));
	assert_false(cpl.status & 0x8000);	/* DNR: after an event there is room */
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 0));
}

static void expect_event(struct rig *rig, uint32_t dw0)
{
	struct nvme_completion cpl;

	assert_true(driver_wait(&rig->driver, 0, &cpl));
	assert_int_equal(status_code(&cpl), 0);
	assert_int_equal(cpl.cdw0, dw0);
}

static void ring(struct rig *rig, uint32_t index, uint32_t value)
{
	rig->access.reg_write(rig->access.ctx, NVME_REG_DOORBELLS + 4 * index, 4, value);
}

static void read_log(struct rig *rig, uint8_t lid, uint32_t len, bool retain)
{
	struct nvme_command cmd = { .opc = NVME_OPC_GET_LOG_PAGE, .nsid = ALL, .prp1 = BUFFER };

	cmd.cdw10 = (len / 4 - 1) << 16 | (uint32_t)retain << 15 | lid;
	memset(driver_ptr(&rig->driver, BUFFER), 0xa5, 4096);
	assert_int_equal(driver_command(&rig->driver, 0, &cmd), 0);
}

/* Figure 147: error status, information 00h and 01h, log page 01h. */
static void test_wrong_doorbells_are_events_and_masked_until_the_log_is_read(void **state)
{
	struct rig *rig = *state;

	for (int i = 0; i < NR_AERS; i++)
		submit_aer(rig);
	ring(rig, 2 * 9, 1);
	expect_event(rig, 0x010000);
	ring(rig, 2 * 1, 64);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 0));
	read_log(rig, 1, 64, true);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 0));
	read_log(rig, 1, 64, false);
	expect_event(rig, 0x010100);
	read_log(rig, 1, 64, false);
	ring(rig, 2 * 1 + 1, 64);
	expect_event(rig, 0x010100);
}

static void test_a_doorbell_that_frees_more_than_is_there_is_an_event(void **state)
{
	struct rig *rig = *state;

	submit_aer(rig);
	ring(rig, 2 * 1 + 1, 5);
	expect_event(rig, 0x010100);
}

static void test_doorbells_behind_the_last_queue_are_events(void **state)
{
	struct rig *rig = *state;

	submit_aer(rig);
	ring(rig, 2 * 65, 1);
	expect_event(rig, 0x010000);
}

/* Figures 146 and 193: the event, and an entry of no command. */
static void test_each_wrong_doorbell_has_its_event_and_its_entry(void **state)
{
	static const struct {
		uint64_t off;
		uint32_t value, info;
		uint16_t status;
	} rows[] = {
		{ 0x1010, 1, 0, ST(INVALID_QUEUE_IDENTIFIER) },		/* no SQ 2 */
		{ 0x1014, 1, 0, ST(INVALID_QUEUE_IDENTIFIER) },		/* no CQ 2 */
		{ 0x1208, 1, 0, ST(INVALID_QUEUE_IDENTIFIER) },		/* queue 65 */
		{ 0x1ff8, 1, 0, ST(INVALID_QUEUE_IDENTIFIER) },
		{ 0x1ffc, 0, 0, ST(INVALID_QUEUE_IDENTIFIER) },
		{ 0x1008, 64, 1, ST(INVALID_FIELD) },			/* beyond the size */
		{ 0x1008, 0xffff, 1, ST(INVALID_FIELD) },
		{ 0x100c, 64, 1, ST(INVALID_FIELD) },
		{ 0x100c, 5, 1, ST(INVALID_FIELD) },			/* beyond what was posted */
		{ 0x1000, 32, 1, ST(INVALID_FIELD) },
		{ 0x1004, 32, 1, ST(INVALID_FIELD) },
	};
	struct rig *rig = *state;
	const uint8_t *entry = driver_ptr(&rig->driver, BUFFER);
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		submit_aer(rig);
		driver_set_reg(&rig->driver, rows[i].off, 4, rows[i].value);
		expect_event(rig, ERROR_EVENT | rows[i].info << 8);
		read_log(rig, 1, 64, false);
		assert_int_equal(bytes_get_le(entry, 8), i + 1);
		assert_int_equal(bytes_get_le(entry + 8, 4), 0xffffffff);
		assert_int_equal(bytes_get_le(entry + 12, 2) >> 1, rows[i].status);
		assert_int_equal(bytes_get_le(entry + 14, 2), 0xffff);
		assert_int_equal(driver_csts(&rig->driver), 1);
		assert_int_equal(driver_command(&rig->driver, 1, &flush), 0);
	}
}

/* Entries 3 and 0 of four wait for the driver, so that 4 would be within them. */
static void test_a_head_of_as_many_as_there_are_is_an_event(void **state)
{
	struct rig *rig = *state;
	struct nvme_driver *d = &rig->driver;
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	const uint8_t *first;

	assert_int_equal(driver_create(d, 2, 4, 2), 0);
	first = driver_ptr(d, d->queue[2].cq);
	for (int i = 0; i < 3; i++)
		assert_int_equal(driver_command(d, 2, &flush), 0);
	submit_aer(rig);
	driver_submit(d, 2, &flush);
	driver_submit(d, 2, &flush);
	for (int i = 0; i < 20000 && bytes_get_le(first + 12, 2) != flush.cid; i++)
		assert_true(rig->access.wait(rig->access.ctx));
	ring(rig, 2 * 2 + 1, 4);
	expect_event(rig, ERROR_EVENT | 1 << 8);
	assert_int_equal(driver_csts(d), 1);
}

/* Section 5.2: what happened before the request is reported to it. */
static void test_an_event_waits_for_a_request(void **state)
{
	struct rig *rig = *state;

	ring(rig, 2 * 9, 1);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 0));
	submit_aer(rig);
	expect_event(rig, ERROR_EVENT);
}

/* What has happened twice before anybody asked is reported once. */
static void test_an_event_that_waits_already_does_not_wait_twice(void **state)
{
	struct rig *rig = *state;

	ring(rig, 2 * 9, 1);
	ring(rig, 2 * 9, 1);
	submit_aer(rig);
	expect_event(rig, ERROR_EVENT);
	read_log(rig, 1, 64, false);
	submit_aer(rig);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 0));
}

static uint16_t set_feature(struct rig *rig, uint32_t fid, uint32_t value)
{
	struct nvme_command cmd = { .opc = NVME_OPC_SET_FEATURES, .cdw10 = fid, .cdw11 = value };

	return driver_command(&rig->driver, 0, &cmd);
}

/* Sets the threshold, and hears of an event before or after that is completed. */
static void set_threshold_and_expect(struct rig *rig, uint32_t kelvin, uint32_t dw0)
{
	struct nvme_command cmd = { .opc = NVME_OPC_SET_FEATURES, .cdw10 = 4, .cdw11 = kelvin };
	uint16_t cid = driver_submit(&rig->driver, 0, &cmd);
	struct nvme_completion cpl[2];
	unsigned int event;

	assert_true(driver_wait(&rig->driver, 0, &cpl[0]));
	assert_true(driver_wait(&rig->driver, 0, &cpl[1]));
	event = cpl[0].cid == cid ? 1 : 0;
	assert_int_equal(cpl[!event].cid, cid);
	assert_int_equal(status_code(&cpl[event]), 0);
	assert_int_equal(cpl[event].cdw0, dw0);
}

static uint8_t critical_warning(struct rig *rig)
{
	read_log(rig, 2, 512, true);
	return *(const uint8_t *)driver_ptr(&rig->driver, BUFFER);
}

/* Section 5.21.1.4: at or above the one, at or below the other. */
static void test_a_threshold_is_reached_from_either_side(void **state)
{
	static const struct {
		uint32_t over, under;
		uint8_t warning;
	} rows[] = {
		{ TEMPERATURE_K + 1, 0, 0 },
		{ TEMPERATURE_K, 0, 2 },
		{ TEMPERATURE_K - 1, 0, 2 },
		{ 0xffff, TEMPERATURE_K - 1, 0 },
		{ 0xffff, TEMPERATURE_K, 2 },
		{ 0xffff, TEMPERATURE_K + 1, 2 },
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(set_feature(rig, 4, rows[i].over), 0);
		assert_int_equal(set_feature(rig, 4, 1 << 20 | rows[i].under), 0);
		assert_int_equal(critical_warning(rig), rows[i].warning);
	}
}

/* Section 5.2: an event of one type does not mask those of another, and each
 * log page that is read unmasks its own. */
static void test_types_of_events_are_masked_each_by_itself(void **state)
{
	struct rig *rig = *state;

	for (int i = 0; i < NR_AERS; i++)
		submit_aer(rig);
	assert_int_equal(set_feature(rig, 11, 1 << 1), 0);
	ring(rig, 2 * 9, 1);
	expect_event(rig, ERROR_EVENT);
	set_threshold_and_expect(rig, TEMPERATURE_K, HEALTH_EVENT);
	ring(rig, 2 * 9, 1);
	read_log(rig, 2, 512, false);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 0));
	set_threshold_and_expect(rig, TEMPERATURE_K, HEALTH_EVENT);
	read_log(rig, 1, 64, true);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 0));
	read_log(rig, 1, 64, false);
	expect_event(rig, ERROR_EVENT);
}

static void test_a_warning_is_an_event_if_it_is_wanted(void **state)
{
	struct rig *rig = *state;

	submit_aer(rig);
	assert_int_equal(set_feature(rig, 4, TEMPERATURE_K), 0);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 0));
	assert_int_equal(set_feature(rig, 11, 1 << 1), 0);
	set_threshold_and_expect(rig, 1 << 20 | TEMPERATURE_K, HEALTH_EVENT);
}

/* Section 7.3.2: requests and events of before are gone. */
static void test_a_reset_takes_requests_and_events(void **state)
{
	struct rig *rig = *state;

	for (int i = 0; i < NR_AERS; i++)
		submit_aer(rig);
	ring(rig, 2 * 9, 1);
	ring(rig, 2 * 1, 64);
	expect_event(rig, ERROR_EVENT);
	assert_true(driver_disable(&rig->driver));
	assert_true(driver_enable(&rig->driver, 32));
	for (int i = 0; i < NR_AERS; i++)
		submit_aer(rig);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 0));
	ring(rig, 2 * 9, 1);
	expect_event(rig, ERROR_EVENT);
}

/* The limit is that of those outstanding. */
static void test_a_request_has_room_again_when_one_was_completed(void **state)
{
	struct rig *rig = *state;
	struct nvme_command aer = { .opc = NVME_OPC_ASYNC_EVENT_REQUEST };

	for (int i = 0; i < NR_AERS; i++)
		submit_aer(rig);
	assert_int_equal(driver_command(&rig->driver, 0, &aer),
			 ST(ASYNC_EVENT_REQUEST_LIMIT_EXCEEDED));
	ring(rig, 2 * 9, 1);
	expect_event(rig, ERROR_EVENT);
	submit_aer(rig);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_TEST(test_one_request_for_events_too_many_is_refused),
		SUITE_TEST(test_wrong_doorbells_are_events_and_masked_until_the_log_is_read),
		SUITE_TEST(test_a_doorbell_that_frees_more_than_is_there_is_an_event),
		SUITE_TEST(test_doorbells_behind_the_last_queue_are_events),
		SUITE_TEST(test_each_wrong_doorbell_has_its_event_and_its_entry),
		SUITE_TEST(test_a_head_of_as_many_as_there_are_is_an_event),
		SUITE_TEST(test_an_event_waits_for_a_request),
		SUITE_TEST(test_an_event_that_waits_already_does_not_wait_twice),
		SUITE_TEST(test_a_threshold_is_reached_from_either_side),
		SUITE_TEST(test_types_of_events_are_masked_each_by_itself),
		SUITE_TEST(test_a_warning_is_an_event_if_it_is_wanted),
		SUITE_TEST(test_a_reset_takes_requests_and_events),
		SUITE_TEST(test_a_request_has_room_again_when_one_was_completed),
	};

	return SUITE_RUN(tests);
}
