/* SPDX-License-Identifier: BSD-2-Clause */
/* The control socket: its place, its lines, and clients that are not as they should be. */
#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/control_fixture.h"
#include "tests/unix_connect.h"
#include "tools/control_request.h"
#include "tools/runtime.h"

enum { PATIENCE_S = 60, CLIENTS = 32 };

static const char alive[] = "{\"execute\":\"query-version\"}";

static void assert_answers(int fd)
{
	assert_string_equal(control_fixture_class(control_fixture_ask(fd, alive)), "none");
}

static void assert_ended(int fd)
{
	char byte;

	assert_true(read(fd, &byte, 1) <= 0);
	close(fd);
}

static void test_only_its_owner_may_open_the_socket(void **state)
{
	struct control_fixture *fixture = *state;
	struct stat st;

	assert_int_equal(stat(fixture->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* Our number was another drive's before, which was killed. */
static void test_what_stands_in_its_place_is_replaced(void **state)
{
	char own[RUNTIME_PATH_MAX], err[200];
	struct control *second;
	int fd;

	(void)state;
	assert_int_equal(runtime_own(own, true), 0);
	unlink(own);
	assert_int_equal(symlink("/none", own), 0);
	second = control_new(NULL, err, sizeof(err));
	assert_non_null(second);
	fd = unix_connect(own);
	assert_true(fd >= 0);
	close(fd);
	control_free(second);
	assert_int_equal(access(own, F_OK), -1);
}

static void test_the_id_of_a_request_comes_back_with_its_answer(void **state)
{
	static const char *const lines[] = {
		"{\"execute\":\"query-version\",\"id\":{\"a\":[1,2]}}",
		"{\"execute\":\"none\",\"id\":{\"a\":[1,2]}}",
	};
	int fd = control_fixture_connect(*state);

	for (size_t i = 0; i < 2; i++) {
		json_t *answer = control_fixture_ask(fd, lines[i]);
		char *id = json_dumps(json_object_get(answer, "id"), JSON_COMPACT);

		assert_string_equal(id, "{\"a\":[1,2]}");
		free(id);
		json_decref(answer);
	}
	close(fd);
}

struct bad_row {
	const char *line, *want;
};

static void test_what_is_no_request_is_refused_and_the_next_one_answered(void **state)
{
	static const struct bad_row rows[] = {
		{ "garbage", "BadRequest" },
		{ "{", "BadRequest" },
		{ "}", "BadRequest" },
		{ "null", "BadRequest" },
		{ "[]", "BadRequest" },
		{ "{}", "BadRequest" },
		{ "\"query-version\"", "BadRequest" },
		{ "{\"execute\":1}", "BadRequest" },
		{ "{\"execute\":null}", "BadRequest" },
		{ "{\"execute\":\"\"}", "CommandNotFound" },
		{ "{\"execute\":\"query-versions\"}", "CommandNotFound" },
		{ "{\"execute\":\"query-version\",\"execute\":\"quit\"}", "BadRequest" },
		{ "{\"execute\":\"query-version\",\"argument\":{}}", "BadRequest" },
		{ "{\"execute\":\"query-version\",\"arguments\":[]}", "BadRequest" },
		{ "{\"execute\":\"query-version\",\"arguments\":null}", "BadRequest" },
		{ "{\"execute\":\"query-version\"} x", "BadRequest" },
		{ "{\"execute\":\"mark\"}", "BadRequest" },
		{ "{\"execute\":\"mark\",\"arguments\":{\"text\":1}}", "BadRequest" },
		{ "{\"execute\":\"mark\",\"arguments\":{\"text\":\"a\\u0000b\"}}", "BadRequest" },
		{ "{\"execute\":\"mark\",\"arguments\":{\"text\":\"\\ud800\"}}", "BadRequest" },
		{ "{\"execute\":\"mark\",\"arguments\":{\"text\":\"\xff\"}}", "BadRequest" },
		{ "\xfe\xff", "BadRequest" },
		{ "{\"execute\":\"query-version\",\"id\":1e999}", "BadRequest" },
	};
	int fd = control_fixture_connect(*state);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *answer = control_fixture_ask(fd, rows[i].line);
		const char *got = control_fixture_class(answer);

		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s: %s, not %s", rows[i].line, got, rows[i].want);
		assert_answers(fd);
	}
	control_fixture_send(fd, "\0\n", 2);
	assert_string_equal(control_fixture_class(control_fixture_read(fd)), "BadRequest");
	control_fixture_send(fd, "\n \t\r\n", 5);	/* Blank lines are no requests. */
	assert_answers(fd);
	close(fd);
}

static void test_a_line_nested_too_deeply_is_refused(void **state)
{
	int fd = control_fixture_connect(*state);
	char line[60000];

	memset(line, '[', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	assert_string_equal(control_fixture_class(control_fixture_ask(fd, line)), "BadRequest");
	assert_answers(fd);
	close(fd);
}

static void test_requests_that_come_together_or_in_pieces_are_answered_in_order(void **state)
{
	int fd = control_fixture_connect(*state);
	char lines[4000];
	size_t len = 0;

	for (int i = 0; i < 50; i++)
		len += (size_t)snprintf(lines + len, sizeof(lines) - len,
					"{\"execute\":\"query-version\",\"id\":%d}\n", i);
	control_fixture_send(fd, lines, 1000);
	for (size_t i = 1000; i < len; i++)
		control_fixture_send(fd, lines + i, 1);
	for (int i = 0; i < 50; i++) {
		json_t *answer = control_fixture_read(fd);

		assert_int_equal(json_integer_value(json_object_get(answer, "id")), i);
		json_decref(answer);
	}
	close(fd);
}

static void test_who_closes_its_half_is_answered_first(void **state)
{
	int fd = control_fixture_connect(*state);

	control_fixture_send(fd, "{\"execute\":\"query-version\"}\n{\"exec", 34);
	shutdown(fd, SHUT_WR);
	assert_string_equal(control_fixture_class(control_fixture_read(fd)), "none");
	assert_ended(fd);
}

static void test_a_line_that_is_too_long_ends_its_client_only(void **state)
{
	int other = control_fixture_connect(*state), fd = control_fixture_connect(*state);
	static char line[CONTROL_LINE_MAX];

	memset(line, ' ', sizeof(line));
	memcpy(line, alive, sizeof(alive) - 1);
	line[sizeof(line) - 1] = '\n';
	control_fixture_send(fd, line, sizeof(line));
	assert_string_equal(control_fixture_class(control_fixture_read(fd)), "none");
	line[sizeof(line) - 1] = ' ';
	control_fixture_send(fd, line, sizeof(line));
	assert_string_equal(control_fixture_class(control_fixture_read(fd)), "BadRequest");
	assert_ended(fd);
	assert_answers(other);
	close(other);
}

static void test_half_a_request_keeps_nobody_else_waiting(void **state)
{
	int half = control_fixture_connect(*state), fd = control_fixture_connect(*state);

	control_fixture_send(half, alive, 10);
	assert_answers(fd);
	close(half);
	assert_answers(fd);
	close(fd);
}

/* As much as the socket takes; what is left of a line at the end is kept whole. */
static void flood(int fd)
{
	static const char line[] = "{\"execute\":\"query-commands\"}\n";
	size_t len = 0;
	ssize_t n;

	do {
		n = send(fd, line + len, sizeof(line) - 1 - len, MSG_NOSIGNAL | MSG_DONTWAIT);
		len = n > 0 ? (len + (size_t)n) % (sizeof(line) - 1) : len;
	} while (n > 0);
	assert_int_equal(errno, EAGAIN);
}

static void test_who_floods_and_never_reads_keeps_nobody_else_waiting(void **state)
{
	int floods[8], fd = control_fixture_connect(*state);

	for (size_t i = 0; i < 8; i++) {
		floods[i] = control_fixture_connect(*state);
		flood(floods[i]);
	}
	for (int i = 0; i < 100; i++)
		assert_answers(fd);
	for (size_t i = 0; i < 8; i++)
		close(floods[i]);
	assert_answers(fd);
	close(fd);
}

static void test_who_leaves_at_any_moment_is_forgotten(void **state)
{
	int fd = control_fixture_connect(*state);

	for (size_t len = 0; len < sizeof(alive); len++) {
		int other = unix_connect(((struct control_fixture *)*state)->path);

		assert_true(other >= 0);
		control_fixture_send(other, alive, len);
		if (len % 2 == 0)
			control_fixture_send(other, "\n", 1);
		close(other);
	}
	assert_answers(fd);
	close(fd);
}

static void test_one_too_many_is_told_so_and_has_a_place_when_one_leaves(void **state)
{
	struct control_fixture *fixture = *state;
	int fds[CLIENTS], more;

	for (unsigned int i = 0; i < CLIENTS; i++)
		fds[i] = control_fixture_connect(fixture);
	more = unix_connect(fixture->path);
	assert_string_equal(control_fixture_class(control_fixture_read(more)), "GenericError");
	assert_ended(more);
	shutdown(fds[3], SHUT_WR);
	assert_ended(fds[3]);
	fds[3] = control_fixture_connect(fixture);
	for (unsigned int i = 0; i < CLIENTS; i++) {
		assert_answers(fds[i]);
		close(fds[i]);
	}
}

static void test_the_end_closes_all_connections(void **state)
{
	struct control_fixture *fixture = *state;
	int fd = control_fixture_connect(fixture), half = control_fixture_connect(fixture);

	control_fixture_send(half, alive, 5);
	flood(fd);
	control_fixture_stop_control(fixture);
	assert_ended(half);
	assert_int_equal(access(fixture->path, F_OK), -1);
	close(fd);
}

#define CONTROL_TEST(name) \
	cmocka_unit_test_setup_teardown(name, control_fixture_setup, control_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTROL_TEST(test_only_its_owner_may_open_the_socket),
		CONTROL_TEST(test_what_stands_in_its_place_is_replaced),
		CONTROL_TEST(test_the_id_of_a_request_comes_back_with_its_answer),
		CONTROL_TEST(test_what_is_no_request_is_refused_and_the_next_one_answered),
		CONTROL_TEST(test_a_line_nested_too_deeply_is_refused),
		CONTROL_TEST(test_requests_that_come_together_or_in_pieces_are_answered_in_order),
		CONTROL_TEST(test_who_closes_its_half_is_answered_first),
		CONTROL_TEST(test_a_line_that_is_too_long_ends_its_client_only),
		CONTROL_TEST(test_half_a_request_keeps_nobody_else_waiting),
		CONTROL_TEST(test_who_floods_and_never_reads_keeps_nobody_else_waiting),
		CONTROL_TEST(test_who_leaves_at_any_moment_is_forgotten),
		CONTROL_TEST(test_one_too_many_is_told_so_and_has_a_place_when_one_leaves),
		CONTROL_TEST(test_the_end_closes_all_connections),
	};

	alarm(PATIENCE_S);	/* who waits for ever fails */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
