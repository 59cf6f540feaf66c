/* SPDX-License-Identifier: BSD-2-Clause */
/* Injections: who did what to which event. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "emu/export.h"
#include "emu/inject.h"
#include "emu/provoke.h"
#include "emu/raise.h"

enum {
	NAMES_MAX = 1024,	/* of a plug-in */
};

struct inject_name {
	struct inject_name *next;
	struct nvmetap_plugin *plugin;
	uint64_t count;
	size_t len;
	char text[];
};

/* An injection on its way, with all that its event points to. */
struct injected {
	struct raised raised;
	struct inject_name *name;
	struct nvmetap_inject info;
	struct nvmetap_event of;	/* the altered event */
	struct nvme_command sqe, cmd[2];
	struct nvme_completion cpl[2];
	union tap_info state[2];
	uint8_t data[2][NVMETAP_INJECT_DATA];
};

static struct inject_name *name_of(struct taps *taps, struct nvmetap_plugin *plugin,
				   const char *text)
{
	size_t len = strnlen(text, NVMETAP_WHO_MAX);
	struct inject_name **at = &taps->names, *name;
	unsigned int nr = 0;

	for (; (name = *at) != NULL; at = &name->next) {
		if (name->plugin != plugin)
			continue;
		if (name->len == len && memcmp(name->text, text, len) == 0)
			return name;
		nr++;
	}
	if (nr >= NAMES_MAX) {
		errno = ENOSPC;
		return NULL;
	}
	name = calloc(1, sizeof(*name) + len + 1);
	if (name == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	name->plugin = plugin;
	name->len = len;
	memcpy(name->text, text, len);
	*at = name;
	return name;
}

struct inject_name *inject_name(struct taps *taps, struct nvmetap_plugin *plugin,
				struct inject_name *otherwise)
{
	if (taps->blamed != NULL && taps->blamed->plugin == plugin)
		return taps->blamed;
	return otherwise != NULL ? otherwise : name_of(taps, plugin, plugin_name(plugin));
}

bool inject_is_of(const struct inject_name *name, const struct nvmetap_plugin *plugin)
{
	return name != NULL && name->plugin == plugin;
}

void inject_names_free(struct taps *taps)
{
	struct inject_name *name;

	while ((name = taps->names) != NULL) {
		taps->names = name->next;
		free(name);
	}
}

NVMETAP_EXPORT int nvmetap_blame(struct nvmetap_plugin *plugin, const char *who)
{
	struct taps *taps = taps_running();
	struct inject_name *name;

	plugin = plugin_speaker(plugin);
	if (taps == NULL || plugin == NULL || plugin != taps->current || who == NULL)
		return -EINVAL;
	name = name_of(taps, plugin, who);
	if (name == NULL)
		return -errno;
	taps->blamed = name;
	return 0;
}

static void fire_injected(struct taps *taps, struct raised *raised)
{
	struct injected *in = (struct injected *)raised;
	struct nvmetap_event ev;

	if (!tap_armed(taps, NVMETAP_TAP_INJECT))
		return;
	ev = tap_event(NVMETAP_TAP_INJECT);
	ev.flags = in->of.flags & NVMETAP_HAS_COMMAND;
	ev.qkind = in->of.qkind;
	ev.csi = in->of.csi;
	ev.cause = in->of.seq;
	ev.cmd_id = in->of.cmd_id;
	ev.sqid = in->of.sqid;
	ev.cqid = in->of.cqid;
	ev.cmd = in->of.cmd != NULL ? &in->sqe : NULL;
	ev.inject = &in->info;
	ev.text = in->name->text;
	ev.text_len = in->name->len;
	tap_fire(taps, &ev);
}

/* What an event's info points to, if a modifier may change it. */
static bool has_state(const struct nvmetap_event *ev)
{
	return ev->info != NULL && ev->event != NVMETAP_EV_DATA && ev->event != NVMETAP_EV_LIST &&
	       tap_info_size(ev->event) != 0;
}

static void note_cmd(struct injected *in, const struct nvmetap_event *was,
		     const struct nvmetap_event *now)
{
	if (now->cmd == NULL || memcmp(was->cmd, now->cmd, sizeof(*now->cmd)) == 0)
		return;
	in->cmd[0] = *was->cmd;
	in->cmd[1] = *now->cmd;
	in->info.was.cmd = &in->cmd[0];
	in->info.now.cmd = &in->cmd[1];
}

static void note_cpl(struct injected *in, const struct nvmetap_event *was,
		     const struct nvmetap_event *now)
{
	if (now->cpl == NULL || memcmp(was->cpl, now->cpl, sizeof(*now->cpl)) == 0)
		return;
	in->cpl[0] = *was->cpl;
	in->cpl[1] = *now->cpl;
	in->info.was.cpl = &in->cpl[0];
	in->info.now.cpl = &in->cpl[1];
}

static void note_state(struct injected *in, const struct nvmetap_event *was,
		       const struct nvmetap_event *now)
{
	size_t len = tap_info_size(now->event);

	if (!has_state(now) || memcmp(was->info, now->info, len) == 0)
		return;
	memcpy(&in->state[0], was->info, len);
	memcpy(&in->state[1], now->info, len);
	in->info.was.info = &in->state[0];
	in->info.now.info = &in->state[1];
}

static void note_data(struct injected *in, const struct taps *taps)
{
	const struct tap_step *step = &taps->step;
	const uint8_t *now = taps->data + step->data_off;
	size_t len = step->data_len;

	if (step->changed == 0)
		return;
	while (len > 0 && step->data_was[len - 1] == now[len - 1])
		len--;
	memcpy(in->data[0], step->data_was, len);
	memcpy(in->data[1], now, len);
	in->info.changed = step->changed;
	in->info.offset = (uint32_t)step->data_off;
	in->info.data_len = (uint32_t)len;
	if (len == 0)
		return;
	in->info.was.data = in->data[0];
	in->info.now.data = in->data[1];
}

/* What note tells, without its data; NULL: nobody hears it, or no memory. */
static struct injected *injected_new(struct taps *taps, const struct inject_note *note)
{
	struct injected *in;

	if (note->name == NULL || !tap_armed(taps, NVMETAP_TAP_INJECT))
		return NULL;
	in = calloc(1, sizeof(*in));
	if (in == NULL)
		return NULL;
	in->raised.fire = fire_injected;
	in->name = note->name;
	if (note->how == NVMETAP_INJECT_ALTERED)
		in->name->count++;
	in->info.count = in->name->count;
	in->info.arg = note->arg;
	in->info.how = note->how;
	in->info.verdict = note->verdict;
	in->info.fault = note->fault;
	in->info.tap = NVMETAP_NR_TAPS;
	if (note->ev != NULL) {
		in->of = *note->ev;
		in->info.tap = note->ev->tap;
		in->info.event = note->ev->event;
		if (note->ev->cmd != NULL)
			in->sqe = *note->ev->cmd;
	}
	if (note->was != NULL) {
		note_cmd(in, note->was, note->ev);
		note_cpl(in, note->was, note->ev);
		note_state(in, note->was, note->ev);
	}
	return in;
}

void inject_tell(struct taps *taps, const struct inject_note *note)
{
	struct injected *in = injected_new(taps, note);

	if (in != NULL)
		raise_add(taps, &in->raised);
}

void inject_begin(struct taps *taps)
{
	taps->step.nr_faults = 0;
	taps->step.changed = 0;
}

/* What one call of a modifier did: an event for each fault, or for the rest. */
static void tell_step(struct taps *taps, struct nvmetap_plugin *plugin,
		      struct nvmetap_event *ev, struct original *before, int verdict)
{
	bool differs = original_differs(before, ev);
	struct inject_note note = { .ev = ev, .was = &before->ev, .verdict = (uint8_t)verdict };
	struct injected *in;

	if (!differs && verdict == NVMETAP_GO && taps->step.changed == 0 &&
	    taps->step.nr_faults == 0)
		return;
	note.name = inject_name(taps, plugin, NULL);
	for (unsigned int i = 0; i == 0 || i < taps->step.nr_faults; i++) {
		if (taps->step.nr_faults > 0) {
			note.fault = taps->step.faults[i].fault;
			note.arg = taps->step.faults[i].arg;
		}
		in = injected_new(taps, &note);
		if (in == NULL)
			break;
		if (i == 0)
			note_data(in, taps);
		note.was = NULL;
		raise_add(taps, &in->raised);
	}
	if (differs)
		original_save(before, ev);
}

void inject_end(struct taps *taps, struct nvmetap_plugin *plugin, struct nvmetap_event *ev,
		struct original *before, int verdict)
{
	if (before != NULL && ev->event != NVMETAP_EV_INJECT)
		tell_step(taps, plugin, ev, before, verdict);
	if (taps->step.nr_faults > 0)
		provoke_step(taps, plugin, ev);
}

void inject_store(struct taps *taps, size_t off, const uint8_t *bytes, size_t len)
{
	struct tap_step *step = &taps->step;
	const uint8_t *now = taps->data + off;

	for (size_t i = 0; i < len; i++) {
		if (now[i] == bytes[i])
			continue;
		if (step->changed++ != 0)
			continue;
		step->data_off = off + i;
		step->data_len = taps->data_len - step->data_off;
		if (step->data_len > NVMETAP_INJECT_DATA)
			step->data_len = NVMETAP_INJECT_DATA;
		memcpy(step->data_was, taps->data + step->data_off, step->data_len);
	}
}
