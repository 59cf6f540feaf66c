/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole way from the tap to the file and back, on a fake drive. */
#include "config.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/fake_drive.h"
#include "tracer/outfile.h"
#include "tracer/pcapng.h"
#include "tracer/reader.h"
#include "tracer/tracer.h"
#include "tracer/words.h"

static const char path[] = "test_tracer.pcapng";
static const char packed_path[] = "test_tracer.pcapng.zst";

static struct tracer *tracer_for(const struct tracer_config *config)
{
	char err[512] = "";
	struct tracer *tracer;

	fake_reset();
	tracer = tracer_new(config, err, sizeof(err));
	if (tracer == NULL)
		print_error("%s\n", err);
	assert_non_null(tracer);
	assert_int_equal(tracer_attach(tracer, NULL), 0);
	return tracer;
}

static struct tracer_stats finish(struct tracer *tracer)
{
	struct tracer_stats stats;

	tracer_detach(tracer, NULL);
	tracer_close(tracer, &stats);
	return stats;
}

static unsigned int fire_command(uint16_t cid)
{
	struct nvme_command cmd = {.opc = NVME_OPC_READ, .cid = cid, .nsid = 1, .cdw10 = cid};
	struct nvmetap_event ev = {
		.flags = NVMETAP_HAS_COMMAND, .qkind = NVMETAP_QUEUE_IO, .sqid = 1, .cqid = 1,
		.cmd = &cmd,
	};

	return fake_fire(NVMETAP_TAP_IO_DECODE, &ev);
}

/* What a file says: its records, and what its drop records count. */
struct contents {
	uint64_t nr, nr_dropped, nr_gaps, last_seq, nr_bytes;
	unsigned int nr_events[256];
	int result;
	char name[32];
	char session[512];
};

static struct contents read_back(const char *from)
{
	struct contents contents = {0};
	struct reader_packet pkt;
	struct record rec;
	char err[512];
	struct reader *reader = reader_open(from, err, sizeof(err));

	assert_non_null(reader);
	while ((contents.result = reader_next(reader, &pkt, &rec)) == 1) {
		assert_int_equal(pkt.error, 0);
		contents.nr++;
		contents.nr_events[rec.event]++;
		contents.nr_bytes += pkt.caplen;
		snprintf(contents.name, sizeof(contents.name), "%s", pkt.interface->name);
		if (rec.event == NVMETAP_EV_SESSION)
			snprintf(contents.session, sizeof(contents.session), "%.*s",
				 (int)rec.caplen, (const char *)rec.payload);
		if (rec.event == NVMETAP_EV_DROP) {
			assert_int_equal(drop_info_first_get(rec.info), contents.last_seq + 1);
			contents.nr_dropped += drop_info_count_get(rec.info);
			contents.last_seq = drop_info_last_get(rec.info);
		} else if (rec.seq != 0) {
			contents.nr_gaps += rec.seq != contents.last_seq + 1;
			contents.last_seq = rec.seq;
		}
	}
	reader_close(reader);
	return contents;
}

static void test_the_first_record_is_the_session_and_the_file_is_whole(void **state)
{
	static const struct tracer_config config = {
		.path = path, .if_description = "d", .application = "test",
		.snap_admin = TRACER_SNAP_WHOLE,
	};
	struct tracer *tracer = tracer_for(&config);
	struct tracer_stats stats;
	struct contents contents;

	(void)state;
	assert_int_equal(fake.nr_snapshots, 1);
	assert_int_equal(fire_command(1), 1);
	fake_batch(NVMETAP_BATCH_MESSAGE);
	stats = finish(tracer);
	assert_false(fake_attached(NVMETAP_TAP_BATCH));
	contents = read_back(path);
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
	(void)finish(tracer_for(&config));
	contents = read_back(path);
	assert_int_equal(contents.nr, 0);
	assert_int_equal(contents.result, 0);
}

struct gate {
	sem_t entered, open;
	bool closed;
};

/* Keeps the writer at the first record until the gate is opened. */
static void gate_sink(void *ctx, const struct record *rec)
{
	struct gate *gate = ctx;

	(void)rec;
	if (!gate->closed)
		return;
	gate->closed = false;
	sem_post(&gate->entered);
	sem_wait(&gate->open);
}

static void test_gaps_and_drop_records_agree(void **state)
{
	struct gate gate = {.closed = true};
	struct tracer_config config = {
		.path = path, .ring_size = 1 << 20, .sink = gate_sink, .sink_ctx = &gate,
	};
	struct tracer *tracer;
	struct tracer_stats stats;
	struct contents contents;

	(void)state;
	sem_init(&gate.entered, 0, 0);
	sem_init(&gate.open, 0, 0);
	tracer = tracer_for(&config);
	fake_batch(NVMETAP_BATCH_SLEEP);
	sem_wait(&gate.entered);
	for (unsigned int i = 0; i < 20000; i++)
		(void)fire_command((uint16_t)i);
	fake_batch(NVMETAP_BATCH_MESSAGE);
	sem_post(&gate.open);
	for (unsigned int i = 0; i < 20000; i++)
		(void)fire_command((uint16_t)i);
	stats = finish(tracer);
	contents = read_back(path);
	assert_int_not_equal(stats.nr_dropped, 0);
	assert_int_equal(contents.nr, stats.nr_records);
	assert_int_equal(contents.nr_dropped, stats.nr_dropped);
	assert_int_equal(contents.nr_gaps, 0);
	assert_int_equal(contents.last_seq, fake.seq);
	assert_int_equal(contents.nr_events[NVMETAP_EV_IO] + 1 + stats.nr_dropped, fake.seq);
	sem_destroy(&gate.entered);
	sem_destroy(&gate.open);
}

static void *fire_many(void *ctx)
{
	struct nvmetap_xfer xfer = {0x1000, 300000, NVMETAP_TO_HOST};

	for (unsigned int i = 0; i < *(unsigned int *)ctx; i++) {
		struct nvmetap_event ev = {.qkind = NVMETAP_QUEUE_IO, .xfer = &xfer};

		(void)fire_command((uint16_t)i);
		if (i % 500 == 0)
			fake_fire(NVMETAP_TAP_IO_MEMORY, &ev);
		if (i % 7 == 0)
			fake_batch(NVMETAP_BATCH_COMPLETIONS);
	}
	return NULL;
}

static void lossless(const char *to, unsigned int nr)
{
	static uint8_t data[300000];
	struct tracer_config config = {
		.path = to, .ring_size = 1 << 20, .lossless = true,
		.snap_io = TRACER_SNAP_WHOLE,
	};
	struct tracer *tracer = tracer_for(&config);
	struct tracer_stats stats;
	struct contents contents;
	pthread_t controller;

	fake.data = data;
	fake.data_len = sizeof(data);
	assert_int_equal(pthread_create(&controller, NULL, fire_many, &nr), 0);
	pthread_join(controller, NULL);
	stats = finish(tracer);
	contents = read_back(to);
	assert_int_equal(contents.result, 0);
	assert_int_equal(stats.nr_dropped, 0);
	assert_int_equal(contents.nr_events[NVMETAP_EV_IO], nr);
	assert_int_equal(contents.nr_events[NVMETAP_EV_DATA], nr / 500 * 3);
	assert_int_equal(contents.nr, stats.nr_records);
	assert_int_equal(contents.last_seq, fake.seq);
}

static void test_lossless_loses_nothing_through_a_small_ring(void **state)
{
	(void)state;
	lossless(path, 50000);
	lossless(packed_path, 20000);
}

static void test_doorbells_and_register_writes_share_a_tap_and_are_told_apart(void **state)
{
	static const struct tracer_config config = {.path = path, .events = "doorbell"};
	struct tracer *tracer = tracer_for(&config);
	struct nvmetap_access acc = {.offset = 0x1000, .width = 4};
	struct nvmetap_event doorbell = {.event = NVMETAP_EV_DOORBELL, .acc = &acc};
	struct nvmetap_event write = {.acc = &acc};
	struct contents contents;

	(void)state;
	assert_int_equal(fake_fire(NVMETAP_TAP_REGWRITE, &doorbell), 1);
	assert_int_equal(fake_fire(NVMETAP_TAP_REGWRITE, &write), 1);
	assert_int_equal(fire_command(1), 0);
	(void)finish(tracer);
	contents = read_back(path);
	assert_int_equal(contents.nr_events[NVMETAP_EV_DOORBELL], 1);
	assert_int_equal(contents.nr_events[NVMETAP_EV_REGWRITE], 0);
}

static void test_doorbells_can_be_left_out(void **state)
{
	static const struct tracer_config config = {.path = path, .events = "reg"};
	struct tracer *tracer = tracer_for(&config);
	struct nvmetap_access acc = {.offset = 0x1000, .width = 4};
	struct nvmetap_event doorbell = {.event = NVMETAP_EV_DOORBELL, .acc = &acc};

	(void)state;
	assert_int_equal(fake_fire(NVMETAP_TAP_REGWRITE, &doorbell), 1);
	(void)finish(tracer);
	assert_int_equal(read_back(path).nr_events[NVMETAP_EV_DOORBELL], 0);
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

static void test_a_full_disk_is_told_and_does_not_stop_the_drive(void **state)
{
	static const struct tracer_config config = {.path = "/dev/full", .lossless = true};
	struct tracer *tracer = tracer_for(&config);
	unsigned int nr = 20000;
	struct tracer_stats stats;

	(void)state;
	(void)fire_many(&nr);
	stats = finish(tracer);
	assert_int_equal(stats.error, -ENOSPC);
	assert_int_equal(stats.nr_file_bytes, 0);
}

static void wait_for(sem_t *sem)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 20;
	assert_int_equal(sem_timedwait(sem, &until), 0);
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
	tracer = tracer_for(&config);
	fake_batch(NVMETAP_BATCH_MESSAGE);
	wait_for(&seen);
	(void)finish(tracer);
	sem_destroy(&seen);
}

static void test_a_pause_sends_to_a_pipe_what_has_passed(void **state)
{
	char from[32];
	struct tracer_config config = {.path = from};
	struct tracer *tracer;
	struct pollfd pfd;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	snprintf(from, sizeof(from), "/dev/fd/%d", fds[1]);
	tracer = tracer_for(&config);
	fake_batch(NVMETAP_BATCH_SLEEP);
	pfd = (struct pollfd){.fd = fds[0], .events = POLLIN};
	assert_int_equal(poll(&pfd, 1, 20000), 1);
	assert_int_equal(finish(tracer).error, 0);
	close(fds[0]);
	close(fds[1]);
}

static void test_a_viewer_that_goes_does_not_take_the_drive_with_it(void **state)
{
	char from[32];
	struct tracer_config config = {.path = from};
	struct tracer *tracer;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	snprintf(from, sizeof(from), "/dev/fd/%d", fds[1]);
	tracer = tracer_for(&config);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(finish(tracer).error, -EPIPE);
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
		wait_for(&ticks);
	atomic_store(&fake.wall_lag_ns, 2000000000);
	wait_for(&watch.stepped);
	assert_in_range(watch.step_ns, 1900000000, 2100000000);
	tracer_close(tracer, NULL);
	sem_destroy(&watch.stepped);
	sem_destroy(&ticks);
}

static void test_what_is_flushed_can_be_read_before_the_end(void **state)
{
	struct outfile *output = outfile_open(packed_path, 0);
	struct pcapng_section section = {NULL, NULL, NULL};
	struct pcapng_interface interface = {.linktype = PCAPNG_LINKTYPE, .name = "x"};
	struct record rec = {.event = NVMETAP_EV_MARK};
	struct contents contents;
	uint8_t *to;

	(void)state;
	to = outfile_reserve(output, PCAPNG_BLOCK_MAX);
	(void)outfile_commit(output, pcapng_section(to, &section));
	to = outfile_reserve(output, PCAPNG_BLOCK_MAX);
	(void)outfile_commit(output, pcapng_interface(to, &interface));
	for (uint64_t seq = 1; seq <= 1000; seq++) {
		struct pcapng_packet packet = {.caplen = record_SIZE, .len = record_SIZE};

		rec.seq = seq;
		to = outfile_reserve(output, PCAPNG_BLOCK_MAX);
		record_encode(to + PCAPNG_PACKET_DATA, &rec);
		(void)outfile_commit(output, pcapng_packet(to, &packet));
	}
	assert_true(outfile_pending(output));
	assert_int_equal(outfile_flush(output), 0);
	assert_false(outfile_pending(output));
	contents = read_back(packed_path);
	assert_int_equal(contents.nr, 1000);
	assert_int_equal(contents.result, -ENODATA);
	assert_int_equal(outfile_close(output), 0);
	outfile_free(output);
	assert_int_equal(read_back(packed_path).result, 0);
}

static int remove_files(void **state)
{
	(void)state;
	unlink(path);
	unlink(packed_path);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_record_is_the_session_and_the_file_is_whole),
		cmocka_unit_test(test_no_events_make_a_readable_file),
		cmocka_unit_test(test_gaps_and_drop_records_agree),
		cmocka_unit_test(test_lossless_loses_nothing_through_a_small_ring),
		cmocka_unit_test(test_doorbells_and_register_writes_share_a_tap_and_are_told_apart),
		cmocka_unit_test(test_doorbells_can_be_left_out),
		cmocka_unit_test(test_words_add_and_remove_taps),
		cmocka_unit_test(test_an_unknown_word_is_refused_with_the_list_of_words),
		cmocka_unit_test(test_a_full_disk_is_told_and_does_not_stop_the_drive),
		cmocka_unit_test(test_the_end_of_a_batch_shows_its_events_to_the_writer),
		cmocka_unit_test(test_a_pause_sends_to_a_pipe_what_has_passed),
		cmocka_unit_test(test_a_viewer_that_goes_does_not_take_the_drive_with_it),
		cmocka_unit_test(test_a_step_of_the_wall_clock_is_a_record),
		cmocka_unit_test(test_what_is_flushed_can_be_read_before_the_end),
	};

	return cmocka_run_group_tests_name("tracer", tests, NULL, remove_files);
}
