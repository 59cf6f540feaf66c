/* SPDX-License-Identifier: BSD-2-Clause */
/* Viewers of a running drive: quick ones, slow ones, and those that leave. */
#include <config.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include "spec/nvme.h"
#include "tests/control_fixture.h"
#include "tracer/pcapng.h"

enum {
	PATIENCE_S = 100,
	BLOCK_HEADER = 8,
	EVENT = PCAPNG_PACKET_DATA + 2,	/* of the record, in its block */
	PAYLOAD = 4000,			/* of a mark */
	MARKS = 1000,			/* much more than sockets, buffers and small rings hold */
};

struct block {
	uint32_t type, len;
	uint8_t bytes[64 << 10];
};

static bool read_all(int fd, void *to, size_t len)
{
	uint8_t *at = to;
	ssize_t n;

	while (len > 0) {
		n = read(fd, at, len);
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

/* False at the end of the stream, which is between two blocks. */
static bool next_block(int fd, struct block *block)
{
	if (!read_all(fd, block->bytes, BLOCK_HEADER))
		return false;
	memcpy(&block->type, block->bytes, 4);
	memcpy(&block->len, block->bytes + 4, 4);
	assert_in_range(block->len, 12, sizeof(block->bytes));
	assert_true(read_all(fd, block->bytes + BLOCK_HEADER, block->len - BLOCK_HEADER));
	return true;
}

static bool is_event(const struct block *block, uint8_t event)
{
	return block->type == PCAPNG_ENHANCED && block->bytes[EVENT] == event;
}

/* Reads up to a record of this kind. */
static void await_event(int fd, uint8_t event, struct block *block)
{
	do {
		assert_true(next_block(fd, block));
	} while (!is_event(block, event));
}

static int view(struct control_fixture *fixture, const char *args)
{
	int fd = control_fixture_connect(fixture);
	char line[200];

	snprintf(line, sizeof(line), "{\"execute\":\"capture\",\"arguments\":{%s}}", args);
	assert_string_equal(control_fixture_class(control_fixture_ask(fd, line)), "none");
	return fd;
}

static void mark(int fd, size_t len)
{
	char line[PAYLOAD + 100];

	snprintf(line, sizeof(line), "{\"execute\":\"mark\",\"arguments\":{\"text\":\"%0*d\"}}",
		 (int)len, 7);
	assert_string_equal(control_fixture_class(control_fixture_ask(fd, line)), "none");
}

/* The viewers that query-status tells; given up by the caller. */
static json_t *viewers(int fd, json_t **answer)
{
	*answer = control_fixture_ask(fd, "{\"execute\":\"query-status\"}");
	return json_object_get(json_object_get(*answer, "return"), "viewers");
}

static json_int_t viewer_says(int fd, size_t index, const char *key)
{
	json_t *answer, *list = viewers(fd, &answer);
	json_int_t value = json_integer_value(json_object_get(json_array_get(list, index), key));

	json_decref(answer);
	return value;
}

static size_t nr_viewers(int fd)
{
	json_t *answer;
	size_t nr = json_array_size(viewers(fd, &answer));

	json_decref(answer);
	return nr;
}

static void test_a_viewer_gets_a_capture_that_begins_with_a_snapshot(void **state)
{
	int fd = view(*state, ""), control = control_fixture_connect(*state);
	static struct block block;

	assert_true(next_block(fd, &block));
	assert_int_equal(block.type, PCAPNG_SECTION);
	assert_true(next_block(fd, &block));
	assert_int_equal(block.type, PCAPNG_INTERFACE);
	assert_true(next_block(fd, &block));
	assert_true(is_event(&block, NVMETAP_EV_SESSION));
	assert_true(next_block(fd, &block));
	assert_true(is_event(&block, NVMETAP_EV_REGISTERS));
	mark(control, 100);
	assert_true(next_block(fd, &block));
	assert_true(is_event(&block, NVMETAP_EV_MARK));
	close(fd);
	close(control);
}

static void test_the_events_are_those_that_were_asked_for(void **state)
{
	int none = view(*state, "\"events\":\"io\""), fd = view(*state, "\"events\":\"mark\"");
	int control = control_fixture_connect(*state);
	static struct block block;

	mark(control, 1);
	await_event(fd, NVMETAP_EV_MARK, &block);
	control_fixture_stop_drive(*state);
	control_fixture_stop_control(*state);
	while (next_block(none, &block))
		assert_false(is_event(&block, NVMETAP_EV_MARK));
	close(none);
	close(fd);
	close(control);
}

static void test_what_cannot_be_captured_is_refused_and_the_connection_stays(void **state)
{
	static const char *const args[] = {
		"\"events\":\"nothing\"", "\"snap\":-1", "\"data-snap\":4294967296", "\"ring\":4095",
		"\"ring\":1073741825", "\"snap\":\"x\"",
	};
	int fd = control_fixture_connect(*state);
	char line[200];

	for (size_t i = 0; i < sizeof(args) / sizeof(args[0]); i++) {
		snprintf(line, sizeof(line), "{\"execute\":\"capture\",\"arguments\":{%s}}", args[i]);
		assert_string_not_equal(control_fixture_class(control_fixture_ask(fd, line)), "none");
	}
	assert_int_equal(nr_viewers(fd), 0);
	close(fd);
}

static void test_the_end_of_the_drive_finishes_the_stream(void **state)
{
	int fd = view(*state, ""), control = control_fixture_connect(*state);
	static struct block block;
	unsigned int nr_marks = 0;

	for (unsigned int i = 0; i < 5; i++)
		mark(control, 10);
	control_fixture_stop_drive(*state);
	control_fixture_stop_control(*state);
	while (next_block(fd, &block))
		nr_marks += is_event(&block, NVMETAP_EV_MARK);
	assert_int_equal(nr_marks, 5);
	assert_int_equal(block.type, PCAPNG_STATISTICS);
	close(fd);
	close(control);
}

/* Counts marks until the stream ends. */
static void *count_marks(void *ctx)
{
	static struct block block;
	int *fd = ctx, nr = 0;

	while (next_block(*fd, &block))
		nr += is_event(&block, NVMETAP_EV_MARK);
	close(*fd);
	*fd = nr;
	return NULL;
}

static void test_a_viewer_that_stands_still_loses_its_own_events_only(void **state)
{
	int still = view(*state, "\"ring\":4096"), quick = view(*state, "");
	int control = control_fixture_connect(*state);
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, count_marks, &quick), 0);
	for (unsigned int i = 0; i < MARKS; i++)
		mark(control, PAYLOAD);
	assert_int_equal(nr_viewers(control), 2);
	assert_in_range(viewer_says(control, 0, "dropped"), 1, MARKS);
	assert_int_equal(viewer_says(control, 1, "dropped"), 0);
	control_fixture_stop_drive(*state);
	close(still);
	control_fixture_stop_control(*state);
	pthread_join(thread, NULL);
	assert_int_equal(quick, MARKS);
	close(control);
}

static void test_what_a_slow_viewer_lost_is_told_in_its_stream(void **state)
{
	int fd = view(*state, "\"ring\":4096"), control = control_fixture_connect(*state);
	static struct block block;
	json_int_t dropped;
	pthread_t thread;

	for (unsigned int i = 0; i < MARKS; i++)
		mark(control, PAYLOAD);
	dropped = viewer_says(control, 0, "dropped");
	assert_true(dropped > 0);
	assert_true(next_block(fd, &block));
	assert_int_equal(pthread_create(&thread, NULL, count_marks, &fd), 0);
	control_fixture_stop_drive(*state);
	control_fixture_stop_control(*state);
	pthread_join(thread, NULL);
	assert_int_equal(fd + dropped, MARKS);
	close(control);
}

static void test_a_viewer_that_leaves_is_forgotten(void **state)
{
	int control = control_fixture_connect(*state), fds[3];

	for (unsigned int i = 0; i < 3; i++)
		fds[i] = view(*state, "");
	assert_int_equal(nr_viewers(control), 3);
	close(fds[1]);
	while (nr_viewers(control) != 2)
		;
	mark(control, 10);
	assert_int_equal(viewer_says(control, 1, "viewer"), 3);
	close(fds[0]);
	close(fds[2]);
	while (nr_viewers(control) != 0)
		;
	close(control);
}

static void test_a_stalled_viewer_that_is_killed_is_forgotten(void **state)
{
	int control = control_fixture_connect(*state), fd = view(*state, "\"ring\":4096");

	for (unsigned int i = 0; i < MARKS; i++)
		mark(control, PAYLOAD);
	close(fd);
	while (nr_viewers(control) != 0)
		;
	mark(control, 10);
	close(control);
}

static void test_a_stalled_viewer_does_not_keep_the_drive_from_its_end(void **state)
{
	int control = control_fixture_connect(*state), fd = view(*state, "\"ring\":4096");

	for (unsigned int i = 0; i < MARKS; i++)
		mark(control, PAYLOAD);
	control_fixture_stop_drive(*state);
	control_fixture_stop_control(*state);
	close(fd);
	close(control);
}

static void test_a_snapshot_comes_again_for_who_asks(void **state)
{
	int fd = view(*state, ""), other = view(*state, "\"events\":\"mark\"");
	int control = control_fixture_connect(*state);
	static struct block block;
	unsigned int nr_sessions = 0;

	await_event(fd, NVMETAP_EV_SESSION, &block);
	assert_string_equal(control_fixture_class(control_fixture_ask(
		control, "{\"execute\":\"snapshot\",\"arguments\":{\"viewer\":1}}")), "none");
	await_event(fd, NVMETAP_EV_SESSION, &block);
	await_event(fd, NVMETAP_EV_REGISTERS, &block);
	assert_string_equal(control_fixture_class(control_fixture_ask(
		control, "{\"execute\":\"snapshot\",\"arguments\":{\"viewer\":3}}")),
		"GenericError");
	control_fixture_stop_drive(*state);
	control_fixture_stop_control(*state);
	while (next_block(other, &block))
		nr_sessions += is_event(&block, NVMETAP_EV_SESSION);
	assert_int_equal(nr_sessions, 1);
	close(fd);
	close(other);
	close(control);
}

static unsigned int nr_descriptors(void)
{
	unsigned int nr = 0;

	for (int fd = 0; fd < 1024; fd++)
		nr += fcntl(fd, F_GETFD) != -1;
	return nr;
}

static void test_many_viewers_leave_no_descriptor_behind(void **state)
{
	int control = control_fixture_connect(*state);
	unsigned int before = nr_descriptors();

	for (unsigned int i = 0; i < 100; i++)
		close(view(*state, "\"ring\":4096"));
	while (nr_viewers(control) != 0)
		;
	assert_int_equal(nr_descriptors(), before);
	close(control);
}

static void test_there_is_an_end_to_the_number_of_viewers(void **state)
{
	int control = control_fixture_connect(*state), fds[64];

	for (unsigned int i = 0; i < 64; i++)
		fds[i] = view(*state, "\"ring\":4096");
	assert_string_equal(control_fixture_class(control_fixture_ask(
		control, "{\"execute\":\"capture\"}")), "GenericError");
	assert_int_equal(nr_viewers(control), 64);
	for (unsigned int i = 0; i < 64; i++)
		close(fds[i]);
	close(control);
}

#define LIVE_TEST(name) \
	cmocka_unit_test_setup_teardown(name, control_fixture_setup, control_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(test_a_viewer_gets_a_capture_that_begins_with_a_snapshot),
		LIVE_TEST(test_the_events_are_those_that_were_asked_for),
		LIVE_TEST(test_what_cannot_be_captured_is_refused_and_the_connection_stays),
		LIVE_TEST(test_the_end_of_the_drive_finishes_the_stream),
		LIVE_TEST(test_a_viewer_that_stands_still_loses_its_own_events_only),
		LIVE_TEST(test_what_a_slow_viewer_lost_is_told_in_its_stream),
		LIVE_TEST(test_a_viewer_that_leaves_is_forgotten),
		LIVE_TEST(test_a_stalled_viewer_that_is_killed_is_forgotten),
		LIVE_TEST(test_a_stalled_viewer_does_not_keep_the_drive_from_its_end),
		LIVE_TEST(test_a_snapshot_comes_again_for_who_asks),
		LIVE_TEST(test_many_viewers_leave_no_descriptor_behind),
		LIVE_TEST(test_there_is_an_end_to_the_number_of_viewers),
	};

	alarm(PATIENCE_S);	/* Who waits for ever fails. */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
