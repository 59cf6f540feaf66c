/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that tell a running drive something. */
#include "config.h"

#include "tools/verbs.h"

#include <string.h>
#include "tools/control_request.h"

enum { VERBS_MAX = 16 };

static int handle(void *ctx, int id, const char *arg)
{
	const char **path = ctx;

	if (id == CONTROL_OPTION_ID)
		*path = arg;
	return 0;
}

static int refuse_verb(const struct command *command, const char *name)
{
	const char *names[VERBS_MAX], *near;
	unsigned int nr = 0;

	for (; nr < VERBS_MAX && command->verbs[nr].name != NULL; nr++)
		names[nr] = command->verbs[nr].name;
	near = nearest_name(name, names, nr);
	if (near != NULL)
		complain("%s: no command %s; did you mean %s?", command->name, name, near);
	else
		complain("%s: no command %s; see nvmetap %s --help", command->name, name,
			 command->name);
	return EXIT_USAGE;
}

static int run_verb(const struct command *command, const struct verb *verb, const char *path,
		    int nr, char **operands)
{
	struct control_client client;
	int status;

	if (nr < verb->min || (verb->max >= 0 && nr > verb->max)) {
		complain("%s: usage: nvmetap %s%s%s%s%s", command->name, command->name,
			 verb->name[0] != '\0' ? " " : "", verb->name,
			 verb->operands[0] != '\0' ? " " : "", verb->operands);
		return EXIT_USAGE;
	}
	if (control_client_open(&client, command->name, path) != 0)
		return EXIT_FAILED;
	status = verb->run(&client, nr, operands);
	control_client_close(&client);
	return status;
}

int verbs_run(const struct command *command, int argc, char **argv)
{
	const char *path = NULL;
	int first = options_parse(command, argc, argv, handle, &path);

	if (first < 0)
		return first == OPTIONS_HELPED ? EXIT_DONE : EXIT_USAGE;
	if (first == argc) {
		complain("%s: nothing to do; see nvmetap %s --help", command->name,
			 command->name);
		return EXIT_USAGE;
	}
	for (const struct verb *verb = command->verbs; verb->name != NULL; verb++)
		if (strcmp(verb->name, argv[first]) == 0)
			return run_verb(command, verb, path, argc - first - 1, argv + first + 1);
	return refuse_verb(command, argv[first]);
}

int verbs_run_only(const struct command *command, const struct verb *verb, int argc, char **argv)
{
	const char *path = NULL;
	int first = options_parse(command, argc, argv, handle, &path);

	if (first < 0)
		return first == OPTIONS_HELPED ? EXIT_DONE : EXIT_USAGE;
	return run_verb(command, verb, path, argc - first, argv + first);
}

static int check_utf8(const struct control_client *client, const char *text)
{
	json_t *string = json_string(text);

	json_decref(string);
	if (string != NULL)
		return 0;
	complain("%s: not UTF-8", client->command);
	return -1;
}

int verbs_join(const struct control_client *client, int nr, char **operands, char *text)
{
	size_t len = 0;

	for (int i = 0; i < nr; i++) {
		size_t more = strlen(operands[i]) + (i > 0);

		if (more > CONTROL_TEXT_MAX - len) {
			complain("%s: more than %d bytes", client->command, CONTROL_TEXT_MAX);
			return -1;
		}
		if (i > 0)
			text[len] = ' ';
		strcpy(text + len + (i > 0), operands[i]);
		len += more;
	}
	return check_utf8(client, text);
}
