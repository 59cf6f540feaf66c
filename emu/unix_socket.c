/* SPDX-License-Identifier: BSD-2-Clause */
/* Listening sockets that have a name in the file system. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "emu/unix_socket.h"

enum { BACKLOG = 8 };

/* fd as our sockets are, or closed; a failed call is passed on. */
static int fd_prepare(int fd)
{
	int err;

	if (fd < 0)
		return -errno;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int socket_open(void)
{
	return fd_prepare(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int address_set(struct sockaddr_un *sun, const char *path)
{
	size_t len = strlen(path);

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	if (len == 0)
		return -ENOENT;
	if (len >= sizeof(sun->sun_path))
		return -ENAMETOOLONG;
	memcpy(sun->sun_path, path, len);
	return 0;
}

/* 0: nothing stands at the path (any longer). */
static int stale_remove(const struct sockaddr_un *sun)
{
	struct stat st;
	int fd, err;

	if (lstat(sun->sun_path, &st) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket_open();
	if (fd < 0)
		return fd;
	err = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0 ? EADDRINUSE : errno;
	close(fd);
	if (err == EAGAIN)	/* its backlog is full, so it lives */
		return -EADDRINUSE;
	if (err != ECONNREFUSED)
		return -err;
	return unlink(sun->sun_path) == 0 ? 0 : -errno;
}

static int listen_at(struct unix_socket *s, const struct sockaddr_un *sun)
{
	struct stat st;

	/* Linux gives the name this mode at once, others at the chmod. */
	(void)fchmod(s->fd, 0600);
	if (bind(s->fd, (const struct sockaddr *)sun, sizeof(*sun)) != 0)
		return -errno;
	if (chmod(sun->sun_path, 0600) != 0 || lstat(sun->sun_path, &st) != 0)
		return -errno;
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	return listen(s->fd, BACKLOG) == 0 ? 0 : -errno;
}

static int socket_listen(struct unix_socket *s, const char *path)
{
	struct sockaddr_un sun;
	int err = address_set(&sun, path);

	if (err == 0)
		err = stale_remove(&sun);
	if (err != 0)
		return err;
	s->path = strdup(path);
	if (s->path == NULL)
		return -ENOMEM;
	s->fd = socket_open();
	return s->fd < 0 ? s->fd : listen_at(s, &sun);
}

static const char *reason(int err)
{
	switch (err) {
	case -EADDRINUSE:
		return "somebody listens there";
	case -EEXIST:
		return "something that is no socket is there";
	case -ENAMETOOLONG:
		return "too long for the name of a socket";
	default:
		return strerror(-err);
	}
}

int unix_socket_listen(struct unix_socket *s, const char *path, char *err, size_t errlen)
{
	int rc;

	*s = (struct unix_socket){ .fd = -1 };
	rc = socket_listen(s, path);
	if (rc != 0) {
		snprintf(err, errlen, "%s: %s", path, reason(rc));
		unix_socket_close(s);
	}
	return rc;
}

int unix_socket_accept(const struct unix_socket *s)
{
	return fd_prepare(accept(s->fd, NULL, NULL));
}

void unix_socket_close(struct unix_socket *s)
{
	struct stat st;

	if (s->fd >= 0)
		close(s->fd);
	if (s->ino != 0 && lstat(s->path, &st) == 0 && st.st_dev == s->dev && st.st_ino == s->ino)
		unlink(s->path);
	free(s->path);
	*s = (struct unix_socket){ .fd = -1 };
}
