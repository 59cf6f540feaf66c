/* SPDX-License-Identifier: BSD-2-Clause */
/* A capture as it comes from a running drive. */
#include "config.h"

#include "tools/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tracer/pcapng.h"

enum {
	BLOCK_MIN = 12,		/* type and length, and the length again */
	STREAM_SIZE = 2 * PCAPNG_BLOCK_MAX,
};

int stream_init(struct stream *stream, int fd)
{
	*stream = (struct stream){ .fd = fd, .bytes = malloc(STREAM_SIZE) };
	return stream->bytes != NULL ? 0 : -ENOMEM;
}

void stream_fini(struct stream *stream)
{
	free(stream->bytes);
	stream->bytes = NULL;
}

int stream_read(struct stream *stream)
{
	ssize_t n;

	memmove(stream->bytes, stream->bytes + stream->used, stream->have - stream->used);
	stream->have -= stream->used;
	stream->used = 0;
	n = read(stream->fd, stream->bytes + stream->have, STREAM_SIZE - stream->have);
	if (n < 0)
		return -errno;
	if (n == 0)
		return stream->have == 0 ? -ENOTCONN : -EPROTO;
	stream->have += (size_t)n;
	return 0;
}

/* What is in a packet's block, the drive's own, little-endian. */
static int look_at_packet(struct stream_block *block)
{
	struct record *rec = &block->rec;

	if (block->len < PCAPNG_PACKET_DATA + 4)
		return -EPROTO;
	block->caplen = (uint32_t)bytes_get_le(block->bytes + 20, 4);
	block->packet_len = (uint32_t)bytes_get_le(block->bytes + 24, 4);
	if (block->caplen > block->len - PCAPNG_PACKET_DATA - 4 ||
	    record_decode(block->bytes + PCAPNG_PACKET_DATA, block->caplen, rec) != 0)
		return -EPROTO;
	rec->time_ns = bytes_get_le(block->bytes + 12, 4) << 32 |
		       bytes_get_le(block->bytes + 16, 4);
	block->snapshot = rec->event == NVMETAP_EV_SESSION;
	if (rec->event == NVMETAP_EV_DROP && rec->info_len >= drop_info_SIZE)
		block->dropped = drop_info_count_get(rec->info);
	return 1;
}

int stream_next(struct stream *stream, struct stream_block *block)
{
	const uint8_t *bytes = stream->bytes + stream->used;
	size_t have = stream->have - stream->used;

	if (have < BLOCK_MIN)
		return 0;
	*block = (struct stream_block){
		.bytes = bytes,
		.type = (uint32_t)bytes_get_le(bytes, 4),
		.len = (size_t)bytes_get_le(bytes + 4, 4),
	};
	if (block->len < BLOCK_MIN || block->len % 4 != 0 || block->len > PCAPNG_BLOCK_MAX)
		return -EPROTO;
	if (have < block->len)
		return 0;
	stream->used += block->len;
	return block->type == PCAPNG_ENHANCED ? look_at_packet(block) : 1;
}
