/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One request at the control socket and its answer, and the table of all
 * there are.  On the control socket's thread.
 */
#ifndef TOOLS_CONTROL_REQUEST_H
#define TOOLS_CONTROL_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include "tools/control.h"
#include "tracer/tracer.h"

enum {
	CONTROL_PROTOCOL = 1,
	CONTROL_LINE_MAX = 64 << 10,	/* bytes of a request, its newline included */
	CONTROL_ARGS_MAX = 8,
	CONTROL_LABEL_MAX = 64,		/* bytes of a rule's label */
	CONTROL_TEXT_MAX = 4096,	/* bytes of a mark, a rule, a plug-in with its options */
};

/* What a request has led to. */
struct control_request {
	const struct control_config *config;
	json_t *args;		/* an object, its members known and of the right types */
	json_t *result;		/* what is returned; NULL: an empty object */
	char err[1024];		/* or else why not: one line, or several of a list */
	const char *error_class;	/* NULL: "GenericError" */
	bool quits;		/* end the program, once this is answered */
	bool streams;		/* then the connection is a viewer's, see live.h */
	struct tracer_config viewer;	/* of it; its strings are the args' */
};

enum control_type { CONTROL_STRING = 's', CONTROL_NUMBER = 'n', CONTROL_BOOL = 'b' };

struct control_arg {
	const char *name;	/* NULL ends */
	char type;		/* enum control_type */
	bool optional;
};

struct control_command {
	const char *name;
	struct control_arg args[CONTROL_ARGS_MAX];
	/* 0, or -1 with err. */
	int (*run)(struct control_request *req);
};

/* NULL's name ends. */
extern const struct control_command control_commands[];

/* Fills in err, printf's way, and answers -1. */
int control_refuse(struct control_request *req, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* drive_call, with the drive's end as an error of the request's: what fn
 * answered, or -ESHUTDOWN, which has been told. */
int control_drive_call(struct control_request *req, int (*fn)(void *ctx), void *ctx);
/* An argument, or what stands for one that is missing. */
const char *control_string(const struct control_request *req, const char *name,
			   const char *otherwise);
json_int_t control_number(const struct control_request *req, const char *name,
			  json_int_t otherwise);

/* A string of what need not be UTF-8, a file's name, say. */
json_t *control_to_string(const char *text);

/* The first line of a connection, and the answer to a line of len bytes, each
 * with its newline; free.  NULL: no memory.  req becomes the caller's, to be
 * given up by control_request_fini. */
char *control_greeting(const struct control_config *config);
char *control_answer(struct control_request *req, const struct control_config *config,
		     const char *line, size_t len);
/* An answer to what is no request. */
char *control_error_line(const char *error_class, const char *desc);
void control_request_fini(struct control_request *req);

#endif
