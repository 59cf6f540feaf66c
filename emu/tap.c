/* SPDX-License-Identifier: BSD-2-Clause */
/* The registry of attachments, and the firing of events. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "emu/export.h"
#include "emu/tap.h"

struct tap_attachment {
	struct tap_attachment *next;
	struct nvmetap_plugin *plugin;
	nvmetap_fn *fn;		/* NULL: detached, to be swept */
	void *ctx;
	int order;
};

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
	union {
		struct nvmetap_access acc;
		struct nvmetap_irq irq;
		struct nvmetap_xfer xfer;
		struct nvmetap_list list;
		struct nvmetap_ctrl ctrl;
		struct nvmetap_queue queue;
		struct nvmetap_dma dma;
		struct nvmetap_async async;
	} info;
};

static const struct {
	const char *name;
	uint8_t event, stage;
} rows[] = {
#define TAP(cname, number, ev, stg, text) [number] = { text, ev, stg },
#include "spec/nvme.def"
};

/* By event: the size of what its info pointer points to. */
static const uint8_t info_size[256] = {
	[NVMETAP_EV_CFGREAD] = sizeof(struct nvmetap_access),
	[NVMETAP_EV_CFGWRITE] = sizeof(struct nvmetap_access),
	[NVMETAP_EV_REGREAD] = sizeof(struct nvmetap_access),
	[NVMETAP_EV_REGWRITE] = sizeof(struct nvmetap_access),
	[NVMETAP_EV_DOORBELL] = sizeof(struct nvmetap_access),
	[NVMETAP_EV_MSIXREAD] = sizeof(struct nvmetap_access),
	[NVMETAP_EV_MSIXWRITE] = sizeof(struct nvmetap_access),
	[NVMETAP_EV_INTERRUPT] = sizeof(struct nvmetap_irq),
	[NVMETAP_EV_DATA] = sizeof(struct nvmetap_xfer),
	[NVMETAP_EV_LIST] = sizeof(struct nvmetap_list),
	[NVMETAP_EV_CTRL] = sizeof(struct nvmetap_ctrl),
	[NVMETAP_EV_QUEUE] = sizeof(struct nvmetap_queue),
	[NVMETAP_EV_DMAMAP] = sizeof(struct nvmetap_dma),
	[NVMETAP_EV_DMAUNMAP] = sizeof(struct nvmetap_dma),
	[NVMETAP_EV_ASYNC] = sizeof(struct nvmetap_async),
};

static _Thread_local struct taps *running;

struct taps *taps_running(void)
{
	return running;
}

int tap_find(const char *name)
{
	for (int tap = 0; tap < NVMETAP_NR_TAPS; tap++) {
		if (strcmp(rows[tap].name, name) == 0)
			return tap;
	}
	return -ENOENT;
}

const char *tap_name(unsigned int tap)
{
	return rows[tap].name;
}

struct nvmetap_event tap_event(unsigned int tap)
{
	struct nvmetap_event ev = { .tap = (uint16_t)tap };

	return ev;
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

static void sweep(struct taps *taps)
{
	struct tap_attachment **at, *dead;

	taps->detached = false;
	for (int tap = 0; tap < NVMETAP_NR_TAPS; tap++) {
		at = &taps->first[tap];
		while (*at != NULL) {
			if ((*at)->fn != NULL) {
				at = &(*at)->next;
				continue;
			}
			dead = *at;
			*at = dead->next;
			free(dead);
		}
	}
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
		sweep(taps);
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
		memcpy(&was->info, ev->info, info_size[ev->event]);
		was->ev.info = &was->info;
	}
}

static bool original_differs(const struct original *was, const struct nvmetap_event *ev)
{
	return (ev->cmd != NULL && memcmp(&was->cmd, ev->cmd, sizeof(was->cmd)) != 0) ||
	       (ev->cpl != NULL && memcmp(&was->cpl, ev->cpl, sizeof(was->cpl)) != 0) ||
	       (ev->info != NULL && memcmp(&was->info, ev->info, info_size[ev->event]) != 0);
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

static bool heard(const struct taps *taps, unsigned int tap)
{
	for (const struct tap_attachment *at = taps->first[tap]; at != NULL; at = at->next) {
		if (at->fn != NULL && (taps->only == NULL || taps->only == at->plugin))
			return true;
	}
	return false;
}

static void stamp(struct taps *taps, struct nvmetap_event *ev)
{
	ev->size = sizeof(*ev);
	ev->event = ev->event != NVMETAP_EV_NONE ? ev->event : rows[ev->tap].event;
	ev->stage = rows[ev->tap].stage;
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
	if (taps->only != NULL && !heard(taps, ev->tap))
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
	ev = tap_event(NVMETAP_TAP_BATCH);
	ev.size = sizeof(ev);
	ev.stage = rows[ev.tap].stage;
	ev.bdf = taps->bdf;
	ev.count = which;
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

static struct nvmetap_plugin *or_current(struct nvmetap_plugin *plugin)
{
	return plugin != NULL || running == NULL ? plugin : running->current;
}

NVMETAP_EXPORT int nvmetap_attach(struct nvmetap_plugin *plugin, const char *name, nvmetap_fn *fn,
				  void *ctx, int order)
{
	struct tap_attachment **at, *new;
	struct taps *taps;
	int tap;

	plugin = or_current(plugin);
	if (plugin == NULL || name == NULL || fn == NULL)
		return -EINVAL;
	taps = plugin_taps(plugin);
	tap = tap_find(name);
	if (tap < 0)
		return tap;
	for (at = &taps->first[tap]; *at != NULL; at = &(*at)->next) {
		if ((*at)->plugin == plugin && (*at)->fn == fn && (*at)->ctx == ctx)
			return -EEXIST;
	}
	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return -ENOMEM;
	new->plugin = plugin;
	new->fn = fn;
	new->ctx = ctx;
	new->order = order;
	for (at = &taps->first[tap]; *at != NULL && (*at)->order <= order; at = &(*at)->next)
		;
	new->next = *at;
	*at = new;
	taps->armed |= UINT64_C(1) << tap;
	return 0;
}

static bool plugin_attached(const struct taps *taps, const struct nvmetap_plugin *plugin)
{
	for (int tap = 0; tap < NVMETAP_NR_TAPS; tap++) {
		for (struct tap_attachment *at = taps->first[tap]; at != NULL; at = at->next) {
			if (at->plugin == plugin && at->fn != NULL)
				return true;
		}
	}
	return false;
}

/* An observer of batches hears of its own end, which is its last chance. */
static void detach(struct taps *taps, unsigned int tap, struct tap_attachment *at)
{
	struct nvmetap_event ev = tap_event(NVMETAP_TAP_BATCH);
	struct taps_frame frame = taps_enter(taps, at->plugin);
	nvmetap_fn *fn = at->fn;

	at->fn = NULL;
	taps->detached = true;
	if (!heard(taps, tap))
		taps->armed &= ~(UINT64_C(1) << tap);
	if (tap == NVMETAP_TAP_BATCH) {
		ev.size = sizeof(ev);
		ev.count = NVMETAP_BATCH_DETACH;
		ev.stage = rows[tap].stage;
		ev.bdf = taps->bdf;
		fn(at->ctx, &ev);
	}
	taps_leave(taps, frame);
}

static struct tap_attachment *find_attachment(struct taps *taps, unsigned int tap,
					      const struct nvmetap_plugin *plugin, nvmetap_fn *fn,
					      const void *ctx, bool any_ctx)
{
	for (struct tap_attachment *at = taps->first[tap]; at != NULL; at = at->next) {
		if (at->plugin == plugin && at->fn == fn && (any_ctx || at->ctx == ctx))
			return at;
	}
	return NULL;
}

NVMETAP_EXPORT int nvmetap_detach(struct nvmetap_plugin *plugin, const char *name, nvmetap_fn *fn,
				  void *ctx)
{
	struct tap_attachment *at;
	struct taps *taps;
	int tap;

	plugin = or_current(plugin);
	if (plugin == NULL || name == NULL || fn == NULL)
		return -EINVAL;
	taps = plugin_taps(plugin);
	tap = tap_find(name);
	if (tap < 0)
		return tap;
	at = find_attachment(taps, (unsigned int)tap, plugin, fn, ctx, false);
	/* The short interface names no context: it has one callback a tap. */
	if (at == NULL && ctx == NULL)
		at = find_attachment(taps, (unsigned int)tap, plugin, fn, ctx, true);
	if (at == NULL)
		return -ENOENT;
	detach(taps, (unsigned int)tap, at);
	if (taps->host != NULL && !plugin_attached(taps, plugin))
		taps->host->abandon(taps->host_ctx, plugin);
	return 0;
}

void taps_detach_all(struct taps *taps, struct nvmetap_plugin *plugin)
{
	struct taps_frame frame = taps_enter(taps, plugin);

	for (unsigned int tap = 0; tap < NVMETAP_NR_TAPS; tap++) {
		for (struct tap_attachment *at = taps->first[tap]; at != NULL; at = at->next) {
			if (at->plugin == plugin && at->fn != NULL)
				detach(taps, tap, at);
		}
	}
	if (taps->host != NULL)
		taps->host->abandon(taps->host_ctx, plugin);
	taps_leave(taps, frame);
}

void tap_attached_names(const struct taps *taps, unsigned int tap, char *buf, size_t len)
{
	size_t used = 0, add;

	buf[0] = '\0';
	for (const struct tap_attachment *at = taps->first[tap]; at != NULL; at = at->next) {
		add = strlen(plugin_name(at->plugin)) + 1;
		if (at->fn == NULL || add >= len - used)
			continue;
		buf[used++] = ' ';
		memcpy(buf + used, plugin_name(at->plugin), add);
		used += add - 1;
	}
}

void taps_fini(struct taps *taps)
{
	plugin_remove_all(taps);
	sweep(taps);
	plugin_free_all(taps);
}
