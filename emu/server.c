/* SPDX-License-Identifier: BSD-2-Clause */
/* A server of one client at a time. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "emu/device.h"
#include "emu/server.h"

#define ACCEPT_AGAIN_NS UINT64_C(100000000)

static void client_readable(void *ctx, int fd);
static void listener_readable(void *ctx, int fd);

static int client_begin(struct server *s, int fd)
{
	conn_init(&s->conn, s->ops->proto, fd);
	conn_read_ahead(&s->conn, s->ops->ahead);
	s->greeted = false;
	s->broken = false;
	s->last_error[0] = '\0';
	s->ops->begin(s);
	return loop_add(s->loop, fd, LOOP_ORDER_TRANSPORT, client_readable, s);
}

/* The client is gone, or as good as. */
static void client_end(struct server *s)
{
	bool greeted = s->greeted;

	loop_timer_cancel(s->loop, &s->timer);
	loop_remove(s->loop, s->conn.fd);
	conn_fini(&s->conn);
	s->ops->end(s);
	guestmem_unmap_all(s->mem);
	s->greeted = false;
	s->broken = false;
	if (greeted)
		device_gone(s->dev);
	if (s->once && (greeted || s->listener.fd < 0))
		loop_stop(s->loop);
	else if (s->listener.fd >= 0)
		loop_add(s->loop, s->listener.fd, LOOP_ORDER_TRANSPORT, listener_readable, s);
}

static void listener_readable(void *ctx, int fd)
{
	struct server *s = ctx;
	int client = unix_socket_accept(&s->listener);

	if (client == -EAGAIN)
		return;
	loop_remove(s->loop, fd);
	if (client < 0)		/* no descriptor left, most likely */
		loop_timer_set(s->loop, &s->timer, loop_now_ns() + ACCEPT_AGAIN_NS);
	else if (client_begin(s, client) != 0)
		client_end(s);
}

void server_break(struct server *s, const char *why)
{
	if (s->broken)
		return;
	s->broken = true;
	snprintf(s->last_error, sizeof(s->last_error), "%s", why);
	server_again(s);
}

void server_again(struct server *s)
{
	loop_timer_set(s->loop, &s->timer, 0);
}

void server_leave(struct server *s)
{
	if (!s->broken)
		device_done(s->dev);
	if (s->broken)
		client_end(s);
}

static void serve(struct server *s, struct conn_msg *msg)
{
	s->ops->handle(s, msg);
	conn_msg_free(msg);
	if (conn_pending(&s->conn))
		server_again(s);
	server_leave(s);
}

static struct conn_msg *waiting(struct server *s)
{
	return s->ops->waiting != NULL ? s->ops->waiting(s) : NULL;
}

/* One message a call: what is of lower order in the loop comes between. */
static void client_readable(void *ctx, int fd)
{
	struct server *s = ctx;
	struct conn_msg *msg;
	int rc = 1;

	(void)fd;
	if (s->broken) {
		client_end(s);
		return;
	}
	msg = waiting(s);
	if (msg == NULL)
		rc = conn_recv(&s->conn, &msg);
	if (rc == 1) {
		serve(s, msg);
	} else if (rc != -EAGAIN) {
		if (rc == -ENOTCONN && s->ops->closed != NULL)
			s->ops->closed(s);
		else if (rc != -ENOTCONN)
			snprintf(s->last_error, sizeof(s->last_error), "%s", s->conn.why);
		client_end(s);
	}
}

static void timer_due(struct loop_timer *timer)
{
	struct server *s = (struct server *)((char *)timer - offsetof(struct server, timer));
	struct conn_msg *msg;

	if (s->broken) {
		client_end(s);
	} else if (s->conn.fd >= 0) {
		msg = waiting(s);
		if (msg != NULL)
			serve(s, msg);
		else if (conn_pending(&s->conn))
			client_readable(s, s->conn.fd);
	} else if (s->listener.fd >= 0) {
		loop_add(s->loop, s->listener.fd, LOOP_ORDER_TRANSPORT, listener_readable, s);
	}
}

int server_start(struct server *s, struct loop *loop, struct device *dev)
{
	s->loop = loop;
	s->dev = dev;
	if (s->listener.fd >= 0)
		return loop_add(loop, s->listener.fd, LOOP_ORDER_TRANSPORT, listener_readable, s);
	return client_begin(s, s->conn.fd);
}

bool server_connected(const struct transport *t)
{
	return ((const struct server *)t)->conn.fd >= 0;
}

void *server_new(size_t size, const char *path, int fd, char *err, size_t errlen)
{
	void *s = calloc(1, size);

	if (s == NULL) {
		snprintf(err, errlen, "%s", strerror(errno));
		if (path == NULL)
			close(fd);
	}
	return s;
}

static int init(struct server *s, const struct transport_ops *base, const struct server_ops *ops,
		const char *path, int fd, bool once, char *err, size_t errlen)
{
	s->base.ops = base;
	s->ops = ops;
	s->once = once;
	s->timer.fn = timer_due;
	s->listener.fd = -1;
	conn_init(&s->conn, ops->proto, path == NULL ? fd : -1);
	s->mem = guestmem_new();
	if (s->mem == NULL) {
		snprintf(err, errlen, "%s", strerror(errno));
		return -errno;
	}
	return path == NULL ? 0 : unix_socket_listen(&s->listener, path, err, errlen);
}

struct transport *server_open(struct server *s, const struct transport_ops *base,
			      const struct server_ops *ops, const char *path, int fd, bool once,
			      char *err, size_t errlen)
{
	if (init(s, base, ops, path, fd, once, err, errlen) == 0)
		return &s->base;
	base->free(&s->base);
	return NULL;
}

void server_fini(struct server *s)
{
	if (s->loop != NULL) {
		loop_timer_cancel(s->loop, &s->timer);
		if (s->conn.fd >= 0) {
			loop_remove(s->loop, s->conn.fd);
			s->ops->end(s);
		}
		if (s->listener.fd >= 0)
			loop_remove(s->loop, s->listener.fd);
	}
	conn_fini(&s->conn);
	unix_socket_close(&s->listener);
	guestmem_free(s->mem);
}
