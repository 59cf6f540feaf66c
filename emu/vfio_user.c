/* SPDX-License-Identifier: BSD-2-Clause */
/* The vfio-user server: clients that come and go, and their messages. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "emu/device.h"
#include "emu/vfio_user.h"
#include "emu/vfio_user_server.h"

enum { NS_PER_MS = 1000000, ACCEPT_AGAIN_MS = 100 };

static int device_reset_handler(struct vfio_user *v, struct vu_msg *msg, struct vu_reply *reply)
{
	(void)msg;
	(void)reply;
	device_reset(v->dev);
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

void vu_break(struct vfio_user *v, const char *why)
{
	if (v->broken)
		return;
	v->broken = true;
	snprintf(v->last_error, sizeof(v->last_error), "%s", why);
	loop_timer_set(v->loop, &v->timer, 0);
}

static void client_readable(void *ctx, int fd);
static void listener_readable(void *ctx, int fd);

static int client_begin(struct vfio_user *v, int fd)
{
	vu_conn_init(&v->conn, fd);
	v->greeted = false;
	v->broken = false;
	v->nr_late = 0;
	v->peer_max_xfer = VU_MAX_XFER;
	v->last_error[0] = '\0';
	return loop_add(v->loop, fd, LOOP_ORDER_TRANSPORT, client_readable, v);
}

/* The client is gone, or as good as. */
static void client_end(struct vfio_user *v)
{
	bool greeted = v->greeted;

	loop_timer_cancel(v->loop, &v->timer);
	loop_remove(v->loop, v->conn.fd);
	vu_conn_fini(&v->conn);
	vu_queue_clear(&v->waiting);
	vu_irqs_clear(v);
	guestmem_unmap_all(v->mem);
	v->greeted = false;
	v->broken = false;
	if (greeted)
		device_gone(v->dev);
	if (v->once && (greeted || v->listener.fd < 0))
		loop_stop(v->loop);
	else if (v->listener.fd >= 0)
		loop_add(v->loop, v->listener.fd, LOOP_ORDER_TRANSPORT, listener_readable, v);
}

static void listener_readable(void *ctx, int fd)
{
	struct vfio_user *v = ctx;
	int client = unix_socket_accept(&v->listener);

	if (client == -EAGAIN)
		return;
	loop_remove(v->loop, fd);
	if (client < 0)		/* no descriptor left, most likely */
		loop_timer_set(v->loop, &v->timer, loop_now_ns() + ACCEPT_AGAIN_MS * NS_PER_MS);
	else if (client_begin(v, client) != 0)
		client_end(v);
}

static void reply_send(struct vfio_user *v, const struct vu_msg *msg, int err,
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
	err = vu_conn_send(&v->conn, hdr, body, err != 0 ? 0 : 2, NULL, 0, deadline_ns);
	if (err != 0)
		vu_break(v, err == -ETIMEDOUT ? "the peer does not read its replies" :
						strerror(-err));
}

static void command_handle(struct vfio_user *v, struct vu_msg *msg)
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

static void msg_handle(struct vfio_user *v, struct vu_msg *msg)
{
	if ((msg->flags & VU_TYPE_MASK) == VU_TYPE_REPLY) {
		if (!vu_dma_is_late(v, msg))
			vu_break(v, "an answer that nobody asked for");
	} else if (v->greeted == (msg->command == VU_VERSION)) {
		vu_break(v, v->greeted ? "VERSION for the second time" :
					 "a message before VERSION");
	} else {
		command_handle(v, msg);
	}
}

/* One message a call: what is of lower order in the loop comes between. */
static void serve(struct vfio_user *v)
{
	struct vu_msg *msg = vu_queue_pop(&v->waiting);
	int rc = 1;

	if (msg == NULL)
		rc = vu_conn_recv(&v->conn, &msg);
	if (rc == -EAGAIN)
		return;
	if (rc < 0) {
		v->broken = true;
		if (rc != -ENOTCONN)
			snprintf(v->last_error, sizeof(v->last_error), "%s", v->conn.why);
	} else {
		v->inside = true;
		msg_handle(v, msg);
		vu_msg_free(msg);
		if (!v->broken)
			device_done(v->dev);
		v->inside = false;
	}
	if (v->broken)
		client_end(v);
	else if (v->waiting.nr > 0)
		loop_timer_set(v->loop, &v->timer, 0);
}

static void client_readable(void *ctx, int fd)
{
	(void)fd;
	serve(ctx);
}

static void timer_due(struct loop_timer *timer)
{
	char *p = (char *)timer - offsetof(struct vfio_user, timer);
	struct vfio_user *v = (struct vfio_user *)p;

	if (v->broken)
		client_end(v);
	else if (v->waiting.nr > 0)
		serve(v);
	else if (v->conn.fd < 0 && v->listener.fd >= 0)
		loop_add(v->loop, v->listener.fd, LOOP_ORDER_TRANSPORT, listener_readable, v);
}

static int op_start(struct transport *t, struct loop *loop, struct device *dev)
{
	struct vfio_user *v = (struct vfio_user *)t;
	int err;

	v->loop = loop;
	v->dev = dev;
	err = vu_irqs_init(v);
	if (err != 0)
		return err;
	if (v->listener.fd >= 0)
		return loop_add(loop, v->listener.fd, LOOP_ORDER_TRANSPORT, listener_readable, v);
	return client_begin(v, v->conn.fd);
}

static int op_irq(struct transport *t, const struct transport_irq *irq)
{
	return vu_irq((struct vfio_user *)t, irq);
}

static int copy(struct vfio_user *v, uint64_t iova, void *buf, size_t len, bool write)
{
	int err;

	if (v->conn.fd < 0 || v->broken)
		return -EIO;
	err = guestmem_copy(v->mem, iova, buf, len, write, vu_dma_message, v);
	if (v->waiting.nr > 0 && !v->inside)
		loop_timer_set(v->loop, &v->timer, 0);
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

	if (v->loop != NULL) {
		loop_timer_cancel(v->loop, &v->timer);
		if (v->conn.fd >= 0)
			loop_remove(v->loop, v->conn.fd);
		if (v->listener.fd >= 0)
			loop_remove(v->loop, v->listener.fd);
		vu_irqs_fini(v);
	}
	vu_conn_fini(&v->conn);
	vu_queue_clear(&v->waiting);
	unix_socket_close(&v->listener);
	guestmem_free(v->mem);
	free(v);
}

static const struct transport_ops ops = {
	.name = "vfio-user",
	.sees = 0,
	.start = op_start,
	.irq = op_irq,
	.read = op_read,
	.write = op_write,
	.free = op_free,
};

struct transport *vfio_user_new(const char *path, int fd, bool once, char *err, size_t errlen)
{
	struct vfio_user *v = calloc(1, sizeof(*v));
	struct guestmem *mem = guestmem_new();

	if (v == NULL || mem == NULL) {
		snprintf(err, errlen, "%s", strerror(errno));
		free(v);
		guestmem_free(mem);
		if (path == NULL)
			close(fd);
		return NULL;
	}
	v->base.ops = &ops;
	v->mem = mem;
	v->once = once;
	v->timer.fn = timer_due;
	v->listener.fd = -1;
	vu_queue_init(&v->waiting);
	vu_conn_init(&v->conn, path == NULL ? fd : -1);
	if (path != NULL && unix_socket_listen(&v->listener, path, err, errlen) != 0) {
		op_free(&v->base);
		return NULL;
	}
	return &v->base;
}

const char *vfio_user_last_error(const struct transport *transport)
{
	return ((const struct vfio_user *)transport)->last_error;
}
