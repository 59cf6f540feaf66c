/* SPDX-License-Identifier: BSD-2-Clause */
/* A vfio-user client for tests. */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "emu/loop.h"
#include "tests/unix_connect.h"
#include "tests/vfio_client.h"

enum { MAX_MAPPINGS = 64, TIMEOUT_S = 10 };

struct client_mapping {
	uint64_t iova, size;
	uint8_t *mem;
	unsigned int prot;
};

struct vfio_client {
	struct conn conn;
	uint16_t next_id;
	struct client_mapping maps[MAX_MAPPINGS];
	unsigned int nr_maps, nr_dma;
	int dma_error;
};

static uint64_t deadline(void)
{
	return loop_now_ns() + TIMEOUT_S * UINT64_C(1000000000);
}

struct vfio_client *vfio_client_new(int fd)
{
	struct vfio_client *c = calloc(1, sizeof(*c));

	if (c != NULL)
		conn_init(&c->conn, &vu_proto, fd);
	return c;
}

struct vfio_client *vfio_client_connect(const char *path)
{
	int fd = unix_connect(path);

	if (fd >= 0)
		return vfio_client_new(fd);
	errno = -fd;
	return NULL;
}

void vfio_client_free(struct vfio_client *c)
{
	if (c == NULL)
		return;
	for (unsigned int i = 0; i < c->nr_maps; i++)
		munmap(c->maps[i].mem, c->maps[i].size);
	conn_fini(&c->conn);
	free(c);
}

int vfio_client_fd(const struct vfio_client *c)
{
	return c->conn.fd;
}

unsigned int vfio_client_nr_dma(const struct vfio_client *c)
{
	return c->nr_dma;
}

void vfio_client_fail_dma(struct vfio_client *c, int error)
{
	c->dma_error = error;
}

static int send_id(struct vfio_client *c, uint16_t id, uint16_t command, uint32_t flags,
		   const void *body, size_t len, const int *fds, unsigned int nr_fds)
{
	struct iovec iov = { (void *)(uintptr_t)body, len };
	uint8_t hdr[VU_HDR_LEN] = { 0 };

	VU_HDR_ID_set(hdr, id);
	VU_HDR_COMMAND_set(hdr, command);
	VU_HDR_FLAGS_set(hdr, flags);
	return conn_send(&c->conn, hdr, &iov, 1, fds, nr_fds, deadline());
}

int vfio_client_send(struct vfio_client *c, uint16_t command, uint32_t flags, const void *body,
		     size_t len, const int *fds, unsigned int nr_fds)
{
	return send_id(c, c->next_id++, command, flags, body, len, fds, nr_fds);
}

static uint8_t *dma_find(struct vfio_client *c, uint64_t iova, uint64_t len, unsigned int prot)
{
	for (unsigned int i = 0; i < c->nr_maps; i++) {
		struct client_mapping *m = &c->maps[i];

		if (iova >= m->iova && iova - m->iova <= m->size &&
		    len <= m->size - (iova - m->iova) && (m->prot & prot))
			return m->mem + (iova - m->iova);
	}
	return NULL;
}

static int dma_error_send(struct vfio_client *c, const struct conn_msg *msg, int error)
{
	uint8_t hdr[VU_HDR_LEN] = { 0 };

	VU_HDR_ID_set(hdr, msg->id);
	VU_HDR_COMMAND_set(hdr, msg->command);
	VU_HDR_FLAGS_set(hdr, VU_TYPE_REPLY | VU_ERROR);
	VU_HDR_ERROR_set(hdr, (uint64_t)error);
	return conn_send(&c->conn, hdr, NULL, 0, NULL, 0, deadline());
}

/* A request of the server's. */
static int dma_answer(struct vfio_client *c, const struct conn_msg *msg)
{
	bool write = msg->command == VU_DMA_WRITE;
	uint8_t body[VU_DMA_LEN + 65536];
	uint8_t *mem;
	uint64_t len;

	if ((!write && msg->command != VU_DMA_READ) || msg->len < VU_DMA_LEN)
		return -EPROTO;
	c->nr_dma++;
	if (c->dma_error < 0)
		return 0;
	len = VU_DMA_COUNT_get(msg->body);
	mem = dma_find(c, VU_DMA_ADDRESS_get(msg->body), len,
		       write ? VFIO_CLIENT_WRITE : VFIO_CLIENT_READ);
	if (c->dma_error > 0 || mem == NULL || len > 65536)
		return dma_error_send(c, msg, c->dma_error > 0 ? c->dma_error : EFAULT);
	memcpy(body, msg->body, VU_DMA_LEN);
	if (write)
		memcpy(mem, msg->body + VU_DMA_LEN, len);
	else
		memcpy(body + VU_DMA_LEN, mem, len);
	return send_id(c, msg->id, msg->command, VU_TYPE_REPLY, body,
		       VU_DMA_LEN + (write ? 0 : len), NULL, 0);
}

/* The next message that is no DMA message. */
static int next_reply(struct vfio_client *c, struct conn_msg **msg)
{
	uint64_t until = deadline();

	for (;;) {
		int rc = conn_recv(&c->conn, msg);

		if (rc == -EAGAIN) {
			rc = conn_wait(&c->conn, until);
			if (rc == 0)
				continue;
		}
		if (rc < 0)
			return rc;
		if ((*msg)->flags & VU_TYPE_REPLY)
			return 0;
		rc = dma_answer(c, *msg);
		conn_msg_free(*msg);
		if (rc != 0)
			return rc;
	}
}

int vfio_client_call(struct vfio_client *c, uint16_t command, const void *body, size_t len,
		     const int *fds, unsigned int nr_fds, void *reply, size_t *reply_len)
{
	uint16_t id = c->next_id;
	struct conn_msg *msg;
	int err = vfio_client_send(c, command, 0, body, len, fds, nr_fds);

	if (err == 0)
		err = next_reply(c, &msg);
	if (err != 0)
		return err == -EPIPE ? -ENOTCONN : err;
	if (msg->id != id || msg->command != command || msg->len > *reply_len)
		err = -EPROTO;
	else if (msg->flags & VU_ERROR)
		err = msg->error != 0 && msg->len == 0 ? -(int)msg->error : -EPROTO;
	if (err == 0) {
		if (msg->len > 0)
			memcpy(reply, msg->body, msg->len);
		*reply_len = msg->len;
	}
	conn_msg_free(msg);
	return err;
}

/* A call whose reply has a fixed length. */
static int call(struct vfio_client *c, uint16_t command, const void *body, size_t len,
		const int *fds, unsigned int nr_fds, void *reply, size_t reply_len)
{
	size_t got = reply_len;
	int err = vfio_client_call(c, command, body, len, fds, nr_fds, reply, &got);

	return err == 0 && got != reply_len ? -EPROTO : err;
}

int vfio_client_version(struct vfio_client *c, char *reply, size_t size)
{
	static const char caps[] =
		"{\"capabilities\": {\"migration\": {\"pgsize\": 4096,"
		" \"max_bitmap_size\": 268435456},"
		" \"max_msg_fds\": 16, \"max_data_xfer_size\": 1048576, \"pgsizes\": 4096,"
		" \"max_dma_maps\": 65535, \"write_multiple\": true}}";
	uint8_t body[VU_VERSION_LEN + sizeof(caps)] = { 0 };
	size_t len = sizeof(body);
	int err;

	memcpy(body + VU_VERSION_LEN, caps, sizeof(caps));
	err = vfio_client_call(c, VU_VERSION, body, sizeof(body), NULL, 0, body, &len);
	if (err != 0)
		return err;
	if (len < VU_VERSION_LEN + 1 || body[len - 1] != '\0' ||
	    VU_VERSION_MAJOR_get(body) != 0 || VU_VERSION_MINOR_get(body) != 0)
		return -EPROTO;
	if (reply != NULL)
		snprintf(reply, size, "%s", (const char *)body + VU_VERSION_LEN);
	return 0;
}

static uint8_t *memory_new(uint64_t size, bool shared, int *fd)
{
	void *mem;

	*fd = -1;
	if (shared) {
		*fd = memfd_create("guest", MFD_CLOEXEC);
		if (*fd < 0 || ftruncate(*fd, (off_t)size) != 0)
			return NULL;
	}
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
		   shared ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, *fd, 0);
	return mem == MAP_FAILED ? NULL : mem;
}

int vfio_client_map(struct vfio_client *c, uint64_t iova, uint64_t size, unsigned int prot,
		    bool shared, void **mem)
{
	struct client_mapping *m = &c->maps[c->nr_maps];
	uint8_t body[VU_MAP_LEN] = { 0 };
	int fd, err;

	if (c->nr_maps == MAX_MAPPINGS)
		return -ENOSPC;
	*m = (struct client_mapping){ iova, size, memory_new(size, shared, &fd), prot };
	if (m->mem == NULL)
		return -ENOMEM;
	VU_MAP_ARGSZ_set(body, VU_MAP_LEN);
	VU_MAP_FLAGS_set(body, prot);
	VU_MAP_ADDRESS_set(body, iova);
	VU_MAP_SIZE_set(body, size);
	err = call(c, VU_DMA_MAP, body, sizeof(body), &fd, shared, NULL, 0);
	if (shared)
		close(fd);
	if (err != 0) {
		munmap(m->mem, size);
		return err;
	}
	c->nr_maps++;
	*mem = m->mem;
	return 0;
}

int vfio_client_unmap(struct vfio_client *c, uint64_t iova)
{
	uint8_t body[VU_UNMAP_LEN] = { 0 }, reply[VU_UNMAP_LEN];
	unsigned int i = 0;
	int err;

	while (i < c->nr_maps && c->maps[i].iova != iova)
		i++;
	if (i == c->nr_maps)
		return -ENOENT;
	VU_UNMAP_ARGSZ_set(body, VU_UNMAP_LEN);
	VU_UNMAP_ADDRESS_set(body, iova);
	VU_UNMAP_SIZE_set(body, c->maps[i].size);
	err = call(c, VU_DMA_UNMAP, body, sizeof(body), NULL, 0, reply, sizeof(reply));
	if (err != 0)
		return err;
	if (memcmp(body, reply, sizeof(body)) != 0)
		return -EPROTO;
	munmap(c->maps[i].mem, c->maps[i].size);
	c->maps[i] = c->maps[--c->nr_maps];
	return 0;
}

int vfio_client_region_info(struct vfio_client *c, uint32_t index, uint32_t *flags,
			    uint64_t *size)
{
	uint8_t body[VU_REGION_LEN] = { 0 };
	int err;

	VU_REGION_ARGSZ_set(body, VU_REGION_LEN);
	VU_REGION_INDEX_set(body, index);
	err = call(c, VU_DEVICE_GET_REGION_INFO, body, sizeof(body), NULL, 0, body, sizeof(body));
	if (err == 0 && VU_REGION_ARGSZ_get(body) != VU_REGION_LEN)
		err = -EPROTO;
	*flags = (uint32_t)VU_REGION_FLAGS_get(body);
	*size = VU_REGION_SIZE_get(body);
	return err;
}

int vfio_client_irq_info(struct vfio_client *c, uint32_t index, uint32_t *flags, uint32_t *count)
{
	uint8_t body[VU_IRQ_LEN] = { 0 };
	int err;

	VU_IRQ_ARGSZ_set(body, VU_IRQ_LEN);
	VU_IRQ_INDEX_set(body, index);
	err = call(c, VU_DEVICE_GET_IRQ_INFO, body, sizeof(body), NULL, 0, body, sizeof(body));
	*flags = (uint32_t)VU_IRQ_FLAGS_get(body);
	*count = (uint32_t)VU_IRQ_COUNT_get(body);
	return err;
}

int vfio_client_set_irqs(struct vfio_client *c, uint32_t index, uint32_t start, uint32_t count,
			 uint32_t flags, const uint8_t *data, const int *fds, unsigned int nr_fds)
{
	uint8_t body[VU_SET_LEN + 2048] = { 0 };
	size_t len = VU_SET_LEN + (data != NULL ? count : 0);

	if (len > sizeof(body))
		return -E2BIG;
	VU_SET_ARGSZ_set(body, len);
	VU_SET_FLAGS_set(body, flags);
	VU_SET_INDEX_set(body, index);
	VU_SET_START_set(body, start);
	VU_SET_COUNT_set(body, count);
	if (data != NULL)
		memcpy(body + VU_SET_LEN, data, count);
	return call(c, VU_DEVICE_SET_IRQS, body, len, fds, nr_fds, NULL, 0);
}

static void access_head(uint8_t head[VU_RW_LEN], uint32_t region, uint64_t off, uint32_t len)
{
	VU_RW_OFFSET_set(head, off);
	VU_RW_REGION_set(head, region);
	VU_RW_COUNT_set(head, len);
}

int vfio_client_read(struct vfio_client *c, uint32_t region, uint64_t off, void *buf, uint32_t len)
{
	uint8_t head[VU_RW_LEN];
	uint8_t *reply = malloc(VU_RW_LEN + (size_t)len);
	int err;

	if (reply == NULL)
		return -ENOMEM;
	access_head(head, region, off, len);
	err = call(c, VU_REGION_READ, head, sizeof(head), NULL, 0, reply, VU_RW_LEN + (size_t)len);
	if (err == 0 && memcmp(head, reply, VU_RW_LEN) != 0)
		err = -EPROTO;
	if (err == 0)
		memcpy(buf, reply + VU_RW_LEN, len);
	free(reply);
	return err;
}

static int region_write(struct vfio_client *c, uint32_t region, uint64_t off, const void *buf,
			uint32_t len, bool post)
{
	uint8_t *body = malloc(VU_RW_LEN + (size_t)len);
	uint8_t reply[VU_RW_LEN];
	int err;

	if (body == NULL)
		return -ENOMEM;
	access_head(body, region, off, len);
	memcpy(body + VU_RW_LEN, buf, len);
	if (post)
		err = vfio_client_send(c, VU_REGION_WRITE, VU_NO_REPLY, body,
				       VU_RW_LEN + (size_t)len, NULL, 0);
	else
		err = call(c, VU_REGION_WRITE, body, VU_RW_LEN + (size_t)len, NULL, 0, reply,
			   sizeof(reply));
	free(body);
	return err;
}

int vfio_client_write(struct vfio_client *c, uint32_t region, uint64_t off, const void *buf,
		      uint32_t len)
{
	return region_write(c, region, off, buf, len, false);
}

int vfio_client_post(struct vfio_client *c, uint32_t region, uint64_t off, const void *buf,
		     uint32_t len)
{
	return region_write(c, region, off, buf, len, true);
}

int vfio_client_reset(struct vfio_client *c)
{
	return call(c, VU_DEVICE_RESET, NULL, 0, NULL, 0, NULL, 0);
}

int vfio_client_serve(struct vfio_client *c, int fd)
{
	struct pollfd p[2] = { { fd, POLLIN, 0 }, { c->conn.fd, POLLIN, 0 } };
	struct conn_msg *msg;
	int rc;

	for (;;) {
		if (poll(p, 2, TIMEOUT_S * 1000) <= 0)
			return -ETIMEDOUT;
		if (p[0].revents != 0)
			return 0;
		rc = conn_recv(&c->conn, &msg);
		if (rc == -EAGAIN)
			continue;
		if (rc < 0)
			return rc;
		rc = msg->flags & VU_TYPE_REPLY ? -EPROTO : dma_answer(c, msg);
		conn_msg_free(msg);
		if (rc != 0)
			return rc;
	}
}
