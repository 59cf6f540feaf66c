/* SPDX-License-Identifier: BSD-2-Clause */
/* plugin-load, plugin-unload, query-plugins: plug-ins of a drive that runs. */
#include "config.h"

#include <string.h>
#include "emu/drive.h"
#include "tools/control_commands.h"

static int load(void *ctx)
{
	struct control_request *req = ctx;

	return drive_load(req->config->drive, control_string(req, "plugin", ""), req->err,
			  sizeof(req->err));
}

int control_plugin_load(struct control_request *req)
{
	if (strlen(control_string(req, "plugin", "")) > CONTROL_TEXT_MAX)
		return control_refuse(req, "more than %d bytes", CONTROL_TEXT_MAX);
	return control_drive_call(req, load, req);
}

static int unload(void *ctx)
{
	struct control_request *req = ctx;

	return drive_unload(req->config->drive, control_string(req, "name", ""), req->err,
			    sizeof(req->err));
}

int control_plugin_unload(struct control_request *req)
{
	return control_drive_call(req, unload, req);
}

static void add(void *ctx, const struct drive_plugin_info *info)
{
	struct control_request *req = ctx;

	json_array_append_new(req->result,
			      json_pack("{s:o, s:o*, s:o}", "name", control_to_string(info->name),
					"file", info->file != NULL ?
					control_to_string(info->file) : NULL,
					"options", control_to_string(info->options)));
}

static int list(void *ctx)
{
	struct control_request *req = ctx;

	drive_each_plugin(req->config->drive, add, req);
	return 0;
}

int control_query_plugins(struct control_request *req)
{
	req->result = json_array();
	return control_drive_call(req, list, req);
}
