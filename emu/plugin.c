/* SPDX-License-Identifier: BSD-2-Clause */
/* Plug-ins, from setup to teardown, and their options. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "emu/export.h"
#include "emu/request.h"

struct nvmetap_plugin {
	struct nvmetap_plugin *next;
	struct taps *taps;
	struct plugin_code code;
	char *name, *options;	/* options as given */
	char *words;		/* options, cut into NUL ended words */
	size_t words_len;
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
	return plugin->options;
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

static void plugin_free(struct nvmetap_plugin *plugin)
{
	free(plugin->name);
	free(plugin->options);
	free(plugin->words);
	free(plugin);
}

static struct nvmetap_plugin *plugin_new(struct taps *taps, const struct plugin_code *code,
					 const char *options)
{
	struct nvmetap_plugin *plugin = calloc(1, sizeof(*plugin));

	if (plugin == NULL)
		return NULL;
	plugin->taps = taps;
	plugin->code = *code;
	plugin->name = strdup(code->name);
	plugin->options = strdup(options != NULL ? options : "");
	plugin->words = strdup(options != NULL ? options : "");
	if (plugin->name == NULL || plugin->options == NULL || plugin->words == NULL) {
		plugin_free(plugin);
		return NULL;
	}
	plugin->words_len = strlen(plugin->words);
	for (char *p = plugin->words; *p != '\0'; p++) {
		if (*p == ',')
			*p = '\0';
	}
	return plugin;
}

int plugin_add(struct taps *taps, const struct plugin_code *code, const char *options)
{
	struct nvmetap_plugin *plugin = plugin_new(taps, code, options);
	struct nvmetap_plugin **end = &taps->plugins;
	struct taps_frame frame;
	int rc;

	if (plugin == NULL)
		return -ENOMEM;
	while (*end != NULL)
		end = &(*end)->next;
	*end = plugin;
	frame = taps_enter(taps, plugin);
	rc = plugin->code.setup(plugin, plugin->code.ctx);
	if (rc != 0) {
		plugin->code.teardown = NULL;
		plugin_remove(plugin);
	}
	taps_leave(taps, frame);
	return rc;
}

void plugin_remove(struct nvmetap_plugin *plugin)
{
	struct taps_frame frame;

	if (plugin->gone)
		return;
	frame = taps_enter(plugin->taps, plugin);
	if (plugin->code.teardown != NULL)
		plugin->code.teardown(plugin, plugin->code.ctx);
	taps_detach_all(plugin->taps, plugin);
	request_cancel_calls(plugin);
	plugin->gone = true;
	taps_leave(plugin->taps, frame);
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

NVMETAP_EXPORT const char *nvmetap_option(struct nvmetap_plugin *plugin, const char *key)
{
	size_t len = strlen(key);
	const char *word, *end;

	plugin = plugin_speaker(plugin);
	if (plugin == NULL)
		return NULL;
	end = plugin->words + plugin->words_len;
	for (word = plugin->words; word < end; word += strlen(word) + 1) {
		if (strncmp(word, key, len) != 0)
			continue;
		if (word[len] == '\0')
			return word + len;
		if (word[len] == '=')
			return word + len + 1;
	}
	return NULL;
}
