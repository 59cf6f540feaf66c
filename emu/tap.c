/* SPDX-License-Identifier: BSD-2-Clause */
/* The firing of events, and of what callbacks raise meanwhile. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "emu/attach.h"

struct tap_log {
	struct tap_log *next;
	uint64_t cause;
	size_t len;
	char text[];
};

/* An event as it was before the modifiers, with what it points to. */
struct original {
	struct nvmetap_event ev;
	struct nvme_command cmd;
	struct nvme_completion cpl;
	union tap_info info;
};

static _Thread_local struct taps *running;

struct taps *taps_running(void)
{
	return running;
}

void taps_init(struct taps *taps, struct loop *loop, uint32_t bdf, const struct tap_host *host,
	       void *host_ctx)
{
	memset(taps, 0, sizeof(*taps));
	taps->loop = loop;
	taps->bdf = bdf;
	taps->host = host;
	taps->host_ctx = host_ctx;
	taps->logs_end = &taps->logs;
}

static void fire_logs(struct taps *taps)
{
	struct nvmetap_event ev;
	struct tap_log *log;

	while ((log = taps->logs) != NULL) {
		taps->logs = log->next;
		if (taps->logs == NULL)
			taps->logs_end = &taps->logs;
		if (tap_armed(taps, NVMETAP_TAP_LOG)) {
			ev = tap_event(NVMETAP_TAP_LOG);
			ev.cause = log->cause;
			ev.text = log->text;
			ev.text_len = log->len;
			tap_fire(taps, &ev);
		}
		free(log);
	}
}

static void fire_snapshots(struct taps *taps)
{
	taps->snapshots = false;
	for (struct nvmetap_plugin *p = taps->plugins; p != NULL; p = plugin_next(p)) {
		if (plugin_take_snapshot(p))
			taps_snapshot(taps, p);
	}
}

struct taps_frame taps_enter(struct taps *taps, struct nvmetap_plugin *plugin)
{
	struct taps_frame frame = { running, taps->current };

	running = taps;
	taps->current = plugin;
	taps->depth++;
	return frame;
}

void taps_leave(struct taps *taps, struct taps_frame frame)
{
	running = frame.taps;
	taps->current = frame.plugin;
	if (--taps->depth > 0)
		return;
	if (taps->detached)
		attach_sweep(taps);
	if (taps->only != NULL)
		return;
	if (taps->snapshots)
		fire_snapshots(taps);
	if (taps->logs != NULL)
		fire_logs(taps);
}

static void original_save(struct original *was, const struct nvmetap_event *ev)
{
	was->ev = *ev;
	if (ev->cmd != NULL) {
		was->cmd = *ev->cmd;
		was->ev.cmd = &was->cmd;
	}
	if (ev->cpl != NULL) {
		was->cpl = *ev->cpl;
		was->ev.cpl = &was->cpl;
	}
	if (ev->info != NULL) {
		memcpy(&was->info, ev->info, tap_info_size(ev->event));
		was->ev.info = &was->info;
	}
}

static bool original_differs(const struct original *was, const struct nvmetap_event *ev)
{
	return (ev->cmd != NULL && memcmp(&was->cmd, ev->cmd, sizeof(was->cmd)) != 0) ||
	       (ev->cpl != NULL && memcmp(&was->cpl, ev->cpl, sizeof(was->cpl)) != 0) ||
	       (ev->info != NULL && memcmp(&was->info, ev->info, tap_info_size(ev->event)) != 0);
}

static int call(struct taps *taps, struct tap_attachment *at, struct nvmetap_event *ev)
{
	taps->current = at->plugin;
	return at->fn(at->ctx, ev);
}

static int run_modifiers(struct taps *taps, struct nvmetap_event *ev)
{
	int verdict = NVMETAP_GO;

	taps->modifying = true;
	for (struct tap_attachment *at = taps->first[ev->tap];
	     at != NULL && at->order < NVMETAP_OBSERVE; at = at->next) {
		if (at->fn == NULL)
			continue;
		verdict = call(taps, at, ev);
		if (verdict == NVMETAP_GO)
			continue;
		if (verdict < NVMETAP_GO || verdict > NVMETAP_DROP)
			verdict = NVMETAP_HANDLED;
		taps->answered = at->plugin;
		break;
	}
	taps->modifying = false;
	return verdict;
}

static void run_observers(struct taps *taps, struct nvmetap_event *ev)
{
	for (struct tap_attachment *at = taps->first[ev->tap]; at != NULL; at = at->next) {
		if (at->order < NVMETAP_OBSERVE || at->fn == NULL)
			continue;
		if (taps->only == NULL || taps->only == at->plugin)
			call(taps, at, ev);
	}
}

/* Runs the modifiers, and tells the observers what they did. */
static int modify(struct taps *taps, struct nvmetap_event *ev, struct original *was)
{
	int verdict;

	original_save(was, ev);
	taps->data_altered = false;
	verdict = run_modifiers(taps, ev);
	if (ev->cpl != NULL)
		ev->cpl->status = (uint16_t)((ev->cpl->status & ~1u) | (was->cpl.status & 1));
	if (verdict != NVMETAP_GO || taps->data_altered || original_differs(was, ev)) {
		ev->flags |= NVMETAP_ALTERED;
		ev->was = &was->ev;
	}
	return verdict;
}

static void stamp(struct taps *taps, struct nvmetap_event *ev)
{
	ev->bdf = taps->bdf;
	if (ev->ticks == 0)
		ev->ticks = nvmetap_ticks();
	/* A snapshot is seen by one plug-in only, and must leave no gap for others. */
	if (taps->only != NULL)
		ev->flags |= NVMETAP_SNAPSHOT;
	else
		ev->seq = ++taps->seq;
}

int tap_fire_act(struct taps *taps, struct nvmetap_event *ev, tap_act_fn *act, void *ctx)
{
	const struct tap_attachment *first = taps->first[ev->tap];
	struct original was;
	struct nvmetap_plugin *answered;
	struct taps_frame frame;
	int verdict = NVMETAP_GO;

	assert(taps->depth == 0);
	if (taps->only != NULL && !attach_heard(taps, ev->tap))
		return NVMETAP_GO;
	stamp(taps, ev);
	frame = taps_enter(taps, NULL);
	taps->event = ev;
	if (first != NULL && first->order < NVMETAP_OBSERVE && taps->only == NULL)
		verdict = modify(taps, ev, &was);
	if (act != NULL)
		act(ctx, ev, verdict);
	run_observers(taps, ev);
	taps->event = NULL;
	ev->was = NULL;
	/* Lines that were logged meanwhile are events with answers of their own. */
	answered = taps->answered;
	taps_leave(taps, frame);
	taps->answered = answered;
	return verdict;
}

int tap_fire_data(struct taps *taps, struct nvmetap_event *ev, void *data, size_t len)
{
	int verdict;

	taps->data = data;
	taps->data_len = len;
	verdict = tap_fire_act(taps, ev, NULL, NULL);
	taps->data = NULL;
	return verdict;
}

int tap_fire(struct taps *taps, struct nvmetap_event *ev)
{
	return tap_fire_act(taps, ev, NULL, NULL);
}

void tap_fire_batch(struct taps *taps, unsigned int which)
{
	struct nvmetap_event ev;
	struct taps_frame frame;

	if (!tap_armed(taps, NVMETAP_TAP_BATCH))
		return;
	ev = tap_batch_event(taps, which);
	frame = taps_enter(taps, NULL);
	run_observers(taps, &ev);
	taps_leave(taps, frame);
}

void tap_fire_text(struct taps *taps, unsigned int tap, uint64_t ticks, const void *text,
		   size_t len)
{
	struct nvmetap_event ev;

	if (!tap_armed(taps, tap))
		return;
	ev = tap_event(tap);
	ev.ticks = ticks;
	ev.text = text;
	ev.text_len = len;
	tap_fire(taps, &ev);
}

void taps_snapshot(struct taps *taps, struct nvmetap_plugin *plugin)
{
	if (taps->host == NULL || plugin_gone(plugin))
		return;
	taps->only = plugin;
	taps->host->snapshot(taps->host_ctx);
	taps->only = NULL;
	if (taps->logs != NULL)
		fire_logs(taps);
}

int taps_queue_log(struct taps *taps, const char *line)
{
	size_t len = strlen(line);
	struct tap_log *log;

	if (taps->event != NULL && taps->event->event == NVMETAP_EV_LOG)
		return -EDEADLK;
	log = malloc(sizeof(*log) + len + 1);
	if (log == NULL)
		return -ENOMEM;
	log->next = NULL;
	log->cause = taps->event != NULL ? taps->event->seq : 0;
	log->len = len;
	memcpy(log->text, line, len + 1);
	*taps->logs_end = log;
	taps->logs_end = &log->next;
	return 0;
}

void taps_fini(struct taps *taps)
{
	plugin_remove_all(taps);
	attach_sweep(taps);
	plugin_free_all(taps);
}
