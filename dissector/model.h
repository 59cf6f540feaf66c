/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The model: what a drive and its driver were doing, rebuilt from records, one
 * controller at a time.  Memory is bounded by the queues: outstanding commands
 * are kept, completed ones are counted.
 */
#ifndef DISSECTOR_MODEL_H
#define DISSECTOR_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "spec/record.h"

struct model;

/* Phases of a boot, as a driver makes them happen. */
enum model_phase {
	MODEL_PHASE_NONE,
	MODEL_PHASE_PROBED,	/* first register access */
	MODEL_PHASE_RESET,	/* disabled, by whatever */
	MODEL_PHASE_ENABLED,	/* CC.EN set and ready */
	MODEL_PHASE_IDENTIFIED,	/* Identify Controller completed */
	MODEL_PHASE_QUEUES,	/* the first I/O submission queue was created */
	MODEL_PHASE_IO,		/* the first I/O command completed */
	MODEL_PHASE_SHUTDOWN,	/* shutdown complete */
	MODEL_PHASE_FATAL,	/* CSTS.CFS */
	MODEL_NR_PHASES
};

struct model_counts {
	uint64_t nr_records, nr_events[256];	/* by NVMETAP_EV_* */
	uint64_t nr_admin[256], nr_io[256];	/* commands by opcode */
	uint64_t nr_errors;		/* completions with a status */
	uint64_t nr_lost;		/* commands given up by resets and queue deletions */
	uint64_t nr_unmatched;		/* completions whose command was not seen */
	uint64_t nr_dropped;		/* events that drop records speak of */
	uint64_t nr_gaps;		/* missing sequence numbers not covered by them */
	uint64_t first_ns, last_ns;
};

struct model *model_new(void);
void model_free(struct model *model);

/* Called from model_feed when a phase is entered (each time: a reset starts
 * over). */
typedef void model_phase_fn(void *ctx, enum model_phase phase, const struct record *rec);
void model_on_phase(struct model *model, model_phase_fn *fn, void *ctx);

/* Records in the order of the file.  -ENOMEM */
int model_feed(struct model *model, const struct record *rec);

enum model_phase model_phase(const struct model *model);
const char *model_phase_name(enum model_phase phase);
const struct model_counts *model_counts(const struct model *model);
/* Commands without a completion now; of these, Asynchronous Event Requests. */
size_t model_outstanding(const struct model *model, size_t *nr_async);

#endif
