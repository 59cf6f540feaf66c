/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes a capture to standard output without the tracer, the same one each
 * time:
 *   sample              a short one, whose text stands in tests/golden
 *   mixed               the same, then two packets that are not ours
 *   every               records of every event
 *   threads             commands with all that belongs to them, then what is wrong
 *   odd                 what is wrong, and beside it what is not
 *   latencies           ten reads that took 10 us, 100 us or 1 ms
 *   random SEED COUNT   the same with bytes changed and ends cut off at random
 *   shuffled SEED COUNT the same with times by chance, to be put in their order
 *   foreign             packets of the same link type that are not ours
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/captures.h"

enum {
	USER0 = 147,
	ETHERNET = 1,
};

static void sample(struct maker *m, char **args)
{
	(void)args;
	m->time_ns = UINT64_C(1556804537000000000);
	m->step_ns = 1013;
	m->latency_ns = 34050;
	capture_sample(m);
}

static void mixed(struct maker *m, char **args)
{
	static const uint8_t frame[60], cut[] = { 'N', 'T', 1, 0, 2 };

	sample(m, args);
	put_interface(ETHERNET, "foreign");
	put_packet(m, 1, frame, sizeof(frame), sizeof(frame));
	put_packet(m, 0, cut, sizeof(cut), sizeof(cut));
}

static void every(struct maker *m, char **args)
{
	(void)args;
	capture_every(m);
}

static void threads(struct maker *m, char **args)
{
	(void)args;
	capture_threads(m);
}

static void odd(struct maker *m, char **args)
{
	(void)args;
	capture_odd(m);
}

static void latencies(struct maker *m, char **args)
{
	static const uint64_t ns[] = { 10000, 100000, 10000, 1000000, 10000, 100000, 10000, 100000,
				       10000, 100000 };

	(void)args;
	for (size_t i = 0; i < sizeof(ns) / sizeof(ns[0]); i++) {
		m->latency_ns = ns[i];
		put_completion(m, put_simple(m, IO_QUEUE, NVME_OPC_READ, 1, 0, 0, 0), 0, 0);
	}
}

static void scatter(struct maker *m, char **args)
{
	uint64_t count = strtoull(args[1], NULL, 10);

	m->random = strtoull(args[0], NULL, 10) * 2 + 1;
	while (m->seq < count)
		capture_every(m);
}

static void shuffle(struct maker *m, char **args)
{
	m->shuffled = true;
	scatter(m, args);
}

static void foreign(struct maker *m, char **args)
{
	static const uint8_t packet[64] = "NU, something else of the same link type";
	uint8_t ours[record_SIZE] = { 0 };

	(void)args;
	put_packet(m, 0, packet, sizeof(packet), sizeof(packet));
	put_packet(m, 0, packet, 1, 1);
	record_encode(ours, &(struct record){ .seq = 1 });
	ours[record_version_OFFSET] = RECORD_VERSION + 1;
	put_packet(m, 0, ours, sizeof(ours), sizeof(ours));
	ours[record_version_OFFSET] = RECORD_VERSION;
	ours[record_info_len_OFFSET] = 1;
	put_packet(m, 0, ours, sizeof(ours), sizeof(ours));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int nr_args;
		void (*put)(struct maker *m, char **args);
	} modes[] = {
		{ "sample", 0, sample }, { "mixed", 0, mixed }, { "every", 0, every },
		{ "threads", 0, threads }, { "odd", 0, odd },
		{ "latencies", 0, latencies },
		{ "foreign", 0, foreign },
		{ "random", 2, scatter }, { "shuffled", 2, shuffle },
	};
	struct maker m = {
		.time_ns = UINT64_C(1700000000000000000), .step_ns = 12345, .latency_ns = 34500,
		.cid = 0x27,
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (argc != 2 + modes[i].nr_args || strcmp(argv[1], modes[i].name) != 0)
			continue;
		put_section();
		put_interface(USER0, "00:06.0");
		modes[i].put(&m, argv + 2);
		return ferror(stdout) != 0 || fflush(stdout) != 0;
	}
	fprintf(stderr, "usage: make_capture sample|mixed|every|threads|odd|latencies|foreign|"
			"random SEED COUNT|shuffled SEED COUNT\n");
	return 2;
}
