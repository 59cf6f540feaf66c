/* SPDX-License-Identifier: BSD-2-Clause */
/* The firing of events, and of what callbacks raise meanwhile. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "emu/attach.h"
#include "emu/inject.h"
#include "emu/raise.h"

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
	taps->raised_end = &taps->raised;
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

/* Lines that were logged meanwhile are events with answers of their own. */
static void fire_raised(struct taps *taps)
{
	struct tap_answer answer = taps->answer;

	if (taps->snapshots)
		fire_snapshots(taps);
	if (taps->raised != NULL)
		raise_fire(taps);
	taps->answer = answer;
}

void taps_leave(struct taps *taps, struct taps_frame frame)
{
	running = frame.taps;
	taps->current = frame.plugin;
	if (--taps->depth > 0)
		return;
	taps->blamed = NULL;
	if (taps->detached)
		attach_sweep(taps);
	if (taps->only != NULL)
		return;
	if (taps->snapshots || taps->raised != NULL)
		fire_raised(taps);
}

static inline int call(struct taps *taps, struct tap_attachment *at, struct nvmetap_event *ev)
{
	taps->current = at->plugin;
	taps->blamed = NULL;
	return at->fn(at->ctx, ev);
}

/* Whether the event is a stage of a command, which can be held there. */
static bool holds(const struct nvmetap_event *ev)
{
	return ev->tap >= NVMETAP_TAP_ADMIN_FETCH && ev->tap <= NVMETAP_TAP_IO_WRITEBACK;
}

static void tell_not_held(struct taps *taps, struct tap_attachment *at)
{
	char line[200];

	if (at->told)
		return;
	at->told = true;
	snprintf(line, sizeof(line), "%.100s: nothing can be held at %s", plugin_name(at->plugin),
		 tap_name(taps->event->tap));
	(void)taps_queue_log(taps, line);
}

/* A modifier's verdict; the phase is the controller's. */
static int call_modifier(struct taps *taps, struct tap_attachment *at, struct nvmetap_event *ev,
			 struct original *before)
{
	unsigned int phase = ev->cpl != NULL ? ev->cpl->status & 1u : 0;
	int verdict;

	inject_begin(taps);
	verdict = call(taps, at, ev);
	if (ev->cpl != NULL)
		ev->cpl->status = (uint16_t)((ev->cpl->status & ~1u) | phase);
	if (verdict < NVMETAP_GO || verdict > NVMETAP_DROP)
		verdict = NVMETAP_HANDLED;
	if (verdict == NVMETAP_LATER && !holds(ev)) {
		tell_not_held(taps, at);
		verdict = NVMETAP_GO;
	}
	inject_end(taps, at->plugin, ev, before, verdict);
	if (verdict != NVMETAP_GO) {
		taps->answer = (struct tap_answer){
			.plugin = at->plugin, .order = at->order, .serial = at->serial,
		};
	}
	if (verdict == NVMETAP_LATER)
		taps->answer.name = inject_name(taps, at->plugin, NULL);
	return verdict;
}

static bool is_behind(const struct tap_attachment *at, const struct tap_answer *held)
{
	return held == NULL || at->order > held->order ||
	       (at->order == held->order && at->serial > held->serial);
}

/* Those behind who held it, or all.  before: see inject_end. */
static int run_modifiers(struct taps *taps, struct nvmetap_event *ev,
			 const struct tap_answer *held, struct original *before)
{
	int verdict = NVMETAP_GO;

	taps->modifying = true;
	for (struct tap_attachment *at = taps->first[ev->tap];
	     at != NULL && at->order < NVMETAP_OBSERVE && verdict == NVMETAP_GO; at = at->next) {
		if (at->fn != NULL && is_behind(at, held))
			verdict = call_modifier(taps, at, ev, before);
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
static int modify(struct taps *taps, struct nvmetap_event *ev, const struct tap_answer *held,
		  struct original *was)
{
	struct original before;
	bool told = tap_armed(taps, NVMETAP_TAP_INJECT);
	int verdict;

	original_save(was, ev);
	if (told)
		original_save(&before, ev);
	taps->altered = false;
	taps->unheard = held == NULL ? &was->ev : NULL;
	verdict = run_modifiers(taps, ev, held, told ? &before : NULL);
	taps->unheard = NULL;
	if (verdict != NVMETAP_GO || taps->altered || original_differs(was, ev)) {
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
	struct taps_frame frame;
	int verdict = NVMETAP_GO;

	assert(taps->depth == 0);
	if (taps->only != NULL && !attach_heard(taps, ev->tap))
		return NVMETAP_GO;
	stamp(taps, ev);
	frame = taps_enter(taps, NULL);
	taps->event = ev;
	if (first != NULL && first->order < NVMETAP_OBSERVE && taps->only == NULL)
		verdict = modify(taps, ev, NULL, &was);
	if (act != NULL)
		act(ctx, ev, verdict);
	run_observers(taps, ev);
	taps->event = NULL;
	ev->was = NULL;
	taps_leave(taps, frame);
	return verdict;
}

int tap_fire_rest(struct taps *taps, struct nvmetap_event *ev, const struct tap_answer *held,
		  void *data, size_t len)
{
	struct taps_frame frame = taps_enter(taps, NULL);
	struct original was;
	int verdict;

	ev->bdf = taps->bdf;
	taps->data = data;
	taps->data_len = len;
	taps->event = ev;
	verdict = modify(taps, ev, held, &was);
	ev->was = NULL;
	taps->event = NULL;
	taps->data = NULL;
	taps_leave(taps, frame);
	return verdict;
}

/* The short way of most events, which observers see and nobody changes. */
static void show(struct taps *taps, struct nvmetap_event *ev, struct tap_attachment *at)
{
	struct taps_frame frame;

	assert(taps->depth == 0);
	stamp(taps, ev);
	frame = taps_enter(taps, NULL);
	taps->event = ev;
	for (; at != NULL; at = at->next) {
		if (at->fn != NULL)
			call(taps, at, ev);
	}
	taps->event = NULL;
	taps_leave(taps, frame);
}

int tap_fire(struct taps *taps, struct nvmetap_event *ev)
{
	struct tap_attachment *first = taps->first[ev->tap];

	if (first == NULL || first->order < NVMETAP_OBSERVE || taps->only != NULL)
		return tap_fire_act(taps, ev, NULL, NULL);
	show(taps, ev, first);
	return NVMETAP_GO;
}

int tap_fire_data(struct taps *taps, struct nvmetap_event *ev, void *data, size_t len)
{
	int verdict;

	taps->data = data;
	taps->data_len = len;
	verdict = tap_fire(taps, ev);
	taps->data = NULL;
	return verdict;
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
	if (taps->raised != NULL)
		raise_fire(taps);
}

void taps_fini(struct taps *taps)
{
	plugin_remove_all(taps);
	attach_sweep(taps);
	plugin_free_all(taps);
	inject_names_free(taps);
}
