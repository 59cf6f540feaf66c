/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader of the guest's console. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "emu/console.h"
#include "emu/plugin.h"
#include "emu/unix_socket.h"

enum {
	NS_PER_MS = 1000000,
	READ_SIZE = 4096,
	MAX_READS = 16,		/* at a wake-up, so that a flood does not hold the loop */
	MAX_LAST_READS = 64,	/* wake-ups' worth, at the end: more than a pipe can hold */
};

struct console {
	struct loop *loop;
	struct unix_socket listener;	/* its fd is -1 where there is only the one fd */
	int fd;				/* the connection, or -1 */
	struct console_user user;
	struct loop_timer timer;	/* set while a line has begun */
	uint64_t first_ns;		/* when its first byte came */
	size_t len;
	bool cut;			/* a piece of the line has been handed on */
	char text[CONSOLE_MAX_LINE];
};

static void line_flush(struct console *c)
{
	loop_timer_cancel(c->loop, &c->timer);
	if (c->user.line != NULL)
		c->user.line(c->user.ctx, c->first_ns, c->text, c->len);
	c->len = 0;
}

/* The end of a line whose pieces have all been handed on is no line. */
static void line_end(struct console *c)
{
	if (c->len > 0 && c->text[c->len - 1] == '\r')
		c->len--;
	if (c->len > 0 || !c->cut)
		line_flush(c);
	loop_timer_cancel(c->loop, &c->timer);
	c->cut = false;
}

static void partial_flush(struct console *c)
{
	/* A CR may be the first half of what ends the line. */
	size_t keep = c->text[c->len - 1] == '\r';

	if (c->len == keep)
		return;
	c->len -= keep;
	line_flush(c);
	c->cut = true;
	if (keep > 0)
		c->text[c->len++] = '\r';
}

static void timer_due(struct loop_timer *timer)
{
	struct console *c = (struct console *)((char *)timer - offsetof(struct console, timer));

	if (c->len > 0)
		partial_flush(c);
}

static void byte_take(struct console *c, char byte, uint64_t now_ns)
{
	if (c->len == 0) {
		c->first_ns = now_ns;
		loop_timer_set(c->loop, &c->timer,
			       now_ns + (uint64_t)CONSOLE_PARTIAL_MS * NS_PER_MS);
	}
	if (byte == '\n') {
		line_end(c);
		return;
	}
	if (c->len == CONSOLE_MAX_LINE) {
		partial_flush(c);
		c->first_ns = now_ns;
		loop_timer_set(c->loop, &c->timer,
			       now_ns + (uint64_t)CONSOLE_PARTIAL_MS * NS_PER_MS);
	}
	c->text[c->len++] = byte;
}

static void listener_readable(void *ctx, int fd);

static void connection_end(struct console *c)
{
	if (c->len > 0)
		line_end(c);
	c->cut = false;
	loop_remove(c->loop, c->fd);
	close(c->fd);
	c->fd = -1;
	if (c->listener.fd >= 0)
		loop_add(c->loop, c->listener.fd, LOOP_ORDER_CONSOLE, listener_readable, c);
}

/* Whether there may be more to read. */
static bool connection_read(struct console *c)
{
	char buf[READ_SIZE];
	ssize_t n = 0;

	for (unsigned int i = 0; i < MAX_READS; i++) {
		uint64_t now_ns = nvmetap_ticks();

		n = read(c->fd, buf, sizeof(buf));
		if (n <= 0)
			break;
		if (c->user.bytes != NULL)
			c->user.bytes(c->user.ctx, buf, (size_t)n);
		for (ssize_t k = 0; k < n; k++)
			byte_take(c, buf[k], now_ns);
		if (n < READ_SIZE)
			return false;
	}
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		connection_end(c);
	return n > 0;
}

static void connection_readable(void *ctx, int fd)
{
	(void)fd;
	connection_read(ctx);
}

static void listener_readable(void *ctx, int fd)
{
	struct console *c = ctx;
	int client = unix_socket_accept(&c->listener);

	if (client < 0)
		return;
	loop_remove(c->loop, fd);
	c->fd = client;
	if (loop_add(c->loop, client, LOOP_ORDER_CONSOLE, connection_readable, c) != 0)
		connection_end(c);
}

static struct console *make(struct loop *loop, const struct console_user *user)
{
	struct console *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->loop = loop;
	c->fd = -1;
	c->listener.fd = -1;
	c->user = *user;
	c->timer.fn = timer_due;
	return c;
}

struct console *console_new(struct loop *loop, const char *path, const struct console_user *user,
			    char *err, size_t errlen)
{
	struct console *c = make(loop, user);

	if (c == NULL) {
		snprintf(err, errlen, "%s: %s", path, strerror(ENOMEM));
		return NULL;
	}
	if (unix_socket_listen(&c->listener, path, err, errlen) != 0) {
		free(c);
		return NULL;
	}
	if (loop_add(loop, c->listener.fd, LOOP_ORDER_CONSOLE, listener_readable, c) != 0) {
		snprintf(err, errlen, "%s: %s", path, strerror(ENOMEM));
		unix_socket_close(&c->listener);
		free(c);
		return NULL;
	}
	return c;
}

struct console *console_new_fd(struct loop *loop, int fd, const struct console_user *user)
{
	struct console *c = make(loop, user);
	int flags = fcntl(fd, F_GETFL);

	if (c != NULL && flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
	    loop_add(loop, fd, LOOP_ORDER_CONSOLE, connection_readable, c) == 0) {
		c->fd = fd;
		return c;
	}
	free(c);
	return NULL;
}

void console_free(struct console *c)
{
	if (c == NULL)
		return;
	/* What was written before the end is handed on, too. */
	if (c->fd < 0 && c->listener.fd >= 0)
		listener_readable(c, c->listener.fd);
	for (unsigned int i = 0; i < MAX_LAST_READS && c->fd >= 0 && connection_read(c); i++)
		;
	if (c->fd >= 0)
		connection_end(c);
	loop_timer_cancel(c->loop, &c->timer);
	if (c->listener.fd >= 0) {
		loop_remove(c->loop, c->listener.fd);
		unix_socket_close(&c->listener);
	}
	free(c);
}
