/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads captures: pcapng (either byte order, several sections and interfaces,
 * zstd in one frame or several, also unfinished ones) and classic pcap.  Works
 * on pipes; memory is constant in the length of the capture.
 */
#ifndef TRACER_READER_H
#define TRACER_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "spec/record.h"

struct reader;

/* Of an interface; strings are NULL when the file has none. */
struct reader_interface {
	const char *name, *description, *hardware;
	uint16_t linktype;
};

struct reader_packet {
	uint64_t number;	/* 1, 2, … as Wireshark counts frames, so with gaps */
	const struct reader_interface *interface;	/* until the next call */
	const uint8_t *data;	/* caplen bytes, until the next call */
	uint32_t caplen, len;
	uint64_t time_ns;
	int error;		/* what record_check says; -EINVAL for another link type */
	struct reader *reader;
	const uint8_t *end;	/* of what may hold a comment, or NULL */
};

/* "-" reads standard input.  NULL and errno, and in err one line that begins
 * with the path: of open and read, ENODATA (empty, or cut short), EINVAL (no
 * capture), EBADMSG (damaged), ENOMEM. */
struct reader *reader_open(const char *path, char *err, size_t errlen);
void reader_close(struct reader *reader);

/* Has fn called by reader_next before each wait for a live capture to go on.
 * fn leaves the reader alone. */
void reader_on_wait(struct reader *reader, void (*fn)(void *ctx), void *ctx);

/*
 * The next packet.  pkt says what it is; of rec, time_ns is always filled, the
 * rest when pkt->error is 0.
 * 1   a packet
 * 0   the end of a whole file
 * -errno trouble: reader_error says what and where
 *        ("boot.pcapng.zst: truncated block at byte 40960 (uncompressed)").
 *        All that was readable has been returned before.
 *   -ENODATA  the file ends early: cut short, or still being written
 *   -EBADMSG  it is damaged
 *   -ENOMEM, or what read says
 */
int reader_next(struct reader *reader, struct reader_packet *pkt, struct record *rec);
/* The same for those who know from a packet's bytes whether they want the record:
 * reader_record then fills rec as reader_next does. */
int reader_next_packet(struct reader *reader, struct reader_packet *pkt);
void reader_record(const struct reader_packet *pkt, struct record *rec);
const char *reader_error(const struct reader *reader);

/* The packet's first comment, or NULL.  Until the next call of either. */
const char *reader_comment(const struct reader_packet *pkt);

/* After the end of a whole file (0): it is one of ours and lacks the block that ends it,
 * since it was cut between two blocks or is still being written. */
bool reader_unfinished(const struct reader *reader);

/* From the newest section header, or NULL. */
const char *reader_application(const struct reader *reader);

#endif
