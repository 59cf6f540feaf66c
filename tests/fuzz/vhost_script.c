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
#include "emu/drive.h"
#include "emu/vhost_user_proto.h"
#include "spec/bytes.h"
#include "spec/nvme.h"
#include "tests/fuzz/guest_files.h"
#include "tests/fuzz/observer.h"
#include "tests/fuzz/still_time.h"
#include "tests/fuzz/vhost_script.h"

enum {
	NS_PER_MS = 1000000,
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
	MAX_BODY = 65535,
	MSIX_CONTROL = 0x52,
	MSIX_TABLE = 0x2000,
	NR_VECTORS = 4,
	CC_ENABLE = 4 << 20 | 6 << 16 | 1,
};

static struct script {
	struct guest_files files;
	struct conn conn;
	int kicks[NR_RINGS], call[2];
	bool over;
	const uint8_t *at;
	size_t left;
	uint8_t has;
	uint16_t avail[NR_RINGS];
	uint32_t tail, head;
	uint64_t nr_used, nr_replies;
} s;

uint64_t vhost_script_nr_used(void)
{
	return s.nr_used;
}

uint64_t vhost_script_nr_replies(void)
{
	return s.nr_replies;
}

static void take_bytes(void *to, size_t len)
{
	size_t n = len < s.left ? len : s.left;

	memset(to, 0, len);
	if (n > 0)
		memcpy(to, s.at, n);
	s.at += n;
	s.left -= n;
}

static uint64_t take(size_t len)
{
	uint8_t bytes[8];

	take_bytes(bytes, len);
	return bytes_get_le(bytes, len);
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
	guest_files_put(&s.files, ring_at(ring) + index * VHU_DESC_LEN, desc, sizeof(desc));
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
	guest_files_put(&s.files, ring_at(ring) + entry, &head, sizeof(head));
	guest_files_put(&s.files, ring_at(ring) + AVAIL + VHU_RING_INDEX, &s.avail[ring],
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
	guest_files_put(&s.files, at, msg, sizeof(msg));
	desc_put(COMMANDS, 2 * slot, SCRIPT_BASE + at, sizeof(msg), reads ? VRING_DESC_F_NEXT : 0,
		 (uint16_t)(2 * slot + 1));
	desc_put(COMMANDS, 2 * slot + 1, SCRIPT_BASE + at + SLOT_IN, 32, VRING_DESC_F_WRITE, 0);
	avail_put(COMMANDS, (uint16_t)(2 * slot));
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
	message_send(VHU_SET_MEM_TABLE, VHU_VERSION, body, sizeof(body), &s.files.memory, 1);
}

static void say_ring(unsigned int ring)
{
	uint64_t at = SCRIPT_BASE + ring_at(ring);
	uint8_t body[VHU_ADDR_LEN] = { 0 };

	send_u64(VHU_SET_VRING_CALL, ring, s.files.event);
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

static void begin(void)
{
	if (s.has & VHOST_SCRIPT_HAS_MEMORY)
		say_memory();
	for (unsigned int i = 0; (s.has & VHOST_SCRIPT_HAS_RINGS) && i < NR_RINGS; i++)
		say_ring(i);
	if (s.has & VHOST_SCRIPT_HAS_IRQS)
		add_buffers();
	if (s.has & VHOST_SCRIPT_HAS_ENABLED)
		enable();
}

/* --- steps */

static void step_message(void)
{
	static uint8_t body[MAX_BODY];
	uint32_t request = (uint32_t)take(1), flags = (uint32_t)take(1);
	unsigned int kinds = (unsigned int)take(1), nr_fds = kinds & 31;
	const int kind[8] = { s.files.memory, s.files.event, s.files.null, s.files.pipe[0],
			      s.files.pipe[1], s.kicks[0], s.kicks[1], s.call[0] };
	size_t len = take(2);
	int fds[CONN_MAX_FDS];

	nr_fds = nr_fds < CONN_MAX_FDS ? nr_fds : CONN_MAX_FDS;
	for (unsigned int i = 0; i < nr_fds; i++)
		fds[i] = kind[kinds >> 5];
	len = len < s.left ? len : s.left;
	take_bytes(body, len);
	message_send(request, flags, body, len, fds, nr_fds);
}

static void step_memory(void)
{
	uint64_t off = take(4) % SCRIPT_SIZE;
	size_t len = take(1);
	uint8_t bytes[255];

	take_bytes(bytes, len);
	guest_files_put(&s.files, off, bytes, len);
}

static void step_raw(void)
{
	static uint8_t bytes[MAX_BODY];
	size_t len = take(2);

	len = len < s.left ? len : s.left;
	take_bytes(bytes, len);
	if (!s.over && send(s.conn.fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		hang_up();
}

static void step_shrink(void)
{
	guest_files_resize(&s.files, take(1) % (SCRIPT_SIZE / 4096 + 1) * 4096);
}

static void step_desc(void)
{
	unsigned int ring = take(1) % NR_RINGS;
	unsigned int index = take(1) % VHOST_SCRIPT_ENTRIES;
	uint64_t addr = SCRIPT_BASE + take(4);
	uint32_t len = (uint32_t)take(2);
	uint16_t flags = (uint16_t)take(1);

	desc_put(ring, index, addr, len, flags, (uint16_t)take(1));
}

static void step_avail(void)
{
	unsigned int ring = take(1) % NR_RINGS;

	avail_put(ring, (uint16_t)take(2));
}

static void step_kick(void)
{
	kick(take(1) % NR_RINGS);
}

static void step_access(void)
{
	uint8_t op = (uint8_t)take(1), bar = (uint8_t)take(1);
	uint32_t size = (uint32_t)take(2);
	uint64_t addr = take(4);

	access_put(op, bar, size, addr, take(8));
}

static void step_command(void)
{
	uint8_t entry[NVME_SQE_SIZE] = { (uint8_t)take(1) };

	entry[2] = (uint8_t)s.tail;
	entry[4] = (uint8_t)take(1);
	bytes_set_le(entry + 24, 8, SCRIPT_BASE + take(1) * 4096);
	bytes_set_le(entry + 32, 8, SCRIPT_BASE + take(1) * 4096);
	take_bytes(entry + 40, 12);
	guest_files_put(&s.files, VHOST_SCRIPT_SQ + s.tail * NVME_SQE_SIZE, entry, sizeof(entry));
	s.tail = (s.tail + 1) % NR_ENTRIES;
	reg_write(NVME_REG_DOORBELLS, 4, s.tail);
}

static void step_consume(void)
{
	add_buffers();
	s.head = s.tail;
	reg_write(NVME_REG_DOORBELLS + 4, 4, s.head);
}

static void (*const steps[16])(void) = {
	[VHOST_SCRIPT_MESSAGE] = step_message,
	[VHOST_SCRIPT_MEMORY] = step_memory,
	[VHOST_SCRIPT_RAW] = step_raw,
	[VHOST_SCRIPT_SHRINK] = step_shrink,
	[VHOST_SCRIPT_DESC] = step_desc,
	[VHOST_SCRIPT_AVAIL] = step_avail,
	[VHOST_SCRIPT_KICK] = step_kick,
	[VHOST_SCRIPT_ACCESS] = step_access,
	[VHOST_SCRIPT_COMMAND] = step_command,
	[VHOST_SCRIPT_CONSUME] = step_consume,
};

bool script_turn(void)
{
	unsigned int what;

	if (s.left == 0 || s.over) {
		if (!s.over)
			hang_up();
		return true;
	}
	what = take(1) & 15;
	if (what == VHOST_SCRIPT_TIME) {
		still_time_pass(take(2) * NS_PER_MS);
		return false;
	}
	if (steps[what] != NULL)
		steps[what]();
	return true;
}

/* Nothing but answers of eight bytes comes. */
static void reply_take(const struct conn_msg *msg)
{
	if (msg->flags != (VHU_VERSION | VHU_REPLY) || msg->len != VHU_U64_LEN ||
	    (msg->command != VHU_GET_FEATURES && msg->command != VHU_GET_PROTOCOL_FEATURES &&
	     msg->command != VHU_GET_VRING_BASE))
		abort();
	s.nr_replies++;
}

bool script_drain(void)
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
	hang_up();
	return true;
}

static void start(int fd, const uint8_t *script, size_t len)
{
	guest_files_reset(&s.files);
	conn_init(&s.conn, &vhu_proto, fd);
	for (unsigned int i = 0; i < NR_RINGS; i++) {
		s.kicks[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		s.avail[i] = 0;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s.call) != 0)
		abort();
	s.over = false;
	s.tail = s.head = 0;
	s.at = script;
	s.left = len;
	s.has = (uint8_t)take(1);
	begin();
}

static void finish(void)
{
	uint64_t index = VHOST_SCRIPT_RINGS + USED + VHU_RING_INDEX;

	if (index + 2 <= s.files.memory_len)
		s.nr_used += host_get(s.files.mem + index, 2);
	if (!s.over)
		hang_up();
	for (unsigned int i = 0; i < NR_RINGS; i++)
		close(s.kicks[i]);
	close(s.call[0]);
	close(s.call[1]);
}

void vhost_script_run(const uint8_t *script, size_t len)
{
	static const char *const ns[] = { "mem=128K", "mem=64K,lbads=12,ro" };
	struct drive_config config = { .ns = ns, .nr_ns = 2, .bdf = 0x30, .once = true };
	char err[200];
	struct drive *drive;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		abort();
	still_time_start();
	config.vhost_user_fd = fds[0];
	drive = drive_new(&config, err, sizeof(err));
	if (drive == NULL || drive_add_plugin(drive, observer_plugin(), NULL) != 0)
		abort();
	start(fds[1], script, len);
	if (drive_run(drive) != 0)
		abort();
	drive_free(drive);
	finish();
}
