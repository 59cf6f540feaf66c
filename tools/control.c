/* SPDX-License-Identifier: BSD-2-Clause */
/* The control socket: its thread, its clients and their bytes. */
#include "config.h"

#include "tools/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "emu/unix_socket.h"
#include "tools/control_request.h"
#include "tools/live.h"
#include "tools/runtime.h"

enum {
	CLIENTS_MAX = 32,
	POLL_LISTENER = CLIENTS_MAX,
	POLL_WAKE,
	POLL_VIEWERS,
	POLLS = POLL_VIEWERS + LIVE_VIEWERS_MAX,
};

/*
 * A client is read from only while nothing waits to be written to it, and one
 * line of it is answered a turn: a flood waits in its own socket.
 */
struct client {
	int fd;			/* -1: none */
	char *in;		/* CONTROL_LINE_MAX bytes */
	size_t have;
	char *out;		/* NULL: nothing */
	size_t out_len, out_done;
	bool ended;		/* nothing more comes */
	bool closing;		/* after what is to be written */
};

struct control {
	struct control_config config;
	struct unix_socket listener;
	struct client clients[CLIENTS_MAX];
	int wake[2];
	pthread_t thread;
	atomic_bool stop;
	bool started;
	bool quits;		/* once */
	bool linked;		/* the runtime folder has a link to the socket */
};

static void client_close(struct client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	free(client->in);
	free(client->out);
	*client = (struct client){ .fd = -1 };
}

/* What is not written now is when the client has room.  line becomes its. */
static void client_write(struct client *client)
{
	ssize_t n;

	while (client->out != NULL) {
		n = send(client->fd, client->out + client->out_done,
			 client->out_len - client->out_done, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			client_close(client);
			return;
		}
		client->out_done += (size_t)n;
		if (client->out_done == client->out_len) {
			free(client->out);
			client->out = NULL;
		}
	}
	if (client->closing)
		client_close(client);
}

/* line: NULL if there was no memory for it. */
static void client_say(struct client *client, char *line)
{
	client->out = line;
	client->out_len = line != NULL ? strlen(line) : 0;
	client->out_done = 0;
	client->closing |= line == NULL;
	client_write(client);
}

static void client_refuse(struct client *client, const char *error_class, const char *why)
{
	client->closing = true;
	client_say(client, control_error_line(error_class, why));
}

/* Its owner or root, even if somebody has opened the socket for others. */
static bool may_connect(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

static struct client *client_free_slot(struct control *control)
{
	for (unsigned int i = 0; i < CLIENTS_MAX; i++)
		if (control->clients[i].fd < 0)
			return &control->clients[i];
	return NULL;
}

static void client_accept(struct control *control)
{
	struct client *client = client_free_slot(control), refused = { .fd = -1 };
	int fd = unix_socket_accept(&control->listener);

	if (fd < 0)
		return;
	if (client == NULL)
		client = &refused;
	client->fd = fd;
	if (!may_connect(fd)) {
		client_refuse(client, "PermissionDenied", "only the drive's owner may connect");
	} else if (client == &refused) {
		client_refuse(client, NULL, "too many connections");
	} else if ((client->in = malloc(CONTROL_LINE_MAX)) == NULL) {
		client_close(client);
	} else {
		client_say(client, control_greeting(&control->config));
		return;
	}
	if (client == &refused)
		client_close(client);
}

static void client_read(struct client *client)
{
	ssize_t n = recv(client->fd, client->in + client->have, CONTROL_LINE_MAX - client->have, 0);

	if (n > 0)
		client->have += (size_t)n;
	else if (n == 0)
		client->ended = true;
	else if (errno != EAGAIN && errno != EINTR)
		client_close(client);
}

static const char *client_line_end(const struct client *client)
{
	return client->have > 0 ? memchr(client->in, '\n', client->have) : NULL;
}

static bool is_blank(const char *line, size_t len)
{
	return strspn(line, " \t\r\n") >= len;
}

/* As what SIGTERM does: what the program does then is what a user expects. */
static void quit(struct control *control)
{
	if (!control->quits)
		kill(getpid(), SIGTERM);
	control->quits = true;
}

/* Its connection is a viewer's from now on.  Who has not taken the answer is
 * none: answers and stream would mix. */
static void client_view(struct control *control, struct client *client,
			const struct tracer_config *config)
{
	if (client->fd >= 0 && client->out == NULL) {
		(void)live_add(control->config.live, client->fd, config);
		client->fd = -1;
	}
	client_close(client);
}

static void client_answer(struct control *control, struct client *client, size_t len)
{
	struct control_request req;

	if (is_blank(client->in, len))
		return;
	client_say(client, control_answer(&req, &control->config, client->in, len));
	if (req.quits)
		quit(control);
	if (req.streams)
		client_view(control, client, &req.viewer);
	control_request_fini(&req);
}

/* Works off one line, if there is one. */
static void client_turn(struct control *control, struct client *client)
{
	const char *end = client_line_end(client);
	size_t len;

	if (end != NULL) {
		len = (size_t)(end - client->in) + 1;
		client_answer(control, client, len);
		if (client->fd < 0)
			return;
		client->have -= len;
		memmove(client->in, client->in + len, client->have);
	} else if (client->have == CONTROL_LINE_MAX) {
		client_refuse(client, "BadRequest", "a line that is too long");
	} else if (client->ended) {
		client_close(client);
	}
}

/* Whether something can be done for it without waiting for it. */
static bool client_is_ready(const struct client *client)
{
	return client->fd >= 0 && client->out == NULL &&
	       (client->ended || client->have == CONTROL_LINE_MAX ||
		client_line_end(client) != NULL);
}

static bool control_wait(struct control *control, struct pollfd *polls)
{
	int timeout_ms = -1;

	for (unsigned int i = 0; i < CLIENTS_MAX; i++) {
		const struct client *client = &control->clients[i];

		polls[i] = (struct pollfd){ client->fd, client->out != NULL ? POLLOUT : POLLIN, 0 };
		if (client_is_ready(client))
			timeout_ms = 0;
	}
	polls[POLL_LISTENER] = (struct pollfd){ control->listener.fd, POLLIN, 0 };
	polls[POLL_WAKE] = (struct pollfd){ control->wake[0], POLLIN, 0 };
	live_poll(control->config.live, polls + POLL_VIEWERS);
	if (poll(polls, POLLS, timeout_ms) < 0)
		for (unsigned int i = 0; i < POLLS; i++)
			polls[i].revents = 0;
	return !atomic_load(&control->stop);
}

static void client_serve(struct control *control, struct client *client, short revents)
{
	if (client->fd >= 0 && client->out != NULL && revents != 0)
		client_write(client);
	else if (client->fd >= 0 && client->out == NULL && revents != 0 && !client->ended &&
		 client->have < CONTROL_LINE_MAX)
		client_read(client);
	if (client_is_ready(client))
		client_turn(control, client);
}

static void *control_run(void *ctx)
{
	struct control *control = ctx;
	struct pollfd polls[POLLS];

	while (control_wait(control, polls)) {
		for (unsigned int i = 0; i < CLIENTS_MAX; i++)
			client_serve(control, &control->clients[i], polls[i].revents);
		if (polls[POLL_LISTENER].revents != 0)
			client_accept(control);
		live_polled(control->config.live, polls + POLL_VIEWERS);
	}
	return NULL;
}

int control_start(struct control *control, const struct control_config *config)
{
	sigset_t all, old;
	int rc;

	control->config = *config;
	control->config.live = live_new(config->drive);
	if (control->config.live == NULL)
		return -ENOMEM;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&control->thread, NULL, control_run, control);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	control->started = rc == 0;
	return -rc;
}

static void control_close(struct control *control)
{
	for (unsigned int i = 0; i < CLIENTS_MAX; i++)
		client_close(&control->clients[i]);
	live_free(control->config.live);
	if (control->linked)
		runtime_unlink();
	unix_socket_close(&control->listener);
	close(control->wake[0]);
	close(control->wake[1]);
	free(control);
}

/* Where the user wanted it, or where it is found. */
static int control_listen(struct control *control, const char *path, char *err, size_t errlen)
{
	char own[RUNTIME_PATH_MAX], to[2];
	int rc;

	if (path != NULL) {
		rc = unix_socket_listen(&control->listener, path, err, errlen);
		control->linked = rc == 0 && runtime_link(path) == 0;
		return rc;
	}
	rc = runtime_own(own, true);
	/* A link of somebody who had our number and was killed; a socket that lives stays. */
	if (rc == 0 && readlink(own, to, sizeof(to)) > 0)
		unlink(own);
	if (rc == 0)
		return unix_socket_listen(&control->listener, own, err, errlen);
	snprintf(err, errlen, "no folder for control sockets: %s", strerror(-rc));
	return rc;
}

struct control *control_new(const char *path, char *err, size_t errlen)
{
	struct control *control = calloc(1, sizeof(*control));

	if (control == NULL || pipe2(control->wake, O_CLOEXEC | O_NONBLOCK) != 0) {
		snprintf(err, errlen, "control socket: %s", strerror(errno));
		free(control);
		return NULL;
	}
	for (unsigned int i = 0; i < CLIENTS_MAX; i++)
		control->clients[i].fd = -1;
	control->listener.fd = -1;
	if (control_listen(control, path, err, errlen) == 0)
		return control;
	control_close(control);
	return NULL;
}

void control_free(struct control *control)
{
	ssize_t n;

	if (control == NULL)
		return;
	atomic_store(&control->stop, true);
	n = write(control->wake[1], "", 1);
	(void)n;
	if (control->started)
		pthread_join(control->thread, NULL);
	control_close(control);
}
