/* SPDX-License-Identifier: BSD-2-Clause */
/* nvmetap plugin: plug-ins of a running drive. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/option_words.h"
#include "tools/verbs.h"

static const struct option_row *const plugin_tables[] = { control_option_rows, NULL };

/* The end of the file's name: a comma, if it is not written twice. */
static const char *file_end(const char *what)
{
	for (; *what != '\0'; what++) {
		if (*what != ',')
			continue;
		if (what[1] != ',')
			break;
		what++;
	}
	return what;
}

/* Without the doubling of commas, or with it. */
static void copy_commas(char *to, const char *from, size_t len, bool twice)
{
	for (size_t i = 0; i < len; i++) {
		*to++ = from[i];
		if (from[i] == ',' && twice)
			*to++ = ',';
		else if (from[i] == ',')
			i++;
	}
	*to = '\0';
}

/* FILE as the drive finds it, who runs in a folder of its own.  Free, or NULL. */
static char *from_root(const char *what)
{
	const char *options = file_end(what);
	size_t len = (size_t)(options - what);
	char *file = malloc(len + 1), *real = NULL, *whole = NULL;

	if (file != NULL) {
		copy_commas(file, what, len, false);
		real = realpath(file, NULL);
	}
	if (real != NULL)
		whole = malloc(2 * strlen(real) + strlen(options) + 1);
	if (whole != NULL) {
		copy_commas(whole, real, strlen(real), true);
		strcat(whole, options);
	} else {
		complain("plugin: %s: %s", file != NULL ? file : what, strerror(errno));
	}
	free(file);
	free(real);
	return whole;
}

static int load(struct control_client *client, int nr, char **operands)
{
	int status = EXIT_FAILED;
	json_t *string;
	char *what;

	(void)nr;
	if (option_words_plugin("plugin", operands[0]) != 0)
		return EXIT_USAGE;
	what = from_root(operands[0]);
	string = what != NULL ? json_string(what) : NULL;
	if (string != NULL)
		status = control_client_tell(client, "plugin-load",
					     json_pack("{s:o}", "plugin", string));
	else if (what != NULL)
		complain("plugin: %s: not UTF-8", what);
	free(what);
	return status;
}

static int unload(struct control_client *client, int nr, char **operands)
{
	(void)nr;
	return control_client_tell(client, "plugin-unload",
				   json_pack("{s:s}", "name", operands[0]));
}

static int list(struct control_client *client, int nr, char **operands)
{
	json_t *plugins = control_client_ask(client, "query-plugins", NULL), *plugin;
	size_t i;

	(void)nr;
	(void)operands;
	if (plugins == NULL)
		return EXIT_FAILED;
	json_array_foreach(plugins, i, plugin) {
		const char *name = "", *file = "(part of the program)", *options = "";

		json_unpack(plugin, "{s:s, s?s, s:s}", "name", &name, "file", &file, "options",
			    &options);
		printf("%-16s %s%s%s\n", name, file, options[0] != '\0' ? "," : "", options);
	}
	json_decref(plugins);
	return EXIT_DONE;
}

static const struct verb plugin_verbs[] = {
	{ "load", "FILE[,OPTION…]", "load a plug-in", 1, 1, load },
	{ "unload", "NAME", "unload it", 1, 1, unload },
	{ "list", "", "show the plug-ins that there are", 0, 0, list },
	{ .name = NULL },
};

extern const struct command command_plugin;
const struct command command_plugin = {
	.name = "plugin",
	.operands = "load|unload|list …",
	.summary = "load, list and unload plug-ins of a running drive",
	.options = plugin_tables,
	.run = verbs_run,
	.verbs = plugin_verbs,
};
