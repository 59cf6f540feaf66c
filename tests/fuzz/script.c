/* SPDX-License-Identifier: BSD-2-Clause */
/* A vfio-user client that does what a string of bytes says. */
#include "config.h"
#include <linux/vfio.h>
#include <string.h>
#include "spec/bytes.h"
#include "spec/nvme.h"
#include "tests/fuzz/script.h"
#include "tests/fuzz/wire.h"

enum {
	NR_QUEUES = 2,
	NR_ENTRIES = 64,		/* in each queue */
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
	struct wire wire;
	struct queue queues[NR_QUEUES];
	uint8_t messages[SCRIPT_SIZE];
	struct script_counts counts;
} s;

const struct script_counts *script_counts(void)
{
	return &s.counts;
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
		fds[i] = frame.files.event;
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

	guest_files_put(&frame.files, off, entry, NVME_SQE_SIZE);
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
	bool message = frame.has & SCRIPT_HAS_QUEUE_BY_MESSAGE;

	queue_start(1, SCRIPT_BASE + 0x2000, message ? SCRIPT_MESSAGES : SCRIPT_BASE + 0x3000);
	create_queue(NVME_OPC_CREATE_IO_CQ, s.queues[1].cq, 1 << 16 | 3);
	create_queue(NVME_OPC_CREATE_IO_SQ, s.queues[1].sq, 1 << 16 | 1);
}

static void begin_enabled(void)
{
	if (frame.has & SCRIPT_HAS_ENABLED)
		enable();
	if (frame.has & SCRIPT_HAS_QUEUES)
		create_queues();
}

static void begin_connected(void)
{
	queue_start(0, SCRIPT_BASE, SCRIPT_BASE + 0x1000);
	queue_start(1, SCRIPT_BASE + 0x2000, SCRIPT_BASE + 0x3000);
	if (frame.has & SCRIPT_HAS_VERSION)
		say_version();
	if (frame.has & SCRIPT_HAS_MEMORY)
		map(SCRIPT_BASE, VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE, frame.files.memory);
	if (frame.has & SCRIPT_HAS_MESSAGES)
		map(SCRIPT_MESSAGES, VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE, -1);
	if (frame.has & SCRIPT_HAS_READ_ONLY)
		map(SCRIPT_READ_ONLY, VFIO_DMA_MAP_FLAG_READ, frame.files.read_only);
	begin_enabled();
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
	uint64_t code = frame_take(2);

	return regions[code >> 12] + (code & 0x3f) * 4096 +
	       offsets[(code >> 6 & 0x3f) % (sizeof(offsets) / sizeof(offsets[0]))];
}

static void step_command(void)
{
	unsigned int qid = frame_take(1) % NR_QUEUES;
	uint8_t entry[NVME_SQE_SIZE] = { (uint8_t)frame_take(1), (uint8_t)frame_take(1) };

	entry[2] = (uint8_t)s.queues[qid].tail;
	entry[4] = (uint8_t)frame_take(1);
	bytes_set_le(entry + 24, 8, take_address());
	bytes_set_le(entry + 32, 8, take_address());
	frame_take_bytes(entry + 40, 24);
	submit(qid, entry);
}

static void step_entry(void)
{
	unsigned int qid = frame_take(1) % NR_QUEUES;
	uint8_t entry[NVME_SQE_SIZE];

	frame_take_bytes(entry, sizeof(entry));
	submit(qid, entry);
}

static void step_access(uint32_t region)
{
	uint64_t off = frame_take(2);
	unsigned int width = frame_take(1) % 9;

	region_write(region, off, width, frame_take(8));
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
	const uint8_t *memory = q->cq >= SCRIPT_MESSAGES ? s.messages : frame.files.mem;
	uint64_t off = q->cq % (1 << 20) + q->head * NVME_CQE_SIZE;

	if ((q->cq < SCRIPT_MESSAGES && off + NVME_CQE_SIZE > frame.files.memory_len) ||
	    (memory[off + 14] & 1) != q->phase)
		return false;
	q->head = (q->head + 1) % NR_ENTRIES;
	q->phase ^= q->head == 0;
	s.counts.nr_completions++;
	return true;
}

static void step_consume(void)
{
	unsigned int qid = frame_take(1) % NR_QUEUES;
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

static void step_answer(void)
{
	s.wire.answer = (enum script_answer)(frame_take(1) % SCRIPT_NR_ANSWERS);
}

static bool is_over(void)
{
	return s.wire.over;
}

static void hang_up(void)
{
	wire_close(&s.wire);
}

static void message(uint16_t command, uint32_t flags, const void *body, size_t len,
		    const int *fds, unsigned int nr_fds)
{
	wire_request(&s.wire, command, flags, body, len, fds, nr_fds);
}

static void raw(const void *bytes, size_t len)
{
	wire_raw(&s.wire, bytes, len);
}

static bool drain(void)
{
	return wire_drain(&s.wire);
}

static void begin(int fd)
{
	const struct guest_files *files = &frame.files;
	const int kinds[SCRIPT_NR_KINDS] = { files->memory,  files->event,   files->null,
					     files->pipe[1], files->pipe[0], files->pipe[1],
					     files->pipe[0], files->pipe[1] };

	memcpy(frame.kinds, kinds, sizeof(kinds));
	memset(s.messages, 0, SCRIPT_SIZE);
	s.wire = (struct wire){ .memory = s.messages, .counts = &s.counts };
	conn_init(&s.wire.conn, &vu_proto, fd);
	begin_connected();
}

static const struct frame_way vfio_user = {
	.begin = begin,
	.is_over = is_over,
	.hang_up = hang_up,
	.message = message,
	.raw = raw,
	.drain = drain,
	.steps = {
		[SCRIPT_COMMAND] = step_command,
		[SCRIPT_ENTRY] = step_entry,
		[SCRIPT_ANSWER] = step_answer,
		[SCRIPT_REGISTER] = step_register,
		[SCRIPT_CONFIG] = step_config,
		[SCRIPT_CONSUME] = step_consume,
		[SCRIPT_RESET] = step_reset,
	},
};

void script_run(const uint8_t *script, size_t len)
{
	struct drive_config config = { .vfio_user = NULL };

	frame_run(&vfio_user, &config, &config.vfio_user_fd, script, len);
}
