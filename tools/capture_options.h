/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of nvmetap capture, called as dumpcap's are. */
#ifndef TOOLS_CAPTURE_OPTIONS_H
#define TOOLS_CAPTURE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include "tools/command.h"

/* What ends a file, or the capture; 0: nothing of this kind. */
struct capture_limits {
	uint64_t duration_s, filesize_kb, packets;	/* kB: 1000 bytes */
	unsigned int files;
};

struct capture_options {
	const char *drive;		/* its control socket, or NULL */
	const char *file;
	bool lists;			/* only says which drives there are */
	bool turns;			/* from file to file */
	struct capture_limits stop, turn;
	int zstd_level;
	const char *events;		/* or NULL */
	int64_t snap, data_snap, ring;	/* -1: not given */
};

extern const struct option_row *const capture_option_tables[];

/* As options_parse. */
int capture_options_parse(struct capture_options *options, const struct command *command,
			  int argc, char **argv);

#endif
