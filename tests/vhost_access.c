/* SPDX-License-Identifier: BSD-2-Clause */
/* The small NVMe driver's way over a vhost-user client. */
#include <config.h>

#include <errno.h>
#include <linux/virtio_pcidev.h>
#include "spec/bytes.h"
#include "tests/vhost_access.h"

enum {
	IOVA = 1 << 20,
	MOMENT_MS = 1,
	MAX_MOMENTS = 20000,	/* one after the other without an interrupt */
};

static uint64_t read_by(struct vhost_access *a, uint8_t op, uint64_t off, unsigned int width)
{
	uint8_t bytes[8] = { 0 };
	int err = vhost_client_access(&a->client, op, 0, off, bytes, width);

	if (err != 0)
		a->failed(a->ctx, err);
	return bytes_get_le(bytes, width);
}

/* Writes are posted. */
static void write_by(struct vhost_access *a, uint8_t op, uint64_t off, unsigned int width,
		     uint64_t value)
{
	uint8_t bytes[8];
	int err;

	bytes_set_le(bytes, width, value);
	err = vhost_client_post(&a->client, op, 0, off, bytes, width);
	if (err != 0)
		a->failed(a->ctx, err);
}

static uint64_t reg_read(void *ctx, uint64_t off, unsigned int width)
{
	return read_by(ctx, VIRTIO_PCIDEV_OP_MMIO_READ, off, width);
}

static void reg_write(void *ctx, uint64_t off, unsigned int width, uint64_t value)
{
	write_by(ctx, VIRTIO_PCIDEV_OP_MMIO_WRITE, off, width, value);
}

/* A message reads 1, 2, 4 or 8 bytes of configuration space; other widths are several. */
static uint64_t config_read(void *ctx, uint64_t off, unsigned int width)
{
	uint64_t value = 0;

	if ((width & (width - 1)) == 0)
		return read_by(ctx, VIRTIO_PCIDEV_OP_CFG_READ, off, width);
	for (unsigned int i = 0; i < width; i++)
		value |= read_by(ctx, VIRTIO_PCIDEV_OP_CFG_READ, off + i, 1) << 8 * i;
	return value;
}

static void config_write(void *ctx, uint64_t off, unsigned int width, uint64_t value)
{
	write_by(ctx, VIRTIO_PCIDEV_OP_CFG_WRITE, off, width, value);
}

static void note(struct vhost_access *a, const uint8_t *msg)
{
	uint64_t vector = (VHU_PCI_ADDR_get(msg) - VHOST_ACCESS_ADDR) / 16;

	if (VHU_PCI_OP_get(msg) == VIRTIO_PCIDEV_OP_INT) {
		a->nr_intx++;
		return;
	}
	if (VHU_PCI_OP_get(msg) != VIRTIO_PCIDEV_OP_MSI || vector >= VHOST_ACCESS_VECTORS ||
	    VHU_PCI_ADDR_get(msg) % 16 != 0 ||
	    bytes_get_le(msg + VHU_PCI_LEN, 4) != VHOST_ACCESS_DATA + vector)
		a->failed(a->ctx, -EPROTO);
	else
		a->nr_irqs[vector]++;
}

/* How many there were. */
static unsigned int hear(struct vhost_access *a, int timeout_ms)
{
	uint8_t msg[VHOST_IRQ_LEN];
	unsigned int nr = 0;
	int rc;

	while ((rc = vhost_client_irq(&a->client, msg, nr == 0 ? timeout_ms : 0)) >= 0) {
		note(a, msg);
		nr++;
	}
	if (rc != -EAGAIN)
		a->failed(a->ctx, rc);
	return nr;
}

void vhost_access_hear(struct vhost_access *a, int timeout_ms)
{
	(void)hear(a, timeout_ms);
}

static bool wait_for_drive(void *ctx)
{
	struct vhost_access *a = ctx;

	a->nr_moments = hear(a, MOMENT_MS) > 0 ? 0 : a->nr_moments + 1;
	return a->nr_moments < MAX_MOMENTS;
}

void vhost_access_fill_table(struct vhost_access *a)
{
	for (unsigned int i = 0; i < VHOST_ACCESS_VECTORS; i++) {
		uint64_t entry = VHOST_ACCESS_TABLE + i * 16;

		reg_write(a, entry, 4, VHOST_ACCESS_ADDR + 16 * i);
		reg_write(a, entry + 4, 4, 0);
		reg_write(a, entry + 8, 4, VHOST_ACCESS_DATA + i);
		reg_write(a, entry + 12, 4, 0);
	}
}

int vhost_access_take(struct vhost_access *a, int fd, size_t memory_size)
{
	int err = vhost_client_init(&a->client, fd, IOVA, memory_size, false);

	if (err == 0)
		err = vhost_client_set_up(&a->client);
	a->access = (struct nvme_access){
		.ctx = a,
		.reg_read = reg_read,
		.reg_write = reg_write,
		.config_read = config_read,
		.config_write = config_write,
		.wait = wait_for_drive,
		.memory = a->client.mem,
		.iova = IOVA,
		.memory_size = memory_size,
	};
	if (err == 0)
		vhost_access_fill_table(a);
	return err;
}

void vhost_access_close(struct vhost_access *a)
{
	vhost_client_fini(&a->client);
}
