/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket of a running drive, nvmetap-control(7): requests and
 * answers, one JSON object a line.  A thread of its own serves any number of
 * clients; none of them, whatever it does, holds up the guest or another one.
 */
#ifndef TOOLS_CONTROL_H
#define TOOLS_CONTROL_H

#include <stddef.h>
#include <stdint.h>

struct control;
struct drive;
struct inject;
struct live;
struct tracer;

struct control_config {
	struct drive *drive;
	struct tracer *tracer;	/* the capture, or NULL */
	const char *capture;	/* its path, or NULL */
	struct inject *inject;	/* the rules, or NULL */
	struct live *live;	/* set by control_start */
	const char *command;	/* "serve" */
	const char *guest_socket;	/* where the guest comes from, or NULL */
	const char *function;	/* "00:06.0" */
};

/* Listens at path, or with NULL where runtime.h's folder has room for this
 * program.  NULL, and in err one line. */
struct control *control_new(const char *path, char *err, size_t errlen);
/* Begins to answer.  What config points to outlives it.  The drive is about to
 * run, since requests wait for it.  0 or -errno. */
int control_start(struct control *control, const struct control_config *config);
/* Ends the thread, the clients and the socket.  After drive_run, before
 * drive_free and tracer_close.  NULL is nothing. */
void control_free(struct control *control);

#endif
