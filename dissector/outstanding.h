/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands that have been seen and not yet completed, by submission queue and
 * command identifier.
 */
#ifndef DISSECTOR_OUTSTANDING_H
#define DISSECTOR_OUTSTANDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "spec/record.h"

struct outstanding;

struct outstanding *outstanding_new(void);	/* NULL and errno */
void outstanding_free(struct outstanding *set);

/*
 * A command that has the identifiers of one that is still there takes its
 * place.  0, -ENOMEM, or -E2BIG: more than any controller's queues can hold;
 * the command is not kept.
 */
int outstanding_add(struct outstanding *set, const struct record *rec);
bool outstanding_remove(struct outstanding *set, uint16_t sqid, uint16_t cid);

/* Forget all of them, or those of one queue; return how many there were. */
size_t outstanding_clear(struct outstanding *set);
size_t outstanding_clear_queue(struct outstanding *set, uint16_t sqid);

/* How many, and how many of these are Asynchronous Event Requests (may be NULL). */
size_t outstanding_count(const struct outstanding *set, size_t *nr_async);

#endif
