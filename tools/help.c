/* SPDX-License-Identifier: BSD-2-Clause */
/* What --help and --list-options of a command show, from its tables. */
#include "config.h"

#include "tools/help.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { COLUMN = 28, WIDTH = 80 };

const struct option_row help_option = {
	.id = HELP_OPTION_ID, .name = "help", .help = "show this and exit",
};

/* Columns of a terminal: continuation bytes of UTF-8 take none. */
static int width_of(const char *text, size_t len)
{
	int width = 0;

	for (size_t i = 0; i < len; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

static void begin_line(const char *left)
{
	int width = width_of(left, strlen(left));

	if (width < COLUMN)
		printf("%s%*s", left, COLUMN - width, "");
	else
		printf("%s\n%*s", left, COLUMN, "");
}

/* What is left of it in its column, and the help beside that, broken between words. */
static void print_line(const char *left, const char *help)
{
	int column = COLUMN;

	begin_line(left);
	while (*help != '\0') {
		size_t len = strcspn(help, " ");
		int width = width_of(help, len);

		if (column > COLUMN && column + 1 + width > WIDTH) {
			printf("\n%*s", COLUMN, "");
			column = COLUMN;
		} else if (column > COLUMN) {
			putchar(' ');
			column++;
		}
		printf("%.*s", (int)len, help);
		column += width;
		help += len + strspn(help + len, " ");
	}
	putchar('\n');
}

static void print_row(const struct option_row *row)
{
	char left[80];
	int len = 0;

	if (row->id < OPTION_LONG)
		len = snprintf(left, sizeof(left), "  -%c%s", row->id, row->name ? ", " : "");
	else
		len = snprintf(left, sizeof(left), "      ");
	if (row->name != NULL)
		len += snprintf(left + len, sizeof(left) - (size_t)len, "--%s", row->name);
	if (row->arg != NULL)
		snprintf(left + len, sizeof(left) - (size_t)len, " %s", row->arg);
	print_line(left, row->help);
}

static void print_verbs(const struct command *command)
{
	char left[80];

	if (command->verbs == NULL)
		return;
	for (const struct verb *verb = command->verbs; verb->name != NULL; verb++) {
		snprintf(left, sizeof(left), "  %s %s", verb->name, verb->operands);
		print_line(left, verb->help);
	}
	putchar('\n');
}

void help_show(const struct command *command)
{
	printf("Usage: nvmetap %s [OPTION…]%s%s\n%c%s.\n\n", command->name,
	       command->operands[0] != '\0' ? " " : "", command->operands,
	       toupper((unsigned char)command->summary[0]), command->summary + 1);
	print_verbs(command);
	for (const struct option_row *const *t = command->options; *t != NULL; t++)
		for (const struct option_row *row = *t; row->id != 0; row++)
			print_row(row);
	print_row(&help_option);
	printf("\nSee nvmetap-%s(1) for more.\n", command->name);
}

void help_list(const struct command *command)
{
	for (const struct option_row *const *t = command->options; *t != NULL; t++)
		for (const struct option_row *row = *t; row->id != 0; row++) {
			if (row->id < OPTION_LONG)
				printf("-%c\n", row->id);
			if (row->name != NULL)
				printf("--%s\n", row->name);
		}
	printf("-%c\n--%s\n", help_option.id, help_option.name);
	for (const struct verb *verb = command->verbs; verb != NULL && verb->name != NULL; verb++)
		printf("%s\n", verb->name);
}
