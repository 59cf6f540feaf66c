/* SPDX-License-Identifier: BSD-2-Clause */
/* A drive with a control socket, and its clients. */
#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/control_fixture.h"
#include "tests/unix_connect.h"

static int on_mark(void *ctx, struct nvmetap_event *ev)
{
	struct control_fixture *fixture = ctx;

	pthread_mutex_lock(&fixture->lock);
	snprintf(fixture->marked, sizeof(fixture->marked), "%.*s", (int)ev->text_len,
		 (const char *)ev->text);
	pthread_mutex_unlock(&fixture->lock);
	return NVMETAP_GO;
}

static int attach(struct nvmetap_plugin *self, void *ctx)
{
	return nvmetap_attach(self, "host:mark:decode", on_mark, ctx, NVMETAP_OBSERVE);
}

static void *run(void *ctx)
{
	struct control_fixture *fixture = ctx;

	drive_run(fixture->drive);
	return NULL;
}

static int start(struct control_fixture *fixture)
{
	static const char *const ns[] = { "mem=1M" };
	struct drive_config config = {
		.vfio_user = fixture->nvme, .vfio_user_fd = -1, .ns = ns, .nr_ns = 1,
	};
	struct drive_plugin watcher = { .name = "watcher", .setup = attach, .ctx = fixture };
	char err[200];

	fixture->drive = drive_new(&config, err, sizeof(err));
	if (fixture->drive == NULL || drive_add_plugin(fixture->drive, &watcher, NULL) != 0)
		return -1;
	fixture->control = control_new(fixture->path, err, sizeof(err));
	if (fixture->control == NULL)
		return -1;
	fixture->config.drive = fixture->drive;
	fixture->config.inject = inject_new(fixture->drive);
	fixture->config.command = "test";
	fixture->config.function = "00:06.0";
	if (control_start(fixture->control, &fixture->config) != 0)
		return -1;
	fixture->running = pthread_create(&fixture->thread, NULL, run, fixture) == 0;
	return fixture->running ? 0 : -1;
}

int control_fixture_setup(void **state)
{
	struct control_fixture *fixture = calloc(1, sizeof(*fixture));

	*state = fixture;
	pthread_mutex_init(&fixture->lock, NULL);
	strcpy(fixture->dir, "/tmp/nvmetap-XXXXXX");
	if (mkdtemp(fixture->dir) == NULL)
		return -1;
	setenv("NVMETAP_RUNTIME_DIR", fixture->dir, 1);
	snprintf(fixture->nvme, sizeof(fixture->nvme), "%s/nvme", fixture->dir);
	snprintf(fixture->path, sizeof(fixture->path), "%s/control", fixture->dir);
	return start(fixture);
}

void control_fixture_stop_drive(struct control_fixture *fixture)
{
	if (!fixture->running)
		return;
	drive_stop(fixture->drive);
	pthread_join(fixture->thread, NULL);
	fixture->running = false;
}

void control_fixture_stop_control(struct control_fixture *fixture)
{
	control_free(fixture->control);
	fixture->control = NULL;
}

int control_fixture_teardown(void **state)
{
	struct control_fixture *fixture = *state;

	control_fixture_stop_drive(fixture);
	control_fixture_stop_control(fixture);
	drive_free(fixture->drive);
	inject_free(fixture->config.inject);
	pthread_mutex_destroy(&fixture->lock);
	/* Fails if a socket or a link is left behind. */
	if (rmdir(fixture->dir) != 0)
		return -1;
	free(fixture);
	return 0;
}

int control_fixture_connect(struct control_fixture *fixture)
{
	int fd = unix_connect(fixture->path);
	json_t *hello, *protocol;

	assert_true(fd >= 0);
	hello = control_fixture_read(fd);
	protocol = json_object_get(json_object_get(hello, "nvmetap"), "protocol");
	assert_int_equal(json_integer_value(protocol), 1);
	json_decref(hello);
	return fd;
}

void control_fixture_send(int fd, const void *bytes, size_t len)
{
	assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), (int)len);
}

json_t *control_fixture_read(int fd)
{
	static char line[256 << 10];
	json_t *object;
	size_t len = 0;

	do {
		if (len == sizeof(line) || read(fd, line + len, 1) != 1)
			return NULL;
	} while (line[len++] != '\n');
	object = json_loadb(line, len, 0, NULL);
	assert_non_null(object);
	return object;
}

json_t *control_fixture_ask(int fd, const char *line)
{
	control_fixture_send(fd, line, strlen(line));
	control_fixture_send(fd, "\n", 1);
	return control_fixture_read(fd);
}

const char *control_fixture_class(json_t *answer)
{
	static char text[64];
	const char *found = json_string_value(json_object_get(json_object_get(answer, "error"),
							      "class"));

	snprintf(text, sizeof(text), "%s", found != NULL ? found : "none");
	json_decref(answer);
	return text;
}
