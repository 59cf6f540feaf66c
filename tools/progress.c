/* SPDX-License-Identifier: BSD-2-Clause */
/* The phases of a boot and its summary, from the model. */
#include "config.h"

#include "tools/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "dissector/model.h"
#include "dissector/table.h"

struct progress {
	struct model *model;
	uint64_t nr_shown;	/* records up to the last phase shown */
};

static double seconds(const struct progress *progress, uint64_t time_ns)
{
	return (double)(time_ns - model_counts(progress->model)->first_ns) / 1e9;
}

static void show_phase(void *ctx, enum model_phase phase, const struct record *rec)
{
	struct progress *progress = ctx;
	const struct model_counts *counts = model_counts(progress->model);

	fprintf(stderr, "%9.3f s  %-16s%8" PRIu64 " events\n", seconds(progress, rec->time_ns),
		model_phase_name(phase), counts->nr_records - progress->nr_shown);
	progress->nr_shown = counts->nr_records;
}

struct progress *progress_new(void)
{
	struct progress *progress = calloc(1, sizeof(*progress));

	if (progress == NULL)
		return NULL;
	progress->model = model_new();
	if (progress->model == NULL) {
		free(progress);
		return NULL;
	}
	model_on_phase(progress->model, show_phase, progress);
	return progress;
}

void progress_free(struct progress *progress)
{
	if (progress == NULL)
		return;
	model_free(progress->model);
	free(progress);
}

void progress_feed(void *ctx, const struct record *rec)
{
	struct progress *progress = ctx;

	/* Out of memory only makes the summary poorer; the capture goes on. */
	(void)model_feed(progress->model, rec);
}

static void show_opcodes(const char *queue, const uint64_t *counts, uint8_t qkind)
{
	const struct table_command *command;
	uint64_t total = 0;

	for (unsigned int opc = 0; opc < 256; opc++)
		total += counts[opc];
	fprintf(stderr, "%-10s%8" PRIu64 " commands", queue, total);
	for (unsigned int opc = 0; opc < 256; opc++) {
		if (counts[opc] == 0)
			continue;
		command = table_command(qkind, (uint8_t)opc);
		fprintf(stderr, ", %" PRIu64 " %s", counts[opc],
			command != NULL ? command->name : "vendor specific");
	}
	fputc('\n', stderr);
}

static bool was_used(const struct model_counts *counts)
{
	return counts->nr_events[NVMETAP_EV_REGREAD] != 0 ||
	       counts->nr_events[NVMETAP_EV_REGWRITE] != 0 ||
	       counts->nr_events[NVMETAP_EV_DOORBELL] != 0 ||
	       counts->nr_events[NVMETAP_EV_ADMIN] != 0 || counts->nr_events[NVMETAP_EV_IO] != 0;
}

bool progress_summary(const struct progress *progress)
{
	const struct model_counts *counts = model_counts(progress->model);
	size_t nr_async;
	size_t nr_open = model_outstanding(progress->model, &nr_async);

	if (!was_used(counts)) {
		fprintf(stderr, "no use of the drive was seen\n");
		return false;
	}
	fprintf(stderr, "%9.3f s  end\n\n", seconds(progress, counts->last_ns));
	show_opcodes("admin", counts->nr_admin, NVMETAP_QUEUE_ADMIN);
	show_opcodes("I/O", counts->nr_io, NVMETAP_QUEUE_IO);
	fprintf(stderr, "%-10s%8" PRIu64 " with an error status, %" PRIu64
		" given up by resets and queue deletions, %zu open at the end",
		"of these", counts->nr_errors, counts->nr_lost, nr_open);
	if (nr_async != 0)
		fprintf(stderr, " (%zu of them Asynchronous Event Requests)", nr_async);
	fprintf(stderr, "\n%-10s%8" PRIu64 "\n", "interrupts",
		counts->nr_events[NVMETAP_EV_INTERRUPT]);
	/* Drop records cover all that was lost. */
	if (counts->nr_gaps != 0)
		fprintf(stderr, "%-10s%8" PRIu64 " events that a plug-in asked for, or that were"
			" not to be captured\n", "not kept", counts->nr_gaps);
	if (counts->nr_unmatched != 0)
		fprintf(stderr, "%-10s%8" PRIu64 " completions whose command was ended before its"
			" decode, or dropped\n", "unmatched", counts->nr_unmatched);
	if (counts->nr_dropped != 0)
		fprintf(stderr, "not whole: %" PRIu64 " events dropped\n", counts->nr_dropped);
	return true;
}
