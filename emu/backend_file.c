/* SPDX-License-Identifier: BSD-2-Clause */
/* A back end in a file or on a block device. */
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include "emu/backend.h"

struct backend_file {
	struct backend backend;
	int fd;
};

static int file_fd(const struct backend *backend)
{
	return ((const struct backend_file *)backend)->fd;
}

static int file_read(struct backend *backend, uint64_t off, void *buf, size_t len)
{
	uint8_t *to = buf;

	while (len > 0) {
		ssize_t n = pread(file_fd(backend), to, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)	/* somebody made the file shorter */
			return -EIO;
		to += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/* What is in the page cache, all of it.  A file system that cannot tell says so
 * at each call; that costs next to nothing beside the wait for the pool. */
static int file_read_now(struct backend *backend, uint64_t off, void *buf, size_t len)
{
	struct iovec iov = { buf, len };
	ssize_t n = preadv2(file_fd(backend), &iov, 1, (off_t)off, RWF_NOWAIT);

	return n == (ssize_t)len ? 0 : -EAGAIN;
}

static int file_write(struct backend *backend, uint64_t off, const void *buf, size_t len)
{
	const uint8_t *from = buf;

	while (len > 0) {
		ssize_t n = pwrite(file_fd(backend), from, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		from += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int file_flush(struct backend *backend)
{
	while (fdatasync(file_fd(backend)) != 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static int file_write_zeroes(struct backend *backend, uint64_t off, uint64_t len)
{
	static const uint8_t zeroes[65536];
	int result = 0;

	while (len > 0 && result == 0) {
		size_t part = len < sizeof(zeroes) ? (size_t)len : sizeof(zeroes);

		result = file_write(backend, off, zeroes, part);
		off += part;
		len -= part;
	}
	return result;
}

static bool file_fallocate(struct backend *backend, int mode, uint64_t off, uint64_t len)
{
	return fallocate(file_fd(backend), mode | FALLOC_FL_KEEP_SIZE, (off_t)off, (off_t)len) == 0;
}

/* Whatever keeps a file system from doing it, writing zeroes works or says why not. */
static int file_zero(struct backend *backend, uint64_t off, uint64_t len, bool deallocate)
{
	if (len == 0)
		return 0;
	if (!deallocate && file_fallocate(backend, FALLOC_FL_ZERO_RANGE, off, len))
		return 0;
	if (file_fallocate(backend, FALLOC_FL_PUNCH_HOLE, off, len))
		return 0;
	return file_write_zeroes(backend, off, len);
}

static void file_free(struct backend *backend)
{
	close(file_fd(backend));
	free(backend);
}

static const struct backend_ops file_ops = {
	.read = file_read,
	.write = file_write,
	.flush = file_flush,
	.zero = file_zero,
	.read_now = file_read_now,
	.free = file_free,
};

/* A descriptor, or -1 and why.  A fifo must not hold us up, and a block device
 * that is mounted is not for writing. */
static int file_open(const char *path, bool read_only, const char **why)
{
	int flags = (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK;
	struct stat st;
	int fd;

	if (stat(path, &st) == 0 && S_ISBLK(st.st_mode) && !read_only)
		flags |= O_EXCL;
	fd = open(path, flags);
	if (fd < 0) {
		*why = strerror(errno);
		return -1;
	}
	*why = NULL;
	if (fstat(fd, &st) != 0)
		*why = strerror(errno);
	else if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		*why = "neither a file nor a block device";
	else if (flock(fd, (read_only ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0)
		*why = errno == EWOULDBLOCK ? "in use by another drive" : strerror(errno);
	if (*why == NULL)
		return fd;
	close(fd);
	return -1;
}

struct backend *backend_file_open(const char *path, bool read_only, const char **why)
{
	struct backend_file *file = calloc(1, sizeof(*file));
	off_t size;

	if (file == NULL) {
		*why = strerror(errno);
		return NULL;
	}
	file->fd = file_open(path, read_only, why);
	if (file->fd < 0) {
		free(file);
		return NULL;
	}
	file->backend.ops = &file_ops;
	size = lseek(file->fd, 0, SEEK_END);
	if (size < 0) {
		*why = strerror(errno);
		file_free(&file->backend);
		return NULL;
	}
	file->backend.size = (uint64_t)size;
	return &file->backend;
}
