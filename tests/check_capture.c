/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_capture FILE: says whether a capture is whole.  Every record is ours,
 * no event was dropped, no number is missing, every completion has its command
 * and every command its completion, but for Asynchronous Event Requests and
 * what a reset or a queue deletion in the capture gave up.  Prints the number
 * of packets; exit 0 whole, 1 not, 2 usage.
 */
#include <inttypes.h>
#include <stdio.h>
#include "dissector/model.h"
#include "tracer/reader.h"

static int feed_all(struct reader *reader, struct model *model, uint64_t *nr_packets)
{
	struct reader_packet pkt;
	struct record rec;
	int ret;

	while ((ret = reader_next(reader, &pkt, &rec)) == 1) {
		*nr_packets = pkt.number;
		if (pkt.error != 0) {
			fprintf(stderr, "frame %" PRIu64 ": not a record of ours\n", pkt.number);
			return -1;
		}
		if (model_feed(model, &rec) != 0)
			return -1;
	}
	if (ret < 0)
		fprintf(stderr, "%s\n", reader_error(reader));
	return ret;
}

static int complain_if(uint64_t nr, const char *what)
{
	if (nr != 0)
		fprintf(stderr, "%" PRIu64 " %s\n", nr, what);
	return nr != 0;
}

static int judge(const struct model *model)
{
	const struct model_counts *counts = model_counts(model);
	size_t nr_async;
	size_t nr_open = model_outstanding(model, &nr_async);
	int bad = 0;

	bad |= complain_if(counts->nr_dropped, "events were dropped");
	bad |= complain_if(counts->nr_gaps, "sequence numbers are missing");
	bad |= complain_if(counts->nr_unmatched, "completions have no command");
	bad |= complain_if(nr_open - nr_async, "commands have no completion");
	bad |= complain_if(counts->nr_records == 0, "(no records at all)");
	return bad;
}

int main(int argc, char **argv)
{
	struct model *model = model_new();
	struct reader *reader;
	uint64_t nr_packets = 0;
	char err[256];
	int bad;

	if (argc != 2 || model == NULL)
		return 2;
	reader = reader_open(argv[1], err, sizeof(err));
	if (reader == NULL) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	bad = feed_all(reader, model, &nr_packets) != 0 || judge(model);
	printf("%" PRIu64 "\n", nr_packets);
	reader_close(reader);
	model_free(model);
	return bad;
}
