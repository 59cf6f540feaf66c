/* SPDX-License-Identifier: BSD-2-Clause */
/* A small NVMe driver for tests. */
#include <stdlib.h>
#include <string.h>
#include "emu/loop.h"
#include "spec/queue_entry.h"
#include "tests/nvme_driver.h"

enum {
	PAGE = 4096,
	CONFIG_COMMAND = 4,
	CONFIG_CAPABILITIES = 52,
	GONE = 0xff,		/* what a device that has vanished reads as */
	CAPABILITY_MSIX = 17,
	CC_ENABLE = 4u << 20 | 6u << 16 | 1,
	WAIT_S = 30,
};

/* false: too long. */
static bool wait_until(const struct nvme_driver *d, uint64_t until_ns)
{
	return d->access->wait(d->access->ctx) && loop_now_ns() < until_ns;
}

static uint64_t long_time(void)
{
	return loop_now_ns() + WAIT_S * UINT64_C(1000000000);
}

static void config_msix(const struct nvme_driver *d)
{
	uint64_t at = driver_capability(d, CAPABILITY_MSIX);

	if (at == 0 && d->access->config_read(d->access->ctx, 0, 1) == GONE)
		return;
	if (at == 0)
		abort();
	d->access->config_write(d->access->ctx, at + 2, 2, 0x8000);
}

void driver_init(struct nvme_driver *d, const struct nvme_access *access, bool msix)
{
	memset(d, 0, sizeof(*d));
	d->access = access;
	access->config_write(access->ctx, CONFIG_COMMAND, 2, 6);
	if (msix)
		config_msix(d);
}

uint64_t driver_alloc(struct nvme_driver *d, size_t len)
{
	uint64_t iova = d->access->iova + d->used;

	d->used += (len + PAGE - 1) / PAGE * PAGE;
	if (d->used > d->access->memory_size)
		abort();
	memset(driver_ptr(d, iova), 0, len);
	return iova;
}

void *driver_ptr(const struct nvme_driver *d, uint64_t iova)
{
	return d->access->memory + (iova - d->access->iova);
}

uint64_t driver_reg(const struct nvme_driver *d, uint64_t off, unsigned int width)
{
	return d->access->reg_read(d->access->ctx, off, width);
}

void driver_set_reg(struct nvme_driver *d, uint64_t off, unsigned int width, uint64_t value)
{
	d->access->reg_write(d->access->ctx, off, width, value);
}

static void queue_init(struct nvme_driver *d, uint16_t qid, uint32_t sq_entries,
		       uint32_t cq_entries)
{
	struct driver_queue *q = &d->queue[qid];

	q->sq = driver_alloc(d, (size_t)sq_entries * NVME_SQE_SIZE);
	q->cq = driver_alloc(d, (size_t)cq_entries * NVME_CQE_SIZE);
	q->size = sq_entries;
	q->cq_size = cq_entries;
	q->cqid = qid;
	q->tail = 0;
	q->head = 0;
	q->phase = true;
}

uint32_t driver_csts(const struct nvme_driver *d)
{
	return (uint32_t)driver_reg(d, NVME_REG_CSTS, 4);
}

bool driver_wait_csts(struct nvme_driver *d, uint32_t mask, uint32_t value)
{
	uint64_t until_ns = long_time();

	while ((driver_csts(d) & mask) != value) {
		if (!wait_until(d, until_ns))
			return false;
	}
	return true;
}

bool driver_enable_sized(struct nvme_driver *d, uint32_t sq_entries, uint32_t cq_entries)
{
	uint64_t until_ns = long_time();

	queue_init(d, 0, sq_entries, cq_entries);
	driver_set_reg(d, NVME_REG_AQA, 4, (cq_entries - 1) << 16 | (sq_entries - 1));
	driver_set_reg(d, NVME_REG_ASQ, 8, d->queue[0].sq);
	driver_set_reg(d, NVME_REG_ACQ, 8, d->queue[0].cq);
	driver_set_reg(d, NVME_REG_CC, 4, CC_ENABLE);
	while ((driver_csts(d) & 3) == 0) {
		if (!wait_until(d, until_ns))
			return false;
	}
	return (driver_csts(d) & 3) == 1;
}

bool driver_enable(struct nvme_driver *d, uint32_t entries)
{
	return driver_enable_sized(d, entries, entries);
}

bool driver_disable(struct nvme_driver *d)
{
	driver_set_reg(d, NVME_REG_CC, 4, CC_ENABLE & ~1u);
	return driver_wait_csts(d, 1, 0);
}

uint16_t driver_write(struct nvme_driver *d, uint16_t qid, struct nvme_command *cmd)
{
	struct driver_queue *q = &d->queue[qid];

	cmd->cid = d->next_cid++;
	sqe_encode(cmd, (uint8_t *)driver_ptr(d, q->sq) + (size_t)q->tail * NVME_SQE_SIZE);
	q->tail = (q->tail + 1) % q->size;
	return cmd->cid;
}

void driver_ring(struct nvme_driver *d, uint16_t qid)
{
	driver_set_reg(d, NVME_REG_DOORBELLS + 8u * qid, 4, d->queue[qid].tail);
}

uint16_t driver_submit(struct nvme_driver *d, uint16_t qid, struct nvme_command *cmd)
{
	uint16_t cid = driver_write(d, qid, cmd);

	driver_ring(d, qid);
	return cid;
}

static const uint8_t *next_cqe(const struct nvme_driver *d, uint16_t qid)
{
	const struct driver_queue *q = &d->queue[qid];

	return (const uint8_t *)driver_ptr(d, q->cq) + (size_t)q->head * NVME_CQE_SIZE;
}

bool driver_peek(const struct nvme_driver *d, uint16_t qid)
{
	return cqe_p_get(next_cqe(d, qid)) == d->queue[qid].phase;
}

void driver_ring_cq(struct nvme_driver *d, uint16_t qid)
{
	driver_set_reg(d, NVME_REG_DOORBELLS + 8u * qid + 4, 4, d->queue[qid].head);
}

bool driver_poll(struct nvme_driver *d, uint16_t qid, struct nvme_completion *cpl)
{
	struct driver_queue *q = &d->queue[qid];
	const uint8_t *cqe = next_cqe(d, qid);

	if (!driver_peek(d, qid))
		return false;
	cpl->cdw0 = (uint32_t)cqe_cdw0_get(cqe);
	cpl->rsvd1 = (uint32_t)cqe_rsvd1_get(cqe);
	cpl->sqhd = (uint16_t)cqe_sqhd_get(cqe);
	cpl->sqid = (uint16_t)cqe_sqid_get(cqe);
	cpl->cid = (uint16_t)cqe_cid_get(cqe);
	cpl->status = (uint16_t)cqe_status_get(cqe);
	if (++q->head == q->cq_size) {
		q->head = 0;
		q->phase = !q->phase;
	}
	driver_ring_cq(d, qid);
	return true;
}

bool driver_wait(struct nvme_driver *d, uint16_t qid, struct nvme_completion *cpl)
{
	uint64_t until_ns = long_time();

	while (!driver_poll(d, qid, cpl)) {
		if (!wait_until(d, until_ns))
			return false;
	}
	return true;
}

uint16_t status_code(const struct nvme_completion *cpl)
{
	return NVME_STATUS_CODE(cpl->status);
}

uint16_t driver_command(struct nvme_driver *d, uint16_t qid, struct nvme_command *cmd)
{
	uint16_t cid = driver_submit(d, qid, cmd);

	if (!driver_wait(d, qid, &d->cpl) || d->cpl.cid != cid)
		return UINT16_MAX;
	return status_code(&d->cpl);
}

uint16_t driver_create_sized(struct nvme_driver *d, uint16_t qid, uint32_t sq_entries,
			     uint32_t cq_entries, uint16_t vector)
{
	struct nvme_command cq = { .opc = NVME_OPC_CREATE_IO_CQ };
	struct nvme_command sq = { .opc = NVME_OPC_CREATE_IO_SQ };
	uint16_t code;

	queue_init(d, qid, sq_entries, cq_entries);
	cq.prp1 = d->queue[qid].cq;
	cq.cdw10 = (cq_entries - 1) << 16 | qid;
	cq.cdw11 = (uint32_t)vector << 16 | 3;
	code = driver_command(d, 0, &cq);
	if (code != 0)
		return code;
	sq.prp1 = d->queue[qid].sq;
	sq.cdw10 = (sq_entries - 1) << 16 | qid;
	sq.cdw11 = (uint32_t)qid << 16 | 1;
	return driver_command(d, 0, &sq);
}

uint16_t driver_create(struct nvme_driver *d, uint16_t qid, uint32_t entries, uint16_t vector)
{
	return driver_create_sized(d, qid, entries, entries, vector);
}

uint64_t driver_capability(const struct nvme_driver *d, uint8_t id)
{
	const struct nvme_access *a = d->access;
	uint64_t at = a->config_read(a->ctx, CONFIG_CAPABILITIES, 1);

	while (at != 0 && at != GONE && a->config_read(a->ctx, at, 1) != id)
		at = a->config_read(a->ctx, at + 1, 1);
	return at != GONE ? at : 0;
}
