/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every fuzz target is: one function over bytes that anyone may have
 * made.  With --enable-fuzzing libFuzzer calls it; otherwise replay.c does, with
 * each file of the target's corpus.  What must not happen ends the program by
 * abort.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Always 0.  The same bytes do the same thing, whatever came before. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif
