/* SPDX-License-Identifier: BSD-2-Clause */
/* A pcapng file being read, and the quick way to its next packet; only reader*.c include it. */
#ifndef TRACER_READER_PCAPNG_H
#define TRACER_READER_PCAPNG_H

#include "tracer/reader_block.h"

struct interface {
	struct reader_interface said;
	char *name, *description, *hardware;
	uint8_t tsresol;	/* RFC draft section 4.2: bit 7: power of 2 */
	uint64_t offset_ns;	/* wraps, as times do */
	uint64_t tick_ns;	/* 0: not whole ns */
};

struct reader_pcapng {
	struct reader_blocks blocks;
	struct interface **interfaces;
	size_t nr_interfaces;
	char *application;
	bool closes;		/* the section promises a last block */
	char *comment;		/* room for the longest */
};

/*
 * reader_pcapng_next at once for nearly all packets: enhanced, whole, there, in a
 * little-endian section, with whole nanoseconds.  Of everything else it says false, and has
 * done nothing.
 */
static inline bool reader_pcapng_quick(struct reader_pcapng *pcapng, struct reader_source *source,
				       struct reader_packet *pkt)
{
	struct input *input = source->input;
	const struct interface *interface;
	const uint8_t *at = input->at;
	size_t have = (size_t)(input->end - at);
	uint32_t len, caplen, id;

	if (have < READER_PACKET_MIN || pcapng->blocks.big ||
	    bytes_get_le(at, 4) != PCAPNG_ENHANCED)
		return false;
	len = (uint32_t)bytes_get_le(at + 4, 4);
	if (len < READER_PACKET_MIN || len > READER_BLOCK_MAX || len > have || len % 4 != 0 ||
	    bytes_get_le(at + len - 4, 4) != len)
		return false;
	id = (uint32_t)bytes_get_le(at + 8, 4);
	caplen = (uint32_t)bytes_get_le(at + 20, 4);
	if (id >= pcapng->nr_interfaces || caplen > len - READER_PACKET_MIN)
		return false;
	interface = pcapng->interfaces[id];
	if (interface->tick_ns == 0)
		return false;
	input_skip(input, len);
	pkt->number = ++source->number;
	pkt->interface = &interface->said;
	pkt->data = at + PCAPNG_PACKET_DATA;
	pkt->caplen = caplen;
	pkt->len = (uint32_t)bytes_get_le(at + 24, 4);
	pkt->time_ns = interface->offset_ns + interface->tick_ns *
		       (bytes_get_le(at + 12, 4) << 32 | bytes_get_le(at + 16, 4));
	pkt->end = at + len - 4;
	return true;
}

#endif
