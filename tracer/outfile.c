/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a capture goes: a buffer, zstd if asked for, and write(). */
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include "tracer/outfile.h"
#include "tracer/pcapng.h"

enum {
	OUTPUT_DRAIN = 128 << 10,	/* so much is passed on at once, bytes */
	OUTPUT_FLUSH = 64 << 10,	/* compressed bytes between two flushes of the frame */
	OUTPUT_SIZE = OUTPUT_DRAIN + PCAPNG_BLOCK_MAX,
};

struct outfile {
	uint8_t *buffer;
	size_t used;
	ZSTD_CCtx *zstd;	/* NULL: plain */
	uint8_t *packed;	/* what zstd has made of it */
	size_t packed_size, packed_used;
	size_t unflushed;	/* compressed bytes since the last flush */
	bool dirty;		/* zstd holds bytes back */
	bool owned;
	int fd;
	int error;
	uint64_t bytes, file_bytes;
};

static int output_init_zstd(struct outfile *output, int level)
{
	output->zstd = ZSTD_createCCtx();
	output->packed_size = ZSTD_CStreamOutSize();
	output->packed = malloc(output->packed_size);
	if (output->zstd == NULL || output->packed == NULL)
		return -ENOMEM;
	if (ZSTD_isError(ZSTD_CCtx_setParameter(output->zstd, ZSTD_c_compressionLevel,
						level != 0 ? level : 1)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(output->zstd, ZSTD_c_checksumFlag, 1)))
		return -EINVAL;
	return 0;
}

struct outfile *outfile_open_fd(int fd, bool owned, bool zstd, int zstd_level)
{
	struct outfile *output = calloc(1, sizeof(*output));
	int err = -ENOMEM;

	if (output != NULL) {
		output->fd = -1;
		output->buffer = malloc(OUTPUT_SIZE);
		if (output->buffer != NULL)
			err = zstd ? output_init_zstd(output, zstd_level) : 0;
	}
	if (err != 0) {
		outfile_free(output);
		errno = -err;
		return NULL;
	}
	output->fd = fd;
	output->owned = owned;
	return output;
}

static bool output_is_zstd(const char *path)
{
	size_t len = strlen(path);

	return len >= 4 && strcmp(path + len - 4, ".zst") == 0;
}

/* Takes a file for us alone, and empties it only then. */
static int output_take(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -errno;
	/* It was opened so to see whether somebody reads. */
	if (!S_ISREG(st.st_mode))
		return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) == 0 ? 0 : -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		return -EBUSY;
	return ftruncate(fd, 0) == 0 ? 0 : -errno;
}

static bool output_is_pipe(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

static int output_open(const char *path, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
	int err = fd >= 0 ? output_take(fd) : -errno;

	if (err == -ENXIO && output_is_pipe(path))
		err = -EAGAIN;
	if (err == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	errno = -err;
	return -1;
}

static struct outfile *output_new(const char *path, int zstd_level, int flags)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = STDOUT_FILENO, err;
	struct outfile *output;

	if (!standard)
		fd = output_open(path, flags);
	if (fd < 0)
		return NULL;
	output = outfile_open_fd(fd, !standard, output_is_zstd(path), zstd_level);
	if (output == NULL && !standard) {
		err = errno;
		close(fd);
		errno = err;
	}
	return output;
}

struct outfile *outfile_open(const char *path, int zstd_level)
{
	return output_new(path, zstd_level, O_NONBLOCK);
}

struct outfile *outfile_open_wait(const char *path, int zstd_level)
{
	return output_new(path, zstd_level, 0);
}

static void output_fail(struct outfile *output, int err)
{
	if (output->error == 0)
		output->error = err;
}

/* Writes all of it, also to a pipe that does not block. */
static void output_to_file(struct outfile *output, const uint8_t *data, size_t len)
{
	struct pollfd pfd = {.fd = output->fd, .events = POLLOUT};
	ssize_t done;

	while (len != 0 && output->error == 0) {
		done = write(output->fd, data, len);
		if (done >= 0) {
			data += done;
			len -= (size_t)done;
			output->file_bytes += (uint64_t)done;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			(void)poll(&pfd, 1, -1);
		} else if (errno != EINTR) {
			output_fail(output, -errno);
		}
	}
}

static void output_write_packed(struct outfile *output)
{
	output_to_file(output, output->packed, output->packed_used);
	output->unflushed += output->packed_used;
	output->packed_used = 0;
}

static void output_compress(struct outfile *output, ZSTD_EndDirective how)
{
	ZSTD_inBuffer in = {output->buffer, output->used, 0};
	size_t left;

	do {
		ZSTD_outBuffer out = {output->packed, output->packed_size, output->packed_used};

		left = ZSTD_compressStream2(output->zstd, &out, &in, how);
		output->packed_used = out.pos;
		if (ZSTD_isError(left)) {
			output_fail(output, -EIO);
			return;
		}
		if (how != ZSTD_e_continue || out.pos == out.size)
			output_write_packed(output);
	} while (how == ZSTD_e_continue ? in.pos < in.size : left != 0);
	output->dirty = how == ZSTD_e_continue;
	if (how != ZSTD_e_continue)
		output->unflushed = 0;
}

/* Passes on what is in the buffer. */
static void output_drain(struct outfile *output, ZSTD_EndDirective how)
{
	if (output->error == 0 && output->zstd == NULL) {
		output_to_file(output, output->buffer, output->used);
	} else if (output->error == 0) {
		if (how == ZSTD_e_continue &&
		    output->unflushed + output->packed_used >= OUTPUT_FLUSH)
			how = ZSTD_e_flush;
		output_compress(output, how);
	}
	output->used = 0;
}

uint8_t *outfile_reserve(struct outfile *output, size_t len)
{
	if (OUTPUT_SIZE - output->used < len)
		output_drain(output, ZSTD_e_continue);
	return output->buffer + output->used;
}

int outfile_commit(struct outfile *output, size_t len)
{
	output->used += len;
	output->bytes += len;
	if (output->used >= OUTPUT_DRAIN)
		output_drain(output, ZSTD_e_continue);
	return output->error;
}

int outfile_write(struct outfile *output, const void *data, size_t len)
{
	const uint8_t *from = data;
	size_t part;

	while (len != 0) {
		part = len < OUTPUT_DRAIN ? len : OUTPUT_DRAIN;
		memcpy(outfile_reserve(output, part), from, part);
		(void)outfile_commit(output, part);
		from += part;
		len -= part;
	}
	return output->error;
}

int outfile_flush(struct outfile *output)
{
	if (outfile_pending(output))
		output_drain(output, ZSTD_e_flush);
	return output->error;
}

bool outfile_pending(const struct outfile *output)
{
	return output->used != 0 || output->dirty;
}

int outfile_error(const struct outfile *output)
{
	return output->error;
}

uint64_t outfile_bytes(const struct outfile *output)
{
	return output->bytes;
}

uint64_t outfile_file_bytes(const struct outfile *output)
{
	return output->file_bytes;
}

int outfile_close(struct outfile *output)
{
	output_drain(output, ZSTD_e_end);
	if (output->owned && output->fd >= 0 && close(output->fd) != 0)
		output_fail(output, -errno);
	output->fd = -1;
	return output->error;
}

void outfile_free(struct outfile *output)
{
	if (output == NULL)
		return;
	if (output->owned && output->fd >= 0)
		close(output->fd);
	ZSTD_freeCCtx(output->zstd);
	free(output->packed);
	free(output->buffer);
	free(output);
}
