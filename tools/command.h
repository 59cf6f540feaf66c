/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command of nvmetap: one file each, which exports its own descriptor.  The
 * option table is the only copy: parsing, --help and the completion read it.
 */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

#include <stdarg.h>

enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

/* Options without a letter have an id above all letters. */
struct option_row {
	int id;			/* the letter, or OPTION_LONG and up; 0 ends a table */
	const char *name;	/* "read", or NULL: only a letter */
	const char *arg;	/* "FILE", or NULL: takes none */
	const char *help;
};

enum { OPTION_LONG = 256 };

struct control_client;

/* The first operand of a command that speaks to a running drive: "add". */
struct verb {
	const char *name;	/* NULL ends */
	const char *operands;	/* "RULE", or "" */
	const char *help;
	int min, max;		/* how many operands; max -1: any number */
	/* The client is connected, and closed afterwards.  An exit status. */
	int (*run)(struct control_client *client, int nr, char **operands);
};

struct command {
	const char *name;
	const char *operands;	/* for the usage line: "[-- QEMU-OPTION…]" or "" */
	const char *summary;	/* one line */
	const struct option_row *const *options;	/* tables, NULL ends them */
	int (*run)(const struct command *command, int argc, char **argv);
	const struct verb *verbs;	/* or NULL */
};

/* What options_parse answers beside the index of the first operand. */
enum {
	OPTIONS_BAD = -1,	/* said so: exit 2 */
	OPTIONS_HELPED = -2,	/* --help or --list-options was answered: exit 0 */
};

/*
 * Parses argv of command; handle gets each option's id and argument and
 * answers 0, -1 when it has printed what is wrong with it, or OPTIONS_HELPED.
 */
int options_parse(const struct command *command, int argc, char **argv,
		  int (*handle)(void *ctx, int id, const char *arg), void *ctx);

/* "nvmetap: …" on standard error, one line. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "Did you mean": the nearest of nr names, or NULL when none is near. */
const char *nearest_name(const char *name, const char *const *names, unsigned int nr);

/* A size in bytes with an optional suffix K, M, G or T; 0 or -1. */
int parse_size(const char *text, unsigned long long *size);

/*
 * The argument of a command's option ("--ring") as a number from min to max, or
 * as a size: these may both have a suffix, and differ in how they are told.  No
 * upper bound is told of INT64_MAX / 1000 and above.  0, or -1 with the reason
 * said.
 */
int option_number(const char *command, const char *option, const char *arg,
		  unsigned long long min, unsigned long long max, unsigned long long *value);
int option_size(const char *command, const char *option, const char *arg,
		unsigned long long min, unsigned long long max, unsigned long long *value);

/* The argument of -w.  0, or -1 with the reason said: bytes would go to a terminal. */
int option_capture(const char *command, const char *arg, const char **file);

/* In the order in which --help shows them; NULL ends. */
extern const struct command *const commands[];

#endif
