/* SPDX-License-Identifier: BSD-2-Clause */
/* query-status: how the drive, its guest and its capture are. */
#include "config.h"

#include "emu/drive.h"
#include "tools/control_commands.h"
#include "tools/live.h"
#include "tracer/tracer.h"

struct asked {
	struct control_request *req;
	struct drive_status drive;
	struct tracer_stats capture;
	json_t *viewers;
};

static void add_viewer(void *ctx, const struct live_viewer *viewer)
{
	json_array_append_new(ctx, json_pack("{s:i, s:I, s:I, s:I}", "viewer", viewer->id,
					     "records", (json_int_t)viewer->stats.nr_records,
					     "dropped", (json_int_t)viewer->stats.nr_dropped,
					     "bytes", (json_int_t)viewer->stats.nr_bytes));
}

static int ask(void *ctx)
{
	struct asked *asked = ctx;
	const struct control_config *config = asked->req->config;

	drive_status(config->drive, &asked->drive);
	live_each(config->live, add_viewer, asked->viewers);
	if (config->tracer != NULL)
		tracer_count(config->tracer, &asked->capture);
	return 0;
}

static json_t *queue_object(const struct drive_status_queue *queue)
{
	if (queue->submission)
		return json_pack("{s:s, s:i, s:i, s:I, s:I, s:I, s:I}", "type", "submission", "id",
				 queue->qid, "completion-queue", queue->cqid, "entries",
				 (json_int_t)queue->size, "head", (json_int_t)queue->head, "tail",
				 (json_int_t)queue->tail, "outstanding",
				 (json_int_t)queue->nr_outstanding);
	return json_pack("{s:s, s:i, s:i, s:I, s:I, s:I}", "type", "completion", "id", queue->qid,
			 "vector", queue->vector, "entries", (json_int_t)queue->size, "head",
			 (json_int_t)queue->head, "tail", (json_int_t)queue->tail);
}

static json_t *controller_object(const struct drive_status *drive)
{
	json_t *queues = json_array();

	for (unsigned int i = 0; i < drive->nr_queues; i++)
		json_array_append_new(queues, queue_object(&drive->queue[i]));
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:o}", "state", drive->state, "cc",
			 (json_int_t)drive->cc, "csts", (json_int_t)drive->csts, "outstanding",
			 (json_int_t)drive->nr_outstanding, "held", (json_int_t)drive->nr_held,
			 "queues", queues);
}

static json_t *counts_object(const struct drive_status *drive)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "reads",
			 (json_int_t)drive->nr_reads, "writes", (json_int_t)drive->nr_writes,
			 "bytes-read", (json_int_t)drive->bytes_read, "bytes-written",
			 (json_int_t)drive->bytes_written, "errors", (json_int_t)drive->nr_errors,
			 "power-cycles", (json_int_t)drive->nr_power_cycles, "unsafe-shutdowns",
			 (json_int_t)drive->nr_unsafe_shutdowns);
}

static json_t *capture_object(const struct control_config *config,
			      const struct tracer_stats *stats)
{
	return json_pack("{s:o, s:I, s:I, s:I, s:I, s:i}", "file",
			 control_to_string(config->capture != NULL ? config->capture : ""),
			 "records", (json_int_t)stats->nr_records, "dropped",
			 (json_int_t)stats->nr_dropped, "bytes", (json_int_t)stats->nr_bytes,
			 "file-bytes", (json_int_t)stats->nr_file_bytes, "error", -stats->error);
}

int control_query_status(struct control_request *req)
{
	struct asked asked = { .req = req, .viewers = json_array() };

	if (control_drive_call(req, ask, &asked) != 0) {
		json_decref(asked.viewers);
		return -1;
	}
	req->result = json_pack("{s:{s:b, s:s}, s:o, s:o, s:o, s:o*}", "guest", "connected",
				asked.drive.connected, "transport", asked.drive.transport,
				"controller", controller_object(&asked.drive), "counts",
				counts_object(&asked.drive), "viewers", asked.viewers, "capture",
				req->config->capture != NULL ?
				capture_object(req->config, &asked.capture) : NULL);
	return 0;
}
