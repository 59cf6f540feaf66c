/* SPDX-License-Identifier: BSD-2-Clause */
/* Plug-ins, from setup to teardown. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "emu/export.h"
#include "emu/plugin_options.h"
#include "emu/request.h"
#include "spec/near.h"

enum {
	SAID_MAX = 1024,	/* of what a setup says */
	LINE_MAX_SAID = 512,
};

struct nvmetap_plugin {
	struct nvmetap_plugin *next;
	struct taps *taps;
	struct plugin_code code;
	void (*release)(void *ctx);
	unsigned int library;	/* its number, or 0 */
	char *name;
	char *file;		/* or NULL */
	struct plugin_options options;
	char *said;		/* by its setup, or NULL */
	bool in_setup;
	struct request *calls;	/* see plugin_calls */
	bool gone;
	bool wants_snapshot;
};

const char *plugin_name(const struct nvmetap_plugin *plugin)
{
	return plugin->name;
}

const char *plugin_options(const struct nvmetap_plugin *plugin)
{
	return plugin->options.given;
}

uint32_t plugin_place(const struct nvmetap_plugin *plugin, unsigned int where)
{
	return plugin->library != 0 ? watch_place(plugin->library, where) : 0;
}

int plugin_call(struct nvmetap_plugin *plugin, unsigned int where, nvmetap_fn *fn, void *ctx,
		struct nvmetap_event *ev)
{
	uint64_t before;
	int verdict;

	if (plugin->library == 0)
		return fn(ctx, ev);
	before = watch_enter(&plugin->taps->mark, plugin_place(plugin, where));
	verdict = fn(ctx, ev);
	watch_leave(&plugin->taps->mark, before);
	return verdict;
}

const char *plugin_file(const struct nvmetap_plugin *plugin)
{
	return plugin->file;
}

struct nvmetap_plugin *plugin_next(const struct nvmetap_plugin *plugin)
{
	return plugin->next;
}

bool plugin_gone(const struct nvmetap_plugin *plugin)
{
	return plugin->gone;
}

struct taps *plugin_taps(const struct nvmetap_plugin *plugin)
{
	return plugin->taps;
}

struct request **plugin_calls(struct nvmetap_plugin *plugin)
{
	return &plugin->calls;
}

struct nvmetap_plugin *plugin_speaker(struct nvmetap_plugin *plugin)
{
	struct taps *taps = taps_running();

	return plugin != NULL || taps == NULL ? plugin : taps->current;
}

bool plugin_strays(const struct nvmetap_plugin *plugin)
{
	return plugin->library != 0 && taps_running() != plugin->taps;
}

void plugin_want_snapshot(struct nvmetap_plugin *plugin)
{
	if (plugin->taps->only == plugin)
		return;
	plugin->wants_snapshot = true;
	plugin->taps->snapshots = true;
}

bool plugin_take_snapshot(struct nvmetap_plugin *plugin)
{
	bool wanted = plugin->wants_snapshot;

	plugin->wants_snapshot = false;
	return wanted;
}

const char *plugin_said(const struct nvmetap_plugin *plugin)
{
	return plugin->said != NULL ? plugin->said : "";
}

/* Keeps the line until setup has answered; the rest of what is too much is cut. */
static void said_add(struct nvmetap_plugin *plugin, const char *line)
{
	size_t used;

	if (plugin->said == NULL)
		plugin->said = calloc(1, SAID_MAX);
	if (plugin->said == NULL)
		return;
	used = strlen(plugin->said);
	snprintf(plugin->said + used, SAID_MAX - used, "%s%s", used != 0 ? "; " : "", line);
	for (char *p = plugin->said + used; *p != '\0'; p++) {
		if (*p == '\n')
			*p = ' ';
	}
}

void plugin_say(struct nvmetap_plugin *plugin, const char *line)
{
	char named[LINE_MAX_SAID + SAID_MAX];

	if (plugin->in_setup) {
		said_add(plugin, line);
	} else if (plugin->taps->say != NULL) {
		snprintf(named, sizeof(named), "%s: %s", plugin->name, line);
		plugin->taps->say(plugin->taps->say_ctx, named);
	}
}

int plugin_log(struct nvmetap_plugin *plugin, const char *line)
{
	if (plugin->in_setup)
		said_add(plugin, line);
	return taps_queue_log(plugin->taps, line);
}

void plugin_say_no_tap(struct nvmetap_plugin *plugin, const char *tap)
{
	char line[LINE_MAX_SAID], words[LINE_MAX_SAID / 2];
	struct near near;

	near_init(&near, tap, strlen(tap));
	for (unsigned int nr = 0; nr < NVMETAP_NR_TAPS; nr++)
		near_offer(&near, tap_name(nr));
	near_words(&near, words, sizeof(words));
	snprintf(line, sizeof(line), "no tap %.64s%s", tap, words);
	plugin_say(plugin, line);
}

/* All that who has gone is not asked for any more. */
static void plugin_strip(struct nvmetap_plugin *plugin)
{
	plugin_options_fini(&plugin->options);
	free(plugin->file);
	free(plugin->said);
	plugin->file = plugin->said = NULL;
}

static void plugin_free(struct nvmetap_plugin *plugin)
{
	plugin_strip(plugin);
	free(plugin->name);
	free(plugin);
}

static int copy_text(char **to, const char *from)
{
	*to = strdup(from);
	return *to != NULL ? 0 : -ENOMEM;
}

static struct nvmetap_plugin *plugin_new(struct taps *taps, const struct plugin_code *code,
					 const char *options, const char *file)
{
	struct nvmetap_plugin *plugin = calloc(1, sizeof(*plugin));

	if (plugin == NULL)
		return NULL;
	plugin->taps = taps;
	plugin->code = *code;
	if (copy_text(&plugin->name, code->name) != 0 ||
	    plugin_options_init(&plugin->options, options) != 0 ||
	    (file != NULL && copy_text(&plugin->file, file) != 0)) {
		plugin_free(plugin);
		return NULL;
	}
	return plugin;
}

static void say_of_options(void *ctx, const char *line)
{
	plugin_say(ctx, line);
}

/* Nothing of its code runs any more, unless it is on the stack. */
static void plugin_end(struct nvmetap_plugin *plugin)
{
	struct taps_frame frame = taps_enter(plugin->taps, plugin);

	if (plugin->code.teardown != NULL)
		plugin->code.teardown(plugin, plugin->code.ctx);
	taps_detach_all(plugin->taps, plugin);
	request_cancel_calls(plugin);
	plugin->gone = true;
	taps_leave(plugin->taps, frame);
}

static int run_setup(struct nvmetap_plugin *plugin)
{
	struct taps_frame frame = taps_enter(plugin->taps, plugin);
	int rc;

	plugin->in_setup = true;
	rc = plugin->code.setup(plugin, plugin->code.ctx);
	if (rc != 0)
		plugin->code.teardown = NULL;
	else if (plugin->file != NULL)
		rc = plugin_options_check(&plugin->options, say_of_options, plugin);
	plugin->in_setup = false;
	if (rc == 0 && plugin->said != NULL)
		plugin_say(plugin, plugin->said);
	if (rc != 0)
		plugin_end(plugin);
	taps_leave(plugin->taps, frame);
	return rc;
}

static int plugin_enter(struct nvmetap_plugin *plugin)
{
	struct nvmetap_plugin **end = &plugin->taps->plugins;

	while (*end != NULL)
		end = &(*end)->next;
	*end = plugin;
	return run_setup(plugin);
}

int plugin_add(struct taps *taps, const struct plugin_code *code, const char *options)
{
	struct nvmetap_plugin *plugin = plugin_new(taps, code, options, NULL);

	return plugin != NULL ? plugin_enter(plugin) : -ENOMEM;
}

int plugin_add_library(struct taps *taps, const struct plugin_code *code, const char *options,
		       const struct plugin_library *library)
{
	struct nvmetap_plugin *plugin = plugin_new(taps, code, options, library->file);

	if (plugin == NULL)
		return -ENOMEM;
	plugin->release = library->release;
	plugin->library = library->nr;
	return plugin_enter(plugin);
}

void plugin_remove(struct nvmetap_plugin *plugin)
{
	if (plugin->gone)
		return;
	plugin_end(plugin);
	if (plugin->release != NULL)
		plugin->release(plugin->code.ctx);
	plugin_strip(plugin);
}

void plugin_remove_all(struct taps *taps)
{
	struct nvmetap_plugin *last;

	do {
		last = NULL;
		for (struct nvmetap_plugin *p = taps->plugins; p != NULL; p = p->next) {
			if (!p->gone)
				last = p;
		}
		if (last != NULL)
			plugin_remove(last);
	} while (last != NULL);
}

void plugin_free_all(struct taps *taps)
{
	struct nvmetap_plugin *plugin;

	while ((plugin = taps->plugins) != NULL) {
		taps->plugins = plugin->next;
		plugin_free(plugin);
	}
}

NVMETAP_EXPORT struct nvmetap_plugin *nvmetap_self(void)
{
	return plugin_speaker(NULL);
}

NVMETAP_EXPORT const char *nvmetap_option(struct nvmetap_plugin *plugin, const char *key)
{
	plugin = plugin_speaker(plugin);
	if (plugin == NULL)
		return NULL;
	if (plugin->in_setup)
		plugin_options_ask(&plugin->options, key);
	return plugin_options_find(&plugin->options, key);
}
