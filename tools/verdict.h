/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the guest's own check said.  Ready-made guests end with the console
 * line "nvmetap-guest: exit N": 0, or how many steps failed.
 */
#ifndef TOOLS_VERDICT_H
#define TOOLS_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

struct verdict {
	char line[64];		/* the beginning of the present line */
	size_t len;		/* of the whole line so far */
	bool seen;
	unsigned int failed;	/* steps */
};

/* The console's bytes as they come, in pieces of any size. */
void verdict_feed(struct verdict *verdict, const char *bytes, size_t len);

#endif
