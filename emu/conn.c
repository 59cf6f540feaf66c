/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages with file descriptors on a stream socket. */
#include <config.h>

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "emu/conn.h"
#include "emu/loop.h"

enum {
	NS_PER_MS = 1000000,
	SMALL = 128,		/* bytes of a message that is copied together to be sent */
};

union control {
	char buf[CMSG_SPACE(CONN_MAX_FDS * sizeof(int))];
	struct cmsghdr align;
};

static void fds_close(int *fds, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

void conn_msg_free(struct conn_msg *msg)
{
	if (msg == NULL)
		return;
	fds_close(msg->fds, msg->nr_fds);
	free(msg);
}

int conn_msg_take_fd(struct conn_msg *msg, unsigned int index)
{
	int fd = -1;

	if (index < msg->nr_fds) {
		fd = msg->fds[index];
		msg->fds[index] = -1;
	}
	return fd;
}

void conn_init(struct conn *conn, const struct conn_proto *proto, int fd)
{
	*conn = (struct conn){ .fd = fd, .proto = proto };
}

void conn_read_ahead(struct conn *conn, size_t ahead)
{
	assert(ahead <= CONN_MAX_AHEAD);
	conn->ahead = ahead;
}

void conn_fini(struct conn *conn)
{
	fds_close(conn->fds, conn->nr_fds);
	conn_msg_free(conn->msg);
	if (conn->fd >= 0)
		close(conn->fd);
	*conn = (struct conn){ .fd = -1 };
}

static int fail(struct conn *conn, int err, const char *why)
{
	conn->why = why;
	return err;
}

/* 0, or -EPROTO if they do not fit; then all are closed. */
static int fds_collect(struct conn *conn, struct msghdr *mh)
{
	int err = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c != NULL; c = CMSG_NXTHDR(mh, c)) {
		size_t nr = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < nr; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (conn->nr_fds < CONN_MAX_FDS) {
				conn->fds[conn->nr_fds++] = fd;
				continue;
			}
			close(fd);
			err = -EPROTO;
		}
	}
	return mh->msg_flags & MSG_CTRUNC ? -EPROTO : err;
}

/* What a read that gave nothing means. */
static int nothing_read(struct conn *conn, ssize_t n)
{
	if (n < 0 && errno == EINTR)
		return -EAGAIN;
	if (n < 0 && errno != ECONNRESET)
		return fail(conn, -errno, strerror(errno));
	if (conn->have > 0 || conn->msg != NULL)
		return fail(conn, -EPROTO, "truncated message");
	return fail(conn, -ENOTCONN, "closed by the peer");
}

static int hdr_recv(struct conn *conn)
{
	union control control;
	size_t len = conn->proto->hdr_len + conn->ahead;
	struct iovec iov = { conn->in + conn->have, len - conn->have };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			     .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(conn->fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n <= 0)
		return nothing_read(conn, n);
	conn->nr_earlier = conn->nr_fds;
	if (fds_collect(conn, &mh) != 0)
		return fail(conn, -EPROTO, "too many file descriptors");
	conn->have += (size_t)n;
	return 0;
}

/*
 * The message's own descriptors.  A read ends with the first bytes that have
 * descriptors, so if it went beyond the message, they are the next one's.
 */
static void fds_take(struct conn *conn, bool beyond)
{
	struct conn_msg *msg = conn->msg;

	msg->nr_fds = beyond ? conn->nr_earlier : conn->nr_fds;
	conn->nr_fds -= msg->nr_fds;
	conn->nr_earlier = 0;
	memcpy(msg->fds, conn->fds, msg->nr_fds * sizeof(int));
	memmove(conn->fds, conn->fds + msg->nr_fds, conn->nr_fds * sizeof(int));
}

/* The header is whole. */
static int msg_begin(struct conn *conn)
{
	struct conn_header said = { .len = 0 };
	size_t hdr_len = conn->proto->hdr_len;
	const char *wrong = conn->proto->hdr_read(conn->in, &said);
	struct conn_msg *msg;

	if (wrong != NULL)
		return fail(conn, -EPROTO, wrong);
	msg = malloc(sizeof(*msg) + said.len);
	if (msg == NULL)
		return fail(conn, -ENOMEM, "no memory for a message");
	msg->next = NULL;
	msg->id = said.id;
	msg->command = said.command;
	msg->flags = said.flags;
	msg->error = said.error;
	msg->len = said.len;
	conn->msg = msg;
	conn->got = conn->have - hdr_len < said.len ? conn->have - hdr_len : said.len;
	memcpy(msg->body, conn->in + hdr_len, conn->got);
	conn->have -= hdr_len + conn->got;
	memmove(conn->in, conn->in + hdr_len + conn->got, conn->have);
	fds_take(conn, conn->have > 0);
	return 0;
}

static int body_recv(struct conn *conn)
{
	ssize_t n = recv(conn->fd, conn->msg->body + conn->got, conn->msg->len - conn->got,
			 MSG_DONTWAIT);

	if (n <= 0)
		return nothing_read(conn, n);
	conn->got += (size_t)n;
	return 0;
}

int conn_recv(struct conn *conn, struct conn_msg **msg)
{
	int err = 0;

	while (err == 0 && conn->msg == NULL)
		err = conn->have < conn->proto->hdr_len ? hdr_recv(conn) : msg_begin(conn);
	while (err == 0 && conn->got < conn->msg->len)
		err = body_recv(conn);
	if (err != 0)
		return err;
	*msg = conn->msg;
	conn->msg = NULL;
	return 1;
}

static int wait_for(int fd, short events, uint64_t deadline_ns)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		uint64_t now = loop_now_ns();
		int rc;

		if (now >= deadline_ns)
			return -ETIMEDOUT;
		rc = poll(&p, 1, (int)((deadline_ns - now) / NS_PER_MS + 1));
		if (rc > 0)
			return 0;
		if (rc < 0 && errno != EINTR)
			return -errno;
	}
}

int conn_wait(const struct conn *conn, uint64_t deadline_ns)
{
	return wait_for(conn->fd, POLLIN, deadline_ns);
}

static void control_set(struct msghdr *mh, union control *control, const int *fds,
			unsigned int nr_fds)
{
	struct cmsghdr *c;

	memset(control, 0, sizeof(*control));
	mh->msg_control = control;
	mh->msg_controllen = CMSG_SPACE(nr_fds * sizeof(int));
	c = CMSG_FIRSTHDR(mh);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(nr_fds * sizeof(int));
	memcpy(CMSG_DATA(c), fds, nr_fds * sizeof(int));
}

/* Drops the first n bytes of what is to be sent. */
static void iov_advance(struct msghdr *mh, size_t n)
{
	while (mh->msg_iovlen > 0 && n >= mh->msg_iov->iov_len) {
		n -= mh->msg_iov->iov_len;
		mh->msg_iov++;
		mh->msg_iovlen--;
	}
	if (mh->msg_iovlen > 0) {
		mh->msg_iov->iov_base = (uint8_t *)mh->msg_iov->iov_base + n;
		mh->msg_iov->iov_len -= n;
	}
}

/* One piece instead of many, if they are small. */
static void iov_join(struct msghdr *mh, uint8_t *small, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < mh->msg_iovlen; i++) {
		if (mh->msg_iov[i].iov_len == 0)
			continue;
		memcpy(small + at, mh->msg_iov[i].iov_base, mh->msg_iov[i].iov_len);
		at += mh->msg_iov[i].iov_len;
	}
	mh->msg_iov[0] = (struct iovec){ small, size };
	mh->msg_iovlen = 1;
}

/* What sendmsg does, which costs more. */
static ssize_t send_some(int fd, const struct msghdr *mh)
{
	if (mh->msg_iovlen == 1 && mh->msg_control == NULL)
		return send(fd, mh->msg_iov->iov_base, mh->msg_iov->iov_len,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
	return sendmsg(fd, mh, MSG_DONTWAIT | MSG_NOSIGNAL);
}

int conn_send(struct conn *conn, uint8_t *hdr, const struct iovec *body, unsigned int nr_body,
	      const int *fds, unsigned int nr_fds, uint64_t deadline_ns)
{
	struct iovec iov[3] = { { hdr, conn->proto->hdr_len } };
	struct msghdr mh = { .msg_iov = iov, .msg_iovlen = 1 };
	union control control;
	uint8_t small[SMALL];
	size_t size = 0;
	int err = 0;

	for (unsigned int i = 0; i < nr_body; i++) {
		iov[mh.msg_iovlen++] = body[i];
		size += body[i].iov_len;
	}
	conn->proto->hdr_set_len(hdr, size);
	if (size <= SMALL - conn->proto->hdr_len)
		iov_join(&mh, small, conn->proto->hdr_len + size);
	if (nr_fds > 0)
		control_set(&mh, &control, fds, nr_fds);
	while (err == 0 && mh.msg_iovlen > 0) {
		ssize_t n = send_some(conn->fd, &mh);

		if (n >= 0) {
			iov_advance(&mh, (size_t)n);
			mh.msg_control = NULL;
			mh.msg_controllen = 0;
		} else if (errno == EAGAIN) {
			err = wait_for(conn->fd, POLLOUT, deadline_ns);
		} else if (errno != EINTR) {
			err = -errno;
		}
	}
	return err;
}
