/* SPDX-License-Identifier: BSD-2-Clause */
/* nvmetap mark: a line of the user's into the captures of a running drive. */
#include "config.h"

#include "tools/control_request.h"
#include "tools/verbs.h"

static const struct option_row *const mark_tables[] = { control_option_rows, NULL };

static int mark(struct control_client *client, int nr, char **operands)
{
	char text[CONTROL_TEXT_MAX + 1];

	if (verbs_join(client, nr, operands, text) != 0)
		return EXIT_USAGE;
	return control_client_tell(client, "mark", json_pack("{s:s}", "text", text));
}

static int run(const struct command *command, int argc, char **argv)
{
	static const struct verb only = { "", "TEXT…", "", 1, -1, mark };

	return verbs_run_only(command, &only, argc, argv);
}

extern const struct command command_mark;
const struct command command_mark = {
	.name = "mark",
	.operands = "TEXT…",
	.summary = "put a line into the captures of a running drive",
	.options = mark_tables,
	.run = run,
};
