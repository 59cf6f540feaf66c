/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Split virtqueues of a hostile guest: every part is copied when it is looked
 * at, from where the memory table has it then.  VIRTIO 1.2 section 2.7.
 */
#include <config.h>

#include <errno.h>
#include <linux/virtio_ring.h>
#include <stdint.h>
#include "emu/vhost_user_server.h"

static int give_up(struct vhu_ring *r, const char *why)
{
	server_break(&r->owner->server, why);
	return -EPROTO;
}

static int ring_copy(struct vhu_ring *r, uint64_t user, void *buf, size_t len, bool write)
{
	if (vhu_user_copy(r->owner, user, buf, len, write) == 0)
		return 0;
	return give_up(r, "a ring outside of the memory");
}

static int ring_get16(struct vhu_ring *r, uint64_t user, uint16_t *value)
{
	return ring_copy(r, user, value, sizeof(*value), false);
}

/* How many buffers are there, or -EPROTO. */
static int ring_count(struct vhu_ring *r)
{
	uint16_t index, nr;

	if (ring_get16(r, r->avail + VHU_RING_INDEX, &index) != 0)
		return -EPROTO;
	nr = (uint16_t)(index - r->next);
	if (nr > r->nr_entries)
		return give_up(r, "a ring's index beyond its entries");
	return nr;
}

bool vhu_ring_more(struct vhu_ring *r)
{
	return ring_count(r) > 0;
}

/* Takes one descriptor into the chain. */
static int segment_add(struct vhu_ring *r, const uint8_t *desc)
{
	struct vhu_chain *c = &r->chain;
	uint16_t flags = (uint16_t)VHU_DESC_FLAGS_get(desc);
	struct vhu_segment *s = &c->segments[c->nr_out + c->nr_in];

	s->iova = VHU_DESC_ADDR_get(desc);
	s->len = (uint32_t)VHU_DESC_LEN_get(desc);
	if (flags & VRING_DESC_F_INDIRECT)
		return give_up(r, "an indirect descriptor, which was not offered");
	if (flags & VRING_DESC_F_WRITE) {
		c->nr_in++;
		c->in_len += s->len;
		return 0;
	}
	if (c->nr_in > 0)
		return give_up(r, "a readable descriptor behind a writable one");
	c->nr_out++;
	c->out_len += s->len;
	return 0;
}

static int chain_walk(struct vhu_ring *r, uint16_t at)
{
	uint8_t desc[VHU_DESC_LEN];

	r->chain.head = at;
	r->chain.nr_out = r->chain.nr_in = 0;
	r->chain.out_len = r->chain.in_len = 0;
	for (unsigned int i = 0; i < r->nr_entries; i++) {
		if (at >= r->nr_entries)
			return give_up(r, "a descriptor beyond its table");
		if (ring_copy(r, r->desc + (uint64_t)at * VHU_DESC_LEN, desc, sizeof(desc),
			      false) != 0 ||
		    segment_add(r, desc) != 0)
			return -EPROTO;
		if ((VHU_DESC_FLAGS_get(desc) & VRING_DESC_F_NEXT) == 0)
			return 1;
		at = (uint16_t)VHU_DESC_NEXT_get(desc);
	}
	return give_up(r, "a chain of descriptors without an end");
}

int vhu_ring_pop(struct vhu_ring *r)
{
	int nr = ring_count(r);
	uint16_t head;

	if (nr <= 0)
		return nr;
	if (ring_get16(r, r->avail + VHU_RING_ENTRIES + 2 * (r->next % r->nr_entries), &head) != 0)
		return -EPROTO;
	return chain_walk(r, head);
}

int vhu_ring_set_quiet(struct vhu_ring *r, bool quiet)
{
	uint16_t flags = quiet ? VRING_USED_F_NO_NOTIFY : 0;

	if (quiet == r->quiet)
		return 0;
	r->quiet = quiet;
	return ring_copy(r, r->used + VHU_RING_FLAGS, &flags, sizeof(flags), true);
}

void vhu_ring_push(struct vhu_ring *r, uint32_t len)
{
	uint64_t entry = r->used + VHU_RING_ENTRIES;
	uint8_t used[VHU_USED_LEN];
	uint16_t flags;

	VHU_USED_ID_set(used, r->chain.head);
	VHU_USED_LEN_set(used, len);
	entry += (uint64_t)(r->next % r->nr_entries) * VHU_USED_LEN;
	r->next++;
	if (ring_copy(r, entry, used, sizeof(used), true) == 0 &&
	    ring_copy(r, r->used + VHU_RING_INDEX, &r->next, sizeof(r->next), true) == 0 &&
	    ring_get16(r, r->avail + VHU_RING_FLAGS, &flags) == 0 &&
	    (flags & VRING_AVAIL_F_NO_INTERRUPT) == 0)
		vhu_ring_call(r);
}

/* Copies len bytes, off bytes into the segments. */
static int segments_copy(struct vhu_ring *r, const struct vhu_segment *s, size_t off, void *buf,
			 size_t len, bool write)
{
	uint8_t *p = buf;
	size_t n;

	for (; off >= s->len && len > 0; s++)
		off -= s->len;
	for (; len > 0; s++, off = 0, p += n, len -= n) {
		n = s->len - off < len ? s->len - off : len;
		if (off > UINT64_MAX - s->iova ||
		    guestmem_copy(r->owner->server.mem, s->iova + off, p, n, write, NULL,
				  NULL) != 0)
			return give_up(r, "a descriptor outside of the memory");
	}
	return 0;
}

int vhu_chain_read(struct vhu_ring *r, size_t off, void *buf, size_t len)
{
	return segments_copy(r, r->chain.segments, off, buf, len, false);
}

int vhu_chain_write(struct vhu_ring *r, const void *buf, size_t len)
{
	return segments_copy(r, r->chain.segments + r->chain.nr_out, 0,
			     (void *)(uintptr_t)buf, len, true);
}
