/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Queue entries between the guest's bytes, little-endian, and C's structures
 * in host byte order.  NVM Express 1.4 sections 4.2 and 4.6.
 */
#ifndef NVMETAP_QUEUE_ENTRY_H
#define NVMETAP_QUEUE_ENTRY_H

#include "spec/nvme.h"
#include "spec/table.h"

static inline void sqe_decode(const uint8_t bytes[NVME_SQE_SIZE], struct nvme_command *sqe)
{
	sqe->opc = bytes[sqe_opc_OFFSET];
	sqe->fuse = bytes[sqe_fuse_OFFSET];
	sqe->cid = (uint16_t)sqe_cid_get(bytes);
	sqe->nsid = (uint32_t)sqe_nsid_get(bytes);
	sqe->rsvd2 = (uint32_t)sqe_cdw2_get(bytes);
	sqe->rsvd3 = (uint32_t)sqe_cdw3_get(bytes);
	sqe->mptr = sqe_mptr_get(bytes);
	sqe->prp1 = sqe_prp1_get(bytes);
	sqe->prp2 = sqe_prp2_get(bytes);
	sqe->cdw10 = (uint32_t)sqe_cdw10_get(bytes);
	sqe->cdw11 = (uint32_t)sqe_cdw11_get(bytes);
	sqe->cdw12 = (uint32_t)sqe_cdw12_get(bytes);
	sqe->cdw13 = (uint32_t)sqe_cdw13_get(bytes);
	sqe->cdw14 = (uint32_t)sqe_cdw14_get(bytes);
	sqe->cdw15 = (uint32_t)sqe_cdw15_get(bytes);
}

static inline void sqe_encode(const struct nvme_command *sqe, uint8_t bytes[NVME_SQE_SIZE])
{
	bytes[sqe_opc_OFFSET] = sqe->opc;
	bytes[sqe_fuse_OFFSET] = sqe->fuse;
	sqe_cid_set(bytes, sqe->cid);
	sqe_nsid_set(bytes, sqe->nsid);
	sqe_cdw2_set(bytes, sqe->rsvd2);
	sqe_cdw3_set(bytes, sqe->rsvd3);
	sqe_mptr_set(bytes, sqe->mptr);
	sqe_prp1_set(bytes, sqe->prp1);
	sqe_prp2_set(bytes, sqe->prp2);
	sqe_cdw10_set(bytes, sqe->cdw10);
	sqe_cdw11_set(bytes, sqe->cdw11);
	sqe_cdw12_set(bytes, sqe->cdw12);
	sqe_cdw13_set(bytes, sqe->cdw13);
	sqe_cdw14_set(bytes, sqe->cdw14);
	sqe_cdw15_set(bytes, sqe->cdw15);
}

static inline void cqe_decode(const uint8_t bytes[NVME_CQE_SIZE], struct nvme_completion *cqe)
{
	cqe->cdw0 = (uint32_t)cqe_cdw0_get(bytes);
	cqe->rsvd1 = (uint32_t)cqe_rsvd1_get(bytes);
	cqe->sqhd = (uint16_t)cqe_sqhd_get(bytes);
	cqe->sqid = (uint16_t)cqe_sqid_get(bytes);
	cqe->cid = (uint16_t)cqe_cid_get(bytes);
	cqe->status = (uint16_t)cqe_status_get(bytes);
}

static inline void cqe_encode(const struct nvme_completion *cqe, uint8_t bytes[NVME_CQE_SIZE])
{
	cqe_cdw0_set(bytes, cqe->cdw0);
	cqe_rsvd1_set(bytes, cqe->rsvd1);
	cqe_sqhd_set(bytes, cqe->sqhd);
	cqe_sqid_set(bytes, cqe->sqid);
	cqe_cid_set(bytes, cqe->cid);
	cqe_status_set(bytes, cqe->status);
}

#endif
