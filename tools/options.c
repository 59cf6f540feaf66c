/* SPDX-License-Identifier: BSD-2-Clause */
/* Options of commands: parsing and help from one table. */
#include "config.h"

#include "tools/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	OPTIONS_MAX = 64,
	ID_HELP = OPTION_LONG - 1,
	ID_LIST_OPTIONS = OPTION_LONG - 2,
	HELP_COLUMN = 28,
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
	static const struct option_row common[] = {
		{ .id = ID_HELP, .name = "help" },
		{ .id = ID_LIST_OPTIONS, .name = "list-options" },
	};
	unsigned int nr = 0;

	memset(tables, 0, sizeof(*tables));
	tables->letters[0] = ':';
	for (const struct option_row *const *t = command->options; *t != NULL; t++)
		for (const struct option_row *row = *t; row->id != 0; row++)
			add_row(tables, &nr, row);
	tables->longs[nr++] = (struct option){ .name = common[0].name, .val = common[0].id };
	tables->longs[nr++] = (struct option){ .name = common[1].name, .val = common[1].id };
}

static void print_row(const struct option_row *row)
{
	char left[80];
	int len = 0;

	if (row->id < ID_LIST_OPTIONS)
		len = snprintf(left, sizeof(left), "  -%c%s", row->id, row->name ? ", " : "");
	else
		len = snprintf(left, sizeof(left), "      ");
	if (row->name != NULL)
		len += snprintf(left + len, sizeof(left) - (size_t)len, "--%s", row->name);
	if (row->arg != NULL)
		snprintf(left + len, sizeof(left) - (size_t)len, " %s", row->arg);
	if (strlen(left) < HELP_COLUMN)
		printf("%-*s%s\n", HELP_COLUMN, left, row->help);
	else
		printf("%s\n%*s%s\n", left, HELP_COLUMN, "", row->help);
}

static void print_verbs(const struct command *command)
{
	char left[80];

	if (command->verbs == NULL)
		return;
	for (const struct verb *verb = command->verbs; verb->name != NULL; verb++) {
		snprintf(left, sizeof(left), "  %s %s", verb->name, verb->operands);
		printf("%-*s%s\n", HELP_COLUMN, left, verb->help);
	}
	putchar('\n');
}

static void print_help(const struct command *command)
{
	static const struct option_row help = {
		.id = ID_HELP, .name = "help", .help = "show this and exit",
	};

	printf("Usage: nvmetap %s [OPTION…]%s%s\n%s\n\n", command->name,
	       command->operands[0] != '\0' ? " " : "", command->operands, command->summary);
	print_verbs(command);
	for (const struct option_row *const *t = command->options; *t != NULL; t++)
		for (const struct option_row *row = *t; row->id != 0; row++)
			print_row(row);
	print_row(&help);
	printf("\nThe manual page nvmetap-%s(1) says more.\n", command->name);
}

static void print_list(const struct command *command)
{
	for (const struct option_row *const *t = command->options; *t != NULL; t++)
		for (const struct option_row *row = *t; row->id != 0; row++) {
			if (row->id < ID_LIST_OPTIONS)
				printf("-%c\n", row->id);
			if (row->name != NULL)
				printf("--%s\n", row->name);
		}
	printf("--help\n");
	for (const struct verb *verb = command->verbs; verb != NULL && verb->name != NULL; verb++)
		printf("%s\n", verb->name);
}

static void refuse_unknown(const struct command *command, const struct getopt_tables *tables,
			   const char *word)
{
	const char *names[OPTIONS_MAX + 3];
	const char *near = NULL;
	unsigned int nr = 0;

	/* Known, but not so: only then is there a number for a long one. */
	if (strncmp(word, "--", 2) == 0 && optopt != 0) {
		complain("%s: option %.*s takes no argument", command->name,
			 (int)strcspn(word, "="), word);
		return;
	}
	for (; tables->longs[nr].name != NULL; nr++)
		names[nr] = tables->longs[nr].name;
	if (strncmp(word, "--", 2) == 0)
		near = nearest_name(word + 2, names, nr);
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
		case ID_HELP:
			print_help(command);
			return OPTIONS_HELPED;
		case ID_LIST_OPTIONS:
			print_list(command);
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

/* Edit distance, of names shorter than the buffer. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[64];
	size_t len = strlen(b);

	if (len >= sizeof(row) / sizeof(row[0]))
		return 99;
	for (unsigned int j = 0; j <= len; j++)
		row[j] = j;
	for (unsigned int i = 0; a[i] != '\0'; i++) {
		unsigned int diagonal = row[0];

		row[0] = i + 1;
		for (unsigned int j = 1; j <= len; j++) {
			unsigned int best = diagonal + (a[i] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[len];
}

const char *nearest_name(const char *name, const char *const *names, unsigned int nr)
{
	const char *best = NULL;
	unsigned int least = (unsigned int)strlen(name) / 3 + 2;

	for (unsigned int i = 0; i < nr; i++) {
		unsigned int d = distance(name, names[i]);

		if (d < least) {
			least = d;
			best = names[i];
		}
	}
	return best;
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
