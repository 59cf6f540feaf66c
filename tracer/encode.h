/* SPDX-License-Identifier: BSD-2-Clause */
/* From the ring to the record: entries become the bytes of records. */
#ifndef TRACER_ENCODE_H
#define TRACER_ENCODE_H

#include "spec/record.h"
#include "tracer/entry.h"

/* The most that an entry's record can need, bytes. */
static inline size_t encode_size(const struct entry *entry)
{
	return record_SIZE + RECORD_INFO_MAX + entry->caplen;
}

/*
 * Writes header, info and payload of the entry's record to to, which has room
 * for encode_size bytes, and fills rec, whose info and payload then point
 * there.  time_ns is left to the caller.  Returns the record's length.
 */
size_t encode_entry(uint8_t *to, const struct entry *entry, struct record *rec);

/* The parts of a state of an injection that are there, as in its record, to room
 * of ENCODE_STATE_MAX bytes.  Their length. */
enum { ENCODE_STATE_MAX = 192 };
size_t encode_state(uint8_t *to, const struct nvmetap_inject *inject,
		    const struct nvmetap_state *state);

/* The record's direction as pcapng sees it: PCAPNG_INBOUND is from the guest
 * to the drive, PCAPNG_OUTBOUND from the drive to the guest, 0 neither. */
uint32_t encode_direction(const struct entry *entry);

#endif
