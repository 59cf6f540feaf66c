/* SPDX-License-Identifier: BSD-2-Clause */
/* The device, its regions, and accesses to them. */
#include <config.h>

#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include "emu/device.h"
#include "emu/vfio_user_server.h"

int vu_get_info(struct vfio_user *v, struct conn_msg *msg, struct vu_reply *reply)
{
	(void)v;
	if (VU_INFO_ARGSZ_get(msg->body) < VU_INFO_LEN)
		return -EINVAL;
	reply->head_len = VU_INFO_LEN;
	VU_INFO_ARGSZ_set(reply->head, VU_INFO_LEN);
	VU_INFO_FLAGS_set(reply->head, VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI);
	VU_INFO_NUM_REGIONS_set(reply->head, VFIO_PCI_NUM_REGIONS);
	VU_INFO_NUM_IRQS_set(reply->head, VFIO_PCI_NUM_IRQS);
	return 0;
}

static uint64_t region_size(const struct vfio_user *v, uint64_t index)
{
	if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		return DEVICE_CONFIG_SIZE;
	return index < DEVICE_NR_BARS ? device_bar_size(v->server.dev, (unsigned int)index) : 0;
}

/* No region is mappable, or doorbells would pass us by. */
int vu_get_region_info(struct vfio_user *v, struct conn_msg *msg, struct vu_reply *reply)
{
	uint64_t index = VU_REGION_INDEX_get(msg->body);
	uint64_t size;

	if (VU_REGION_ARGSZ_get(msg->body) < VU_REGION_LEN || index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	size = region_size(v, index);
	reply->head_len = VU_REGION_LEN;
	VU_REGION_ARGSZ_set(reply->head, VU_REGION_LEN);
	VU_REGION_INDEX_set(reply->head, index);
	VU_REGION_SIZE_set(reply->head, size);
	if (size > 0)
		VU_REGION_FLAGS_set(reply->head,
				    VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE);
	return 0;
}

/* 0 if the region has these bytes. */
static int access_check(const struct vfio_user *v, const struct conn_msg *msg)
{
	uint64_t offset = VU_RW_OFFSET_get(msg->body);
	uint64_t count = VU_RW_COUNT_get(msg->body);
	uint64_t size = region_size(v, VU_RW_REGION_get(msg->body));

	if (count > VU_MAX_XFER || offset > size || count > size - offset)
		return -EINVAL;
	return 0;
}

static void rw_reply(const struct conn_msg *msg, struct vu_reply *reply)
{
	memcpy(reply->head, msg->body, VU_RW_LEN);
	reply->head_len = VU_RW_LEN;
}

static int region_read(struct vfio_user *v, uint64_t region, uint64_t off, void *buf, size_t len)
{
	if (len == 0)
		return 0;
	if (region == VFIO_PCI_CONFIG_REGION_INDEX)
		return device_config_read(v->server.dev, off, buf, len);
	return device_bar_read(v->server.dev, (unsigned int)region, off, buf, len);
}

/* For what is read, a register most often, behind the fixed part; NULL: no memory. */
static uint8_t *reply_room(struct vu_reply *reply, size_t len)
{
	uint8_t *room = reply->head + reply->head_len;

	if (len <= sizeof(reply->head) - reply->head_len) {
		reply->head_len += len;
		return room;
	}
	reply->data = malloc(len);
	reply->data_len = len;
	return reply->data;
}

int vu_region_read(struct vfio_user *v, struct conn_msg *msg, struct vu_reply *reply)
{
	size_t len = VU_RW_COUNT_get(msg->body);
	int err = access_check(v, msg);
	uint8_t *data;

	if (msg->len != VU_RW_LEN)
		return -EINVAL;
	if (err != 0)
		return err;
	rw_reply(msg, reply);
	data = reply_room(reply, len);
	if (data == NULL)
		return -ENOMEM;
	return region_read(v, VU_RW_REGION_get(msg->body), VU_RW_OFFSET_get(msg->body), data, len);
}

int vu_region_write(struct vfio_user *v, struct conn_msg *msg, struct vu_reply *reply)
{
	uint64_t region = VU_RW_REGION_get(msg->body);
	uint64_t off = VU_RW_OFFSET_get(msg->body);
	const uint8_t *data = msg->body + VU_RW_LEN;
	size_t len = VU_RW_COUNT_get(msg->body);
	int err = access_check(v, msg);

	if (len != msg->len - VU_RW_LEN)
		return -EINVAL;
	if (err != 0)
		return err;
	rw_reply(msg, reply);
	if (len == 0)
		return 0;
	if (region == VFIO_PCI_CONFIG_REGION_INDEX)
		return device_config_write(v->server.dev, off, data, len);
	return device_bar_write(v->server.dev, (unsigned int)region, off, data, len);
}
