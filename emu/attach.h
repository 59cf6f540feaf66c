/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is attached to which tap: the other half of emu/tap.h, for emu/tap.c
 * alone.  All on the controller's thread.
 */
#ifndef EMU_ATTACH_H
#define EMU_ATTACH_H

#include "emu/tap.h"

struct tap_attachment {
	struct tap_attachment *next;
	struct nvmetap_plugin *plugin;
	nvmetap_fn *fn;		/* what is called; NULL: detached, to be swept */
	void *ctx;
	nvmetap_fn *own_fn;	/* what the plug-in has given */
	void *own_ctx;
	uint32_t place;		/* of its calls, see emu/watch.h */
	int order;
	uint32_t serial;	/* those of one order stand by it */
	bool told;		/* that nothing can be held here */
};

/* Whether an event at the tap, of a snapshot if one is under way, has a hearer. */
bool attach_heard(const struct taps *taps, unsigned int tap);
/* Frees what was detached; no callback is on the stack. */
void attach_sweep(struct taps *taps);

#endif
