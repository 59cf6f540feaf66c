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

static uint8_t bytes[RECORD_LEN_MAX];

static struct event_feed feed_new(size_t ring_size)
{
	fake_reset();
	return (struct event_feed){
		.ring = ring_new(ring_size),
		.snap_admin = UINT32_MAX,
		.snap_io = UINT32_MAX,
	};
}

/* The next entry of the ring as a record in bytes. */
static size_t next_record(struct event_feed *feed, struct record *rec)
{
	const struct entry *entry;
	size_t len, got;

	ring_publish(feed->ring);
	entry = ring_next(feed->ring, &got);
	if (entry == NULL)
		return 0;
	assert_in_range(encode_size(entry), 0, RECORD_LEN_MAX);
	memset(bytes, 0xa5, sizeof(bytes));
	len = encode_entry(bytes, entry, rec);
	ring_release(feed->ring);
	return len;
}

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
		len = next_record(&feed, &rec);
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

static void test_every_event_becomes_a_record_that_decodes(void **state)
{
	struct event_feed feed = feed_new(0);
	struct record rec, decoded;
	size_t len;

	(void)state;
	every_event(push, &feed);
	for (unsigned int event = 1; event <= NVMETAP_EV_REGISTERS; event++) {
		len = next_record(&feed, &rec);
		assert_int_equal(record_decode(bytes, len, &decoded), 0);
		assert_int_equal(decoded.event, event);
		assert_int_equal(decoded.seq, event);
		assert_int_equal(decoded.bdf, FAKE_BDF);
		assert_ptr_equal(decoded.info, rec.info);
		assert_ptr_equal(decoded.payload, rec.payload);
		assert_int_equal(decoded.caplen, rec.caplen);
	}
	assert_int_equal(next_record(&feed, &rec), 0);
	ring_free(feed.ring);
}

static struct nvmetap_event text_event(uint64_t seq, size_t len)
{
	static char text[EVENT_CHUNK + 1];

	return (struct nvmetap_event){
		.event = NVMETAP_EV_LOG, .seq = seq, .text = text, .text_len = len,
	};
}

static void test_what_finds_no_room_is_counted_and_told_before_the_next_event(void **state)
{
	struct event_feed feed = feed_new(4096);
	struct nvmetap_event ev;
	struct record rec;
	uint64_t seq = 0;

	(void)state;
	while (feed.nr_dropped < 3) {
		ev = text_event(++seq, 1000);
		event_push(&feed, &ev);
	}
	assert_int_equal(seq, 6);
	for (uint64_t i = 1; i <= 3; i++) {
		assert_int_not_equal(next_record(&feed, &rec), 0);
		assert_int_equal(rec.seq, i);
	}
	ev = text_event(++seq, 10);
	event_push(&feed, &ev);
	assert_int_not_equal(next_record(&feed, &rec), 0);
	assert_int_equal(rec.event, NVMETAP_EV_DROP);
	assert_int_equal(rec.seq, 0);
	assert_int_equal(rec.bdf, 0);
	assert_int_equal(drop_info_count_get(rec.info), 3);
	assert_int_equal(drop_info_first_get(rec.info), 4);
	assert_int_equal(drop_info_last_get(rec.info), 6);
	assert_int_not_equal(next_record(&feed, &rec), 0);
	assert_int_equal(rec.seq, 7);
	assert_int_equal(next_record(&feed, &rec), 0);
	ring_free(feed.ring);
}

static void test_what_fits_only_without_its_drop_entry_is_dropped(void **state)
{
	struct event_feed feed = feed_new(4096);
	struct nvmetap_event ev;
	struct record rec;

	(void)state;
	for (uint64_t seq = 1; seq <= 4; seq++) {
		ev = text_event(seq, 1000);
		event_push(&feed, &ev);
	}
	ev = text_event(5, 760);	/* 880 bytes are left, of which it needs 832 */
	event_push(&feed, &ev);
	assert_int_equal(feed.nr_dropped, 2);
	ev = text_event(6, 700);
	event_push(&feed, &ev);
	assert_int_equal(feed.nr_dropped, 2);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_not_equal(next_record(&feed, &rec), 0);
	assert_int_equal(rec.event, NVMETAP_EV_DROP);
	assert_int_equal(drop_info_count_get(rec.info), 2);
	assert_int_not_equal(next_record(&feed, &rec), 0);
	assert_int_equal(rec.seq, 6);
	ring_free(feed.ring);
}

static void test_a_text_longer_than_a_record_is_marked_as_truncated(void **state)
{
	struct event_feed feed = feed_new(0);
	struct nvmetap_event ev = text_event(1, EVENT_CHUNK + 1);
	struct record rec;

	(void)state;
	event_push(&feed, &ev);
	assert_int_not_equal(next_record(&feed, &rec), 0);
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
	while (next_record(&feed, &rec) != 0) {
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
	assert_int_not_equal(next_record(&feed, &rec), 0);
	assert_int_equal(rec.caplen, EVENT_CHUNK);
	assert_false(rec.flags & NVMETAP_TRUNCATED);
	assert_int_not_equal(next_record(&feed, &rec), 0);
	assert_true(rec.flags & NVMETAP_TRUNCATED);
	assert_int_equal(rec.caplen, 512);
	assert_int_equal(rec.len, LONG_TOTAL - EVENT_CHUNK);
	assert_int_equal(next_record(&feed, &rec), 0);
	ring_free(feed.ring);
}

static void test_without_a_snap_length_there_is_no_data(void **state)
{
	struct event_feed feed = feed_new(0);
	struct record rec;

	(void)state;
	feed.snap_io = 0;
	push_long(&feed, NVMETAP_QUEUE_IO);
	assert_int_equal(next_record(&feed, &rec), 0);
	feed.snap_io = 512;
	feed.snap_admin = 0;
	push_long(&feed, NVMETAP_QUEUE_ADMIN);
	assert_int_equal(next_record(&feed, &rec), 0);
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
	assert_int_not_equal(next_record(&feed, &rec), 0);
	assert_true(rec.flags & NVMETAP_TRUNCATED);
	assert_int_equal(rec.caplen, 0);
	assert_int_equal(rec.len, 512);
	ring_free(feed.ring);
}

static void drain(void *ctx)
{
	struct event_feed *feed = ctx;
	size_t len;

	while (ring_next(feed->ring, &len) != NULL)
		fake.nr_snapshots++;
	ring_release(feed->ring);
}

static void test_lossless_waits_instead_of_dropping(void **state)
{
	struct event_feed feed = feed_new(4096);
	struct nvmetap_event ev;

	(void)state;
	feed.lossless = true;
	feed.wait = drain;
	feed.wait_ctx = &feed;
	for (uint64_t seq = 1; seq <= 1000; seq++) {
		ev = text_event(seq, seq * 3);
		event_push(&feed, &ev);
	}
	ring_publish(feed.ring);
	drain(&feed);
	assert_int_equal(feed.nr_dropped, 0);
	assert_int_equal(fake.nr_snapshots, 1000);
	ring_free(feed.ring);
}

static void test_lossless_drops_what_the_ring_can_never_hold(void **state)
{
	struct event_feed feed = feed_new(4096);
	struct nvmetap_event ev = text_event(1, 5000);

	(void)state;
	feed.lossless = true;
	event_push(&feed, &ev);
	assert_int_equal(feed.nr_dropped, 1);
	ring_free(feed.ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_command_is_recorded_as_the_specification_lays_it_out),
		cmocka_unit_test(test_a_completion_carries_status_latency_and_its_command),
		cmocka_unit_test(test_a_doorbell_carries_queue_old_and_new_value),
		cmocka_unit_test(test_every_event_becomes_a_record_that_decodes),
		cmocka_unit_test(test_what_finds_no_room_is_counted_and_told_before_the_next_event),
		cmocka_unit_test(test_what_fits_only_without_its_drop_entry_is_dropped),
		cmocka_unit_test(test_a_text_longer_than_a_record_is_marked_as_truncated),
		cmocka_unit_test(test_long_data_is_continued_in_further_records),
		cmocka_unit_test(test_a_snap_length_cuts_and_says_so),
		cmocka_unit_test(test_without_a_snap_length_there_is_no_data),
		cmocka_unit_test(test_data_that_the_drive_refuses_is_an_empty_truncated_record),
		cmocka_unit_test(test_lossless_waits_instead_of_dropping),
		cmocka_unit_test(test_lossless_drops_what_the_ring_can_never_hold),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
