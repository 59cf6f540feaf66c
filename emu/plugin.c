/* SPDX-License-Identifier: BSD-2-Clause */
/* Plug-ins: their options, their timers, and what they may ask from any thread. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "emu/export.h"
#include "emu/tap.h"

/* A wish of a plug-in's on its way through the mailbox, or its timer. */
struct request {
	struct loop_msg msg;
	struct loop_timer timer;
	struct request *next;		/* of the plug-in's timers */
	struct nvmetap_plugin *plugin;
	void (*run)(struct request *req);
	uint64_t cmd_id, after_ns, at_ns;
	struct nvme_completion cpl;
	nvmetap_fn *fn;
	void *ctx;
	char text[];
};

struct nvmetap_plugin {
	struct nvmetap_plugin *next;
	struct taps *taps;
	struct plugin_code code;
	char *name, *options;	/* options as given */
	char *words;		/* options, cut into NUL ended words */
	size_t words_len;
	struct request *calls;	/* timers that are set */
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

static void cancel_calls(struct nvmetap_plugin *plugin)
{
	struct request *req;

	while ((req = plugin->calls) != NULL) {
		plugin->calls = req->next;
		loop_timer_cancel(plugin->taps->loop, &req->timer);
		free(req);
	}
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
	cancel_calls(plugin);
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

/* The plug-in that a call of the interface speaks for, or NULL. */
static struct nvmetap_plugin *speaker(struct nvmetap_plugin *plugin)
{
	struct taps *taps = taps_running();

	return plugin != NULL || taps == NULL ? plugin : taps->current;
}

static bool on_our_thread(const struct nvmetap_plugin *plugin)
{
	return taps_running() == plugin->taps;
}

NVMETAP_EXPORT const char *nvmetap_option(struct nvmetap_plugin *plugin, const char *key)
{
	size_t len = strlen(key);
	const char *word, *end;

	plugin = speaker(plugin);
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

static void request_arrived(struct loop_msg *msg)
{
	struct request *req = (struct request *)((char *)msg - offsetof(struct request, msg));

	if (req->plugin->gone)
		free(req);
	else
		req->run(req);
}

static struct request *request_new(struct nvmetap_plugin *plugin, void (*run)(struct request *),
				   size_t text_len)
{
	struct request *req = calloc(1, sizeof(*req) + text_len);

	if (req == NULL)
		return NULL;
	req->plugin = plugin;
	req->run = run;
	req->msg.fn = request_arrived;
	return req;
}

NVMETAP_EXPORT int nvmetap_data(const struct nvmetap_event *ev, uint64_t off, void *buf,
				size_t len, int store)
{
	struct taps *taps = taps_running();

	if (taps == NULL || taps->data == NULL ||
	    (ev->event != NVMETAP_EV_DATA && ev->event != NVMETAP_EV_CFGREAD))
		return -ENODATA;
	if (off > taps->data_len || len > taps->data_len - off)
		return -ERANGE;
	if (store == 0) {
		memcpy(buf, taps->data + off, len);
		return 0;
	}
	if (!taps->modifying)
		return -EPERM;
	memcpy(taps->data + off, buf, len);
	taps->data_altered = true;
	return 0;
}

static void resume_arrived(struct request *req)
{
	struct taps *taps = req->plugin->taps;

	taps->host->resume(taps->host_ctx, req->plugin, req->cmd_id, req->after_ns);
	free(req);
}

NVMETAP_EXPORT int nvmetap_resume(struct nvmetap_plugin *plugin, uint64_t cmd_id,
				  uint64_t after_ns)
{
	struct request *req;

	plugin = speaker(plugin);
	if (plugin == NULL)
		return -EINVAL;
	if (on_our_thread(plugin))
		return plugin->taps->host->resume(plugin->taps->host_ctx, plugin, cmd_id,
						  after_ns);
	req = request_new(plugin, resume_arrived, 0);
	if (req == NULL)
		return -ENOMEM;
	req->cmd_id = cmd_id;
	req->after_ns = after_ns;
	loop_post(plugin->taps->loop, &req->msg);
	return 0;
}

static void complete_arrived(struct request *req)
{
	struct taps *taps = req->plugin->taps;

	taps->host->complete(taps->host_ctx, req->plugin, req->cmd_id, &req->cpl);
	free(req);
}

NVMETAP_EXPORT int nvmetap_complete(struct nvmetap_plugin *plugin, uint64_t cmd_id,
				    const struct nvme_completion *cpl)
{
	struct request *req;

	plugin = speaker(plugin);
	if (plugin == NULL)
		return -EINVAL;
	if (on_our_thread(plugin))
		return plugin->taps->host->complete(plugin->taps->host_ctx, plugin, cmd_id, cpl);
	req = request_new(plugin, complete_arrived, 0);
	if (req == NULL)
		return -ENOMEM;
	req->cmd_id = cmd_id;
	req->cpl = *cpl;
	loop_post(plugin->taps->loop, &req->msg);
	return 0;
}

static void call_now(struct request *req)
{
	struct nvmetap_event ev = tap_event(NVMETAP_NR_TAPS);
	struct taps *taps = req->plugin->taps;
	struct taps_frame frame = taps_enter(taps, req->plugin);

	ev.size = sizeof(ev);
	ev.bdf = taps->bdf;
	ev.ticks = nvmetap_ticks();
	req->fn(req->ctx, &ev);
	taps_leave(taps, frame);
	free(req);
}

static void call_timer(struct loop_timer *timer)
{
	struct request *req = (struct request *)((char *)timer - offsetof(struct request, timer));
	struct request **at = &req->plugin->calls;

	while (*at != req)
		at = &(*at)->next;
	*at = req->next;
	call_now(req);
}

static void call_arrived(struct request *req)
{
	struct taps *taps = req->plugin->taps;

	if (req->after_ns == 0) {
		call_now(req);
		return;
	}
	req->timer.fn = call_timer;
	req->next = req->plugin->calls;
	req->plugin->calls = req;
	if (loop_timer_set(taps->loop, &req->timer, req->at_ns) != 0) {
		req->plugin->calls = req->next;
		call_now(req);
	}
}

NVMETAP_EXPORT int nvmetap_call(struct nvmetap_plugin *plugin, uint64_t after_ns, nvmetap_fn *fn,
				void *ctx)
{
	struct request *req;

	plugin = speaker(plugin);
	if (plugin == NULL || fn == NULL)
		return -EINVAL;
	req = request_new(plugin, call_arrived, 0);
	if (req == NULL)
		return -ENOMEM;
	req->after_ns = after_ns;
	req->at_ns = after_ns != 0 ? loop_now_ns() + after_ns : 0;
	req->fn = fn;
	req->ctx = ctx;
	loop_post(plugin->taps->loop, &req->msg);
	return 0;
}

static void log_arrived(struct request *req)
{
	struct taps *taps = req->plugin->taps;

	tap_fire_text(taps, NVMETAP_TAP_LOG, 0, req->text, strlen(req->text));
	free(req);
}

NVMETAP_EXPORT int nvmetap_log(struct nvmetap_plugin *plugin, const char *line)
{
	struct request *req;

	plugin = speaker(plugin);
	if (plugin == NULL)
		return -EINVAL;
	if (on_our_thread(plugin))
		return taps_queue_log(plugin->taps, line);
	req = request_new(plugin, log_arrived, strlen(line) + 1);
	if (req == NULL)
		return -ENOMEM;
	memcpy(req->text, line, strlen(line) + 1);
	loop_post(plugin->taps->loop, &req->msg);
	return 0;
}

static void snapshot_arrived(struct request *req)
{
	taps_snapshot(req->plugin->taps, req->plugin);
	free(req);
}

NVMETAP_EXPORT int nvmetap_snapshot(struct nvmetap_plugin *plugin)
{
	struct request *req;

	plugin = speaker(plugin);
	if (plugin == NULL)
		return -EINVAL;
	if (on_our_thread(plugin)) {
		plugin_want_snapshot(plugin);
		return 0;
	}
	req = request_new(plugin, snapshot_arrived, 0);
	if (req == NULL)
		return -ENOMEM;
	loop_post(plugin->taps->loop, &req->msg);
	return 0;
}

NVMETAP_EXPORT struct nvme_command *find_cmd(uint32_t sqid, uint32_t cid)
{
	struct taps *taps = taps_running();

	if (taps == NULL || taps->host == NULL || sqid > UINT16_MAX || cid > UINT16_MAX)
		return NULL;
	return taps->host->find(taps->host_ctx, (uint16_t)sqid, (uint16_t)cid);
}
