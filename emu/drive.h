/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The drive as its program sees it: transport, PCI function, controller,
 * namespaces, back ends and plug-ins put together.  drive_run gives the
 * calling thread to the controller; what is marked (T) may be called from any
 * thread, (S) from a signal handler.
 */
#ifndef EMU_DRIVE_H
#define EMU_DRIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "emu/drive_status.h"
#include "emu/plugin.h"

struct drive;

struct drive_config {
	/* One of these: the path of the socket to listen at, and what is spoken there, */
	const char *vfio_user;
	const char *vhost_user;
	int vhost_user_fd;		/* or, not 0, a connected socket, owned by the drive; */
	int vfio_user_fd;		/* or, with nothing of the above, this one */
	const char *const *ns;		/* options of --ns, see ns_new; nsid 1, 2, … */
	unsigned int nr_ns;
	const char *serial;		/* NULL: a default; at most 20, 40, 8 characters */
	const char *model;
	const char *firmware;
	uint32_t bdf;			/* 00:06.0 is 0x30; what taps and captures say */
	bool once;			/* end when the first guest has gone */
	const char *console;		/* path of the console socket to listen at, or NULL: */
	int console_fd;			/* what to read it from, the drive's own then; 0: none */
	/* Every byte the console sends, as it comes; on the controller's thread. */
	void (*console_bytes)(void *ctx, const void *bytes, size_t len);
	void *console_ctx;
	unsigned int nr_threads;	/* of the back ends; 0: a default */
	/* What the user is to be told of a plug-in: a line that begins with its
	 * name; any thread; may be NULL. */
	void (*say)(void *ctx, const char *line);
	/*
	 * In a signal handler: the program is about to die, line says of what.
	 * Saves what it can in two seconds, and answers whether there was something.
	 * own: on the controller's thread; ev: the event, as it came, in whose
	 * modifiers that was, and which no observer has heard of; or NULL.
	 * save NULL: signals are left alone.
	 */
	bool (*save)(void *ctx, bool own, const struct nvmetap_event *ev, const char *line);
	/* On another thread: the controller's is caught in a plug-in's code and has
	 * been stopped; ends the program.  NULL: exit status 1. */
	void (*dead)(void *ctx);
	void *host_ctx;			/* of these three */
	/* How long a plug-in's code may take until it is told, and until the
	 * program ends; 0: for ever. */
	uint64_t plugin_slow_ns, plugin_dead_ns;
	/* How long the controller's thread at most looks for more before it
	 * sleeps, see loop_poll_max; 0: not at all. */
	uint64_t poll_max_ns;
};

/* A plug-in that is part of the program.  setup answers 0 or -errno. */
struct drive_plugin {
	const char *name;
	int (*setup)(struct nvmetap_plugin *self, void *ctx);
	void (*teardown)(struct nvmetap_plugin *self, void *ctx);
	void *ctx;
};

/* NULL, and in err one line that names the option and what is wrong with it. */
struct drive *drive_new(const struct drive_config *config, char *err, size_t errlen);
void drive_free(struct drive *drive);

/* options: "key=value,key" for nvmetap_option, or NULL; copied.  Before
 * drive_run.  0 or what setup answered. */
int drive_add_plugin(struct drive *drive, const struct drive_plugin *plugin, const char *options);

/*
 * Plug-ins from shared libraries, on the controller's thread.  what is
 * "FILE,key=value,key", see emu/load.h, which says what can go wrong; then err
 * has one line.  Unloading ends what the plug-in holds with Internal Error and
 * revokes what it has asked for.
 */
int drive_load(struct drive *drive, const char *what, char *err, size_t errlen);
int drive_unload(struct drive *drive, const char *name, char *err, size_t errlen);

/* What there is, those that are part of the program too, in the order given. */
struct drive_plugin_info {
	const char *name;
	const char *file;	/* NULL: it is part of the program */
	const char *options;	/* as given, or "" */
};
void drive_each_plugin(struct drive *drive,
		       void (*fn)(void *ctx, const struct drive_plugin_info *info), void *ctx);

/* Serves until drive_stop, or with once until the guest has gone; what a guest
 * that has ended said last is still heard.  Plug-ins are torn down before it
 * returns.  0 or -errno. */
int drive_run(struct drive *drive);
void drive_stop(struct drive *drive);	/* (T) (S) */

/*
 * (T) Runs fn on the controller's thread and waits for what it answers.  There
 * it runs at once; before drive_run the thread of drive_new is the
 * controller's, and what others call waits for drive_run.
 * -ESHUTDOWN: the drive has ended, and fn has not run.  Nobody may call any
 * more when drive_free is called; who is inside still gets an answer.
 */
int drive_call(struct drive *drive, int (*fn)(void *ctx), void *ctx);

/* How it is now; and a user's line, an event of host:mark:decode, UTF-8.
 * On the controller's thread. */
void drive_status(struct drive *drive, struct drive_status *status);
void drive_mark(struct drive *drive, const void *text, size_t len);

#endif
