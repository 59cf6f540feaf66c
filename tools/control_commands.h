/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of the control socket that have a file of their own. */
#ifndef TOOLS_CONTROL_COMMANDS_H
#define TOOLS_CONTROL_COMMANDS_H

#include "tools/control_request.h"

int control_query_status(struct control_request *req);	/* control_status.c */

/* control_capture.c */
int control_capture(struct control_request *req);
int control_snapshot(struct control_request *req);

/* control_plugin.c */
int control_plugin_load(struct control_request *req);
int control_plugin_unload(struct control_request *req);
int control_query_plugins(struct control_request *req);

/* control_inject.c */
int control_inject_add(struct control_request *req);
int control_inject_remove(struct control_request *req);
int control_inject_pause(struct control_request *req);
int control_inject_resume(struct control_request *req);
int control_inject_release(struct control_request *req);
int control_query_injections(struct control_request *req);

#endif
