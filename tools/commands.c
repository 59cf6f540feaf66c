/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands there are, in the order in which --help shows them. */
#include <stddef.h>
#include "tools/command.h"

extern const struct command command_serve, command_boot, command_capture, command_dump,
	command_extcap, command_inject, command_mark, command_plugin, command_wireshark;

const struct command *const commands[] = {
	&command_serve,
	&command_boot,
	&command_capture,
	&command_dump,
	&command_inject,
	&command_plugin,
	&command_mark,
	&command_wireshark,
	&command_extcap,
	NULL,
};
