/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that tell a running drive something: "nvmetap inject add RULE". */
#ifndef TOOLS_VERBS_H
#define TOOLS_VERBS_H

#include "tools/control_client.h"

/* The run of such a command: parses, connects to the drive that --control
 * names, or to the only one, and runs the verb that is the first operand. */
int verbs_run(const struct command *command, int argc, char **argv);

/* The same for a command with operands and no verbs: verb's name is not looked at. */
int verbs_run_only(const struct command *command, const struct verb *verb, int argc, char **argv);

/* The operands with spaces between them, as echo does it: at most
 * CONTROL_TEXT_MAX bytes of UTF-8, and a NUL.  0, or -1 with the reason said. */
int verbs_join(const struct control_client *client, int nr, char **operands, char *text);

#endif
