/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One record of a capture in host byte order, and its header to and from
 * bytes.  The layout is struct "record" of nvme.def; nvmetap-linktype(7)
 * explains it.
 */
#ifndef NVMETAP_RECORD_H
#define NVMETAP_RECORD_H

#include <errno.h>
#include "spec/nvme.h"
#include "spec/table.h"

enum {
	RECORD_MAGIC = 0x4e54,		/* "NT" */
	RECORD_VERSION = 1,
	RECORD_INFO_MAX = 40,		/* the longest info of this version, bytes */
	RECORD_STATUS_CODE = 0x7ff,	/* of status: SCT in bits 10:8, SC in bits 7:0 */
	RECORD_LEN_MAX = 262144,	/* with the header: libpcap and Wireshark read no more */
};

struct record {
	uint64_t time_ns;	/* since 1970-01-01, from the packet; not in the header */
	uint64_t seq;		/* 0: a snapshot's, or made by the tracer (drop, clock step) */
	uint64_t cause;		/* seq of what it belongs to, or 0 */
	uint32_t bdf;		/* segment << 16 | bus << 8 | device << 3 | function */
	uint32_t nsid, cdw10;	/* valid with NVMETAP_HAS_COMMAND, as are cid, opc, csi */
	uint32_t len;		/* of the payload as it was, bytes */
	uint32_t count;		/* interrupt: completions it announces */
	uint16_t sqid, cqid, cid;
	uint16_t status;	/* completions: status field without the phase, bits 14:0 */
	uint8_t event, stage, flags, opc, csi;
	uint8_t qkind;		/* NVMETAP_QUEUE_*; | NVMETAP_CQ_ONLY: sqid means nothing */
	uint8_t info_len;
	const uint8_t *info;	/* info_len bytes, network byte order, struct of the event */
	const uint8_t *payload;
	uint32_t caplen;	/* bytes of the payload that are here, at most len */
};

/* Writes the record_SIZE bytes of the header.  info and payload follow it. */
static inline void record_encode(uint8_t *to, const struct record *rec)
{
	record_magic_set(to, RECORD_MAGIC);
	to[record_event_OFFSET] = rec->event;
	to[record_stage_OFFSET] = rec->stage;
	to[record_version_OFFSET] = RECORD_VERSION;
	to[record_flags_OFFSET] = rec->flags;
	to[record_header_len_OFFSET] = record_SIZE;
	to[record_info_len_OFFSET] = rec->info_len;
	record_seq_set(to, rec->seq);
	record_cause_set(to, rec->cause);
	record_bdf_set(to, rec->bdf);
	record_nsid_set(to, rec->nsid);
	record_cdw10_set(to, rec->cdw10);
	record_sqid_set(to, rec->sqid);
	record_cqid_set(to, rec->cqid);
	record_cid_set(to, rec->cid);
	to[record_opc_OFFSET] = rec->opc;
	to[record_csi_OFFSET] = rec->csi;
	record_status_set(to, rec->status);
	to[record_qkind_OFFSET] = rec->qkind;
	to[record_rsvd47_OFFSET] = 0;
	record_len_set(to, rec->len);
	record_count_set(to, rec->count);
}

/*
 * Whether len bytes of a packet are a record.
 *
 * 0, or
 * -EINVAL  not a record of ours (magic)
 * -EPROTO  a version that changed what is known here
 * -EBADMSG shorter than a header, or its header length is
 */
static inline int record_check(const uint8_t *from, size_t len)
{
	if (len < record_SIZE)
		return len >= 2 && record_magic_get(from) == RECORD_MAGIC ? -EBADMSG : -EINVAL;
	if (record_magic_get(from) != RECORD_MAGIC)
		return -EINVAL;
	if (from[record_version_OFFSET] != RECORD_VERSION)
		return -EPROTO;
	return from[record_header_len_OFFSET] < record_SIZE ? -EBADMSG : 0;
}

/*
 * Reads len bytes that record_check says are a record; info and payload then
 * point into them.  Later versions of the header may be longer and are read as
 * far as this version knows them.  Other tools shorten packets: info_len and
 * caplen say what is there.  time_ns is left as it is.
 */
static inline void record_read(const uint8_t *from, size_t len, struct record *rec)
{
	size_t header_len = from[record_header_len_OFFSET];

	rec->info_len = from[record_info_len_OFFSET];
	if (header_len > len)
		header_len = len;
	if (rec->info_len > len - header_len)
		rec->info_len = (uint8_t)(len - header_len);
	rec->event = from[record_event_OFFSET];
	rec->stage = from[record_stage_OFFSET];
	rec->flags = from[record_flags_OFFSET];
	rec->seq = record_seq_get(from);
	rec->cause = record_cause_get(from);
	rec->bdf = (uint32_t)record_bdf_get(from);
	rec->nsid = (uint32_t)record_nsid_get(from);
	rec->cdw10 = (uint32_t)record_cdw10_get(from);
	rec->sqid = (uint16_t)record_sqid_get(from);
	rec->cqid = (uint16_t)record_cqid_get(from);
	rec->cid = (uint16_t)record_cid_get(from);
	rec->opc = from[record_opc_OFFSET];
	rec->csi = from[record_csi_OFFSET];
	rec->status = (uint16_t)record_status_get(from);
	rec->qkind = from[record_qkind_OFFSET];
	rec->len = (uint32_t)record_len_get(from);
	rec->count = (uint32_t)record_count_get(from);
	rec->info = from + header_len;
	rec->payload = rec->info + rec->info_len;
	rec->caplen = (uint32_t)(len - header_len - rec->info_len);
	if (rec->caplen > rec->len)
		rec->caplen = rec->len;
}

/* Both: 0 or what record_check says. */
static inline int record_decode(const uint8_t *from, size_t len, struct record *rec)
{
	int err = record_check(from, len);

	if (err == 0)
		record_read(from, len, rec);
	return err;
}

#endif
