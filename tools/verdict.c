/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the guest's verdict among the lines of its console. */
#include "tools/verdict.h"

#include <stdio.h>

static void end_line(struct verdict *verdict)
{
	unsigned int failed;

	if (verdict->len < sizeof(verdict->line)) {
		verdict->line[verdict->len] = '\0';
		if (sscanf(verdict->line, "nvmetap-guest: exit %u", &failed) == 1) {
			verdict->seen = true;
			verdict->failed = failed;
		}
	}
	verdict->len = 0;
}

void verdict_feed(struct verdict *verdict, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n' || bytes[i] == '\r') {
			end_line(verdict);
			continue;
		}
		if (verdict->len < sizeof(verdict->line))
			verdict->line[verdict->len] = bytes[i];
		verdict->len++;
	}
}
