/* SPDX-License-Identifier: BSD-2-Clause */
/* The vhost-user server: its messages, and kicks of its rings. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "emu/device.h"
#include "emu/event_fd.h"
#include "emu/vhost_user.h"
#include "emu/vhost_user_server.h"
#include "spec/nvme.h"

#define FEATURES (UINT64_C(1) << VHU_F_PROTOCOL_FEATURES | UINT64_C(1) << VHU_F_VERSION_1)
/* Without this one user-mode Linux has no interrupt for its rings. */
#define PROTOCOL_FEATURES (UINT64_C(1) << VHU_PROTOCOL_F_BACKEND_REQ)

enum { NS_PER_MS = 1000000 };

void vhu_reply(struct vhost_user *v, const struct conn_msg *msg, const void *body, size_t len)
{
	uint64_t deadline_ns = loop_now_ns() + (uint64_t)VHU_SEND_MS * NS_PER_MS;
	struct iovec iov = { (void *)(uintptr_t)body, len };
	uint8_t hdr[VHU_HDR_LEN];
	int err;

	VHU_HDR_REQUEST_set(hdr, msg->command);
	VHU_HDR_FLAGS_set(hdr, VHU_VERSION | VHU_REPLY);
	err = conn_send(&v->server.conn, hdr, &iov, 1, NULL, 0, deadline_ns);
	if (err != 0)
		server_break(&v->server, err == -ETIMEDOUT ? "the peer does not read its replies" :
							     strerror(-err));
}

static const char *reply_u64(struct vhost_user *v, const struct conn_msg *msg, uint64_t value)
{
	uint8_t body[VHU_U64_LEN];

	VHU_U64_VALUE_set(body, value);
	vhu_reply(v, msg, body, sizeof(body));
	return NULL;
}

static const char *set_owner(struct vhost_user *v, struct conn_msg *msg)
{
	(void)v;
	(void)msg;
	return NULL;
}

static const char *get_features(struct vhost_user *v, struct conn_msg *msg)
{
	return reply_u64(v, msg, FEATURES);
}

static const char *set_features(struct vhost_user *v, struct conn_msg *msg)
{
	v->features = VHU_U64_VALUE_get(msg->body);
	return v->features & ~FEATURES ? "features that were not offered" : NULL;
}

static const char *get_protocol_features(struct vhost_user *v, struct conn_msg *msg)
{
	return reply_u64(v, msg, PROTOCOL_FEATURES);
}

static const char *set_protocol_features(struct vhost_user *v, struct conn_msg *msg)
{
	(void)v;
	return VHU_U64_VALUE_get(msg->body) & ~PROTOCOL_FEATURES ?
		       "protocol features that were not offered" : NULL;
}

static const char *set_backend_req_fd(struct vhost_user *v, struct conn_msg *msg)
{
	if (v->backend_req_fd >= 0)
		close(v->backend_req_fd);
	v->backend_req_fd = conn_msg_take_fd(msg, 0);
	return v->backend_req_fd < 0 ? "no descriptor where one is needed" : NULL;
}

static const struct request {
	size_t min_len;		/* of the body */
	vhu_handler_fn *handle;
} requests[] = {
	[VHU_GET_FEATURES] = { 0, get_features },
	[VHU_SET_FEATURES] = { VHU_U64_LEN, set_features },
	[VHU_SET_OWNER] = { 0, set_owner },
	[VHU_SET_MEM_TABLE] = { VHU_TABLE_LEN, vhu_set_mem_table },
	[VHU_SET_VRING_NUM] = { VHU_STATE_LEN, vhu_set_num },
	[VHU_SET_VRING_ADDR] = { VHU_ADDR_LEN, vhu_set_addr },
	[VHU_SET_VRING_BASE] = { VHU_STATE_LEN, vhu_set_base },
	[VHU_GET_VRING_BASE] = { VHU_STATE_LEN, vhu_get_base },
	[VHU_SET_VRING_KICK] = { VHU_U64_LEN, vhu_set_kick },
	[VHU_SET_VRING_CALL] = { VHU_U64_LEN, vhu_set_call },
	[VHU_SET_VRING_ERR] = { VHU_U64_LEN, vhu_set_err },
	[VHU_GET_PROTOCOL_FEATURES] = { 0, get_protocol_features },
	[VHU_SET_PROTOCOL_FEATURES] = { VHU_U64_LEN, set_protocol_features },
	[VHU_SET_VRING_ENABLE] = { VHU_STATE_LEN, vhu_set_enable },
	[VHU_SET_BACKEND_REQ_FD] = { 0, set_backend_req_fd },
};

enum { NR_REQUESTS = sizeof(requests) / sizeof(*requests) };

static void client_begin(struct server *s)
{
	struct vhost_user *v = (struct vhost_user *)s;

	v->features = 0;
	v->intx = false;
	v->intx_refused = false;
	v->msix_refused = false;
}

static void client_end(struct server *s)
{
	struct vhost_user *v = (struct vhost_user *)s;

	vhu_rings_clear(v);
	vhu_regions_clear(v);
	if (v->backend_req_fd >= 0)
		close(v->backend_req_fd);
	v->backend_req_fd = -1;
}

static void msg_handle(struct server *s, struct conn_msg *msg)
{
	const struct request *r = msg->command < NR_REQUESTS ? &requests[msg->command] : NULL;
	const char *wrong;

	if (r == NULL || r->handle == NULL)
		wrong = "unknown message";
	else if (msg->flags & VHU_REPLY)
		wrong = "an answer that nobody asked for";
	else if (msg->len < r->min_len)
		wrong = "message shorter than it must be";
	else
		wrong = r->handle((struct vhost_user *)s, msg);
	if (wrong != NULL)
		server_break(s, wrong);
	else
		vhu_rings_look((struct vhost_user *)s);
	/* Before what is wrong, something may have reached the drive. */
	s->greeted = true;
}

/* The next access, if there is one, carried out and answered.  0 or -EPROTO, and
 * the peer has been given up. */
static int command_next(struct vhost_user *v, struct vhu_ring *r)
{
	int len, rc = vhu_ring_pop(r);

	if (rc != 1)
		return rc;
	len = vhu_pci_access(v, r);
	if (len < 0)
		return len;
	vhu_ring_push(r, (uint32_t)len);
	return 0;
}

/* Writes are posted: a guest that kicked for the last ones may be gone as soon
 * as the kick is seen.  As many as the ring holds, should somebody go on. */
static void client_closed(struct server *s)
{
	struct vhost_user *v = (struct vhost_user *)s;
	struct vhu_ring *r = &v->rings[VHU_RING_COMMANDS];

	for (unsigned int i = 0; i < r->nr_entries; i++) {
		if (!vhu_ring_ready(r) || !vhu_ring_more(r) || command_next(v, r) != 0)
			return;
		device_done(s->dev);
	}
}

static const struct server_ops server_ops = {
	.proto = &vhu_proto, .begin = client_begin, .handle = msg_handle, .closed = client_closed,
	.end = client_end,
};

static void irqs_ready(struct vhost_user *v)
{
	v->msix_refused = false;
	device_irq_ready(v->server.dev, NVMETAP_IRQ_MSIX);
	if (v->intx_refused)
		device_irq_ready(v->server.dev, NVMETAP_IRQ_INTX);
}

static void irqs_kicked(struct vhost_user *v, struct vhu_ring *r)
{
	event_fd_take(r->kick_fd);
	irqs_ready(v);
}

/* One access a call, as with messages; the kick stays until the ring is empty.
 * Buffers for interrupts that the guest added before the access count before. */
static void commands_kicked(struct vhost_user *v, struct vhu_ring *r)
{
	struct vhu_ring *irqs = &v->rings[VHU_RING_IRQS];

	if (v->msix_refused && vhu_ring_ready(irqs) && vhu_ring_more(irqs))
		irqs_ready(v);
	v->bar_written = false;
	if (command_next(v, r) != 0 || vhu_ring_more(r))
		return;
	event_fd_take(r->kick_fd);
	if (vhu_ring_more(r))
		event_fd_signal(r->kick_fd);
}

void vhu_ring_kicked(struct vhu_ring *r)
{
	struct vhost_user *v = r->owner;

	if (!vhu_ring_ready(r)) {
		r->kicked = event_fd_take(r->kick_fd) > 0;
		return;
	}
	if (v->server.broken)
		return;
	if (r == &v->rings[VHU_RING_COMMANDS])
		commands_kicked(v, r);
	else
		irqs_kicked(v, r);
	server_leave(&v->server);
	if (v->intx && v->bar_written)
		device_irq_ready(v->server.dev, NVMETAP_IRQ_INTX);
	v->bar_written = false;
}

static int op_start(struct transport *t, struct loop *loop, struct device *dev)
{
	return server_start((struct server *)t, loop, dev);
}

static int op_irq(struct transport *t, const struct transport_irq *irq)
{
	return vhu_pci_irq((struct vhost_user *)t, irq);
}

static int copy(struct vhost_user *v, uint64_t iova, void *buf, size_t len, bool write)
{
	if (v->server.conn.fd < 0 || v->server.broken)
		return -EIO;
	return guestmem_copy(v->server.mem, iova, buf, len, write, NULL, NULL);
}

static int op_read(struct transport *t, uint64_t iova, void *buf, size_t len)
{
	return copy((struct vhost_user *)t, iova, buf, len, false);
}

static int op_write(struct transport *t, uint64_t iova, const void *buf, size_t len)
{
	return copy((struct vhost_user *)t, iova, (void *)(uintptr_t)buf, len, true);
}

static void op_free(struct transport *t)
{
	server_fini((struct server *)t);
	free(t);
}

static const struct transport_ops ops = {
	.name = "vhost-user",
	.sees = TRANSPORT_SEES_CONFIG_READS | TRANSPORT_SEES_BARS | TRANSPORT_SEES_MSIX_TABLE,
	.start = op_start,
	.irq = op_irq,
	.read = op_read,
	.write = op_write,
	.connected = server_connected,
	.free = op_free,
};

struct transport *vhost_user_new(const char *path, int fd, bool once, char *err, size_t errlen)
{
	struct vhost_user *v = server_new(sizeof(*v), path, fd, err, errlen);

	if (v == NULL)
		return NULL;
	v->backend_req_fd = -1;
	vhu_rings_init(v);
	return server_open(&v->server, &ops, &server_ops, path, fd, once, err, errlen);
}

const char *vhost_user_last_error(const struct transport *transport)
{
	return ((const struct vhost_user *)transport)->server.last_error;
}
