/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What transports over a unix socket have in common: one client at a time (the
 * next one waits until it has gone), its connection, its memory, and the end
 * of a client that leaves the protocol.  On the controller's thread.
 */
#ifndef EMU_SERVER_H
#define EMU_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include "emu/conn.h"
#include "emu/guestmem.h"
#include "emu/loop.h"
#include "emu/transport.h"
#include "emu/unix_socket.h"

struct server;

struct server_ops {
	const struct conn_proto *proto;
	size_t ahead;		/* bytes of body that most messages have; conn_read_ahead */
	void (*begin)(struct server *s);	/* a client has come */
	void (*handle)(struct server *s, struct conn_msg *msg);	/* msg stays the server's */
	/* A message that came earlier and waits, or NULL.  May be NULL itself. */
	struct conn_msg *(*waiting)(struct server *s);
	/* The client has closed: what it asked for other than by message is done
	 * now, or lost.  May be NULL. */
	void (*closed)(struct server *s);
	void (*end)(struct server *s);		/* the client is gone; once for each begin */
};

struct server {
	struct transport base;
	const struct server_ops *ops;
	struct loop *loop;
	struct device *dev;
	struct unix_socket listener;
	bool once;
	bool greeted;			/* the client has spoken the protocol */
	bool broken;			/* to be disconnected as soon as nobody is inside */
	struct conn conn;
	struct guestmem *mem;
	struct loop_timer timer;	/* due: waiting messages, or broken */
	char last_error[160];
};

/*
 * A transport of that size, zeroed, which begins with its server: first
 * server_new, then what is the transport's own, then server_open.  That one
 * listens at path (mode 0600), or with path NULL serves the peer at the other
 * end of fd, a connected stream socket.  With once, loop_stop is called when
 * the first client that greeted is gone.
 * NULL, and in err one line that names the path and what is wrong; nothing is
 * left then, fd included.
 */
void *server_new(size_t size, const char *path, int fd, char *err, size_t errlen);
struct transport *server_open(struct server *s, const struct transport_ops *base,
			      const struct server_ops *ops, const char *path, int fd, bool once,
			      char *err, size_t errlen);
/* For base's free.  Calls end if there is a client. */
void server_fini(struct server *s);

/* Begins to serve.  0 or -errno. */
int server_start(struct server *s, struct loop *loop, struct device *dev);

/* transport_ops.connected. */
bool server_connected(const struct transport *t);

/* Gives the client up, for a reason that is kept.  Its end comes when the loop
 * is back, or at server_leave. */
void server_break(struct server *s, const char *why);
/* The loop's next turn looks for waiting messages. */
void server_again(struct server *s);

/* What a client has asked for, other than by message, has been answered:
 * device_done, or the client's end if it was given up meanwhile. */
void server_leave(struct server *s);

#endif
