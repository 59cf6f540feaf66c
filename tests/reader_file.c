/* SPDX-License-Identifier: BSD-2-Clause */
/* Captures put together by hand, and what a reader makes of them. */
#include "config.h"
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

struct file file;

void file_put(size_t len, uint64_t value)
{
	if (file.big)
		bytes_set_be(file.bytes + file.len, len, value);
	else
		bytes_set_le(file.bytes + file.len, len, value);
	file.len += len;
}

void file_put_bytes(const void *from, size_t len)
{
	memcpy(file.bytes + file.len, from, len);
	file.len += len;
	while (file.len % 4 != 0)
		file.bytes[file.len++] = 0;
}

void file_put_option(uint16_t code, const void *value, size_t len)
{
	file_put(2, code);
	file_put(2, len);
	file_put_bytes(value, len);
}

void file_block_begin(uint32_t type)
{
	file.block = file.len;
	file_put(4, type);
	file_put(4, 0);
}

void file_block_end(void)
{
	size_t end = file.len + 4;

	file_put(4, end - file.block);
	file.len = file.block + 4;
	file_put(4, end - file.block);
	file.len = end;
}

void file_put_section(bool big)
{
	file.big = big;
	file_block_begin(PCAPNG_SECTION);
	file_put(4, PCAPNG_ORDER);
	file_put(2, 1);
	file_put(2, 0);
	file_put(8, UINT64_MAX);
	file_put_option(PCAPNG_SHB_APPLICATION, "tap", 3);
	file_put(4, 0);
	file_block_end();
}

void file_put_interface(const char *name, uint16_t linktype, uint8_t tsresol, int64_t tsoffset)
{
	file_block_begin(PCAPNG_INTERFACE);
	file_put(2, linktype);
	file_put(2, 0);
	file_put(4, 0);
	file_put_option(PCAPNG_IF_NAME, name, strlen(name));
	file_put_option(PCAPNG_IF_TSRESOL, &tsresol, 1);
	file_put(2, PCAPNG_IF_TSOFFSET);
	file_put(2, 8);
	file_put(8, (uint64_t)tsoffset);
	file_put(4, 0);
	file_block_end();
}

/* A record with sequence number seq and a text. */
size_t file_make_record(uint8_t *to, uint64_t seq)
{
	struct record rec = {.event = NVMETAP_EV_MARK, .seq = seq, .len = 5};

	record_encode(to, &rec);
	memcpy(to + record_SIZE, "hello", 5);
	return record_SIZE + 5;
}

void file_put_packet(uint32_t interface, uint64_t ticks, uint64_t seq, const char *comment)
{
	uint8_t record[128];
	size_t len = file_make_record(record, seq);

	file_block_begin(PCAPNG_ENHANCED);
	file_put(4, interface);
	file_put(4, ticks >> 32);
	file_put(4, (uint32_t)ticks);
	file_put(4, len);
	file_put(4, len);
	file_put_bytes(record, len);
	if (comment != NULL)
		file_put_option(PCAPNG_COMMENT, comment, strlen(comment));
	file_block_end();
}

void file_put_unknown(uint32_t type, size_t len)
{
	file_block_begin(type);
	for (size_t i = 0; i < len; i += 4)
		file_put(4, i);
	file_block_end();
}

void file_write(const void *bytes, size_t len)
{
	FILE *to = fopen(file_path, "wb");

	assert_non_null(to);
	assert_int_equal(fwrite(bytes, 1, len, to), len);
	assert_int_equal(fclose(to), 0);
}

struct reader *file_open_bytes(const void *bytes, size_t len)
{
	char err[512] = "";
	struct reader *reader;

	file_write(bytes, len);
	reader = reader_open(file_path, err, sizeof(err));
	if (reader == NULL)
		print_error("%s\n", err);
	assert_non_null(reader);
	return reader;
}

struct reader *file_open(void)
{
	return file_open_bytes(file.bytes, file.len);
}

void assert_refused(const void *bytes, size_t len, const char *what)
{
	char err[512] = "";

	file_write(bytes, len);
	assert_null(reader_open(file_path, err, sizeof(err)));
	assert_memory_equal(err, file_path, strlen(file_path));
	assert_non_null(strstr(err, what));
}

/* Reads on; returns how many packets there were, result is the end's. */
unsigned int count_packets(struct reader *reader, int *result)
{
	struct reader_packet pkt;
	struct record rec;
	unsigned int nr = 0;

	while ((*result = reader_next(reader, &pkt, &rec)) == 1)
		nr++;
	return nr;
}

void assert_next(struct reader *reader, struct reader_packet *pkt, struct record *rec,
			uint64_t seq)
{
	assert_int_equal(reader_next(reader, pkt, rec), 1);
	assert_int_equal(pkt->error, 0);
	assert_int_equal(rec->seq, seq);
	assert_int_equal(rec->caplen, 5);
	assert_memory_equal(rec->payload, "hello", 5);
}

void assert_end(struct reader *reader)
{
	struct reader_packet pkt;
	struct record rec;

	assert_int_equal(reader_next(reader, &pkt, &rec), 0);
	assert_int_equal(reader_next(reader, &pkt, &rec), 0);
	reader_close(reader);
}

void assert_fails(struct reader *reader, int err, const char *what)
{
	int result;

	(void)count_packets(reader, &result);
	assert_int_equal(result, err);
	assert_non_null(strstr(reader_error(reader), what));
	assert_int_equal(count_packets(reader, &result), 0);	/* whatever follows */
	assert_int_equal(result, err);
	reader_close(reader);
}

void file_put_two_sections(void)
{
	file.len = 0;
	for (int big = 0; big < 2; big++) {
		file_put_section(big);
		file_put_interface("first", 147, 9, 0);
		file_put_packet(0, 1000000007, 1, NULL);
		file_put_unknown(0x77, 20);
		file_put_interface("late", 147, 9, 0);
		file_put_packet(1, 1000000008, 2, "odd");
		file_put_packet(0, 1000000009, 3, NULL);
		file_put_unknown(PCAPNG_STATISTICS, 4);
	}
}

void file_put_beginning(void)
{
	file.len = 0;
	file_put_section(false);
	file_put_interface("x", 147, 9, 0);
	assert_int_equal(file.len, 92);
}

void file_put_pcap(bool big, uint32_t magic)
{
	uint8_t record[128];

	file.big = big;
	file.len = 0;
	file_put(4, magic);
	file_put(2, 2);
	file_put(2, 4);
	file_put(8, 0);
	file_put(4, 262144);
	file_put(4, 147);
	for (uint64_t seq = 1; seq <= 2; seq++) {
		file_put(4, 1556804537);
		file_put(4, 200909);
		file_put(8, 0);
		file.len -= 8;
		file_put(4, file_make_record(record, seq));
		file_put(4, file_make_record(record, seq));
		memcpy(file.bytes + file.len, record, 61);
		file.len += 61;
	}
}

int file_remove(void **state)
{
	(void)state;
	unlink(file_path);
	return 0;
}
