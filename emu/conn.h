/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages with file descriptors on a nonblocking stream socket: a header of
 * fixed length, and a body whose length the header says.  Which protocol it is
 * stands in a struct conn_proto.  One owner, one thread; used by the
 * transports and by the tests' clients.
 */
#ifndef EMU_CONN_H
#define EMU_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum {
	CONN_MAX_HDR = 16,	/* bytes */
	CONN_MAX_AHEAD = 16,	/* bytes of a body, read with its header */
	CONN_MAX_FDS = 16,	/* with a message */
};

/* What a protocol's header says. */
struct conn_header {
	uint16_t id, command;
	uint32_t flags, error;
	size_t len;			/* bytes of body */
};

struct conn_proto {
	size_t hdr_len;
	/* Reads a header of hdr_len bytes.  NULL, or what is wrong with it. */
	const char *(*hdr_read)(const uint8_t *hdr, struct conn_header *said);
	/* Writes the length of the body into a header. */
	void (*hdr_set_len)(uint8_t *hdr, size_t len);
};

struct conn_msg {
	struct conn_msg *next;		/* for its owner */
	uint16_t id, command;
	uint32_t flags, error;
	size_t len;			/* bytes of body */
	unsigned int nr_fds;
	int fds[CONN_MAX_FDS];		/* the message's; -1: taken by someone */
	uint8_t body[];
};

/* Closes the descriptors that nobody took. */
void conn_msg_free(struct conn_msg *msg);
/* The descriptor, now the caller's, or -1. */
int conn_msg_take_fd(struct conn_msg *msg, unsigned int index);

struct conn {
	int fd;				/* -1: none */
	const struct conn_proto *proto;
	const char *why;		/* what was wrong, after an error of conn_recv */
	size_t ahead;
	size_t have;			/* bytes of a header, and of what came with it, so far */
	uint8_t in[CONN_MAX_HDR + CONN_MAX_AHEAD];
	unsigned int nr_fds;		/* that came with them */
	unsigned int nr_earlier;	/* of these, before the last read */
	int fds[CONN_MAX_FDS];
	struct conn_msg *msg;		/* once the header is whole */
	size_t got;			/* bytes of its body so far */
};

/* fd becomes the connection's. */
void conn_init(struct conn *conn, const struct conn_proto *proto, int fd);
/* From now on up to ahead bytes, CONN_MAX_AHEAD at most, that follow a header are
 * read with it; 0, as at first: none. */
void conn_read_ahead(struct conn *conn, size_t ahead);
void conn_fini(struct conn *conn);

/*
 * Reads what is there of the next message, and beyond it only what is read
 * ahead: then conn_pending says whether another one may be whole already, which
 * no poll tells of.
 *   1            *msg is whole and the caller's
 *   -EAGAIN      nothing more at present
 *   -ENOTCONN    the peer has closed, between two messages
 *   -EPROTO      truncated, too many descriptors, or what hdr_read refused
 *   -ENOMEM, or what the system said
 * After all but the first two the connection is of no more use.
 */
int conn_recv(struct conn *conn, struct conn_msg **msg);

static inline bool conn_pending(const struct conn *conn)
{
	return conn->have > 0 && conn->have >= conn->proto->hdr_len;
}

/* Waits until something can be read: 0, -ETIMEDOUT or -errno. */
int conn_wait(const struct conn *conn, uint64_t deadline_ns);

/*
 * Sends a header and up to two pieces of body, waiting at most until
 * deadline_ns (CLOCK_MONOTONIC) for the peer to make room.  The length in the
 * header is filled in.  0, -ETIMEDOUT, -EPIPE or what the system said; then
 * the connection is of no more use.
 */
int conn_send(struct conn *conn, uint8_t *hdr, const struct iovec *body, unsigned int nr_body,
	      const int *fds, unsigned int nr_fds, uint64_t deadline_ns);

#endif
