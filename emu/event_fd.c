/* SPDX-License-Identifier: BSD-2-Clause */
/* Eventfds that come from a hostile peer. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include "emu/event_fd.h"

int event_fd_check(int fd)
{
	char path[64], link[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, link, sizeof(link) - 1);
	link[n < 0 ? 0 : n] = '\0';
	if (n >= 0 && strcmp(link, "anon_inode:[eventfd]") != 0)
		return -EINVAL;
	return fcntl(fd, F_SETFL, O_NONBLOCK) == 0 ? 0 : -errno;
}

/* An eventfd that cannot take one more is signalled already. */
void event_fd_signal(int fd)
{
	uint64_t one = 1;
	ssize_t n;

	if (fd < 0)
		return;
	n = write(fd, &one, sizeof(one));
	(void)n;
}

/* O_NONBLOCK belongs to the peer as well, who may have taken it off, and what
 * there was to read too. */
static ssize_t read_now(int fd, uint64_t *count)
{
	struct iovec iov = { count, sizeof(*count) };
	ssize_t n = preadv2(fd, &iov, 1, -1, RWF_NOWAIT);

	return n < 0 && (errno == EOPNOTSUPP || errno == ENOSYS) ? readv(fd, &iov, 1) : n;
}

int event_fd_take(int fd)
{
	uint64_t count;

	if (read_now(fd, &count) == (ssize_t)sizeof(count))
		return 1;
	return errno == EAGAIN ? 0 : -errno;
}
