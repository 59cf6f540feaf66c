/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI accesses and interrupts as messages in virtqueues. */
#include <config.h>

#include <errno.h>
#include <linux/virtio_pcidev.h>
#include <string.h>
#include "emu/device.h"
#include "emu/vhost_user_server.h"
#include "spec/bytes.h"
#include "spec/nvme.h"

enum {
	INTA = 1,
	MSI_DATA_LEN = 4,
};

static const struct operation {
	bool known, config, read;
	bool fill;		/* one byte of data, however long the access */
} operations[] = {
	[VIRTIO_PCIDEV_OP_CFG_READ] = { true, true, true, false },
	[VIRTIO_PCIDEV_OP_CFG_WRITE] = { true, true, false, false },
	[VIRTIO_PCIDEV_OP_MMIO_READ] = { true, false, true, false },
	[VIRTIO_PCIDEV_OP_MMIO_WRITE] = { true, false, false, false },
	[VIRTIO_PCIDEV_OP_MMIO_MEMSET] = { true, false, false, true },
};

enum { NR_OPERATIONS = sizeof(operations) / sizeof(*operations) };

static int give_up(struct vhost_user *v, const char *why)
{
	server_break(&v->server, why);
	return -EPROTO;
}

static bool is_width(uint64_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

/* What comes before anything is done.  NULL, or what is wrong with the message
 * in v->data. */
static const char *access_check(const struct vhost_user *v, const struct vhu_chain *c,
				const struct operation *op)
{
	uint64_t size = VHU_PCI_SIZE_get(v->data);

	if (!op->known)
		return "an operation that is not the guest's to ask for";
	if (op->config ? !is_width(size) : size > VHU_MAX_DATA)
		return "an access whose size cannot be";
	if (op->read && c->in_len < size)
		return "an access without room for its answer";
	if (!op->read && c->out_len - VHU_PCI_LEN < (op->fill ? 1 : size))
		return "an access without its data";
	return NULL;
}

/* Beyond what there is, ones are read, as on a bus. */
static int access_read(struct vhost_user *v, struct vhu_ring *r, const struct operation *op)
{
	uint64_t addr = VHU_PCI_ADDR_get(v->data);
	size_t size = VHU_PCI_SIZE_get(v->data);
	uint8_t *data = v->data + VHU_PCI_LEN;
	int err;

	if (op->config)
		err = device_config_read(v->server.dev, addr, data, size);
	else
		err = device_bar_read(v->server.dev, (unsigned int)VHU_PCI_BAR_get(v->data), addr,
				      data, size);
	if (err != 0)
		memset(data, 0xff, size);
	return vhu_chain_write(r, data, size) != 0 ? -EPROTO : (int)size;
}

static int access_write(struct vhost_user *v, struct vhu_ring *r, const struct operation *op)
{
	uint64_t addr = VHU_PCI_ADDR_get(v->data);
	size_t size = VHU_PCI_SIZE_get(v->data);
	uint8_t *data = v->data + VHU_PCI_LEN;

	if (vhu_chain_read(r, VHU_PCI_LEN, data, op->fill ? 1 : size) != 0)
		return -EPROTO;
	if (op->fill)
		memset(data, data[0], size);
	v->bar_written = !op->config;
	if (op->config)
		(void)device_config_write(v->server.dev, addr, data, size);
	else
		(void)device_bar_write(v->server.dev, (unsigned int)VHU_PCI_BAR_get(v->data), addr,
				       data, size);
	return 0;
}

int vhu_pci_access(struct vhost_user *v, struct vhu_ring *r)
{
	const struct operation *op;
	const char *wrong;
	uint64_t number;

	if (r->chain.out_len < VHU_PCI_LEN)
		return give_up(v, "a message that is not there, or not to be read");
	if (vhu_chain_read(r, 0, v->data, VHU_PCI_LEN) != 0)
		return -EPROTO;
	number = VHU_PCI_OP_get(v->data);
	op = &operations[number < NR_OPERATIONS ? number : VIRTIO_PCIDEV_OP_RESERVED];
	wrong = access_check(v, &r->chain, op);
	if (wrong != NULL)
		return give_up(v, wrong);
	return op->read ? access_read(v, r, op) : access_write(v, r, op);
}

static size_t irq_message(const struct transport_irq *irq, uint8_t *msg)
{
	memset(msg, 0, VHU_PCI_LEN);
	if (irq->type == NVMETAP_IRQ_INTX) {
		VHU_PCI_OP_set(msg, VIRTIO_PCIDEV_OP_INT);
		VHU_PCI_ADDR_set(msg, INTA);
		return VHU_PCI_LEN;
	}
	VHU_PCI_OP_set(msg, VIRTIO_PCIDEV_OP_MSI);
	VHU_PCI_SIZE_set(msg, MSI_DATA_LEN);
	VHU_PCI_ADDR_set(msg, irq->addr);
	bytes_set_le(msg + VHU_PCI_LEN, MSI_DATA_LEN, irq->data);
	return VHU_PCI_LEN + MSI_DATA_LEN;
}

/* As vhu_ring_pop.  The guest adds a buffer for each that it got, which is of
 * interest only when there was none. */
static int irq_buffer(struct vhu_ring *r)
{
	int rc = vhu_ring_pop(r);

	if (rc == 0 && vhu_ring_set_quiet(r, false) == 0)
		return vhu_ring_pop(r);
	if (rc == 1 && vhu_ring_set_quiet(r, true) != 0)
		return -EPROTO;
	return rc;
}

int vhu_pci_irq(struct vhost_user *v, const struct transport_irq *irq)
{
	struct vhu_ring *r = &v->rings[VHU_RING_IRQS];
	uint8_t msg[VHU_PCI_LEN + MSI_DATA_LEN];
	size_t len = irq_message(irq, msg);
	int rc;

	if (irq->type == NVMETAP_IRQ_INTX) {
		v->intx = irq->level != 0;
		if (!v->intx)
			return 0;
	}
	if (v->server.conn.fd < 0 || v->server.broken || !vhu_ring_ready(r))
		return -ENOTCONN;
	if (v->msix_refused && irq->type == NVMETAP_IRQ_MSIX)
		return -EAGAIN;
	rc = irq_buffer(r);
	v->msix_refused = rc == 0 && irq->type == NVMETAP_IRQ_MSIX;
	v->intx_refused = rc == 0 && irq->type == NVMETAP_IRQ_INTX;
	if (rc == 0)
		return -EAGAIN;
	if (rc == 1 && r->chain.in_len < len)
		rc = give_up(v, "a buffer for interrupts that is too small, or not to be written");
	if (rc != 1 || vhu_chain_write(r, msg, len) != 0)
		return -ENOTCONN;
	vhu_ring_push(r, (uint32_t)len);
	return 0;
}
