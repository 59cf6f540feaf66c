/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A drive on a thread of its own with a control socket, and clients of it
 * that say whatever a test wants.
 */
#ifndef TESTS_CONTROL_FIXTURE_H
#define TESTS_CONTROL_FIXTURE_H

#include <jansson.h>
#include <pthread.h>
#include <stddef.h>
#include "emu/drive.h"
#include "tools/control.h"
#include "tools/inject.h"

struct control_fixture {
	struct drive *drive;
	struct control *control;
	struct control_config config;
	pthread_t thread;
	bool running;
	char dir[32], nvme[64], path[64];	/* path: of the control socket */
	pthread_mutex_t lock;
	char marked[256];		/* the last mark's text, under lock */
};

/* CMocka's: state is a struct control_fixture. */
int control_fixture_setup(void **state);
int control_fixture_teardown(void **state);
void control_fixture_stop_drive(struct control_fixture *fixture);
void control_fixture_stop_control(struct control_fixture *fixture);

/* A connection whose greeting has been read. */
int control_fixture_connect(struct control_fixture *fixture);
/* Sends len bytes. */
void control_fixture_send(int fd, const void *bytes, size_t len);
/* The next line, as an object; NULL at the end of the connection. */
json_t *control_fixture_read(int fd);
/* Sends the line and a newline, and reads. */
json_t *control_fixture_ask(int fd, const char *line);
/* The class of an error, or "none", of an answer that is given up. */
const char *control_fixture_class(json_t *answer);

#endif
