/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the guest's verdict, and a panic, among the lines of its console. */
#include "tools/verdict.h"

#include <stdio.h>
#include <string.h>

/* The kernel's lines have times and levels before them, or not. */
static void look_for_panic(struct verdict *verdict)
{
	static const char words[] = "Kernel panic - not syncing: ";
	const char *at = strstr(verdict->line, words);

	if (at != NULL && verdict->panic[0] == '\0')
		snprintf(verdict->panic, sizeof(verdict->panic), "%.127s", at + strlen(words));
}

static void end_line(struct verdict *verdict)
{
	size_t last = sizeof(verdict->line) - 1;
	unsigned int failed;

	verdict->line[verdict->len < last ? verdict->len : last] = '\0';
	if (sscanf(verdict->line, "nvmetap-guest: exit %u", &failed) == 1) {
		verdict->seen = true;
		verdict->failed = failed;
	}
	look_for_panic(verdict);
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
