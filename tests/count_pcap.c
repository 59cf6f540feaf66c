/* SPDX-License-Identifier: BSD-2-Clause */
/* count_pcap FILE: how many packets libpcap sees, and that they are USER0. */
#include "config.h"

#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	char err[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *data;
	uint64_t nr = 0;
	pcap_t *pcap;
	int ret;

	if (argc != 2)
		return 2;
	pcap = pcap_open_offline_with_tstamp_precision(argv[1], PCAP_TSTAMP_PRECISION_NANO, err);
	if (pcap == NULL) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	while ((ret = pcap_next_ex(pcap, &header, &data)) == 1)
		nr++;
	if (ret != PCAP_ERROR_BREAK)
		fprintf(stderr, "%s\n", pcap_geterr(pcap));
	printf("%" PRIu64 "\n", nr);
	ret = ret != PCAP_ERROR_BREAK || pcap_datalink(pcap) != DLT_USER0;
	pcap_close(pcap);
	return ret;
}
