/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tap EVENTS FOLDER: one event at the tap, into the ring while the writer
 * empties it into a file; the same as a line of text by fprintf and as a packet
 * by pcap_dump; and a tap that nobody listens to.
 */
#include "config.h"
#include <pcap/pcap.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "tests/bench/measure.h"
#include "tests/bench/taps.h"

enum {
	DLT_OURS = 147,		/* LINKTYPE_USER0 */
	OFF_TIMES = 1000,	/* a tap that is off is fired so many times as often */
};

struct ring {
	struct bench_taps bench;
	const char *path;
};

static void ring_open(void *ctx)
{
	struct ring *ring = ctx;
	struct tracer_config config = {.path = ring->path};

	bench_taps_open(&ring->bench, &config);
}

static void ring_close(void *ctx)
{
	struct ring *ring = ctx;

	bench_taps_close(&ring->bench, NULL);
	unlink(ring->path);
}

static void ring_event(void *ctx, struct bench_event *ev)
{
	bench_taps_command(&((struct ring *)ctx)->bench, ev);
}

static void ring_batch(void *ctx)
{
	bench_taps_batch(&((struct ring *)ctx)->bench);
}

static void measure_ring(const char *folder, unsigned int nr)
{
	struct ring ring = {.path = bench_path(folder, "tap.pcapng")};
	struct mechanism how = {
		"tap.ring", ring_open, ring_close, ring_event, ring_batch, &ring,
	};

	mechanism_measure(&how, nr);
}

static void text_event(void *ctx, struct bench_event *ev)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	fprintf(ctx, "[%4llu] %llu:%09llu %02x:%02x.%x IO  SQ=%u CID=%04x OPC=%02x NSID=%#x "
		"LBA=%u prp1=%llx prp2=%llx\n", (unsigned long long)ev->seq,
		(unsigned long long)ts.tv_sec, (unsigned long long)ts.tv_nsec,
		ev->bdf >> 8, ev->bdf >> 3 & 31, ev->bdf & 7, ev->sqid, ev->cmd.cid,
		ev->cmd.opc, ev->cmd.nsid, ev->cmd.cdw10, (unsigned long long)ev->cmd.prp1,
		(unsigned long long)ev->cmd.prp2);
}

static void text_open(void *ctx)
{
	rewind(ctx);
}

static void measure_text(const char *folder, unsigned int nr)
{
	const char *path = bench_path(folder, "tap.txt");
	struct mechanism how = {.key = "tap.text", .open = text_open, .event = text_event};

	how.ctx = fopen(path, "w");
	if (how.ctx == NULL)
		bench_die(path);
	mechanism_measure(&how, nr);
	fclose(how.ctx);
	unlink(path);
}

static void pcap_event(void *ctx, struct bench_event *ev)
{
	struct pcap_pkthdr header = {.caplen = sizeof(*ev), .len = sizeof(*ev)};
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	header.ts.tv_sec = ts.tv_sec;
	header.ts.tv_usec = ts.tv_nsec;
	pcap_dump(ctx, &header, (const u_char *)ev);
}

static void measure_pcap(const char *folder, unsigned int nr)
{
	const char *path = bench_path(folder, "tap.pcap");
	struct mechanism how = {.key = "tap.pcap", .event = pcap_event};
	pcap_t *pcap = pcap_open_dead_with_tstamp_precision(DLT_OURS, 65536,
							    PCAP_TSTAMP_PRECISION_NANO);
	pcap_dumper_t *dumper = pcap_dump_open(pcap, path);

	if (dumper == NULL)
		bench_die(path);
	how.ctx = dumper;
	mechanism_measure(&how, nr);
	pcap_dump_close(dumper);
	pcap_close(pcap);
	unlink(path);
}

static double off_loop(unsigned int nr)
{
	double begin = bench_cpu_ns();

	for (unsigned int i = 0; i < nr; i++) {
		BENCH_16(BENCH_BARRIER();)
	}
	return (bench_cpu_ns() - begin) / nr / 16;
}

static double off_taps(struct taps *taps, unsigned int nr)
{
	double begin = bench_cpu_ns();

	for (unsigned int i = 0; i < nr; i++) {
		BENCH_16(BENCH_BARRIER();
			 if (tap_armed(taps, NVMETAP_TAP_IO_DECODE))
				 tap_fire_batch(taps, NVMETAP_BATCH_SLEEP);)
	}
	return (bench_cpu_ns() - begin) / nr / 16;
}

static void measure_off(unsigned int nr)
{
	struct bench_taps bench;
	double loop = off_loop(nr);

	bench_taps_open(&bench, NULL);
	bench_say("off.tap", off_taps(&bench.taps, nr) - loop);
	bench_taps_close(&bench, NULL);
}

int main(int argc, char **argv)
{
	unsigned int nr;

	if (argc != 3) {
		fprintf(stderr, "usage: tap EVENTS FOLDER\n");
		return 2;
	}
	nr = bench_number(argv[1]);
	measure_ring(argv[2], nr);
	measure_text(argv[2], nr);
	measure_pcap(argv[2], nr);
	measure_off(nr / 16 * OFF_TIMES / 10);
	return 0;
}
