/* SPDX-License-Identifier: BSD-2-Clause */
/* Connecting to a unix socket. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "emu/loop.h"
#include "tests/unix_connect.h"

enum {
	CONNECT_S = 10,
	MOMENT_NS = 1000 * 1000,
};

int unix_connect(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int unix_connect_patiently(const char *path)
{
	uint64_t until = loop_now_ns() + CONNECT_S * UINT64_C(1000000000);
	struct timespec moment = { .tv_nsec = MOMENT_NS };
	int fd;

	while (((fd = unix_connect(path)) == -ENOENT || fd == -ECONNREFUSED) &&
	       loop_now_ns() < until)
		nanosleep(&moment, NULL);
	return fd;
}
