/* SPDX-License-Identifier: BSD-2-Clause */
/* A vhost-user client that does what a string of bytes says. */
#include "config.h"
#include <errno.h>
#include <linux/virtio_pcidev.h>
#include <linux/virtio_ring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "emu/vhost_user_proto.h"
#include "spec/bytes.h"
#include "spec/nvme.h"
#include "tests/fuzz/vhost_script.h"

enum {
	NR_RINGS = 2,
	COMMANDS = 0,
	IRQS = 1,
	AVAIL = 0x1000,
	USED = 0x2000,
	NR_SLOTS = 16,
	SLOT_SIZE = 64,
	SLOT_IN = 32,
	NR_BUFFERS = 4,
	NR_ENTRIES = 64,	/* in the admin queues */
	MSIX_CONTROL = 0x52,
	MSIX_TABLE = 0x2000,
	NR_VECTORS = 4,
	CC_ENABLE = 4 << 20 | 6 << 16 | 1,
};

static struct script {
	struct conn conn;
	int kicks[NR_RINGS], call[2];
	bool over;
	uint16_t avail[NR_RINGS];
	uint32_t tail, head;
	struct vhost_script_counts counts;
} s;

const struct vhost_script_counts *vhost_script_counts(void)
{
	return &s.counts;
}

static void hang_up(void)
{
	s.over = true;
	conn_fini(&s.conn);
}

static void message_send(uint32_t request, uint32_t flags, const void *body, size_t len,
			 const int *fds, unsigned int nr_fds)
{
	struct iovec iov = { (void *)(uintptr_t)body, len };
	uint8_t hdr[VHU_HDR_LEN];

	if (s.over)
		return;
	VHU_HDR_REQUEST_set(hdr, request);
	VHU_HDR_FLAGS_set(hdr, flags);
	if (conn_send(&s.conn, hdr, &iov, 1, fds, nr_fds, 0) != 0)
		hang_up();
	else
		s.counts.nr_messages++;
}

static void send_u64(uint32_t request, uint64_t value, int fd)
{
	uint8_t body[VHU_U64_LEN];

	VHU_U64_VALUE_set(body, value);
	message_send(request, VHU_VERSION, body, sizeof(body), &fd, fd >= 0);
}

static void send_state(uint32_t request, uint32_t index, uint32_t num)
{
	uint8_t body[VHU_STATE_LEN];

	VHU_STATE_INDEX_set(body, index);
	VHU_STATE_NUM_set(body, num);
	message_send(request, VHU_VERSION, body, sizeof(body), NULL, 0);
}

/* --- what a well-behaved guest does */

static uint64_t ring_at(unsigned int ring)
{
	return VHOST_SCRIPT_RINGS + (uint64_t)ring * VHOST_SCRIPT_RING_SIZE;
}

static void desc_put(unsigned int ring, unsigned int index, uint64_t addr, uint32_t len,
		     uint16_t flags, uint16_t next)
{
	uint8_t desc[VHU_DESC_LEN];

	VHU_DESC_ADDR_set(desc, addr);
	VHU_DESC_LEN_set(desc, len);
	VHU_DESC_FLAGS_set(desc, flags);
	VHU_DESC_NEXT_set(desc, next);
	guest_files_put(&frame.files, ring_at(ring) + index * VHU_DESC_LEN, desc, sizeof(desc));
}

static void kick(unsigned int ring)
{
	uint64_t one = 1;
	ssize_t n = write(s.kicks[ring], &one, sizeof(one));

	(void)n;
}

static void avail_put(unsigned int ring, uint16_t head)
{
	uint64_t entry = AVAIL + VHU_RING_ENTRIES + 2 * (s.avail[ring] % VHOST_SCRIPT_ENTRIES);

	s.avail[ring]++;
	guest_files_put(&frame.files, ring_at(ring) + entry, &head, sizeof(head));
	guest_files_put(&frame.files, ring_at(ring) + AVAIL + VHU_RING_INDEX, &s.avail[ring],
			sizeof(s.avail[ring]));
	kick(ring);
}

static void access_put(uint8_t op, uint8_t bar, uint32_t size, uint64_t addr, uint64_t data)
{
	unsigned int slot = s.avail[COMMANDS] % NR_SLOTS;
	uint64_t at = VHOST_SCRIPT_SLOTS + slot * SLOT_SIZE;
	bool reads = op == VIRTIO_PCIDEV_OP_CFG_READ || op == VIRTIO_PCIDEV_OP_MMIO_READ;
	uint8_t msg[VHU_PCI_LEN + 8] = { 0 };

	VHU_PCI_OP_set(msg, op);
	VHU_PCI_BAR_set(msg, bar);
	VHU_PCI_SIZE_set(msg, size);
	VHU_PCI_ADDR_set(msg, addr);
	bytes_set_le(msg + VHU_PCI_LEN, 8, data);
	guest_files_put(&frame.files, at, msg, sizeof(msg));
	desc_put(COMMANDS, 2 * slot, SCRIPT_BASE + at, sizeof(msg), reads ? VRING_DESC_F_NEXT : 0,
		 (uint16_t)(2 * slot + 1));
	desc_put(COMMANDS, 2 * slot + 1, SCRIPT_BASE + at + SLOT_IN, 32, VRING_DESC_F_WRITE, 0);
	avail_put(COMMANDS, (uint16_t)(2 * slot));
	s.counts.nr_accesses++;
}

static void reg_write(uint64_t off, unsigned int width, uint64_t value)
{
	access_put(VIRTIO_PCIDEV_OP_MMIO_WRITE, 0, width, off, value);
}

static void config_write(uint64_t off, unsigned int width, uint64_t value)
{
	access_put(VIRTIO_PCIDEV_OP_CFG_WRITE, 0, width, off, value);
}

static void say_memory(void)
{
	uint8_t body[VHU_TABLE_LEN + VHU_REGION_LEN] = { 0 };

	message_send(VHU_SET_OWNER, VHU_VERSION, NULL, 0, NULL, 0);
	send_u64(VHU_SET_FEATURES,
		 UINT64_C(1) << VHU_F_PROTOCOL_FEATURES | UINT64_C(1) << VHU_F_VERSION_1, -1);
	VHU_TABLE_NR_set(body, 1);
	VHU_REGION_GUEST_set(body + VHU_TABLE_LEN, SCRIPT_BASE);
	VHU_REGION_SIZE_set(body + VHU_TABLE_LEN, SCRIPT_SIZE);
	VHU_REGION_USER_set(body + VHU_TABLE_LEN, SCRIPT_BASE);
	message_send(VHU_SET_MEM_TABLE, VHU_VERSION, body, sizeof(body), &frame.files.memory, 1);
}

static void say_ring(unsigned int ring)
{
	uint64_t at = SCRIPT_BASE + ring_at(ring);
	uint8_t body[VHU_ADDR_LEN] = { 0 };

	send_u64(VHU_SET_VRING_CALL, ring, frame.files.event);
	send_state(VHU_SET_VRING_NUM, ring, VHOST_SCRIPT_ENTRIES);
	send_state(VHU_SET_VRING_BASE, ring, 0);
	VHU_ADDR_INDEX_set(body, ring);
	VHU_ADDR_DESC_set(body, at);
	VHU_ADDR_AVAIL_set(body, at + AVAIL);
	VHU_ADDR_USED_set(body, at + USED);
	message_send(VHU_SET_VRING_ADDR, VHU_VERSION, body, sizeof(body), NULL, 0);
	send_u64(VHU_SET_VRING_KICK, ring, s.kicks[ring]);
	send_state(VHU_SET_VRING_ENABLE, ring, 1);
}

static void add_buffers(void)
{
	for (unsigned int i = 0; i < NR_BUFFERS; i++) {
		desc_put(IRQS, i, SCRIPT_BASE + VHOST_SCRIPT_BUFFERS + i * SLOT_SIZE, 20,
			 VRING_DESC_F_WRITE, 0);
		avail_put(IRQS, (uint16_t)i);
	}
}

static void enable(void)
{
	config_write(4, 2, 6);
	config_write(MSIX_CONTROL, 2, 0x8000);
	for (unsigned int i = 0; i < NR_VECTORS; i++) {
		reg_write(MSIX_TABLE + 16 * i, 8, 0xfee00000);
		reg_write(MSIX_TABLE + 16 * i + 8, 8, i);
	}
	reg_write(NVME_REG_AQA, 4, (NR_ENTRIES - 1) << 16 | (NR_ENTRIES - 1));
	reg_write(NVME_REG_ASQ, 8, SCRIPT_BASE + VHOST_SCRIPT_SQ);
	reg_write(NVME_REG_ACQ, 8, SCRIPT_BASE + VHOST_SCRIPT_CQ);
	reg_write(NVME_REG_CC, 4, CC_ENABLE);
}

static void begin_connected(void)
{
	if (frame.has & VHOST_SCRIPT_HAS_MEMORY)
		say_memory();
	for (unsigned int i = 0; (frame.has & VHOST_SCRIPT_HAS_RINGS) && i < NR_RINGS; i++)
		say_ring(i);
	if (frame.has & VHOST_SCRIPT_HAS_IRQS)
		add_buffers();
	if (frame.has & VHOST_SCRIPT_HAS_ENABLED)
		enable();
}

static void take_kinds(void)
{
	const struct guest_files *files = &frame.files;
	const int kinds[SCRIPT_NR_KINDS] = { files->memory,  files->event,   files->null,
					     files->pipe[0], files->pipe[1], s.kicks[0],
					     s.kicks[1],     s.call[0] };

	memcpy(frame.kinds, kinds, sizeof(kinds));
}

/* --- steps */

static void step_desc(void)
{
	unsigned int ring = frame_take(1) % NR_RINGS;
	unsigned int index = frame_take(1) % VHOST_SCRIPT_ENTRIES;
	uint64_t addr = SCRIPT_BASE + frame_take(4);
	uint32_t len = (uint32_t)frame_take(2);
	uint16_t flags = (uint16_t)frame_take(1);

	desc_put(ring, index, addr, len, flags, (uint16_t)frame_take(1));
}

static void step_avail(void)
{
	unsigned int ring = frame_take(1) % NR_RINGS;

	avail_put(ring, (uint16_t)frame_take(2));
}

static void step_kick(void)
{
	kick(frame_take(1) % NR_RINGS);
}

static void step_access(void)
{
	uint8_t op = (uint8_t)frame_take(1), bar = (uint8_t)frame_take(1);
	uint32_t size = (uint32_t)frame_take(2);
	uint64_t addr = frame_take(4);

	access_put(op, bar, size, addr, frame_take(8));
}

static void step_command(void)
{
	uint8_t entry[NVME_SQE_SIZE] = { (uint8_t)frame_take(1) };

	entry[2] = (uint8_t)s.tail;
	entry[4] = (uint8_t)frame_take(1);
	bytes_set_le(entry + 24, 8, SCRIPT_BASE + frame_take(1) * 4096);
	bytes_set_le(entry + 32, 8, SCRIPT_BASE + frame_take(1) * 4096);
	frame_take_bytes(entry + 40, 12);
	guest_files_put(&frame.files, VHOST_SCRIPT_SQ + s.tail * NVME_SQE_SIZE, entry, sizeof(entry));
	s.tail = (s.tail + 1) % NR_ENTRIES;
	reg_write(NVME_REG_DOORBELLS, 4, s.tail);
}

static void step_consume(void)
{
	add_buffers();
	s.head = s.tail;
	reg_write(NVME_REG_DOORBELLS + 4, 4, s.head);
}

static bool is_over(void)
{
	return s.over;
}

static void raw(const void *bytes, size_t len)
{
	if (!s.over && send(s.conn.fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		hang_up();
}

static void message(uint16_t request, uint32_t flags, const void *body, size_t len,
		    const int *fds, unsigned int nr_fds)
{
	message_send(request, flags, body, len, fds, nr_fds);
}

/* Nothing but answers of eight bytes comes. */
static void reply_take(const struct conn_msg *msg)
{
	if (msg->flags != (VHU_VERSION | VHU_REPLY) || msg->len != VHU_U64_LEN ||
	    (msg->command != VHU_GET_FEATURES && msg->command != VHU_GET_PROTOCOL_FEATURES &&
	     msg->command != VHU_GET_VRING_BASE))
		abort();
	s.counts.nr_replies++;
}

static bool drain(void)
{
	struct conn_msg *msg;
	bool some = false;
	int rc = 1;

	while (!s.over && (rc = conn_recv(&s.conn, &msg)) == 1) {
		some = true;
		reply_take(msg);
		conn_msg_free(msg);
	}
	if (s.over || rc == -EAGAIN)
		return some;
	s.counts.nr_left++;
	hang_up();
	return true;
}

static void begin(int fd)
{
	conn_init(&s.conn, &vhu_proto, fd);
	for (unsigned int i = 0; i < NR_RINGS; i++) {
		s.kicks[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		s.avail[i] = 0;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s.call) != 0)
		abort();
	take_kinds();
	s.over = false;
	s.tail = s.head = 0;
	begin_connected();
}

static const struct frame_way vhost_user = {
	.begin = begin,
	.is_over = is_over,
	.hang_up = hang_up,
	.message = message,
	.raw = raw,
	.drain = drain,
	.steps = {
		[VHOST_SCRIPT_DESC] = step_desc,
		[VHOST_SCRIPT_AVAIL] = step_avail,
		[VHOST_SCRIPT_KICK] = step_kick,
		[VHOST_SCRIPT_ACCESS] = step_access,
		[VHOST_SCRIPT_COMMAND] = step_command,
		[VHOST_SCRIPT_CONSUME] = step_consume,
	},
};

/* What the drive has used of a ring, modulo 2^16. */
static uint64_t nr_used(unsigned int ring)
{
	uint64_t index = ring_at(ring) + USED + VHU_RING_INDEX;

	return index + 2 <= frame.files.memory_len ? host_get(frame.files.mem + index, 2) : 0;
}

void vhost_script_run(const uint8_t *script, size_t len)
{
	struct drive_config config = { .vfio_user = NULL };

	frame_run(&vhost_user, &config, &config.vhost_user_fd, script, len);
	s.counts.nr_used += nr_used(COMMANDS);
	s.counts.nr_irqs += nr_used(IRQS);
	for (unsigned int i = 0; i < NR_RINGS; i++)
		close(s.kicks[i]);
	close(s.call[0]);
	close(s.call[1]);
}
