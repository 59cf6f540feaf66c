/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules that a drive starts with, and what is said of all of them at its end. */
#ifndef TOOLS_SESSION_RULES_H
#define TOOLS_SESSION_RULES_H

#include "tools/drive_options.h"
#include "tools/inject.h"

/* Adds those of --inject and --scenario in the order given.  0, or -1 when it
 * has been said what is wrong with one. */
int session_rules_add(struct inject *inject, const struct drive_options *options,
		      const char *command);

/* Says on standard error how often each rule matched and fired. */
void session_rules_report(struct inject *inject);

#endif
