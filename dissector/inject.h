/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an injection record says: who, and which fields differ.  Records are
 * hostile: lengths that do not fit the payload leave out what is not there.
 * Everything here may be called from any thread.
 */
#ifndef DISSECTOR_INJECT_H
#define DISSECTOR_INJECT_H

#include <stdbool.h>
#include "dissector/text.h"
#include "spec/record.h"

struct inject {
	const uint8_t *who, *was, *now;
	uint32_t who_len;
	uint32_t was_len, now_len;	/* the same, unless the record was cut */
	uint8_t event, parts;
};

/* The parts of the payload.  false: the info is too short to say. */
bool inject_parse(const struct record *rec, struct inject *inject);

/* Calls fn with "nvme.cmd.nsid: 0x00000001 -> 0x00000002" for each field that
 * differs, a bit of the record at most once.  0, or what fn answered. */
typedef int inject_change_fn(void *ctx, const char *change, size_t len);
int inject_changes(const struct record *rec, const struct inject *inject, inject_change_fn *fn,
		   void *ctx);

/* What a line says of it after its protocol.  The info is long enough. */
void inject_line(struct text *text, const struct record *rec);

#endif
