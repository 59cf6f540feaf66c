/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines as users of the first trace plug-in know them, and their kin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "dissector/line.h"

static const char *line(const struct record *rec)
{
	static char buf[1024];
	struct text text = { .buf = buf, .size = sizeof(buf) - 1 };

	line_record(&text, rec);
	buf[text.len] = '\0';
	return buf;
}

static struct record record(uint8_t event, uint64_t seq, uint64_t time_ns)
{
	return (struct record){ .event = event, .stage = 1, .seq = seq, .time_ns = time_ns,
				.bdf = 6 << 3 };
}

static void with_info(struct record *rec, const void *info, uint8_t len)
{
	rec->info = info;
	rec->info_len = len;
}

static void with_payload(struct record *rec, const void *payload, uint32_t len)
{
	rec->payload = payload;
	rec->len = rec->caplen = len;
}

static void test_register_lines(void **state)
{
	uint8_t write[32] = { [7] = 0x14, [12] = 0x00, 0x46, 0x00, 0x01, [27] = 4 };
	uint8_t read[32] = { [7] = 0x1c, [15] = 1, [27] = 4 };
	uint8_t wide[32] = { [7] = 0x28, [12] = 0xbf, [27] = 8 };
	struct record rec = record(5, 586, 1556804537200909267);

	(void)state;
	with_info(&rec, write, 32);
	assert_string_equal(line(&rec),
			    "[ 586] 1556804537:200909267 00:06.0 REG 0014 <- 00460001");
	rec = record(4, 587, 1556804537200915971);
	with_info(&rec, read, 32);
	assert_string_equal(line(&rec),
			    "[ 587] 1556804537:200915971 00:06.0 REG 001c -> 00000001");
	rec = record(5, 12345, 1556804537000000001);
	with_info(&rec, wide, 32);
	assert_string_equal(line(&rec),
			    "[12345] 1556804537:000000001 00:06.0 REG 0028 <- 00000000bf000000");
}

static void test_command_lines(void **state)
{
	uint8_t identify[64] = { [0] = 6, [25] = 0x40, [26] = 0xb2, [27] = 0xbf, [40] = 1 };
	uint8_t read[64] = { [0] = 2, [4] = 1, [26] = 0xfc, [27] = 0xbf, [25] = 0x70 };
	struct record rec = record(10, 589, 1556804537200926382);

	(void)state;
	with_payload(&rec, identify, 64);
	rec.qkind = 1;
	rec.opc = 6;
	rec.cdw10 = 1;
	assert_string_equal(line(&rec), "[ 589] 1556804537:200926382 00:06.0 ADM SQ=0 CID=0000 "
			    "OPC=Identify NSID=0 prp1=bfb24000 prp2=0 CDW10=00000001");
	rec = record(11, 606, 1556804538517281875);
	with_payload(&rec, read, 64);
	rec.qkind = 2;
	rec.opc = 2;
	rec.nsid = 1;
	rec.sqid = 1;
	assert_string_equal(line(&rec), "[ 606] 1556804538:517281875 00:06.0 IO  SQ=1 CID=0000 "
			    "OPC=Read NSID=0x1 LBA=0 prp1=bffc7000 prp2=0");
	rec.opc = 0x80;
	rec.stage = 2;
	rec.caplen = 20;
	rec.flags = 3;
	assert_string_equal(line(&rec), "[ 606] 1556804538:517281875 00:06.0 IO  SQ=1 CID=0000 "
			    "OPC=0x80 NSID=0x1 CDW10=00000000 stage=execute [snapshot] [altered]");
}

static void test_completion_lines(void **state)
{
	uint8_t cqe[16] = { 0xc0, 0xba, 0xbe, 0xdd, [14] = 1 };
	struct record rec = record(12, 590, 1556804537200928002);

	(void)state;
	with_payload(&rec, cqe, 16);
	assert_string_equal(line(&rec), "[ 590] 1556804537:200928002 00:06.0 CPL SQ=0 CID=0000 "
			    "P=1 STS=0x0000 CDW0=0xddbebac0");
	rec.status = 0x4002;
	assert_string_equal(line(&rec), "[ 590] 1556804537:200928002 00:06.0 CPL SQ=0 CID=0000 "
			    "P=1 STS=0x4002 CDW0=0xddbebac0 Invalid Field in Command");
	rec.caplen = 15;
	assert_string_equal(line(&rec), "[ 590] 1556804537:200928002 00:06.0 CPL SQ=0 CID=0000 "
			    "STS=0x4002 Invalid Field in Command");
}

/* The rest of a line whose beginning is known. */
static const char *rest(const struct record *rec)
{
	return line(rec) + strlen("[   1] 0:000000000 00:06.0 ");
}

static void test_lines_of_other_accesses(void **state)
{
	uint8_t config[32] = { [7] = 4, [14] = 4, [15] = 6, [27] = 2 };
	uint8_t doorbell[32] = { [6] = 0x10, [7] = 8, [15] = 9, [27] = 4 };
	uint8_t irq[20] = { [4] = 0xfe, 0xe0, 0x10, 0x00, [10] = 0x40, [11] = 0x21, [15] = 1,
			    [16] = 2, [19] = 1 };
	struct record rec = record(3, 1, 0);

	(void)state;
	with_info(&rec, config, 32);
	assert_string_equal(rest(&rec), "PCI 0004 <- 0406");
	rec.event = 6;
	with_info(&rec, doorbell, 32);
	assert_string_equal(rest(&rec), "REG 1008 <- 00000009");
	rec.event = 7;
	assert_string_equal(rest(&rec), "MSI 1008 -> 00000009");
	rec.event = 9;
	rec.qkind = 2;
	rec.cqid = 1;
	rec.count = 2;
	with_info(&rec, irq, 20);
	assert_string_equal(rest(&rec), "MSI vector=1 addr=fee01000 data=4021 CQ=1 count=2 sent");
	irq[17] = 1;
	irq[19] = 0;
	assert_string_equal(rest(&rec), "MSI vector=1 CQ=1 count=2 masked and pending");
}

static void test_lines_of_transfers_and_state(void **state)
{
	uint8_t data[32] = { [4] = 0xbf, 0xb2, 0x40, 0x00, [10] = 0x10, [14] = 0x20, [16] = 2 };
	uint8_t list[16] = { [6] = 0x50, [11] = 3 };
	uint8_t ctrl[40] = { [0] = 1, [7] = 2, [9] = 0x46, [11] = 1, [17] = 0x1f, [19] = 0x1f,
			     [30] = 0x10, [38] = 0x20 };
	uint8_t queue[32] = { [6] = 0x30, [9] = 1, [11] = 1, [14] = 4, [24] = 1, [25] = 1 };
	uint8_t async[4] = { [1] = 4, [3] = 2 };
	struct record rec = record(14, 1, 0);

	(void)state;
	with_info(&rec, data, 32);
	with_payload(&rec, data, 32);
	rec.caplen = 16;
	assert_string_equal(rest(&rec), "DMA SQ=0 CID=0000 data -> bfb24000 offset=4096 len=32 "
			    "total=8192 kept=16");
	rec = record(13, 1, 0);
	with_info(&rec, list, 16);
	assert_string_equal(rest(&rec), "DMA SQ=0 CID=0000 PRP list iova=5000 first=3 len=0");
	rec.event = 15;
	with_info(&rec, ctrl, 40);
	assert_string_equal(rest(&rec), "CTL enabled by register write CC=00460001 CSTS=00000000 "
			    "AQA=001f001f ASQ=1000 ACQ=2000 lost=2");
	rec.event = 16;
	with_info(&rec, queue, 32);
	assert_string_equal(rest(&rec), "CTL SQ=1 created base=3000 size=1024 head=0 tail=0 CQ=1");
	rec.event = 17;
	with_info(&rec, async, 4);
	assert_string_equal(rest(&rec), "AER Notice info=00 LID=04 Changed Namespace List");
}

static void test_lines_of_words_have_no_control_characters(void **state)
{
	struct record rec = record(20, 1, 0);

	(void)state;
	with_payload(&rec, "nvme0n1: \x1b[1mp1", 15);
	assert_string_equal(rest(&rec), "CON nvme0n1: \\x1b[1mp1");
	rec.event = 21;
	assert_string_equal(rest(&rec), "TAP Mark: nvme0n1: \\x1b[1mp1");
	rec.event = 1;
	with_payload(&rec, "a: 1\nb: 2\n", 10);
	assert_string_equal(rest(&rec), "TAP Session: a: 1; b: 2");
}

static void test_records_of_the_tracer_have_no_index(void **state)
{
	uint8_t drop[24] = { [7] = 5, [15] = 10, [23] = 14 };
	uint8_t step[8] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe };
	struct record rec = record(24, 0, 0);

	(void)state;
	with_info(&rec, drop, 24);
	assert_string_equal(line(&rec),
			    "[   -] 0:000000000 00:06.0 TAP Drop count=5 first=10 last=14");
	rec.event = 25;
	with_info(&rec, step, 8);
	assert_string_equal(rest(&rec), "TAP Clock step ns=-2");
}

static void test_what_is_not_known_or_too_short_is_still_a_line(void **state)
{
	struct record rec = record(200, 1, 0);

	(void)state;
	rec.len = 9;
	rec.bdf = 0x00012345;
	assert_string_equal(line(&rec), "[   1] 0:000000000 0001:23:08.5 ??? event=200 len=9");
	rec = record(5, 1, 0);
	assert_string_equal(rest(&rec), "REG event=5 len=0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_register_lines),
		cmocka_unit_test(test_command_lines),
		cmocka_unit_test(test_completion_lines),
		cmocka_unit_test(test_lines_of_other_accesses),
		cmocka_unit_test(test_lines_of_transfers_and_state),
		cmocka_unit_test(test_lines_of_words_have_no_control_characters),
		cmocka_unit_test(test_records_of_the_tracer_have_no_index),
		cmocka_unit_test(test_what_is_not_known_or_too_short_is_still_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
