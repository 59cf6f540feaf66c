/* SPDX-License-Identifier: BSD-2-Clause */
/* Options of commands: parsing, by the same tables as help.c. */
#include "config.h"

#include "tools/help.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "spec/near.h"

enum {
	OPTIONS_MAX = 64,
	ID_LIST_OPTIONS = OPTION_LONG - 1,
};

/* The tables as getopt_long wants them. */
struct getopt_tables {
	char letters[2 * OPTIONS_MAX + 2];
	struct option longs[OPTIONS_MAX + 3];
};

static void add_row(struct getopt_tables *tables, unsigned int *nr, const struct option_row *row)
{
	size_t at = strlen(tables->letters);

	if (row->id < ID_LIST_OPTIONS) {
		tables->letters[at++] = (char)row->id;
		if (row->arg != NULL)
			tables->letters[at] = ':';
	}
	if (row->name != NULL && *nr < OPTIONS_MAX)
		tables->longs[(*nr)++] = (struct option){
			.name = row->name,
			.has_arg = row->arg != NULL ? required_argument : no_argument,
			.val = row->id,
		};
}

static void build(struct getopt_tables *tables, const struct command *command)
{
	static const struct option_row list = { .id = ID_LIST_OPTIONS, .name = "list-options" };
	unsigned int nr = 0;

	memset(tables, 0, sizeof(*tables));
	tables->letters[0] = ':';
	for (const struct option_row *const *t = command->options; *t != NULL; t++)
		for (const struct option_row *row = *t; row->id != 0; row++)
			add_row(tables, &nr, row);
	add_row(tables, &nr, &help_option);
	add_row(tables, &nr, &list);
}

static void refuse_unknown(const struct command *command, const struct getopt_tables *tables,
			   const char *word)
{
	const char *names[OPTIONS_MAX + 3];
	const char *near = NULL;
	unsigned int nr = 0;
	char name[64];

	/* Known, but not so: only then is there a number for a long one. */
	if (strncmp(word, "--", 2) == 0 && optopt != 0) {
		complain("%s: option %.*s takes no argument", command->name,
			 (int)strcspn(word, "="), word);
		return;
	}
	for (; tables->longs[nr].name != NULL; nr++)
		names[nr] = tables->longs[nr].name;
	if (strncmp(word, "--", 2) == 0) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
		near = nearest_name(name, names, nr);
	}
	if (near != NULL)
		complain("%s: no option %s; did you mean --%s?", command->name, word, near);
	else
		complain("%s: no option %s; see nvmetap %s --help", command->name, word,
			 command->name);
}

int options_parse(const struct command *command, int argc, char **argv,
		  int (*handle)(void *ctx, int id, const char *arg), void *ctx)
{
	struct getopt_tables tables;
	char letter[3] = "-";
	int id, ret;

	build(&tables, command);
	optind = 1;
	while ((id = getopt_long(argc, argv, tables.letters, tables.longs, NULL)) != -1) {
		switch (id) {
		case HELP_OPTION_ID:
			help_show(command);
			return OPTIONS_HELPED;
		case ID_LIST_OPTIONS:
			help_list(command);
			return OPTIONS_HELPED;
		case ':':
			complain("%s: option %s needs an argument", command->name,
				 argv[optind - 1]);
			return OPTIONS_BAD;
		case '?':
			letter[1] = (char)optopt;
			refuse_unknown(command, &tables,
				       optopt == 0 || strncmp(argv[optind - 1], "--", 2) == 0 ?
				       argv[optind - 1] : letter);
			return OPTIONS_BAD;
		default:
			ret = handle(ctx, id, optarg);
			if (ret != 0)
				return ret == OPTIONS_HELPED ? OPTIONS_HELPED : OPTIONS_BAD;
		}
	}
	return optind;
}

void complain(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	flockfile(stderr);
	fputs("nvmetap: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	funlockfile(stderr);
}

const char *nearest_name(const char *name, const char *const *names, unsigned int nr)
{
	struct near near;

	near_init(&near, name, strlen(name));
	for (unsigned int i = 0; i < nr; i++)
		near_offer(&near, names[i]);
	return near.nr > 0 ? near.names[0] : NULL;
}

int parse_size(const char *text, unsigned long long *size)
{
	static const char suffixes[] = "KMGT";
	const char *suffix;
	unsigned int shift = 0;
	char *end;

	errno = 0;
	if (text[0] < '0' || text[0] > '9')
		return -1;
	*size = strtoull(text, &end, 0);
	if (errno != 0)
		return -1;
	if (*end != '\0') {
		suffix = strchr(suffixes, *end);
		if (suffix == NULL || end[1] != '\0')
			return -1;
		shift = 10 * (unsigned int)(suffix - suffixes + 1);
	}
	if (*size > ~0ULL >> shift)
		return -1;
	*size <<= shift;
	return 0;
}

static int in_range(const char *arg, unsigned long long min, unsigned long long max,
		    unsigned long long *value)
{
	return parse_size(arg, value) == 0 && *value >= min && *value <= max ? 0 : -1;
}

int option_number(const char *command, const char *option, const char *arg,
		  unsigned long long min, unsigned long long max, unsigned long long *value)
{
	if (in_range(arg, min, max, value) == 0)
		return 0;
	if (max < INT64_MAX / 1000)
		complain("%s: %s %s: must be a number from %llu to %llu", command, option, arg,
			 min, max);
	else
		complain("%s: %s %s: must be a number, at least %llu", command, option, arg, min);
	return -1;
}

/* The largest unit that says it without a remainder. */
static const char *size_text(unsigned long long size, char *text, size_t len)
{
	static const char *const units[] = { "", "K", "M", "G", "T" };
	unsigned int unit = 0;

	for (; size > 0 && size % 1024 == 0 && unit < 4; unit++)
		size /= 1024;
	snprintf(text, len, "%llu%s", size, units[unit]);
	return text;
}

int option_size(const char *command, const char *option, const char *arg,
		unsigned long long min, unsigned long long max, unsigned long long *value)
{
	char least[32], most[32];

	if (in_range(arg, min, max, value) == 0)
		return 0;
	complain("%s: %s %s: must be a size from %s to %s", command, option, arg,
		 size_text(min, least, sizeof(least)), size_text(max, most, sizeof(most)));
	return -1;
}

int option_capture(const char *command, const char *arg, const char **file)
{
	*file = arg;
	if (strcmp(arg, "-") != 0 || !isatty(STDOUT_FILENO))
		return 0;
	complain("%s: -w -: a capture is not for a terminal; give a file, or a program that "
		 "reads it behind a pipe", command);
	return -1;
}
