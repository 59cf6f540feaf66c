/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The descriptors that the script's client hands to the drive: memory files of
 * SCRIPT_SIZE bytes, an eventfd, and what is neither.  Opened once in a process.
 */
#ifndef TESTS_FUZZ_GUEST_FILES_H
#define TESTS_FUZZ_GUEST_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct guest_files {
	int memory, read_only, event, null, pipe[2];
	size_t memory_len;	/* bytes that the memory file has now */
	uint8_t *mem, *mem_read_only;	/* the guest's view of both */
};

/* As each run begins.  The first time, files is zeroed. */
void guest_files_reset(struct guest_files *files);
void guest_files_resize(struct guest_files *files, size_t len);
/* Writes to the memory file; what lies beyond its end is lost. */
void guest_files_put(struct guest_files *files, uint64_t off, const void *from, size_t len);
/* Nobody has written to the read-only file. */
bool guest_files_intact(const struct guest_files *files);

#endif
