/* SPDX-License-Identifier: BSD-2-Clause */
/* Who waits for a turn: numbers in the order in which they came, each once.  The
 * controller's thread. */
#ifndef EMU_TURNS_H
#define EMU_TURNS_H

#include <stdint.h>
#include <string.h>

enum { TURNS_MAX = 65 };	/* who uses it has no more */

/* All zero to begin with. */
struct turns {
	uint16_t list[TURNS_MAX];
	unsigned int nr;
};

static inline unsigned int turns_find(const struct turns *turns, uint16_t who)
{
	unsigned int at = 0;

	while (at < turns->nr && turns->list[at] != who)
		at++;
	return at;
}

/* At the end, unless it waits already. */
static inline void turns_add(struct turns *turns, uint16_t who)
{
	if (turns_find(turns, who) == turns->nr)
		turns->list[turns->nr++] = who;
}

/* If it waits. */
static inline void turns_remove(struct turns *turns, uint16_t who)
{
	unsigned int at = turns_find(turns, who);

	if (at == turns->nr)
		return;
	turns->nr--;
	memmove(&turns->list[at], &turns->list[at + 1],
		(turns->nr - at) * sizeof(turns->list[0]));
}

#endif
