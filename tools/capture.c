/* SPDX-License-Identifier: BSD-2-Clause */
/* nvmetap capture: what a running drive does, live, to a file or a pipe. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "emu/loop.h"
#include "tools/capture_files.h"
#include "tools/capture_filter.h"
#include "tools/capture_options.h"
#include "tools/control_client.h"
#include "tools/runtime.h"
#include "tools/signals.h"
#include "tools/stream.h"
#include "tracer/pcapng.h"

#define NS_PER_S UINT64_C(1000000000)

struct capture {
	struct capture_options options;
	struct control_client viewer;	/* the stream's connection */
	struct control_client asker;	/* for snapshots */
	json_int_t id;
	const char *function;		/* the interface's name */
	struct stream stream;
	struct capture_filter *filter;	/* or NULL */
	struct capture_files files;
	uint64_t began_ns;
	uint64_t nr_received, nr_records;	/* records, and those of them in all files */
	bool begun;			/* a record has come */
	bool has_snapshots;		/* the stream's first record begins one */
	bool turning;			/* the next file begins with the next snapshot */
	bool done;			/* enough */
	bool ended;			/* the drive has said its last word */
};

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	caught = number;
}

/* The statuses that may end a file or the capture. */
static bool is_over(const struct capture_limits *limits, const struct capture_files *files,
		    uint64_t nr_records, uint64_t since_ns)
{
	return (limits->packets != 0 && nr_records >= limits->packets) ||
	       (limits->filesize_kb != 0 && files->out != NULL &&
		capture_files_bytes(files) >= limits->filesize_kb * 1000) ||
	       (limits->duration_s != 0 &&
		loop_now_ns() - since_ns >= limits->duration_s * NS_PER_S);
}

static bool is_enough(const struct capture *capture)
{
	const struct capture_limits *stop = &capture->options.stop;

	return is_over(stop, &capture->files, capture->nr_records, capture->began_ns);
}

static bool is_full(const struct capture *capture)
{
	return is_over(&capture->options.turn, &capture->files, capture->files.nr_records,
		       capture->files.opened_ns);
}

/* So that the next file can be read from its beginning, it begins with a snapshot. */
static int turn_soon(struct capture *capture)
{
	json_t *result;

	if (capture->options.stop.files != 0 && capture->files.nr >= capture->options.stop.files) {
		capture->done = true;
		return 0;
	}
	if (!capture->has_snapshots)
		return capture_files_next(&capture->files);
	result = control_client_ask(&capture->asker, "snapshot",
				    json_pack("{s:I}", "viewer", capture->id));
	capture->turning = result != NULL;
	json_decref(result);
	return capture->turning ? 0 : -EIO;
}

/* Without a snapshot, or what was lost, the rest would be hard to read. */
static bool is_kept(const struct record *rec)
{
	return (rec->flags & NVMETAP_SNAPSHOT) != 0 || rec->event == NVMETAP_EV_DROP;
}

static bool is_wanted(const struct capture *capture, const struct stream_block *block)
{
	const struct record *rec = &block->rec;
	struct expr_frame frame = {
		.header = block->bytes + PCAPNG_PACKET_DATA,
		.number = capture->nr_received,
		.time_ns = rec->time_ns,
		.len = block->packet_len,
		.caplen = block->caplen,
		.interface = capture->function,
	};

	if (!capture_filter_match(capture->filter, block))
		return false;
	return capture->options.display_filter == NULL || block->type != PCAPNG_ENHANCED ||
	       is_kept(rec) || expr_match_frame(capture->options.display_filter, rec, &frame);
}

static int take(struct capture *capture, const struct stream_block *block)
{
	bool is_record = block->type == PCAPNG_ENHANCED;
	int rc = 0;

	if (is_record && !capture->begun)
		capture->has_snapshots = block->snapshot;
	else if (capture->turning && block->snapshot)
		rc = capture_files_next(&capture->files);
	if (block->snapshot)
		capture->turning = false;
	capture->begun |= is_record;
	capture->nr_received += is_record;
	if (rc == 0 && !is_wanted(capture, block))
		return 0;
	capture->ended |= block->type == PCAPNG_STATISTICS;
	if (rc == 0)
		rc = capture_files_put(&capture->files, block);
	capture->nr_records += is_record;
	if (rc == 0 && is_record && is_enough(capture))
		capture->done = true;
	else if (rc == 0 && is_record && !capture->turning && is_full(capture))
		rc = turn_soon(capture);
	return rc;
}

/* What has come, up to what is enough. */
static int take_all(struct capture *capture)
{
	struct stream_block block;
	int rc = stream_read(&capture->stream);

	while (rc == 0 && !capture->done && (rc = stream_next(&capture->stream, &block)) == 1)
		rc = take(capture, &block);
	return rc;
}

/* Until when a stream that says nothing can be left alone; 0: for ever. */
static uint64_t deadline_ns(const struct capture *capture)
{
	const struct capture_options *options = &capture->options;
	uint64_t stop = 0, turn = 0;

	if (options->stop.duration_s != 0)
		stop = capture->began_ns + options->stop.duration_s * NS_PER_S;
	if (options->turn.duration_s != 0 && !capture->turning)
		turn = capture->files.opened_ns + options->turn.duration_s * NS_PER_S;
	return stop != 0 && (turn == 0 || stop < turn) ? stop : turn;
}

/* 1: something has come, 0: the deadline has, or a signal. */
static int wait_for_more(const struct capture *capture, const sigset_t *mask)
{
	struct pollfd polls = { capture->stream.fd, POLLIN, 0 };
	uint64_t deadline = deadline_ns(capture), now = loop_now_ns();
	uint64_t ns = deadline > now ? deadline - now : 0;
	struct timespec ts = { (time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S) };
	int rc = ppoll(&polls, 1, deadline != 0 ? &ts : NULL, mask);

	return rc < 0 && errno == EINTR ? 0 : rc < 0 ? -errno : rc;
}

static int turn_round(struct capture *capture, const sigset_t *mask)
{
	int rc = capture_files_flush(&capture->files);

	if (rc == 0)
		rc = wait_for_more(capture, mask);
	if (rc > 0)
		return take_all(capture);
	if (rc == 0 && is_enough(capture))
		capture->done = true;
	else if (rc == 0 && caught == 0 && !capture->turning && is_full(capture))
		rc = turn_soon(capture);
	return rc;
}

static int run_stream(struct capture *capture)
{
	sigset_t ours, mask;
	int rc = 0;

	signals_set(&ours);
	sigprocmask(SIG_BLOCK, &ours, &mask);
	signals_catch(on_signal);
	capture->began_ns = loop_now_ns();
	while (rc == 0 && caught == 0 && !capture->done)
		rc = turn_round(capture, &mask);
	signals_release();
	if (rc == -EPROTO || (rc == -ENOTCONN && !capture->ended))
		complain("capture: the drive has gone, and what it had to say last is missing");
	return rc == -ENOTCONN && capture->ended ? 0 : rc;
}

static int begin(struct capture *capture)
{
	const struct capture_options *options = &capture->options;
	json_t *args = json_object(), *result;
	int rc;

	if (options->events != NULL)
		json_object_set_new(args, "events", json_string(options->events));
	if (options->snap >= 0)
		json_object_set_new(args, "snap", json_integer(options->snap));
	if (options->data_snap >= 0)
		json_object_set_new(args, "data-snap", json_integer(options->data_snap));
	if (options->ring >= 0)
		json_object_set_new(args, "ring", json_integer(options->ring));
	capture->function = json_string_value(json_object_get(capture->viewer.greeting,
							      "function"));
	result = control_client_ask(&capture->viewer, "capture", args);
	capture->id = json_integer_value(json_object_get(result, "viewer"));
	rc = result != NULL ? stream_init(&capture->stream, capture->viewer.fd) : -EIO;
	json_decref(result);
	return rc;
}

static int run_connected(struct capture *capture)
{
	struct capture_files *files = &capture->files;
	const struct capture_options *options = &capture->options;
	int rc, err;

	files->path = options->file;
	files->many = options->turns;
	files->nr_keep = options->turn.files;
	files->zstd_level = options->zstd_level;
	files->quiet = options->quiet;
	rc = begin(capture);
	if (rc == 0)
		rc = capture_files_open(files);
	if (rc == 0)
		rc = run_stream(capture);
	stream_fini(&capture->stream);
	err = capture_files_close(files);
	rc = rc != 0 ? rc : err;
	return rc == -EPIPE ? 0 : rc;
}

static int list_one(void *ctx, int fd, pid_t pid, const char *path)
{
	struct control_client client = { .fd = -1 };

	(void)ctx;
	(void)pid;
	if (control_client_greet(&client, fd) != 0)
		return 0;
	printf("%s  (%s)\n", path, control_client_what(&client));
	control_client_close(&client);
	return 1;
}

static int make_filter(struct capture *capture)
{
	const char *text = capture->options.filter;
	char err[512];

	if (text == NULL)
		return 0;
	capture->filter = capture_filter_new(text, err, sizeof(err));
	if (capture->filter != NULL)
		return 0;
	complain("capture: filter %s: %s", text, err);
	return -1;
}

int capture_live(const struct capture_options *options)
{
	static struct capture capture;
	int rc = 0;

	signal(SIGPIPE, SIG_IGN);
	capture.options = *options;
	if (make_filter(&capture) != 0)
		return EXIT_USAGE;
	if (control_client_open(&capture.viewer, "capture", options->drive) != 0)
		return EXIT_FAILED;
	capture.asker.fd = -1;
	if (options->turns)
		rc = control_client_again(&capture.asker, &capture.viewer);
	if (rc == 0)
		rc = run_connected(&capture);
	control_client_close(&capture.viewer);
	control_client_close(&capture.asker);
	capture_filter_free(capture.filter);
	return rc == 0 ? EXIT_DONE : EXIT_FAILED;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct capture_options options;
	int first = capture_options_parse(&options, command, argc, argv);

	int status = first == OPTIONS_HELPED ? EXIT_DONE : EXIT_USAGE;

	if (first >= 0 && options.lists) {
		runtime_each(list_one, NULL);
		status = EXIT_DONE;
	} else if (first >= 0) {
		status = capture_live(&options);
	}
	expr_free(options.display_filter);
	return status;
}

extern const struct command command_capture;
const struct command command_capture = {
	.name = "capture",
	.operands = "",
	.summary = "capture live from a running drive",
	.options = capture_option_tables,
	.run = run,
};
