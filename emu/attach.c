/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is attached to which tap, in which order. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "emu/attach.h"
#include "emu/export.h"

bool attach_heard(const struct taps *taps, unsigned int tap)
{
	for (const struct tap_attachment *at = taps->first[tap]; at != NULL; at = at->next) {
		if (at->fn != NULL && (taps->only == NULL || taps->only == at->plugin))
			return true;
	}
	return false;
}

void attach_sweep(struct taps *taps)
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

/* The tap that a call of the interface names, or -errno. */
static int tap_asked(const struct nvmetap_plugin *plugin, const char *name, nvmetap_fn *fn)
{
	if (plugin == NULL || name == NULL || fn == NULL)
		return -EINVAL;
	return plugin_strays(plugin) ? -EPERM : tap_find(name);
}

static struct tap_attachment *find_attachment(struct taps *taps, unsigned int tap,
					      const struct nvmetap_plugin *plugin, nvmetap_fn *fn,
					      const void *ctx, bool any_ctx)
{
	for (struct tap_attachment *at = taps->first[tap]; at != NULL; at = at->next) {
		if (at->plugin == plugin && at->fn != NULL && at->own_fn == fn &&
		    (any_ctx || at->own_ctx == ctx))
			return at;
	}
	return NULL;
}

/* Between firing and a function of a plug-in that was loaded. */
static int call_marked(void *ctx, struct nvmetap_event *ev)
{
	const struct tap_attachment *at = ctx;
	struct watch_mark *mark = &taps_running()->mark;
	uint64_t before = watch_enter(mark, at->place);
	int verdict = at->own_fn(at->own_ctx, ev);

	watch_leave(mark, before);
	return verdict;
}

static void set_function(struct tap_attachment *at, unsigned int tap, nvmetap_fn *fn, void *ctx)
{
	at->own_fn = fn;
	at->own_ctx = ctx;
	at->place = plugin_place(at->plugin, tap);
	at->fn = at->place != 0 ? call_marked : fn;
	at->ctx = at->place != 0 ? at : ctx;
}

NVMETAP_EXPORT int nvmetap_attach(struct nvmetap_plugin *plugin, const char *name, nvmetap_fn *fn,
				  void *ctx, int order)
{
	struct tap_attachment **at, *new;
	struct taps *taps;
	int tap;

	plugin = plugin_speaker(plugin);
	tap = tap_asked(plugin, name, fn);
	if (tap == -ENOENT)
		plugin_say_no_tap(plugin, name);
	if (tap < 0)
		return tap;
	taps = plugin_taps(plugin);
	if (find_attachment(taps, (unsigned int)tap, plugin, fn, ctx, false) != NULL)
		return -EEXIST;
	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return -ENOMEM;
	new->plugin = plugin;
	set_function(new, (unsigned int)tap, fn, ctx);
	new->order = order;
	new->serial = ++taps->nr_attached;
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
	struct nvmetap_event ev = tap_batch_event(taps, NVMETAP_BATCH_DETACH);
	struct taps_frame frame = taps_enter(taps, at->plugin);
	nvmetap_fn *fn = at->fn;

	at->fn = NULL;
	taps->detached = true;
	if (!attach_heard(taps, tap))
		taps->armed &= ~(UINT64_C(1) << tap);
	if (tap == NVMETAP_TAP_BATCH)
		fn(at->ctx, &ev);
	taps_leave(taps, frame);
}

NVMETAP_EXPORT int nvmetap_detach(struct nvmetap_plugin *plugin, const char *name, nvmetap_fn *fn,
				  void *ctx)
{
	struct tap_attachment *at;
	struct taps *taps;
	int tap;

	plugin = plugin_speaker(plugin);
	tap = tap_asked(plugin, name, fn);
	if (tap < 0)
		return tap;
	taps = plugin_taps(plugin);
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
