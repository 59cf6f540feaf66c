/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults that plug-ins provoke, rows FAULT of the table, between nvmetap_fault
 * and who does them: emu/fault.h, emu/irq.c, emu/device.c.  Controller's thread.
 */
#ifndef EMU_PROVOKE_H
#define EMU_PROVOKE_H

#include "emu/inject.h"

/* What one call of a modifier of ev has provoked is there to be taken, or raised
 * if it belongs to no event. */
void provoke_step(struct taps *taps, struct nvmetap_plugin *plugin, const struct nvmetap_event *ev);

/* Whether any fault of an event has been provoked. */
static inline bool provoke_any(const struct taps *taps)
{
	return __builtin_expect(TAPS_ARMED(taps) >> TAP_FAULTS != 0, 0);
}
/* A fault that was provoked at the event with that number, once, or NULL; valid
 * until the next one is. */
const struct tap_fault *provoke_take(struct taps *taps, unsigned int fault, uint64_t seq);

#endif
