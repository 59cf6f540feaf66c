/* SPDX-License-Identifier: BSD-2-Clause */
/* What plug-ins ask of the drive, from the controller's thread or another. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "emu/export.h"
#include "emu/inject.h"
#include "emu/request.h"

/* A wish of a plug-in's on its way through the mailbox, or its timer. */
struct request {
	struct loop_msg msg;
	struct loop_timer timer;
	struct request *next;		/* of the plug-in's timers */
	struct nvmetap_plugin *plugin;
	void (*run)(struct request *req);
	int (*act)(struct request *req);	/* of a held command */
	uint64_t cmd_id, after_ns, at_ns;
	struct nvme_completion cpl;
	nvmetap_fn *fn;
	void *ctx;
	char text[];
};

static bool on_our_thread(const struct nvmetap_plugin *plugin)
{
	return taps_running() == plugin_taps(plugin);
}

void request_cancel_calls(struct nvmetap_plugin *plugin)
{
	struct request **calls = plugin_calls(plugin), *req;

	while ((req = *calls) != NULL) {
		*calls = req->next;
		loop_timer_cancel(plugin_taps(plugin)->loop, &req->timer);
		free(req);
	}
}

static void request_arrived(struct loop_msg *msg)
{
	struct request *req = (struct request *)((char *)msg - offsetof(struct request, msg));

	if (plugin_gone(req->plugin))
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
	if (tap_armed(taps, NVMETAP_TAP_INJECT))
		inject_store(taps, off, buf, len);
	memcpy(taps->data + off, buf, len);
	taps->altered = true;
	return 0;
}

/* Not while the command's own event passes: it is held when that is over. */
static bool can_be_done_now(const struct nvmetap_plugin *plugin, uint64_t cmd_id)
{
	const struct nvmetap_event *ev;

	if (!on_our_thread(plugin))
		return false;
	ev = plugin_taps(plugin)->event;
	return ev == NULL || cmd_id == 0 || ev->cmd_id != cmd_id;
}

static int resume(struct request *wish)
{
	const struct taps *taps = plugin_taps(wish->plugin);

	return taps->host->resume(taps->host_ctx, wish->plugin, wish->cmd_id, wish->after_ns);
}

static int complete(struct request *wish)
{
	const struct taps *taps = plugin_taps(wish->plugin);

	return taps->host->complete(taps->host_ctx, wish->plugin, wish->cmd_id, &wish->cpl);
}

static void held_arrived(struct request *req)
{
	(void)req->act(req);
	free(req);
}

/* Of a held command: now, or when the mailbox is read. */
static int held_ask(struct request *wish)
{
	struct request *req;

	wish->plugin = plugin_speaker(wish->plugin);
	if (wish->plugin == NULL)
		return -EINVAL;
	if (can_be_done_now(wish->plugin, wish->cmd_id))
		return wish->act(wish);
	req = request_new(wish->plugin, held_arrived, 0);
	if (req == NULL)
		return -ENOMEM;
	req->act = wish->act;
	req->cmd_id = wish->cmd_id;
	req->after_ns = wish->after_ns;
	req->cpl = wish->cpl;
	loop_post(plugin_taps(req->plugin)->loop, &req->msg);
	return 0;
}

NVMETAP_EXPORT int nvmetap_resume(struct nvmetap_plugin *plugin, uint64_t cmd_id,
				  uint64_t after_ns)
{
	struct request wish = {
		.plugin = plugin, .act = resume, .cmd_id = cmd_id, .after_ns = after_ns,
	};

	return held_ask(&wish);
}

NVMETAP_EXPORT int nvmetap_complete(struct nvmetap_plugin *plugin, uint64_t cmd_id,
				    const struct nvme_completion *cpl)
{
	struct request wish = {
		.plugin = plugin, .act = complete, .cmd_id = cmd_id, .cpl = *cpl,
	};

	return held_ask(&wish);
}

static void call_now(struct request *req)
{
	struct nvmetap_event ev = tap_event(NVMETAP_NR_TAPS);
	struct taps *taps = plugin_taps(req->plugin);
	struct taps_frame frame = taps_enter(taps, req->plugin);

	ev.size = sizeof(ev);
	ev.bdf = taps->bdf;
	ev.ticks = nvmetap_ticks();
	plugin_call(req->plugin, WATCH_CALL, req->fn, req->ctx, &ev);
	taps_leave(taps, frame);
	free(req);
}

static void call_timer(struct loop_timer *timer)
{
	struct request *req = (struct request *)((char *)timer - offsetof(struct request, timer));
	struct request **at = plugin_calls(req->plugin);

	while (*at != req)
		at = &(*at)->next;
	*at = req->next;
	call_now(req);
}

static void call_arrived(struct request *req)
{
	struct request **calls = plugin_calls(req->plugin);

	if (req->after_ns == 0) {
		call_now(req);
		return;
	}
	req->timer.fn = call_timer;
	req->next = *calls;
	*calls = req;
	if (loop_timer_set(plugin_taps(req->plugin)->loop, &req->timer, req->at_ns) != 0) {
		*calls = req->next;
		call_now(req);
	}
}

NVMETAP_EXPORT int nvmetap_call(struct nvmetap_plugin *plugin, uint64_t after_ns, nvmetap_fn *fn,
				void *ctx)
{
	struct request *req;

	plugin = plugin_speaker(plugin);
	if (plugin == NULL || fn == NULL)
		return -EINVAL;
	req = request_new(plugin, call_arrived, 0);
	if (req == NULL)
		return -ENOMEM;
	req->after_ns = after_ns;
	req->at_ns = after_ns != 0 ? loop_in_ns(after_ns) : 0;
	req->fn = fn;
	req->ctx = ctx;
	loop_post(plugin_taps(plugin)->loop, &req->msg);
	return 0;
}

static void log_arrived(struct request *req)
{
	struct taps *taps = plugin_taps(req->plugin);

	tap_fire_text(taps, NVMETAP_TAP_LOG, 0, req->text, strlen(req->text));
	free(req);
}

NVMETAP_EXPORT int nvmetap_log(struct nvmetap_plugin *plugin, const char *line)
{
	struct request *req;

	plugin = plugin_speaker(plugin);
	if (plugin == NULL)
		return -EINVAL;
	if (on_our_thread(plugin))
		return plugin_log(plugin, line);
	req = request_new(plugin, log_arrived, strlen(line) + 1);
	if (req == NULL)
		return -ENOMEM;
	memcpy(req->text, line, strlen(line) + 1);
	loop_post(plugin_taps(plugin)->loop, &req->msg);
	return 0;
}

static void snapshot_arrived(struct request *req)
{
	taps_snapshot(plugin_taps(req->plugin), req->plugin);
	free(req);
}

NVMETAP_EXPORT int nvmetap_snapshot(struct nvmetap_plugin *plugin)
{
	struct request *req;

	plugin = plugin_speaker(plugin);
	if (plugin == NULL)
		return -EINVAL;
	if (on_our_thread(plugin)) {
		plugin_want_snapshot(plugin);
		return 0;
	}
	req = request_new(plugin, snapshot_arrived, 0);
	if (req == NULL)
		return -ENOMEM;
	loop_post(plugin_taps(plugin)->loop, &req->msg);
	return 0;
}

NVMETAP_EXPORT struct nvme_command *find_cmd(uint32_t sqid, uint32_t cid)
{
	struct taps *taps = taps_running();

	if (taps == NULL || taps->host == NULL || sqid > UINT16_MAX || cid > UINT16_MAX)
		return NULL;
	return taps->host->find(taps->host_ctx, (uint16_t)sqid, (uint16_t)cid);
}
