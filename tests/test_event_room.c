/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of events in a ring that is full or small. */
#include "config.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/feed.h"

static uint8_t bytes[RECORD_LEN_MAX];

static void test_what_finds_no_room_is_counted_and_told_before_the_next_event(void **state)
{
	struct event_feed feed = feed_new(4096);
	struct nvmetap_event ev;
	struct record rec;
	uint64_t seq = 0;

	(void)state;
	while (feed.nr_dropped < 3) {
		ev = feed_text(++seq, 1000);
		event_push(&feed, &ev);
	}
	assert_int_equal(seq, 6);
	for (uint64_t i = 1; i <= 3; i++) {
		assert_int_not_equal(feed_next(&feed, bytes, &rec), 0);
		assert_int_equal(rec.seq, i);
	}
	ev = feed_text(++seq, 10);
	event_push(&feed, &ev);
	assert_int_not_equal(feed_next(&feed, bytes, &rec), 0);
	assert_int_equal(rec.event, NVMETAP_EV_DROP);
	assert_int_equal(rec.seq, 0);
	assert_int_equal(rec.bdf, 0);
	assert_int_equal(drop_info_count_get(rec.info), 3);
	assert_int_equal(drop_info_first_get(rec.info), 4);
	assert_int_equal(drop_info_last_get(rec.info), 6);
	assert_int_not_equal(feed_next(&feed, bytes, &rec), 0);
	assert_int_equal(rec.seq, 7);
	assert_int_equal(feed_next(&feed, bytes, &rec), 0);
	ring_free(feed.ring);
}

static void test_what_fits_only_without_its_drop_entry_is_dropped(void **state)
{
	struct event_feed feed = feed_new(4096);
	struct nvmetap_event ev;
	struct record rec;

	(void)state;
	for (uint64_t seq = 1; seq <= 4; seq++) {
		ev = feed_text(seq, 1000);
		event_push(&feed, &ev);
	}
	ev = feed_text(5, 760);	/* 880 bytes are left, of which it needs 832 */
	event_push(&feed, &ev);
	assert_int_equal(feed.nr_dropped, 2);
	ev = feed_text(6, 700);
	event_push(&feed, &ev);
	assert_int_equal(feed.nr_dropped, 2);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_not_equal(feed_next(&feed, bytes, &rec), 0);
	assert_int_equal(rec.event, NVMETAP_EV_DROP);
	assert_int_equal(drop_info_count_get(rec.info), 2);
	assert_int_not_equal(feed_next(&feed, bytes, &rec), 0);
	assert_int_equal(rec.seq, 6);
	ring_free(feed.ring);
}

static struct nvmetap_event data_event(uint64_t seq, uint32_t total)
{
	static uint8_t data[1 << 20];
	static struct nvmetap_xfer xfer;

	for (size_t i = 0; i < total; i++)
		data[i] = (uint8_t)(i / 100);
	fake.data = data;
	fake.data_len = total;
	xfer = (struct nvmetap_xfer){0x1000, total, NVMETAP_TO_DEVICE};
	return (struct nvmetap_event){
		.event = NVMETAP_EV_DATA, .stage = NVMETAP_MEMORY, .seq = seq,
		.qkind = NVMETAP_QUEUE_IO, .xfer = &xfer,
	};
}

static void test_what_is_longer_than_the_ring_is_cut_and_says_so(void **state)
{
	struct event_feed feed = feed_new(4096);
	struct nvmetap_event text = feed_text(1, 5000), data = data_event(2, 20000);
	struct record rec;

	(void)state;
	event_push(&feed, &text);
	assert_int_not_equal(feed_next(&feed, bytes, &rec), 0);
	assert_true(rec.flags & NVMETAP_TRUNCATED);
	assert_int_equal(rec.len, 5000);
	assert_in_range(rec.caplen, 1500, 2048);
	event_push(&feed, &data);
	assert_int_not_equal(feed_next(&feed, bytes, &rec), 0);
	assert_true(rec.flags & NVMETAP_TRUNCATED);
	assert_int_equal(rec.len, 20000);
	assert_in_range(rec.caplen, 1500, 2048);
	assert_memory_equal(rec.payload, fake.data, rec.caplen);
	assert_int_equal(feed_next(&feed, bytes, &rec), 0);
	assert_int_equal(feed.nr_dropped, 0);
	ring_free(feed.ring);
}

/* The second of these transfers finds room for its first record only. */
static void test_a_transfer_is_there_with_all_its_records_or_is_dropped(void **state)
{
	struct event_feed feed = feed_new(1 << 20);
	struct nvmetap_event ev;
	struct record rec;
	uint32_t offset = 0;

	(void)state;
	for (uint64_t seq = 1; seq <= 2; seq++) {
		ev = data_event(seq, 600000);
		event_push(&feed, &ev);
	}
	assert_int_equal(feed.nr_dropped, 1);
	while (feed_next(&feed, bytes, &rec) != 0) {
		assert_int_equal(rec.seq, 1);
		assert_int_equal(data_info_offset_get(rec.info), offset);
		assert_memory_equal(rec.payload, fake.data + offset, rec.caplen);
		offset += rec.caplen;
	}
	assert_int_equal(offset, 600000);
	ev = feed_text(3, 10);
	event_push(&feed, &ev);
	assert_int_not_equal(feed_next(&feed, bytes, &rec), 0);
	assert_int_equal(drop_info_first_get(rec.info), 2);
	assert_int_equal(drop_info_last_get(rec.info), 2);
	ring_free(feed.ring);
}

static void test_a_dropped_snapshot_has_no_number_in_the_drop_entry(void **state)
{
	struct event_feed feed = feed_new(4096);
	static const uint64_t numbers[] = {0, 7, 8, 0};
	struct nvmetap_event ev;

	(void)state;
	while (feed.nr_dropped == 0) {
		ev = feed_text(6, 1000);
		event_push(&feed, &ev);
	}
	memset(&feed.drops, 0, sizeof(feed.drops));
	for (size_t i = 0; i < 4; i++) {
		ev = feed_text(numbers[i], 1000);
		event_push(&feed, &ev);
	}
	assert_int_equal(feed.drops.info.count, 4);
	assert_int_equal(feed.drops.info.first, 7);
	assert_int_equal(feed.drops.info.last, 8);
	ring_free(feed.ring);
}

/* What came through the ring while the producer waited for room. */
struct drained {
	struct event_feed feed;
	unsigned int nr;
	uint64_t last_seq;
	uint32_t offset;	/* of the transfer that is coming */
};

static void drain(void *ctx, unsigned int nr)
{
	struct drained *drained = ctx;
	struct record rec;

	(void)nr;
	while (feed_next(&drained->feed, bytes, &rec) != 0) {
		drained->nr++;
		drained->last_seq = rec.seq;
		if (rec.event != NVMETAP_EV_DATA)
			continue;
		assert_int_equal(data_info_offset_get(rec.info), drained->offset);
		assert_memory_equal(rec.payload, fake.data + drained->offset, rec.caplen);
		assert_int_equal(rec.flags, 0);
		drained->offset += rec.caplen;
	}
}

static void lossless(struct drained *drained)
{
	*drained = (struct drained){.feed = feed_new(4096)};
	drained->feed.lossless = true;
	drained->feed.wait = drain;
	drained->feed.wait_ctx = drained;
}

static void test_lossless_waits_instead_of_dropping(void **state)
{
	struct drained drained;
	struct nvmetap_event ev;

	(void)state;
	lossless(&drained);
	for (uint64_t seq = 1; seq <= 1000; seq++) {
		ev = feed_text(seq, seq * 3);
		event_push(&drained.feed, &ev);
	}
	drain(&drained, 0);
	assert_int_equal(drained.feed.nr_dropped, 0);
	assert_int_equal(drained.nr, 1000);
	assert_int_equal(drained.last_seq, 1000);
	ring_free(drained.feed.ring);
}

static void test_lossless_data_is_whole_through_a_ring_that_is_smaller(void **state)
{
	struct drained drained;
	struct nvmetap_event ev;

	(void)state;
	lossless(&drained);
	ev = data_event(1, 300000);
	event_push(&drained.feed, &ev);
	drain(&drained, 0);
	assert_int_equal(drained.offset, 300000);
	assert_int_equal(drained.feed.nr_dropped, 0);
	ring_free(drained.feed.ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_finds_no_room_is_counted_and_told_before_the_next_event),
		cmocka_unit_test(test_what_fits_only_without_its_drop_entry_is_dropped),
		cmocka_unit_test(test_what_is_longer_than_the_ring_is_cut_and_says_so),
		cmocka_unit_test(test_a_transfer_is_there_with_all_its_records_or_is_dropped),
		cmocka_unit_test(test_a_dropped_snapshot_has_no_number_in_the_drop_entry),
		cmocka_unit_test(test_lossless_waits_instead_of_dropping),
		cmocka_unit_test(test_lossless_data_is_whole_through_a_ring_that_is_smaller),
	};

	return cmocka_run_group_tests_name("event_room", tests, NULL, NULL);
}
