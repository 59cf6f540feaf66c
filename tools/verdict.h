/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the guest's console says of its end.  Ready-made guests end with the
 * line "nvmetap-guest: exit N": 0, or how many steps of their own check failed.
 * Linux that cannot go on says "Kernel panic - not syncing: " and why.
 */
#ifndef TOOLS_VERDICT_H
#define TOOLS_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

struct verdict {
	char line[256];		/* the beginning of the present line */
	size_t len;		/* of the whole line so far */
	bool seen;
	unsigned int failed;	/* steps */
	char panic[128];	/* why the kernel panicked first, or "" */
};

/* The console's bytes as they come, in pieces of any size. */
void verdict_feed(struct verdict *verdict, const char *bytes, size_t len);

#endif
