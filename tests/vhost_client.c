/* SPDX-License-Identifier: BSD-2-Clause */
/* A vhost-user client for tests. */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "emu/loop.h"
#include "tests/vhost_client.h"

enum { TIMEOUT_MS = 10000 };

static uint64_t deadline(void)
{
	return loop_now_ns() + TIMEOUT_MS * UINT64_C(1000000);
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
