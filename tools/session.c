/* SPDX-License-Identifier: BSD-2-Clause */
/* A drive with its capture: opens, runs and closes both in the right order. */
#include "config.h"

#include "tools/session.h"
#include "tools/control.h"
#include "tools/runtime.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "tools/session_rules.h"

static int attach(struct nvmetap_plugin *self, void *ctx)
{
	return tracer_attach(ctx, self);
}

static void detach(struct nvmetap_plugin *self, void *ctx)
{
	tracer_detach(ctx, self);
}

static const char *name(const struct session *session)
{
	return strcmp(session->path, "-") == 0 ? "standard output" : session->path;
}

/* On the writer's thread, while the drive goes on. */
static void on_failure(void *ctx, int error)
{
	struct session *session = ctx;

	atomic_store(&session->told, true);
	complain("%s: %s: %s; the capture ends there", session->command, name(session),
		 strerror(-error));
}

/* What keeps a user waiting, and how not to wait. */
static void on_stall(void *ctx, enum tracer_stall what)
{
	static const char *const words[] = {
		[TRACER_STALL_OPEN] = "waiting for somebody to read it",
		[TRACER_STALL_DRIVE] = "takes no more, and the drive waits for it (--lossless); "
				       "Ctrl-C more than once ends both",
		[TRACER_STALL_CLOSE] = "waiting until it takes the rest; "
				       "another Ctrl-C ends that",
	};
	const struct session *session = ctx;

	complain("%s: %s: %s", session->command, name(session), words[what]);
}

static int open_tracer(struct session *session, const struct drive_options *options,
		       const char *command)
{
	struct tracer_config config = options->tracer;
	char err[256] = "";
	int ret;

	if (options->tracer.path == NULL && options->tracer.sink == NULL)
		return 0;
	config.failed = on_failure;
	config.failed_ctx = session;
	config.stalled = on_stall;
	config.stalled_ctx = session;
	session->tracer = tracer_new(&config, err, sizeof(err));
	if (session->tracer == NULL) {
		complain("%s: %s", command, err);
		return -1;
	}
	session->plugin = (struct drive_plugin){
		.name = "tracer",
		.setup = attach,
		.teardown = detach,
		.ctx = session->tracer,
	};
	ret = drive_add_plugin(session->drive, &session->plugin, NULL);
	if (ret == 0)
		return 0;
	complain("%s: the tracer cannot attach: %s", command, strerror(-ret));
	tracer_close(session->tracer, NULL);
	session->tracer = NULL;
	return -1;
}

/* Without one that was asked for, the drive does not start. */
static int open_control(struct session *session, const struct drive_options *options,
			const char *command)
{
	char err[256] = "";

	session->control = control_new(options->control, err, sizeof(err));
	if (session->control != NULL || options->control == NULL)
		return 0;
	complain("%s: --control %s", command, err);
	return -1;
}

/* Of plug-ins, on any thread. */
static void on_words(void *ctx, const char *line)
{
	const struct session *session = ctx;

	complain("%s: %s", session->command, line);
}

/* What a program that ends at once would leave behind; also in a signal handler. */
static void put_away(const struct session *session)
{
	const struct drive_options *options = session->options;
	const char *const sockets[] = {
		options->drive.vfio_user, options->drive.vhost_user, options->drive.console,
		options->control,
	};

	for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++)
		if (sockets[i] != NULL)
			unlink(sockets[i]);
	if (options->dying != NULL)
		options->dying(options->dying_ctx);
}

/* In a signal handler. */
static bool on_crash(void *ctx, bool own, const struct nvmetap_event *ev, const char *line)
{
	const struct session *session = ctx;
	bool saved = session->tracer != NULL && tracer_rescue(session->tracer, own, ev, line);

	put_away(session);
	return saved;
}

/* On another thread than the drive's, which will not go on. */
static void on_dead(void *ctx)
{
	put_away(ctx);
	runtime_unlink();
	_exit(EXIT_FAILED);
}

static int load_plugins(struct session *session, const struct drive_options *options)
{
	char err[1024] = "";

	for (unsigned int i = 0; i < options->nr_plugins; i++) {
		if (drive_load(session->drive, options->plugins[i], err, sizeof(err)) == 0)
			continue;
		complain("%s: --plugin %s", session->command, err);
		return -1;
	}
	return 0;
}

static int open_rules(struct session *session, const struct drive_options *options)
{
	session->inject = inject_new(session->drive);
	if (session->inject != NULL)
		return session_rules_add(session->inject, options, session->command);
	complain("%s: %s", session->command, strerror(errno));
	return -1;
}

/* Plug-ins and rules first: where one is refused no capture is begun, or overwritten. */
static int open_drive(struct session *session, const struct drive_options *options)
{
	struct drive_config config = options->drive;
	char err[256] = "";

	config.say = on_words;
	config.save = on_crash;
	config.dead = on_dead;
	config.host_ctx = session;
	session->drive = drive_new(&config, err, sizeof(err));
	if (session->drive == NULL) {
		complain("%s: %s", session->command, err);
		return -1;
	}
	if (load_plugins(session, options) == 0 && open_rules(session, options) == 0 &&
	    open_control(session, options, session->command) == 0 &&
	    open_tracer(session, options, session->command) == 0)
		return 0;
	session_close(session);
	session_free(session);
	return -1;
}

int session_open(struct session *session, const struct drive_options *options,
		 const char *command)
{
	memset(session, 0, sizeof(*session));
	session->options = options;
	session->path = options->tracer.path;
	session->command = command;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return open_drive(session, options);
}

static void start_control(struct session *session)
{
	const struct drive_config *drive = &session->options->drive;
	struct control_config config = {
		.drive = session->drive,
		.tracer = session->tracer,
		.inject = session->inject,
		.capture = session->path,
		.command = session->command,
		.guest_socket = drive->vfio_user != NULL ? drive->vfio_user : drive->vhost_user,
		.function = session->options->if_name,
	};
	int rc = session->control != NULL ? control_start(session->control, &config) : 0;

	if (rc != 0)
		complain("%s: control socket: %s", session->command, strerror(-rc));
}

int session_run(struct session *session)
{
	start_control(session);
	return drive_run(session->drive);
}

void session_stop(struct session *session)
{
	drive_stop(session->drive);
}

void session_close(struct session *session)
{
	control_free(session->control);
	drive_free(session->drive);
	if (session->tracer != NULL)
		tracer_close(session->tracer, &session->stats);
}

void session_free(struct session *session)
{
	inject_free(session->inject);
}

int session_report(struct session *session)
{
	const struct tracer_stats *stats = &session->stats;

	session_rules_report(session->inject);
	if (session->path == NULL)
		return 0;
	if (stats->error != 0) {
		if (!atomic_load(&session->told))
			on_failure(session, stats->error);
		return -1;
	}
	fprintf(stderr, "%s: %" PRIu64 " records, %" PRIu64 " events dropped, %" PRIu64 " bytes",
		name(session), stats->nr_records, stats->nr_dropped, stats->nr_file_bytes);
	if (stats->nr_file_bytes != stats->nr_bytes)
		fprintf(stderr, " (%" PRIu64 " before compression)", stats->nr_bytes);
	fputc('\n', stderr);
	return 0;
}
