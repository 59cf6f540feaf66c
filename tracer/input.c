/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of a capture, decompressed where necessary. */
#include "config.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>
#include "spec/bytes.h"
#include "tracer/input.h"

enum {
	INPUT_PAGE = 4096,
	INPUT_SIZE = 256 << 10,	/* of the buffer in the beginning, bytes: twice zstd's blocks */
	INPUT_RAW = 128 << 10,
	INPUT_FRAME = 5,	/* of a frame's header zstd first wants so many bytes */
	INPUT_NEXT = 3,		/* zstd's wish includes the header of the next block */
	INPUT_SKIPPABLE = 0x184d2a50,	/* the first of 16 magics, RFC 8878 section 3.1.2 */
};

static_assert((int)INPUT_SIZE >= (int)INPUT_RAW, "the first read fits into the buffer");

struct stream {
	struct input input;	/* the first member: what others see */
	int fd, error;
	bool owned, eof;
	uint8_t *data;		/* holds input.at and input.end */
	size_t size;
	ZSTD_DCtx *zstd;	/* NULL: plain */
	uint8_t *raw;
	ZSTD_inBuffer packed;
	size_t hint;		/* what zstd would read next, 0: the beginning of a frame */
	bool more;		/* zstd may have output without further input */
	void (*on_wait)(void *ctx);	/* or NULL */
	void *wait_ctx;
};

static const struct stream *stream_of(const struct input *input)
{
	return (const struct stream *)input;
}

void input_on_wait(struct input *input, void (*fn)(void *ctx), void *ctx)
{
	struct stream *stream = (struct stream *)input;

	stream->on_wait = fn;
	stream->wait_ctx = ctx;
}

static bool input_would_wait(const struct stream *stream)
{
	struct pollfd pollfd = {.fd = stream->fd, .events = POLLIN};

	return poll(&pollfd, 1, 0) == 0;
}

/* Bytes read, 0 at the end or after an error. */
static size_t input_read(struct stream *stream, uint8_t *to, size_t len)
{
	ssize_t done;

	if (stream->on_wait != NULL && input_would_wait(stream))
		stream->on_wait(stream->wait_ctx);
	do {
		done = read(stream->fd, to, len);
	} while (done < 0 && errno == EINTR);
	if (done < 0 && stream->error == 0)
		stream->error = -errno;
	if (done <= 0)
		stream->eof = true;
	return done > 0 ? (size_t)done : 0;
}

static void input_add(struct stream *stream, size_t len)
{
	stream->input.end += len;
	stream->input.end_offset += len;
}

static void input_end_packed(struct stream *stream)
{
	if (stream->eof && stream->hint != 0 && stream->error == 0)
		stream->error = -ENODATA;
}

/* One block at a time: zstd forgets the good ones of a call that meets a bad one. */
static size_t input_unpack_block(struct stream *stream, ZSTD_outBuffer *out)
{
	size_t left, want = stream->hint != 0 ? stream->hint : INPUT_FRAME;
	ZSTD_inBuffer part = stream->packed;

	if (want > INPUT_NEXT)
		want -= INPUT_NEXT;
	if (part.size - part.pos > want)
		part.size = part.pos + want;
	left = ZSTD_decompressStream(stream->zstd, out, &part);
	stream->packed.pos = part.pos;
	return left;
}

/* Decompresses into the free end of the buffer. */
static void input_unpack(struct stream *stream)
{
	size_t before = (size_t)(stream->input.end - stream->data), left;
	ZSTD_outBuffer out = {stream->data, stream->size, before};

	while (out.pos == before && !(stream->eof && !stream->more)) {
		if (stream->packed.pos == stream->packed.size && !stream->more) {
			stream->packed.pos = 0;
			stream->packed.size = input_read(stream, stream->raw, INPUT_RAW);
			if (stream->packed.size == 0)
				break;
		}
		left = input_unpack_block(stream, &out);
		if (ZSTD_isError(left)) {
			stream->error = -EBADMSG;
			stream->eof = true;
			stream->more = false;
			break;
		}
		stream->hint = left;
		stream->more = left != 0 && out.pos == out.size;
	}
	input_add(stream, out.pos - before);
	input_end_packed(stream);
}

static void input_fill(struct stream *stream)
{
	size_t used = (size_t)(stream->input.end - stream->data);

	if (stream->zstd != NULL)
		input_unpack(stream);
	else
		input_add(stream, input_read(stream, stream->data + used, stream->size - used));
}

/*
 * Makes room behind what is valid: moves it to the front, or grows.  It ends where a page
 * does, so that whole pages of a file are read into whole pages; processors copy to an
 * address a few bytes beyond the other's, seen within a page, four times more slowly.
 */
static bool input_room(struct stream *stream)
{
	size_t valid = (size_t)(stream->input.end - stream->input.at);
	size_t begin = -valid & (INPUT_PAGE - 1);
	uint8_t *data = stream->data;

	if (begin + valid == stream->size) {
		data = aligned_alloc(INPUT_PAGE, stream->size * 2);
		if (data == NULL) {
			stream->error = -ENOMEM;
			stream->eof = true;
			return false;
		}
		stream->size *= 2;
	}
	memmove(data + begin, stream->input.at, valid);
	stream->input.at = data + begin;
	stream->input.end = stream->input.at + valid;
	if (data != stream->data)
		free(stream->data);
	stream->data = data;
	return true;
}

const uint8_t *input_wait(struct input *input, size_t want, size_t *have)
{
	struct stream *stream = (struct stream *)input;

	while ((size_t)(input->end - input->at) < want && (!stream->eof || stream->more)) {
		if (!input_room(stream))
			break;
		input_fill(stream);
	}
	if (have != NULL)
		*have = (size_t)(input->end - input->at);
	return (size_t)(input->end - input->at) >= want ? input->at : NULL;
}

bool input_compressed(const struct input *input)
{
	return stream_of(input)->zstd != NULL;
}

int input_error(const struct input *input)
{
	return stream_of(input)->error;
}

/* What has been read is compressed: len bytes. */
static int input_init_packed(struct stream *stream, size_t len)
{
	stream->zstd = ZSTD_createDCtx();
	stream->raw = malloc(INPUT_RAW);
	if (stream->zstd == NULL || stream->raw == NULL)
		return -ENOMEM;
	memcpy(stream->raw, stream->data, len);
	stream->packed = (ZSTD_inBuffer){stream->raw, len, 0};
	return 0;
}

/* Looks at the magic, which a pipe may give byte by byte. */
static int input_detect(struct stream *stream)
{
	uint32_t magic;
	size_t len = 0, done;

	while (len < sizeof(magic)) {
		done = input_read(stream, stream->data + len, INPUT_RAW - len);
		if (done == 0)
			break;
		len += done;
	}
	magic = len >= sizeof(magic) ? (uint32_t)bytes_get_le(stream->data, sizeof(magic)) : 0;
	if (magic == ZSTD_MAGICNUMBER || (magic & ~UINT32_C(15)) == INPUT_SKIPPABLE)
		return input_init_packed(stream, len);
	input_add(stream, len);
	return 0;
}

struct input *input_open(const char *path)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	int err = ENOMEM;

	if (stream == NULL)
		return NULL;
	stream->size = INPUT_SIZE;
	stream->data = aligned_alloc(INPUT_PAGE, INPUT_SIZE);
	stream->input.at = stream->input.end = stream->data;
	stream->owned = strcmp(path, "-") != 0;
	stream->fd = STDIN_FILENO;
	if (stream->owned) {
		stream->fd = open(path, O_RDONLY | O_CLOEXEC);
		err = stream->fd < 0 ? errno : ENOMEM;
	}
	if (stream->data != NULL && stream->fd >= 0 && input_detect(stream) == 0)
		return &stream->input;
	input_close(&stream->input);
	errno = err;
	return NULL;
}

void input_close(struct input *input)
{
	struct stream *stream = (struct stream *)input;

	if (stream == NULL)
		return;
	if (stream->owned && stream->fd >= 0)
		close(stream->fd);
	ZSTD_freeDCtx(stream->zstd);
	free(stream->raw);
	free(stream->data);
	free(stream);
}
