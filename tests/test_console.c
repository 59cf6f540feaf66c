/* SPDX-License-Identifier: BSD-2-Clause */
/* The console reader: lines, their times, partial lines, reconnects. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "emu/console.h"
#include "emu/plugin.h"

/* Time stands still but for what a test lets pass. */
static uint64_t now_ns = 1000000000;

int __wrap_clock_gettime(clockid_t id, struct timespec *ts);

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	(void)id;
	*ts = (struct timespec){ (time_t)(now_ns / 1000000000), (long)(now_ns % 1000000000) };
	return 0;
}

struct fixture {
	struct loop *loop;
	struct console *console;
	char dir[64], path[96];
	char lines[8192];		/* each in brackets */
	char bytes[8192];
	unsigned int nr_lines;
	uint64_t ticks;			/* of the last line */
};

static void take_line(void *ctx, uint64_t ticks, const char *text, size_t len)
{
	struct fixture *f = ctx;
	size_t at = strlen(f->lines);

	snprintf(f->lines + at, sizeof(f->lines) - at, "[%.*s]", (int)len, text);
	f->nr_lines++;
	f->ticks = ticks;
}

static void take_bytes(void *ctx, const void *bytes, size_t len)
{
	struct fixture *f = ctx;

	strncat(f->bytes, bytes, len);
}

static void count_line(void *ctx, uint64_t ticks, const char *text, size_t len)
{
	(void)ticks;
	(void)text;
	assert_int_equal(len, 63);
	((struct fixture *)ctx)->nr_lines++;
}

static int fixture_new(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct console_user user = { take_line, take_bytes, f };
	char err[200];

	strcpy(f->dir, "/tmp/nvmetap-console-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/con", f->dir);
	f->loop = loop_new();
	f->console = console_new(f->loop, f->path, &user, err, sizeof(err));
	*state = f;
	return f->console == NULL;
}

static int fixture_free(void **state)
{
	struct fixture *f = *state;

	console_free(f->console);
	loop_free(f->loop);
	assert_int_equal(access(f->path, F_OK), -1);
	rmdir(f->dir);
	free(f);
	return 0;
}

static int guest_connect(struct fixture *f)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(sun.sun_path, f->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

static void settle(struct fixture *f)
{
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(loop_once(f->loop, 0), 0);
}

static void let_pass(struct fixture *f, unsigned int ms)
{
	now_ns += ms * UINT64_C(1000000);
	settle(f);
}

static void guest_says(struct fixture *f, int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	settle(f);
}

static void test_lines_end_in_lf_or_cr_lf(void **state)
{
	struct fixture *f = *state;
	int fd = guest_connect(f);

	guest_says(f, fd, "one\r\ntwo\n\r\nth");
	guest_says(f, fd, "ree\r");
	guest_says(f, fd, "\nfour\rfour\n");
	assert_string_equal(f->lines, "[one][two][][three][four\rfour]");
	assert_string_equal(f->bytes, "one\r\ntwo\n\r\nthree\r\nfour\rfour\n");
	close(fd);
}

static void test_a_long_line_is_cut_at_1024_bytes_and_its_end_is_no_line(void **state)
{
	struct fixture *f = *state;
	char text[2200], expected[2200];
	int fd = guest_connect(f);

	memset(text, 'a', sizeof(text));
	strcpy(text + 1024, "\r\nb");
	guest_says(f, fd, text);
	memset(text, 'b', sizeof(text));
	strcpy(text + 1033, "\n");
	guest_says(f, fd, text);
	memset(expected, 'a', sizeof(expected));
	expected[0] = '[';
	memcpy(expected + 1025, "][", 2);
	memset(expected + 1027, 'b', 1024);
	strcpy(expected + 2051, "][bbbbbbbbbb]");
	assert_string_equal(f->lines, expected);
	close(fd);
}

static void test_a_partial_line_is_handed_on_after_200_ms_with_its_first_bytes_time(void **state)
{
	struct fixture *f = *state;
	int fd = guest_connect(f);
	uint64_t first = nvmetap_ticks();

	guest_says(f, fd, "log");
	let_pass(f, 150);
	guest_says(f, fd, "in: ");
	let_pass(f, 49);
	assert_int_equal(f->nr_lines, 0);
	let_pass(f, 1);
	assert_string_equal(f->lines, "[login: ]");
	assert_int_equal(f->ticks, first);
	guest_says(f, fd, "\r\nnext\n");
	assert_string_equal(f->lines, "[login: ][next]");
	close(fd);
}

static void test_what_is_left_at_the_close_is_a_line_and_reconnects_are_accepted(void **state)
{
	struct fixture *f = *state;
	int fd = guest_connect(f);

	guest_says(f, fd, "rest");
	close(fd);
	settle(f);
	assert_string_equal(f->lines, "[rest]");
	fd = guest_connect(f);
	guest_says(f, fd, "again\n");
	assert_string_equal(f->lines, "[rest][again]");
	close(fd);
}

static void order_say(void *ctx, int fd)
{
	struct fixture *f = ctx;
	char byte;

	assert_int_equal(read(fd, &byte, 1), 1);
	strcat(f->lines, "[doorbell]");
}

static void test_what_was_written_before_the_end_is_handed_on(void **state)
{
	struct fixture *f = *state;
	int fd = guest_connect(f);

	assert_int_equal(write(fd, "reboot: Power down\n", 19), 19);
	console_free(f->console);
	f->console = NULL;
	assert_string_equal(f->lines, "[reboot: Power down]");
	close(fd);
}

/* More than one wake-up reads, as a kernel that was never listened to leaves it. */
static void test_a_whole_pipe_is_handed_on_at_the_end(void **state)
{
	enum { NR_LINES = 15000, LEN = 64 };
	struct fixture *f = *state;
	const struct console_user user = { count_line, NULL, f };
	struct console *console;
	char line[LEN];
	int ends[2];

	memset(line, 'x', LEN);
	line[LEN - 1] = '\n';
	assert_int_equal(pipe(ends), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, NR_LINES * LEN) >= NR_LINES * LEN);
	console = console_new_fd(f->loop, ends[0], &user);
	assert_non_null(console);
	for (unsigned int i = 0; i < NR_LINES; i++)
		assert_int_equal(write(ends[1], line, LEN), LEN);
	console_free(console);
	assert_int_equal(f->nr_lines, NR_LINES);
	close(ends[1]);
}

static void test_a_pipe_that_has_ended_is_closed_and_not_asked_again(void **state)
{
	struct fixture *f = *state;
	const struct console_user user = { take_line, take_bytes, f };
	struct console *console;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	console = console_new_fd(f->loop, ends[0], &user);
	assert_non_null(console);
	guest_says(f, ends[1], "one\nrest");
	close(ends[1]);
	settle(f);
	assert_string_equal(f->lines, "[one][rest]");
	assert_int_equal(fcntl(ends[0], F_GETFD), -1);
	console_free(console);
	assert_string_equal(f->lines, "[one][rest]");
}

static void test_a_line_is_read_before_the_doorbell_that_follows_it(void **state)
{
	struct fixture *f = *state;
	int fd = guest_connect(f), transport[2];

	settle(f);
	assert_int_equal(pipe(transport), 0);
	assert_int_equal(loop_add(f->loop, transport[0], LOOP_ORDER_TRANSPORT, order_say, f), 0);
	assert_int_equal(write(fd, "reset\n", 6), 6);
	assert_int_equal(write(transport[1], "", 1), 1);
	assert_int_equal(loop_once(f->loop, -1), 0);
	assert_string_equal(f->lines, "[reset][doorbell]");
	loop_remove(f->loop, transport[0]);
	close(transport[0]);
	close(transport[1]);
	close(fd);
}

static void test_the_path_is_private_and_not_taken_from_the_living(void **state)
{
	struct fixture *f = *state;
	const struct console_user nobody = { NULL, NULL, NULL };
	struct console *other;
	char err[200] = "";
	struct stat st;

	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	other = console_new(f->loop, f->path, &nobody, err, sizeof(err));
	assert_null(other);
	assert_non_null(strstr(err, f->path));
	settle(f);
}

#define T(test) cmocka_unit_test_setup_teardown(test, fixture_new, fixture_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_lines_end_in_lf_or_cr_lf),
		T(test_a_long_line_is_cut_at_1024_bytes_and_its_end_is_no_line),
		T(test_a_partial_line_is_handed_on_after_200_ms_with_its_first_bytes_time),
		T(test_what_is_left_at_the_close_is_a_line_and_reconnects_are_accepted),
		T(test_what_was_written_before_the_end_is_handed_on),
		T(test_a_whole_pipe_is_handed_on_at_the_end),
		T(test_a_pipe_that_has_ended_is_closed_and_not_asked_again),
		T(test_a_line_is_read_before_the_doorbell_that_follows_it),
		T(test_the_path_is_private_and_not_taken_from_the_living),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
