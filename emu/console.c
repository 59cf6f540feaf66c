/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader of the guest's console. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "emu/console.h"
#include "emu/unix_socket.h"

enum {
	NS_PER_MS = 1000000,
	READ_SIZE = 4096,
	MAX_READS = 16,		/* at a wake-up, so that a flood does not hold the loop */
};

struct console {
	struct loop *loop;
	struct unix_socket listener;
	int fd;				/* the connection, or -1 */
	void (*line)(void *ctx, uint64_t ticks, const char *text, size_t len);
	void (*bytes)(void *ctx, const void *bytes, size_t len);
	void *ctx;
	struct loop_timer timer;	/* set while a line has begun */
	uint64_t first_ns;		/* when its first byte came */
	size_t len;
	bool cut;			/* a piece of the line has been handed on */
	char text[CONSOLE_MAX_LINE];
};

static void line_flush(struct console *c)
{
	loop_timer_cancel(c->loop, &c->timer);
	if (c->line != NULL)
		c->line(c->ctx, c->first_ns, c->text, c->len);
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
	loop_add(c->loop, c->listener.fd, LOOP_ORDER_CONSOLE, listener_readable, c);
}

static void connection_readable(void *ctx, int fd)
{
	struct console *c = ctx;
	char buf[READ_SIZE];
	ssize_t n = 0;

	for (unsigned int i = 0; i < MAX_READS; i++) {
		uint64_t now_ns = loop_now_ns();

		n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			break;
		if (c->bytes != NULL)
			c->bytes(c->ctx, buf, (size_t)n);
		for (ssize_t k = 0; k < n; k++)
			byte_take(c, buf[k], now_ns);
		if (n < READ_SIZE)
			return;
	}
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		connection_end(c);
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

struct console *console_new(struct loop *loop, const char *path,
			    void (*line)(void *ctx, uint64_t ticks, const char *text, size_t len),
			    void (*bytes)(void *ctx, const void *bytes, size_t len), void *ctx,
			    char *err, size_t errlen)
{
	struct console *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		snprintf(err, errlen, "%s: %s", path, strerror(ENOMEM));
		return NULL;
	}
	c->loop = loop;
	c->fd = -1;
	c->line = line;
	c->bytes = bytes;
	c->ctx = ctx;
	c->timer.fn = timer_due;
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

void console_free(struct console *c)
{
	if (c == NULL)
		return;
	/* What was written before the end is handed on, too. */
	if (c->fd < 0)
		listener_readable(c, c->listener.fd);
	if (c->fd >= 0)
		connection_readable(c, c->fd);
	if (c->fd >= 0)
		connection_end(c);
	loop_timer_cancel(c->loop, &c->timer);
	loop_remove(c->loop, c->listener.fd);
	unix_socket_close(&c->listener);
	free(c);
}
