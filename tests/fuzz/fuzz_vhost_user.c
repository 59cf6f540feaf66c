/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzz target: the whole drive, and a vhost-user client that does what the bytes say. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/vhost_script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	vhost_script_run(data, len);
	return 0;
}
