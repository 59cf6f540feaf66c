/* SPDX-License-Identifier: BSD-2-Clause */
/* What the readers of both file formats share; only reader*.c include it. */
#ifndef TRACER_READER_SOURCE_H
#define TRACER_READER_SOURCE_H

#include <stdbool.h>
#include "tracer/input.h"
#include "tracer/reader.h"

enum {
	READER_BLOCK_MAX = 16 << 20,	/* a longer block or packet is not believed, bytes */
	READER_LINE = 256,
};

struct reader_source {
	struct input *input;
	uint64_t number;	/* of the newest packet */
	char what[READER_LINE];	/* of the first error */
};

/* Notes "what at byte offset", unless why the input ended says more.  Returns
 * the -errno to pass on: err, or that of the input. */
int reader_source_fail(struct reader_source *source, int err, uint64_t offset, const char *what);

/* Both: NULL and a line in source->what.  next is reader_next for packets. */
struct reader_pcapng;
struct reader_pcapng *reader_pcapng_new(struct reader_source *source);
void reader_pcapng_free(struct reader_pcapng *pcapng);
int reader_pcapng_next(struct reader_pcapng *pcapng, struct reader_packet *pkt);
const char *reader_pcapng_comment(struct reader_pcapng *pcapng, const struct reader_packet *pkt);
const char *reader_pcapng_application(const struct reader_pcapng *pcapng);
bool reader_pcapng_unfinished(const struct reader_pcapng *pcapng);

struct reader_pcap;
struct reader_pcap *reader_pcap_new(struct reader_source *source);
void reader_pcap_free(struct reader_pcap *pcap);
int reader_pcap_next(struct reader_pcap *pcap, struct reader_packet *pkt);

#endif
