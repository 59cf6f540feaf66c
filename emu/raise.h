/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is raised while plug-ins' code runs, and fires after the present event's
 * observers, in its order: log lines, injections, faults.  Controller's thread.
 */
#ifndef EMU_RAISE_H
#define EMU_RAISE_H

#include "emu/tap.h"

/* The beginning of what was raised, in memory of malloc's. */
struct raised {
	struct raised *next;
	void (*fire)(struct taps *taps, struct raised *raised);
};

/* Fires it at once if no plug-in's code runs, or later; then frees it. */
void raise_add(struct taps *taps, struct raised *raised);
/* Fires what was raised, with what is raised meanwhile. */
void raise_fire(struct taps *taps);

#endif
