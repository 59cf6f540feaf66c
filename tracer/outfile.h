/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a capture goes: a file, a pipe or standard output, plain or as one
 * zstd frame with a checksum.  One thread at a time.
 *
 * The first error of writing is kept and all that follows is thrown away, so
 * that whoever produces may go on.  A pipe that nobody reads raises SIGPIPE
 * unless the calling thread blocks or ignores it; the tracer's own thread
 * blocks all signals.
 */
#ifndef TRACER_OUTFILE_H
#define TRACER_OUTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outfile;

/* "-" is standard output; a path that ends in ".zst" is compressed, with level
 * (0: 1).  An existing file is overwritten, unless somebody has locked it (flock):
 * another capture, or a drive whose disk it is.  NULL and errno of open, EBUSY for
 * a locked file, EAGAIN for a named pipe that nobody reads yet, or ENOMEM. */
struct outfile *outfile_open(const char *path, int zstd_level);
/* The same, but waits until somebody has opened the named pipe for reading; EINTR after
 * a signal. */
struct outfile *outfile_open_wait(const char *path, int zstd_level);
/* The same for an open file, which outfile_close closes if owned. */
struct outfile *outfile_open_fd(int fd, bool owned, bool zstd, int zstd_level);

/* Room for len bytes, at most PCAPNG_BLOCK_MAX, of which outfile_commit takes
 * the first.  Never NULL. */
uint8_t *outfile_reserve(struct outfile *output, size_t len);
/* 0 or the kept error. */
int outfile_commit(struct outfile *output, size_t len);
/* Copies bytes of any length.  0 or the kept error. */
int outfile_write(struct outfile *output, const void *data, size_t len);

/* Makes all that is committed readable for others.  0 or the kept error. */
int outfile_flush(struct outfile *output);
/* Whether something waits for outfile_flush. */
bool outfile_pending(const struct outfile *output);

int outfile_error(const struct outfile *output);
uint64_t outfile_bytes(const struct outfile *output);	/* committed */
uint64_t outfile_file_bytes(const struct outfile *output);	/* written to the file */

/* Ends the frame, for a compressed file, writes what is left and closes the
 * file; the counts may still be read.  0 or the kept error. */
int outfile_close(struct outfile *output);
void outfile_free(struct outfile *output);

#endif
