/* SPDX-License-Identifier: BSD-2-Clause */
/* The loaded plug-ins of a drive, under supervision. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "emu/crash.h"
#include "emu/load.h"
#include "emu/loader.h"

struct loader {
	struct taps *taps;
	struct loader_config config;
	struct crash crash;
	bool crashes;		/* are saved */
	struct watch *watch;	/* as long as something is loaded */
	unsigned int depth;	/* of loader_enter */
	char last_line[512];	/* of a call that does not return */
};

/* A line for the trace, from the thread that watches. */
struct note {
	struct loop_msg msg;
	struct taps *taps;
	char text[];
};

static bool save(void *ctx, bool own, const char *line)
{
	const struct loader *loader = ctx;

	return loader->config.save(loader->config.ctx, own, own ? loader->taps->unheard : NULL,
				   line);
}

struct loader *loader_new(struct taps *taps, const struct loader_config *config)
{
	struct loader *loader = calloc(1, sizeof(*loader));

	if (loader == NULL)
		return NULL;
	loader->taps = taps;
	loader->config = *config;
	taps->say = config->say;
	taps->say_ctx = config->ctx;
	loader->crash.mark = &taps->mark;
	loader->crash.save = config->save != NULL ? save : NULL;
	loader->crash.ctx = loader;
	/* Without it a crash is what it always was. */
	if (config->save != NULL)
		loader->crashes = crash_init() == 0 && crash_add(&loader->crash) == 0;
	return loader;
}

void loader_free(struct loader *loader)
{
	if (loader == NULL)
		return;
	watch_free(loader->watch);
	crash_remove(&loader->crash);
	free(loader);
}

void loader_enter(struct loader *loader)
{
	if (loader->depth++ == 0)
		crash_enter(&loader->crash);
}

void loader_leave(struct loader *loader)
{
	if (--loader->depth == 0)
		crash_leave(&loader->crash);
}

static void note_arrived(struct loop_msg *msg)
{
	struct note *note = (struct note *)((char *)msg - offsetof(struct note, msg));

	tap_fire_text(note->taps, NVMETAP_TAP_LOG, 0, note->text, strlen(note->text));
	free(note);
}

static void note_post(struct loader *loader, const char *line)
{
	struct note *note = calloc(1, sizeof(*note) + strlen(line) + 1);

	if (note == NULL)
		return;
	note->taps = loader->taps;
	note->msg.fn = note_arrived;
	strcpy(note->text, line);
	loop_post(loader->taps->loop, &note->msg);
}

static void on_slow(void *ctx, const char *line, bool done)
{
	struct loader *loader = ctx;

	if (done)
		note_post(loader, line);
	if (loader->config.say != NULL)
		loader->config.say(loader->config.ctx, line);
}

static bool on_dead(void *ctx, uint64_t word, const char *line)
{
	struct loader *loader = ctx;

	snprintf(loader->last_line, sizeof(loader->last_line), "%s, and that ends the drive", line);
	if (!crash_stop(&loader->crash, word, loader->last_line))
		return false;
	if (loader->config.say != NULL)
		loader->config.say(loader->config.ctx, loader->last_line);
	if (loader->config.dead != NULL)
		loader->config.dead(loader->config.ctx);
	_exit(EXIT_FAILURE);
}

static void watch_begin(struct loader *loader)
{
	struct watch_config config = {
		.slow_ns = loader->config.slow_ns,
		.dead_ns = loader->config.dead_ns,
		.say = on_slow,
		.dead = on_dead,
		.ctx = loader,
	};

	if (loader->watch == NULL && (config.slow_ns != 0 || config.dead_ns != 0))
		loader->watch = watch_new(&loader->taps->mark, &config);
}

static void watch_end_if_idle(struct loader *loader)
{
	for (struct nvmetap_plugin *p = loader->taps->plugins; p != NULL; p = plugin_next(p)) {
		if (!plugin_gone(p) && plugin_file(p) != NULL)
			return;
	}
	watch_free(loader->watch);
	loader->watch = NULL;
}

/* Who reads the capture learns it as well; what is there at its beginning
 * stands in the session text. */
static void log_change(struct taps *taps, const char *what, const char *name)
{
	char line[512];
	int len = snprintf(line, sizeof(line), "plug-in %s: %.400s", what, name);

	tap_fire_text(taps, NVMETAP_TAP_LOG, 0, line, (size_t)len);
}

int loader_load(struct loader *loader, const char *what, char *err, size_t errlen)
{
	int rc;

	loader_enter(loader);
	watch_begin(loader);
	rc = load_plugin(loader->taps, what, err, errlen);
	if (rc == 0)
		log_change(loader->taps, "loaded", what);
	watch_end_if_idle(loader);
	loader_leave(loader);
	return rc;
}

int loader_unload(struct loader *loader, const char *name, char *err, size_t errlen)
{
	int rc;

	loader_enter(loader);
	rc = load_remove(loader->taps, name, err, errlen);
	if (rc == 0)
		log_change(loader->taps, "unloaded", name);
	watch_end_if_idle(loader);
	loader_leave(loader);
	return rc;
}
