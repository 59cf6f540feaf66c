/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Injections: what modifiers, plug-ins' requests and faults did to events, told
 * at nvmetap:inject:writeback, and the faults that were asked for.  What plug-ins
 * see of it is in emu/plugin.h.  Controller's thread.
 */
#ifndef EMU_INJECT_H
#define EMU_INJECT_H

#include "emu/original.h"

/* Round each call of a modifier of ev.  before is the event as it was before it,
 * or NULL if nobody hears of injections; it becomes the event as it is now. */
void inject_begin(struct taps *taps);
void inject_end(struct taps *taps, struct nvmetap_plugin *plugin, struct nvmetap_event *ev,
		struct original *before, int verdict);
/* These bytes are about to be stored in the event's data: notes what is there. */
void inject_store(struct taps *taps, size_t off, const uint8_t *bytes, size_t len);

/* Who stands for what plugin does now: whom it blames, or else, or if that is
 * NULL itself.  Lives as long as the taps.  NULL: out of memory. */
struct inject_name *inject_name(struct taps *taps, struct nvmetap_plugin *plugin,
				struct inject_name *otherwise);
/* Whether it is one of plugin's names. */
bool inject_is_of(const struct inject_name *name, const struct nvmetap_plugin *plugin);
void inject_names_free(struct taps *taps);

/* What is told. */
struct inject_note {
	struct inject_name *name;		/* NULL: nothing is told */
	const struct nvmetap_event *ev;		/* as it is now; its seq becomes the cause */
	const struct nvmetap_event *was;	/* as it was, or NULL: nothing differs */
	uint64_t arg;
	uint8_t how, verdict, fault;
};
void inject_tell(struct taps *taps, const struct inject_note *note);

#endif
