/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory table. */
#include <config.h>

#include <errno.h>
#include "emu/device.h"
#include "emu/vhost_user_server.h"

void vhu_regions_clear(struct vhost_user *v)
{
	v->nr_regions = 0;
}

static void table_forget(struct vhost_user *v)
{
	const struct guestmem_mapping *m;

	for (unsigned int i = 0; (m = guestmem_at(v->server.mem, i)) != NULL; i++)
		device_dma_unmap(v->server.dev, m->iova, m->size);
	guestmem_unmap_all(v->server.mem);
	vhu_regions_clear(v);
}

static const char *map_error(int err)
{
	switch (err) {
	case -EEXIST:
		return "memory regions that overlap";
	case -EINVAL:
		return "a memory region that is not made of pages";
	default:
		return "a memory region that cannot be mapped";
	}
}

static const char *region_add(struct vhost_user *v, const uint8_t *said, int fd)
{
	struct vhu_region *r = &v->regions[v->nr_regions];
	uint64_t offset = VHU_REGION_OFFSET_get(said);
	int err;

	r->user = VHU_REGION_USER_get(said);
	r->iova = VHU_REGION_GUEST_get(said);
	r->size = VHU_REGION_SIZE_get(said);
	if (fd < 0)
		return "a memory region without a file";
	err = guestmem_map(v->server.mem, r->iova, r->size, fd, offset,
			   GUESTMEM_READ | GUESTMEM_WRITE);
	if (err != 0)
		return map_error(err);
	v->nr_regions++;
	device_dma_map(v->server.dev, r->iova, r->size, offset, true, true, true);
	return NULL;
}

const char *vhu_set_mem_table(struct vhost_user *v, struct conn_msg *msg)
{
	uint64_t nr = VHU_TABLE_NR_get(msg->body);
	const char *wrong = NULL;

	if (nr == 0 || nr > VHU_MAX_REGIONS || msg->nr_fds != nr)
		return "a memory table without a descriptor for each region";
	if (msg->len < VHU_TABLE_LEN + nr * VHU_REGION_LEN)
		return "a memory table that is cut off";
	table_forget(v);
	for (unsigned int i = 0; wrong == NULL && i < nr; i++)
		wrong = region_add(v, msg->body + VHU_TABLE_LEN + i * VHU_REGION_LEN, msg->fds[i]);
	return wrong;
}

int vhu_user_copy(struct vhost_user *v, uint64_t user, void *buf, size_t len, bool write)
{
	for (unsigned int i = 0; i < v->nr_regions; i++) {
		const struct vhu_region *r = &v->regions[i];
		uint64_t off = user - r->user;

		if (user >= r->user && off < r->size && len <= r->size - off)
			return guestmem_copy(v->server.mem, r->iova + off, buf, len, write, NULL,
					     NULL);
	}
	return -EFAULT;
}
