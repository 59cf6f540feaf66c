/* SPDX-License-Identifier: BSD-2-Clause */
/* pcapng of every shape is read, and what is damaged up to the damage. */
#include "config.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/reader_file.h"
#include "tracer/pcapng.h"

const char file_path[] = "test_reader.capture";

static void test_sections_of_both_orders_late_interfaces_and_unknown_blocks(void **state)
{
	struct reader_packet pkt;
	struct record rec;
	struct reader *reader;

	(void)state;
	file_put_two_sections();
	reader = file_open();
	for (unsigned int section = 0; section < 2; section++) {
		assert_next(reader, &pkt, &rec, 1);
		assert_string_equal(pkt.interface->name, "first");
		assert_null(pkt.interface->description);
		assert_null(reader_comment(&pkt));
		assert_string_equal(reader_application(reader), "tap");
		assert_next(reader, &pkt, &rec, 2);
		assert_string_equal(pkt.interface->name, "late");
		assert_string_equal(reader_comment(&pkt), "odd");
		assert_int_equal(pkt.number, section * 3 + 2);
		assert_int_equal(rec.time_ns, 1000000008);
		assert_next(reader, &pkt, &rec, 3);
	}
	assert_end(reader);
}

/* A section that promises statistics as its last block. */
static void put_closing_section(void)
{
	file.len = 0;
	file_block_begin(PCAPNG_SECTION);
	file_put(4, PCAPNG_ORDER);
	file_put(2, 1);
	file_put(2, 0);
	file_put(8, UINT64_MAX);
	file_put_option(PCAPNG_SHB_CLOSES, PCAPNG_CLOSES, strlen(PCAPNG_CLOSES));
	file_block_end();
	file_put_interface("x", 147, 9, 0);
}

static void assert_unfinished(bool unfinished)
{
	struct reader *reader = file_open();
	int result;

	(void)count_packets(reader, &result);
	assert_int_equal(result, 0);
	assert_int_equal(reader_unfinished(reader), unfinished);
	reader_close(reader);
}

static void test_a_promised_end_is_missed_unless_it_comes_last(void **state)
{
	(void)state;
	file.big = false;
	put_closing_section();
	assert_unfinished(true);
	file_put_packet(0, 1, 1, NULL);
	assert_unfinished(true);
	file_put_unknown(PCAPNG_STATISTICS, 4);
	assert_unfinished(false);
	file_put_packet(0, 2, 2, NULL);
	assert_unfinished(true);
	file_put_unknown(PCAPNG_STATISTICS, 4);
	assert_unfinished(false);
}

static void test_a_cut_anywhere_loses_no_record_before_it(void **state)
{
	size_t ends[6], nr_ends = 0;
	struct reader *reader;
	unsigned int nr;
	char err[512];
	int result;

	(void)state;
	file_put_two_sections();
	for (size_t at = 0; at < file.len;) {
		bool big = file.bytes[at + 4] == 0 && file.bytes[at + 5] == 0;
		size_t len = big ? bytes_get_be(file.bytes + at + 4, 4)
				 : bytes_get_le(file.bytes + at + 4, 4);

		if (file.bytes[at] == PCAPNG_ENHANCED || file.bytes[at + 3] == PCAPNG_ENHANCED)
			ends[nr_ends++] = at + len;
		at += len;
	}
	assert_int_equal(nr_ends, 6);
	file_write(file.bytes, file.len);
	for (size_t cut = file.len; cut-- > 4;) {
		assert_int_equal(truncate(file_path, (off_t)cut), 0);
		reader = reader_open(file_path, err, sizeof(err));
		assert_non_null(reader);
		for (nr = 0; nr < 6 && ends[nr] <= cut; nr++)
			;
		assert_int_equal(count_packets(reader, &result), nr);
		assert_true(result == 0 || result == -ENODATA);
		if (result != 0)
			assert_non_null(strstr(reader_error(reader), "truncated block at byte "));
		reader_close(reader);
	}
}

static void test_the_resolution_and_offset_of_time_are_honoured(void **state)
{
	static const struct {
		uint8_t tsresol;
		int64_t tsoffset;
		uint64_t ticks, time_ns;
	} times[] = {
		{6, 0, 1556804537200909, 1556804537200909000},
		{0, 5, 7, 12000000000},
		{3, -1, 1500, 500000000},
		{12, 0, 1234567890123, 1234567890},
		{0x80 | 10, 0, 1536, 1500000000},
		{0x80 | 40, 1, (UINT64_C(3) << 40) + (UINT64_C(1) << 39), 4500000000},
		{19, 0, 10000000000, 1},
		{99, 0, 1, 0},
		{0xff, 0, 1, 0},
	};
	struct reader_packet pkt;
	struct record rec;
	struct reader *reader;

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		file.len = 0;
		file_put_section(i % 2);
		file_put_interface("x", 147, times[i].tsresol, times[i].tsoffset);
		file_put_packet(0, times[i].ticks, 1, NULL);
		file_put_packet(0, times[i].ticks, 2, NULL);
		reader = file_open();
		for (uint64_t seq = 1; seq <= 2; seq++) {
			assert_next(reader, &pkt, &rec, seq);
			assert_int_equal(rec.time_ns, times[i].time_ns);
		}
		assert_end(reader);
	}
}

static void test_simple_and_obsolete_packets_are_packets(void **state)
{
	struct reader_packet pkt;
	struct record rec;
	struct reader *reader;
	uint8_t record[128];
	size_t len = file_make_record(record, 7);

	(void)state;
	file.len = 0;
	file_put_section(true);
	file_put_interface("x", 147, 9, 0);
	file_block_begin(PCAPNG_SIMPLE);
	file_put(4, len);
	file_put_bytes(record, len);
	file_block_end();
	file_put_unknown(PCAPNG_CUSTOM, 8);
	file_block_begin(PCAPNG_PACKET_OBSOLETE);
	file_put(2, 0);
	file_put(2, 9);
	file_put(8, 77);
	file_put(4, len);
	file_put(4, len);
	file_put_bytes(record, len);
	file_block_end();
	reader = file_open();
	assert_next(reader, &pkt, &rec, 7);
	assert_int_equal(pkt.number, 1);
	assert_next(reader, &pkt, &rec, 7);
	assert_int_equal(pkt.number, 3);	/* Wireshark counts the custom block */
	assert_int_equal(rec.time_ns, 77);
	assert_end(reader);
}

static void test_what_is_no_record_of_ours_says_so_and_is_passed(void **state)
{
	struct reader_packet pkt;
	struct record rec;
	struct reader *reader;

	(void)state;
	file.len = 0;
	file_put_section(false);
	file_put_interface("x", 147, 9, 0);
	file_put_interface("ethernet", 1, 9, 0);
	file_put_packet(0, 0, 1, NULL);
	file.bytes[file.len - 4 - 64 + record_version_OFFSET] = 2;
	file_put_packet(0, 0, 2, NULL);
	file.bytes[file.len - 4 - 64] = 'x';
	file_put_packet(1, 0, 3, NULL);
	file_put_packet(0, 0, 4, NULL);
	reader = file_open();
	assert_int_equal(reader_next(reader, &pkt, &rec), 1);
	assert_int_equal(pkt.error, -EPROTO);
	assert_int_equal(reader_next(reader, &pkt, &rec), 1);
	assert_int_equal(pkt.error, -EINVAL);
	assert_int_equal(reader_next(reader, &pkt, &rec), 1);
	assert_int_equal(pkt.error, -EINVAL);
	assert_int_equal(pkt.interface->linktype, 1);
	assert_next(reader, &pkt, &rec, 4);
	assert_end(reader);
}

/* A section, an interface and what is damaged at byte 92. */
static void test_damage_is_named_with_its_place(void **state)
{
	(void)state;
	file_put_beginning();
	file_put_packet(0, 0, 1, NULL);
	file.bytes[92 + 4] = 13;
	assert_fails(file_open(), -EBADMSG, "block of an impossible length at byte 92");
	file_put_beginning();
	file_put_packet(1, 0, 1, NULL);
	assert_fails(file_open(), -EBADMSG, "packet of an unknown interface at byte 92");
	file_put_beginning();
	file_put_packet(0, 0, 1, NULL);
	file.bytes[92 + 20] = 0xff;
	assert_fails(file_open(), -EBADMSG, "packet longer than its block at byte 92");
	file_put_beginning();
	file_put_packet(0, 0, 1, NULL);
	file.bytes[file.len - 4] ^= 4;
	assert_fails(file_open(), -EBADMSG, "block with two different lengths at byte 92");
	file_put_beginning();
	file_put_packet(0, 0, 1, NULL);
	file.bytes[92 + 7] = 0x7f;
	assert_fails(file_open(), -EBADMSG, "block too long to be true at byte 92");
	file_put_beginning();
	file_put_unknown(0x77, 20);
	file.bytes[92 + 7] = 0x7f;
	assert_fails(file_open(), -ENODATA, "truncated block at byte 92");
}

/* The same behind a whole packet: those take a quicker way than the first one.
 * A wrong length, at 4, is repeated where it then has to be. */
static void assert_second_fails(size_t at, uint8_t value, const char *what)
{
	char line[128];
	size_t begin;

	file_put_beginning();
	file_put_packet(0, 0, 1, NULL);
	begin = file.len;
	file_put_packet(0, 0, 2, NULL);
	file_put_packet(0, 0, 3, NULL);
	file.bytes[begin + at] = value;
	if (at == 4)
		memcpy(file.bytes + begin + value - 4, (const uint8_t[4]){value}, 4);
	snprintf(line, sizeof(line), "%s at byte %zu", what, begin);
	assert_fails(file_open(), -EBADMSG, line);
}

static void test_damage_behind_a_packet_is_named_with_its_place(void **state)
{
	uint8_t len;

	(void)state;
	file_put_beginning();
	len = (uint8_t)file.len;
	file_put_packet(0, 0, 1, NULL);
	len = (uint8_t)(file.len - len);
	assert_second_fails(4, len - 1, "block of an impossible length");
	assert_second_fails(4, 28, "block too short for its type");
	assert_second_fails(7, 0x7f, "block too long to be true");
	assert_second_fails(8, 1, "packet of an unknown interface");
	assert_second_fails(20, 0xff, "packet longer than its block");
	assert_second_fails(len - 4, len ^ 4, "block with two different lengths");
}

/* In the order of its section it is a block of no known type, and longer than the file. */
static void test_a_packet_of_the_other_order_is_none(void **state)
{
	struct reader_packet pkt;
	struct record rec;
	struct reader *reader;

	(void)state;
	file.len = 0;
	file_put_section(true);
	file_put_interface("x", 147, 9, 0);
	file_put_packet(0, 0, 1, NULL);
	file.big = false;
	file_put_packet(0, 0, 2, NULL);
	reader = file_open();
	assert_next(reader, &pkt, &rec, 1);
	assert_fails(reader, -ENODATA, "truncated block");
}

static void test_interfaces_without_end_are_refused(void **state)
{
	size_t begin, len;
	uint8_t *bytes = malloc(1 << 20);
	int result;
	struct reader *reader;

	(void)state;
	file_put_beginning();
	begin = file.len;
	file_put_interface("x", 147, 9, 0);
	len = file.len - begin;
	memcpy(bytes, file.bytes, begin);
	for (size_t i = 0; i < 5000; i++)
		memcpy(bytes + begin + i * len, file.bytes + begin, len);
	reader = file_open_bytes(bytes, begin + 5000 * len);
	assert_int_equal(count_packets(reader, &result), 0);
	assert_int_equal(result, -EBADMSG);
	reader_close(reader);
	free(bytes);
}

static void test_what_is_no_capture_is_refused_with_a_word(void **state)
{
	static const char text[] = "once upon a time\n";
	char err[512];

	(void)state;
	assert_refused("", 0, "is empty");
	assert_refused(text, 17, "is no capture");
	assert_refused("ab", 2, "is no capture");
	assert_refused("\xd4\xc3\xb2\xa1", 4, "truncated");
	unlink(file_path);
	assert_null(reader_open(file_path, err, sizeof(err)));
	assert_int_equal(errno, ENOENT);
	assert_string_equal(err, "test_reader.capture: No such file or directory");
	assert_null(reader_open(".", err, sizeof(err)));
	assert_string_equal(err, ".: Is a directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections_of_both_orders_late_interfaces_and_unknown_blocks),
		cmocka_unit_test(test_a_promised_end_is_missed_unless_it_comes_last),
		cmocka_unit_test(test_a_cut_anywhere_loses_no_record_before_it),
		cmocka_unit_test(test_the_resolution_and_offset_of_time_are_honoured),
		cmocka_unit_test(test_simple_and_obsolete_packets_are_packets),
		cmocka_unit_test(test_what_is_no_record_of_ours_says_so_and_is_passed),
		cmocka_unit_test(test_damage_is_named_with_its_place),
		cmocka_unit_test(test_damage_behind_a_packet_is_named_with_its_place),
		cmocka_unit_test(test_a_packet_of_the_other_order_is_none),
		cmocka_unit_test(test_interfaces_without_end_are_refused),
		cmocka_unit_test(test_what_is_no_capture_is_refused_with_a_word),
	};

	return cmocka_run_group_tests_name("reader", tests, NULL, file_remove);
}
