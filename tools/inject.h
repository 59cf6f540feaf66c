/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rule engine: a plug-in of the program's own, with a modifier for each
 * rule.  Rules come and go while the guest runs, which is told in the trace;
 * without one it is attached to nothing.  All on the controller's thread, before
 * drive_run or in drive_call.
 */
#ifndef TOOLS_INJECT_H
#define TOOLS_INJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "emu/drive.h"

struct inject;

/* With the first rule it becomes a plug-in of the drive.  drive NULL: whoever
 * has taps but no drive adds inject_plugin by himself.  NULL and errno */
struct inject *inject_new(struct drive *drive);
struct drive_plugin inject_plugin(struct inject *inject);
/* After drive_free. */
void inject_free(struct inject *inject);

/*
 * Adds a rule, the words of nvmetap-inject(7).  label says where it comes from
 * ("lost-interrupt"), or is NULL.  Its number, 1 and up, which is never used
 * again; or
 *   -EINVAL  err says at which column what is wrong: "column 12: no tap …"; or that
 *            there is a control character in the label
 *   -ENOMEM; -ENODEV: the drive has ended
 */
int inject_add(struct inject *inject, const char *rule, char *err, size_t errlen);
int inject_add_labelled(struct inject *inject, const char *label, const char *rule, char *err,
			size_t errlen);
/* What it holds goes on; what it delays comes when it is due.  0 or -ENOENT. */
int inject_remove(struct inject *inject, unsigned int id);
/* A rule that pauses neither fires nor counts.  0 or -ENOENT. */
int inject_pause(struct inject *inject, unsigned int id, bool paused);
/* Lets what the rule holds go on.  How many commands, or -ENOENT, -ENOMEM. */
int inject_release(struct inject *inject, unsigned int id);

struct inject_rule {
	unsigned int id;
	const char *text, *label;	/* label: or NULL */
	uint64_t matched;	/* events that it listens for, while it could fire */
	uint64_t fired;
	uint64_t in_vain;	/* of these nothing could come: "torn" in a full queue, say */
	unsigned int held;	/* commands that it holds until they are released */
	bool paused;
};
/* In the order of their numbers; what rule points to lives during the call. */
void inject_each(struct inject *inject, void (*fn)(void *ctx, const struct inject_rule *rule),
		 void *ctx);

#endif
