/* SPDX-License-Identifier: BSD-2-Clause */
/* What is kept of what passes, on its whole way from the tap to the file and back. */
#include "config.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/traced.h"
#include "tracer/tracer.h"
#include "tracer/words.h"

enum { PATIENCE_S = 60 };

static const char path[] = "test_tracer.pcapng";

static void test_the_first_record_is_the_session_and_the_file_is_whole(void **state)
{
	static const struct tracer_config config = {
		.path = path, .if_description = "d", .application = "test",
		.snap_admin = TRACER_SNAP_WHOLE,
	};
	struct tracer *tracer = traced_new(&config);
	struct tracer_stats stats;
	struct contents contents;

	(void)state;
	assert_int_equal(fake.nr_snapshots, 1);
	assert_int_equal(traced_fire(1), 1);
	fake_batch(NVMETAP_BATCH_MESSAGE);
	stats = traced_finish(tracer);
	assert_false(fake_attached(NVMETAP_TAP_BATCH));
	contents = traced_read(path);
	assert_int_equal(contents.result, 0);
	assert_int_equal(contents.nr, 2);
	assert_int_equal(contents.nr_events[NVMETAP_EV_SESSION], 1);
	assert_int_equal(contents.nr_events[NVMETAP_EV_IO], 1);
	assert_string_equal(contents.name, "00:06.0");
	assert_string_equal(contents.session, "transport: fake\nevents: default\n"
					      "snap-admin: whole\nsnap-io: 0\nlossless: no\n");
	assert_int_equal(stats.nr_records, 2);
	assert_int_equal(stats.nr_dropped, 0);
	assert_int_equal(stats.nr_bytes, stats.nr_file_bytes);
	assert_int_equal(stats.error, 0);
}

static void test_no_events_make_a_readable_file(void **state)
{
	static const struct tracer_config config = {.path = path, .events = "-session"};
	struct contents contents;

	(void)state;
	(void)traced_finish(traced_new(&config));
	contents = traced_read(path);
	assert_int_equal(contents.nr, 0);
	assert_int_equal(contents.result, 0);
}

static void test_doorbells_and_register_writes_share_a_tap_and_are_told_apart(void **state)
{
	static const struct tracer_config config = {.path = path, .events = "doorbell"};
	struct tracer *tracer = traced_new(&config);
	struct nvmetap_access acc = {.offset = 0x1000, .width = 4};
	struct nvmetap_event doorbell = {.event = NVMETAP_EV_DOORBELL, .acc = &acc};
	struct nvmetap_event write = {.acc = &acc};
	struct contents contents;

	(void)state;
	assert_int_equal(fake_fire(NVMETAP_TAP_REGWRITE, &doorbell), 1);
	assert_int_equal(fake_fire(NVMETAP_TAP_REGWRITE, &write), 1);
	assert_int_equal(traced_fire(1), 0);
	(void)traced_finish(tracer);
	contents = traced_read(path);
	assert_int_equal(contents.nr_events[NVMETAP_EV_DOORBELL], 1);
	assert_int_equal(contents.nr_events[NVMETAP_EV_REGWRITE], 0);
}

static void test_doorbells_can_be_left_out(void **state)
{
	static const struct tracer_config config = {.path = path, .events = "reg"};
	struct tracer *tracer = traced_new(&config);
	struct nvmetap_access acc = {.offset = 0x1000, .width = 4};
	struct nvmetap_event doorbell = {.event = NVMETAP_EV_DOORBELL, .acc = &acc};

	(void)state;
	assert_int_equal(fake_fire(NVMETAP_TAP_REGWRITE, &doorbell), 1);
	(void)traced_finish(tracer);
	assert_int_equal(traced_read(path).nr_events[NVMETAP_EV_DOORBELL], 0);
}

static uint64_t set_of(const char *events)
{
	char err[512] = "";
	uint64_t set;

	assert_int_equal(words_parse(events, &set, err, sizeof(err)), 0);
	return set;
}

static void test_words_add_and_remove_taps(void **state)
{
	uint64_t all = set_of("all"), none = set_of("-all");

	(void)state;
	assert_true(words_need(set_of(NULL), NVMETAP_TAP_IO_WRITEBACK));
	assert_false(words_need(set_of(NULL), NVMETAP_TAP_IO_FETCH));
	assert_false(words_need(set_of(NULL), NVMETAP_TAP_ADMIN_EXECUTE));
	assert_true(words_need(set_of("+fetch"), NVMETAP_TAP_IO_FETCH));
	assert_true(words_need(set_of("+fetch"), NVMETAP_TAP_CFGREAD));
	assert_true(words_need(all, NVMETAP_TAP_IO_FETCH));
	assert_int_equal(none, 0);
	assert_true(words_need(set_of("pci,io,-cpl"), NVMETAP_TAP_IO_DECODE));
	assert_false(words_need(set_of("pci,io,-cpl"), NVMETAP_TAP_IO_WRITEBACK));
	assert_true(words_need(set_of("pci"), NVMETAP_TAP_SESSION));
	assert_int_equal(set_of("pci+io-cpl"), set_of("pci,io,-cpl"));
	for (unsigned int tap = 0; tap < NVMETAP_NR_TAPS; tap++)
		assert_int_equal(words_need(all, tap), tap != NVMETAP_TAP_BATCH);
}

static void test_an_unknown_word_is_refused_with_the_list_of_words(void **state)
{
	struct tracer_config config = {.path = path, .events = "io,bogus"};
	char err[512] = "", little[8];

	(void)state;
	assert_null(tracer_new(&config, err, sizeof(err)));
	assert_non_null(strstr(err, "'bogus'"));
	assert_non_null(strstr(err, "session pci reg doorbell"));
	assert_null(tracer_new(&config, little, sizeof(little)));
	assert_int_equal(strlen(little), 7);
	config = (struct tracer_config){.path = "no/such/folder/x"};
	assert_null(tracer_new(&config, err, sizeof(err)));
	assert_string_equal(err, "no/such/folder/x: No such file or directory");
}

static void post_sink(void *ctx, const struct record *rec)
{
	(void)rec;
	sem_post(ctx);
}

static void test_the_end_of_a_batch_shows_its_events_to_the_writer(void **state)
{
	sem_t seen;
	struct tracer_config config = {.sink = post_sink, .sink_ctx = &seen};
	struct tracer *tracer;

	(void)state;
	sem_init(&seen, 0, 0);
	tracer = traced_new(&config);
	fake_batch(NVMETAP_BATCH_MESSAGE);
	sem_wait(&seen);
	(void)traced_finish(tracer);
	sem_destroy(&seen);
}

struct watch {
	sem_t stepped;
	int64_t step_ns;
};

static void step_sink(void *ctx, const struct record *rec)
{
	struct watch *watch = ctx;

	if (rec->event != NVMETAP_EV_CLOCK)
		return;
	watch->step_ns = (int64_t)clock_info_step_get(rec->info);
	sem_post(&watch->stepped);
}

static void test_a_step_of_the_wall_clock_is_a_record(void **state)
{
	struct watch watch = {.step_ns = 0};
	struct tracer_config config = {.sink = step_sink, .sink_ctx = &watch};
	struct tracer *tracer;
	char err[512];
	sem_t ticks;

	(void)state;
	sem_init(&watch.stepped, 0, 0);
	sem_init(&ticks, 0, 0);
	fake_reset();
	fake.ticks_read = &ticks;
	tracer = tracer_new(&config, err, sizeof(err));
	assert_non_null(tracer);
	for (unsigned int i = 0; i < 20; i++)	/* two at each look at the clocks */
		sem_wait(&ticks);
	atomic_store(&fake.wall_lag_ns, 2000000000);
	sem_wait(&watch.stepped);
	assert_in_range(watch.step_ns, 1900000000, 2100000000);
	tracer_close(tracer, NULL);
	sem_destroy(&watch.stepped);
	sem_destroy(&ticks);
}

static int remove_files(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_record_is_the_session_and_the_file_is_whole),
		cmocka_unit_test(test_no_events_make_a_readable_file),
		cmocka_unit_test(test_doorbells_and_register_writes_share_a_tap_and_are_told_apart),
		cmocka_unit_test(test_doorbells_can_be_left_out),
		cmocka_unit_test(test_words_add_and_remove_taps),
		cmocka_unit_test(test_an_unknown_word_is_refused_with_the_list_of_words),
		cmocka_unit_test(test_the_end_of_a_batch_shows_its_events_to_the_writer),
		cmocka_unit_test(test_a_step_of_the_wall_clock_is_a_record),
	};

	alarm(PATIENCE_S);	/* Who waits for ever fails. */
	return cmocka_run_group_tests_name("tracer", tests, NULL, remove_files);
}
