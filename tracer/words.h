/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of --events: which taps and events are asked for. */
#ifndef TRACER_WORDS_H
#define TRACER_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "emu/plugin.h"

/* Bit n: what passes tap n, but doorbells, which have a bit of their own. */
#define WORDS_TAP(tap) (UINT64_C(1) << (tap))
#define WORDS_DOORBELL (UINT64_C(1) << 63)

/*
 * Reads "word,word,-word…" (NULL: the default) into a set of bits; the comma
 * may be left out before a sign, as in "word+word-word".
 * A list that begins with a sign starts from the default, any other from
 * nothing; the session, with the registers, is in every list that does not
 * say -session.
 * 0, or -EINVAL and in err a line that names all words.
 */
int words_parse(const char *events, uint64_t *set, char *err, size_t errlen);

/* Whether the event, which has come through a tap of the set, is asked for. */
static inline bool words_want(uint64_t set, const struct nvmetap_event *ev)
{
	if (ev->event == NVMETAP_EV_DOORBELL)
		return set & WORDS_DOORBELL;
	return ev->tap < NVMETAP_NR_TAPS && (set & WORDS_TAP(ev->tap));
}

/* Whether the set needs this tap attached. */
static inline bool words_need(uint64_t set, unsigned int tap)
{
	if (tap == NVMETAP_TAP_REGWRITE && (set & WORDS_DOORBELL))
		return true;
	return set & WORDS_TAP(tap);
}

#endif
