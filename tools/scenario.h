/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scenarios: named files of rules.  A line is a rule; one that ends with a
 * backslash goes on in the next; # begins a comment.  The comment that a file
 * begins with says in its first line what happens, then what is known of it.
 */
#ifndef TOOLS_SCENARIO_H
#define TOOLS_SCENARIO_H

#include "tools/inject.h"

/* Calls fn for each rule of it, until it answers less than 0, with why in a line. */
typedef int scenario_fn(void *ctx, const char *label, const char *rule, char *why, size_t len);
/*
 * Reads a scenario: a name, which stands for NAME.rules in the
 * installed folder or in $NVMETAP_SCENARIOS, or a file.  0, or -1 and in err
 * one line, with the file's name and line.
 */
int scenario_read(const char *name, scenario_fn *fn, void *ctx, char *err, size_t errlen);
/* The same, adding its rules.  On the controller's thread. */
int scenario_add(struct inject *inject, const char *name, char *err, size_t errlen);

/* "list": the name of each and its first line; "help": all that is said of
 * them.  To standard output.  0, or -1 and err. */
int scenario_list(char *err, size_t errlen);
int scenario_help(char *err, size_t errlen);

#endif
