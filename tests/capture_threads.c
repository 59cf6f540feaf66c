/* SPDX-License-Identifier: BSD-2-Clause */
/* Queues of four entries: what belongs together, then what is wrong. */
#include <string.h>
#include "spec/nvme.h"
#include "tests/captures.h"

static struct record put_read(struct maker *m, uint64_t lba)
{
	return put_simple(m, IO_QUEUE, NVME_OPC_READ, 1, (uint32_t)lba, 0, 7);
}

/* Frames 1 to 7. */
static void start(struct maker *m)
{
	put_state(m, NVMETAP_CTRL_DISABLED);
	put_state(m, NVMETAP_CTRL_READY);
	put_queue(m, NVMETAP_CQ, 0, NVMETAP_QUEUE_CREATED);
	put_queue(m, NVMETAP_SQ, 0, NVMETAP_QUEUE_CREATED);
	put_queue(m, NVMETAP_CQ, 1, NVMETAP_QUEUE_CREATED);
	put_queue(m, NVMETAP_SQ, 1, NVMETAP_QUEUE_CREATED);
	put_text(m, NVMETAP_EV_CONSOLE, NVMETAP_DECODE, "[    0.5] nvme nvme0: hello");
}

/* Frames 8 to 22: two commands by one doorbell, completed in the other order and
 * announced by one interrupt; two more, round the end of both queues. */
static void good(struct maker *m)
{
	static const uint8_t block[512] = { 1, 2, 3 };
	struct record a, b;

	put_doorbell(m, NVMETAP_DOORBELL_SQ, 1, 0, 2);
	a = put_read(m, 0);
	b = put_read(m, 8);
	put_data(m, b, block, 0, 512, 512);
	b = put_cqe(m, b, (struct put_cqe){ 2, 1, 0 });
	a = put_cqe(m, a, (struct put_cqe){ 2, 1, 0 });
	a.count = 2;
	put_interrupt(m, a, 1, NVMETAP_IRQ_MSIX);
	put_doorbell(m, NVMETAP_DOORBELL_CQ, 1, 0, 2);
	put_doorbell(m, NVMETAP_DOORBELL_SQ, 1, 2, 1);		/* frame 16: three entries */
	a = put_read(m, 16);
	a = put_cqe(m, a, (struct put_cqe){ 3, 1, 0 });
	b = put_read(m, 24);
	b = put_cqe(m, b, (struct put_cqe){ 0, 1, 0 });
	put_interrupt(m, b, 1, NVMETAP_IRQ_MSIX);
	put_doorbell(m, NVMETAP_DOORBELL_CQ, 1, 2, 0);		/* frame 22 */
}

/* Frames 23 to 33: each one odd but the doorbells. */
static void wrong_queues(struct maker *m)
{
	struct record a = put_read(m, 32);
	struct record b;

	put_cqe(m, a, (struct put_cqe){ 1, 1, 0 });		/* 24: the phase is 0 now */
	put_cqe(m, a, (struct put_cqe){ 1, 0, 0 });		/* 25: a second time */
	put_doorbell(m, NVMETAP_DOORBELL_SQ, 1, 1, 9);		/* 26: out of range */
	put_doorbell(m, NVMETAP_DOORBELL_SQ, 5, 0, 1);		/* 27: no such queue */
	put_doorbell(m, NVMETAP_DOORBELL_SQ, 1, 1, 3);
	a = put_read(m, 40);
	m->cid--;
	b = put_read(m, 48);					/* 30: its identifier is in use */
	b = put_cqe(m, b, (struct put_cqe){ 0, 0, 0 });		/* 31: head beyond the tail */
	b.cause = 1000000;
	put_cqe(m, b, (struct put_cqe){ 3, 0, 0 });		/* 32: of no command */
	a.cid++;
	put_read(m, 56);					/* 33: given up in 41 */
}

/* Frames 34 to 42. */
static void wrong_commands(struct maker *m)
{
	uint8_t cmd[sqe_SIZE] = { 0 }, irq[interrupt_info_SIZE] = { 0 };
	struct record a;

	sqe_opc_set(cmd, NVME_OPC_WRITE);
	sqe_cid_set(cmd, 0x100);
	sqe_nsid_set(cmd, 1);
	sqe_rsvd1_set(cmd, 2);
	sqe_prp1_set(cmd, 0x10001);
	a = put_command(m, IO_QUEUE, cmd);			/* 34: reserved, offset */
	put_cqe(m, a, (struct put_cqe){ 3, 1, NVME_SCT_MEDIA_ERROR << 8 |
					NVME_SC_UNRECOVERED_READ_ERROR });
	a = put_read(m, 64);
	m->latency_ns = 20000000;
	a = put_cqe(m, a, (struct put_cqe){ 3, 1, NVME_SC_LBA_OUT_OF_RANGE });	/* 37 */
	interrupt_info_type_set(irq, NVMETAP_IRQ_MSIX);
	interrupt_info_result_set(irq, NVMETAP_IRQ_MASKED);
	put_event(m, NVMETAP_EV_INTERRUPT, NVMETAP_WRITEBACK, irq, sizeof(irq), NULL, 0);
	put_access(m, NVMETAP_EV_REGWRITE, NVME_REG_VS, 4, 1);	/* 39: read-only */
	put_access(m, NVMETAP_EV_REGREAD, NVME_REG_CC, 2, 1);	/* 40: half of it */
	put_state(m, NVMETAP_CTRL_DISABLED);
	put_state(m, NVMETAP_CTRL_FATAL);
}

/* Frames 43 to 46: without a completion when the capture ends; one that waits; and
 * one of a vendor's. */
static void end(struct maker *m)
{
	put_read(m, 72);
	put_admin(m, NVME_OPC_ASYNC_EVENT_REQUEST, 0, 0);
	put_completion(m, put_admin(m, 0xc0, 0, 0), NVME_SC_INVALID_OPCODE, 0);
}

void capture_threads(struct maker *m)
{
	start(m);
	good(m);
	wrong_queues(m);
	wrong_commands(m);
	end(m);
}
