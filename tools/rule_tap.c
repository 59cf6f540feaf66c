/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of taps, and their names. */
#include "tools/rule_tap.h"

#include <stdio.h>

static const struct {
	uint8_t event;
	const char *name;
} taps_by_number[] = {
#define TAP(cname, number, event, stage, name) [number] = { event, name },
#include "spec/nvme.def"
};

const char *rule_tap_name(unsigned int tap)
{
	return taps_by_number[tap].name;
}

unsigned int rule_tap_events(unsigned int tap, uint8_t events[RULE_NR_EVENTS])
{
	unsigned int nr = 0;

	events[nr++] = taps_by_number[tap].event;
	if (rule_tap_in(TAPS_ADMIN, tap) || tap == NVMETAP_TAP_LIST)
		events[nr++] = NVMETAP_EV_ADMIN;
	if (rule_tap_in(TAPS_IO, tap) || tap == NVMETAP_TAP_LIST)
		events[nr++] = NVMETAP_EV_IO;
	return nr;
}

uint64_t rule_event_taps(unsigned int event)
{
	uint64_t taps = 0;

	if (event == NVMETAP_EV_NONE)
		return TAPS_RULE;
	for (unsigned int tap = 0; tap < NVMETAP_NR_TAPS; tap++) {
		if (taps_by_number[tap].event == event)
			taps |= UINT64_C(1) << tap;
	}
	return taps & TAPS_RULE;
}

void rule_tap_names(uint64_t taps, char *to, size_t size)
{
	size_t used = 0;
	int n;

	to[0] = '\0';
	for (unsigned int tap = 0; tap < NVMETAP_NR_TAPS && used < size; tap++) {
		if (!rule_tap_in(taps, tap))
			continue;
		n = snprintf(to + used, size - used, " %s", rule_tap_name(tap));
		used += n > 0 ? (size_t)n : 0;
	}
}
