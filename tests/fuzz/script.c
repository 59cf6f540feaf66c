/* SPDX-License-Identifier: BSD-2-Clause */
/* A vfio-user client that does what a string of bytes says. */
#include "config.h"
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "emu/drive.h"
#include "spec/bytes.h"
#include "spec/nvme.h"
#include "tests/fuzz/guest_files.h"
#include "tests/fuzz/observer.h"
#include "tests/fuzz/script.h"
#include "tests/fuzz/still_time.h"
#include "tests/fuzz/wire.h"

enum {
	NS_PER_MS = 1000000,
	NR_QUEUES = 2,
	NR_ENTRIES = 64,		/* in each queue */
	MAX_RAW = 65535,
	MSIX_CONTROL = 0x52,		/* in configuration space */
	CC_ENABLE = 4 << 20 | 6 << 16 | 1,
	NR_VECTORS = 8,
};

struct queue {
	uint64_t sq, cq;
	uint32_t tail, head;
	bool phase;
};

static struct script {
	struct guest_files files;
	struct wire wire;
	const uint8_t *at;
	size_t left;
	uint8_t has;
	struct queue queues[NR_QUEUES];
	uint8_t messages[SCRIPT_SIZE];
	struct script_counts counts;
} s;

const struct script_counts *script_counts(void)
{
	return &s.counts;
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

static void region_write(uint32_t region, uint64_t off, unsigned int width, uint64_t value)
{
	bool bar = region == VFIO_PCI_BAR0_REGION_INDEX;
	uint8_t body[VU_RW_LEN + 8];

	VU_RW_OFFSET_set(body, off);
	VU_RW_REGION_set(body, region);
	VU_RW_COUNT_set(body, width);
	bytes_set_le(body + VU_RW_LEN, 8, value);
	wire_request(&s.wire, VU_REGION_WRITE, bar ? VU_NO_REPLY : 0, body, VU_RW_LEN + width,
		     NULL, 0);
}

static void reg_write(uint64_t off, unsigned int width, uint64_t value)
{
	region_write(VFIO_PCI_BAR0_REGION_INDEX, off, width, value);
}

static void map(uint64_t iova, uint32_t flags, int fd)
{
	uint8_t body[VU_MAP_LEN] = { 0 };

	VU_MAP_ARGSZ_set(body, VU_MAP_LEN);
	VU_MAP_FLAGS_set(body, flags);
	VU_MAP_ADDRESS_set(body, iova);
	VU_MAP_SIZE_set(body, SCRIPT_SIZE);
	wire_request(&s.wire, VU_DMA_MAP, 0, body, sizeof(body), &fd, fd >= 0);
}

static void say_version(void)
{
	static const char json[] = "{\"capabilities\":{\"max_msg_fds\":16,"
				   "\"max_data_xfer_size\":1048576,\"pgsizes\":4096}}";
	uint8_t body[VU_VERSION_LEN + sizeof(json)] = { 0 };

	memcpy(body + VU_VERSION_LEN, json, sizeof(json));
	wire_request(&s.wire, VU_VERSION, 0, body, sizeof(body), NULL, 0);
}

static void set_irqs(void)
{
	uint8_t body[VU_SET_LEN] = { 0 };
	int fds[NR_VECTORS];

	for (unsigned int i = 0; i < NR_VECTORS; i++)
		fds[i] = s.files.event;
	VU_SET_ARGSZ_set(body, VU_SET_LEN);
	VU_SET_FLAGS_set(body, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER);
	VU_SET_INDEX_set(body, VFIO_PCI_MSIX_IRQ_INDEX);
	VU_SET_COUNT_set(body, NR_VECTORS);
	wire_request(&s.wire, VU_DEVICE_SET_IRQS, 0, body, sizeof(body), fds, NR_VECTORS);
}

static void queue_start(unsigned int qid, uint64_t sq, uint64_t cq)
{
	s.queues[qid] = (struct queue){ .sq = sq, .cq = cq, .phase = true };
}

static void enable(void)
{
	queue_start(0, SCRIPT_BASE, SCRIPT_BASE + 0x1000);
	set_irqs();
	region_write(VFIO_PCI_CONFIG_REGION_INDEX, 4, 2, 6);
	region_write(VFIO_PCI_CONFIG_REGION_INDEX, 0x10, 4, SCRIPT_BAR0);
	region_write(VFIO_PCI_CONFIG_REGION_INDEX, MSIX_CONTROL, 2, 0x8000);
	reg_write(NVME_REG_AQA, 4, (NR_ENTRIES - 1) << 16 | (NR_ENTRIES - 1));
	reg_write(NVME_REG_ASQ, 8, s.queues[0].sq);
	reg_write(NVME_REG_ACQ, 8, s.queues[0].cq);
	reg_write(NVME_REG_CC, 4, CC_ENABLE);
}

static void submit(unsigned int qid, const uint8_t entry[NVME_SQE_SIZE])
{
	struct queue *q = &s.queues[qid];
	uint64_t off = q->sq - SCRIPT_BASE + q->tail * NVME_SQE_SIZE;

	guest_files_put(&s.files, off, entry, NVME_SQE_SIZE);
	q->tail = (q->tail + 1) % NR_ENTRIES;
	reg_write(NVME_REG_DOORBELLS + 8 * qid, 4, q->tail);
}

static void create_queue(uint8_t opcode, uint64_t prp1, uint32_t cdw11)
{
	uint8_t entry[NVME_SQE_SIZE] = { opcode };

	bytes_set_le(entry + 24, 8, prp1);
	bytes_set_le(entry + 40, 4, (NR_ENTRIES - 1) << 16 | 1);
	bytes_set_le(entry + 44, 4, cdw11);
	submit(0, entry);
}

static void create_queues(void)
{
	bool message = s.has & SCRIPT_HAS_QUEUE_BY_MESSAGE;

	queue_start(1, SCRIPT_BASE + 0x2000, message ? SCRIPT_MESSAGES : SCRIPT_BASE + 0x3000);
	create_queue(NVME_OPC_CREATE_IO_CQ, s.queues[1].cq, 1 << 16 | 3);
	create_queue(NVME_OPC_CREATE_IO_SQ, s.queues[1].sq, 1 << 16 | 1);
}

static void begin_enabled(void)
{
	if (s.has & SCRIPT_HAS_ENABLED)
		enable();
	if (s.has & SCRIPT_HAS_QUEUES)
		create_queues();
}

static void begin(void)
{
	queue_start(0, SCRIPT_BASE, SCRIPT_BASE + 0x1000);
	queue_start(1, SCRIPT_BASE + 0x2000, SCRIPT_BASE + 0x3000);
	if (s.has & SCRIPT_HAS_VERSION)
		say_version();
	if (s.has & SCRIPT_HAS_MEMORY)
		map(SCRIPT_BASE, VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE, s.files.memory);
	if (s.has & SCRIPT_HAS_MESSAGES)
		map(SCRIPT_MESSAGES, VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE, -1);
	if (s.has & SCRIPT_HAS_READ_ONLY)
		map(SCRIPT_READ_ONLY, VFIO_DMA_MAP_FLAG_READ, s.files.read_only);
	begin_enabled();
}

static void step_message(void)
{
	static uint8_t body[MAX_RAW];
	uint16_t command = (uint16_t)take(1);
	uint32_t flags = (uint32_t)take(1);
	unsigned int kinds = (unsigned int)take(1), nr_fds = kinds & 31;
	size_t len = take(2);
	int fds[CONN_MAX_FDS];

	nr_fds = nr_fds < CONN_MAX_FDS ? nr_fds : CONN_MAX_FDS;
	for (unsigned int i = 0; i < nr_fds; i++)
		fds[i] = kinds >> 5 == 0 ? s.files.memory :
			 kinds >> 5 == 1 ? s.files.event :
			 kinds >> 5 == 2 ? s.files.null : s.files.pipe[kinds >> 5 & 1];
	len = len < s.left ? len : s.left;
	take_bytes(body, len);
	wire_request(&s.wire, command, flags, body, len, fds, nr_fds);
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
	static uint8_t bytes[MAX_RAW];
	size_t len = take(2);

	len = len < s.left ? len : s.left;
	take_bytes(bytes, len);
	wire_raw(&s.wire, bytes, len);
}

/* Two bytes stand for an address: its region, its page, and where in that. */
static uint64_t take_address(void)
{
	static const uint64_t regions[16] = {
		0, SCRIPT_BASE, SCRIPT_BASE, SCRIPT_BASE, SCRIPT_BASE, SCRIPT_BASE, SCRIPT_MESSAGES,
		SCRIPT_READ_ONLY, SCRIPT_BAR0, SCRIPT_BASE + SCRIPT_SIZE - 4096,
		SCRIPT_READ_ONLY + SCRIPT_SIZE, UINT64_MAX - 4095, UINT64_MAX - 0x3ffff,
		SCRIPT_BASE - 4096, UINT64_C(1) << 63, SCRIPT_BASE,
	};
	static const uint16_t offsets[] = { 0, 0, 0, 0, 0, 8, 0x200, 0xff8, 0xffc, 4, 1, 0xff0 };
	uint64_t code = take(2);

	return regions[code >> 12] + (code & 0x3f) * 4096 +
	       offsets[(code >> 6 & 0x3f) % (sizeof(offsets) / sizeof(offsets[0]))];
}

static void step_command(void)
{
	unsigned int qid = take(1) % NR_QUEUES;
	uint8_t entry[NVME_SQE_SIZE] = { (uint8_t)take(1), (uint8_t)take(1) };

	entry[2] = (uint8_t)s.queues[qid].tail;
	entry[4] = (uint8_t)take(1);
	bytes_set_le(entry + 24, 8, take_address());
	bytes_set_le(entry + 32, 8, take_address());
	take_bytes(entry + 40, 24);
	submit(qid, entry);
}

static void step_entry(void)
{
	unsigned int qid = take(1) % NR_QUEUES;
	uint8_t entry[NVME_SQE_SIZE];

	take_bytes(entry, sizeof(entry));
	submit(qid, entry);
}

static void step_access(uint32_t region)
{
	uint64_t off = take(2);
	unsigned int width = take(1) % 9;

	region_write(region, off, width, take(8));
}

static void step_register(void)
{
	step_access(VFIO_PCI_BAR0_REGION_INDEX);
}

static void step_config(void)
{
	step_access(VFIO_PCI_CONFIG_REGION_INDEX);
}

static bool take_completion(struct queue *q)
{
	const uint8_t *memory = q->cq >= SCRIPT_MESSAGES ? s.messages : s.files.mem;
	uint64_t off = q->cq % (1 << 20) + q->head * NVME_CQE_SIZE;

	if ((q->cq < SCRIPT_MESSAGES && off + NVME_CQE_SIZE > s.files.memory_len) ||
	    (memory[off + 14] & 1) != q->phase)
		return false;
	q->head = (q->head + 1) % NR_ENTRIES;
	q->phase ^= q->head == 0;
	s.counts.nr_completions++;
	return true;
}

static void step_consume(void)
{
	unsigned int qid = take(1) % NR_QUEUES;
	struct queue *q = &s.queues[qid];
	unsigned int nr = 0;

	while (nr < NR_ENTRIES && take_completion(q))
		nr++;
	if (nr > 0)
		reg_write(NVME_REG_DOORBELLS + 8 * qid + 4, 4, q->head);
}

static void step_reset(void)
{
	wire_request(&s.wire, VU_DEVICE_RESET, 0, NULL, 0, NULL, 0);
	begin_enabled();
}

static void step_shrink(void)
{
	guest_files_resize(&s.files, take(1) % (SCRIPT_SIZE / 4096 + 1) * 4096);
}

static void step_answer(void)
{
	s.wire.answer = (enum script_answer)(take(1) % SCRIPT_NR_ANSWERS);
}

static void (*const steps[16])(void) = {
	[SCRIPT_MESSAGE] = step_message,
	[SCRIPT_MEMORY] = step_memory,
	[SCRIPT_RAW] = step_raw,
	[SCRIPT_SHRINK] = step_shrink,
	[SCRIPT_COMMAND] = step_command,
	[SCRIPT_ENTRY] = step_entry,
	[SCRIPT_ANSWER] = step_answer,
	[SCRIPT_REGISTER] = step_register,
	[SCRIPT_CONFIG] = step_config,
	[SCRIPT_CONSUME] = step_consume,
	[SCRIPT_RESET] = step_reset,
};

bool script_turn(void)
{
	unsigned int what;

	if (s.left == 0 || s.wire.over) {
		wire_close(&s.wire);
		return true;
	}
	what = take(1) & 15;
	if (what == SCRIPT_TIME) {
		still_time_pass(take(2) * NS_PER_MS);
		return false;
	}
	if (steps[what] != NULL)
		steps[what]();
	return true;
}

bool script_drain(void)
{
	return wire_drain(&s.wire);
}

static void start(int fd, const uint8_t *script, size_t len)
{
	guest_files_reset(&s.files);
	memset(s.messages, 0, SCRIPT_SIZE);
	s.wire = (struct wire){ .memory = s.messages, .counts = &s.counts };
	conn_init(&s.wire.conn, &vu_proto, fd);
	s.at = script;
	s.left = len;
	s.has = (uint8_t)take(1);
	begin();
}

void script_run(const uint8_t *script, size_t len)
{
	static const char *const ns[] = { "mem=128K", "mem=64K,lbads=12,ro" };
	struct drive_config config = { .ns = ns, .nr_ns = 2, .bdf = 0x30, .once = true };
	char err[200];
	struct drive *drive;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		abort();
	still_time_start();
	config.vfio_user_fd = fds[0];
	drive = drive_new(&config, err, sizeof(err));
	if (drive == NULL || drive_add_plugin(drive, observer_plugin(), NULL) != 0)
		abort();
	start(fds[1], script, len);
	if (drive_run(drive) != 0)
		abort();
	drive_free(drive);
	wire_close(&s.wire);
	if (!guest_files_intact(&s.files))
		abort();
}
