/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clients that do anything: scripts of tests/fuzz/frame.h made at random.
 * NVMETAP_TEST_MESSAGES says how many messages, NVMETAP_TEST_SEED begins
 * elsewhere.
 */
#ifndef TESTS_HOSTILE_H
#define TESTS_HOSTILE_H

#include <stddef.h>
#include <stdint.h>

enum { HOSTILE_SCRIPT_MAX = 16384, HOSTILE_STEP_MAX = 512 };

struct hostile {
	uint64_t seed;
	uint8_t script[HOSTILE_SCRIPT_MAX];
	size_t len;
};

/* From 0 to sides - 1. */
uint32_t dice(struct hostile *h, uint32_t sides);
/* Little-endian, at the end of the script. */
void put(struct hostile *h, uint64_t value, size_t len);
/* One that may matter: nothing, very much, a single bit, an address. */
uint64_t any_number(struct hostile *h);
/* A step that writes some of these into the guest's memory. */
void any_memory(struct hostile *h);

/*
 * Runs scripts until there were that many messages, and sees that no descriptor
 * is left of them.  first puts the first byte, step one step of at most
 * HOSTILE_STEP_MAX bytes; nr_messages counts from the first run.
 */
struct hostile_client {
	void (*first)(struct hostile *h);
	void (*step)(struct hostile *h);
	void (*run)(const uint8_t *script, size_t len);
	uint64_t (*nr_messages)(void);
};

void hostile_run(const struct hostile_client *client);

#endif
