/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other end of a control socket, for the commands that speak to a running
 * drive.  What goes wrong has been said on standard error, after the command's
 * name.  One thread.
 */
#ifndef TOOLS_CONTROL_CLIENT_H
#define TOOLS_CONTROL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include "tools/command.h"

struct control_client {
	const char *command;	/* who asks: "mark" */
	int fd;			/* -1: closed */
	json_t *greeting;	/* its object */
	char path[108];		/* of the socket */
	char why[1024];		/* what was asked last is refused, in the drive's words, or "" */
	char what[256];		/* see control_client_what */
};

/* The option of every such command, and its row. */
#define CONTROL_OPTION_ID (OPTION_LONG + 200)
extern const struct option_row control_option_rows[];

/* A connected socket or -errno. */
int control_client_connect(const char *path);

/* Connects to path, or with NULL to the one drive of this user that runs.  0, or -1. */
int control_client_open(struct control_client *client, const char *command, const char *path);
/* The same over fd, which becomes the client's; says nothing.  0, or -1: it does not speak. */
int control_client_greet(struct control_client *client, int fd);
/* A second connection to the same drive.  0, or -1. */
int control_client_again(struct control_client *client, const struct control_client *first);
/* "serve nvme.sock": what runs the drive, and where its guest comes from. */
const char *control_client_what(struct control_client *client);
void control_client_close(struct control_client *client);

/* Asks; args, an object or NULL, is given up.  What was returned, or NULL. */
json_t *control_client_ask(struct control_client *client, const char *execute, json_t *args);
/* The same, and says nothing: why is in client. */
json_t *control_client_try(struct control_client *client, const char *execute, json_t *args);
/* The same for what returns nothing that matters: an exit status.  Closes. */
int control_client_tell(struct control_client *client, const char *execute, json_t *args);

#endif
