/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads classic pcap files through libpcap, from any input. */
#include "config.h"
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tracer/reader_source.h"

enum {
	READER_PCAP_HEADER = 24,
	READER_PCAP_PACKET = 16,
};

struct reader_pcap {
	struct reader_source *source;
	pcap_t *pcap;
	struct reader_interface interface;
	uint64_t offset;	/* of the next packet; libpcap reads ahead */
};

static ssize_t reader_pcap_read(void *cookie, char *to, size_t len)
{
	struct input *input = cookie;
	size_t have;
	const uint8_t *from = input_peek(input, 1, &have);

	if (from == NULL)
		return 0;
	len = len < have ? len : have;
	memcpy(to, from, len);
	input_skip(input, len);
	return (ssize_t)len;
}

struct reader_pcap *reader_pcap_new(struct reader_source *source)
{
	const cookie_io_functions_t functions = {.read = reader_pcap_read};
	struct reader_pcap *pcap = calloc(1, sizeof(*pcap));
	FILE *file = fopencookie(source->input, "r", functions);
	char err[PCAP_ERRBUF_SIZE] = "no memory";

	if (pcap != NULL && file != NULL) {
		pcap->source = source;
		pcap->pcap = pcap_fopen_offline_with_tstamp_precision(
			file, PCAP_TSTAMP_PRECISION_NANO, err);
	}
	if (pcap != NULL && pcap->pcap != NULL) {
		pcap->interface.linktype = (uint16_t)pcap_datalink(pcap->pcap);
		pcap->offset = READER_PCAP_HEADER;
		return pcap;
	}
	snprintf(source->what, sizeof(source->what), "%.*s", READER_LINE - 1, err);
	if (file != NULL)
		fclose(file);
	free(pcap);
	errno = EBADMSG;
	return NULL;
}

int reader_pcap_next(struct reader_pcap *pcap, struct reader_packet *pkt)
{
	struct pcap_pkthdr *header;
	const u_char *data;
	int result = pcap_next_ex(pcap->pcap, &header, &data);

	if (result == PCAP_ERROR_BREAK && input_error(pcap->source->input) == 0)
		return 0;
	if (result != 1)
		return reader_source_fail(pcap->source, -ENODATA, pcap->offset,
					  "truncated or damaged packet");
	pcap->offset += READER_PCAP_PACKET + header->caplen;
	*pkt = (struct reader_packet){
		.number = ++pcap->source->number,
		.interface = &pcap->interface,
		.data = data,
		.caplen = header->caplen,
		.len = header->len,
	};
	pkt->time_ns = (uint64_t)header->ts.tv_sec * 1000000000 + (uint64_t)header->ts.tv_usec;
	return 1;
}

void reader_pcap_free(struct reader_pcap *pcap)
{
	if (pcap == NULL)
		return;
	pcap_close(pcap->pcap);
	free(pcap);
}
