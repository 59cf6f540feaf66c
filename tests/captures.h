/* SPDX-License-Identifier: BSD-2-Clause */
/* The records of test captures, after put_section and put_interface. */
#ifndef TESTS_CAPTURES_H
#define TESTS_CAPTURES_H

#include "tests/put_record.h"

/* Records of every event, and of every structure that the table has. */
void capture_every(struct maker *m);
/* 35 records, the beginning of a boot: one or more of most events. */
void capture_sample(struct maker *m);
/* 46 records: commands with their doorbells, data, completions and interrupts,
 * then all that a dissector should find odd. */
void capture_threads(struct maker *m);
/* What is odd, one thing a frame, and beside it what is not. */
void capture_odd(struct maker *m);

#endif
