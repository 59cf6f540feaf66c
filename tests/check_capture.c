/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_capture [-c] [-d] FILE: says whether a capture is whole.  Every record
 * is ours, no event was dropped, no number is missing, every completion has its
 * command and every command its completion, but for Asynchronous Event Requests
 * and what a reset or a queue deletion in the capture gave up.  Prints the
 * number of packets; exit 0 whole, 1 not, 2 usage.
 *
 * -c  the capture was cut: commands may lack their completion
 * -d  events were dropped: each drop record covers just what is missing before
 *     it; prints the number of those dropped as well
 */
#include "config.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>
#include "dissector/model.h"
#include "tracer/reader.h"

struct check {
	bool cut, dropped;
	uint64_t nr_packets;
	uint64_t nr_numbers;	/* distinct sequence numbers of records */
	uint64_t first_seq, last_seq, drops_last;
	uint64_t nr_wrong_drops;	/* whose count is not that of the numbers left out */
};

static void count_drop(struct check *check, const struct record *rec)
{
	uint64_t count = drop_info_count_get(rec->info), first = drop_info_first_get(rec->info);
	uint64_t before = check->last_seq > check->drops_last ? check->last_seq : check->drops_last;

	check->drops_last = drop_info_last_get(rec->info);
	check->nr_wrong_drops += first != before + 1 || check->drops_last - before != count;
}

static void count_numbers(struct check *check, const struct record *rec)
{
	if (rec->event == NVMETAP_EV_DROP && rec->info_len >= drop_info_SIZE)
		count_drop(check, rec);
	if (rec->seq == 0 || rec->flags & NVMETAP_SNAPSHOT || rec->seq == check->last_seq)
		return;
	if (check->nr_numbers++ == 0)
		check->first_seq = rec->seq;
	check->last_seq = rec->seq;
}

static int feed_all(struct reader *reader, struct model *model, struct check *check)
{
	struct reader_packet pkt;
	struct record rec;
	int ret;

	while ((ret = reader_next(reader, &pkt, &rec)) == 1) {
		check->nr_packets = pkt.number;
		if (pkt.error != 0) {
			fprintf(stderr, "frame %" PRIu64 ": not a record of ours\n", pkt.number);
			return -1;
		}
		if (model_feed(model, &rec) != 0)
			return -1;
		count_numbers(check, &rec);
	}
	if (ret < 0)
		fprintf(stderr, "%s\n", reader_error(reader));
	if (reader_unfinished(reader)) {
		fprintf(stderr, "the last block is missing\n");
		return -1;
	}
	return ret;
}

static int complain_if(uint64_t nr, const char *what)
{
	if (nr != 0)
		fprintf(stderr, "%" PRIu64 " %s\n", nr, what);
	return nr != 0;
}

/* Every number from the first to the last is a record's or was dropped. */
static int judge_numbers(const struct check *check, uint64_t nr_dropped)
{
	uint64_t last = check->last_seq > check->drops_last ? check->last_seq : check->drops_last;
	uint64_t all = check->nr_numbers != 0 ? last - check->first_seq + 1 : 0;

	if (all == check->nr_numbers + nr_dropped)
		return 0;
	fprintf(stderr, "%" PRIu64 " numbers, but %" PRIu64 " records and %" PRIu64 " dropped\n",
		all, check->nr_numbers, nr_dropped);
	return 1;
}

static int judge(const struct model *model, const struct check *check)
{
	const struct model_counts *counts = model_counts(model);
	size_t nr_async;
	size_t nr_open = model_outstanding(model, &nr_async);
	int bad = 0;

	bad |= complain_if(counts->nr_gaps, "sequence numbers are missing");
	if (check->dropped) {
		bad |= complain_if(check->nr_wrong_drops, "drop records do not fit what is missing");
		bad |= judge_numbers(check, counts->nr_dropped);
	} else {
		bad |= complain_if(counts->nr_dropped, "events were dropped");
		bad |= complain_if(counts->nr_unmatched, "completions have no command");
	}
	if (!check->cut && !check->dropped)
		bad |= complain_if(nr_open - nr_async, "commands have no completion");
	bad |= complain_if(counts->nr_records == 0, "(no records at all)");
	return bad;
}

static int usage(struct check *check, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "cd")) != -1) {
		if (option == '?')
			return -1;
		check->cut |= option == 'c';
		check->dropped |= option == 'd';
	}
	return optind == argc - 1 ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct model *model = model_new();
	struct check check = { 0 };
	struct reader *reader;
	char err[256];
	int bad;

	if (usage(&check, argc, argv) != 0 || model == NULL)
		return 2;
	reader = reader_open(argv[optind], err, sizeof(err));
	if (reader == NULL) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	bad = feed_all(reader, model, &check) != 0 || judge(model, &check);
	printf("%" PRIu64, check.nr_packets);
	if (check.dropped)
		printf(" %" PRIu64, model_counts(model)->nr_dropped);
	putchar('\n');
	reader_close(reader);
	model_free(model);
	return bad;
}
