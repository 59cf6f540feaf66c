/* SPDX-License-Identifier: BSD-2-Clause */
/* A drive with its capture: what serve and boot run. */
#ifndef TOOLS_SESSION_H
#define TOOLS_SESSION_H

#include <stdatomic.h>
#include "tools/drive_options.h"

struct session {
	const struct drive_options *options;	/* outlive it */
	struct drive *drive;
	struct inject *inject;		/* the rules */
	struct control *control;	/* NULL: nobody can connect */
	struct tracer *tracer;		/* NULL: nothing is captured or watched */
	struct drive_plugin plugin;
	const char *path, *command;
	atomic_bool told;		/* that the capture has failed */
	struct tracer_stats stats;	/* once it is closed */
};

/* Opens the capture and the drive; from then on a pipe that nobody reads and a
 * file that may not grow are errors, no longer signals.  0, or -1 when it has
 * said what is wrong. */
int session_open(struct session *session, const struct drive_options *options,
		 const char *command);
/* Serves; returns what drive_run does.  session_stop: any thread, signal handlers. */
int session_run(struct session *session);
void session_stop(struct session *session);
/* Ends the drive and finishes the capture; what is to be reported of them stays
 * until session_free. */
void session_close(struct session *session);
void session_free(struct session *session);
/*
 * Says on standard error what came of the rules, and how the capture went.  0,
 * or -1 when that is not whole, which it or the drive, while it ran, has said
 * once.
 */
int session_report(struct session *session);

#endif
