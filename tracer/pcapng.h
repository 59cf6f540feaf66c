/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks of a pcapng file, written into the caller's memory, little-endian
 * (draft-ietf-opsawg-pcapng).  Strings may be NULL and are cut at
 * PCAPNG_STRING_MAX bytes; nothing else can fail.
 */
#ifndef TRACER_PCAPNG_H
#define TRACER_PCAPNG_H

#include <stddef.h>
#include <stdint.h>

/* Block types. */
enum {
	PCAPNG_INTERFACE = 1,
	PCAPNG_PACKET_OBSOLETE = 2,
	PCAPNG_SIMPLE = 3,
	PCAPNG_STATISTICS = 5,
	PCAPNG_ENHANCED = 6,
	PCAPNG_JOURNAL = 9,
	PCAPNG_CUSTOM = 0x0bad,
	PCAPNG_CUSTOM_UNCOPIED = 0x40000bad,
	PCAPNG_SECTION = 0x0a0d0d0a,
	PCAPNG_ORDER = 0x1a2b3c4d,	/* the section's byte order magic */
};

/* Option codes.  Those above 1 belong to their block. */
enum {
	PCAPNG_END = 0,
	PCAPNG_COMMENT = 1,
	PCAPNG_SHB_HARDWARE = 2,
	PCAPNG_SHB_OS = 3,
	PCAPNG_SHB_APPLICATION = 4,
	PCAPNG_SHB_CLOSES = 0x8001,	/* PCAPNG_CLOSES: statistics will be the last block; of
					 * the codes for local use, so others do not copy it */
	PCAPNG_IF_NAME = 2,
	PCAPNG_IF_DESCRIPTION = 3,
	PCAPNG_IF_TSRESOL = 9,
	PCAPNG_IF_OS = 12,
	PCAPNG_IF_TSOFFSET = 14,
	PCAPNG_IF_HARDWARE = 15,
	PCAPNG_EPB_FLAGS = 2,
	PCAPNG_EPB_DROPCOUNT = 4,
	PCAPNG_EPB_PACKETID = 5,
	PCAPNG_ISB_STARTTIME = 2,
	PCAPNG_ISB_ENDTIME = 3,
	PCAPNG_ISB_IFRECV = 4,
	PCAPNG_ISB_IFDROP = 5,
	PCAPNG_ISB_USRDELIV = 8,
};

/* Directions, of a packet's flags; here inbound is from the guest to the
 * drive, since the interface is the drive's. */
enum {
	PCAPNG_INBOUND = 1,
	PCAPNG_OUTBOUND = 2,
};

enum {
	PCAPNG_LINKTYPE = 147,		/* LINKTYPE_USER0 */
	PCAPNG_STRING_MAX = 65532,
	PCAPNG_PACKET_DATA = 28,	/* where a packet's data begins in its block */
	PCAPNG_BLOCK_MAX = 400 << 10,	/* no block that is written here is longer, bytes,
					 * if packets have at most RECORD_LEN_MAX */
};

#define PCAPNG_CLOSES "nvmetap"

struct pcapng_section {
	const char *hardware, *os, *application;
	const char *closes;	/* PCAPNG_CLOSES or NULL */
};

/* Time is in ns, the snap length 0. */
struct pcapng_interface {
	uint16_t linktype;
	const char *name, *description, *hardware, *os;
};

struct pcapng_packet {
	uint32_t interface;
	uint32_t caplen, len;
	uint64_t time_ns;
	uint32_t flags;		/* PCAPNG_INBOUND, …; 0: no option */
	uint64_t id;		/* 0: no option */
	uint64_t dropped;	/* 0: no option */
	const char *comment;
};

struct pcapng_statistics {
	uint32_t interface;
	uint64_t time_ns;	/* of the block */
	uint64_t start_ns, end_ns;	/* of the first and last packet */
	uint64_t received;	/* with what was dropped */
	uint64_t dropped;
	uint64_t delivered;
};

/* Each returns the block's length. */
size_t pcapng_section(uint8_t *to, const struct pcapng_section *section);
size_t pcapng_interface(uint8_t *to, const struct pcapng_interface *interface);
size_t pcapng_statistics(uint8_t *to, const struct pcapng_statistics *statistics);
/* The caplen bytes of the packet have been placed at to + PCAPNG_PACKET_DATA. */
size_t pcapng_packet(uint8_t *to, const struct pcapng_packet *packet);

/* The room for a packet's block, bytes. */
static inline size_t pcapng_packet_room(size_t caplen, size_t comment_len)
{
	return PCAPNG_PACKET_DATA + caplen + comment_len + 64;
}

#endif
