/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a drive: what was said before it is still heard. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>
#include "emu/drive.h"

struct bench {
	struct drive *drive;
	char dir[32], nvme[64], console[64];
	char said[64];		/* by the console */
	size_t len;
};

static void on_console(void *ctx, const void *bytes, size_t len)
{
	struct bench *bench = ctx;

	assert_true(len < sizeof(bench->said) - bench->len);
	memcpy(bench->said + bench->len, bytes, len);
	bench->len += len;
}

static int bench_new(void **state)
{
	static const char *const ns[] = { "mem=1M" };
	struct bench *bench = calloc(1, sizeof(*bench));
	struct drive_config config = {
		.vfio_user = bench->nvme,
		.vfio_user_fd = -1,
		.ns = ns,
		.nr_ns = 1,
		.console = bench->console,
		.console_bytes = on_console,
		.console_ctx = bench,
	};
	char err[200];

	*state = bench;
	strcpy(bench->dir, "/tmp/nvmetap-XXXXXX");
	if (mkdtemp(bench->dir) == NULL)
		return -1;
	snprintf(bench->nvme, sizeof(bench->nvme), "%s/nvme", bench->dir);
	snprintf(bench->console, sizeof(bench->console), "%s/console", bench->dir);
	bench->drive = drive_new(&config, err, sizeof(err));
	return bench->drive == NULL;
}

static int bench_free(void **state)
{
	struct bench *bench = *state;

	drive_free(bench->drive);
	rmdir(bench->dir);
	free(bench);
	return 0;
}

static int connect_to(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	assert_int_equal(connect(fd, (const struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

static void test_a_stop_before_the_run_is_heard(void **state)
{
	struct bench *bench = *state;

	drive_stop(bench->drive);
	assert_int_equal(drive_run(bench->drive), 0);
}

static void test_what_the_console_said_before_the_stop_is_heard(void **state)
{
	struct bench *bench = *state;
	int fd = connect_to(bench->console);

	assert_int_equal(write(fd, "last words\n", 11), 11);
	close(fd);
	drive_stop(bench->drive);
	assert_int_equal(drive_run(bench->drive), 0);
	assert_string_equal(bench->said, "last words\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_stop_before_the_run_is_heard, bench_new,
						bench_free),
		cmocka_unit_test_setup_teardown(
			test_what_the_console_said_before_the_stop_is_heard, bench_new, bench_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
