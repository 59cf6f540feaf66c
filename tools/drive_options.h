/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of a drive and its capture, shared by serve and boot. */
#ifndef TOOLS_DRIVE_OPTIONS_H
#define TOOLS_DRIVE_OPTIONS_H

#include <stdbool.h>
#include "emu/drive.h"
#include "tools/command.h"
#include "tracer/tracer.h"

enum {
	NS_MAX = 64,
	PLUGINS_MAX = 64,
	RULES_MAX = 256,
};

/* What --inject or --scenario says. */
struct drive_rule {
	const char *text;
	bool scenario;
};

struct drive_options {
	struct drive_config drive;
	struct tracer_config tracer;
	const char *ns[NS_MAX];
	const char *plugins[PLUGINS_MAX];	/* in the order given */
	unsigned int nr_plugins;
	struct drive_rule rules[RULES_MAX];	/* in the order given */
	unsigned int nr_rules;
	char if_name[16];	/* "00:06.0" */
	/* Puts away what else there is where the program ends at once, because it
	 * crashes or its drive is caught in a plug-in; on any thread, also in a
	 * signal handler; or NULL. */
	void (*dying)(void *ctx);
	void *dying_ctx;
	const char *control;	/* path of the control socket, or NULL: its own */
	bool bdf_given;		/* by the user */
};

extern const struct option_row drive_option_rows[];

void drive_options_init(struct drive_options *options);

/* 0: taken, 1: not one of these, -1: bad, and said so, or OPTIONS_HELPED. */
int drive_options_handle(struct drive_options *options, const char *command, int id,
			 const char *arg);

/* 0, or -1 when it has been said what is wrong with arg. */
int drive_options_set_bdf(struct drive_options *options, const char *command, const char *arg);

#endif
