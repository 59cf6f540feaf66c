/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes of a capture: a file, a pipe or standard input, plain or
 * compressed with zstd, in one frame or several, also an unfinished one.  One
 * thread at a time.
 */
#ifndef TRACER_INPUT_H
#define TRACER_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is there of the stream, for the functions below, which run for each
 * record and so are here. */
struct input {
	const uint8_t *at, *end;
	uint64_t end_offset;	/* of end in the stream */
};

/* "-" is standard input.  NULL and errno: of open, or ENOMEM. */
struct input *input_open(const char *path);
void input_close(struct input *input);

/* Has fn called before each wait for bytes that are not there yet: of a pipe or
 * a socket, never of a file.  fn leaves the input alone. */
void input_on_wait(struct input *input, void (*fn)(void *ctx), void *ctx);

/*
 * The next bytes without passing them: at least want of them, or NULL if the
 * stream ends before.  have, unless NULL, is how many are there in either case.
 * They stay valid until the next call of input_peek.  NULL, too, when there is
 * no memory.
 */
static inline const uint8_t *input_peek(struct input *input, size_t want, size_t *have);
/* Passes len bytes, at most as many as are there. */
static inline void input_skip(struct input *input, size_t len);

/* Bytes passed, uncompressed. */
static inline uint64_t input_offset(const struct input *input);
bool input_compressed(const struct input *input);
/*
 * Why the stream has ended: 0 properly, -ENODATA in the middle of a zstd frame
 * (cut short, or still being written), -EBADMSG damaged zstd, -ENOMEM, or what
 * read says.
 */
int input_error(const struct input *input);

/* input_peek, when the bytes are not there yet. */
const uint8_t *input_wait(struct input *input, size_t want, size_t *have);

static inline const uint8_t *input_peek(struct input *input, size_t want, size_t *have)
{
	if ((size_t)(input->end - input->at) < want)
		return input_wait(input, want, have);
	if (have != NULL)
		*have = (size_t)(input->end - input->at);
	return input->at;
}

static inline void input_skip(struct input *input, size_t len)
{
	input->at += len;
}

static inline uint64_t input_offset(const struct input *input)
{
	return input->end_offset - (uint64_t)(input->end - input->at);
}

#endif
