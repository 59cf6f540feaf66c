/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of nvmetap boot. */
#ifndef TOOLS_BOOT_OPTIONS_H
#define TOOLS_BOOT_OPTIONS_H

#include "tools/command.h"
#include "tools/drive_options.h"
#include "tools/guest.h"

struct boot_options {
	struct drive_options session;	/* the drive's and the capture's */
	struct guest guest;
	const char *name;		/* of the ready-made guest, or NULL */
	const char *uml;		/* a kernel that is a program, or NULL */
	const char *append;
	const char *qemu_only;		/* an option that was given and is only QEMU's, or NULL */
	const char *console_file;	/* NULL: the console is not kept */
	char memory[24];
	unsigned int timeout_s;
};

extern const struct option_row *const boot_option_tables[];

/* Fills in options, which argv outlives and which must not move; answers as
 * options_parse does.  What is missing or does not fit has been said, too. */
int boot_options_parse(struct boot_options *options, const struct command *command, int argc,
		       char **argv);

#endif
