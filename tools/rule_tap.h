/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of taps, a bit each: what passes there, and so what fits there. */
#ifndef TOOLS_RULE_TAP_H
#define TOOLS_RULE_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "emu/plugin.h"

#define TAP_BIT(tap) (UINT64_C(1) << NVMETAP_TAP_##tap)

#define TAPS_COMMAND (TAP_BIT(ADMIN_FETCH) | TAP_BIT(ADMIN_DECODE) | TAP_BIT(ADMIN_EXECUTE) | \
		      TAP_BIT(IO_FETCH) | TAP_BIT(IO_DECODE) | TAP_BIT(IO_EXECUTE))
#define TAPS_DATA (TAP_BIT(ADMIN_MEMORY) | TAP_BIT(IO_MEMORY))
#define TAPS_COMPLETION (TAP_BIT(ADMIN_WRITEBACK) | TAP_BIT(IO_WRITEBACK))
#define TAPS_STAGES (TAPS_COMMAND | TAPS_DATA | TAPS_COMPLETION)
#define TAPS_CONFIG (TAP_BIT(CFGREAD) | TAP_BIT(CFGWRITE))
#define TAPS_REGISTER (TAP_BIT(REGREAD) | TAP_BIT(REGWRITE))
#define TAPS_ACCESS (TAPS_CONFIG | TAPS_REGISTER | TAP_BIT(MSIXREAD) | TAP_BIT(MSIXWRITE))
#define TAPS_ADMIN (TAP_BIT(ADMIN_FETCH) | TAP_BIT(ADMIN_DECODE) | TAP_BIT(ADMIN_EXECUTE) | \
		    TAP_BIT(ADMIN_MEMORY) | TAP_BIT(ADMIN_WRITEBACK))
#define TAPS_IO (TAP_BIT(IO_FETCH) | TAP_BIT(IO_DECODE) | TAP_BIT(IO_EXECUTE) | \
		 TAP_BIT(IO_MEMORY) | TAP_BIT(IO_WRITEBACK))
/* What rules may listen at: all but what tells of the drive itself, or of what
 * rules have done. */
#define TAPS_RULE (((UINT64_C(1) << NVMETAP_NR_TAPS) - 1) & \
		   ~(TAP_BIT(LOG) | TAP_BIT(SESSION) | TAP_BIT(REGISTERS) | TAP_BIT(BATCH) | \
		     TAP_BIT(INJECT)))

const char *rule_tap_name(unsigned int tap);
/* The events whose records have what an expression can speak of at the tap: its own, and that of
 * their commands.  How many, at most RULE_NR_EVENTS. */
enum { RULE_NR_EVENTS = 3 };
unsigned int rule_tap_events(unsigned int tap, uint8_t events[RULE_NR_EVENTS]);
/* Where events of this kind pass; NVMETAP_EV_NONE: TAPS_RULE. */
uint64_t rule_event_taps(unsigned int event);
/* Their names, each after a space. */
void rule_tap_names(uint64_t taps, char *to, size_t size);

static inline bool rule_tap_in(uint64_t taps, unsigned int tap)
{
	return (taps >> tap & 1) != 0;
}

#endif
