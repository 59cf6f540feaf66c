/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time that stands still until somebody moves it on.  Programs with
 * still_time.c are linked with --wrap of clock_gettime, poll and ppoll: where
 * the drive would wait it is the script's turn (frame.h), and if nothing comes
 * of it the time that would have been waited is over at once.
 */
#ifndef TESTS_FUZZ_STILL_TIME_H
#define TESTS_FUZZ_STILL_TIME_H

#include <stdint.h>

void still_time_start(void);	/* back to where each run begins */
void still_time_pass(uint64_t ns);

#endif
