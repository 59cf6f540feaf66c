/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of a capture, decompressed where necessary. */
#include "config.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>
#include "spec/bytes.h"
#include "tracer/input.h"

enum {
	INPUT_SIZE = 256 << 10,	/* of the buffer in the beginning, bytes */
	INPUT_RAW = 128 << 10,
	INPUT_FRAME = 5,	/* of a frame's header zstd first wants so many bytes */
	INPUT_NEXT = 3,		/* zstd's wish includes the header of the next block */
	INPUT_SKIPPABLE = 0x184d2a50,	/* the first of 16 magics, RFC 8878 section 3.1.2 */
};

static_assert((int)INPUT_SIZE >= (int)INPUT_RAW, "the first read fits into the buffer");

struct input {
	int fd, error;
	bool owned, eof;
	uint8_t *data;		/* what is valid: from begin to end */
	size_t size, begin, end;
	uint64_t offset;	/* of begin in the stream */
	ZSTD_DCtx *zstd;	/* NULL: plain */
	uint8_t *raw;
	ZSTD_inBuffer packed;
	size_t hint;		/* what zstd would read next, 0: the beginning of a frame */
	bool more;		/* zstd may have output without further input */
};

/* Bytes read, 0 at the end or after an error. */
static size_t input_read(struct input *input, uint8_t *to, size_t len)
{
	ssize_t done;

	do {
		done = read(input->fd, to, len);
	} while (done < 0 && errno == EINTR);
	if (done < 0 && input->error == 0)
		input->error = -errno;
	if (done <= 0)
		input->eof = true;
	return done > 0 ? (size_t)done : 0;
}

static void input_end_packed(struct input *input)
{
	if (input->eof && input->hint != 0 && input->error == 0)
		input->error = -ENODATA;
}

/* One block at a time: zstd forgets the good ones of a call that meets a bad one. */
static size_t input_unpack_block(struct input *input, ZSTD_outBuffer *out)
{
	size_t left, want = input->hint != 0 ? input->hint : INPUT_FRAME;
	ZSTD_inBuffer part = input->packed;

	if (want > INPUT_NEXT)
		want -= INPUT_NEXT;
	if (part.size - part.pos > want)
		part.size = part.pos + want;
	left = ZSTD_decompressStream(input->zstd, out, &part);
	input->packed.pos = part.pos;
	return left;
}

/* Decompresses into the free end of the buffer. */
static void input_unpack(struct input *input)
{
	ZSTD_outBuffer out = {input->data, input->size, input->end};
	size_t before = input->end, left;

	while (out.pos == before && !(input->eof && !input->more)) {
		if (input->packed.pos == input->packed.size && !input->more) {
			input->packed.pos = 0;
			input->packed.size = input_read(input, input->raw, INPUT_RAW);
			if (input->packed.size == 0)
				break;
		}
		left = input_unpack_block(input, &out);
		if (ZSTD_isError(left)) {
			input->error = -EBADMSG;
			input->eof = true;
			input->more = false;
			break;
		}
		input->hint = left;
		input->more = left != 0 && out.pos == out.size;
	}
	input->end = out.pos;
	input_end_packed(input);
}

static void input_fill(struct input *input)
{
	if (input->zstd != NULL)
		input_unpack(input);
	else
		input->end += input_read(input, input->data + input->end,
					 input->size - input->end);
}

/* Makes room behind what is valid: moves it to the front, or grows. */
static bool input_room(struct input *input)
{
	uint8_t *data;

	if (input->begin != 0) {
		memmove(input->data, input->data + input->begin, input->end - input->begin);
		input->end -= input->begin;
		input->begin = 0;
	}
	if (input->end < input->size)
		return true;
	data = realloc(input->data, input->size * 2);
	if (data == NULL) {
		input->error = -ENOMEM;
		input->eof = true;
		return false;
	}
	input->data = data;
	input->size *= 2;
	return true;
}

const uint8_t *input_peek(struct input *input, size_t want, size_t *have)
{
	if (input->end - input->begin < want && !input->eof && !input_room(input))
		want = SIZE_MAX;
	while (input->end - input->begin < want && (!input->eof || input->more)) {
		if (input->end == input->size && !input_room(input))
			break;
		input_fill(input);
	}
	if (have != NULL)
		*have = input->end - input->begin;
	return input->end - input->begin >= want ? input->data + input->begin : NULL;
}

void input_skip(struct input *input, size_t len)
{
	input->begin += len;
	input->offset += len;
}

uint64_t input_offset(const struct input *input)
{
	return input->offset;
}

bool input_compressed(const struct input *input)
{
	return input->zstd != NULL;
}

int input_error(const struct input *input)
{
	return input->error;
}

/* Looks at the magic, which a pipe may give byte by byte. */
static int input_detect(struct input *input)
{
	uint32_t magic;
	size_t len = 0, done;

	while (len < sizeof(magic)) {
		done = input_read(input, input->raw + len, INPUT_RAW - len);
		if (done == 0)
			break;
		len += done;
	}
	magic = len >= sizeof(magic) ? (uint32_t)bytes_get_le(input->raw, sizeof(magic)) : 0;
	if (magic == ZSTD_MAGICNUMBER || (magic & ~UINT32_C(15)) == INPUT_SKIPPABLE) {
		input->zstd = ZSTD_createDCtx();
		input->packed = (ZSTD_inBuffer){input->raw, len, 0};
		return input->zstd != NULL ? 0 : -ENOMEM;
	}
	memcpy(input->data, input->raw, len);
	input->end = len;
	return 0;
}

struct input *input_open(const char *path)
{
	struct input *input = calloc(1, sizeof(*input));
	int err = ENOMEM;

	if (input == NULL)
		return NULL;
	input->size = INPUT_SIZE;
	input->data = malloc(INPUT_SIZE);
	input->raw = malloc(INPUT_RAW);
	input->owned = strcmp(path, "-") != 0;
	input->fd = STDIN_FILENO;
	if (input->owned) {
		input->fd = open(path, O_RDONLY | O_CLOEXEC);
		err = input->fd < 0 ? errno : ENOMEM;
	}
	if (input->data != NULL && input->raw != NULL && input->fd >= 0 &&
	    input_detect(input) == 0)
		return input;
	input_close(input);
	errno = err;
	return NULL;
}

void input_close(struct input *input)
{
	if (input == NULL)
		return;
	if (input->owned && input->fd >= 0)
		close(input->fd);
	ZSTD_freeDCtx(input->zstd);
	free(input->raw);
	free(input->data);
	free(input);
}
