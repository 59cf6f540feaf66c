/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions: fields and their values, by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/expression.h"

/* Of data and completions; what is in their own header stays theirs. */
static void test_a_command_lends_its_fields_to_what_belongs_to_it(void **state)
{
	static const char text[] = "nvme.cmd.slba == 0x1000 && nvmetap.event == \"Completion\" && "
				   "nvme.cqe.sqid == 3";
	uint8_t cqe[16] = { [10] = 3 };
	struct record command = write_record();
	struct record completion = {
		.event = NVMETAP_EV_COMPLETION, .payload = cqe, .len = 16, .caplen = 16,
	};
	struct expr_error err;
	struct expr *expr;

	(void)state;
	expr = expr_compile(text, strlen(text), &err);
	assert_non_null(expr);
	assert_false(expr_match(expr, &completion));
	assert_false(expr_match_of(expr, &completion, NULL));
	assert_true(expr_match_of(expr, &completion, &command));
	assert_false(expr_match_of(expr, &command, NULL));
	expr_free(expr);
}

/* Section 4.6: of a completion with SQHD 5. */
static void test_a_completion_borrows_the_fields_of_its_command(void **state)
{
	static const char text[] = "nvme.cmd.slba == 0x1000 && nvme.cqe.sqhd == 5 && "
				   "nvmetap.event == \"Completion\" && nvmetap.seq == 8";
	static const uint8_t cqe[16] = { [8] = 5 };
	struct record command = write_record(), rec = record_of_completion(1, 0, 0, cqe);
	struct expr_error err;
	struct expr *expr = expr_compile(text, strlen(text), &err);

	(void)state;
	assert_non_null(expr);
	assert_true(expr_match_of(expr, &rec, &command));
	assert_false(expr_match_of(expr, &rec, NULL));
	assert_false(expr_match(expr, &rec));
	expr_free(expr);
}

static void test_values_of_our_own_fields_have_names_in_any_case(void **state)
{
	struct record rec = write_record();

	(void)state;
	assert_match(&rec, "nvmetap.opc == \"Write\"");
	assert_match(&rec, "nvmetap.opc == \"wRITE\"");
	assert_match(&rec, "nvmetap.opc == \"Create I/O SQ\"");	/* 01h, too */
	assert_match(&rec, "nvmetap.opc != \"Read\"");
	assert_match(&rec, "nvmetap.qkind == \"I/O\"");
	assert_match(&rec, "nvmetap.event == \"i/o command\"");
	assert_no_match(&rec, "nvmetap.stage == \"fetch\"");
	assert_match(&rec, "nvmetap.stage == \"decode\"");
}

static void test_a_name_of_a_value_is_all_of_it(void **state)
{
	static const uint8_t sqe[64] = { [0] = 8 };
	struct record rec = record_of_command(2, sqe, sizeof(sqe));

	(void)state;
	assert_match(&rec, "nvmetap.opc == \"write zeroes\"");
	assert_match(&rec, "nvmetap.opc == \"abort\"");	/* of admin commands 08h */
	assert_match(&rec, "nvmetap.event == \"I/O command\"");
	assert_refused("nvmetap.opc == \"Brite Zeroes\"", 15,
		       "no value of nvmetap.opc has this name; near: Write Zeroes");
	assert_refused("nvmetap.opc == \"Write Zeroe\"", 15,
		       "no value of nvmetap.opc has this name; near: Write Zeroes");
	assert_refused("nvmetap.opc == \"Write Zeroes2\"", 15,
		       "no value of nvmetap.opc has this name; near: Write Zeroes");
	assert_refused("nvmetap.opc == \"\"", 15, "no value of nvmetap.opc has this name");
	assert_refused("nvmetap.opc == \"Wxyz\"", 15, "no value of nvmetap.opc has this name");
}

/* The first of the I/O commands. */
static void test_a_flush_has_a_name_and_once(void **state)
{
	static const uint8_t sqe[64] = { 0 };
	struct record rec = record_of_command(2, sqe, sizeof(sqe));
	struct expr_error err;

	(void)state;
	assert_match(&rec, "nvmetap.opc == \"flush\"");
	assert_null(expr_compile("nvmetap.opc == \"Flusch\"", 23, &err));
	assert_string_equal(err.what, "no value of nvmetap.opc has this name; near: Flush");
	/* Most numbers have none. */
	assert_null(expr_compile("nvmetap.opc == \"W\"", 18, &err));
	assert_string_equal(err.what, "no value of nvmetap.opc has this name");
	assert_refused("nvmetap.opc == \"Delete I/O SP\"", 15,
		       "no value of nvmetap.opc has this name; near: Delete I/O SQ");
}

/* A step of -1500 ns. */
static void test_a_signed_number_is_compared_as_one(void **state)
{
	static const uint8_t info[8] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfa, 0x24 };
	struct record rec = { .event = NVMETAP_EV_CLOCK, .info = info, .info_len = sizeof(info) };

	(void)state;
	assert_match(&rec, "nvmetap.clock.step_ns == -1500 && nvmetap.clock.step_ns < 0");
	assert_match(&rec, "nvmetap.clock.step_ns in {-1501..0} && nvmetap.clock.step_ns > -1501");
	assert_no_match(&rec, "nvmetap.clock.step_ns > 0 || nvmetap.clock.step_ns < -1500");
}

static void test_fields_of_the_frame_are_there_for_who_asks_for_them(void **state)
{
	static const char text[] = "frame.number == 7 && frame.len > 60 && frame.cap_len < 60 && "
				   "frame.time_epoch >= 1556804538.5 && "
				   "frame.interface_name == \"00:06.0\" && !frame.comment && frame";
	struct expr_frame frame = { .number = 7, .len = 64, .caplen = 56,
				    .time_ns = 1556804538500000000, .interface = "00:06.0" };
	struct expr_error err;
	struct expr *expr = expr_compile_frame(text, strlen(text), &err);
	struct expr *ours = expr_compile_frame("nvmetap", 7, &err);
	struct record rec = write_record();

	(void)state;
	assert_non_null(expr);
	assert_true(expr_match_frame(expr, NULL, &frame));
	frame.time_ns--;
	assert_false(expr_match_frame(expr, NULL, &frame));
	assert_false(expr_match_frame(ours, NULL, &frame));
	assert_true(expr_match_frame(ours, &rec, &frame));
	expr_free(expr);
	expr_free(ours);
	assert_null(expr_compile_frame("frame.numbr == 1", 16, &err));
	assert_string_equal(err.what, "no field frame.numbr; near: frame.number");
	assert_null(expr_compile("frame.numbr == 1", 16, &err));
	assert_string_equal(err.what, "no field frame.numbr");
}

static void test_fields_of_the_frame_are_refused_without_a_frame(void **state)
{
	static const char *const names[] = {
		"frame", "frame.number", "frame.time_epoch", "frame.len", "frame.cap_len",
		"frame.interface_name", "frame.comment",
	};
	char words[80];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(words, sizeof(words), "%s is of packets", names[i]);
		assert_refused(names[i], 0, words);
	}
}

static bool frame_matches(const struct record *rec, const struct expr_frame *frame,
			  const char *text)
{
	struct expr_error err;
	struct expr *expr = expr_compile_frame(text, strlen(text), &err);
	bool matched;

	assert_non_null(expr);
	matched = expr_match_frame(expr, rec, frame);
	expr_free(expr);
	return matched;
}

/* A record begins with its magic, 4E54h. */
static void test_a_packet_s_numbers_have_32_bits_and_its_bytes_are_there(void **state)
{
	static const char *const names[] = { "frame.number", "frame.len", "frame.cap_len" };
	uint8_t header[record_SIZE];
	struct record rec = write_record();
	struct expr_frame frame = { .header = header, .number = UINT32_MAX, .len = UINT32_MAX,
				    .caplen = sizeof(header) };
	struct expr_error err;
	char text[80], words[80];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(text, sizeof(text), "%s <= 4294967295", names[i]);
		assert_true(frame_matches(NULL, &frame, text));
		snprintf(text, sizeof(text), "%s <= 4294967296", names[i]);
		snprintf(words, sizeof(words), "too much for the 4 bytes of %s", names[i]);
		assert_null(expr_compile_frame(text, strlen(text), &err));
		assert_string_equal(err.what, words);
	}
	record_encode(header, &rec);
	assert_true(frame_matches(&rec, &frame, "nvmetap[0:2] == 4e:54 && frame[:2] == 4e:54"));
	assert_false(frame_matches(NULL, &frame, "nvmetap[0:2] == 4e:54"));
	assert_true(frame_matches(NULL, &frame, "frame[0] == :4e"));
}

/* Section 5.15.2.4: an entry of type 3, a UUID. */
static void test_a_uuid_is_compared_as_it_is_written(void **state)
{
	static const uint8_t list[20] = { 3, 16, 0, 0, 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
					  0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
	uint8_t info[32] = { [16] = 2 };
	struct record rec = {
		.event = NVMETAP_EV_DATA, .flags = NVMETAP_HAS_COMMAND, .qkind = 1, .opc = 6,
		.cdw10 = 3, .info = info, .info_len = sizeof(info), .payload = list,
		.len = sizeof(list), .caplen = sizeof(list),
	};

	(void)state;
	assert_match(&rec, "nvmetap.ns_desc.uuid == 00112233-4455-6677-8899-AABBCCDDEEFF");
	assert_match(&rec, "nvmetap.ns_desc.uuid < 00112233-4455-6677-8899-aabbccddef00");
	assert_no_match(&rec, "nvmetap.ns_desc.uuid == 00112233-4455-6677-8899-aabbccddeefe");
	assert_refused("nvmetap.ns_desc.uuid == 00112233", 24, "a UUID was expected");
	assert_refused("nvmetap.ns_desc.uuid == \"00\"", 24, "no string is a value of this field");
}

/* Section 6.16: Write Zeroes has its starting block where Read and Write have it. */
static void test_a_field_is_found_in_each_structure_that_has_it(void **state)
{
	static const uint8_t sqe[64] = { [0] = 8, [41] = 0x10, [48] = 3 };
	struct record rec = record_of_command(2, sqe, sizeof(sqe));

	(void)state;
	assert_match(&rec, "nvme.cmd.slba == 0x1000 && nvme.cmd.nlb == 3");
	assert_no_match(&rec, "nvme.cmd.slba == 0");
}

/* Section 4.4: a block of 1000000h bytes, and a keyed one of 123456h. */
static void test_a_field_is_found_at_each_place_in_its_structure(void **state)
{
	static const uint8_t info[16] = { [15] = 1 };
	static const uint8_t descriptors[32] = { [11] = 1, [24] = 0x56, 0x34, 0x12, [31] = 0x40 };
	static const uint8_t ctrl[40] = { [2] = 0x12, 0x34, [22] = 0x56, 0x78 };
	struct record rec = {
		.event = NVMETAP_EV_LIST, .info = info, .info_len = sizeof(info),
		.payload = descriptors, .len = sizeof(descriptors), .caplen = sizeof(descriptors),
	};

	(void)state;
	assert_match(&rec, "nvmetap.sgl.len == 0x1000000");
	assert_match(&rec, "nvmetap.sgl.len == 0x123456");
	assert_match(&rec, "nvmetap.sgl_list && !nvmetap.prp_list");
	rec.len = rec.caplen = 0;
	assert_no_match(&rec, "nvmetap.sgl_list");
	assert_refused("nvmetap.sgl_list == 1", 0, "nvmetap.sgl_list can only be there or not");
	/* Of a change of the controller's state bytes 2, 3 and 20 to 23 are reserved. */
	rec = (struct record){ .event = NVMETAP_EV_CTRL, .info = ctrl, .info_len = sizeof(ctrl) };
	assert_match(&rec, "nvmetap.ctrl.rsvd == 0x1234");
	assert_match(&rec, "nvmetap.ctrl.rsvd == 0x5678");
}

static void assert_offered_once(const char *wrong, const char *name)
{
	struct expr_error err;
	const char *first;

	assert_null(expr_compile(wrong, strlen(wrong), &err));
	first = strstr(err.what, name);
	assert_non_null(first);
	assert_null(strstr(first + 1, name));
}

/* Two structures have each of these. */
static void test_a_near_name_is_offered_once(void **state)
{
	(void)state;
	assert_offered_once("nvme.cmd.slbb", "nvme.cmd.slba");
	assert_offered_once("nvmetap.pci.ssvd", "nvmetap.pci.ssid");
	assert_offered_once("nvmetap.pci.ssvd", "nvmetap.pci.ssvid");
	assert_refused("nvmetp", 0, "no field nvmetp; near: nvmetap");
}

/* Entries 1000h, 2000h and 3000h; those of zeros are none. */
static void test_of_several_values_one_or_all_have_to_fit(void **state)
{
	static const uint8_t list[48] = { [1] = 0x10, [9] = 0x20, [41] = 0x30 };
	static const char *const yes[] = {
		"nvmetap.prp == 0x1000", "nvmetap.prp == 0x3000", "nvmetap.prp > 0x2000",
		"nvmetap.prp !== 0x1000", "any nvmetap.prp != 0x1000", "nvmetap.prp != 0x4000",
		"all nvmetap.prp > 0xfff", "nvmetap.prp in {0x2000}", "nvmetap.prp & 0x1000",
		"all nvmetap.prp in {0x1000..0x3000}", "nvmetap.prp not in {1..0xfff}",
		"nvmetap.prp >= 0x3000", "nvmetap.prp <= 0x1000", "nvmetap.prp < 0x1001",
		"nvmetap.prp < nvmetap.prp", "nvmetap.prp_list", "all nvmetap.prp & 0x3000 != 0",
	};
	static const char *const no[] = {
		"nvmetap.prp > 0x3000", "nvmetap.prp >= 0x3001", "nvmetap.prp < 0x1000",
		"nvmetap.prp == 0", "nvmetap.prp != 0x2000", "nvmetap.prp === 0x1000",
		"all nvmetap.prp == 0x1000", "all nvmetap.prp > 0x1000",
		"nvmetap.prp not in {0x2000}", "all nvmetap.prp in {0x1000..0x2000}",
		"nvmetap.prp === nvmetap.prp", "nvmetap.prp != nvmetap.prp",
		"all nvmetap.prp & 0x1000 == 0x1000",
	};
	uint8_t info[16] = { 0 };
	struct record rec = {
		.event = NVMETAP_EV_LIST, .info = info, .info_len = sizeof(info),
		.payload = list, .len = sizeof(list), .caplen = sizeof(list),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_match(&rec, yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_no_match(&rec, no[i]);
}

/* Section 5.15.2.1: NGUID at byte 104. */
static void test_bytes_are_compared_whole_or_in_part(void **state)
{
	static const uint8_t id_ns[128] = { [104] = 0x11, [105] = 0x22, [119] = 0xff };
	uint8_t info[32] = { [16] = 2 };
	struct record rec = {
		.event = NVMETAP_EV_DATA, .flags = NVMETAP_HAS_COMMAND, .qkind = 1, .opc = 6,
		.info = info, .info_len = sizeof(info), .payload = id_ns,
		.len = sizeof(id_ns), .caplen = sizeof(id_ns),
	};

	(void)state;
#define NGUID "nvme.cmd.identify.ns.nguid"
	assert_match(&rec, NGUID " == 11:22:00:00:00:00:00:00:00:00:00:00:00:00:00:ff");
	assert_match(&rec, NGUID "[0:2] == 11:22");
	assert_match(&rec, NGUID "[0-1] == 11-22");
	assert_match(&rec, NGUID "[:2] == \"\\x11\\\"\"");
	assert_match(&rec, NGUID "[-1] == :ff");
	assert_match(&rec, NGUID "[-2:] == 00:ff");
	assert_match(&rec, NGUID "[-2:1] == :00");
	assert_match(&rec, NGUID "[15:1]");
	assert_match(&rec, NGUID " contains 22:00 && " NGUID " > 11:21 && " NGUID " < :12");
	assert_no_match(&rec, NGUID "[16]");
	/* A slice that is not there as a whole has no bytes. */
	assert_no_match(&rec, NGUID "[15:2]");
	assert_no_match(&rec, NGUID "[15:2] == :ff");
	assert_match(&rec, NGUID "[15:2] != :ff && " NGUID "[-17] < :00");
	assert_no_match(&rec, NGUID " == 11:22");
	assert_no_match(&rec, NGUID " contains 11:00");
	assert_match(&rec, NGUID " contains :22");
	assert_no_match(&rec, NGUID " contains \"\"");
#undef NGUID
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_command_lends_its_fields_to_what_belongs_to_it),
		cmocka_unit_test(test_a_completion_borrows_the_fields_of_its_command),
		cmocka_unit_test(test_values_of_our_own_fields_have_names_in_any_case),
		cmocka_unit_test(test_a_name_of_a_value_is_all_of_it),
		cmocka_unit_test(test_a_flush_has_a_name_and_once),
		cmocka_unit_test(test_a_signed_number_is_compared_as_one),
		cmocka_unit_test(test_fields_of_the_frame_are_there_for_who_asks_for_them),
		cmocka_unit_test(test_fields_of_the_frame_are_refused_without_a_frame),
		cmocka_unit_test(test_a_packet_s_numbers_have_32_bits_and_its_bytes_are_there),
		cmocka_unit_test(test_a_uuid_is_compared_as_it_is_written),
		cmocka_unit_test(test_a_field_is_found_in_each_structure_that_has_it),
		cmocka_unit_test(test_a_field_is_found_at_each_place_in_its_structure),
		cmocka_unit_test(test_a_near_name_is_offered_once),
		cmocka_unit_test(test_of_several_values_one_or_all_have_to_fit),
		cmocka_unit_test(test_bytes_are_compared_whole_or_in_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
