/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file or files that a live capture goes to.  Each begins with the section
 * and the interface and ends with statistics of what is in it.
 */
#ifndef TOOLS_CAPTURE_FILES_H
#define TOOLS_CAPTURE_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include "tools/stream.h"

struct outfile;

struct capture_files {
	const char *path;	/* as given: "-", or with many a pattern for their names */
	bool many;		/* the path gets a number and a time */
	unsigned int nr_keep;	/* 0: all; otherwise the oldest is removed */
	int zstd_level;
	bool quiet;

	int said;		/* the error that has been told */
	char *name;		/* of the present one */
	char **kept;		/* nr_keep names, the one of file n at n % nr_keep */
	unsigned int nr;	/* files so far */
	struct outfile *out;	/* NULL: none is open */
	uint8_t *head;		/* section and interface */
	size_t head_len;
	uint64_t nr_records, nr_dropped, first_ns, last_ns;	/* in the present file */
	uint64_t opened_ns;	/* CLOCK_MONOTONIC */
	uint64_t all_records, all_dropped, all_bytes;
};

/* Opens the first file.  0, or -errno with the reason said. */
int capture_files_open(struct capture_files *files);
/* Takes a block: section and interface are kept for the next file, too.  0 or the
 * error of writing, which has been said. */
int capture_files_put(struct capture_files *files, const struct stream_block *block);
int capture_files_flush(struct capture_files *files);
/* The next file. */
int capture_files_next(struct capture_files *files);
/* Ends the last one and says how much there is.  Frees all but files itself. */
int capture_files_close(struct capture_files *files);
uint64_t capture_files_bytes(const struct capture_files *files);	/* of the present one */

#endif
