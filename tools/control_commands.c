/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of the control socket: their table, and what needs no file of its own. */
#include "config.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "emu/drive.h"
#include "tools/control_commands.h"

static int query_version(struct control_request *req)
{
	req->result = json_pack("{s:s, s:i}", "version", PACKAGE_VERSION, "protocol",
				CONTROL_PROTOCOL);
	return 0;
}

static const char *type_word(char type)
{
	return type == CONTROL_STRING ? "string" : type == CONTROL_NUMBER ? "number" : "boolean";
}

static json_t *args_array(const struct control_arg *args)
{
	json_t *array = json_array();

	for (; args->name != NULL; args++)
		json_array_append_new(array, json_pack("{s:s, s:s, s:b}", "name", args->name,
						       "type", type_word(args->type), "optional",
						       args->optional));
	return array;
}

static int query_commands(struct control_request *req)
{
	const struct control_command *command;

	req->result = json_array();
	for (command = control_commands; command->name != NULL; command++)
		json_array_append_new(req->result, json_pack("{s:s, s:o}", "name", command->name,
							     "arguments",
							     args_array(command->args)));
	return 0;
}

static int mark(void *ctx)
{
	const struct control_request *req = ctx;
	const char *text = control_string(req, "text", "");

	drive_mark(req->config->drive, text, strlen(text));
	return 0;
}

static int run_mark(struct control_request *req)
{
	size_t len = strlen(control_string(req, "text", ""));

	if (len == 0)
		return control_refuse(req, "an empty mark");
	if (len > CONTROL_TEXT_MAX)
		return control_refuse(req, "a mark of %zu bytes; at most %d", len,
				      CONTROL_TEXT_MAX);
	return control_drive_call(req, mark, req);
}

static int run_quit(struct control_request *req)
{
	req->quits = true;
	return 0;
}

const struct control_command control_commands[] = {
	{ .name = "query-version", .run = query_version },
	{ .name = "query-commands", .run = query_commands },
	{ .name = "query-status", .run = control_query_status },
	{ .name = "mark", .args = { { "text", CONTROL_STRING, false } }, .run = run_mark },
	{ .name = "capture",
	  .args = { { "events", CONTROL_STRING, true }, { "snap", CONTROL_NUMBER, true },
		    { "data-snap", CONTROL_NUMBER, true }, { "ring", CONTROL_NUMBER, true } },
	  .run = control_capture },
	{ .name = "snapshot", .args = { { "viewer", CONTROL_NUMBER, false } },
	  .run = control_snapshot },
	{ .name = "inject-add",
	  .args = { { "rule", CONTROL_STRING, false }, { "label", CONTROL_STRING, true } },
	  .run = control_inject_add },
	{ .name = "inject-remove", .args = { { "id", CONTROL_NUMBER, false } },
	  .run = control_inject_remove },
	{ .name = "inject-pause", .args = { { "id", CONTROL_NUMBER, false } },
	  .run = control_inject_pause },
	{ .name = "inject-resume", .args = { { "id", CONTROL_NUMBER, false } },
	  .run = control_inject_resume },
	{ .name = "inject-release", .args = { { "id", CONTROL_NUMBER, false } },
	  .run = control_inject_release },
	{ .name = "query-injections", .run = control_query_injections },
	{ .name = "plugin-load", .args = { { "plugin", CONTROL_STRING, false } },
	  .run = control_plugin_load },
	{ .name = "plugin-unload", .args = { { "name", CONTROL_STRING, false } },
	  .run = control_plugin_unload },
	{ .name = "query-plugins", .run = control_query_plugins },
	{ .name = "quit", .run = run_quit },
	{ .name = NULL },
};
