/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small NVMe driver for tests.  It reaches the drive through a few functions
 * only, so that it runs over any transport.
 */
#ifndef TESTS_NVME_DRIVER_H
#define TESTS_NVME_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "emu/status.h"
#include "spec/nvme.h"

/* How the driver reaches the drive and its own memory. */
struct nvme_access {
	void *ctx;
	uint64_t (*reg_read)(void *ctx, uint64_t off, unsigned int width);
	void (*reg_write)(void *ctx, uint64_t off, unsigned int width, uint64_t value);
	void (*config_write)(void *ctx, uint64_t off, unsigned int width, uint64_t value);
	uint64_t (*config_read)(void *ctx, uint64_t off, unsigned int width);
	/* Lets the drive work; false: nothing came of it for a long time. */
	bool (*wait)(void *ctx);
	uint8_t *memory;	/* memory_size bytes, which the drive sees at iova */
	uint64_t iova;
	size_t memory_size;
};

enum { DRIVER_NR_QUEUES = 65 };

struct driver_queue {
	uint64_t sq, cq;	/* iova */
	uint32_t size, cq_size;
	uint32_t tail, head;
	uint16_t cqid;
	bool phase;
};

struct nvme_driver {
	const struct nvme_access *access;
	size_t used;		/* memory given out, bytes */
	uint16_t next_cid;
	struct driver_queue queue[DRIVER_NR_QUEUES];
	struct nvme_completion cpl;	/* of the last driver_command */
};

/* Memory space and bus master on, MSI-X on if msix. */
void driver_init(struct nvme_driver *d, const struct nvme_access *access, bool msix);
/* Where the capability with that ID is in configuration space; 0: nowhere. */
uint64_t driver_capability(const struct nvme_driver *d, uint8_t id);
uint64_t driver_reg(const struct nvme_driver *d, uint64_t off, unsigned int width);
void driver_set_reg(struct nvme_driver *d, uint64_t off, unsigned int width, uint64_t value);
/* Zeroed pages; never given back. */
uint64_t driver_alloc(struct nvme_driver *d, size_t len);
void *driver_ptr(const struct nvme_driver *d, uint64_t iova);

/* Sets up the admin queues and enables; true when CSTS.RDY follows. */
bool driver_enable(struct nvme_driver *d, uint32_t entries);
bool driver_enable_sized(struct nvme_driver *d, uint32_t sq_entries, uint32_t cq_entries);
bool driver_disable(struct nvme_driver *d);
uint32_t driver_csts(const struct nvme_driver *d);
/* Waits until CSTS under the mask is value. */
bool driver_wait_csts(struct nvme_driver *d, uint32_t mask, uint32_t value);

/* Writes an entry and its doorbell; a CID is chosen and answered. */
uint16_t driver_submit(struct nvme_driver *d, uint16_t qid, struct nvme_command *cmd);
/* Writes an entry only; driver_ring makes it known. */
uint16_t driver_write(struct nvme_driver *d, uint16_t qid, struct nvme_command *cmd);
void driver_ring(struct nvme_driver *d, uint16_t qid);
/* Takes a completion that is there, and tells the drive so unless quiet. */
bool driver_poll(struct nvme_driver *d, uint16_t qid, struct nvme_completion *cpl);
bool driver_peek(const struct nvme_driver *d, uint16_t qid);
void driver_ring_cq(struct nvme_driver *d, uint16_t qid);
/* Waits for one, 30 s at most. */
bool driver_wait(struct nvme_driver *d, uint16_t qid, struct nvme_completion *cpl);
/* Submits and waits.  The status code with its type, ST(…); FFFFh: no answer. */
uint16_t driver_command(struct nvme_driver *d, uint16_t qid, struct nvme_command *cmd);

/* Creates queue pair qid with vector.  The status of the first that failed. */
uint16_t driver_create(struct nvme_driver *d, uint16_t qid, uint32_t entries, uint16_t vector);
uint16_t driver_create_sized(struct nvme_driver *d, uint16_t qid, uint32_t sq_entries,
			     uint32_t cq_entries, uint16_t vector);

uint16_t status_code(const struct nvme_completion *cpl);

#endif
