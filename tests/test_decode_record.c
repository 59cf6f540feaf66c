/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record's header and what stands between it and the payload, whose bytes
 * were written by hand from nvmetap-linktype(7), without the table: big-endian.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "tests/fields.h"

/* A completion: DNR and Invalid Field, of a Read in slot 2345h of queue 3. */
static uint8_t packet[] = {
	0x4e, 0x54, 12, 4, 1, 0x09, 56, 8,
	1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 1, 0x2a,
	0x00, 0x01, 0x02, 0x33, 0x00, 0x00, 0x00, 0x05, 0x12, 0x34, 0x56, 0x78,
	0x01, 0x03, 0x01, 0x02, 0x23, 0x45, 2, 0, 0x40, 0x02, 2, 0,
	0, 0, 1, 16, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 1, 0x85, 0x02,
};

static struct record parsed(size_t len)
{
	struct record rec = { .seq = 0 };

	assert_int_equal(record_decode(packet, len, &rec), 0);
	return rec;
}

static void test_a_header_is_shown_field_by_field(void **state)
{
	struct record rec = parsed(sizeof(packet));

	(void)state;
	assert_display(&rec, "nvmetap.event", "Completion (12)");
	assert_display(&rec, "nvmetap.stage", "writeback (4)");
	assert_field(&rec, "nvmetap.version", "1");
	assert_field(&rec, "nvmetap.flags", "0x09");
	assert_field(&rec, "nvmetap.flags.altered", "1");
	assert_field(&rec, "nvmetap.flags.snapshot", "0");
	assert_field(&rec, "nvmetap.flags.truncated", "0");
	assert_field(&rec, "nvmetap.flags.command", "1");
	assert_field(&rec, "nvmetap.header_len", "56");
	assert_field(&rec, "nvmetap.info_len", "8");
	assert_field(&rec, "nvmetap.seq", "72623859790382856");
	assert_field(&rec, "nvmetap.cause", "298");
	assert_field(&rec, "nvmetap.bdf", "0x00010233");
	assert_display(&rec, "nvmetap.bdf", "0001:02:06.3");
	assert_field(&rec, "nvmetap.nsid", "0x00000005");
	assert_field(&rec, "nvmetap.cdw10", "0x12345678");
	assert_field(&rec, "nvmetap.sqid", "259");
	assert_field(&rec, "nvmetap.cqid", "258");
	assert_field(&rec, "nvmetap.cid", "0x2345");
	assert_field(&rec, "nvmetap.opc", "0x02");
	assert_display(&rec, "nvmetap.csi", "NVM (0)");
	assert_field(&rec, "nvmetap.status", "0x4002");
	assert_display(&rec, "nvmetap.qkind", "I/O (2)");
	assert_field(&rec, "nvmetap.len", "272");
	assert_field(&rec, "nvmetap.latency_ns", "99586");
}

static void test_a_completion_queue_s_record_shows_no_submission_queue(void **state)
{
	struct record rec = parsed(sizeof(packet));

	(void)state;
	assert_field(&rec, "nvmetap.queues", "0x02");
	assert_field(&rec, "nvmetap.queues.cq_only", "0");
	rec.qkind = 0x81;
	assert_field(&rec, "nvmetap.queues", "0x81");
	assert_field(&rec, "nvmetap.queues.cq_only", "1");
	assert_display(&rec, "nvmetap.qkind", "admin (1)");
	assert_field(&rec, "nvmetap.cqid", "258");
	assert_absent(&rec, "nvmetap.sqid");
}

static void test_each_flag_is_a_bit_of_its_own(void **state)
{
	struct record rec = parsed(sizeof(packet));

	(void)state;
	rec.flags = 2;
	assert_field(&rec, "nvmetap.flags.snapshot", "1");
	assert_field(&rec, "nvmetap.flags.truncated", "0");
	rec.flags = 4;
	assert_field(&rec, "nvmetap.flags.truncated", "1");
	assert_field(&rec, "nvmetap.flags.altered", "0");
	assert_field(&rec, "nvmetap.flags.command", "0");
}

static struct record with_info(uint8_t event, const uint8_t *info, uint8_t len)
{
	return (struct record){ .seq = 1, .event = event, .info = info, .info_len = len };
}

static void test_an_access(void **state)
{
	static const uint8_t info[32] = { [6] = 0x10, 0x0c, [14] = 0x12, 0x34, [22] = 0x56, 0x78,
					  [27] = 4, 2, 2, 1, 3 };
	struct record rec = with_info(6, info, 32);

	(void)state;
	assert_field(&rec, "nvmetap.access.offset", "0x000000000000100c");
	assert_field(&rec, "nvmetap.access.value", "0x0000000000001234");
	assert_field(&rec, "nvmetap.access.old", "0x0000000000005678");
	assert_field(&rec, "nvmetap.access.width", "4");
	assert_field(&rec, "nvmetap.access.bar", "2");
	assert_display(&rec, "nvmetap.access.doorbell", "completion queue head (2)");
	assert_field(&rec, "nvmetap.access.vector", "259");
}

static void test_an_interrupt(void **state)
{
	static const uint8_t msix[20] = { [4] = 0xfe, 0xe0, 0x10, 0x04, 0, 0, 0x40, 0x21,
					  0, 0, 1, 5, 2, 1, 0, 1 };
	static const uint8_t intx[20] = { [19] = 0, [18] = 1, [17] = 4 };
	struct record rec = with_info(9, msix, 20);

	(void)state;
	rec.count = 0x0102;
	assert_field(&rec, "nvmetap.irq.addr", "0x00000000fee01004");
	assert_field(&rec, "nvmetap.irq.data", "0x00004021");
	assert_field(&rec, "nvmetap.irq.vector", "261");
	assert_display(&rec, "nvmetap.irq.type", "MSI-X (2)");
	assert_display(&rec, "nvmetap.irq.result", "masked and pending (1)");
	assert_field(&rec, "nvmetap.irq.message", "1");
	assert_field(&rec, "nvmetap.count", "258");
	assert_absent(&rec, "nvmetap.irq.level");
	rec = with_info(9, intx, 20);
	assert_display(&rec, "nvmetap.irq.result", "refused and to be retried (4)");
	assert_field(&rec, "nvmetap.irq.level", "1");
	assert_absent(&rec, "nvmetap.irq.addr");
	assert_absent(&rec, "nvmetap.irq.data");
}

static void test_a_list(void **state)
{
	static const uint8_t info[16] = { [3] = 1, 0xbf, 0xff, 0xe0, 0x08, 0, 0, 1, 0xfe };
	static const uint8_t entries[16] = { 0x00, 0x10, 0x20, 0x30, 0x01, [9] = 0x20 };
	struct record rec = with_info(13, info, 16);

	(void)state;
	rec.payload = entries;
	rec.len = rec.caplen = 16;
	assert_field(&rec, "nvmetap.list.iova", "0x00000001bfffe008");
	assert_field(&rec, "nvmetap.list.first", "510");
	assert_display(&rec, "nvmetap.list.type", "PRP (0)");
	assert_field(&rec, "nvmetap.prp", "0x0000000130201000,0x0000000000002000");
}

/* Section 4.4: 4096 bytes at 123456789ABCDDEh; a keyed block of 123456h bytes; a vendor's. */
static void test_an_sgl_segment(void **state)
{
	static const uint8_t info[16] = { [7] = 0x08, [15] = 1 };
	static const uint8_t descriptors[48] = {
		0xde, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01, 0x00, 0x10, [15] = 0x01,
		[17] = 0x20, [24] = 0x56, 0x34, 0x12, 0x0d, 0xf0, 0xfe, 0xca, 0x4f,
		[33] = 0x30, [40] = 1, [47] = 0xf0,
	};
	struct record rec = with_info(13, info, 16);

	(void)state;
	rec.payload = descriptors;
	rec.len = rec.caplen = 48;
	assert_display(&rec, "nvmetap.list.type", "SGL (1)");
	assert_field(&rec, "nvmetap.sgl.addr",
		     "0x0123456789abcdde,0x0000000000002000,0x0000000000003000");
	assert_field(&rec, "nvmetap.sgl.len", "4096,1193046");
	assert_field(&rec, "nvmetap.sgl.key", "0xcafef00d");
	assert_field(&rec, "nvmetap.sgl.specific", "01000000000000");
	assert_field(&rec, "nvmetap.sgl.subtype", "0x01,0x0f,0x00");
	assert_display(&rec, "nvmetap.sgl.type", "Data block (0x0)");
	assert_field(&rec, "nvmetap.sgl.type", "0x00,0x04,0x0f");
	assert_absent(&rec, "nvmetap.prp");
	rec.len = rec.caplen = 32;
	assert_field(&rec, "nvmetap.sgl.len", "4096,1193046");
	rec.len = rec.caplen = 16;
	assert_field(&rec, "nvmetap.sgl.len", "4096");
}

static void test_a_data_transfer(void **state)
{
	static const uint8_t info[32] = { [3] = 2, 0x12, 0x34, 0x50, 0x00, 0, 0, 0x10, 0,
					  0, 0, 0x20, 0, 1, [30] = 2, 0 };
	struct record rec = with_info(14, info, 32);

	(void)state;
	assert_field(&rec, "nvmetap.data.iova", "0x0000000212345000");
	assert_field(&rec, "nvmetap.data.offset", "4096");
	assert_field(&rec, "nvmetap.data.total", "8192");
	assert_display(&rec, "nvmetap.data.direction", "host to drive (1)");
	assert_field(&rec, "nvmetap.data.base", "512");
}

static void test_the_controller_s_state(void **state)
{
	static const uint8_t info[40] = { 3, 6, [6] = 1, 2, 0x00, 0x46, 0x40, 0x01,
					  0x00, 0x00, 0x00, 0x05, 0x00, 0x1f, 0x00, 0x3f,
					  [27] = 1, 0xbf, 0xff, 0xd0, 0x00,
					  [35] = 2, 0xbf, 0xff, 0xc0, 0x00 };
	struct record rec = with_info(15, info, 40);

	(void)state;
	assert_display(&rec, "nvmetap.ctrl.state", "shutdown started (3)");
	assert_display(&rec, "nvmetap.ctrl.reason", "power state (6)");
	assert_field(&rec, "nvmetap.ctrl.lost", "258");
	assert_field(&rec, "nvmetap.ctrl.cc", "0x00464001");
	assert_field(&rec, "nvmetap.ctrl.csts", "0x00000005");
	assert_field(&rec, "nvmetap.ctrl.aqa", "0x001f003f");
	assert_field(&rec, "nvmetap.ctrl.asq", "0x00000001bfffd000");
	assert_field(&rec, "nvmetap.ctrl.acq", "0x00000002bfffc000");
}

static void test_a_queue(void **state)
{
	static const uint8_t info[32] = { [3] = 1, 0xbf, 0xff, 0xb0, 0x00, 1, 2, 1, 3,
					  0, 0, 4, 0, 0, 0, 1, 0x10, 0, 0, 1, 0x20,
					  2, 1, 1, 0, 1, 5 };
	struct record rec = with_info(16, info, 32);

	(void)state;
	assert_field(&rec, "nvmetap.queue.base", "0x00000001bfffb000");
	assert_field(&rec, "nvmetap.queue.qid", "258");
	assert_field(&rec, "nvmetap.queue.cqid", "259");
	assert_field(&rec, "nvmetap.queue.size", "1024");
	assert_field(&rec, "nvmetap.queue.head", "272");
	assert_field(&rec, "nvmetap.queue.tail", "288");
	assert_display(&rec, "nvmetap.queue.type", "completion queue (2)");
	assert_display(&rec, "nvmetap.queue.state", "created (1)");
	assert_field(&rec, "nvmetap.queue.phase", "1");
	assert_field(&rec, "nvmetap.queue.ien", "0");
	assert_field(&rec, "nvmetap.queue.vector", "261");
}

static void test_guest_memory(void **state)
{
	static const uint8_t info[32] = { [3] = 1, 0, 0, 0, 0, [12] = 0x3f, 0xf0, 0, 0,
					  [20] = 0x40, 0x10, 0, 0, 1, 0, 1 };
	struct record rec = with_info(18, info, 32);

	(void)state;
	assert_field(&rec, "nvmetap.dma.iova", "0x0000000100000000");
	assert_field(&rec, "nvmetap.dma.size", "0x000000003ff00000");
	assert_field(&rec, "nvmetap.dma.offset", "0x0000000040100000");
	assert_field(&rec, "nvmetap.dma.readable", "1");
	assert_field(&rec, "nvmetap.dma.writable", "0");
	assert_field(&rec, "nvmetap.dma.mapped", "1");
}

static void test_what_was_dropped_and_a_step_of_the_clock(void **state)
{
	static const uint8_t drop[24] = { [6] = 1, 0, [14] = 2, 1, [22] = 3, 0 };
	static const uint8_t back[8] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00 };
	struct record rec = with_info(24, drop, 24);

	(void)state;
	assert_field(&rec, "nvmetap.drop.count", "256");
	assert_field(&rec, "nvmetap.drop.first", "513");
	assert_field(&rec, "nvmetap.drop.last", "768");
	rec = with_info(25, back, 8);
	assert_field(&rec, "nvmetap.clock.step_ns", "-256");
}

/* Bytes 1 to 3 are those of Dword 0 of the completion, the last first. */
static void test_an_asynchronous_event(void **state)
{
	static const uint8_t info[4] = { 0, 0x02, 0x01, 0x01 };
	struct record rec = with_info(17, info, 4);

	(void)state;
	assert_display(&rec, "nvmetap.async.lid", "SMART / Health Information (0x02)");
	assert_field(&rec, "nvmetap.async.info", "0x01");
	assert_display(&rec, "nvmetap.async.type", "SMART or health status (0x1)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_header_is_shown_field_by_field),
		cmocka_unit_test(test_a_completion_queue_s_record_shows_no_submission_queue),
		cmocka_unit_test(test_each_flag_is_a_bit_of_its_own),
		cmocka_unit_test(test_an_access),
		cmocka_unit_test(test_an_interrupt),
		cmocka_unit_test(test_a_list),
		cmocka_unit_test(test_an_sgl_segment),
		cmocka_unit_test(test_a_data_transfer),
		cmocka_unit_test(test_the_controller_s_state),
		cmocka_unit_test(test_a_queue),
		cmocka_unit_test(test_guest_memory),
		cmocka_unit_test(test_what_was_dropped_and_a_step_of_the_clock),
		cmocka_unit_test(test_an_asynchronous_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
