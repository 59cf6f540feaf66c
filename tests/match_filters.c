/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * match_filters FILTERS CAPTURE: for each line of FILTERS, which is an
 * expression, its number, a tab, and the numbers of the packets that match, or
 * "refused: " and why.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dissector/expr.h"
#include "tracer/reader.h"

static const char *comment_of(const void *ctx)
{
	return reader_comment(ctx);
}

static bool matches(const struct expr *expr, const struct reader_packet *pkt,
		    const struct record *rec)
{
	struct expr_frame frame = {
		.header = pkt->data, .number = pkt->number, .time_ns = rec->time_ns,
		.len = pkt->len, .caplen = pkt->caplen, .comment = comment_of, .ctx = pkt,
		.interface = pkt->interface != NULL ? pkt->interface->name : NULL,
	};

	if (!expr_match_frame(expr, pkt->error == 0 ? rec : NULL, &frame))
		return false;
	if (pkt->error == 0 && expr_excludes_packet(expr, pkt->data, pkt->caplen)) {
		fprintf(stderr, "match_filters: packet %llu matches and is excluded\n",
			(unsigned long long)pkt->number);
		exit(1);
	}
	return true;
}

static void match_all(const struct expr *expr, const char *path)
{
	struct reader_packet pkt;
	struct record rec;
	char err[256];
	struct reader *reader = reader_open(path, err, sizeof(err));
	const char *separator = "";

	if (reader == NULL) {
		fprintf(stderr, "match_filters: %s\n", err);
		exit(1);
	}
	while (reader_next(reader, &pkt, &rec) == 1)
		if (matches(expr, &pkt, &rec)) {
			printf("%s%llu", separator, (unsigned long long)pkt.number);
			separator = " ";
		}
	reader_close(reader);
}

int main(int argc, char **argv)
{
	struct expr_error err;
	FILE *filters = argc == 3 ? fopen(argv[1], "r") : NULL;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	if (filters == NULL) {
		fprintf(stderr, "usage: match_filters FILTERS CAPTURE\n");
		return 2;
	}
	for (unsigned int nr = 1; (len = getline(&line, &size, filters)) > 0; nr++) {
		size_t text_len = (size_t)len - (line[len - 1] == '\n');
		struct expr *expr = expr_compile_frame(line, text_len, &err);

		printf("%u\t", nr);
		if (expr != NULL)
			match_all(expr, argv[2]);
		else
			printf("refused: byte %zu: %s", err.at, err.what);
		printf("\n");
		expr_free(expr);
	}
	free(line);
	fclose(filters);
	return 0;
}
