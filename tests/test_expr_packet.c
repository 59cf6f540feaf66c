/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions: what the bytes of a packet answer before the record is taken apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/expression.h"

/* The record's packet: header, info and payload. */
static size_t put_packet(uint8_t *to, const struct record *rec)
{
	record_encode(to, rec);
	if (rec->info_len > 0)
		memcpy(to + record_SIZE, rec->info, rec->info_len);
	memcpy(to + record_SIZE + rec->info_len, rec->payload, rec->caplen);
	return record_SIZE + rec->info_len + rec->caplen;
}

static bool packet_excluded(const char *text, const uint8_t *packet, size_t len)
{
	struct expr_error err;
	struct expr *expr = expr_compile_frame(text, strlen(text), &err);
	bool excluded;

	assert_non_null(expr);
	excluded = expr_excludes_packet(expr, packet, len);
	expr_free(expr);
	return excluded;
}

static void test_what_info_or_payload_show_to_be_false_is_excluded(void **state)
{
	static const uint8_t info[8] = { [6] = 2, [7] = 3 };	/* 515 ns */
	static const uint8_t cqe[16] = { [8] = 4, [9] = 5, [12] = 6, [14] = 0x0e };
	struct record completion = {
		.event = NVMETAP_EV_COMPLETION, .info = info, .info_len = sizeof(info),
		.payload = cqe, .len = sizeof(cqe), .caplen = sizeof(cqe),
	};
	struct record write = write_record();
	static const struct {
		const char *text;
		bool of_completion, excluded;
	} rows[] = {
		{ "nvme.cmd.slba == 0x1000", false, false },
		{ "nvme.cmd.slba == 0x1001", false, true },
		{ "nvme.cmd.slba & 0xfff == 1", false, true },
		{ "nvmetap.opc == 1 && nvme.cmd.slba != 0x1000", false, true },
		{ "nvme.cmd.slba == 1 || nvmetap.opc == 1", false, false },
		{ "!(nvme.cmd.slba == 1)", false, false },
		{ "nvmetap.latency_ns == 515", true, false },
		{ "nvmetap.latency_ns > 515", true, true },
		{ "nvme.cqe.sqhd == 0x504", true, false },
		{ "nvme.cqe.sqhd == 0x405", true, true },
		{ "nvme.cqe.cid == 6", true, false },
		{ "nvme.cqe.cid == 7", true, true },
		{ "nvme.cqe.status.sc == 7", true, false },
		{ "nvme.cqe.status.sc < 7", true, true },
	};
	uint8_t packet[256];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		len = put_packet(packet, rows[i].of_completion ? &completion : &write);
		if (packet_excluded(rows[i].text, packet, len) != rows[i].excluded)
			fail_msg("%s", rows[i].text);
	}
}

/* Of a packet cut short only what is there counts: no byte behind it is looked at. */
static void test_a_packet_cut_short_is_excluded_by_what_is_there(void **state)
{
	struct record rec = write_record();
	uint8_t packet[256], *cut;
	size_t len = put_packet(packet, &rec);

	(void)state;
	for (size_t i = record_SIZE; i <= len; i++) {
		cut = malloc(i);
		memcpy(cut, packet, i);
		assert_int_equal(packet_excluded("nvme.cmd.slba == 1", cut, i),
				 i >= record_SIZE + 40 + 8);
		free(cut);
	}
	packet[record_header_len_OFFSET] = packet[record_info_len_OFFSET] = 255;
	assert_false(packet_excluded("nvme.cmd.slba == 1", packet, len));
}

/* More than are asked of the bytes; each is asked of the record. */
static void test_of_a_hundred_comparisons_the_first_excludes(void **state)
{
	char text[EXPR_TEXT_MAX] = "nvmetap.opc == 2";
	struct record rec = write_record();
	uint8_t packet[256];
	size_t len = put_packet(packet, &rec);

	(void)state;
	for (size_t i = 0; i < 100; i++)
		strcat(text, " && nvmetap.seq == 600 && nvme.cmd.slba == 0x1000");
	assert_true(packet_excluded(text, packet, len));
	text[strlen("nvmetap.opc == ")] = '1';
	assert_false(packet_excluded(text, packet, len));
	assert_match(&rec, text);
	strcat(text, " && nvme.cmd.slba == 0x1001");
	assert_no_match(&rec, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_info_or_payload_show_to_be_false_is_excluded),
		cmocka_unit_test(test_a_packet_cut_short_is_excluded_by_what_is_there),
		cmocka_unit_test(test_of_a_hundred_comparisons_the_first_excludes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
