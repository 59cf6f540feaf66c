/* SPDX-License-Identifier: BSD-2-Clause */
/* Standard output with a buffer of our own: for a million lines a second. */
#ifndef TOOLS_OUTPUT_H
#define TOOLS_OUTPUT_H

#include "dissector/text.h"

struct output {
	struct text text;	/* append here */
	int error;		/* the first errno of writing: what follows is lost */
	char buf[65536];
};

void output_init(struct output *output);
/* Writes what is in the buffer. */
void output_flush(struct output *output);
/* Flushes and says what went wrong, if it is not just a reader that has seen
 * enough (EPIPE).  EXIT_DONE or EXIT_FAILED. */
int output_finish(struct output *output);

#endif
