/* SPDX-License-Identifier: BSD-2-Clause */
/* A vhost-user client for tests. */
#include <config.h>

#include <errno.h>
#include <linux/virtio_pcidev.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "emu/loop.h"
#include "tests/vhost_client.h"

enum {
	TIMEOUT_MS = 10000,
	NR_SLOTS = 64,		/* small commands under way; each has two descriptors */
	SLOT_SIZE = 64,
	SLOT_IN = 32,
	BULK_DESC = 2 * NR_SLOTS,
};

static uint64_t deadline(void)
{
	return loop_now_ns() + TIMEOUT_MS * UINT64_C(1000000);
}

int vhost_client_connect(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) != 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd >= 0 ? fd : -errno;
}

static int ring_init(struct vhost_ring *r, uint8_t *mem, bool call_by_eventfd)
{
	int fds[2];

	r->mem = mem;
	r->kick = eventfd(0, EFD_CLOEXEC);
	if (call_by_eventfd) {
		fds[0] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		fds[1] = dup(fds[0]);
	} else if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
		return -errno;
	}
	r->call = fds[0];
	r->call_theirs = fds[1];
	return 0;
}

int vhost_client_init(struct vhost_client *c, int fd, uint64_t iova, size_t size,
		      bool call_by_eventfd)
{
	int err = 0;

	memset(c, 0, sizeof(*c));
	conn_init(&c->conn, &vhu_proto, fd);
	c->iova = iova;
	c->size = size;
	c->memfd = memfd_create("guest", MFD_CLOEXEC);
	if (c->memfd < 0 || ftruncate(c->memfd, (off_t)(size + VHOST_OWN_SIZE)) != 0)
		return -errno;
	c->mem = mmap(NULL, size + VHOST_OWN_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, c->memfd, 0);
	if (c->mem == MAP_FAILED)
		return -errno;
	c->own = c->mem + size;
	for (unsigned int i = 0; err == 0 && i < VHOST_NR_RINGS; i++)
		err = ring_init(&c->rings[i], c->own + i * VHOST_RING_SIZE, call_by_eventfd);
	return err;
}

void vhost_client_fini(struct vhost_client *c)
{
	for (unsigned int i = 0; i < VHOST_NR_RINGS; i++) {
		close(c->rings[i].kick);
		close(c->rings[i].call);
		close(c->rings[i].call_theirs);
	}
	munmap(c->mem, c->size + VHOST_OWN_SIZE);
	close(c->memfd);
	conn_fini(&c->conn);
}

int vhost_client_send(struct vhost_client *c, uint32_t request, const void *body, size_t len,
		      const int *fds, unsigned int nr_fds)
{
	struct iovec iov = { (void *)(uintptr_t)body, len };
	uint8_t hdr[VHU_HDR_LEN];

	VHU_HDR_REQUEST_set(hdr, request);
	VHU_HDR_FLAGS_set(hdr, VHU_VERSION);
	return conn_send(&c->conn, hdr, &iov, 1, fds, nr_fds, deadline());
}

int vhost_client_send_u64(struct vhost_client *c, uint32_t request, uint64_t value, int fd)
{
	uint8_t body[VHU_U64_LEN];

	VHU_U64_VALUE_set(body, value);
	return vhost_client_send(c, request, body, sizeof(body), &fd, fd >= 0);
}

int vhost_client_send_state(struct vhost_client *c, uint32_t request, uint32_t index, uint32_t num)
{
	uint8_t body[VHU_STATE_LEN];

	VHU_STATE_INDEX_set(body, index);
	VHU_STATE_NUM_set(body, num);
	return vhost_client_send(c, request, body, sizeof(body), NULL, 0);
}

int vhost_client_ask(struct vhost_client *c, uint32_t request, const void *body, size_t len,
		     uint64_t *answer)
{
	uint64_t until = deadline();
	struct conn_msg *msg;
	int rc = vhost_client_send(c, request, body, len, NULL, 0);

	if (rc != 0)
		return rc == -EPIPE ? -ENOTCONN : rc;
	while ((rc = conn_recv(&c->conn, &msg)) == -EAGAIN) {
		rc = conn_wait(&c->conn, until);
		if (rc != 0)
			return rc;
	}
	if (rc != 1)
		return rc;
	rc = msg->command == request && msg->flags == (VHU_VERSION | VHU_REPLY) &&
			     msg->len == VHU_U64_LEN ? 0 : -EPROTO;
	*answer = VHU_U64_VALUE_get(msg->body);
	conn_msg_free(msg);
	return rc;
}

int vhost_client_sync(struct vhost_client *c)
{
	uint64_t features;

	return vhost_client_ask(c, VHU_GET_FEATURES, NULL, 0, &features);
}

int vhost_client_features(struct vhost_client *c)
{
	uint64_t features, protocol;
	int err = vhost_client_send(c, VHU_SET_OWNER, NULL, 0, NULL, 0);

	if (err == 0)
		err = vhost_client_ask(c, VHU_GET_FEATURES, NULL, 0, &features);
	if (err == 0)
		err = vhost_client_ask(c, VHU_GET_PROTOCOL_FEATURES, NULL, 0, &protocol);
	if (err == 0)
		err = vhost_client_send_u64(c, VHU_SET_PROTOCOL_FEATURES, protocol, -1);
	/* The end that tells us of the server's. */
	if (err == 0)
		err = vhost_client_send(c, VHU_SET_BACKEND_REQ_FD, NULL, 0,
					&c->rings[0].call_theirs, 1);
	if (err == 0)
		err = vhost_client_send_u64(c, VHU_SET_FEATURES, features, -1);
	return err;
}

static void region_set(uint8_t *r, uint64_t iova, uint64_t size, uint64_t offset)
{
	VHU_REGION_GUEST_set(r, iova);
	VHU_REGION_SIZE_set(r, size);
	VHU_REGION_USER_set(r, iova + VHOST_USER_OFFSET);
	VHU_REGION_OFFSET_set(r, offset);
}

int vhost_client_table(struct vhost_client *c)
{
	uint8_t body[VHU_TABLE_LEN + 2 * VHU_REGION_LEN] = { 0 };
	int fds[2] = { c->memfd, c->memfd };

	VHU_TABLE_NR_set(body, 2);
	region_set(body + VHU_TABLE_LEN, c->iova, c->size, 0);
	region_set(body + VHU_TABLE_LEN + VHU_REGION_LEN, VHOST_OWN_IOVA, VHOST_OWN_SIZE, c->size);
	return vhost_client_send(c, VHU_SET_MEM_TABLE, body, sizeof(body), fds, 2);
}

int vhost_client_ring(struct vhost_client *c, unsigned int ring)
{
	uint64_t at = VHOST_OWN_IOVA + VHOST_USER_OFFSET + ring * VHOST_RING_SIZE;
	uint8_t body[VHU_ADDR_LEN] = { 0 };
	int err = vhost_client_send_u64(c, VHU_SET_VRING_CALL, ring, c->rings[ring].call_theirs);

	if (err == 0)
		err = vhost_client_send_state(c, VHU_SET_VRING_NUM, ring, VHOST_ENTRIES);
	if (err == 0)
		err = vhost_client_send_state(c, VHU_SET_VRING_BASE, ring, 0);
	VHU_ADDR_INDEX_set(body, ring);
	VHU_ADDR_DESC_set(body, at + VHOST_DESC);
	VHU_ADDR_AVAIL_set(body, at + VHOST_AVAIL);
	VHU_ADDR_USED_set(body, at + VHOST_USED);
	if (err == 0)
		err = vhost_client_send(c, VHU_SET_VRING_ADDR, body, sizeof(body), NULL, 0);
	return err;
}

int vhost_client_start(struct vhost_client *c, unsigned int ring)
{
	int err = vhost_client_send_u64(c, VHU_SET_VRING_KICK, ring, c->rings[ring].kick);

	return err != 0 ? err : vhost_client_send_state(c, VHU_SET_VRING_ENABLE, ring, 1);
}

int vhost_client_set_up(struct vhost_client *c)
{
	int err = vhost_client_features(c);

	if (err == 0)
		err = vhost_client_table(c);
	for (unsigned int i = 0; err == 0 && i < VHOST_NR_RINGS; i++)
		err = vhost_client_ring(c, i);
	for (unsigned int i = 0; err == 0 && i < VHOST_NR_RINGS; i++)
		err = vhost_client_start(c, i);
	if (err == 0)
		vhost_client_add_irqs(c);
	return err != 0 ? err : vhost_client_sync(c);
}

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
	vhost_client_kick(c, VHOST_IRQS);
	return len;
}
