/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loaded plug-ins of a drive, under supervision: what they are in is
 * watched for its time (emu/watch.h), and named when it crashes (emu/crash.h).
 * On the controller's thread.
 */
#ifndef EMU_LOADER_H
#define EMU_LOADER_H

#include "emu/tap.h"

struct loader_config {
	uint64_t slow_ns, dead_ns;	/* of a call, see emu/watch.h; 0: for ever */
	void (*say)(void *ctx, const char *line);	/* any thread; or NULL */
	void (*dead)(void *ctx);	/* as drive_config; or NULL */
	/* As drive_config; or NULL. */
	bool (*save)(void *ctx, bool own, const struct nvmetap_event *ev, const char *line);
	void *ctx;
};

struct loader;

/* Or NULL. */
struct loader *loader_new(struct taps *taps, const struct loader_config *config);
/* The plug-ins have been removed. */
void loader_free(struct loader *loader);

/* The calling thread is the controller's, until loader_leave on it.  Calls nest. */
void loader_enter(struct loader *loader);
void loader_leave(struct loader *loader);

/* As load_plugin and load_remove. */
int loader_load(struct loader *loader, const char *what, char *err, size_t errlen);
int loader_unload(struct loader *loader, const char *name, char *err, size_t errlen);

#endif
