/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Captures put together by hand in either byte order, whole or damaged, and
 * what a reader makes of them, for CMocka tests.  (Those of put_record.h are
 * always whole and little-endian.)
 */
#ifndef TESTS_READER_FILE_H
#define TESTS_READER_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "spec/record.h"
#include "tracer/reader.h"

/* A file in the making, in either byte order. */
struct file {
	uint8_t bytes[1 << 16];
	size_t len, block;
	bool big;
};

extern struct file file;
extern const char file_path[];	/* where it is written: the test defines it, its own */

/* A number of len bytes; bytes, padded to 4; an option; a block round what is
 * put between begin and end. */
void file_put(size_t len, uint64_t value);
void file_put_bytes(const void *from, size_t len);
void file_put_option(uint16_t code, const void *value, size_t len);
void file_block_begin(uint32_t type);
void file_block_end(void);

void file_put_section(bool big);
void file_put_interface(const char *name, uint16_t linktype, uint8_t tsresol, int64_t tsoffset);
/* A record with sequence number seq and a text, alone or in a packet. */
size_t file_make_record(uint8_t *to, uint64_t seq);
void file_put_packet(uint32_t interface, uint64_t ticks, uint64_t seq, const char *comment);
void file_put_unknown(uint32_t type, size_t len);
/* Whole files: two sections of both orders with 6 packets; a section and an
 * interface, without packets. */
void file_put_two_sections(void);
void file_put_beginning(void);
/* A classic pcap file of 2 packets. */
void file_put_pcap(bool big, uint32_t magic);

void file_write(const void *bytes, size_t len);
/* Teardown. */
int file_remove(void **state);

/* A reader of these bytes, or of the file in the making. */
struct reader *file_open_bytes(const void *bytes, size_t len);
struct reader *file_open(void);
/* These bytes are no capture, and what is said so. */
void assert_refused(const void *bytes, size_t len, const char *what);
/* Reads on; returns how many packets there were, result is the end's. */
unsigned int count_packets(struct reader *reader, int *result);
void assert_next(struct reader *reader, struct reader_packet *pkt, struct record *rec,
		 uint64_t seq);
/* Both close the reader. */
void assert_end(struct reader *reader);
void assert_fails(struct reader *reader, int err, const char *what);

#endif
