/* SPDX-License-Identifier: BSD-2-Clause */
/* Listening at a path of the file system.  Any thread. */
#ifndef EMU_UNIX_SOCKET_H
#define EMU_UNIX_SOCKET_H

#include <stddef.h>
#include <sys/types.h>

struct unix_socket {
	int fd;		/* listening, nonblocking; -1: closed */
	char *path;
	dev_t dev;	/* of what was made at path */
	ino_t ino;
};

/*
 * Listens at path, which only the owner may connect to (mode 0600).  A socket
 * there that nobody listens at any more is replaced.
 *   -EADDRINUSE  somebody listens there     -EEXIST  something else is there
 *   -ENAMETOOLONG, -ENOMEM or what the system said
 * and in err one line that names the path.
 */
int unix_socket_listen(struct unix_socket *s, const char *path, char *err, size_t errlen);

/* A connection, nonblocking and close-on-exec, or -errno (-EAGAIN: none). */
int unix_socket_accept(const struct unix_socket *s);

/* Closes, and removes the path if it is still ours.  Also after a failed listen. */
void unix_socket_close(struct unix_socket *s);

#endif
