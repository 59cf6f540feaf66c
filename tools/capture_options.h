/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of nvmetap capture, called as dumpcap's are. */
#ifndef TOOLS_CAPTURE_OPTIONS_H
#define TOOLS_CAPTURE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include "dissector/expr.h"
#include "tools/command.h"

/* What ends a file, or the capture; 0: nothing of this kind. */
struct capture_limits {
	uint64_t duration_s, filesize_kb, packets;	/* kB: 1000 bytes */
	unsigned int files;
};

struct capture_options {
	const char *drive;		/* its control socket, or NULL */
	const char *file;
	const char *filter;		/* libpcap's, or NULL */
	struct expr *display_filter;	/* or NULL; its owner's to free */
	bool lists;			/* only says which drives there are */
	bool turns;			/* from file to file */
	struct capture_limits stop, turn;
	bool quiet;			/* says errors only */
	int zstd_level;
	const char *events;		/* or NULL */
	int64_t snap, data_snap, ring;	/* -1: not given */
};

extern const struct option_row *const capture_option_tables[];
/* What is captured; the ids are capture_options_handle's. */
extern const struct option_row capture_what_rows[];

/* None of them given. */
#define CAPTURE_OPTIONS_INIT { .snap = -1, .data_snap = -1, .ring = -1 }

/* As options_parse. */
int capture_options_parse(struct capture_options *options, const struct command *command,
			  int argc, char **argv);
/* Takes one of the options.  0, or -1 with the reason said. */
int capture_options_handle(struct capture_options *options, int id, const char *arg);

/* Captures; an exit status.  capture.c */
int capture_live(const struct capture_options *options);

#endif
