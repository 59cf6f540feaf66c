/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reading PLAIN PACKED FOLDER: CPU ns a record of a capture, and of the same
 * compressed:
 *   read.walk        our reader, every record decoded
 *   read.filter      our reader; every completion is written to a file again
 *   read.match       our reader; what matches an expression is counted
 *   read.pcap        pcap_next_ex of libpcap
 *   read.pcap_filter the same, and pcap_dump for every completion
 *   read.packed      our reader, compressed, every record decoded
 *   read.zstd        the decompression alone
 *   pack.zstd        compressing the same bytes by level 1, and nothing else
 */
#include "config.h"
#include <fcntl.h>
#include <malloc.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include "dissector/expr.h"
#include "tests/bench/measure.h"
#include "tracer/outfile.h"
#include "tracer/pcapng.h"
#include "tracer/reader.h"

enum {
	CHUNK = 128 << 10,	/* the compressing program's own, bytes */
	KEEP = 32 << 20,	/* as much memory stays with the program, bytes */
};

static struct reader *open_reader(const char *path)
{
	char err[256];
	struct reader *reader = reader_open(path, err, sizeof(err));

	if (reader == NULL)
		bench_die(path);
	return reader;
}

static unsigned int walk(const char *path, const char *to)
{
	struct reader *reader = open_reader(path);
	struct reader_packet pkt;
	struct record rec;
	unsigned int nr = 0;

	(void)to;
	while (reader_next(reader, &pkt, &rec) == 1)
		nr++;
	reader_close(reader);
	return nr;
}

static bool is_completion(const uint8_t *data, size_t len)
{
	return record_check(data, len) == 0 && data[record_event_OFFSET] == NVMETAP_EV_COMPLETION;
}

static void put(struct outfile *out, const struct reader_packet *pkt)
{
	struct pcapng_packet packet = {
		.time_ns = pkt->time_ns, .caplen = pkt->caplen, .len = pkt->len,
		.id = record_seq_get(pkt->data),
	};
	uint8_t *at = outfile_reserve(out, pcapng_packet_room(pkt->caplen, 0));

	memcpy(at + PCAPNG_PACKET_DATA, pkt->data, pkt->caplen);
	(void)outfile_commit(out, pcapng_packet(at, &packet));
}

static unsigned int filter(const char *path, const char *to)
{
	struct reader *reader = open_reader(path);
	struct outfile *out = outfile_open(to, 0);
	struct reader_packet pkt;
	unsigned int nr = 0;

	if (out == NULL)
		bench_die(to);
	for (; reader_next_packet(reader, &pkt) == 1; nr++) {
		if (is_completion(pkt.data, pkt.caplen))
			put(out, &pkt);
	}
	outfile_close(out);
	outfile_free(out);
	reader_close(reader);
	return nr;
}

static unsigned int match(const char *path, const char *text)
{
	struct reader *reader = open_reader(path);
	struct reader_packet pkt;
	struct expr_frame frame = { .number = 0 };
	struct record rec;
	struct expr_error err;
	struct expr *expr = expr_compile_frame(text, strlen(text), &err);
	unsigned int nr = 0, nr_matches = 0;

	if (expr == NULL)
		bench_die(err.what);
	for (; reader_next_packet(reader, &pkt) == 1; nr++) {
		if (pkt.error != 0 || expr_excludes_packet(expr, pkt.data, pkt.caplen))
			continue;
		reader_record(&pkt, &rec);
		frame.header = pkt.data;
		nr_matches += expr_match_frame(expr, &rec, &frame);
	}
	if (nr_matches == 0 || nr_matches == nr)
		bench_die("all records match, or none");
	expr_free(expr);
	reader_close(reader);
	return nr;
}

static pcap_t *open_pcap(const char *path)
{
	char err[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO,
							       err);

	if (pcap == NULL)
		bench_die(err);
	return pcap;
}

static unsigned int pcap(const char *path, const char *to)
{
	pcap_t *pcap = open_pcap(path);
	struct pcap_pkthdr *header;
	const u_char *data;
	unsigned int nr = 0;

	(void)to;
	while (pcap_next_ex(pcap, &header, &data) == 1)
		nr++;
	pcap_close(pcap);
	return nr;
}

static unsigned int pcap_filter(const char *path, const char *to)
{
	pcap_t *pcap = open_pcap(path);
	pcap_dumper_t *out = pcap_dump_open(pcap, to);
	struct pcap_pkthdr *header;
	const u_char *data;
	unsigned int nr = 0;

	if (out == NULL)
		bench_die(to);
	for (; pcap_next_ex(pcap, &header, &data) == 1; nr++) {
		if (is_completion(data, header->caplen))
			pcap_dump((u_char *)out, header, data);
	}
	pcap_dump_close(out);
	pcap_close(pcap);
	return nr;
}

static void measure(const char *how, unsigned int (*fn)(const char *, const char *),
		    const char *path, const char *to)
{
	double begin = bench_cpu_ns();
	unsigned int nr = fn(path, to);
	char key[64];

	snprintf(key, sizeof(key), "read.%s", how);
	bench_say(key, (bench_cpu_ns() - begin) / nr);
}

/* Reads and decompresses; to NULL: only that.  How many bytes came of it. */
static size_t unpack(const char *path, uint8_t *to)
{
	size_t in_size = ZSTD_DStreamInSize(), out_size = ZSTD_DStreamOutSize(), total = 0;
	ZSTD_DCtx *zstd = ZSTD_createDCtx();
	uint8_t *raw = malloc(in_size), *data = malloc(out_size);
	int fd = open(path, O_RDONLY);
	ssize_t len;

	if (zstd == NULL || raw == NULL || data == NULL || fd < 0)
		bench_die(path);
	while ((len = read(fd, raw, in_size)) > 0) {
		ZSTD_inBuffer in = {raw, (size_t)len, 0};

		while (in.pos < in.size) {
			ZSTD_outBuffer out = {data, out_size, 0};

			if (ZSTD_isError(ZSTD_decompressStream(zstd, &out, &in)))
				bench_die(path);
			if (to != NULL)
				memcpy(to + total, data, out.pos);
			total += out.pos;
		}
	}
	close(fd);
	free(raw);
	free(data);
	ZSTD_freeDCtx(zstd);
	return total;
}

static void pack(const uint8_t *from, size_t len)
{
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	size_t out_size = ZSTD_CStreamOutSize(), left = 1;
	uint8_t *to = malloc(out_size);
	ZSTD_inBuffer in = {from, 0, 0};

	if (zstd == NULL || to == NULL)
		bench_die("zstd");
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, 1);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
	while (left != 0) {
		ZSTD_outBuffer out = {to, out_size, 0};

		in.size = len - in.pos < CHUNK ? len : in.pos + CHUNK;
		left = ZSTD_compressStream2(zstd, &out, &in,
					    in.size == len ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			bench_die("zstd");
		if (in.size != len)
			left = 1;
	}
	free(to);
	ZSTD_freeCCtx(zstd);
}

static void measure_zstd(const char *path, unsigned int nr)
{
	size_t len = unpack(path, NULL);
	uint8_t *bytes = malloc(len);
	double begin = bench_cpu_ns();

	if (bytes == NULL)
		bench_die(path);
	(void)unpack(path, NULL);
	bench_say("read.zstd", (bench_cpu_ns() - begin) / nr);
	(void)unpack(path, bytes);
	begin = bench_cpu_ns();
	pack(bytes, len);
	bench_say("pack.zstd", (bench_cpu_ns() - begin) / nr);
	free(bytes);
}

int main(int argc, char **argv)
{
	unsigned int nr;

	if (argc != 4) {
		fprintf(stderr, "usage: reading PLAIN PACKED FOLDER\n");
		return 2;
	}
	/* Not measured: whoever comes first fetches files, libraries and memory for all. */
	mallopt(M_MMAP_THRESHOLD, KEEP);
	mallopt(M_TRIM_THRESHOLD, KEEP);
	(void)walk(argv[1], NULL);
	(void)pcap(argv[1], NULL);
	nr = walk(argv[2], NULL);
	measure("walk", walk, argv[1], NULL);
	measure("pcap", pcap, argv[1], NULL);
	measure("filter", filter, argv[1], bench_path(argv[3], "filter.pcapng"));
	measure("pcap_filter", pcap_filter, argv[1], bench_path(argv[3], "filter.pcap"));
	measure("match", match, argv[1], "nvmetap.opc == \"Write\" && nvme.cmd.slba > 0x400");
	measure("packed", walk, argv[2], NULL);
	measure_zstd(argv[2], nr);
	unlink(bench_path(argv[3], "filter.pcapng"));
	unlink(bench_path(argv[3], "filter.pcap"));
	return 0;
}
