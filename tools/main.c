/* SPDX-License-Identifier: BSD-2-Clause */
/* nvmetap: finds the command and runs it. */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "tools/command.h"

extern const struct command command_extcap;

static void print_help(void)
{
	printf("Usage: nvmetap COMMAND [OPTION…]\n"
	       "An NVMe drive made of software, and tools to watch what happens at it.\n\n");
	for (const struct command *const *c = commands; *c != NULL; c++)
		printf("  %-10s%s\n", (*c)->name, (*c)->summary);
	printf("\nnvmetap COMMAND --help shows a command's options; see nvmetap(1) for more.\n");
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

/* "help", "help dump" */
static int help(int argc, char **argv)
{
	char *words[] = { argv[0], "--help", NULL };

	if (argc < 2) {
		print_help();
		return EXIT_DONE;
	}
	for (const struct command *const *c = commands; *c != NULL; c++)
		if (strcmp(argv[1], (*c)->name) == 0)
			return (*c)->run(*c, 2, words);
	return refuse_unknown(argv[1]);
}

static int run(int argc, char **argv)
{
	if (argc > 0 && is_extcap(argv[0]))
		return command_extcap.run(&command_extcap, argc, argv);
	if (argc < 2) {
		print_help();
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0)
		return help(argc - 1, argv + 1);
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

/* Words that did not get out, to a full disk, say; a reader that has seen enough is none. */
static int finish(int status)
{
	bool wrote = !ferror(stdout);

	errno = 0;
	if ((fflush(stdout) == 0 && wrote) || errno == EPIPE)
		return status;
	complain("standard output: %s", strerror(errno != 0 ? errno : EIO));
	return status == EXIT_DONE ? EXIT_FAILED : status;
}

int main(int argc, char **argv)
{
	return finish(run(argc, argv));
}
