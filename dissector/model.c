/* SPDX-License-Identifier: BSD-2-Clause */
/* The model: phases, counts and outstanding commands, rebuilt from records. */
#include "dissector/model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "dissector/outstanding.h"

struct model {
	struct model_counts counts;
	struct outstanding *outstanding;
	model_phase_fn *on_phase;
	void *on_phase_ctx;
	uint64_t last_seq;
	enum model_phase phase;
};

static const char *const phase_names[MODEL_NR_PHASES] = {
	[MODEL_PHASE_NONE] = "not seen",
	[MODEL_PHASE_PROBED] = "probed",
	[MODEL_PHASE_RESET] = "reset",
	[MODEL_PHASE_ENABLED] = "enabled",
	[MODEL_PHASE_IDENTIFIED] = "identified",
	[MODEL_PHASE_QUEUES] = "queues created",
	[MODEL_PHASE_IO] = "first I/O",
	[MODEL_PHASE_SHUTDOWN] = "shut down",
	[MODEL_PHASE_FATAL] = "fatal",
};

struct model *model_new(void)
{
	struct model *model = calloc(1, sizeof(*model));

	if (model == NULL)
		return NULL;
	model->outstanding = outstanding_new();
	if (model->outstanding == NULL) {
		free(model);
		return NULL;
	}
	return model;
}

void model_free(struct model *model)
{
	if (model == NULL)
		return;
	outstanding_free(model->outstanding);
	free(model);
}

void model_on_phase(struct model *model, model_phase_fn *fn, void *ctx)
{
	model->on_phase = fn;
	model->on_phase_ctx = ctx;
}

static void enter(struct model *model, enum model_phase phase, const struct record *rec)
{
	model->phase = phase;
	if (model->on_phase != NULL)
		model->on_phase(model->on_phase_ctx, phase, rec);
}

/* Phases of one enable come in their order, each once. */
static void advance(struct model *model, enum model_phase from, enum model_phase to,
		    const struct record *rec)
{
	if (model->phase >= from && model->phase < to)
		enter(model, to, rec);
}

static void feed_ctrl(struct model *model, const struct record *rec)
{
	if (rec->info_len < ctrl_info_SIZE)
		return;
	switch (ctrl_info_state_get(rec->info)) {
	case NVMETAP_CTRL_DISABLED:
		model->counts.nr_lost += outstanding_clear(model->outstanding);
		enter(model, MODEL_PHASE_RESET, rec);
		break;
	case NVMETAP_CTRL_READY:
		enter(model, MODEL_PHASE_ENABLED, rec);
		break;
	case NVMETAP_CTRL_SHUTDOWN_COMPLETE:
		enter(model, MODEL_PHASE_SHUTDOWN, rec);
		break;
	case NVMETAP_CTRL_FATAL:
		enter(model, MODEL_PHASE_FATAL, rec);
		break;
	}
}

/* Where a capture begins in the middle: what the phase must have been, without
 * a word to anybody, for nobody has seen it begin. */
static void feed_snapshot(struct model *model, const struct record *rec)
{
	if ((rec->flags & NVMETAP_SNAPSHOT) == 0)
		return;
	if (model->phase == MODEL_PHASE_NONE && rec->event == NVMETAP_EV_REGISTERS &&
	    rec->caplen >= registers_SIZE &&
	    reg_csts_rdy_get(rec->payload + NVME_REG_CSTS) != 0)
		model->phase = MODEL_PHASE_ENABLED;
	if (model->phase == MODEL_PHASE_ENABLED && rec->event == NVMETAP_EV_QUEUE &&
	    rec->info_len >= queue_info_SIZE && queue_info_qid_get(rec->info) != 0)
		model->phase = MODEL_PHASE_IO;
}

static void feed_queue(struct model *model, const struct record *rec)
{
	uint16_t qid;

	if (rec->info_len < queue_info_SIZE)
		return;
	if (queue_info_type_get(rec->info) != NVMETAP_SQ)
		return;
	qid = (uint16_t)queue_info_qid_get(rec->info);
	if (queue_info_state_get(rec->info) == NVMETAP_QUEUE_DELETED)
		model->counts.nr_lost += outstanding_clear_queue(model->outstanding, qid);
	else if (qid != 0 && (rec->flags & NVMETAP_SNAPSHOT) == 0)
		advance(model, MODEL_PHASE_ENABLED, MODEL_PHASE_QUEUES, rec);
}

static int feed_command(struct model *model, const struct record *rec)
{
	if (rec->stage != NVMETAP_DECODE)
		return 0;
	if ((rec->flags & NVMETAP_SNAPSHOT) == 0) {
		if (rec->event == NVMETAP_EV_ADMIN)
			model->counts.nr_admin[rec->opc]++;
		else
			model->counts.nr_io[rec->opc]++;
	}
	/* What no controller's queues can hold is counted, but not kept. */
	return outstanding_add(model->outstanding, rec) == -ENOMEM ? -ENOMEM : 0;
}

static void feed_completion(struct model *model, const struct record *rec)
{
	if (!outstanding_remove(model->outstanding, rec->sqid, rec->cid))
		model->counts.nr_unmatched++;
	if ((rec->status & RECORD_STATUS_CODE) != 0) {
		model->counts.nr_errors++;
		return;
	}
	if (rec->qkind == NVMETAP_QUEUE_IO)
		advance(model, MODEL_PHASE_QUEUES, MODEL_PHASE_IO, rec);
	else if (rec->opc == NVME_OPC_IDENTIFY && (rec->cdw10 & 0xff) == NVME_CNS_CTRL)
		advance(model, MODEL_PHASE_ENABLED, MODEL_PHASE_IDENTIFIED, rec);
}

static void feed_drop(struct model *model, const struct record *rec)
{
	if (rec->info_len < drop_info_SIZE)
		return;
	model->counts.nr_dropped += drop_info_count_get(rec->info);
	if (drop_info_last_get(rec->info) > model->last_seq)
		model->last_seq = drop_info_last_get(rec->info);
}

/* A long transfer's records share one number; snapshots repeat old ones. */
static void feed_seq(struct model *model, const struct record *rec)
{
	if (rec->seq == 0 || rec->flags & NVMETAP_SNAPSHOT)
		return;
	if (model->last_seq != 0 && rec->seq > model->last_seq + 1)
		model->counts.nr_gaps += rec->seq - model->last_seq - 1;
	if (rec->seq > model->last_seq)
		model->last_seq = rec->seq;
}

int model_feed(struct model *model, const struct record *rec)
{
	struct model_counts *counts = &model->counts;

	counts->nr_records++;
	counts->nr_events[rec->event]++;
	if (counts->first_ns == 0)
		counts->first_ns = rec->time_ns;
	counts->last_ns = rec->time_ns;
	feed_seq(model, rec);
	feed_snapshot(model, rec);
	switch (rec->event) {
	case NVMETAP_EV_REGREAD:
	case NVMETAP_EV_REGWRITE:
		if (model->phase == MODEL_PHASE_NONE)
			enter(model, MODEL_PHASE_PROBED, rec);
		return 0;
	case NVMETAP_EV_CTRL:
		feed_ctrl(model, rec);
		return 0;
	case NVMETAP_EV_QUEUE:
		feed_queue(model, rec);
		return 0;
	case NVMETAP_EV_ADMIN:
	case NVMETAP_EV_IO:
		return feed_command(model, rec);
	case NVMETAP_EV_COMPLETION:
		feed_completion(model, rec);
		return 0;
	case NVMETAP_EV_DROP:
		feed_drop(model, rec);
		return 0;
	default:
		return 0;
	}
}

enum model_phase model_phase(const struct model *model)
{
	return model->phase;
}

const char *model_phase_name(enum model_phase phase)
{
	return phase < MODEL_NR_PHASES ? phase_names[phase] : "unknown";
}

const struct model_counts *model_counts(const struct model *model)
{
	return &model->counts;
}

size_t model_outstanding(const struct model *model, size_t *nr_async)
{
	return outstanding_count(model->outstanding, nr_async);
}
