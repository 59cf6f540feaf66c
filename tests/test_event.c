/* SPDX-License-Identifier: BSD-2-Clause */
/* From the event at a tap to the bytes of its record. */
#include "config.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/every_event.h"
#include "tests/feed.h"
#include "tracer/encode.h"
#include "tracer/event.h"
#include "tracer/pcapng.h"

/* Written by hand from the record's description and NVMe 1.4 figure 104. */
static const uint8_t io_record[] = {
	0x4e, 0x54, 11, 1, 1, 0x08, 56, 0,		/* NT, I/O, decode, version 1 */
	0, 0, 0, 0, 0, 0, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0,	/* sequence numbers */
	0, 0, 0, 0x30, 0, 0, 0, 1, 0x12, 0x34, 0x56, 0x78,	/* 00:06.0, namespace, CDW10 */
	0, 1, 0, 1, 0x23, 0x45, 2, 0, 0, 0, 2, 0,	/* SQ, CQ, CID, Read, NVM, status, I/O */
	0, 0, 0, 64, 0, 0, 0, 0,			/* length, count */
	0x02, 0x01, 0x45, 0x23, 1, 0, 0, 0, 0x22, 0x22, 0x22, 0x22, 0x33, 0x33, 0x33, 0x33,
	0x55, 0x55, 0x55, 0x55, 0x44, 0x44, 0x44, 0x44, 0, 0x70, 0xfc, 0xbf, 0, 0, 0, 0,
	0, 0x60, 0xfc, 0xbf, 0, 0, 0, 0, 0x78, 0x56, 0x34, 0x12, 0xf0, 0xde, 0xbc, 0x9a,
	7, 0, 0, 0, 13, 0, 0, 0, 14, 0, 0, 0, 15, 0, 0, 0,
};
static const uint8_t completion_record[] = {
	0x4e, 0x54, 12, 4, 1, 0x09, 56, 8,
	0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 11,
	0, 0, 0, 0x30, 0, 0, 0, 1, 0x12, 0x34, 0x56, 0x78,
	0, 1, 0, 1, 0x23, 0x45, 2, 0, 0x22, 0x82, 2, 0,
	0, 0, 0, 16, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0x85, 0x02,			/* 34050 ns */
	0xc0, 0xba, 0xbe, 0xdd, 0x11, 0x11, 0x11, 0x11, 5, 0, 1, 0, 0x45, 0x23, 0x05, 0x45,
};
static const uint8_t doorbell_record[] = {
	0x4e, 0x54, 6, 1, 1, 0, 56, 32,
	0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0x30, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0x10, 0x08, 0, 0, 0, 0, 0, 0, 0, 3,
	0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 4, 0, 1, 0, 1,
};

/* nvmetap-linktype(7): "rule 3" and a torn completion, as it was and as it is. */
static const uint8_t injection_record[] = {
	0x4e, 0x54, 26, 4, 1, 0x08, 56, 40,
	0, 0, 0, 0, 0, 0, 0, 26, 0, 0, 0, 0, 0, 0, 0, 12,
	0, 0, 0, 0x30, 0, 0, 0, 1, 0x12, 0x34, 0x56, 0x78,
	0, 1, 0, 1, 0x23, 0x45, 2, 0, 0, 0, 2, 0,
	0, 0, 0, 38, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40,	/* count, argument */
	0, 0, 0, 0, 0, 0, 0, 0, 16, 12, 0, 0, 1, 2, 0, 6,	/* data; tap to length of who */
	0, 16, 0, 0, 0, 0, 0, 0,
	'r', 'u', 'l', 'e', ' ', '3',
	0xc0, 0xba, 0xbe, 0xdd, 0x11, 0x11, 0x11, 0x11, 5, 0, 1, 0, 0x45, 0x23, 0x01, 0x00,
	0xc0, 0xba, 0xbe, 0xdd, 0x11, 0x11, 0x11, 0x11, 5, 0, 1, 0, 0x45, 0x23, 0x05, 0x45,
};

static uint8_t bytes[RECORD_LEN_MAX];

static void push(void *ctx, struct nvmetap_event *ev)
{
	event_push(ctx, ev);
}

static void assert_record(unsigned int event, const uint8_t *expected, size_t expected_len)
{
	struct event_feed feed = feed_new(0);
	struct record rec;
	size_t len;

	every_event(push, &feed);
	do {
		len = feed_next(&feed, bytes, &rec);
		assert_int_not_equal(len, 0);
	} while (rec.event != event);
	assert_int_equal(len, expected_len);
	assert_memory_equal(bytes, expected, len);
	ring_free(feed.ring);
}

static void test_a_command_is_recorded_as_the_specification_lays_it_out(void **state)
{
	(void)state;
	assert_record(NVMETAP_EV_IO, io_record, sizeof(io_record));
}

static void test_a_completion_carries_status_latency_and_its_command(void **state)
{
	(void)state;
	assert_record(NVMETAP_EV_COMPLETION, completion_record, sizeof(completion_record));
}

static void test_a_doorbell_carries_queue_old_and_new_value(void **state)
{
	(void)state;
	assert_record(NVMETAP_EV_DOORBELL, doorbell_record, sizeof(doorbell_record));
}

static void test_an_injection_carries_who_and_what_was_and_what_is(void **state)
{
	(void)state;
	assert_record(NVMETAP_EV_INJECT, injection_record, sizeof(injection_record));
}

static void test_every_event_becomes_a_record_that_decodes(void **state)
{
	struct event_feed feed = feed_new(0);
	struct record rec, decoded;
	size_t len;

	(void)state;
	every_event(push, &feed);
	for (unsigned int event = 1; event < EVERY_NR; event++) {
		if (event == NVMETAP_EV_DROP || event == NVMETAP_EV_CLOCK)
			continue;
		len = feed_next(&feed, bytes, &rec);
		assert_int_equal(record_decode(bytes, len, &decoded), 0);
		assert_int_equal(decoded.event, event);
		assert_int_equal(decoded.seq, event);
		assert_int_equal(decoded.bdf, FAKE_BDF);
		assert_ptr_equal(decoded.info, rec.info);
		assert_ptr_equal(decoded.payload, rec.payload);
		assert_int_equal(decoded.caplen, rec.caplen);
	}
	assert_int_equal(feed_next(&feed, bytes, &rec), 0);
	ring_free(feed.ring);
}

enum { ROOM = 64 };

/* The record of the event that has just been pushed, and the one made in memory. */
static void push_and_compare(void *ctx, struct nvmetap_event *ev)
{
	static uint8_t apart[RECORD_LEN_MAX];
	union {
		struct entry entry;
		uint8_t room[EVENT_ENTRY_ROOM + ROOM];
	} own;
	struct record rec, own_rec;
	size_t len;

	event_push(ctx, ev);
	len = feed_next(ctx, bytes, &rec);
	event_entry(&own.entry, ev, ROOM);
	assert_true(own.entry.caplen <= ROOM);
	assert_int_equal(own.entry.len, rec.len);
	if (rec.caplen > ROOM)
		assert_int_equal(own.entry.flags & NVMETAP_TRUNCATED, NVMETAP_TRUNCATED);
	else
		assert_int_equal(encode_entry(apart, &own.entry, &own_rec), len);
	if (rec.caplen <= ROOM)
		assert_memory_equal(apart, bytes, len);
}

static void test_an_event_in_memory_is_the_record_of_the_capture(void **state)
{
	struct event_feed feed = feed_new(1 << 20);

	(void)state;
	every_event(push_and_compare, &feed);
	ring_free(feed.ring);
}

static void test_a_text_longer_than_a_record_is_marked_as_truncated(void **state)
{
	struct event_feed feed = feed_new(0);
	struct nvmetap_event ev = feed_text(1, EVENT_CHUNK + 1);
	struct record rec;

	(void)state;
	event_push(&feed, &ev);
	assert_int_not_equal(feed_next(&feed, bytes, &rec), 0);
	assert_true(rec.flags & NVMETAP_TRUNCATED);
	assert_int_equal(rec.len, EVENT_CHUNK + 1);
	assert_int_equal(rec.caplen, EVENT_CHUNK);
	ring_free(feed.ring);
}

enum {
	LONG_TOTAL = 2 * EVENT_CHUNK + 1000,
};

static void push_long(struct event_feed *feed, uint8_t qkind)
{
	static uint8_t data[LONG_TOTAL];
	static struct nvmetap_xfer xfer = {0x1000, LONG_TOTAL, NVMETAP_TO_DEVICE};
	struct nvmetap_event ev = {
		.event = NVMETAP_EV_DATA, .stage = NVMETAP_MEMORY, .seq = 9, .qkind = qkind,
		.xfer = &xfer,
	};

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i / 1000);
	fake.data = data;
	fake.data_len = sizeof(data);
	event_push(feed, &ev);
}

static void test_long_data_is_continued_in_further_records(void **state)
{
	struct event_feed feed = feed_new(0);
	struct record rec;
	uint32_t offset = 0;

	(void)state;
	push_long(&feed, NVMETAP_QUEUE_IO);
	while (feed_next(&feed, bytes, &rec) != 0) {
		assert_int_equal(rec.seq, 9);
		assert_int_equal(rec.flags, 0);
		assert_int_equal(rec.len, rec.caplen);
		assert_int_equal(data_info_offset_get(rec.info), offset);
		assert_int_equal(data_info_total_get(rec.info), LONG_TOTAL);
		assert_memory_equal(rec.payload, fake.data + offset, rec.caplen);
		offset += rec.caplen;
	}
	assert_int_equal(offset, LONG_TOTAL);
	ring_free(feed.ring);
}

static void test_a_snap_length_cuts_and_says_so(void **state)
{
	struct event_feed feed = feed_new(0);
	struct record rec;

	(void)state;
	feed.snap_io = EVENT_CHUNK + 512;
	push_long(&feed, NVMETAP_QUEUE_IO);
	assert_int_not_equal(feed_next(&feed, bytes, &rec), 0);
	assert_int_equal(rec.caplen, EVENT_CHUNK);
	assert_false(rec.flags & NVMETAP_TRUNCATED);
	assert_int_not_equal(feed_next(&feed, bytes, &rec), 0);
	assert_true(rec.flags & NVMETAP_TRUNCATED);
	assert_int_equal(rec.caplen, 512);
	assert_int_equal(rec.len, LONG_TOTAL - EVENT_CHUNK);
	assert_int_equal(feed_next(&feed, bytes, &rec), 0);
	ring_free(feed.ring);
}

static void test_without_a_snap_length_there_is_no_data(void **state)
{
	struct event_feed feed = feed_new(0);
	struct record rec;

	(void)state;
	feed.snap_io = 0;
	push_long(&feed, NVMETAP_QUEUE_IO);
	assert_int_equal(feed_next(&feed, bytes, &rec), 0);
	feed.snap_io = 512;
	feed.snap_admin = 0;
	push_long(&feed, NVMETAP_QUEUE_ADMIN);
	assert_int_equal(feed_next(&feed, bytes, &rec), 0);
	ring_free(feed.ring);
}

static void test_data_that_the_drive_refuses_is_an_empty_truncated_record(void **state)
{
	struct event_feed feed = feed_new(0);
	struct nvmetap_xfer xfer = {0x1000, 512, NVMETAP_TO_HOST};
	struct nvmetap_event ev = {.event = NVMETAP_EV_DATA, .xfer = &xfer};
	struct record rec;

	(void)state;
	event_push(&feed, &ev);
	assert_int_not_equal(feed_next(&feed, bytes, &rec), 0);
	assert_true(rec.flags & NVMETAP_TRUNCATED);
	assert_int_equal(rec.caplen, 0);
	assert_int_equal(rec.len, 512);
	ring_free(feed.ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_command_is_recorded_as_the_specification_lays_it_out),
		cmocka_unit_test(test_a_completion_carries_status_latency_and_its_command),
		cmocka_unit_test(test_a_doorbell_carries_queue_old_and_new_value),
		cmocka_unit_test(test_an_injection_carries_who_and_what_was_and_what_is),
		cmocka_unit_test(test_every_event_becomes_a_record_that_decodes),
		cmocka_unit_test(test_an_event_in_memory_is_the_record_of_the_capture),
		cmocka_unit_test(test_a_text_longer_than_a_record_is_marked_as_truncated),
		cmocka_unit_test(test_long_data_is_continued_in_further_records),
		cmocka_unit_test(test_a_snap_length_cuts_and_says_so),
		cmocka_unit_test(test_without_a_snap_length_there_is_no_data),
		cmocka_unit_test(test_data_that_the_drive_refuses_is_an_empty_truncated_record),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
