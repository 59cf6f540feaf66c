/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of nvmetap capture. */
#include "config.h"

#include "tools/capture_options.h"

#include <errno.h>
#include <stdlib.h>
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
	{ 'f', NULL, "FILTER", "keep the records that a filter of libpcap's lets through" },
	{ 'c', NULL, "NUMBER", "stop after so many records" },
	{ 'a', "autostop", "WHAT:N", "stop after duration:S, filesize:KB, files:N or packets:N" },
	{ 'b', "ring-buffer", "WHAT:N", "next file after duration:S, filesize:KB or packets:N; "
					"files:N keeps N" },
	{ 'q', "quiet", NULL, "say errors only" },
	{ OPT_ZSTD_LEVEL, "zstd-level", "N", "level of compression, 1 to 19 (1)" },
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

static int set_number(int64_t *to, const char *option, const char *arg, int64_t min, int64_t max)
{
	unsigned long long value;

	if (parse_size(arg, &value) != 0 || value > INT64_MAX || (int64_t)value < min ||
	    (int64_t)value > max) {
		complain("capture: %s %s: must be a number from %lld to %lld", option, arg,
			 (long long)min, (long long)max);
		return -1;
	}
	*to = (int64_t)value;
	return 0;
}

/* "duration:10" */
static int set_limit(struct capture_limits *limits, const char *option, const char *arg)
{
	const char *colon = strchr(arg, ':');
	size_t len = colon != NULL ? (size_t)(colon - arg) : 0;
	int64_t value;

	if (colon == NULL) {
		complain("capture: %s %s: must be like duration:10", option, arg);
		return -1;
	}
	if (set_number(&value, option, colon + 1, 1, len == 5 ? FILES_MAX : INT64_MAX / 1000) != 0)
		return -1;
	if (len == 8 && memcmp(arg, "duration", len) == 0)
		limits->duration_s = (uint64_t)value;
	else if (len == 8 && memcmp(arg, "filesize", len) == 0)
		limits->filesize_kb = (uint64_t)value;
	else if (len == 7 && memcmp(arg, "packets", len) == 0)
		limits->packets = (uint64_t)value;
	else if (len == 5 && memcmp(arg, "files", len) == 0)
		limits->files = (unsigned int)value;
	else {
		complain("capture: %s %s: duration, filesize, files or packets", option, arg);
		return -1;
	}
	return 0;
}

static int handle_limit(struct capture_options *options, int id, const char *arg)
{
	int64_t value;

	switch (id) {
	case 'a':
		return set_limit(&options->stop, "-a", arg);
	case 'b':
		options->turns = true;
		return set_limit(&options->turn, "-b", arg);
	case 'c':
		if (set_number(&value, "-c", arg, 1, INT64_MAX) != 0)
			return -1;
		options->stop.packets = (uint64_t)value;
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
	int64_t level;

	switch (id) {
	case 'i':
		options->drive = arg;
		return 0;
	case 'D':
		options->lists = true;
		return 0;
	case 'w':
		options->file = arg;
		return 0;
	case 'f':
		options->filter = arg;
		return 0;
	case 'q':
		options->quiet = true;
		return 0;
	case 'Y':
		return set_display_filter(options, arg);
	case 's':
		return set_number(&options->snap, "--snap", arg, 0, UINT32_MAX);
	case OPT_DATA_SNAP:
		return set_number(&options->data_snap, "--data-snap", arg, 0, UINT32_MAX);
	case OPT_EVENTS:
		options->events = arg;
		return option_words_events("capture", arg);
	case OPT_RING:
		return set_number(&options->ring, "--ring", arg, 4 << 10, 1 << 30);
	case OPT_ZSTD_LEVEL:
		if (set_number(&level, "--zstd-level", arg, 1, 19) != 0)
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
		complain("capture: where to? give -w FILE, or -w - for standard output");
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
