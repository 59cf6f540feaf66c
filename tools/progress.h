/* SPDX-License-Identifier: BSD-2-Clause */
/* Shows the phases of a boot on standard error as they pass, then the summary. */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

#include <stdbool.h>
#include "spec/record.h"

struct progress;

struct progress *progress_new(void);	/* NULL and errno */
void progress_free(struct progress *progress);

/* One record; ctx is the struct progress.  A tracer's sink. */
void progress_feed(void *ctx, const struct record *rec);

/* After the last record.  Whether the drive was used. */
bool progress_summary(const struct progress *progress);

#endif
