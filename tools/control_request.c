/* SPDX-License-Identifier: BSD-2-Clause */
/* One request at the control socket: from its line to the line of its answer. */
#include "config.h"

#include "tools/control_request.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "emu/drive.h"
#include "spec/near.h"

int control_refuse(struct control_request *req, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(req->err, sizeof(req->err), format, args);
	va_end(args);
	return -1;
}

int control_drive_call(struct control_request *req, int (*fn)(void *ctx), void *ctx)
{
	int rc = drive_call(req->config->drive, fn, ctx);

	if (rc == -ESHUTDOWN)
		control_refuse(req, "the drive is ending");
	return rc;
}

const char *control_string(const struct control_request *req, const char *name,
			   const char *otherwise)
{
	const json_t *value = json_object_get(req->args, name);

	return value != NULL ? json_string_value(value) : otherwise;
}

json_int_t control_number(const struct control_request *req, const char *name,
			  json_int_t otherwise)
{
	const json_t *value = json_object_get(req->args, name);

	return value != NULL ? json_integer_value(value) : otherwise;
}

static int bad_request(struct control_request *req, const char *what, const char *which)
{
	req->error_class = "BadRequest";
	return control_refuse(req, "%s%.200s", what, which);
}

static bool has_type(const json_t *value, char type)
{
	switch (type) {
	case CONTROL_STRING:
		return json_is_string(value);
	case CONTROL_NUMBER:
		return json_is_integer(value);
	default:
		return json_is_boolean(value);
	}
}

static const char *type_name(char type)
{
	switch (type) {
	case CONTROL_STRING:
		return "a string";
	case CONTROL_NUMBER:
		return "a whole number";
	default:
		return "true or false";
	}
}

static const struct control_arg *find_arg(const struct control_command *command, const char *name)
{
	for (const struct control_arg *arg = command->args; arg->name != NULL; arg++)
		if (strcmp(arg->name, name) == 0)
			return arg;
	return NULL;
}

static int check_args(struct control_request *req, const struct control_command *command)
{
	const struct control_arg *arg;
	const char *name;
	json_t *value;

	json_object_foreach(req->args, name, value) {
		arg = find_arg(command, name);
		if (arg == NULL)
			return bad_request(req, "no such argument: ", name);
		if (!has_type(value, arg->type)) {
			bad_request(req, "", "");
			return control_refuse(req, "argument %s: not %s", name,
					      type_name(arg->type));
		}
	}
	for (arg = command->args; arg->name != NULL; arg++)
		if (!arg->optional && json_object_get(req->args, arg->name) == NULL)
			return bad_request(req, "missing argument: ", arg->name);
	return 0;
}

static const struct control_command *find_command(struct control_request *req, const char *name)
{
	const struct control_command *command;
	struct near near;
	char words[200];

	near_init(&near, name, strlen(name));
	for (command = control_commands; command->name != NULL; command++) {
		if (strcmp(command->name, name) == 0)
			return command;
		near_offer(&near, command->name);
	}
	near_words(&near, words, sizeof(words));
	req->error_class = "CommandNotFound";
	control_refuse(req, "no command %.100s%s", name,
		       near.nr != 0 ? words : "; query-commands tells all");
	return NULL;
}

/* execute, arguments and id; nothing else, so that what is misspelt is told. */
static int check_members(struct control_request *req, json_t *root, const char **name)
{
	const char *key;
	json_t *value;

	if (!json_is_object(root))
		return bad_request(req, "a request is an object", "");
	json_object_foreach(root, key, value) {
		if (strcmp(key, "execute") == 0)
			*name = json_string_value(value);
		else if (strcmp(key, "arguments") == 0)
			req->args = json_incref(value);
		else if (strcmp(key, "id") != 0)
			return bad_request(req, "no member of a request: ", key);
	}
	if (*name == NULL)
		return bad_request(req, "a request has an execute, which is a string", "");
	if (req->args == NULL)
		req->args = json_object();
	return json_is_object(req->args) ? 0 : bad_request(req, "arguments is no object", "");
}

static int run(struct control_request *req, json_t *root)
{
	const struct control_command *command;
	const char *name = NULL;

	if (check_members(req, root, &name) != 0)
		return -1;
	command = find_command(req, name);
	if (command == NULL || check_args(req, command) != 0)
		return -1;
	return command->run(req);
}

/* The line of an object, which is given up. */
static char *to_line(json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT), *line = NULL;
	size_t len;

	json_decref(object);
	if (text == NULL)
		return NULL;
	len = strlen(text);
	line = realloc(text, len + 2);
	if (line == NULL) {
		free(text);
		return NULL;
	}
	strcpy(line + len, "\n");
	return line;
}

/* What came from elsewhere (a file's name, say) need not be UTF-8. */
json_t *control_to_string(const char *text)
{
	json_t *string = json_string(text);
	char ascii[sizeof(((struct control_request *)NULL)->err)];
	size_t i;

	if (string != NULL)
		return string;
	for (i = 0; text[i] != '\0' && i < sizeof(ascii) - 1; i++)
		ascii[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
	ascii[i] = '\0';
	return json_string(ascii);
}

static json_t *error_object(const char *error_class, const char *desc)
{
	return json_pack("{s:{s:s, s:o}}", "error", "class",
			 error_class != NULL ? error_class : "GenericError", "desc",
			 control_to_string(desc));
}

char *control_error_line(const char *error_class, const char *desc)
{
	return to_line(error_object(error_class, desc));
}

char *control_answer(struct control_request *req, const struct control_config *config,
		     const char *line, size_t len)
{
	json_error_t error;
	json_t *root = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error), *answer;
	json_t *id = json_object_get(root, "id");
	int rc;

	memset(req, 0, sizeof(*req));
	req->config = config;
	if (root == NULL)
		rc = bad_request(req, "not JSON: ", error.text);
	else
		rc = run(req, root);
	if (rc != 0)
		answer = error_object(req->error_class, req->err);
	else
		answer = json_pack("{s:O}", "return", req->result != NULL ? req->result :
				   (req->result = json_object()));
	if (id != NULL)
		json_object_set(answer, "id", id);
	json_decref(root);
	return to_line(answer);
}

void control_request_fini(struct control_request *req)
{
	json_decref(req->args);
	json_decref(req->result);
	memset(req, 0, sizeof(*req));
}

char *control_greeting(const struct control_config *config)
{
	return to_line(json_pack("{s:{s:s, s:i, s:i, s:s, s:s, s:o*}}", "nvmetap", "version",
				 PACKAGE_VERSION, "protocol", CONTROL_PROTOCOL, "pid",
				 (int)getpid(), "command", config->command, "function",
				 config->function, "guest", config->guest_socket != NULL ?
				 control_to_string(config->guest_socket) : NULL));
}
