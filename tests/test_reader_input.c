/* SPDX-License-Identifier: BSD-2-Clause */
/* Captures are read from pipes, zstd and classic pcap too, and whatever is in them. */
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
#include "tests/reader_file.h"
#include "tracer/input.h"
#include "tracer/pcapng.h"

const char file_path[] = "test_reader_input.capture";

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
	file_put_two_sections();
	len = pack(packed, sizeof(packed), 0, 111);
	memcpy(packed + len, "\x53\x2a\x4d\x18\x02\0\0\0hi", 10);
	len += 10;
	len += pack(packed + len, sizeof(packed) - len, 111, file.len);
	reader = file_open_bytes(packed, len);
	assert_int_equal(count_packets(reader, &result), 6);
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
	file_put_two_sections();
	in.size = file.len;
	assert_int_equal(ZSTD_compressStream2(zstd, &out, &in, ZSTD_e_flush), 0);
	reader = file_open_bytes(packed, out.pos);
	assert_int_equal(count_packets(reader, &result), 6);
	assert_int_equal(result, -ENODATA);
	assert_non_null(strstr(reader_error(reader), "zstd frame not finished"));
	assert_non_null(strstr(reader_error(reader), "(uncompressed)"));
	reader_close(reader);
	memset(packed + out.pos, 0xff, 10);
	assert_fails(file_open_bytes(packed, out.pos + 10), -EBADMSG, "damaged zstd data");
	assert_refused(packed, 7, "zstd frame not finished");
	ZSTD_freeCCtx(zstd);
}

static void test_classic_pcap_is_read_in_both_orders_and_resolutions(void **state)
{
	struct reader_packet pkt;
	struct record rec;
	struct reader *reader;

	(void)state;
	for (int i = 0; i < 4; i++) {
		file_put_pcap(i & 1, i & 2 ? 0xa1b23c4d : 0xa1b2c3d4);
		reader = file_open();
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
	assert_fails(file_open(), -ENODATA, "truncated or damaged packet at byte 101");
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
	assert_int_equal(count_packets(reader, &result), expected);
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
	file_put_two_sections();
	read_through_pipe(6);
	file_put_pcap(true, 0xa1b2c3d4);
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
	file_put_beginning();
	memcpy(bytes, file.bytes, file.len);
	len = file.len;
	while (len < 2 * RECORD_LEN_MAX) {
		memcpy(bytes + len + PCAPNG_PACKET_DATA, record, sizeof(record));
		len += pcapng_packet(bytes + len, &packet);
	}
	reader = file_open_bytes(bytes, len);
	assert_int_equal(count_packets(reader, &result), 2);
	assert_int_equal(result, 0);
	reader_close(reader);
	free(bytes);
}

/* A packet of len bytes, of which each differs from the one before. */
static size_t put_long_packet(uint8_t *to, uint32_t len)
{
	const struct pcapng_packet packet = {.caplen = len, .len = len};

	for (uint32_t i = 0; i < len; i++)
		to[PCAPNG_PACKET_DATA + i] = (uint8_t)(i * 7 + (i >> 12));
	return pcapng_packet(to, &packet);
}

/* Whole, however often the buffer has to grow for it; and what follows it. */
static void read_long_packet(const void *bytes, size_t len, uint32_t packet_len)
{
	struct reader *reader = file_open_bytes(bytes, len);
	struct reader_packet pkt;
	struct record rec;

	assert_int_equal(reader_next_packet(reader, &pkt), 1);
	assert_int_equal(pkt.caplen, packet_len);
	for (uint32_t i = 0; i < packet_len; i++)
		if (pkt.data[i] != (uint8_t)(i * 7 + (i >> 12)))
			fail_msg("byte %u of %u is wrong", i, packet_len);
	assert_next(reader, &pkt, &rec, 9);
	assert_end(reader);
}

static void test_a_packet_longer_than_the_buffer_is_whole(void **state)
{
	static const uint32_t lens[] = {100000, 300000, 5 << 20};
	size_t size = 6 << 20, begin, len;
	uint8_t *bytes = malloc(size), *packed = malloc(size);

	(void)state;
	file_put_beginning();
	begin = file.len;
	file_put_packet(0, 1, 9, NULL);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		memcpy(bytes, file.bytes, begin);
		len = begin + put_long_packet(bytes + begin, lens[i]);
		memcpy(bytes + len, file.bytes + begin, file.len - begin);
		len += file.len - begin;
		read_long_packet(bytes, len, lens[i]);
		len = ZSTD_compress(packed, size, bytes, len, 1);
		read_long_packet(packed, len, lens[i]);
	}
	free(packed);
	free(bytes);
}

/* Packets of all lengths: each buffer ends at another place of one. */
static void test_packets_are_whole_wherever_the_buffer_ends(void **state)
{
	size_t size = 12 << 20, len, nr = 0;
	uint8_t *bytes = calloc(1, size);
	struct pcapng_packet packet = {.caplen = 0};
	struct reader_packet pkt;
	struct reader *reader;

	(void)state;
	file_put_beginning();
	memcpy(bytes, file.bytes, file.len);
	for (len = file.len; len < size - 1000; nr++) {
		packet.caplen = packet.len = (uint32_t)(nr * 7 % 23);
		len += pcapng_packet(bytes + len, &packet);
	}
	reader = file_open_bytes(bytes, len);
	for (size_t i = 0; i < nr; i++) {
		assert_int_equal(reader_next_packet(reader, &pkt), 1);
		assert_int_equal(pkt.caplen, i * 7 % 23);
	}
	assert_int_equal(reader_next_packet(reader, &pkt), 0);
	reader_close(reader);
	free(bytes);
}

/* Else some files are read several times more slowly than others. */
static void test_whole_pages_of_a_file_are_read_into_whole_pages(void **state)
{
	static const uint8_t bytes[12 << 20];
	struct input *input;
	size_t have;

	(void)state;
	file_write(bytes, sizeof(bytes));
	input = input_open(file_path);
	assert_non_null(input_peek(input, 1, &have));
	for (unsigned int left = 1; left < 5000; left += 1234) {
		input_skip(input, have - left);
		assert_int_equal(input_offset(input) + left, input->end_offset);
		assert_int_equal(input->end_offset % 4096, 0);
		assert_non_null(input_peek(input, left + 1, &have));
		if (((uintptr_t)input->at + left) % 4096 != 0)
			fail_msg("%u bytes and what was read behind them", left);
	}
	input_close(input);
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
			file_put_two_sections();
		else
			file_put_pcap(round % 4 == 1, 0xa1b2c3d4);
		memcpy(damaged, file.bytes, file.len);
		for (unsigned int i = 0; i < 1 + round % 5; i++) {
			value = value * 1664525 + 1013904223;
			damaged[(value >> 8) % file.len] = (uint8_t)(value >> 3);
		}
		if (round % 3 == 0) {
			file.len = pack(damaged, sizeof(damaged), 0, file.len);
			damaged[(value >> 8) % file.len] ^= (uint8_t)(1 << value % 8);
		}
		file_write(damaged, file.len);
		reader = reader_open(file_path, err, sizeof(err));
		if (reader == NULL)
			continue;
		assert_in_range(count_packets(reader, &result), 0, 100);
		assert_true(result <= 0);
		reader_close(reader);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_several_zstd_frames_are_one_stream),
		cmocka_unit_test(test_an_unfinished_frame_gives_all_and_says_it_is_unfinished),
		cmocka_unit_test(test_classic_pcap_is_read_in_both_orders_and_resolutions),
		cmocka_unit_test(test_a_pipe_is_as_good_as_a_file),
		cmocka_unit_test(test_long_blocks_and_many_of_them_are_read),
		cmocka_unit_test(test_a_packet_longer_than_the_buffer_is_whole),
		cmocka_unit_test(test_packets_are_whole_wherever_the_buffer_ends),
		cmocka_unit_test(test_whole_pages_of_a_file_are_read_into_whole_pages),
		cmocka_unit_test(test_random_damage_ends_in_an_answer),
	};

	return cmocka_run_group_tests_name("reader_input", tests, NULL, file_remove);
}
