/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * odd_capture KIND [FILE]: writes a capture that is unusual or damaged, of the
 * kind that the table below names, to FILE or standard output.  Without a kind
 * it lists them.  "long" is 200 MB of packets to go on with after "header-only".
 */
#include "config.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <cmocka.h>
#include "tests/reader_file.h"
#include "tracer/pcapng.h"

enum {
	LONG_BYTES = 200 << 20,
};

const char file_path[] = "odd_capture.none";

/* Two packets of ours, the second of which begins here. */
static size_t two_packets(bool big)
{
	size_t second;

	file.len = 0;
	file_put_section(big);
	file_put_interface("x", 147, 9, 0);
	file_put_packet(0, 1, 1, NULL);
	second = file.len;
	file_put_packet(0, 2, 2, NULL);
	return second;
}

static void big_endian(void)
{
	(void)two_packets(true);
}

static void cut(void)
{
	(void)two_packets(false);
	file.len -= 10;
}

static void cut_between(void)
{
	file.len = two_packets(false);
}

static void header_only(void)
{
	file_put_beginning();
}

static void other_links(void)
{
	(void)two_packets(false);
	file_put_interface("ethernet", 1, 9, 0);
	file_put_packet(1, 3, 3, NULL);
	file_put_packet(0, 4, 4, NULL);
}

static void newer_record(void)
{
	size_t second = two_packets(false);

	file.bytes[second + PCAPNG_PACKET_DATA + record_version_OFFSET] = 2;
}

static void short_record(void)
{
	size_t second = two_packets(false);

	file.bytes[second + 20] = 30;
}

static void newer_section(void)
{
	size_t section;

	(void)two_packets(false);
	section = file.len;
	file_put_section(false);
	file.bytes[section + 12] = 2;
}

static void no_byte_order(void)
{
	size_t section;

	(void)two_packets(false);
	section = file.len;
	file_put_section(false);
	file.bytes[section + 8] ^= 1;
}

static void odd_length(void)
{
	file.bytes[two_packets(false) + 4] += 1;
}

static void two_lengths(void)
{
	(void)two_packets(false);
	file.bytes[file.len - 4] ^= 4;
}

static void too_long(void)
{
	file.bytes[two_packets(false) + 7] = 0x7f;
}

static void packet_too_long(void)
{
	file.bytes[two_packets(false) + 20] = 0xff;
}

static void unknown_interface(void)
{
	file.bytes[two_packets(false) + 8] = 7;
}

static void pcap(void)
{
	file_put_pcap(false, 0xa1b2c3d4);
}

static void pcap_big(void)
{
	file_put_pcap(true, 0xa1b23c4d);
}

static void pcap_cut(void)
{
	file_put_pcap(false, 0xa1b2c3d4);
	file.len -= 1;
}

/* Makes the file a frame of its first len bytes, and the rest behind it. */
static void pack(size_t len)
{
	static uint8_t packed[1 << 16];
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	size_t done;

	(void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
	done = ZSTD_compress2(zstd, packed, sizeof(packed), file.bytes, len);
	ZSTD_freeCCtx(zstd);
	memmove(file.bytes + done, file.bytes + len, file.len - len);
	memcpy(file.bytes, packed, done);
	file.len += done - len;
}

/* The same twice, 12 packets. */
static void two_frames(void)
{
	file_put_two_sections();
	pack(file.len);
	memcpy(file.bytes + file.len, file.bytes, file.len);
	file.len *= 2;
}

/* In its last block, before the 4 bytes of the checksum. */
static void frame_cut(void)
{
	two_frames();
	file.len -= 6;
}

static void frame_damaged(void)
{
	two_frames();
	file.bytes[file.len - 1] ^= 0x10;
}

static void frame_of_nothing(void)
{
	file.len = 0;
	pack(0);
}

static void frame_of_text(void)
{
	memcpy(file.bytes, "once upon a time", 16);
	file.len = 16;
	pack(16);
}

static const struct {
	const char *name;
	void (*make)(void);
} kinds[] = {
	{"sections", file_put_two_sections},
	{"big-endian", big_endian},
	{"cut", cut},
	{"cut-between", cut_between},
	{"header-only", header_only},
	{"other-links", other_links},
	{"newer-record", newer_record},
	{"short-record", short_record},
	{"newer-section", newer_section},
	{"no-byte-order", no_byte_order},
	{"odd-length", odd_length},
	{"two-lengths", two_lengths},
	{"too-long", too_long},
	{"packet-too-long", packet_too_long},
	{"unknown-interface", unknown_interface},
	{"pcap", pcap},
	{"pcap-big", pcap_big},
	{"pcap-cut", pcap_cut},
	{"two-frames", two_frames},
	{"frame-cut", frame_cut},
	{"frame-damaged", frame_damaged},
	{"frame-of-nothing", frame_of_nothing},
	{"frame-of-text", frame_of_text},
};

static int write_long(FILE *to)
{
	size_t begin, len, done = 1;

	file_put_beginning();
	begin = file.len;
	while (file.len < sizeof(file.bytes) - 4096) {
		file_put_packet(0, file.len, file.len, "a comment");
		file_put_unknown(PCAPNG_CUSTOM, 40);
	}
	len = file.len - begin;
	for (size_t sum = 0; sum < LONG_BYTES && done != 0; sum += len)
		done = fwrite(file.bytes + begin, 1, len, to);
	return done != 0 && fflush(to) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	FILE *to = argc > 2 ? fopen(argv[2], "wb") : stdout;

	if (argc < 2) {
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			puts(kinds[i].name);
		return 0;
	}
	if (to == NULL)
		return 1;
	if (strcmp(argv[1], "long") == 0)
		return write_long(to);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(argv[1], kinds[i].name) != 0)
			continue;
		kinds[i].make();
		return fwrite(file.bytes, 1, file.len, to) == file.len && fclose(to) == 0 ? 0 : 1;
	}
	return 2;
}
