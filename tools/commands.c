/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands there are, in the order in which --help shows them. */
#include <stddef.h>
#include "tools/command.h"

extern const struct command command_dump;

const struct command *const commands[] = {
	&command_dump,
	NULL,
};
