/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of nvmetap capture. */
#include "config.h"

#include "tools/capture_options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "tools/caret.h"
#include "tools/option_words.h"

enum {
	OPT_DATA_SNAP = OPTION_LONG,
	OPT_EVENTS,
	OPT_RING,
	OPT_ZSTD_LEVEL,
	FILES_MAX = 100000,
};

static const struct option_row capture_rows[] = {
	{ 'i', "interface", "PATH", "the drive's control socket (the only drive's)" },
	{ 'D', "list-interfaces", NULL, "show the drives that there are, and exit" },
	{ 'w', "write", "FILE", "capture to FILE; zstd if it ends in .zst; - is standard output" },
	{ 'c', NULL, "N", "stop after N records" },
	{ 'a', "autostop", "WHAT:N", "stop after duration:S, filesize:KB, files:N or packets:N" },
	{ 'b', "ring-buffer", "WHAT:N", "next file after duration:S, filesize:KB or packets:N; "
					"files:N keeps N" },
	{ 'q', "quiet", NULL, "say errors only" },
	{ OPT_ZSTD_LEVEL, "zstd-level", "N", "level of compression, 1 to 19 (1)" },
	{ 'f', NULL, "FILTER", "keep the records that a filter of libpcap's lets through" },
	{ 0, NULL, NULL, NULL },
};

const struct option_row capture_what_rows[] = {
	{ 'Y', "display-filter", "FILTER", "keep what this lets through, and each snapshot" },
	{ 's', "snap", "BYTES", "bytes kept of the data of an admin command (all)" },
	{ OPT_DATA_SNAP, "data-snap", "BYTES", "bytes kept of the data of an I/O command (0)" },
	{ OPT_EVENTS, "events", "LIST", "what to capture: pci,reg,admin… or -data to leave out" },
	{ OPT_RING, "ring", "SIZE", "size of the ring between drive and stream (4M)" },
	{ 0, NULL, NULL, NULL },
};

const struct option_row *const capture_option_tables[] = { capture_rows, capture_what_rows, NULL };

static int set_size(int64_t *to, const char *option, const char *arg, uint64_t min, uint64_t max)
{
	unsigned long long value;

	if (option_size("capture", option, arg, min, max, &value) != 0)
		return -1;
	*to = (int64_t)value;
	return 0;
}

static const char *const limit_names[] = { "duration", "filesize", "packets", "files" };
enum { LIMIT_DURATION, LIMIT_FILESIZE, LIMIT_PACKETS, LIMIT_FILES, NR_LIMITS };

static unsigned int limit_of(const char *arg, size_t len)
{
	unsigned int i;

	for (i = 0; i < NR_LIMITS; i++)
		if (strlen(limit_names[i]) == len && memcmp(limit_names[i], arg, len) == 0)
			break;
	return i;
}

/* "duration:10" */
static int set_limit(struct capture_limits *limits, const char *option, const char *arg)
{
	size_t len = strcspn(arg, ":");
	unsigned int limit = limit_of(arg, len);
	unsigned long long value, max = limit == LIMIT_FILES ? FILES_MAX : INT64_MAX / 1000;
	char what[32];

	if (limit == NR_LIMITS || arg[len] != ':') {
		complain("capture: %s %s: must be duration:S, filesize:KB, files:N or packets:N",
			 option, arg);
		return -1;
	}
	snprintf(what, sizeof(what), "%s %s:", option, limit_names[limit]);
	if (option_number("capture", what, arg + len + 1, 1, max, &value) != 0)
		return -1;
	if (limit == LIMIT_DURATION)
		limits->duration_s = value;
	else if (limit == LIMIT_FILESIZE)
		limits->filesize_kb = value;
	else if (limit == LIMIT_PACKETS)
		limits->packets = value;
	else
		limits->files = (unsigned int)value;
	return 0;
}

static int handle_limit(struct capture_options *options, int id, const char *arg)
{
	unsigned long long value;

	switch (id) {
	case 'a':
		return set_limit(&options->stop, "-a", arg);
	case 'b':
		options->turns = true;
		return set_limit(&options->turn, "-b", arg);
	case 'c':
		if (option_number("capture", "-c", arg, 1, INT64_MAX, &value) != 0)
			return -1;
		options->stop.packets = value;
		return 0;
	default:
		return -1;
	}
}

static int set_display_filter(struct capture_options *options, const char *text)
{
	struct expr_error err;

	expr_free(options->display_filter);
	options->display_filter = expr_compile_frame(text, strlen(text), &err);
	if (options->display_filter != NULL)
		return 0;
	complain("capture: -Y: %s", err.what);
	if (errno == EINVAL)
		caret_show(text, err.at, err.len);
	return -1;
}

int capture_options_handle(struct capture_options *options, int id, const char *arg)
{
	unsigned long long level;

	switch (id) {
	case 'i':
		options->drive = arg;
		return 0;
	case 'D':
		options->lists = true;
		return 0;
	case 'w':
		return option_capture("capture", arg, &options->file);
	case 'f':
		options->filter = arg;
		return 0;
	case 'q':
		options->quiet = true;
		return 0;
	case 'Y':
		return set_display_filter(options, arg);
	case 's':
		return set_size(&options->snap, "--snap", arg, 0, UINT32_MAX);
	case OPT_DATA_SNAP:
		return set_size(&options->data_snap, "--data-snap", arg, 0, UINT32_MAX);
	case OPT_EVENTS:
		options->events = arg;
		return option_words_events("capture", arg);
	case OPT_RING:
		return set_size(&options->ring, "--ring", arg, 4 << 10, 1 << 30);
	case OPT_ZSTD_LEVEL:
		if (option_number("capture", "--zstd-level", arg, 1, 19, &level) != 0)
			return -1;
		options->zstd_level = (int)level;
		return 0;
	default:
		return handle_limit(options, id, arg);
	}
}

static int handle(void *ctx, int id, const char *arg)
{
	return capture_options_handle(ctx, id, arg);
}

static int check(const struct capture_options *options, int argc, char **argv, int first)
{
	const struct capture_limits *turn = &options->turn;

	if (first < argc) {
		complain("capture: %s: not expected", argv[first]);
		return OPTIONS_BAD;
	}
	if (options->lists)
		return first;
	if (options->file == NULL) {
		complain("capture: nowhere to write; give -w FILE, or -w - for standard output");
		return OPTIONS_BAD;
	}
	if (options->turns && strcmp(options->file, "-") == 0) {
		complain("capture: standard output is one file only, without -b");
		return OPTIONS_BAD;
	}
	if (options->turns && turn->duration_s == 0 && turn->filesize_kb == 0 &&
	    turn->packets == 0) {
		complain("capture: when does the next file begin? "
			 "give -b duration:S, filesize:KB or packets:N");
		return OPTIONS_BAD;
	}
	if (options->stop.files != 0 && !options->turns) {
		complain("capture: -a files:N wants -b, too");
		return OPTIONS_BAD;
	}
	return first;
}

int capture_options_parse(struct capture_options *options, const struct command *command,
			  int argc, char **argv)
{
	int first;

	*options = (struct capture_options)CAPTURE_OPTIONS_INIT;
	first = options_parse(command, argc, argv, handle, options);
	return first < 0 ? first : check(options, argc, argv, first);
}
