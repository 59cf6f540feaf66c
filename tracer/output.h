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
#ifndef TRACER_OUTPUT_H
#define TRACER_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct output;

/* "-" is standard output; a path that ends in ".zst" is compressed, with level
 * (0: 1).  An existing file is overwritten.  NULL and errno of open, or ENOMEM. */
struct output *output_open(const char *path, int zstd_level);
/* The same for an open file, which output_close closes if owned. */
struct output *output_open_fd(int fd, bool owned, bool zstd, int zstd_level);

/* Room for len bytes, at most PCAPNG_BLOCK_MAX, of which output_commit takes
 * the first.  Never NULL. */
uint8_t *output_reserve(struct output *output, size_t len);
/* 0 or the kept error. */
int output_commit(struct output *output, size_t len);
/* Copies bytes of any length.  0 or the kept error. */
int output_write(struct output *output, const void *data, size_t len);

/* Makes all that is committed readable for others.  0 or the kept error. */
int output_flush(struct output *output);
/* Whether something waits for output_flush. */
bool output_pending(const struct output *output);

int output_error(const struct output *output);
uint64_t output_bytes(const struct output *output);	/* committed */
uint64_t output_file_bytes(const struct output *output);	/* written to the file */

/* Ends the frame, for a compressed file, writes what is left and closes the
 * file; the counts may still be read.  0 or the kept error. */
int output_close(struct output *output);
void output_free(struct output *output);

#endif
