/* SPDX-License-Identifier: BSD-2-Clause */
/* nvmetap: finds the command and runs it. */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "tools/command.h"

extern const struct command command_extcap;

static void print_help(void)
{
	printf("Usage: nvmetap COMMAND [OPTION…]\n"
	       "An NVMe drive made of software, and tools for what was seen at it.\n\n");
	for (const struct command *const *c = commands; *c != NULL; c++)
		printf("  %-10s%s\n", (*c)->name, (*c)->summary);
	printf("\nnvmetap COMMAND --help shows a command's options; nvmetap(1) says more.\n");
}

static int refuse_unknown(const char *name)
{
	const char *names[64];
	const char *near;
	unsigned int nr = 0;

	for (; commands[nr] != NULL && nr < 64; nr++)
		names[nr] = commands[nr]->name;
	near = nearest_name(name, names, nr);
	if (near != NULL)
		complain("no command %s; did you mean %s?", name, near);
	else
		complain("no command %s; see nvmetap --help", name);
	return EXIT_USAGE;
}

/* Under another name it is the program that Wireshark runs, nvmetap-extcap(1). */
static bool is_extcap(const char *program)
{
	const char *slash = strrchr(program, '/');

	return strcmp(slash != NULL ? slash + 1 : program, "nvmetap-extcap") == 0;
}

int main(int argc, char **argv)
{
	if (argc > 0 && is_extcap(argv[0]))
		return command_extcap.run(&command_extcap, argc, argv);
	if (argc < 2 || strcmp(argv[1], "--help") == 0) {
		print_help();
		return argc < 2 ? EXIT_USAGE : EXIT_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("%s\n", PACKAGE_STRING);
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "--list-commands") == 0) {
		for (const struct command *const *c = commands; *c != NULL; c++)
			printf("%s\n", (*c)->name);
		return EXIT_DONE;
	}
	for (const struct command *const *c = commands; *c != NULL; c++)
		if (strcmp(argv[1], (*c)->name) == 0)
			return (*c)->run(*c, argc - 1, argv + 1);
	return refuse_unknown(argv[1]);
}
