/* SPDX-License-Identifier: BSD-2-Clause */
/* What --help and --list-options of a command show, on standard output. */
#ifndef TOOLS_HELP_H
#define TOOLS_HELP_H

#include "tools/command.h"

/* The row that every command has. */
enum { HELP_OPTION_ID = 'h' };
extern const struct option_row help_option;

/* At most 80 columns wide, but for words that are longer. */
void help_show(const struct command *command);
/* Options and verbs, one a line, for completion. */
void help_list(const struct command *command);

#endif
