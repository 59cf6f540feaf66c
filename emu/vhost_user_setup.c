/* SPDX-License-Identifier: BSD-2-Clause */
/* What the peer says of its rings: their size, place and descriptors. */
#include <config.h>

#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "emu/event_fd.h"
#include "emu/vhost_user_server.h"

/* Of the parts of a ring, in bytes. */
enum { DESC_ALIGN = 16, AVAIL_ALIGN = 2, USED_ALIGN = 4 };

static void fd_replace(int *slot, int fd)
{
	if (*slot >= 0)
		close(*slot);
	*slot = fd;
}

static void kick_replace(struct vhu_ring *r, int fd)
{
	if (r->kick_fd >= 0)
		loop_remove(r->owner->server.loop, r->kick_fd);
	fd_replace(&r->kick_fd, fd);
}

void vhu_rings_init(struct vhost_user *v)
{
	for (unsigned int i = 0; i < VHU_NR_RINGS; i++)
		v->rings[i] = (struct vhu_ring){ .owner = v, .kick_fd = -1, .call_fd = -1 };
}

void vhu_rings_clear(struct vhost_user *v)
{
	for (unsigned int i = 0; i < VHU_NR_RINGS; i++) {
		kick_replace(&v->rings[i], -1);
		fd_replace(&v->rings[i].call_fd, -1);
	}
	vhu_rings_init(v);
}

/* Without protocol features a ring is enabled by its kick descriptor. */
bool vhu_ring_ready(const struct vhu_ring *r)
{
	bool enabled = r->enabled ||
		       (r->owner->features & UINT64_C(1) << VHU_F_PROTOCOL_FEATURES) == 0;

	return enabled && r->nr_entries > 0 && r->has_addr && r->kick_fd >= 0;
}

void vhu_ring_call(const struct vhu_ring *r)
{
	uint64_t one = 1;

	/* A socket that cannot take one more is signalled already. */
	if (r->call_is_socket)
		(void)send(r->call_fd, &one, sizeof(one), MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		event_fd_signal(r->call_fd);
}

/* NULL, and the ring that a message is about; or what is wrong. */
static const char *ring_find(struct vhost_user *v, uint64_t index, struct vhu_ring **r)
{
	if (index >= VHU_NR_RINGS)
		return "a ring that is not there";
	*r = &v->rings[index];
	return NULL;
}

const char *vhu_set_num(struct vhost_user *v, struct conn_msg *msg)
{
	uint64_t nr = VHU_STATE_NUM_get(msg->body);
	struct vhu_ring *r;
	const char *wrong = ring_find(v, VHU_STATE_INDEX_get(msg->body), &r);

	if (wrong != NULL)
		return wrong;
	if (nr == 0 || nr > VHU_MAX_ENTRIES || (nr & (nr - 1)) != 0)
		return "a ring whose size is no power of two, or more than 1024";
	r->nr_entries = (uint32_t)nr;
	return NULL;
}

const char *vhu_set_addr(struct vhost_user *v, struct conn_msg *msg)
{
	struct vhu_ring *r;
	const char *wrong = ring_find(v, VHU_ADDR_INDEX_get(msg->body), &r);

	if (wrong != NULL)
		return wrong;
	r->desc = VHU_ADDR_DESC_get(msg->body);
	r->avail = VHU_ADDR_AVAIL_get(msg->body);
	r->used = VHU_ADDR_USED_get(msg->body);
	if (r->desc % DESC_ALIGN != 0 || r->avail % AVAIL_ALIGN != 0 || r->used % USED_ALIGN != 0)
		return "a misaligned ring";
	r->has_addr = true;
	r->quiet = false;
	return NULL;
}

const char *vhu_set_base(struct vhost_user *v, struct conn_msg *msg)
{
	uint64_t base = VHU_STATE_NUM_get(msg->body);
	struct vhu_ring *r;
	const char *wrong = ring_find(v, VHU_STATE_INDEX_get(msg->body), &r);

	if (wrong != NULL)
		return wrong;
	if (base > UINT16_MAX)
		return "a ring's base beyond any index";
	r->next = (uint16_t)base;
	return NULL;
}

/* Ends the ring until it gets a new kick descriptor. */
const char *vhu_get_base(struct vhost_user *v, struct conn_msg *msg)
{
	uint64_t index = VHU_STATE_INDEX_get(msg->body);
	uint8_t state[VHU_STATE_LEN];
	struct vhu_ring *r;
	const char *wrong = ring_find(v, index, &r);

	if (wrong != NULL)
		return wrong;
	kick_replace(r, -1);
	VHU_STATE_INDEX_set(state, index);
	VHU_STATE_NUM_set(state, r->next);
	vhu_reply(v, msg, state, sizeof(state));
	return NULL;
}

/* Of a message that may bring a descriptor: the ring and the descriptor, now
 * the caller's, or -1 if it says that there is none. */
static const char *ring_fd(struct vhost_user *v, struct conn_msg *msg, struct vhu_ring **r, int *fd)
{
	uint64_t value = VHU_U64_VALUE_get(msg->body);
	const char *wrong = ring_find(v, value & VHU_FD_RING_MASK, r);

	if (wrong != NULL)
		return wrong;
	if (msg->nr_fds != (value & VHU_FD_NONE ? 0 : 1))
		return "a ring's descriptor that is missing or too much";
	*fd = conn_msg_take_fd(msg, 0);
	return NULL;
}

static void kick_readable(void *ctx, int fd)
{
	(void)fd;
	vhu_ring_kicked(ctx);
}

/* What the guest added before the ring was ready. */
static void ring_look(struct vhu_ring *r)
{
	if (vhu_ring_ready(r))
		event_fd_signal(r->kick_fd);
}

void vhu_rings_look(struct vhost_user *v)
{
	for (struct vhu_ring *r = v->rings; r < v->rings + VHU_NR_RINGS; r++) {
		if (!r->kicked || !vhu_ring_ready(r))
			continue;
		r->kicked = false;
		ring_look(r);
	}
}

const char *vhu_set_kick(struct vhost_user *v, struct conn_msg *msg)
{
	struct vhu_ring *r;
	int fd;
	const char *wrong = ring_fd(v, msg, &r, &fd);

	if (wrong != NULL)
		return wrong;
	if (fd < 0)
		return "a ring to be polled, which is not done here";
	kick_replace(r, -1);
	if (event_fd_check(fd) != 0 ||
	    loop_add(v->server.loop, fd, LOOP_ORDER_TRANSPORT, kick_readable, r) != 0) {
		close(fd);
		return "a kick descriptor that is no eventfd";
	}
	r->kick_fd = fd;
	ring_look(r);
	return NULL;
}

const char *vhu_set_call(struct vhost_user *v, struct conn_msg *msg)
{
	struct vhu_ring *r;
	struct stat st;
	int fd;
	const char *wrong = ring_fd(v, msg, &r, &fd);

	if (wrong != NULL)
		return wrong;
	fd_replace(&r->call_fd, fd);
	r->call_is_socket = fd >= 0 && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
	if (fd >= 0 && !r->call_is_socket && event_fd_check(fd) != 0)
		return "a call descriptor that is neither an eventfd nor a socket";
	/* Somebody may already wait for it. */
	if (vhu_ring_ready(r))
		vhu_ring_call(r);
	return NULL;
}

/* Errors of a ring are told by disconnecting. */
const char *vhu_set_err(struct vhost_user *v, struct conn_msg *msg)
{
	struct vhu_ring *r;
	const char *wrong;
	int fd = -1;

	wrong = ring_fd(v, msg, &r, &fd);
	fd_replace(&fd, -1);
	return wrong;
}

const char *vhu_set_enable(struct vhost_user *v, struct conn_msg *msg)
{
	struct vhu_ring *r;
	const char *wrong = ring_find(v, VHU_STATE_INDEX_get(msg->body), &r);

	if (wrong != NULL)
		return wrong;
	r->enabled = VHU_STATE_NUM_get(msg->body) != 0;
	ring_look(r);
	return NULL;
}
