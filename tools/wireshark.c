/* SPDX-License-Identifier: BSD-2-Clause */
/* nvmetap wireshark: puts the dissector and the profile where Wireshark looks. */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/command.h"
#include "tools/wireshark_files.h"

enum { OPTION_INSTALL = OPTION_LONG, OPTION_UNINSTALL, OPTION_FORCE };

enum action { ACTION_SHOW, ACTION_INSTALL, ACTION_UNINSTALL };

struct wireshark {
	struct wireshark_folders folders;
	struct wireshark_data data;
	enum action action;
	bool force;
};

static const struct option_row rows[] = {
	{ OPTION_INSTALL, "install", NULL, "put them there" },
	{ OPTION_UNINSTALL, "uninstall", NULL, "take them away" },
	{ OPTION_FORCE, "force", NULL, "also what you have changed in the profile" },
	{ 0, NULL, NULL, NULL },
};
static const struct option_row *const tables[] = { rows, NULL };

/* The first is the dissector, the others are the profile's; Wireshark itself changes the last. */
static const char *const names[] = {
	"nvmetap.lua", "preferences", "colorfilters", "dfilter_buttons", "io_graphs", "recent",
};
enum { NR_NAMES = sizeof(names) / sizeof(names[0]), NAME_RECENT = NR_NAMES - 1 };

static int handle(void *ctx, int id, const char *arg)
{
	struct wireshark *ws = ctx;

	(void)arg;
	if (id == OPTION_FORCE) {
		ws->force = true;
		return 0;
	}
	if (ws->action != ACTION_SHOW) {
		complain("wireshark: --install or --uninstall, not both");
		return -1;
	}
	ws->action = id == OPTION_INSTALL ? ACTION_INSTALL : ACTION_UNINSTALL;
	return 0;
}

static int paths(const struct wireshark *ws, int i, char *from, char *to)
{
	int len = i == 0 ? snprintf(from, WIRESHARK_PATH_MAX, "%s", ws->data.dissector) :
		  snprintf(from, WIRESHARK_PATH_MAX, "%s/%s", ws->data.profile, names[i]);
	int to_len = snprintf(to, WIRESHARK_PATH_MAX, "%s/%s", i == 0 ? ws->folders.plugins :
			      ws->folders.profile, names[i]);

	return len < WIRESHARK_PATH_MAX && to_len < WIRESHARK_PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int failed(const char *path, int error)
{
	complain("wireshark: %s: %s", path, strerror(error));
	return -1;
}

static const char *state_word(enum wireshark_state state)
{
	static const char *const words[] = {
		[WIRESHARK_MISSING] = "not installed", [WIRESHARK_SAME] = "installed",
		[WIRESHARK_OLDER] = "installed, of another version",
		[WIRESHARK_CHANGED] = "installed, and changed since",
	};

	return words[state];
}

/* from: NULL for the link. */
static int install(const struct wireshark *ws, const char *from, const char *to,
		   enum wireshark_state state)
{
	int ret;

	if (state == WIRESHARK_SAME || (state == WIRESHARK_CHANGED && !ws->force)) {
		printf("%s: %s, left as it is\n", to, state_word(state));
		return 0;
	}
	ret = from != NULL ? wireshark_copy(from, to) : wireshark_link(to);
	if (ret != 0)
		return failed(to, -ret);
	printf("%s: %s\n", to, state == WIRESHARK_MISSING ? "installed" : "replaced");
	return 0;
}

static int uninstall(const struct wireshark *ws, const char *to, enum wireshark_state state)
{
	if (state == WIRESHARK_MISSING) {
		printf("%s: %s\n", to, state_word(state));
		return 0;
	}
	if (state == WIRESHARK_CHANGED && !ws->force) {
		printf("%s: changed by you, left as it is (--force removes it)\n", to);
		return 0;
	}
	if (unlink(to) != 0)
		return failed(to, errno);
	printf("%s: removed\n", to);
	return 0;
}

static int act(const struct wireshark *ws, const char *from, const char *to,
	       enum wireshark_state state)
{
	if (ws->action == ACTION_INSTALL)
		return install(ws, from, to, state);
	if (ws->action == ACTION_UNINSTALL)
		return uninstall(ws, to, state);
	printf("%s: %s\n", to, state_word(state));
	return 0;
}

static int one_file(const struct wireshark *ws, int i)
{
	char from[WIRESHARK_PATH_MAX], to[WIRESHARK_PATH_MAX];
	enum wireshark_state state = WIRESHARK_MISSING;
	int ret;

	ret = paths(ws, i, from, to);
	if (ret == 0)
		ret = wireshark_compare(from, to, i != 0, &state);
	if (i == NAME_RECENT && ws->action == ACTION_UNINSTALL && state == WIRESHARK_CHANGED)
		state = WIRESHARK_OLDER;	/* not the user's work */
	return ret == 0 ? act(ws, from, to, state) : failed(from, -ret);
}

/* By which Wireshark finds running drives, nvmetap-extcap(1). */
static int extcap_link(const struct wireshark *ws)
{
	char to[WIRESHARK_PATH_MAX + 16];
	enum wireshark_state state;
	int ret;

	if (ws->folders.extcap[0] == '\0') {
		if (ws->action == ACTION_INSTALL)
			printf("running drives are no interfaces: this Wireshark has no extcap\n");
		return 0;
	}
	snprintf(to, sizeof(to), "%s/nvmetap-extcap", ws->folders.extcap);
	ret = wireshark_link_state(to, &state);
	return ret == 0 ? act(ws, NULL, to, state) : failed(to, -ret);
}

/* Wireshark loads everyone's dissector first, and then the user's no more. */
static void look_for_another(const struct wireshark *ws)
{
	char everyones[WIRESHARK_PATH_MAX + 16];
	enum wireshark_state state = WIRESHARK_MISSING;

	if (strcmp(ws->folders.global, ws->folders.plugins) == 0)
		return;
	snprintf(everyones, sizeof(everyones), "%s/%s", ws->folders.global, names[0]);
	(void)wireshark_compare(ws->data.dissector, everyones, false, &state);
	if (state == WIRESHARK_OLDER)
		printf("%s: another version, which comes before yours; root can replace it\n",
		       everyones);
}

static int all_files(const struct wireshark *ws)
{
	for (int i = 0; i < NR_NAMES; i++) {
		if (one_file(ws, i) != 0)
			return EXIT_FAILED;
	}
	if (extcap_link(ws) != 0)
		return EXIT_FAILED;
	if (ws->action != ACTION_UNINSTALL)
		look_for_another(ws);
	if (ws->action == ACTION_UNINSTALL)
		rmdir(ws->folders.profile);	/* if nothing of the user's is in it */
	if (ws->action == ACTION_INSTALL)
		printf("now: wireshark -C NVMe FILE\n");
	return EXIT_DONE;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct wireshark ws = { .action = ACTION_SHOW };
	int operand = options_parse(command, argc, argv, handle, &ws);
	int ret;

	if (operand == OPTIONS_HELPED)
		return EXIT_DONE;
	if (operand == OPTIONS_BAD)
		return EXIT_USAGE;
	if (operand < argc) {
		complain("wireshark: %s: not expected", argv[operand]);
		return EXIT_USAGE;
	}
	ret = wireshark_find(&ws.folders);
	if (ret == -ENOENT)
		complain("wireshark: neither tshark nor wireshark is in the path, "
			 "or it names no folders (-G folders)");
	else if (ret != 0)
		complain("wireshark: tshark -G folders: %s", strerror(-ret));
	if (ret != 0)
		return EXIT_FAILED;
	wireshark_data(&ws.data);
	return all_files(&ws);
}

extern const struct command command_wireshark;
const struct command command_wireshark = {
	.name = "wireshark",
	.operands = "",
	.summary = "install the dissector and the profile for Wireshark",
	.options = tables,
	.run = run,
};
