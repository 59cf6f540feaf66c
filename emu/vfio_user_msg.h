/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Framing of vfio-user messages on a nonblocking stream socket, with the file
 * descriptors that come with them.  One owner, one thread; used by the server
 * and by the tests' client.
 */
#ifndef EMU_VFIO_USER_MSG_H
#define EMU_VFIO_USER_MSG_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include "emu/vfio_user_proto.h"

struct vu_msg {
	struct vu_msg *next;		/* for its owner */
	uint16_t id, command;
	uint32_t flags, error;
	size_t len;			/* bytes of body */
	unsigned int nr_fds;
	int fds[VU_MAX_FDS];		/* the message's; -1: taken by someone */
	uint8_t body[];
};

/* Closes the descriptors that nobody took. */
void vu_msg_free(struct vu_msg *msg);
/* The descriptor, now the caller's, or -1. */
int vu_msg_take_fd(struct vu_msg *msg, unsigned int index);

struct vu_conn {
	int fd;				/* -1: none */
	const char *why;		/* what was wrong, after an error of vu_conn_recv */
	size_t have;			/* bytes of the message so far, header included */
	uint8_t hdr[VU_HDR_LEN];
	unsigned int nr_fds;		/* that came with the header so far */
	int fds[VU_MAX_FDS];
	struct vu_msg *msg;		/* once the header is whole */
};

/* fd becomes the connection's. */
void vu_conn_init(struct vu_conn *conn, int fd);
void vu_conn_fini(struct vu_conn *conn);

/*
 * Reads what is there of the next message and never beyond it.
 *   1            *msg is whole and the caller's
 *   -EAGAIN      nothing more at present
 *   -ENOTCONN    the peer has closed, between two messages
 *   -EPROTO      truncated, oversized, unknown type, or too many descriptors
 *   -ENOMEM, or what the system said
 * After all but the first two the connection is of no more use.
 */
int vu_conn_recv(struct vu_conn *conn, struct vu_msg **msg);

/* Waits until something can be read: 0, -ETIMEDOUT or -errno. */
int vu_conn_wait(const struct vu_conn *conn, uint64_t deadline_ns);

/*
 * Sends a header and up to two pieces of body, waiting at most until
 * deadline_ns (CLOCK_MONOTONIC) for the peer to make room.  The header's size
 * is filled in.  0, -ETIMEDOUT, -EPIPE or what the system said; then the
 * connection is of no more use.
 */
int vu_conn_send(struct vu_conn *conn, uint8_t hdr[VU_HDR_LEN], const struct iovec *body,
		 unsigned int nr_body, const int *fds, unsigned int nr_fds, uint64_t deadline_ns);

#endif
