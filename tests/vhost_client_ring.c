/* SPDX-License-Identifier: BSD-2-Clause */
/* The rings of a vhost-user client for tests: accesses and interrupts. */
#include <config.h>

#include <errno.h>
#include <linux/virtio_pcidev.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "emu/loop.h"
#include "tests/vhost_client.h"

enum {
	TIMEOUT_MS = 10000,
	NR_SLOTS = 64,		/* small commands under way; each has two descriptors */
	SLOT_SIZE = 64,
	BULK_DESC = 2 * NR_SLOTS,
};

void vhost_client_desc(struct vhost_client *c, unsigned int ring, unsigned int index,
		       uint64_t addr, uint32_t len, uint16_t flags, uint16_t next)
{
	uint8_t *desc = c->rings[ring].mem + VHOST_DESC + index * VHU_DESC_LEN;

	VHU_DESC_ADDR_set(desc, addr);
	VHU_DESC_LEN_set(desc, len);
	VHU_DESC_FLAGS_set(desc, flags);
	VHU_DESC_NEXT_set(desc, next);
}

/* An index of a ring, which the other side reads or writes at any time. */
static _Atomic(uint16_t) *ring_index(uint8_t *part)
{
	return (_Atomic(uint16_t) *)(void *)(part + VHU_RING_INDEX);
}

void vhost_client_avail(struct vhost_client *c, unsigned int ring, uint16_t head)
{
	struct vhost_ring *r = &c->rings[ring];
	uint8_t *part = r->mem + VHOST_AVAIL;

	host_set(part + VHU_RING_ENTRIES + 2 * (r->avail % VHOST_ENTRIES), 2, head);
	/* Releases the entry and its descriptors to the server. */
	atomic_store_explicit(ring_index(part), ++r->avail, memory_order_seq_cst);
}

bool vhost_client_wants_kicks(const struct vhost_client *c, unsigned int ring)
{
	_Atomic(uint16_t) *flags = (_Atomic(uint16_t) *)(void *)(c->rings[ring].mem + VHOST_USED);

	/* After the buffer was made known, as the server looks for one after
	 * it has asked for kicks. */
	return (atomic_load_explicit(flags, memory_order_seq_cst) & VRING_USED_F_NO_NOTIFY) == 0;
}

void vhost_client_kick(struct vhost_client *c, unsigned int ring)
{
	uint64_t one = 1;
	ssize_t n = write(c->rings[ring].kick, &one, sizeof(one));

	(void)n;
}

static bool used_there(const struct vhost_ring *r)
{
	/* Acquires what the server wrote before it moved the index. */
	return atomic_load_explicit(ring_index(r->mem + VHOST_USED), memory_order_seq_cst) !=
	       r->seen;
}

bool vhost_client_used_there(const struct vhost_client *c, unsigned int ring)
{
	return used_there(&c->rings[ring]);
}

/* 0 when the ring has something, -EAGAIN if not in time, -ENOTCONN. */
static int used_wait(struct vhost_client *c, struct vhost_ring *r, int timeout_ms)
{
	uint64_t until = loop_now_ns() + (uint64_t)timeout_ms * 1000000;
	uint8_t count[8];

	while (!used_there(r)) {
		struct pollfd p[2] = { { r->call, POLLIN, 0 }, { c->conn.fd, POLLIN, 0 } };
		uint64_t now = loop_now_ns();

		if (now >= until)
			return -EAGAIN;
		if (poll(p, 2, (int)((until - now) / 1000000 + 1)) < 0)
			return -errno;
		if (p[0].revents & POLLIN)
			(void)recv(r->call, count, sizeof(count), MSG_DONTWAIT);
		if (p[1].revents != 0 && !used_there(r))
			return -ENOTCONN;
	}
	return 0;
}

/* Takes one that is there: its length. */
static int used_take(struct vhost_ring *r, uint32_t *head)
{
	const uint8_t *used = r->mem + VHOST_USED + VHU_RING_ENTRIES +
			      (r->seen++ % VHOST_ENTRIES) * VHU_USED_LEN;

	*head = (uint32_t)VHU_USED_ID_get(used);
	return (int)VHU_USED_LEN_get(used);
}

int vhost_client_used(struct vhost_client *c, unsigned int ring)
{
	int err = used_wait(c, &c->rings[ring], TIMEOUT_MS);
	uint32_t head;

	return err != 0 ? err : used_take(&c->rings[ring], &head);
}

static bool is_read(uint8_t op)
{
	return op == VIRTIO_PCIDEV_OP_CFG_READ || op == VIRTIO_PCIDEV_OP_MMIO_READ;
}

static void message_set(uint8_t *msg, uint8_t op, uint8_t bar, uint64_t addr, size_t len)
{
	memset(msg, 0, VHU_PCI_LEN);
	VHU_PCI_OP_set(msg, op);
	VHU_PCI_BAR_set(msg, bar);
	VHU_PCI_SIZE_set(msg, len);
	VHU_PCI_ADDR_set(msg, addr);
}

/* All commands but the last few have been used. */
static int commands_wait(struct vhost_client *c, unsigned int most)
{
	struct vhost_ring *r = &c->rings[VHOST_COMMANDS];

	while ((uint16_t)(r->avail - r->seen) > most) {
		int len = vhost_client_used(c, VHOST_COMMANDS);

		if (len < 0)
			return len;
	}
	return 0;
}

int vhost_client_post(struct vhost_client *c, uint8_t op, uint8_t bar, uint64_t addr,
		      const void *data, size_t len)
{
	unsigned int slot = c->rings[VHOST_COMMANDS].avail % NR_SLOTS;
	uint64_t at = VHOST_SLOTS + slot * SLOT_SIZE;
	int err = commands_wait(c, NR_SLOTS - 1);

	if (err != 0)
		return err;
	message_set(c->own + at, op, bar, addr, len);
	memcpy(c->own + at + VHU_PCI_LEN, data, len);
	vhost_client_desc(c, VHOST_COMMANDS, 2 * slot, VHOST_OWN_IOVA + at,
			  (uint32_t)(VHU_PCI_LEN + len), 0, 0);
	vhost_client_avail(c, VHOST_COMMANDS, (uint16_t)(2 * slot));
	vhost_client_kick(c, VHOST_COMMANDS);
	return 0;
}

static int access_read(struct vhost_client *c, uint8_t op, uint8_t bar, uint64_t addr, void *data,
		       size_t len)
{
	int got, err = commands_wait(c, 0);

	if (err != 0)
		return err;
	message_set(c->own + VHOST_BULK, op, bar, addr, len);
	vhost_client_desc(c, VHOST_COMMANDS, BULK_DESC, VHOST_OWN_IOVA + VHOST_BULK, VHU_PCI_LEN,
			  VRING_DESC_F_NEXT, BULK_DESC + 1);
	vhost_client_desc(c, VHOST_COMMANDS, BULK_DESC + 1, VHOST_OWN_IOVA + VHOST_BULK_IN,
			  (uint32_t)len, VRING_DESC_F_WRITE, 0);
	vhost_client_avail(c, VHOST_COMMANDS, BULK_DESC);
	vhost_client_kick(c, VHOST_COMMANDS);
	got = vhost_client_used(c, VHOST_COMMANDS);
	if (got < 0)
		return got;
	memcpy(data, c->own + VHOST_BULK_IN, len);
	return (size_t)got == len ? 0 : -EPROTO;
}

int vhost_client_access(struct vhost_client *c, uint8_t op, uint8_t bar, uint64_t addr, void *data,
			size_t len)
{
	bool fill = op == VIRTIO_PCIDEV_OP_MMIO_MEMSET;
	int got, err;

	if (is_read(op))
		return access_read(c, op, bar, addr, data, len);
	err = commands_wait(c, 0);
	if (err != 0)
		return err;
	message_set(c->own + VHOST_BULK, op, bar, addr, len);
	memcpy(c->own + VHOST_BULK + VHU_PCI_LEN, data, fill ? 1 : len);
	vhost_client_desc(c, VHOST_COMMANDS, BULK_DESC, VHOST_OWN_IOVA + VHOST_BULK,
			  (uint32_t)(VHU_PCI_LEN + (fill ? 1 : len)), 0, 0);
	vhost_client_avail(c, VHOST_COMMANDS, BULK_DESC);
	vhost_client_kick(c, VHOST_COMMANDS);
	got = vhost_client_used(c, VHOST_COMMANDS);
	return got < 0 ? got : got == 0 ? 0 : -EPROTO;
}

static void irq_add(struct vhost_client *c, unsigned int buffer)
{
	vhost_client_desc(c, VHOST_IRQS, buffer,
			  VHOST_OWN_IOVA + VHOST_IRQ_BUFFERS + buffer * SLOT_SIZE, VHOST_IRQ_LEN,
			  VRING_DESC_F_WRITE, 0);
	vhost_client_avail(c, VHOST_IRQS, (uint16_t)buffer);
}

void vhost_client_add_irqs(struct vhost_client *c)
{
	for (unsigned int i = 0; i < VHOST_NR_IRQ_BUFFERS; i++)
		irq_add(c, i);
	vhost_client_kick(c, VHOST_IRQS);
}

int vhost_client_irq(struct vhost_client *c, uint8_t *msg, int timeout_ms)
{
	struct vhost_ring *r = &c->rings[VHOST_IRQS];
	int len, err = used_wait(c, r, timeout_ms);
	uint32_t buffer;

	if (err != 0)
		return err;
	len = used_take(r, &buffer);
	if (len < 0 || len > VHOST_IRQ_LEN || buffer >= VHOST_NR_IRQ_BUFFERS)
		return -EPROTO;
	memcpy(msg, c->own + VHOST_IRQ_BUFFERS + buffer * SLOT_SIZE, VHOST_IRQ_LEN);
	irq_add(c, buffer);
	if (vhost_client_wants_kicks(c, VHOST_IRQS))
		vhost_client_kick(c, VHOST_IRQS);
	return len;
}
