/* SPDX-License-Identifier: BSD-2-Clause */
/* nvmetap mark: a line of the user's into the captures of a running drive. */
#include "config.h"

#include <string.h>
#include "tools/control_request.h"
#include "tools/verbs.h"

static const struct option_row *const mark_tables[] = { control_option_rows, NULL };

/* The words with spaces between them, as echo does it. */
static int mark(struct control_client *client, int nr, char **operands)
{
	char text[CONTROL_TEXT_MAX + 2] = "";
	size_t len = 0;
	json_t *string;

	for (int i = 0; i < nr; i++) {
		size_t more = strlen(operands[i]) + (i > 0);

		if (more > CONTROL_TEXT_MAX - len) {
			complain("mark: more than %d bytes", CONTROL_TEXT_MAX);
			return EXIT_FAILED;
		}
		strcat(strcat(text + len, i > 0 ? " " : ""), operands[i]);
		len += more;
	}
	string = json_string(text);
	if (string != NULL)
		return control_client_tell(client, "mark", json_pack("{s:o}", "text", string));
	complain("mark: not UTF-8");
	return EXIT_FAILED;
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
	.summary = "a line into the captures of a running drive",
	.options = mark_tables,
	.run = run,
};
