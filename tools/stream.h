/* SPDX-License-Identifier: BSD-2-Clause */
/* A capture as it comes from a running drive, block by block. */
#ifndef TOOLS_STREAM_H
#define TOOLS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "spec/record.h"

struct stream {
	int fd;
	uint8_t *bytes;
	size_t have, used;	/* bytes read, and taken of these */
};

/* A block; its bytes are valid until the next stream_read. */
struct stream_block {
	const uint8_t *bytes;
	size_t len;
	uint32_t type;		/* PCAPNG_* of tracer/pcapng.h */
	bool snapshot;		/* a record that begins a snapshot: the session's */
	uint64_t dropped;	/* events that a drop record counts */
	uint32_t packet_len, caplen;	/* of a record's packet, from PCAPNG_PACKET_DATA on */
	struct record rec;	/* of a PCAPNG_ENHANCED block, its packet's */
};

/* fd stays the caller's.  0 or -ENOMEM. */
int stream_init(struct stream *stream, int fd);
void stream_fini(struct stream *stream);

/* Reads what is there, once, and waits for it if nothing is.  0; -ENOTCONN: the
 * end; -EPROTO: the end within a block; or what read(2) says. */
int stream_read(struct stream *stream);
/* The next block: 1; 0: it is not whole yet; -EPROTO: not what a drive streams. */
int stream_next(struct stream *stream, struct stream_block *block);

#endif
