/* SPDX-License-Identifier: BSD-2-Clause */
/* nvmetap dump: shows a capture as text. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "dissector/expr.h"
#include "dissector/line.h"
#include "tools/caret.h"
#include "tools/command.h"
#include "tools/output.h"
#include "tools/show.h"

static const struct option_row rows[] = {
	{ 'r', "read-file", "FILE", "read FILE; - is standard input" },
	{ 'c', "count", "N", "stop after N packets" },
	{ 'Y', "display-filter", "FILTER", "only records that match; see nvmetap-filter(7)" },
	{ 'V', "details", NULL, "every field, with its name and meaning" },
	{ 'x', "hex", NULL, "the payload's bytes too" },
	{ 'T', "form", "FORM", "text, fields, jsonl or csv" },
	{ 'e', "field", "FIELD", "a column of -T fields or csv; once for each" },
	{ 'E', "field-option", "KEY=VALUE", "header=y|n separator=C occurrence=f|l|a "
	  "aggregator=C quote=d|s|n" },
	{ 'l', "line-buffered", NULL, "write after each packet" },
	{ 'q', "quiet", NULL, "show nothing, only read it all" },
	{ .id = 0 },
};

static const struct option_row *const tables[] = { rows, NULL };

enum form { FORM_TEXT, FORM_FIELDS, FORM_JSONL, FORM_CSV, NR_FORMS };

static const char *const form_names[NR_FORMS] = { "text", "fields", "jsonl", "csv" };

struct dump {
	const char *path;
	uint64_t max;			/* packets, 0: all */
	enum form form;
	bool details, hex, quiet, line_buffered;
	bool has_field_options;
	struct expr *filter;		/* or NULL: all packets */
	struct columns columns;
	struct collect collect;
	struct output output;
	uint64_t nr_foreign;		/* packets that are not ours */
};

static int set_form(struct dump *dump, const char *name)
{
	for (unsigned int i = 0; i < NR_FORMS; i++)
		if (strcmp(form_names[i], name) == 0) {
			dump->form = (enum form)i;
			return 0;
		}
	complain("dump: -T %s: must be text, fields, jsonl or csv", name);
	return -1;
}

static int set_count(struct dump *dump, const char *text)
{
	unsigned long long count;

	if (option_number("dump", "-c", text, 1, UINT64_MAX, &count) != 0)
		return -1;
	dump->max = count;
	return 0;
}

static int set_filter(struct dump *dump, const char *text)
{
	struct expr_error err;

	expr_free(dump->filter);
	dump->filter = expr_compile_frame(text, strlen(text), &err);
	if (dump->filter != NULL)
		return 0;
	complain("dump: -Y: %s", err.what);
	if (errno == EINVAL)
		caret_show(text, err.at, err.len);
	return -1;
}

static int handle(void *ctx, int id, const char *arg)
{
	struct dump *dump = ctx;

	switch (id) {
	case 'r':
		dump->path = arg;
		break;
	case 'c':
		return set_count(dump, arg);
	case 'Y':
		return set_filter(dump, arg);
	case 'V':
		dump->details = true;
		break;
	case 'x':
		dump->hex = true;
		break;
	case 'T':
		return set_form(dump, arg);
	case 'e':
		return columns_add(&dump->columns, arg);
	case 'E':
		dump->has_field_options = true;
		return columns_option(&dump->columns, arg);
	case 'l':
		dump->line_buffered = true;
		break;
	case 'q':
		dump->quiet = true;
		break;
	}
	return 0;
}

static const char *contradiction(const struct dump *dump)
{
	bool has_columns = dump->form == FORM_FIELDS || dump->form == FORM_CSV;

	if (has_columns && dump->columns.nr == 0)
		return "-T fields and csv need at least one -e FIELD";
	if (!has_columns && (dump->columns.nr > 0 || dump->has_field_options))
		return "-e and -E go with -T fields or -T csv";
	if (dump->form != FORM_TEXT && (dump->details || dump->hex))
		return "-V and -x go with -T text";
	return NULL;
}

/* 0, or what to exit with. */
static int parse(struct dump *dump, const struct command *command, int argc, char **argv)
{
	int first = options_parse(command, argc, argv, handle, dump);

	if (first == OPTIONS_HELPED)
		return -1;
	if (first < 0)
		return EXIT_USAGE;
	if (first < argc && dump->path == NULL)
		dump->path = argv[first++];
	if (first < argc) {
		complain("dump: one capture at a time, not also %s", argv[first]);
		return EXIT_USAGE;
	}
	if (contradiction(dump) != NULL) {
		complain("dump: %s", contradiction(dump));
		return EXIT_USAGE;
	}
	if (dump->path == NULL && isatty(STDIN_FILENO)) {
		complain("dump: no capture; give -r FILE, or a pipe to standard input");
		return EXIT_USAGE;
	}
	if (dump->path == NULL)
		dump->path = "-";
	return 0;
}

/* What a packet is that is not a record of ours. */
static const char *reason_of(const struct reader_packet *pkt, char *buf, size_t size)
{
	switch (pkt->error) {
	case 0:
		return NULL;
	case -EPROTO:
		return "a record of a later version";
	case -EBADMSG:
		return "a record that is too short";
	}
	if (pkt->interface == NULL)
		return "not nvmetap's";
	snprintf(buf, size, "link type %u, not nvmetap's", pkt->interface->linktype);
	return buf;
}

static void show_text(struct dump *dump, const struct show_packet *packet)
{
	struct text *text = &dump->output.text;

	if (packet->rec != NULL) {
		line_record(text, packet->rec);
	} else {
		text_string(text, "frame ");
		text_dec(text, packet->pkt->number);
		text_add(text, ": ", 2);
		text_string(text, packet->reason);
	}
	text_char(text, '\n');
	if (dump->details)
		show_details(text, packet);
	if (dump->hex)
		show_hex(text, packet);
}

static const char *comment_of(const void *ctx)
{
	return reader_comment(ctx);
}

/* Whether it matches the filter, or may: most do not, and are not taken apart then. */
static bool may_be_wanted(const struct dump *dump, const struct reader_packet *pkt)
{
	return dump->filter == NULL || pkt->error != 0 ||
	       !expr_excludes_packet(dump->filter, pkt->data, pkt->caplen);
}

static bool is_wanted(const struct dump *dump, const struct show_packet *packet)
{
	const struct reader_packet *pkt = packet->pkt;
	struct expr_frame frame;

	if (dump->filter == NULL)
		return true;
	frame.header = packet->rec != NULL ? pkt->data : NULL;
	frame.number = pkt->number;
	frame.time_ns = packet->time_ns;
	frame.len = pkt->len;
	frame.caplen = pkt->caplen;
	frame.interface = pkt->interface != NULL ? pkt->interface->name : NULL;
	frame.comment = comment_of;
	frame.ctx = pkt;
	return expr_match_frame(dump->filter, packet->rec, &frame);
}

static int show(struct dump *dump, const struct show_packet *packet)
{
	struct text *text = &dump->output.text;
	int ret = 0;

	if (!is_wanted(dump, packet) || dump->quiet)
		return 0;
	if (dump->form == FORM_TEXT)
		show_text(dump, packet);
	else if (dump->form == FORM_JSONL)
		ret = show_json(text, &dump->collect, packet);
	else
		ret = columns_show(text, &dump->columns, &dump->collect, packet);
	if (dump->line_buffered)
		output_flush(&dump->output);
	return ret;
}

/* Who looks on sees all that there is of a live capture. */
static void flush_shown(void *ctx)
{
	output_flush(ctx);
}

/* Shows what is readable.  0, or -errno of the reader or of memory. */
static int show_all(struct dump *dump, struct reader *reader)
{
	struct reader_packet pkt;
	struct record rec;
	char buf[64];
	int ret;

	for (uint64_t nr = 0; dump->max == 0 || nr < dump->max; nr++) {
		struct show_packet packet = { .pkt = &pkt };

		ret = reader_next_packet(reader, &pkt);
		if (ret <= 0)
			return ret;
		if (!may_be_wanted(dump, &pkt))
			continue;
		reader_record(&pkt, &rec);
		packet.reason = reason_of(&pkt, buf, sizeof(buf));
		packet.rec = pkt.error == 0 ? &rec : NULL;
		packet.time_ns = rec.time_ns;
		dump->nr_foreign += pkt.error != 0;
		ret = show(dump, &packet);
		if (ret != 0)
			return ret;
		if (dump->output.error != 0)
			break;
	}
	return 0;
}

static const char *name_of(const struct dump *dump)
{
	return strcmp(dump->path, "-") == 0 ? "standard input" : dump->path;
}

static int dump_capture(struct dump *dump)
{
	struct reader *reader;
	char err[512];
	int ret, status;

	reader = reader_open(dump->path, err, sizeof(err));
	if (reader == NULL) {
		complain("%s", err);
		return EXIT_FAILED;
	}
	output_init(&dump->output);
	reader_on_wait(reader, flush_shown, &dump->output);
	if (dump->form == FORM_FIELDS || dump->form == FORM_CSV)
		columns_begin(&dump->output.text, &dump->columns, &dump->collect);
	ret = show_all(dump, reader);
	status = output_finish(&dump->output);
	if (ret == -ENOMEM) {
		complain("dump: %s", strerror(ENOMEM));
		status = EXIT_FAILED;
	} else if (ret < 0) {
		complain("%s", reader_error(reader));
		status = EXIT_FAILED;
	} else if (reader_unfinished(reader)) {
		complain("%s: unfinished: cut short or still being written", name_of(dump));
	}
	if (dump->nr_foreign > 0)
		complain("%s: %llu packets are not nvmetap's", name_of(dump),
			 (unsigned long long)dump->nr_foreign);
	reader_close(reader);
	return status;
}

static int run(const struct command *command, int argc, char **argv)
{
	static struct dump dump;
	int status;

	columns_init(&dump.columns);
	status = parse(&dump, command, argc, argv);
	if (status != 0)
		return status < 0 ? EXIT_DONE : status;
	if (dump.form == FORM_CSV) {
		if (dump.columns.separator == '\t')
			dump.columns.separator = ',';
		dump.columns.quote = '"';
		dump.columns.header = true;
	}
	if (dump.form != FORM_TEXT && collect_init(&dump.collect) != 0) {
		complain("dump: %s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	status = dump_capture(&dump);
	collect_fini(&dump.collect);
	expr_free(dump.filter);
	return status;
}

const struct command command_dump = {
	.name = "dump",
	.operands = "[FILE]",
	.summary = "show a capture as lines, fields, CSV or JSON",
	.options = tables,
	.run = run,
};
