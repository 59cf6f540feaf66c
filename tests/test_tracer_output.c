/* SPDX-License-Identifier: BSD-2-Clause */
/* Disks and readers that are slow, full or gone: the drive goes on, the capture says what it lacks. */
#include "config.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/traced.h"
#include "tracer/outfile.h"
#include "tracer/pcapng.h"

static const char path[] = "test_tracer_output.pcapng";
static const char packed_path[] = "test_tracer_output.pcapng.zst";

/*
 * The disk: write(2) of the writer's thread.  It may stand still at its first
 * write until the test lets it go on, and be full after so many bytes.
 */
static struct disk {
	sem_t entered, go_on;
	bool stands_still;	/* set before the tracer is there */
	_Atomic size_t room;
} disk;

ssize_t __real_write(int fd, const void *from, size_t len);
ssize_t __wrap_write(int fd, const void *from, size_t len);

ssize_t __wrap_write(int fd, const void *from, size_t len)
{
	size_t room = atomic_load(&disk.room);
	ssize_t done;

	if (disk.stands_still) {
		disk.stands_still = false;
		sem_post(&disk.entered);
		sem_wait(&disk.go_on);
	}
	if (room == 0) {
		errno = ENOSPC;
		return -1;
	}
	done = __real_write(fd, from, len < room ? len : room);
	if (done > 0)
		atomic_store(&disk.room, room - (size_t)done);
	return done;
}

static int disk_new(void **state)
{
	(void)state;
	sem_init(&disk.entered, 0, 0);
	sem_init(&disk.go_on, 0, 0);
	disk.stands_still = false;
	atomic_store(&disk.room, SIZE_MAX);
	return 0;
}

static void *fire_many(void *ctx)
{
	struct nvmetap_xfer xfer = {0x1000, 300000, NVMETAP_TO_HOST};

	for (unsigned int i = 0; i < *(unsigned int *)ctx; i++) {
		struct nvmetap_event ev = {.qkind = NVMETAP_QUEUE_IO, .xfer = &xfer};

		(void)traced_fire((uint16_t)i);
		if (i % 500 == 0)
			fake_fire(NVMETAP_TAP_IO_MEMORY, &ev);
		if (i % 7 == 0)
			fake_batch(NVMETAP_BATCH_COMPLETIONS);
	}
	return NULL;
}

/* Its numbers are those of records or of drop records, and everyone's sums agree. */
static void assert_all_accounted_for(const struct tracer_stats *stats)
{
	struct contents contents = traced_read(path);

	assert_int_equal(contents.result, 0);
	assert_int_equal(contents.nr, stats->nr_records);
	assert_int_equal(contents.nr_dropped, stats->nr_dropped);
	assert_int_equal(contents.nr_gaps, 0);
	assert_int_equal(contents.last_seq, fake.seq);
	assert_int_equal(traced_stated_drops(path), stats->nr_dropped);
}

static void stand_still(size_t ring_size)
{
	static uint8_t data[300000];
	const struct tracer_config config = {
		.path = path, .ring_size = ring_size, .snap_io = 8192,
	};
	struct tracer *tracer;
	struct tracer_stats stats;
	unsigned int nr = 20000;

	disk.stands_still = true;
	tracer = traced_new(&config);
	fake.data = data;
	fake.data_len = sizeof(data);
	(void)traced_fire(0);
	fake_batch(NVMETAP_BATCH_SLEEP);
	sem_wait(&disk.entered);
	(void)fire_many(&nr);
	sem_post(&disk.go_on);
	(void)fire_many(&nr);
	stats = traced_finish(tracer);
	assert_int_equal(stats.error, 0);
	assert_in_range(stats.nr_dropped, 1, fake.seq - 1);
	assert_all_accounted_for(&stats);
}

static void test_a_disk_that_stands_still_costs_events_and_they_are_all_counted(void **state)
{
	(void)state;
	stand_still(4096);
	stand_still(1 << 20);
}

static void lossless(const char *to, size_t ring_size, unsigned int nr)
{
	static uint8_t data[300000];
	struct tracer_config config = {
		.path = to, .ring_size = ring_size, .lossless = true,
		.snap_io = TRACER_SNAP_WHOLE,
	};
	struct tracer_stats stats;
	struct contents contents;
	struct tracer *tracer;
	pthread_t controller;

	disk.stands_still = true;
	tracer = traced_new(&config);
	fake.data = data;
	fake.data_len = sizeof(data);
	assert_int_equal(pthread_create(&controller, NULL, fire_many, &nr), 0);
	sem_wait(&disk.entered);
	sem_post(&disk.go_on);
	pthread_join(controller, NULL);
	stats = traced_finish(tracer);
	contents = traced_read(to);
	assert_int_equal(contents.result, 0);
	assert_int_equal(stats.nr_dropped, 0);
	assert_int_equal(contents.nr_events[NVMETAP_EV_IO], nr);
	assert_int_equal(contents.nr_data_bytes, nr / 500 * sizeof(data));
	assert_int_equal(contents.nr_gaps, 0);
	assert_int_equal(contents.nr, stats.nr_records);
	assert_int_equal(contents.last_seq, fake.seq);
}

static void test_lossless_loses_nothing_through_a_small_ring(void **state)
{
	(void)state;
	lossless(path, 1 << 20, 50000);
	lossless(packed_path, 1 << 20, 20000);
	lossless(path, 4096, 5000);
}

static void on_failure(void *ctx, int error)
{
	unsigned int *nr = ctx;

	assert_int_equal(error, -ENOSPC);
	++*nr;
}

/* room lies in the middle of a block, or of a frame. */
static void fill_disk(const char *to, size_t room)
{
	unsigned int nr_failures = 0;
	const struct tracer_config config = {
		.path = to, .lossless = true, .failed = on_failure, .failed_ctx = &nr_failures,
	};
	unsigned int nr = 20000;
	struct tracer_stats stats;
	struct contents contents;
	struct tracer *tracer;

	atomic_store(&disk.room, room);
	tracer = traced_new(&config);
	(void)fire_many(&nr);
	stats = traced_finish(tracer);
	assert_int_equal(nr_failures, 1);
	assert_int_equal(stats.error, -ENOSPC);
	assert_int_equal(stats.nr_file_bytes, room);
	contents = traced_read(to);
	assert_in_range(contents.nr, 1000, 19000);
	assert_int_equal(contents.nr_gaps + contents.nr_dropped, 0);
	assert_int_equal(contents.result, -ENODATA);
}

static void test_what_a_disk_had_room_for_can_be_read(void **state)
{
	(void)state;
	fill_disk(path, 1000001);
	fill_disk(packed_path, 100001);
}

static void test_a_full_disk_is_told_and_does_not_stop_the_drive(void **state)
{
	static const struct tracer_config config = {.path = "/dev/full", .lossless = true};
	struct tracer *tracer = traced_new(&config);
	unsigned int nr = 20000;
	struct tracer_stats stats;

	(void)state;
	(void)fire_many(&nr);
	stats = traced_finish(tracer);
	assert_int_equal(stats.error, -ENOSPC);
	assert_int_equal(stats.nr_file_bytes, 0);
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
	tracer = traced_new(&config);
	fake_batch(NVMETAP_BATCH_SLEEP);
	pfd = (struct pollfd){.fd = fds[0], .events = POLLIN};
	assert_int_equal(poll(&pfd, 1, 20000), 1);
	assert_int_equal(traced_finish(tracer).error, 0);
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
	tracer = traced_new(&config);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(traced_finish(tracer).error, -EPIPE);
}

static void test_what_is_flushed_can_be_read_before_the_end(void **state)
{
	struct outfile *output = outfile_open(packed_path, 0);
	struct pcapng_section section = {NULL, NULL, NULL, NULL};
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
	contents = traced_read(packed_path);
	assert_int_equal(contents.nr, 1000);
	assert_int_equal(contents.result, -ENODATA);
	assert_int_equal(outfile_close(output), 0);
	outfile_free(output);
	assert_int_equal(traced_read(packed_path).result, 0);
}

static int remove_files(void **state)
{
	(void)state;
	unlink(path);
	unlink(packed_path);
	return 0;
}

#define on_disk(test) cmocka_unit_test_setup(test, disk_new)

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_disk(test_a_disk_that_stands_still_costs_events_and_they_are_all_counted),
		on_disk(test_lossless_loses_nothing_through_a_small_ring),
		on_disk(test_what_a_disk_had_room_for_can_be_read),
		on_disk(test_a_full_disk_is_told_and_does_not_stop_the_drive),
		on_disk(test_a_pause_sends_to_a_pipe_what_has_passed),
		on_disk(test_a_viewer_that_goes_does_not_take_the_drive_with_it),
		on_disk(test_what_is_flushed_can_be_read_before_the_end),
	};

	return cmocka_run_group_tests_name("tracer_output", tests, NULL, remove_files);
}
