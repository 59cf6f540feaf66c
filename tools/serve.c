/* SPDX-License-Identifier: BSD-2-Clause */
/* nvmetap serve: the drive, on a socket. */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include "tools/command.h"
#include "tools/drive_options.h"
#include "tools/session.h"
#include "tools/signals.h"

enum {
	OPT_VFIO_USER = OPTION_LONG,
	OPT_VHOST_USER,
	OPT_CONSOLE,
	OPT_ONCE,
};

static const struct option_row serve_rows[] = {
	{ OPT_VFIO_USER, "vfio-user", "PATH", "listen for QEMU at the unix socket PATH" },
	{ OPT_VHOST_USER, "vhost-user", "PATH",
	  "listen for user-mode Linux at the unix socket PATH" },
	{ OPT_CONSOLE, "console", "PATH", "listen for the guest's console at PATH" },
	{ OPT_ONCE, "once", NULL, "end when the first guest has gone" },
	{ 0, NULL, NULL, NULL },
};

static const struct option_row *const serve_tables[] = { serve_rows, drive_option_rows, NULL };

static struct session session;
static atomic_bool is_open, stopped;

static void on_signal(int number)
{
	(void)number;
	atomic_store(&stopped, true);
	if (atomic_load(&is_open))
		session_stop(&session);
}

static int handle(void *ctx, int id, const char *arg)
{
	struct drive_options *options = ctx;

	switch (id) {
	case OPT_VFIO_USER:
		options->drive.vfio_user = arg;
		return 0;
	case OPT_VHOST_USER:
		options->drive.vhost_user = arg;
		return 0;
	case OPT_CONSOLE:
		options->drive.console = arg;
		return 0;
	case OPT_ONCE:
		options->drive.once = true;
		return 0;
	default:
		return drive_options_handle(options, "serve", id, arg);
	}
}

/* Whether an option is about a capture that nobody asked for. */
static bool captures_nothing(const struct tracer_config *tracer)
{
	return tracer->path == NULL &&
	       (tracer->events != NULL || tracer->snap_admin != TRACER_SNAP_WHOLE ||
		tracer->snap_io != 0 || tracer->ring_size != 0 || tracer->lossless ||
		tracer->zstd_level != 0);
}

static int check(const struct drive_options *options, int argc, char **argv, int first)
{
	if (first < argc) {
		complain("serve: %s: not expected", argv[first]);
		return -1;
	}
	if (options->drive.vfio_user == NULL && options->drive.vhost_user == NULL) {
		complain("serve: no socket; give --vfio-user PATH or --vhost-user PATH");
		return -1;
	}
	if (options->drive.vfio_user != NULL && options->drive.vhost_user != NULL) {
		complain("serve: --vfio-user or --vhost-user, not both");
		return -1;
	}
	if (options->drive.nr_ns == 0) {
		complain("serve: no namespace; give --ns path=FILE or --ns mem=SIZE");
		return -1;
	}
	if (captures_nothing(&options->tracer)) {
		complain("serve: nothing is captured without -w FILE");
		return -1;
	}
	return 0;
}

static const char *socket_path(const struct drive_options *options)
{
	return options->drive.vfio_user != NULL ? options->drive.vfio_user :
						  options->drive.vhost_user;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct drive_options options;
	int first, ret;

	drive_options_init(&options);
	first = options_parse(command, argc, argv, handle, &options);
	if (first == OPTIONS_HELPED)
		return EXIT_DONE;
	if (first < 0 || check(&options, argc, argv, first) != 0)
		return EXIT_USAGE;
	signals_catch(on_signal);
	if (session_open(&session, &options, "serve") != 0)
		return EXIT_FAILED;
	atomic_store(&is_open, true);
	if (atomic_load(&stopped))
		session_stop(&session);
	fprintf(stderr, "nvmetap: listening at %s\n", socket_path(&options));
	ret = session_run(&session);
	if (ret != 0)
		complain("serve: %s", strerror(-ret));
	signals_release();
	session_close(&session);
	if (session_report(&session) != 0)
		ret = -EIO;
	session_free(&session);
	return ret != 0 ? EXIT_FAILED : EXIT_DONE;
}

extern const struct command command_serve;
const struct command command_serve = {
	.name = "serve",
	.operands = "",
	.summary = "serve an NVMe drive on a socket",
	.options = serve_tables,
	.run = run,
};
