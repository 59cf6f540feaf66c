/* SPDX-License-Identifier: BSD-2-Clause */
/* The control socket: requests that are right, and clients that are not. */
#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
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

static void test_every_command_is_told_and_refuses_an_argument_it_does_not_know(void **state)
{
	int fd = control_fixture_connect(*state);
	json_t *answer = control_fixture_ask(fd, "{\"execute\":\"query-commands\"}");
	json_t *list = json_object_get(answer, "return"), *item;
	char line[200];
	size_t i;

	assert_true(json_array_size(list) >= 5);
	json_array_foreach(list, i, item) {
		const char *name = json_string_value(json_object_get(item, "name"));

		assert_string_equal(name, control_commands[i].name);
		snprintf(line, sizeof(line), "{\"execute\":\"%s\",\"arguments\":{\"zzz\":1}}", name);
		assert_string_equal(control_fixture_class(control_fixture_ask(fd, line)),
				    "BadRequest");
	}
	assert_null(control_commands[i].name);
	json_decref(answer);
	close(fd);
}

static void test_a_mark_is_an_event_of_its_tap(void **state)
{
	struct control_fixture *fixture = *state;
	int fd = control_fixture_connect(fixture);
	json_t *answer = control_fixture_ask(
		fd, "{\"execute\":\"mark\",\"arguments\":{\"text\":\"l\\u00f6schen \xe2\x82\xac\"}}");

	assert_string_equal(control_fixture_class(answer), "none");
	pthread_mutex_lock(&fixture->lock);
	assert_string_equal(fixture->marked, "l\xc3\xb6schen \xe2\x82\xac");
	pthread_mutex_unlock(&fixture->lock);
	close(fd);
}

/* "mark text" for each command of the page, a line each. */
static void read_page(char *to, size_t size)
{
	const char *srcdir = getenv("srcdir");
	char path[512], line[200], name[100];
	bool inside = false;
	size_t len = 0;
	FILE *page;

	snprintf(path, sizeof(path), "%s/doc/nvmetap-control.7", srcdir != NULL ? srcdir : ".");
	page = fopen(path, "r");
	assert_non_null(page);
	while (fgets(line, sizeof(line), page) != NULL) {
		if (strncmp(line, ".Ss ", 4) == 0 || strncmp(line, ".Sh ", 4) == 0)
			inside = strcmp(line, ".Ss Commands\n") == 0;
		else if (inside && sscanf(line, ".It Ic %99s", name) == 1)
			len += (size_t)snprintf(to + len, size - len, "\n%s", name);
		else if (inside && sscanf(line, ".It Ar %99s", name) == 1)
			len += (size_t)snprintf(to + len, size - len, " %s", name);
		assert_true(len < size);
	}
	fclose(page);
}

static void test_the_manual_page_names_every_command_and_argument_in_order(void **state)
{
	int fd = control_fixture_connect(*state);
	json_t *answer = control_fixture_ask(fd, "{\"execute\":\"query-commands\"}"), *item, *arg;
	char told[4096] = "", page[4096] = "";
	size_t i, j, len = 0;

	json_array_foreach(json_object_get(answer, "return"), i, item) {
		len += (size_t)snprintf(told + len, sizeof(told) - len, "\n%s",
					json_string_value(json_object_get(item, "name")));
		json_array_foreach(json_object_get(item, "arguments"), j, arg)
			len += (size_t)snprintf(told + len, sizeof(told) - len, " %s",
						json_string_value(json_object_get(arg, "name")));
	}
	read_page(page, sizeof(page));
	assert_string_equal(page, told);
	json_decref(answer);
	close(fd);
}

static void ask_mark_of(int fd, size_t len, const char *want)
{
	json_t *request = json_object(), *args = json_object(), *answer;
	char *text = malloc(len + 1), *line;

	memset(text, 'x', len);
	text[len] = '\0';
	json_object_set_new(args, "text", json_string(text));
	json_object_set_new(request, "execute", json_string("mark"));
	json_object_set_new(request, "arguments", args);
	line = json_dumps(request, 0);
	answer = control_fixture_ask(fd, line);
	assert_string_equal(control_fixture_class(answer), want);
	json_decref(request);
	free(line);
	free(text);
}

static void test_a_mark_has_one_to_4096_bytes(void **state)
{
	int fd = control_fixture_connect(*state);

	ask_mark_of(fd, 0, "GenericError");
	ask_mark_of(fd, 1, "none");
	ask_mark_of(fd, 4096, "none");
	ask_mark_of(fd, 4097, "GenericError");
	close(fd);
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

static void test_the_status_names_state_and_transport(void **state)
{
	int fd = control_fixture_connect(*state);
	json_t *answer = control_fixture_ask(fd, "{\"execute\":\"query-status\"}");
	json_t *status = json_object_get(answer, "return");
	const char *transport = NULL, *ctrl = NULL;
	int connected = 1;

	assert_int_equal(json_unpack(status, "{s:{s:b, s:s}, s:{s:s}}", "guest", "connected",
				     &connected, "transport", &transport, "controller", "state",
				     &ctrl), 0);
	assert_false(connected);
	assert_string_equal(transport, "vfio-user");
	assert_string_equal(ctrl, "disabled");
	json_decref(answer);
	close(fd);
}

static void assert_fails(int fd, const char *line, const char *words)
{
	json_t *answer = control_fixture_ask(fd, line);
	const char *desc = json_string_value(json_object_get(json_object_get(answer, "error"),
							     "desc"));

	assert_non_null(desc);
	if (strstr(desc, words) == NULL)
		fail_msg("%s: not \"%s\"", desc, words);
	json_decref(answer);
}

static json_int_t add_rule(int fd, const char *rule)
{
	char line[300];
	json_t *answer;
	json_int_t id;

	snprintf(line, sizeof(line),
		 "{\"execute\":\"inject-add\",\"arguments\":{\"rule\":\"%s\",\"label\":\"l\"}}",
		 rule);
	answer = control_fixture_ask(fd, line);
	id = json_integer_value(json_object_get(json_object_get(answer, "return"), "id"));
	json_decref(answer);
	return id;
}

static void tell_rule(int fd, const char *command, int id, const char *want)
{
	char line[200];

	snprintf(line, sizeof(line), "{\"execute\":\"%s\",\"arguments\":{\"id\":%d}}", command,
		 id);
	assert_string_equal(control_fixture_class(control_fixture_ask(fd, line)), want);
}

/* How many rules there are, and what is said of the first. */
static size_t nr_rules(int fd, bool *paused)
{
	json_t *answer = control_fixture_ask(fd, "{\"execute\":\"query-injections\"}");
	json_t *rules = json_object_get(answer, "return");
	size_t nr = json_array_size(rules);
	const char *rule = "", *label = "";
	int is_paused = 0;

	if (nr > 0) {
		assert_int_equal(json_unpack(json_array_get(rules, 0), "{s:s, s:s, s:b}", "rule",
					     &rule, "label", &label, "paused", &is_paused), 0);
		assert_string_equal(rule, "nvme:io:decode once do drop");
		assert_string_equal(label, "l");
	}
	*paused = is_paused;
	json_decref(answer);
	return nr;
}

static void test_rules_are_added_paused_and_removed(void **state)
{
	int fd = control_fixture_connect(*state);
	bool paused;

	assert_int_equal(nr_rules(fd, &paused), 0);
	assert_int_equal(add_rule(fd, "nvme:io:decode once do drop"), 1);
	assert_int_equal(add_rule(fd, "nvme:admin:decode once do drop"), 2);
	assert_int_equal(nr_rules(fd, &paused), 2);
	assert_false(paused);
	tell_rule(fd, "inject-pause", 1, "none");
	assert_int_equal(nr_rules(fd, &paused), 2);
	assert_true(paused);
	tell_rule(fd, "inject-resume", 1, "none");
	assert_int_equal(nr_rules(fd, &paused), 2);
	assert_false(paused);
	tell_rule(fd, "inject-release", 1, "none");
	tell_rule(fd, "inject-remove", 2, "none");
	assert_int_equal(nr_rules(fd, &paused), 1);
	tell_rule(fd, "inject-remove", 1, "none");
	assert_int_equal(nr_rules(fd, &paused), 0);
	close(fd);
}

static void test_rules_that_there_are_not_are_refused(void **state)
{
	static const char *const commands[] = {
		"inject-remove", "inject-pause", "inject-resume", "inject-release",
	};
	int fd = control_fixture_connect(*state);

	for (size_t i = 0; i < 4; i++) {
		tell_rule(fd, commands[i], 1, "GenericError");
		tell_rule(fd, commands[i], 0, "GenericError");
		tell_rule(fd, commands[i], -1, "GenericError");
	}
	/* Nor is one meant whose number is the same in 32 bits. */
	assert_int_equal(add_rule(fd, "nvme:io:decode once do drop"), 1);
	assert_fails(fd, "{\"execute\":\"inject-remove\",\"arguments\":{\"id\":4294967297}}",
		     "no rule 4294967297");
	assert_fails(fd, "{\"execute\":\"inject-add\",\"arguments\":{\"rule\":\"nvme:io:decod do "
			 "drop\"}}", "column 1: ");
	assert_fails(fd, "{\"execute\":\"inject-add\",\"arguments\":{\"rule\":\"\"}}", "column 1");
	close(fd);
}

static void test_plug_ins_that_there_are_not_are_refused(void **state)
{
	int fd = control_fixture_connect(*state);

	assert_fails(fd, "{\"execute\":\"plugin-load\",\"arguments\":{\"plugin\":\"/none.so\"}}",
		     "/none.so: No such file");
	assert_fails(fd, "{\"execute\":\"plugin-unload\",\"arguments\":{\"name\":\"watcher\"}}",
		     "watcher");
	close(fd);
}

static void test_a_drive_that_has_ended_is_an_error_and_no_wait(void **state)
{
	int fd = control_fixture_connect(*state);

	control_fixture_stop_drive(*state);
	assert_string_equal(control_fixture_class(control_fixture_ask(
				    fd, "{\"execute\":\"query-status\"}")), "GenericError");
	close(fd);
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

static void test_quit_is_answered_and_does_what_sigterm_does_once(void **state)
{
	static const char quit[] = "{\"execute\":\"quit\"}";
	int fd = control_fixture_connect(*state);
	struct timespec patience = { PATIENCE_S, 0 }, none = { 0, 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	assert_string_equal(control_fixture_class(control_fixture_ask(fd, quit)), "none");
	assert_int_equal(sigtimedwait(&set, NULL, &patience), SIGTERM);
	assert_string_equal(control_fixture_class(control_fixture_ask(fd, quit)), "none");
	assert_answers(fd);
	assert_int_equal(sigtimedwait(&set, NULL, &none), -1);
	close(fd);
}

#define CONTROL_TEST(name) \
	cmocka_unit_test_setup_teardown(name, control_fixture_setup, control_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTROL_TEST(test_only_its_owner_may_open_the_socket),
		CONTROL_TEST(test_what_stands_in_its_place_is_replaced),
		CONTROL_TEST(
			test_every_command_is_told_and_refuses_an_argument_it_does_not_know),
		CONTROL_TEST(test_the_manual_page_names_every_command_and_argument_in_order),
		CONTROL_TEST(test_a_mark_is_an_event_of_its_tap),
		CONTROL_TEST(test_a_mark_has_one_to_4096_bytes),
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
		CONTROL_TEST(test_the_status_names_state_and_transport),
		CONTROL_TEST(test_rules_are_added_paused_and_removed),
		CONTROL_TEST(test_rules_that_there_are_not_are_refused),
		CONTROL_TEST(test_plug_ins_that_there_are_not_are_refused),
		CONTROL_TEST(test_a_drive_that_has_ended_is_an_error_and_no_wait),
		CONTROL_TEST(test_the_end_closes_all_connections),
		CONTROL_TEST(test_quit_is_answered_and_does_what_sigterm_does_once),
	};
	sigset_t set;

	/* Before there are threads, which inherit it; and who waits for ever fails. */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	alarm(PATIENCE_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
