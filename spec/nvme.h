/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nvmetap/nvme.h: NVM Express as C sees it.  The numbers that have names, and
 * a command and its completion in host byte order.  Names follow FreeBSD's
 * nvme.h.  All numbers come from nvme.def, the one table.
 */
#ifndef NVMETAP_NVME_H
#define NVMETAP_NVME_H

#include <stdint.h>

/* Opcodes, status codes, features, log pages, registers, events, taps. */
enum nvmetap_numbers {
#define VALUE(set, cname, number, text) cname = number,
#define STATUS(sct, cname, sc, text) cname = sc,
#define COMMAND(queue, cname, opcode, strct, name) cname = opcode,
#define FEATURE(cname, fid, strct, name) cname = fid,
#define REGISTER(cname, offset, size, strct, title) cname = offset,
#define EVENT(cname, number, info, payload, proto, name) cname = number,
#define TAP(cname, number, event, stage, name) cname = number,
#define FAULT(cname, number, name, event, argument, text) cname = number,
#include "nvme.def"
	NVMETAP_NR_TAPS = 0
#define TAP(cname, number, event, stage, name) +1
#include "nvme.def"
};

/* Sizes in bytes. */
enum {
	NVME_SQE_SIZE = 64,
	NVME_CQE_SIZE = 16,
	NVME_REG_DOORBELLS = 0x1000,	/* section 3.1.24 */
	NVME_NSID_BROADCAST = -1,	/* as int32_t: FFFFFFFFh */
};

/* Section 4.2: a submission queue entry, in host byte order. */
struct nvme_command {
	uint8_t opc;
	uint8_t fuse;		/* bits 1:0 FUSE, bits 7:6 PSDT */
	uint16_t cid;
	uint32_t nsid;
	uint32_t rsvd2;		/* Dword 2 */
	uint32_t rsvd3;		/* Dword 3 */
	uint64_t mptr;
	uint64_t prp1;
	uint64_t prp2;
	uint32_t cdw10;
	uint32_t cdw11;
	uint32_t cdw12;
	uint32_t cdw13;
	uint32_t cdw14;
	uint32_t cdw15;
};

/* Of Read, Write and their like: the first block, and how many. */
#define NVME_SLBA(cmd) ((uint64_t)(cmd)->cdw11 << 32 | (cmd)->cdw10)
#define NVME_NLB(cmd) (((cmd)->cdw12 & 0xffff) + 1)

/* Section 4.6: a completion queue entry, in host byte order. */
struct nvme_completion {
	uint32_t cdw0;
	uint32_t rsvd1;
	uint16_t sqhd;
	uint16_t sqid;
	uint16_t cid;
	uint16_t status;	/* bit 0 phase, 8:1 SC, 11:9 SCT, 13:12 CRD, 14 M, 15 DNR */
};

#define NVME_STATUS_P(status) ((status) & 1)
#define NVME_STATUS_SC(status) ((status) >> 1 & 0xff)
#define NVME_STATUS_SCT(status) ((status) >> 9 & 7)
#define NVME_STATUS_CRD(status) ((status) >> 12 & 3)
#define NVME_STATUS_M(status) ((status) >> 14 & 1)
#define NVME_STATUS_DNR(status) ((status) >> 15 & 1)
/* Status code type and status code as one number: 282h is 02h/82h. */
#define NVME_STATUS_CODE(status) ((status) >> 1 & 0x7ff)

/* Sets SCT and SC of a status field and clears the rest. */
#define NVME_STATUS_SET(st, sct, sc) \
	((st) = (uint16_t)(((sct) & 7u) << 9 | ((sc) & 0xffu) << 1))
/* Sets Do Not Retry, without which a driver tries again. */
#define NVME_STATUS_SET_DNR(st) ((st) = (uint16_t)((st) | 1u << 15))

#endif
