/* SPDX-License-Identifier: BSD-2-Clause */
/* The vfio-user server: clients that come and go, and their messages. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "emu/device.h"
#include "emu/vfio_user.h"
#include "emu/vfio_user_server.h"

enum { NS_PER_MS = 1000000 };

static int device_reset_handler(struct vfio_user *v, struct conn_msg *msg, struct vu_reply *reply)
{
	(void)msg;
	(void)reply;
	device_reset(v->server.dev);
	return 0;
}

static const struct command {
	size_t min_len;		/* of the body */
	vu_handler_fn *handle;
} commands[] = {
	[VU_VERSION] = { VU_VERSION_LEN, vu_version },
	[VU_DMA_MAP] = { VU_MAP_LEN, vu_dma_map },
	[VU_DMA_UNMAP] = { VU_UNMAP_LEN, vu_dma_unmap },
	[VU_DEVICE_GET_INFO] = { VU_INFO_LEN, vu_get_info },
	[VU_DEVICE_GET_REGION_INFO] = { VU_REGION_LEN, vu_get_region_info },
	[VU_DEVICE_GET_IRQ_INFO] = { VU_IRQ_LEN, vu_get_irq_info },
	[VU_DEVICE_SET_IRQS] = { VU_SET_LEN, vu_set_irqs },
	[VU_REGION_READ] = { VU_RW_LEN, vu_region_read },
	[VU_REGION_WRITE] = { VU_RW_LEN, vu_region_write },
	[VU_DEVICE_RESET] = { 0, device_reset_handler },
};

enum { NR_COMMANDS = sizeof(commands) / sizeof(*commands) };

static void reply_send(struct vfio_user *v, const struct conn_msg *msg, int err,
		       const struct vu_reply *reply)
{
	uint64_t deadline_ns = loop_now_ns() + (uint64_t)VU_SEND_MS * NS_PER_MS;
	struct iovec body[2] = { { (void *)(uintptr_t)reply->head, reply->head_len },
				 { reply->data, reply->data_len } };
	uint8_t hdr[VU_HDR_LEN] = { 0 };

	if (msg->flags & VU_NO_REPLY)
		return;
	VU_HDR_ID_set(hdr, msg->id);
	VU_HDR_COMMAND_set(hdr, msg->command);
	VU_HDR_FLAGS_set(hdr, VU_TYPE_REPLY | (err != 0 ? VU_ERROR : 0));
	VU_HDR_ERROR_set(hdr, (uint64_t)-err);
	err = conn_send(&v->server.conn, hdr, body, err != 0 ? 0 : 2, NULL, 0, deadline_ns);
	if (err != 0)
		server_break(&v->server, err == -ETIMEDOUT ? "the peer does not read its replies" :
							     strerror(-err));
}

static void command_handle(struct vfio_user *v, struct conn_msg *msg)
{
	const struct command *c = msg->command < NR_COMMANDS ? &commands[msg->command] : NULL;
	struct vu_reply reply = { .head_len = 0 };
	int err;

	v->answering = true;
	if (c == NULL || c->handle == NULL)
		err = -ENOTSUP;
	else if (msg->len < c->min_len)
		err = -EINVAL;
	else
		err = c->handle(v, msg, &reply);
	reply_send(v, msg, err, &reply);
	v->answering = false;
	free(reply.data);
}

static void client_begin(struct server *s)
{
	struct vfio_user *v = (struct vfio_user *)s;

	v->nr_late = 0;
	v->peer_max_xfer = VU_MAX_XFER;
}

static void client_end(struct server *s)
{
	struct vfio_user *v = (struct vfio_user *)s;

	vu_queue_clear(&v->waiting);
	vu_irqs_clear(v);
}

static void msg_handle(struct server *s, struct conn_msg *msg)
{
	struct vfio_user *v = (struct vfio_user *)s;

	if ((msg->flags & VU_TYPE_MASK) == VU_TYPE_REPLY) {
		if (!vu_dma_is_late(v, msg))
			server_break(s, "an answer that nobody asked for");
	} else if (s->greeted == (msg->command == VU_VERSION)) {
		server_break(s, s->greeted ? "VERSION for the second time" :
					     "a message before VERSION");
	} else {
		command_handle(v, msg);
	}
}

static struct conn_msg *msg_waiting(struct server *s)
{
	struct vfio_user *v = (struct vfio_user *)s;
	struct conn_msg *msg = vu_queue_pop(&v->waiting);

	if (v->waiting.nr > 0)
		server_again(s);
	return msg;
}

static const struct server_ops server_ops = {
	.proto = &vu_proto, .ahead = VU_RW_LEN, .begin = client_begin, .handle = msg_handle,
	.waiting = msg_waiting, .end = client_end,
};

static int op_start(struct transport *t, struct loop *loop, struct device *dev)
{
	struct vfio_user *v = (struct vfio_user *)t;
	int err = vu_irqs_init(v, dev);

	return err != 0 ? err : server_start(&v->server, loop, dev);
}

static int op_irq(struct transport *t, const struct transport_irq *irq)
{
	return vu_irq((struct vfio_user *)t, irq);
}

static int copy(struct vfio_user *v, uint64_t iova, void *buf, size_t len, bool write)
{
	int err;

	if (v->server.conn.fd < 0 || v->server.broken)
		return -EIO;
	err = guestmem_copy(v->server.mem, iova, buf, len, write, vu_dma_message, v);
	if (v->waiting.nr > 0 || conn_pending(&v->server.conn))
		server_again(&v->server);
	return err;
}

static int op_read(struct transport *t, uint64_t iova, void *buf, size_t len)
{
	return copy((struct vfio_user *)t, iova, buf, len, false);
}

static int op_write(struct transport *t, uint64_t iova, const void *buf, size_t len)
{
	return copy((struct vfio_user *)t, iova, (void *)(uintptr_t)buf, len, true);
}

static void op_free(struct transport *t)
{
	struct vfio_user *v = (struct vfio_user *)t;

	server_fini(&v->server);
	vu_irqs_fini(v);
	free(v);
}

static const struct transport_ops ops = {
	.name = "vfio-user",
	.sees = 0,
	.start = op_start,
	.irq = op_irq,
	.read = op_read,
	.write = op_write,
	.connected = server_connected,
	.free = op_free,
};

struct transport *vfio_user_new(const char *path, int fd, bool once, char *err, size_t errlen)
{
	struct vfio_user *v = server_new(sizeof(*v), path, fd, err, errlen);

	if (v == NULL)
		return NULL;
	vu_queue_init(&v->waiting);
	return server_open(&v->server, &ops, &server_ops, path, fd, once, err, errlen);
}

const char *vfio_user_last_error(const struct transport *transport)
{
	return ((const struct vfio_user *)transport)->server.last_error;
}
