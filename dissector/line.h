/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One record as one line of text:
 *
 *   [ 589] 1556804537:200926382 00:06.0 ADM SQ=0 CID=0000 OPC=Identify NSID=0 …
 *
 * index, seconds and nanoseconds, PCI function, event.  The index is the
 * record's sequence number; records that the tracer made (drops, clock steps)
 * have none and show "-".  What the guest or a user wrote is escaped, so a
 * line has no control characters.  May be called from any thread.
 */
#ifndef DISSECTOR_LINE_H
#define DISSECTOR_LINE_H

#include "dissector/text.h"
#include "spec/record.h"

/* Appends the line, without a newline. */
void line_record(struct text *text, const struct record *rec);

#endif
