/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The script's end of the socket: requests, the replies that are awaited, and
 * answers to DMA messages.  Nothing here waits.  A reply that nobody awaits, or
 * one out of order, is an abort.
 */
#ifndef TESTS_FUZZ_WIRE_H
#define TESTS_FUZZ_WIRE_H

#include "emu/vfio_user_proto.h"
#include "tests/fuzz/script.h"

enum { WIRE_MAX_AWAITED = 4096 };

struct wire {
	struct conn conn;
	bool over;		/* our end is closed, or theirs */
	bool raw;		/* what the drive understood is not known any more */
	uint16_t next_id;
	uint16_t awaited[WIRE_MAX_AWAITED];
	unsigned int first, nr_awaited;
	enum script_answer answer;
	uint8_t *memory;	/* SCRIPT_MESSAGES, that DMA messages reach */
	struct script_counts *counts;
};

void wire_close(struct wire *w);
/* The first nr_fds of fds stay the caller's. */
void wire_request(struct wire *w, uint16_t command, uint32_t flags, const void *body, size_t len,
		  const int *fds, unsigned int nr_fds);
void wire_raw(struct wire *w, const void *bytes, size_t len);
/* Takes what is there; false: nothing. */
bool wire_drain(struct wire *w);

#endif
