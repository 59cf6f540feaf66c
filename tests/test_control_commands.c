/* SPDX-License-Identifier: BSD-2-Clause */
/* The requests of the control socket: what each does and answers. */
#include <config.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/control_fixture.h"
#include "tools/control_request.h"

enum { PATIENCE_S = 60 };

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

static void test_a_label_is_of_one_line(void **state)
{
	int fd = control_fixture_connect(*state);
	bool paused;

	assert_fails(fd, "{\"execute\":\"inject-add\",\"arguments\":{\"rule\":"
			 "\"nvme:io:decode do drop\",\"label\":\"a\\nb\"}}",
		     "a control character in the name of a scenario");
	assert_int_equal(nr_rules(fd, &paused), 0);
	close(fd);
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

static void test_quit_is_answered_and_does_what_sigterm_does_once(void **state)
{
	static const char quit[] = "{\"execute\":\"quit\"}";
	static const char version[] = "{\"execute\":\"query-version\"}";
	int fd = control_fixture_connect(*state);
	struct timespec patience = { PATIENCE_S, 0 }, none = { 0, 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	assert_string_equal(control_fixture_class(control_fixture_ask(fd, quit)), "none");
	assert_int_equal(sigtimedwait(&set, NULL, &patience), SIGTERM);
	assert_string_equal(control_fixture_class(control_fixture_ask(fd, quit)), "none");
	assert_string_equal(control_fixture_class(control_fixture_ask(fd, version)), "none");
	assert_int_equal(sigtimedwait(&set, NULL, &none), -1);
	close(fd);
}

#define CONTROL_TEST(name) \
	cmocka_unit_test_setup_teardown(name, control_fixture_setup, control_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTROL_TEST(test_every_command_is_told_and_refuses_an_argument_it_does_not_know),
		CONTROL_TEST(test_a_mark_is_an_event_of_its_tap),
		CONTROL_TEST(test_the_manual_page_names_every_command_and_argument_in_order),
		CONTROL_TEST(test_a_mark_has_one_to_4096_bytes),
		CONTROL_TEST(test_the_status_names_state_and_transport),
		CONTROL_TEST(test_a_label_is_of_one_line),
		CONTROL_TEST(test_rules_are_added_paused_and_removed),
		CONTROL_TEST(test_rules_that_there_are_not_are_refused),
		CONTROL_TEST(test_plug_ins_that_there_are_not_are_refused),
		CONTROL_TEST(test_a_drive_that_has_ended_is_an_error_and_no_wait),
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
