/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzz target: the whole drive, and a client that does what the bytes say. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	script_run(data, len);
	return 0;
}
