/* SPDX-License-Identifier: BSD-2-Clause */
/* The blocks that are written, byte by byte, and where they go. */
#include "config.h"
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>
#include <cmocka.h>
#include "tracer/outfile.h"
#include "tracer/pcapng.h"

static uint8_t block[PCAPNG_BLOCK_MAX];

static void test_a_section_begins_with_its_magic_and_says_who_wrote_it(void **state)
{
	static const struct pcapng_section section = {"arm64", NULL, "tap", "end"};
	static const uint8_t expected[] = {
		0x0a, 0x0d, 0x0d, 0x0a, 60, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		2, 0, 5, 0, 'a', 'r', 'm', '6', '4', 0, 0, 0,
		4, 0, 3, 0, 't', 'a', 'p', 0, 1, 0x80, 3, 0, 'e', 'n', 'd', 0,
		0, 0, 0, 0, 60, 0, 0, 0,
	};

	(void)state;
	assert_int_equal(pcapng_section(block, &section), sizeof(expected));
	assert_memory_equal(block, expected, sizeof(expected));
}

static void test_an_interface_has_our_link_type_no_snap_length_and_ns(void **state)
{
	static const struct pcapng_interface interface = {PCAPNG_LINKTYPE, "a", "b", "c", "d"};
	static const uint8_t expected[] = {
		1, 0, 0, 0, 64, 0, 0, 0, 147, 0, 0, 0, 0, 0, 0, 0,
		2, 0, 1, 0, 'a', 0, 0, 0, 3, 0, 1, 0, 'b', 0, 0, 0,
		9, 0, 1, 0, 9, 0, 0, 0, 12, 0, 1, 0, 'd', 0, 0, 0,
		15, 0, 1, 0, 'c', 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0,
	};

	(void)state;
	assert_int_equal(pcapng_interface(block, &interface), sizeof(expected));
	assert_memory_equal(block, expected, sizeof(expected));
}

static void test_a_packet_carries_time_direction_number_drops_and_comment(void **state)
{
	static const struct pcapng_packet packet = {
		.interface = 2, .caplen = 5, .len = 7, .time_ns = 0x0102030405060708,
		.flags = PCAPNG_INBOUND, .id = 0x11, .dropped = 3, .comment = "hm",
	};
	static const uint8_t expected[] = {
		6, 0, 0, 0, 84, 0, 0, 0, 2, 0, 0, 0, 4, 3, 2, 1, 8, 7, 6, 5,
		5, 0, 0, 0, 7, 0, 0, 0, 'h', 'e', 'l', 'l', 'o', 0, 0, 0,
		1, 0, 2, 0, 'h', 'm', 0, 0, 2, 0, 4, 0, 1, 0, 0, 0,
		4, 0, 8, 0, 3, 0, 0, 0, 0, 0, 0, 0, 5, 0, 8, 0, 0x11, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 84, 0, 0, 0,
	};

	(void)state;
	memset(block, 0xa5, sizeof(block));
	memcpy(block + PCAPNG_PACKET_DATA, "hello", 5);
	assert_int_equal(pcapng_packet(block, &packet), sizeof(expected));
	assert_memory_equal(block, expected, sizeof(expected));
	assert_in_range(sizeof(expected), 0, pcapng_packet_room(5, 2));
}

static void test_statistics_count_what_came_and_what_was_lost(void **state)
{
	static const struct pcapng_statistics statistics = {0, 1, 2, 3, 10, 4, 6};
	static const uint8_t expected[] = {
		5, 0, 0, 0, 88, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0,
		2, 0, 8, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3, 0, 8, 0, 0, 0, 0, 0, 3, 0, 0, 0,
		4, 0, 8, 0, 10, 0, 0, 0, 0, 0, 0, 0, 5, 0, 8, 0, 4, 0, 0, 0, 0, 0, 0, 0,
		8, 0, 8, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 88, 0, 0, 0,
	};

	(void)state;
	assert_int_equal(pcapng_statistics(block, &statistics), sizeof(expected));
	assert_memory_equal(block, expected, sizeof(expected));
}

static void test_an_endless_string_is_cut(void **state)
{
	char *string = malloc(100001);
	struct pcapng_interface interface = {PCAPNG_LINKTYPE, string, string, string, string};

	(void)state;
	memset(string, 'x', 100000);
	string[100000] = '\0';
	assert_int_equal(pcapng_interface(block, &interface),
			 16 + 4 * (4 + PCAPNG_STRING_MAX) + 8 + 4 + 4);
	free(string);
}

static const char path[] = "test_pcapng.zst";

/* Random enough for zstd not to pack it to nothing. */
static void write_noise(struct outfile *output, size_t len)
{
	uint32_t value = 1;
	uint8_t bytes[1000];

	for (size_t done = 0; done < len; done += sizeof(bytes)) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			value = value * 1664525 + 1013904223;
			bytes[i] = value >> 31;
		}
		assert_int_equal(outfile_write(output, bytes, sizeof(bytes)), 0);
	}
}

static size_t read_file(uint8_t *to, size_t size)
{
	FILE *file = fopen(path, "rb");
	size_t len;

	assert_non_null(file);
	len = fread(to, 1, size, file);
	fclose(file);
	return len;
}

static void test_a_compressed_file_is_one_frame_with_a_checksum(void **state)
{
	struct outfile *output = outfile_open(path, 0);
	size_t size = 4 << 20, len;
	uint8_t *bytes = malloc(size), *plain = malloc(size);

	(void)state;
	write_noise(output, 1000000);
	assert_int_equal(outfile_flush(output), 0);
	write_noise(output, 1000000);
	assert_int_equal(outfile_close(output), 0);
	len = read_file(bytes, size);
	assert_int_equal(outfile_file_bytes(output), len);
	assert_int_equal(outfile_bytes(output), 2000000);
	assert_int_equal(ZSTD_findFrameCompressedSize(bytes, len), len);
	assert_true(bytes[4] & 4);	/* RFC 8878 section 3.1.1.1.1.3 */
	assert_int_equal(ZSTD_decompress(plain, size, bytes, len), 2000000);
	outfile_free(output);
	free(bytes);
	free(plain);
	unlink(path);
}

/* How many bytes a reader gets who comes now. */
static size_t readable(uint8_t *bytes, uint8_t *plain, size_t size)
{
	ZSTD_DCtx *zstd = ZSTD_createDCtx();
	ZSTD_inBuffer in = {bytes, read_file(bytes, size), 0};
	ZSTD_outBuffer out = {plain, size, 0};

	assert_false(ZSTD_isError(ZSTD_decompressStream(zstd, &out, &in)));
	ZSTD_freeDCtx(zstd);
	return out.pos;
}

static void test_at_most_a_few_blocks_wait_for_a_flush(void **state)
{
	struct outfile *output = outfile_open(path, 0);
	size_t size = 8 << 20, behind = 0, most = 0;
	uint8_t *bytes = malloc(size), *plain = malloc(size);

	(void)state;
	for (unsigned int i = 1; i <= 40; i++) {
		write_noise(output, 100000);
		behind = i * 100000 - readable(bytes, plain, size);
		most = behind > most ? behind : most;
	}
	assert_in_range(most, 100000, 700000);
	(void)outfile_close(output);
	outfile_free(output);
	free(bytes);
	free(plain);
	unlink(path);
}

static void test_a_full_disk_is_kept_as_error_and_the_rest_thrown_away(void **state)
{
	struct outfile *output = outfile_open("/dev/full", 0);

	(void)state;
	assert_non_null(output);
	assert_int_equal(outfile_write(output, "x", 1), 0);
	assert_int_equal(outfile_flush(output), -ENOSPC);
	assert_int_equal(outfile_write(output, "x", 1), -ENOSPC);
	assert_int_equal(outfile_close(output), -ENOSPC);
	assert_int_equal(outfile_file_bytes(output), 0);
	outfile_free(output);
}

static void test_a_reader_that_has_gone_is_an_error_not_a_death(void **state)
{
	struct outfile *output;
	int fds[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	output = outfile_open_fd(fds[1], true, true, 3);
	assert_int_equal(outfile_write(output, "x", 1), 0);
	assert_int_equal(outfile_flush(output), -EPIPE);
	assert_int_equal(outfile_close(output), -EPIPE);
	outfile_free(output);
}

static void test_a_file_that_cannot_be_opened_says_why(void **state)
{
	(void)state;
	assert_null(outfile_open("no/such/folder/file", 0));
	assert_int_equal(errno, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_section_begins_with_its_magic_and_says_who_wrote_it),
		cmocka_unit_test(test_an_interface_has_our_link_type_no_snap_length_and_ns),
		cmocka_unit_test(test_a_packet_carries_time_direction_number_drops_and_comment),
		cmocka_unit_test(test_statistics_count_what_came_and_what_was_lost),
		cmocka_unit_test(test_an_endless_string_is_cut),
		cmocka_unit_test(test_a_compressed_file_is_one_frame_with_a_checksum),
		cmocka_unit_test(test_at_most_a_few_blocks_wait_for_a_flush),
		cmocka_unit_test(test_a_full_disk_is_kept_as_error_and_the_rest_thrown_away),
		cmocka_unit_test(test_a_reader_that_has_gone_is_an_error_not_a_death),
		cmocka_unit_test(test_a_file_that_cannot_be_opened_says_why),
	};

	return cmocka_run_group_tests_name("pcapng", tests, NULL, NULL);
}
