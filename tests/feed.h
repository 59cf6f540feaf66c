/* SPDX-License-Identifier: BSD-2-Clause */
/* The producing end of a tracer with its ring, for CMocka tests that consume what is pushed. */
#ifndef TESTS_FEED_H
#define TESTS_FEED_H

#include <stddef.h>
#include <stdint.h>
#include "spec/record.h"
#include "tests/fake_drive.h"
#include "tracer/event.h"

/* That keeps all data; the fake drive is reset.  The ring is the caller's to free. */
struct event_feed feed_new(size_t ring_size);
/* The next entry of the ring, as a record in the RECORD_LEN_MAX bytes at bytes.
 * Its length, 0 if there is none. */
size_t feed_next(struct event_feed *feed, uint8_t *bytes, struct record *rec);
/* A log line of so many zeroes. */
struct nvmetap_event feed_text(uint64_t seq, size_t len);

#endif
