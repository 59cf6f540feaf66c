/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was injected: who, what was there, what is there now.  Bytes by hand
 * from nvmetap-linktype(7): the info big-endian, what was and is as in the
 * records of the altered events.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "dissector/line.h"
#include "tests/fields.h"

enum { CMD = 1, CPL = 2, INFO = 4, DATA = 8, IO = 11, COMPLETION = 12, REGREAD = 4, OF_DATA = 14 };

static uint8_t info[40], payload[512];

/* "rule 3" did it at the tap to the event, of which the parts differ. */
static struct record injection(uint8_t tap, uint8_t event, uint8_t parts, const uint8_t *was,
			       const uint8_t *now, uint8_t len)
{
	memset(info, 0, sizeof(info));
	memset(payload, 0, sizeof(payload));
	info[6] = 1;			/* count 257 */
	info[7] = 1;
	info[24] = tap;
	info[25] = event;
	info[29] = parts;
	info[31] = 6;
	info[33] = len;
	memcpy(payload, "rule 3", 6);
	memcpy(payload + 6, was, len);
	memcpy(payload + 6 + len, now, len);
	return (struct record){
		.event = 26, .seq = 9, .cause = 8, .stage = 4, .flags = 8, .qkind = 2, .opc = 1,
		.sqid = 1, .cid = 0x2345, .info_len = 40, .info = info, .payload = payload,
		.len = 6u + 2u * len, .caplen = 6u + 2u * len,
	};
}

static const char *line_of(const struct record *rec)
{
	static char buf[2048];
	struct text text = { .buf = buf, .size = sizeof(buf) - 1 };

	line_record(&text, rec);
	buf[text.len] = '\0';
	return buf;
}

static void test_who_did_what_where(void **state)
{
	static const uint8_t was[16] = { [8] = 5 }, now[16] = { [8] = 5, [14] = 0x04, [15] = 0x83 };
	struct record rec = injection(16, COMPLETION, CPL, was, now, 16);

	(void)state;
	info[14] = 0x0f;		/* arg 4000 */
	info[15] = 0xa0;
	info[26] = 4;
	info[27] = 3;
	info[28] = 1;
	assert_field(&rec, "nvmetap.inject.who", "rule 3");
	assert_field(&rec, "nvmetap.inject.count", "257");
	assert_field(&rec, "nvmetap.inject.arg", "4000");
	assert_display(&rec, "nvmetap.inject.tap", "nvme:io:writeback (16)");
	assert_display(&rec, "nvmetap.inject.event", "Completion (12)");
	assert_display(&rec, "nvmetap.inject.how", "took effect (4)");
	assert_display(&rec, "nvmetap.inject.verdict", "drop (3)");
	assert_display(&rec, "nvmetap.inject.fault", "torn (1)");
	assert_field(&rec, "nvmetap.inject.parts", "0x02");
	assert_field(&rec, "nvmetap.inject.parts.cmd", "0");
	assert_field(&rec, "nvmetap.inject.parts.cpl", "1");
	assert_field(&rec, "nvmetap.inject.parts.info", "0");
	assert_field(&rec, "nvmetap.inject.parts.data", "0");
	assert_field(&rec, "nvmetap.inject.who_len", "6");
	assert_field(&rec, "nvmetap.inject.state_len", "16");
	assert_field(&rec, "nvmetap.inject.was", "00000000000000000500000000000000");
	assert_field(&rec, "nvmetap.inject.now", "00000000000000000500000000000483");
	assert_absent(&rec, "nvmetap.inject.offset");
	assert_absent(&rec, "nvmetap.inject.changed");
}

static void test_what_has_no_fault_says_nothing_of_one(void **state)
{
	static const uint8_t nothing[1];
	struct record rec = injection(13, IO, 0, nothing, nothing, 0);

	(void)state;
	info[27] = 3;
	assert_absent(&rec, "nvmetap.inject.fault");
	assert_absent(&rec, "nvmetap.inject.arg");
	assert_absent(&rec, "nvmetap.inject.was");
	assert_string_equal(line_of(&rec), "[   9] 0:000000000 00:00.0 INJ \"rule 3\" nvme:io:decode "
					   "SQ=1 CID=2345 cause=8 drop count=257");
}

/* Status 1/82h with DNR: bits 11:9 type, 8:1 code, 15 Do Not Retry. */
static void test_each_bit_that_differs_is_told_once(void **state)
{
	static const uint8_t was[16] = { [14] = 1 }, now[16] = { [14] = 0x05, [15] = 0x83 };
	struct record rec = injection(16, COMPLETION, CPL, was, now, 16);

	(void)state;
	assert_field(&rec, "nvmetap.inject.change",
		     "nvmetap.cqe.code: Successful Completion (0x000) -> "
		     "Attempted Write to Read Only Range (0x182),nvme.cqe.status.dnr: no -> yes");
	assert_string_equal(line_of(&rec),
			    "[   9] 0:000000000 00:00.0 INJ \"rule 3\" nvme:io:writeback SQ=1 "
			    "CID=2345 cause=8 go count=257; nvmetap.cqe.code: Successful "
			    "Completion (0x000) -> Attempted Write to Read Only Range (0x182); "
			    "nvme.cqe.status.dnr: no -> yes");
}

/* A Write whose LBA and NSID were changed: its own fields come first. */
static void test_a_command_is_told_by_its_own_fields(void **state)
{
	static const uint8_t was[64] = { 1, [4] = 1, [40] = 0x10 };
	static const uint8_t now[64] = { 1, [4] = 2, [40] = 0x10, [44] = 1, [52] = 0x80 };
	struct record rec = injection(13, IO, CMD, was, now, 64);

	(void)state;
	assert_string_equal(strstr(line_of(&rec), "; "),
			    "; nvme.cmd.slba: 0x0000000000000010 -> 0x0000000100000010; "
			    "nvme.cmd.dsm.incompressible: 0 -> 1; nvme.cmd.nsid: 0x00000001 -> "
			    "0x00000002");
}

static void test_a_register_that_lies(void **state)
{
	static const uint8_t was[32] = { [7] = 0x1c, [15] = 1, [27] = 4 };
	static const uint8_t now[32] = { [7] = 0x1c, [15] = 3, [27] = 4 };
	struct record rec = injection(3, REGREAD, INFO, was, now, 32);

	(void)state;
	assert_field(&rec, "nvmetap.inject.change",
		     "nvmetap.access.value: 0x0000000000000001 -> 0x0000000000000003");
}

/* MDTS is byte 77 of Identify Controller. */
static void test_data_is_told_by_its_fields_or_its_bytes(void **state)
{
	static const uint8_t was[2] = { 7, 5 }, now[2] = { 1, 6 };
	struct record rec = injection(10, OF_DATA, DATA, was, now, 2);

	(void)state;
	info[19] = 77;
	info[23] = 2;
	rec.qkind = 1;
	rec.opc = 6;
	rec.cdw10 = 1;
	assert_field(&rec, "nvmetap.inject.offset", "77");
	assert_field(&rec, "nvmetap.inject.changed", "2");
	assert_non_null(strstr(line_of(&rec), "; nvme.cmd.identify.ctrl.mdts: 7 -> 1"));
	rec.qkind = 2;
	rec.opc = 2;
	assert_field(&rec, "nvmetap.inject.change", "byte 77: 0705 -> 0106");
}

static void test_lengths_that_lie_leave_out_what_is_not_there(void **state)
{
	static const uint8_t was[16] = { 0 }, now[16] = { [14] = 2 };
	struct record rec = injection(16, COMPLETION, CPL, was, now, 16);

	(void)state;
	rec.caplen = 30;
	assert_field(&rec, "nvmetap.inject.was", "00000000000000000000000000000000");
	assert_field(&rec, "nvmetap.inject.now", "0000000000000000");
	assert_absent(&rec, "nvmetap.inject.change");
	info[30] = 0xff;
	assert_field(&rec, "nvmetap.inject.who",
		     "rule 3\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
		     "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00");
	assert_absent(&rec, "nvmetap.inject.was");
	rec.info_len = 33;
	assert_absent(&rec, "nvmetap.inject.who");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_did_what_where),
		cmocka_unit_test(test_what_has_no_fault_says_nothing_of_one),
		cmocka_unit_test(test_each_bit_that_differs_is_told_once),
		cmocka_unit_test(test_a_command_is_told_by_its_own_fields),
		cmocka_unit_test(test_a_register_that_lies),
		cmocka_unit_test(test_data_is_told_by_its_fields_or_its_bytes),
		cmocka_unit_test(test_lengths_that_lie_leave_out_what_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
