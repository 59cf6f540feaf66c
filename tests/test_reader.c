/* SPDX-License-Identifier: BSD-2-Clause */
/* Captures of every shape are read, and damaged ones up to the damage. */
#include "config.h"
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>
#include <cmocka.h>
#include "spec/record.h"
#include "tracer/pcapng.h"
#include "tracer/reader.h"

static const char path[] = "test_reader.capture";

/* A file in the making, in either byte order. */
struct file {
	uint8_t bytes[1 << 16];
	size_t len, block;
	bool big;
};

static struct file file;

static void put(size_t len, uint64_t value)
{
	if (file.big)
		bytes_set_be(file.bytes + file.len, len, value);
	else
		bytes_set_le(file.bytes + file.len, len, value);
	file.len += len;
}

static void put_bytes(const void *from, size_t len)
{
	memcpy(file.bytes + file.len, from, len);
	file.len += len;
	while (file.len % 4 != 0)
		file.bytes[file.len++] = 0;
}

static void put_option(uint16_t code, const void *value, size_t len)
{
	put(2, code);
	put(2, len);
	put_bytes(value, len);
}

static void block_begin(uint32_t type)
{
	file.block = file.len;
	put(4, type);
	put(4, 0);
}

static void block_end(void)
{
	size_t end = file.len + 4;

	put(4, end - file.block);
	file.len = file.block + 4;
	put(4, end - file.block);
	file.len = end;
}

static void put_section(bool big)
{
	file.big = big;
	block_begin(PCAPNG_SECTION);
	put(4, PCAPNG_ORDER);
	put(2, 1);
	put(2, 0);
	put(8, UINT64_MAX);
	put_option(PCAPNG_SHB_APPLICATION, "tap", 3);
	put(4, 0);
	block_end();
}

static void put_interface(const char *name, uint16_t linktype, uint8_t tsresol, int64_t tsoffset)
{
	block_begin(PCAPNG_INTERFACE);
	put(2, linktype);
	put(2, 0);
	put(4, 0);
	put_option(PCAPNG_IF_NAME, name, strlen(name));
	put_option(PCAPNG_IF_TSRESOL, &tsresol, 1);
	put(2, PCAPNG_IF_TSOFFSET);
	put(2, 8);
	put(8, (uint64_t)tsoffset);
	put(4, 0);
	block_end();
}

/* A record with sequence number seq and a text. */
static size_t make_record(uint8_t *to, uint64_t seq)
{
	struct record rec = {.event = NVMETAP_EV_MARK, .seq = seq, .len = 5};

	record_encode(to, &rec);
	memcpy(to + record_SIZE, "hello", 5);
	return record_SIZE + 5;
}

static void put_packet(uint32_t interface, uint64_t ticks, uint64_t seq, const char *comment)
{
	uint8_t record[128];
	size_t len = make_record(record, seq);

	block_begin(PCAPNG_ENHANCED);
	put(4, interface);
	put(4, ticks >> 32);
	put(4, (uint32_t)ticks);
	put(4, len);
	put(4, len);
	put_bytes(record, len);
	if (comment != NULL)
		put_option(PCAPNG_COMMENT, comment, strlen(comment));
	block_end();
}

static void put_unknown(uint32_t type, size_t len)
{
	block_begin(type);
	for (size_t i = 0; i < len; i += 4)
		put(4, i);
	block_end();
}

static void write_file(const void *bytes, size_t len)
{
	FILE *to = fopen(path, "wb");

	assert_non_null(to);
	assert_int_equal(fwrite(bytes, 1, len, to), len);
	assert_int_equal(fclose(to), 0);
}

static struct reader *open_bytes(const void *bytes, size_t len)
{
	char err[512] = "";
	struct reader *reader;

	write_file(bytes, len);
	reader = reader_open(path, err, sizeof(err));
	if (reader == NULL)
		print_error("%s\n", err);
	assert_non_null(reader);
	return reader;
}

static struct reader *open_file(void)
{
	return open_bytes(file.bytes, file.len);
}

static void assert_refused(const void *bytes, size_t len, const char *what)
{
	char err[512] = "";

	write_file(bytes, len);
	assert_null(reader_open(path, err, sizeof(err)));
	assert_memory_equal(err, path, strlen(path));
	assert_non_null(strstr(err, what));
}

/* Reads on; returns how many packets there were, result is the end's. */
static unsigned int count(struct reader *reader, int *result)
{
	struct reader_packet pkt;
	struct record rec;
	unsigned int nr = 0;

	while ((*result = reader_next(reader, &pkt, &rec)) == 1)
		nr++;
	return nr;
}

static void assert_next(struct reader *reader, struct reader_packet *pkt, struct record *rec,
			uint64_t seq)
{
	assert_int_equal(reader_next(reader, pkt, rec), 1);
	assert_int_equal(pkt->error, 0);
	assert_int_equal(rec->seq, seq);
	assert_int_equal(rec->caplen, 5);
	assert_memory_equal(rec->payload, "hello", 5);
}

static void assert_end(struct reader *reader)
{
	struct reader_packet pkt;
	struct record rec;

	assert_int_equal(reader_next(reader, &pkt, &rec), 0);
	assert_int_equal(reader_next(reader, &pkt, &rec), 0);
	reader_close(reader);
}

static void assert_fails(struct reader *reader, int err, const char *what)
{
	int result;

	(void)count(reader, &result);
	assert_int_equal(result, err);
	assert_non_null(strstr(reader_error(reader), what));
	reader_close(reader);
}

static void put_two_sections(void)
{
	file.len = 0;
	for (int big = 0; big < 2; big++) {
		put_section(big);
		put_interface("first", 147, 9, 0);
		put_packet(0, 1000000007, 1, NULL);
		put_unknown(0x77, 20);
		put_interface("late", 147, 9, 0);
		put_packet(1, 1000000008, 2, "odd");
		put_packet(0, 1000000009, 3, NULL);
		put_unknown(PCAPNG_STATISTICS, 4);
	}
}

static void test_sections_of_both_orders_late_interfaces_and_unknown_blocks(void **state)
{
	struct reader_packet pkt;
	struct record rec;
	struct reader *reader;

	(void)state;
	put_two_sections();
	reader = open_file();
	for (unsigned int section = 0; section < 2; section++) {
		assert_next(reader, &pkt, &rec, 1);
		assert_string_equal(pkt.interface->name, "first");
		assert_null(pkt.interface->description);
		assert_null(pkt.comment);
		assert_string_equal(reader_application(reader), "tap");
		assert_next(reader, &pkt, &rec, 2);
		assert_string_equal(pkt.interface->name, "late");
		assert_string_equal(pkt.comment, "odd");
		assert_int_equal(pkt.number, section * 3 + 2);
		assert_int_equal(rec.time_ns, 1000000008);
		assert_next(reader, &pkt, &rec, 3);
	}
	assert_end(reader);
}

static void test_a_cut_anywhere_loses_no_record_before_it(void **state)
{
	size_t ends[6], nr_ends = 0;
	struct reader *reader;
	unsigned int nr;
	char err[512];
	int result;

	(void)state;
	put_two_sections();
	for (size_t at = 0; at < file.len;) {
		bool big = file.bytes[at + 4] == 0 && file.bytes[at + 5] == 0;
		size_t len = big ? bytes_get_be(file.bytes + at + 4, 4)
				 : bytes_get_le(file.bytes + at + 4, 4);

		if (file.bytes[at] == PCAPNG_ENHANCED || file.bytes[at + 3] == PCAPNG_ENHANCED)
			ends[nr_ends++] = at + len;
		at += len;
	}
	assert_int_equal(nr_ends, 6);
	write_file(file.bytes, file.len);
	for (size_t cut = file.len; cut-- > 4;) {
		assert_int_equal(truncate(path, (off_t)cut), 0);
		reader = reader_open(path, err, sizeof(err));
		assert_non_null(reader);
		for (nr = 0; nr < 6 && ends[nr] <= cut; nr++)
			;
		assert_int_equal(count(reader, &result), nr);
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
		put_section(i % 2);
		put_interface("x", 147, times[i].tsresol, times[i].tsoffset);
		put_packet(0, times[i].ticks, 1, NULL);
		reader = open_file();
		assert_next(reader, &pkt, &rec, 1);
		assert_int_equal(rec.time_ns, times[i].time_ns);
		assert_end(reader);
	}
}

static void test_simple_and_obsolete_packets_are_packets(void **state)
{
	struct reader_packet pkt;
	struct record rec;
	struct reader *reader;
	uint8_t record[128];
	size_t len = make_record(record, 7);

	(void)state;
	file.len = 0;
	put_section(true);
	put_interface("x", 147, 9, 0);
	block_begin(PCAPNG_SIMPLE);
	put(4, len);
	put_bytes(record, len);
	block_end();
	put_unknown(PCAPNG_CUSTOM, 8);
	block_begin(PCAPNG_PACKET_OBSOLETE);
	put(2, 0);
	put(2, 9);
	put(8, 77);
	put(4, len);
	put(4, len);
	put_bytes(record, len);
	block_end();
	reader = open_file();
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
	put_section(false);
	put_interface("x", 147, 9, 0);
	put_interface("ethernet", 1, 9, 0);
	put_packet(0, 0, 1, NULL);
	file.bytes[file.len - 4 - 64 + record_version_OFFSET] = 2;
	put_packet(0, 0, 2, NULL);
	file.bytes[file.len - 4 - 64] = 'x';
	put_packet(1, 0, 3, NULL);
	put_packet(0, 0, 4, NULL);
	reader = open_file();
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
static void put_beginning(void)
{
	file.len = 0;
	put_section(false);
	put_interface("x", 147, 9, 0);
	assert_int_equal(file.len, 92);
}

static void test_damage_is_named_with_its_place(void **state)
{
	(void)state;
	put_beginning();
	put_packet(0, 0, 1, NULL);
	file.bytes[92 + 4] = 13;
	assert_fails(open_file(), -EBADMSG, "block of an impossible length at byte 92");
	put_beginning();
	put_packet(1, 0, 1, NULL);
	assert_fails(open_file(), -EBADMSG, "packet of an unknown interface at byte 92");
	put_beginning();
	put_packet(0, 0, 1, NULL);
	file.bytes[92 + 20] = 0xff;
	assert_fails(open_file(), -EBADMSG, "packet longer than its block at byte 92");
	put_beginning();
	put_packet(0, 0, 1, NULL);
	file.bytes[file.len - 4] ^= 4;
	assert_fails(open_file(), -EBADMSG, "block with two different lengths at byte 92");
	put_beginning();
	put_packet(0, 0, 1, NULL);
	file.bytes[92 + 7] = 0x7f;
	assert_fails(open_file(), -EBADMSG, "block too long to be true at byte 92");
	put_beginning();
	put_unknown(0x77, 20);
	file.bytes[92 + 7] = 0x7f;
	assert_fails(open_file(), -ENODATA, "truncated block at byte 92");
}

static void test_interfaces_without_end_are_refused(void **state)
{
	size_t begin, len;
	uint8_t *bytes = malloc(1 << 20);
	int result;
	struct reader *reader;

	(void)state;
	put_beginning();
	begin = file.len;
	put_interface("x", 147, 9, 0);
	len = file.len - begin;
	memcpy(bytes, file.bytes, begin);
	for (size_t i = 0; i < 5000; i++)
		memcpy(bytes + begin + i * len, file.bytes + begin, len);
	reader = open_bytes(bytes, begin + 5000 * len);
	assert_int_equal(count(reader, &result), 0);
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
	unlink(path);
	assert_null(reader_open(path, err, sizeof(err)));
	assert_int_equal(errno, ENOENT);
	assert_string_equal(err, "test_reader.capture: No such file or directory");
	assert_null(reader_open(".", err, sizeof(err)));
	assert_string_equal(err, ".: Is a directory; after byte 0");
}

static size_t pack(uint8_t *to, size_t size, size_t from, size_t end)
{
	size_t len = ZSTD_compress(to, size, file.bytes + from, end - from, 1);

	assert_false(ZSTD_isError(len));
	return len;
}

static void test_several_zstd_frames_are_one_stream(void **state)
{
	static uint8_t packed[1 << 16];
	struct reader *reader;
	size_t len;
	int result;

	(void)state;
	put_two_sections();
	len = pack(packed, sizeof(packed), 0, 111);
	memcpy(packed + len, "\x53\x2a\x4d\x18\x02\0\0\0hi", 10);
	len += 10;
	len += pack(packed + len, sizeof(packed) - len, 111, file.len);
	reader = open_bytes(packed, len);
	assert_int_equal(count(reader, &result), 6);
	assert_int_equal(result, 0);
	reader_close(reader);
}

static void test_an_unfinished_frame_gives_all_and_says_it_is_unfinished(void **state)
{
	static uint8_t packed[1 << 16];
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	ZSTD_outBuffer out = {packed, sizeof(packed), 0};
	ZSTD_inBuffer in = {file.bytes, 0, 0};
	struct reader *reader;
	int result;

	(void)state;
	put_two_sections();
	in.size = file.len;
	assert_int_equal(ZSTD_compressStream2(zstd, &out, &in, ZSTD_e_flush), 0);
	reader = open_bytes(packed, out.pos);
	assert_int_equal(count(reader, &result), 6);
	assert_int_equal(result, -ENODATA);
	assert_non_null(strstr(reader_error(reader), "zstd frame not finished"));
	assert_non_null(strstr(reader_error(reader), "(uncompressed)"));
	reader_close(reader);
	memset(packed + out.pos, 0xff, 10);
	assert_fails(open_bytes(packed, out.pos + 10), -EBADMSG, "damaged zstd data");
	assert_refused(packed, 7, "zstd frame not finished");
	ZSTD_freeCCtx(zstd);
}

static void put_pcap(bool big, uint32_t magic)
{
	uint8_t record[128];

	file.big = big;
	file.len = 0;
	put(4, magic);
	put(2, 2);
	put(2, 4);
	put(8, 0);
	put(4, 262144);
	put(4, 147);
	for (uint64_t seq = 1; seq <= 2; seq++) {
		put(4, 1556804537);
		put(4, 200909);
		put(8, 0);
		file.len -= 8;
		put(4, make_record(record, seq));
		put(4, make_record(record, seq));
		memcpy(file.bytes + file.len, record, 61);
		file.len += 61;
	}
}

static void test_classic_pcap_is_read_in_both_orders_and_resolutions(void **state)
{
	struct reader_packet pkt;
	struct record rec;
	struct reader *reader;

	(void)state;
	for (int i = 0; i < 4; i++) {
		put_pcap(i & 1, i & 2 ? 0xa1b23c4d : 0xa1b2c3d4);
		reader = open_file();
		assert_next(reader, &pkt, &rec, 1);
		assert_int_equal(rec.time_ns,
				 1556804537000000000 + (i & 2 ? 200909 : 200909000));
		assert_int_equal(pkt.interface->linktype, 147);
		assert_null(reader_application(reader));
		assert_next(reader, &pkt, &rec, 2);
		assert_int_equal(pkt.number, 2);
		assert_end(reader);
	}
	file.len -= 1;
	assert_fails(open_file(), -ENODATA, "truncated or damaged packet at byte 101");
}

static void *feed_pipe(void *ctx)
{
	int fd = *(int *)ctx;

	for (size_t i = 0; i < file.len; i++)
		assert_int_equal(write(fd, file.bytes + i, 1), 1);
	close(fd);
	return NULL;
}

static void read_through_pipe(unsigned int expected)
{
	int fds[2], result, kept = dup(STDIN_FILENO);
	struct reader *reader;
	pthread_t thread;
	char err[512];

	assert_int_equal(pipe(fds), 0);
	assert_true(dup2(fds[0], STDIN_FILENO) >= 0);
	close(fds[0]);
	assert_int_equal(pthread_create(&thread, NULL, feed_pipe, &fds[1]), 0);
	reader = reader_open("-", err, sizeof(err));
	assert_non_null(reader);
	assert_int_equal(count(reader, &result), expected);
	assert_int_equal(result, 0);
	reader_close(reader);
	pthread_join(thread, NULL);
	if (kept >= 0) {
		assert_true(dup2(kept, STDIN_FILENO) >= 0);
		close(kept);
	}
}

static void test_a_pipe_is_as_good_as_a_file(void **state)
{
	(void)state;
	put_two_sections();
	read_through_pipe(6);
	put_pcap(true, 0xa1b2c3d4);
	read_through_pipe(2);
}

static void test_long_blocks_and_many_of_them_are_read(void **state)
{
	static uint8_t record[RECORD_LEN_MAX];
	size_t size = 3 * RECORD_LEN_MAX, len = 0;
	uint8_t *bytes = malloc(size + (1 << 16));
	struct pcapng_packet packet = {.caplen = RECORD_LEN_MAX, .len = RECORD_LEN_MAX};
	struct reader *reader;
	int result;

	(void)state;
	put_beginning();
	memcpy(bytes, file.bytes, file.len);
	len = file.len;
	while (len < 2 * RECORD_LEN_MAX) {
		memcpy(bytes + len + PCAPNG_PACKET_DATA, record, sizeof(record));
		len += pcapng_packet(bytes + len, &packet);
	}
	reader = open_bytes(bytes, len);
	assert_int_equal(count(reader, &result), 2);
	assert_int_equal(result, 0);
	reader_close(reader);
	free(bytes);
}

static void test_random_damage_ends_in_an_answer(void **state)
{
	static uint8_t damaged[1 << 16];
	uint32_t value = 12345;
	struct reader *reader;
	char err[512];
	int result;

	(void)state;
	for (unsigned int round = 0; round < 4000; round++) {
		if (round % 2 == 0)
			put_two_sections();
		else
			put_pcap(round % 4 == 1, 0xa1b2c3d4);
		memcpy(damaged, file.bytes, file.len);
		for (unsigned int i = 0; i < 1 + round % 5; i++) {
			value = value * 1664525 + 1013904223;
			damaged[(value >> 8) % file.len] = (uint8_t)(value >> 3);
		}
		if (round % 3 == 0) {
			file.len = pack(damaged, sizeof(damaged), 0, file.len);
			damaged[(value >> 8) % file.len] ^= (uint8_t)(1 << value % 8);
		}
		write_file(damaged, file.len);
		reader = reader_open(path, err, sizeof(err));
		if (reader == NULL)
			continue;
		assert_in_range(count(reader, &result), 0, 100);
		assert_true(result <= 0);
		reader_close(reader);
	}
}

static int remove_file(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections_of_both_orders_late_interfaces_and_unknown_blocks),
		cmocka_unit_test(test_a_cut_anywhere_loses_no_record_before_it),
		cmocka_unit_test(test_the_resolution_and_offset_of_time_are_honoured),
		cmocka_unit_test(test_simple_and_obsolete_packets_are_packets),
		cmocka_unit_test(test_what_is_no_record_of_ours_says_so_and_is_passed),
		cmocka_unit_test(test_damage_is_named_with_its_place),
		cmocka_unit_test(test_interfaces_without_end_are_refused),
		cmocka_unit_test(test_what_is_no_capture_is_refused_with_a_word),
		cmocka_unit_test(test_several_zstd_frames_are_one_stream),
		cmocka_unit_test(test_an_unfinished_frame_gives_all_and_says_it_is_unfinished),
		cmocka_unit_test(test_classic_pcap_is_read_in_both_orders_and_resolutions),
		cmocka_unit_test(test_a_pipe_is_as_good_as_a_file),
		cmocka_unit_test(test_long_blocks_and_many_of_them_are_read),
		cmocka_unit_test(test_random_damage_ends_in_an_answer),
	};

	return cmocka_run_group_tests_name("reader", tests, NULL, remove_file);
}
