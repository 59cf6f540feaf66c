/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's memory: mappings, and accesses by message. */
#include <config.h>

#include <assert.h>
#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include "emu/device.h"
#include "emu/vfio_user_server.h"

enum { NS_PER_MS = 1000000 };

static_assert((int)VFIO_DMA_MAP_FLAG_READ == (int)GUESTMEM_READ &&
	      (int)VFIO_DMA_MAP_FLAG_WRITE == (int)GUESTMEM_WRITE,
	      "the protocol's permissions are the table's");

int vu_dma_map(struct vfio_user *v, struct conn_msg *msg, struct vu_reply *reply)
{
	uint64_t iova = VU_MAP_ADDRESS_get(msg->body), size = VU_MAP_SIZE_get(msg->body);
	uint64_t offset = VU_MAP_OFFSET_get(msg->body);
	uint32_t flags = (uint32_t)VU_MAP_FLAGS_get(msg->body);
	int err;

	(void)reply;
	if (VU_MAP_ARGSZ_get(msg->body) < VU_MAP_LEN || msg->nr_fds > 1)
		return -EINVAL;
	err = guestmem_map(v->server.mem, iova, size, msg->nr_fds == 1 ? msg->fds[0] : -1, offset,
			   flags);
	if (err == 0)
		device_dma_map(v->server.dev, iova, size, offset, flags & VFIO_DMA_MAP_FLAG_READ,
			       flags & VFIO_DMA_MAP_FLAG_WRITE, msg->nr_fds == 1);
	return err;
}

static int unmap_all(struct vfio_user *v)
{
	const struct guestmem_mapping *m;

	for (unsigned int i = 0; (m = guestmem_at(v->server.mem, i)) != NULL; i++)
		device_dma_unmap(v->server.dev, m->iova, m->size);
	guestmem_unmap_all(v->server.mem);
	return 0;
}

/* As of VFIO: everything in the range, be it nothing.  A guest's IOMMU has ranges unmapped that
 * hold many mappings or none. */
static int unmap_range(struct vfio_user *v, uint64_t iova, uint64_t size)
{
	unsigned int first;
	int nr = guestmem_range(v->server.mem, iova, size, &first);

	if (nr < 0)
		return nr;
	for (int i = 0; i < nr; i++) {
		const struct guestmem_mapping *m =
			guestmem_at(v->server.mem, first + (unsigned int)i);

		device_dma_unmap(v->server.dev, m->iova, m->size);
	}
	guestmem_unmap(v->server.mem, iova, size);
	return 0;
}

int vu_dma_unmap(struct vfio_user *v, struct conn_msg *msg, struct vu_reply *reply)
{
	uint64_t iova = VU_UNMAP_ADDRESS_get(msg->body), size = VU_UNMAP_SIZE_get(msg->body);
	uint64_t flags = VU_UNMAP_FLAGS_get(msg->body);
	bool all = flags == VFIO_DMA_UNMAP_FLAG_ALL;

	if (VU_UNMAP_ARGSZ_get(msg->body) < VU_UNMAP_LEN || (flags != 0 && !all) ||
	    (all && (iova | size) != 0))
		return -EINVAL;
	memcpy(reply->head, msg->body, VU_UNMAP_LEN);
	reply->head_len = VU_UNMAP_LEN;
	return all ? unmap_all(v) : unmap_range(v, iova, size);
}

bool vu_dma_is_late(struct vfio_user *v, const struct conn_msg *msg)
{
	for (unsigned int i = 0; i < v->nr_late; i++) {
		if (v->late[i] != msg->id)
			continue;
		v->late[i] = v->late[--v->nr_late];
		return true;
	}
	return false;
}

/* What came while we waited: 0 to go on waiting, 1 for the answer. */
static int sort_out(struct vfio_user *v, struct conn_msg *msg, uint16_t id)
{
	bool reply = (msg->flags & VU_TYPE_MASK) == VU_TYPE_REPLY;

	if (reply && msg->id == id)
		return 1;
	if (!reply && vu_queue_push(&v->waiting, msg) == 0)
		return 0;
	if (!reply)
		server_break(&v->server, "too many messages while a DMA answer was awaited");
	else if (!vu_dma_is_late(v, msg))
		server_break(&v->server, "an answer that nobody asked for");
	conn_msg_free(msg);
	return v->server.broken ? -EIO : 0;
}

static uint64_t deadline_sooner(uint64_t deadline_ns)
{
	uint64_t busy_ns = loop_now_ns() + (uint64_t)VU_BUSY_MS * NS_PER_MS;

	return busy_ns < deadline_ns ? busy_ns : deadline_ns;
}

/* The answer may still come.  Later is soon enough for a client that waits for
 * our own answer first. */
static int give_up_waiting(struct vfio_user *v, uint16_t id)
{
	v->late[v->nr_late++] = id;
	return v->waiting.nr_unanswered > 0 ? -EAGAIN : -EIO;
}

/*
 * A client that itself waits for a reply may be unable to answer (QEMU is:
 * both happen under its one lock).  So it has less time once it does, and
 * vu_dma_message asks nothing while we owe a reply.
 */
static int answer_wait(struct vfio_user *v, uint16_t id, uint64_t deadline_ns,
		       struct conn_msg **answer)
{
	bool busy = false;

	for (;;) {
		int rc = conn_recv(&v->server.conn, answer);

		if (rc == -EAGAIN) {
			rc = conn_wait(&v->server.conn, deadline_ns);
			if (rc == -ETIMEDOUT)
				return give_up_waiting(v, id);
			if (rc == 0)
				continue;
		}
		if (rc == 1) {
			rc = sort_out(v, *answer, id);
			if (!busy && v->waiting.nr_unanswered > 0)
				deadline_ns = deadline_sooner(deadline_ns);
			busy = v->waiting.nr_unanswered > 0;
		} else {
			server_break(&v->server, v->server.conn.why != NULL ? v->server.conn.why :
									      strerror(-rc));
		}
		if (rc != 0)
			return rc == 1 ? 0 : -EIO;
	}
}

static int answer_check(struct vfio_user *v, const struct conn_msg *msg, uint64_t iova, size_t len,
			bool write)
{
	bool fits = msg->command == (write ? VU_DMA_WRITE : VU_DMA_READ);

	if (fits && (msg->flags & VU_ERROR))
		return -EFAULT;
	if (write)
		fits = fits && (msg->len == VU_DMA_WRITE_REPLY_LEN || msg->len == VU_DMA_LEN);
	else
		fits = fits && msg->len == VU_DMA_LEN + len && VU_DMA_COUNT_get(msg->body) == len;
	if (fits && VU_DMA_ADDRESS_get(msg->body) == iova)
		return 0;
	server_break(&v->server, "an answer to a DMA message that does not fit");
	return -EIO;
}

static int ask(struct vfio_user *v, uint64_t iova, void *buf, size_t len, bool write,
	       uint64_t deadline_ns)
{
	uint8_t hdr[VU_HDR_LEN] = { 0 }, head[VU_DMA_LEN];
	struct iovec body[2] = { { head, sizeof(head) }, { buf, len } };
	uint16_t id = v->next_id++;
	struct conn_msg *answer;
	int err;

	VU_HDR_ID_set(hdr, id);
	VU_HDR_COMMAND_set(hdr, write ? VU_DMA_WRITE : VU_DMA_READ);
	VU_DMA_ADDRESS_set(head, iova);
	VU_DMA_COUNT_set(head, len);
	err = conn_send(&v->server.conn, hdr, body, write ? 2 : 1, NULL, 0, deadline_ns);
	if (err != 0) {
		server_break(&v->server, "a DMA message could not be sent");
		return -EIO;
	}
	err = answer_wait(v, id, deadline_ns, &answer);
	if (err != 0)
		return err;
	err = answer_check(v, answer, iova, len, write);
	if (err == 0 && !write)
		memcpy(buf, answer->body + VU_DMA_LEN, len);
	conn_msg_free(answer);
	return err;
}

int vu_dma_message(void *ctx, uint64_t iova, void *buf, size_t len, bool write)
{
	uint64_t deadline_ns = loop_now_ns() + (uint64_t)VU_ANSWER_MS * NS_PER_MS;
	struct vfio_user *v = ctx;
	uint8_t *p = buf;
	int err = 0;

	for (size_t n; err == 0 && len > 0; iova += n, p += n, len -= n) {
		if (v->server.broken || v->server.conn.fd < 0 || v->nr_late == VU_MAX_LATE)
			return -EIO;
		if (v->answering || v->waiting.nr_unanswered > 0)
			return -EAGAIN;
		n = len < v->peer_max_xfer ? len : (size_t)v->peer_max_xfer;
		err = ask(v, iova, p, n, write, deadline_ns);
	}
	return err;
}
