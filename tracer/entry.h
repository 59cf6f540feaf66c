/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands in the ring: an event as the tap saw it, in host byte order and
 * with its ticks.  A struct entry is followed by info_len bytes of the event's
 * host structure, padding up to 8 bytes, and caplen bytes of payload.  The
 * writer makes records of entries (encode.h).
 */
#ifndef TRACER_ENTRY_H
#define TRACER_ENTRY_H

#include <stdint.h>
#include "emu/plugin.h"

struct entry {
	uint64_t ticks, seq, cause;
	uint32_t bdf, nsid, cdw10;
	uint32_t len;		/* of the payload as it was, bytes */
	uint32_t caplen;	/* bytes of it that are here */
	uint32_t count;
	uint16_t sqid, cqid, cid, status;
	uint8_t event, stage, flags, qkind, opc, csi;
	uint16_t info_len;
};

struct entry_data {
	struct nvmetap_xfer xfer;
	uint32_t offset;	/* of the payload in the transfer */
};

struct entry_drop {
	uint64_t count, first, last;
};

struct entry_completion {
	uint64_t latency_ns;
};

/* Its payload is in the ring as it is in the record. */
struct entry_inject {
	uint64_t count, arg;
	uint32_t offset, changed;
	uint16_t who_len, state_len;
	uint8_t tap, event, how, verdict, fault, parts;
};

struct entry_clock {
	int64_t step_ns;
};

/* The host structure of each info structure of the table. */
enum {
	none_HOST = 0,
	access_info_HOST = sizeof(struct nvmetap_access),
	interrupt_info_HOST = sizeof(struct nvmetap_irq),
	completion_info_HOST = sizeof(struct entry_completion),
	list_info_HOST = sizeof(struct nvmetap_list),
	data_info_HOST = sizeof(struct entry_data),
	ctrl_info_HOST = sizeof(struct nvmetap_ctrl),
	queue_info_HOST = sizeof(struct nvmetap_queue),
	dma_info_HOST = sizeof(struct nvmetap_dma),
	drop_info_HOST = sizeof(struct entry_drop),
	clock_info_HOST = sizeof(struct entry_clock),
	async_info_HOST = sizeof(struct nvmetap_async),
	inject_info_HOST = sizeof(struct entry_inject),
};

static inline uint32_t entry_info_room(uint32_t info_len)
{
	return (info_len + 7) & ~UINT32_C(7);
}

static inline void *entry_info(struct entry *entry)
{
	return entry + 1;
}

static inline void *entry_payload(struct entry *entry)
{
	return (uint8_t *)(entry + 1) + entry_info_room(entry->info_len);
}

static inline const void *entry_info_const(const struct entry *entry)
{
	return entry + 1;
}

static inline const void *entry_payload_const(const struct entry *entry)
{
	return (const uint8_t *)(entry + 1) + entry_info_room(entry->info_len);
}

#endif
