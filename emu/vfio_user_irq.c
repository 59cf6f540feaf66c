/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts: eventfds by type and number, masks, INTx. */
#include <config.h>

#include <assert.h>
#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <unistd.h>
#include "emu/device.h"
#include "emu/event_fd.h"
#include "emu/vfio_user_server.h"
#include "spec/nvme.h"

enum {
	SET_DATA = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_DATA_EVENTFD,
	SET_ACTION = VFIO_IRQ_SET_ACTION_MASK | VFIO_IRQ_SET_ACTION_UNMASK |
		     VFIO_IRQ_SET_ACTION_TRIGGER,
};

static_assert(VU_NR_IRQ_TYPES == (int)VFIO_PCI_NUM_IRQS, "as many types as the protocol has");

static unsigned int irq_count(const struct vfio_user *v, unsigned int index)
{
	return v->irqs.first[index + 1] - v->irqs.first[index];
}

static struct vu_irq *irq_first(const struct vfio_user *v, unsigned int index)
{
	return v->irqs.irq + v->irqs.first[index];
}

int vu_irqs_init(struct vfio_user *v, const struct device *dev)
{
	const unsigned int count[VU_NR_IRQ_TYPES] = {
		[VFIO_PCI_INTX_IRQ_INDEX] = 1,
		[VFIO_PCI_MSIX_IRQ_INDEX] = device_nr_vectors(dev),
		[VFIO_PCI_ERR_IRQ_INDEX] = 1,
		[VFIO_PCI_REQ_IRQ_INDEX] = 1,
	};
	struct vu_irqs *irqs = &v->irqs;

	for (unsigned int i = 0; i < VU_NR_IRQ_TYPES; i++)
		irqs->first[i + 1] = irqs->first[i] + count[i];
	irqs->irq = calloc(irqs->first[VU_NR_IRQ_TYPES], sizeof(*irqs->irq));
	if (irqs->irq == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < irqs->first[VU_NR_IRQ_TYPES]; i++)
		irqs->irq[i].fd = -1;
	irqs->mask_fd = -1;
	irqs->unmask_fd = -1;
	return 0;
}

static void fd_replace(int *slot, int fd)
{
	if (*slot >= 0)
		close(*slot);
	*slot = fd;
}

static void unmask_fd_replace(struct vfio_user *v, int fd)
{
	if (v->irqs.unmask_fd >= 0)
		loop_remove(v->server.loop, v->irqs.unmask_fd);
	fd_replace(&v->irqs.unmask_fd, fd);
}

static void irq_assign(struct vu_irq *irq, int fd)
{
	fd_replace(&irq->fd, fd);
	irq->masked = false;
}

void vu_irqs_clear(struct vfio_user *v)
{
	if (v->irqs.irq == NULL)
		return;
	for (unsigned int i = 0; i < v->irqs.first[VU_NR_IRQ_TYPES]; i++)
		irq_assign(&v->irqs.irq[i], -1);
	fd_replace(&v->irqs.mask_fd, -1);
	unmask_fd_replace(v, -1);
}

void vu_irqs_fini(struct vfio_user *v)
{
	vu_irqs_clear(v);
	free(v->irqs.irq);
	v->irqs.irq = NULL;
}

int vu_get_irq_info(struct vfio_user *v, struct conn_msg *msg, struct vu_reply *reply)
{
	uint64_t index = VU_IRQ_INDEX_get(msg->body);
	uint32_t flags = VFIO_IRQ_INFO_EVENTFD;

	if (VU_IRQ_ARGSZ_get(msg->body) < VU_IRQ_LEN || index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	if (index == VFIO_PCI_INTX_IRQ_INDEX)
		flags |= VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	reply->head_len = VU_IRQ_LEN;
	VU_IRQ_ARGSZ_set(reply->head, VU_IRQ_LEN);
	VU_IRQ_FLAGS_set(reply->head, flags);
	VU_IRQ_INDEX_set(reply->head, index);
	VU_IRQ_COUNT_set(reply->head, irq_count(v, (unsigned int)index));
	return 0;
}

static int irq_fire(struct vfio_user *v, unsigned int index, struct vu_irq *irq)
{
	if (irq->fd < 0)
		return -ENOTCONN;
	if (irq->masked)
		return -EAGAIN;
	if (index == VFIO_PCI_INTX_IRQ_INDEX) {
		irq->masked = true;
		event_fd_signal(v->irqs.mask_fd);
	}
	event_fd_signal(irq->fd);
	return 0;
}

int vu_irq(struct vfio_user *v, const struct transport_irq *irq)
{
	unsigned int index = irq->type == NVMETAP_IRQ_INTX ? VFIO_PCI_INTX_IRQ_INDEX :
							     VFIO_PCI_MSIX_IRQ_INDEX;

	if (index == VFIO_PCI_INTX_IRQ_INDEX && irq->level == 0)
		return 0;
	if (v->irqs.irq == NULL || irq->vector >= irq_count(v, index))
		return -ENOTCONN;
	return irq_fire(v, index, irq_first(v, index) + irq->vector);
}

static void irq_ready(struct vfio_user *v, unsigned int index)
{
	if (index == VFIO_PCI_INTX_IRQ_INDEX)
		device_irq_ready(v->server.dev, NVMETAP_IRQ_INTX);
	else if (index == VFIO_PCI_MSIX_IRQ_INDEX)
		device_irq_ready(v->server.dev, NVMETAP_IRQ_MSIX);
}

/* The peer's own way to end an INTx: its descriptor, not a message. */
static void unmask_readable(void *ctx, int fd)
{
	struct vfio_user *v = ctx;
	int rc = event_fd_take(fd);

	if (rc < 0)
		unmask_fd_replace(v, -1);
	if (rc <= 0)
		return;
	irq_first(v, VFIO_PCI_INTX_IRQ_INDEX)->masked = false;
	irq_ready(v, VFIO_PCI_INTX_IRQ_INDEX);
}

static int eventfds_check(const struct conn_msg *msg, uint64_t count)
{
	if (msg->nr_fds != 0 && msg->nr_fds != count)
		return -EINVAL;
	for (unsigned int i = 0; i < msg->nr_fds; i++) {
		int err = event_fd_check(msg->fds[i]);

		if (err != 0)
			return err;
	}
	return 0;
}

/* Descriptors for mask and unmask exist for INTx alone. */
static int set_intx_eventfd(struct vfio_user *v, struct conn_msg *msg, uint32_t action)
{
	int fd = conn_msg_take_fd(msg, 0);

	if (action == VFIO_IRQ_SET_ACTION_MASK) {
		fd_replace(&v->irqs.mask_fd, fd);
		return 0;
	}
	unmask_fd_replace(v, fd);
	return fd < 0 ? 0 : loop_add(v->server.loop, fd, LOOP_ORDER_TRANSPORT, unmask_readable, v);
}

static int set_eventfd(struct vfio_user *v, struct conn_msg *msg, unsigned int index,
		       struct vu_irq *irq, uint64_t count, uint32_t action)
{
	int err = eventfds_check(msg, count);

	if (err != 0)
		return err;
	if (action != VFIO_IRQ_SET_ACTION_TRIGGER && index != VFIO_PCI_INTX_IRQ_INDEX)
		return -EINVAL;
	if (action != VFIO_IRQ_SET_ACTION_TRIGGER)
		return set_intx_eventfd(v, msg, action);
	for (unsigned int i = 0; i < count; i++)
		irq_assign(&irq[i], conn_msg_take_fd(msg, i));
	if (msg->nr_fds > 0)
		irq_ready(v, index);
	return 0;
}

/* Loopback, mask and unmask, of those whose boolean is set (NULL: of all). */
static int set_state(struct vfio_user *v, const uint8_t *bools, unsigned int index,
		     struct vu_irq *irq, uint64_t count, uint32_t action)
{
	bool unmasked = false;

	if (action != VFIO_IRQ_SET_ACTION_TRIGGER && index >= VFIO_PCI_ERR_IRQ_INDEX)
		return -EINVAL;
	for (uint64_t i = 0; i < count; i++) {
		if (bools != NULL && bools[i] == 0)
			continue;
		if (action == VFIO_IRQ_SET_ACTION_TRIGGER) {
			irq_fire(v, index, &irq[i]);
			continue;
		}
		irq[i].masked = action == VFIO_IRQ_SET_ACTION_MASK;
		unmasked |= action == VFIO_IRQ_SET_ACTION_UNMASK;
		if (action == VFIO_IRQ_SET_ACTION_MASK && index == VFIO_PCI_INTX_IRQ_INDEX)
			event_fd_signal(v->irqs.mask_fd);
	}
	if (unmasked)
		irq_ready(v, index);
	return 0;
}

static bool single_bit(uint32_t flags)
{
	return flags != 0 && (flags & (flags - 1)) == 0;
}

static void disable_all(struct vfio_user *v, unsigned int index)
{
	struct vu_irq *irq = irq_first(v, index);

	for (unsigned int i = 0; i < irq_count(v, index); i++)
		irq_assign(&irq[i], -1);
	if (index == VFIO_PCI_INTX_IRQ_INDEX) {
		fd_replace(&v->irqs.mask_fd, -1);
		unmask_fd_replace(v, -1);
	}
}

int vu_set_irqs(struct vfio_user *v, struct conn_msg *msg, struct vu_reply *reply)
{
	uint32_t flags = (uint32_t)VU_SET_FLAGS_get(msg->body);
	uint64_t which = VU_SET_INDEX_get(msg->body);
	uint64_t start = VU_SET_START_get(msg->body);
	uint64_t count = VU_SET_COUNT_get(msg->body);
	uint32_t data = flags & SET_DATA, action = flags & SET_ACTION;
	unsigned int index = (unsigned int)which;
	struct vu_irq *irq;

	(void)reply;
	if (VU_SET_ARGSZ_get(msg->body) < VU_SET_LEN || which >= VFIO_PCI_NUM_IRQS ||
	    !single_bit(data) || !single_bit(action) || flags != (data | action))
		return -EINVAL;
	if (count == 0 && start == 0 && data == VFIO_IRQ_SET_DATA_NONE) {
		disable_all(v, index);
		return 0;
	}
	if (count == 0 || start > irq_count(v, index) || count > irq_count(v, index) - start)
		return -EINVAL;
	irq = irq_first(v, index) + start;
	if (data == VFIO_IRQ_SET_DATA_EVENTFD)
		return set_eventfd(v, msg, index, irq, count, action);
	if (data == VFIO_IRQ_SET_DATA_BOOL && msg->len - VU_SET_LEN < count)
		return -EINVAL;
	return set_state(v, data == VFIO_IRQ_SET_DATA_BOOL ? msg->body + VU_SET_LEN : NULL, index,
			 irq, count, action);
}
