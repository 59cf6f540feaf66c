/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What scripts have in common: a guest on the drive's own thread that does what
 * a string of bytes says, one step each time the drive has nothing more to do.
 * So the same bytes make the same thing happen, at once and without waiting.
 *
 * The first byte says what a well-behaved guest has done before.  Then steps: a
 * byte whose low four bits say which, and its operands, integers little-endian;
 * what is missing at the end is zero.
 */
#ifndef TESTS_FUZZ_FRAME_H
#define TESTS_FUZZ_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "emu/drive.h"
#include "tests/fuzz/guest_files.h"

/* The guest's memory file, whatever the transport. */
enum {
	SCRIPT_BASE = 1 << 20,		/* its address */
	SCRIPT_SIZE = 256 << 10,	/* bytes */
};

enum {
	/* command, flags, descriptors (low 5 bits: how many; high: of what),
	 * length in 2 bytes, body */
	SCRIPT_MESSAGE,
	SCRIPT_MEMORY,		/* offset in 4 bytes, length in 1, bytes, for SCRIPT_BASE */
	SCRIPT_RAW,		/* length in 2 bytes, bytes to the socket */
	SCRIPT_SHRINK,		/* pages that the memory file has from now on */
	SCRIPT_TIME,		/* ms in 2 bytes go by; an answer that is awaited does not come */
	SCRIPT_NR_COMMON,	/* the others are the transport's */
	SCRIPT_MAX_STEPS = 16,
	SCRIPT_NR_KINDS = 8,	/* of descriptors */
};

struct frame {
	struct guest_files files;
	uint8_t has;			/* the first byte */
	int kinds[SCRIPT_NR_KINDS];	/* the descriptors that a message carries */
	const uint8_t *at;
	size_t left;
};

extern struct frame frame;

/* A transport's half. */
struct frame_way {
	/* The guest's end of the socket is the way's; does what the first byte
	 * says, and fills in kinds. */
	void (*begin)(int fd);
	bool (*is_over)(void);		/* one end is closed */
	void (*hang_up)(void);
	void (*message)(uint16_t command, uint32_t flags, const void *body, size_t len,
			const int *fds, unsigned int nr_fds);
	void (*raw)(const void *bytes, size_t len);
	/* Takes what the drive has sent; false: there was nothing. */
	bool (*drain)(void);
	void (*steps[SCRIPT_MAX_STEPS])(void);	/* from SCRIPT_NR_COMMON on */
};

/* The next operands. */
void frame_take_bytes(void *to, size_t len);
uint64_t frame_take(size_t len);

/*
 * Runs a whole drive, from its making to its end, with observer.h's observer:
 * served is the member of config that becomes its end of the socket, the other
 * one is the way's to close when it is over.
 */
void frame_run(const struct frame_way *way, struct drive_config *config, int *served,
	       const uint8_t *script, size_t len);

/* For still_time.c: the client's turn, because the drive waits for it.  False:
 * the script wants time to go by. */
bool frame_turn(void);
bool frame_drain(void);

#endif
