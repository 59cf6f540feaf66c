/* SPDX-License-Identifier: BSD-2-Clause */
/* Capture filters. */
#include "config.h"

#include "tools/capture_filter.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tracer/pcapng.h"

struct capture_filter {
	struct bpf_program program;
};

static int compile(struct capture_filter *filter, const char *text, char *err, size_t errlen)
{
	pcap_t *pcap = pcap_open_dead(DLT_USER0, RECORD_LEN_MAX);
	int rc = -1;

	if (pcap == NULL) {
		snprintf(err, errlen, "%s", strerror(ENOMEM));
		return -1;
	}
	if (pcap_compile(pcap, &filter->program, text, 1, PCAP_NETMASK_UNKNOWN) == 0)
		rc = 0;
	else
		snprintf(err, errlen, "%s", pcap_geterr(pcap));
	pcap_close(pcap);
	return rc;
}

struct capture_filter *capture_filter_new(const char *text, char *err, size_t errlen)
{
	struct capture_filter *filter = calloc(1, sizeof(*filter));

	if (filter == NULL) {
		snprintf(err, errlen, "%s", strerror(ENOMEM));
		return NULL;
	}
	if (compile(filter, text, err, errlen) == 0)
		return filter;
	free(filter);
	return NULL;
}

void capture_filter_free(struct capture_filter *filter)
{
	if (filter == NULL)
		return;
	pcap_freecode(&filter->program);
	free(filter);
}

bool capture_filter_match(const struct capture_filter *filter, const struct stream_block *block)
{
	struct pcap_pkthdr header = { .caplen = 0 };

	if (filter == NULL || block->type != PCAPNG_ENHANCED)
		return true;
	header.caplen = block->caplen;
	header.len = block->packet_len;
	return pcap_offline_filter(&filter->program, &header,
				   block->bytes + PCAPNG_PACKET_DATA) != 0;
}
