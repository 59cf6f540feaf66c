/* SPDX-License-Identifier: BSD-2-Clause */
/* The other end of a control socket. */
#include "config.h"

#include "tools/control_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "tools/control_request.h"
#include "tools/runtime.h"

enum {
	GREETING_S = 2,			/* how long a drive may take to greet */
	LIST_MAX = 2048,
	CHUNK = 4096,
};

const struct option_row control_option_rows[] = {
	{ CONTROL_OPTION_ID, "control", "PATH", "the drive's control socket (the only drive's)" },
	{ 0, NULL, NULL, NULL },
};

int control_client_connect(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, err;

	if (strlen(path) >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	strcpy(sun.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* Up to the end of the line and no byte further: a stream may follow.  Free. */
static char *read_line(int fd)
{
	char *line = NULL, *longer, *end;
	size_t len = 0;
	ssize_t n;

	for (;;) {
		longer = realloc(line, len + CHUNK);
		if (longer == NULL)
			break;
		line = longer;
		n = recv(fd, line + len, CHUNK, MSG_PEEK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		end = memchr(line + len, '\n', (size_t)n);
		if (end != NULL)
			n = end - (line + len) + 1;
		n = recv(fd, line + len, (size_t)n, 0);
		if (n <= 0)
			break;
		len += (size_t)n;
		if (line[len - 1] == '\n') {
			line[len - 1] = '\0';
			return line;
		}
	}
	free(line);
	return NULL;
}

static json_t *read_object(int fd)
{
	char *line = read_line(fd);
	json_t *object = line != NULL ? json_loads(line, 0, NULL) : NULL;

	free(line);
	return object;
}

static void set_patience(int fd, int seconds)
{
	struct timeval patience = { .tv_sec = seconds };

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

int control_client_greet(struct control_client *client, int fd)
{
	json_t *hello;
	const char *why;

	client->fd = fd;
	set_patience(fd, GREETING_S);
	hello = read_object(fd);
	set_patience(fd, 0);
	client->greeting = json_incref(json_object_get(hello, "nvmetap"));
	why = json_string_value(json_object_get(json_object_get(hello, "error"), "desc"));
	snprintf(client->why, sizeof(client->why), "%s", why != NULL ? why : "");
	json_decref(hello);
	if (json_integer_value(json_object_get(client->greeting, "protocol")) == CONTROL_PROTOCOL)
		return 0;
	control_client_close(client);
	return -1;
}

void control_client_close(struct control_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
	json_decref(client->greeting);
	client->greeting = NULL;
}

/* The drives that run. */
struct found {
	struct control_client *client;
	char list[LIST_MAX];
	size_t len;
};

static int add_found(void *ctx, int fd, pid_t pid, const char *path)
{
	struct found *found = ctx;
	struct control_client other = { .fd = -1 };
	int n;

	(void)pid;
	if (control_client_greet(&other, fd) != 0)
		return 0;
	snprintf(other.path, sizeof(other.path), "%s", path);
	n = snprintf(found->list + found->len, LIST_MAX - found->len, "\n  %s  (%s)", path,
		     control_client_what(&other));
	if (n > 0 && (size_t)n < LIST_MAX - found->len)
		found->len += (size_t)n;
	if (found->client->fd < 0)
		*found->client = other;
	else
		control_client_close(&other);
	return 1;
}

static const char *option(const struct control_client *client)
{
	return strcmp(client->command, "capture") == 0 ? "-i" : "--control";
}

static int open_only(struct control_client *client)
{
	struct found found = { .client = client };
	const char *command = client->command;
	int nr = runtime_each(add_found, &found);

	client->command = command;
	if (nr == 1)
		return 0;
	if (nr == 0)
		complain("%s: no drive of yours is running; give %s PATH", command,
			 option(client));
	else
		complain("%s: which drive? give %s PATH; there are:%s", command, option(client),
			 found.list);
	control_client_close(client);
	return -1;
}

int control_client_open(struct control_client *client, const char *command, const char *path)
{
	int fd;

	*client = (struct control_client){ .command = command, .fd = -1 };
	if (path == NULL)
		return open_only(client);
	snprintf(client->path, sizeof(client->path), "%s", path);
	fd = control_client_connect(path);
	if (fd < 0) {
		complain("%s: %s: %s", command, path, strerror(-fd));
		return -1;
	}
	if (control_client_greet(client, fd) == 0)
		return 0;
	complain("%s: %s: %s", command, path,
		 client->why[0] != '\0' ? client->why : "no drive answers there");
	return -1;
}

int control_client_again(struct control_client *client, const struct control_client *first)
{
	return control_client_open(client, first->command, first->path);
}

const char *control_client_what(struct control_client *client)
{
	const char *guest = json_string_value(json_object_get(client->greeting, "guest"));
	const char *command = json_string_value(json_object_get(client->greeting, "command"));

	snprintf(client->what, sizeof(client->what), "%s%s%s", command != NULL ? command : "",
		 guest != NULL ? " " : "", guest != NULL ? guest : "");
	return client->what;
}

static int send_request(struct control_client *client, const char *execute, json_t *args)
{
	json_t *request = json_pack("{s:s, s:o*}", "execute", execute, "arguments", args);
	char *text = json_dumps(request, JSON_COMPACT);
	size_t len = text != NULL ? strlen(text) : 0;
	ssize_t n = 0;

	json_decref(request);
	if (text == NULL)
		return -ENOMEM;
	text[len++] = '\n';	/* in the place of its NUL */
	for (size_t done = 0; done < len && n >= 0; done += (size_t)n)
		n = send(client->fd, text + done, len - done, MSG_NOSIGNAL);
	free(text);
	return n < 0 ? -errno : 0;
}

json_t *control_client_try(struct control_client *client, const char *execute, json_t *args)
{
	int rc = send_request(client, execute, args);
	json_t *answer = rc == 0 ? read_object(client->fd) : NULL;
	json_t *result = json_incref(json_object_get(answer, "return"));
	const char *why = json_string_value(json_object_get(json_object_get(answer, "error"),
							    "desc"));

	snprintf(client->why, sizeof(client->why), "%s",
		 why != NULL ? why : result != NULL ? "" : "the drive has gone");
	json_decref(answer);
	return result;
}

json_t *control_client_ask(struct control_client *client, const char *execute, json_t *args)
{
	json_t *result = control_client_try(client, execute, args);

	if (result == NULL)
		complain("%s: %s", client->command, client->why);
	return result;
}

int control_client_tell(struct control_client *client, const char *execute, json_t *args)
{
	json_t *result = control_client_ask(client, execute, args);
	int status = result != NULL ? EXIT_DONE : EXIT_FAILED;

	json_decref(result);
	control_client_close(client);
	return status;
}
