/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: requests at the control socket, a line each.  Every one has an
 * answer, which is one line: an object with what is returned, or an error with
 * class and words.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "emu/drive.h"
#include "tests/fuzz/fuzz.h"
#include "tools/control_request.h"
#include "tools/inject.h"
#include "tools/live.h"

/* A drive that does not run: its thread is ours, so that calls are carried out at once. */
static const struct control_config *config(void)
{
	static const char *const ns[] = { "mem=1M" };
	static struct control_config only = {
		.command = "fuzz", .function = "00:06.0", .guest_socket = "nvme.sock",
	};
	struct drive_config drive = { .ns = ns, .nr_ns = 1, .nr_threads = 1 };
	char err[200];
	int ends[2];

	if (only.drive != NULL)
		return &only;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		abort();
	drive.vfio_user_fd = ends[0];
	only.drive = drive_new(&drive, err, sizeof(err));
	only.inject = only.drive != NULL ? inject_new(only.drive) : NULL;
	only.live = only.drive != NULL ? live_new(only.drive) : NULL;
	if (only.inject == NULL || only.live == NULL)
		abort();
	return &only;
}

static void check(const char *line, const struct control_request *req)
{
	size_t len = line != NULL ? strlen(line) : 0;
	json_t *answer, *error;

	if (len == 0 || strchr(line, '\n') != line + len - 1)
		abort();
	answer = json_loads(line, 0, NULL);
	error = json_object_get(answer, "error");
	if ((json_object_get(answer, "return") == NULL) == (error == NULL))
		abort();
	if (error != NULL && (json_string_value(json_object_get(error, "class")) == NULL ||
			      json_string_value(json_object_get(error, "desc")) == NULL))
		abort();
	if (error != NULL && (req->quits || req->streams))
		abort();
	json_decref(answer);
}

static void note_last(void *ctx, const struct inject_rule *rule)
{
	*(unsigned int *)ctx = rule->id;
}

static void remove_rules(struct inject *inject)
{
	unsigned int id;

	do {
		id = 0;
		inject_each(inject, note_last, &id);
	} while (id != 0 && inject_remove(inject, id) == 0);
}

static void answer(const char *line, size_t len)
{
	struct control_request req;
	char *said = control_answer(&req, config(), line, len);

	check(said, &req);
	control_request_fini(&req);
	free(said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *end;

	for (size_t at = 0, len; at < size; at += len) {
		char *line;

		end = memchr(data + at, '\n', size - at);
		len = end != NULL ? (size_t)(end - (const char *)data) - at + 1 : size - at;
		line = malloc(len);	/* not one byte more */
		if (line == NULL)
			abort();
		memcpy(line, data + at, len);
		answer(line, len);
		free(line);
	}
	remove_rules(config()->inject);
	return 0;
}
