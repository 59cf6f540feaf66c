/* SPDX-License-Identifier: BSD-2-Clause */
/* Clients that do anything, at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "spec/bytes.h"
#include "tests/fuzz/frame.h"
#include "tests/hostile.h"
#include "tests/open_fds.h"

enum { MESSAGES = 5000 };

uint32_t dice(struct hostile *h, uint32_t sides)
{
	h->seed ^= h->seed << 13;
	h->seed ^= h->seed >> 7;
	h->seed ^= h->seed << 17;
	return (uint32_t)(h->seed >> 11) % sides;
}

void put(struct hostile *h, uint64_t value, size_t len)
{
	bytes_set_le(h->script + h->len, len, value);
	h->len += len;
}

uint64_t any_number(struct hostile *h)
{
	switch (dice(h, 6)) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX - dice(h, 4) * UINT64_C(4095);
	case 2:
		return UINT64_C(1) << dice(h, 64);
	case 3:
		return (uint64_t)dice(h, UINT32_MAX) << 32 | dice(h, UINT32_MAX);
	case 4:
		return (uint64_t)(1 + dice(h, 4)) << 20 | dice(h, 64) << 12;
	default:
		return dice(h, 70);
	}
}

void any_memory(struct hostile *h)
{
	put(h, SCRIPT_MEMORY, 1);
	put(h, dice(h, SCRIPT_SIZE / 8) * 8, 4);
	put(h, 64, 1);
	for (unsigned int i = 0; i < 8; i++)
		put(h, any_number(h), 8);
}

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoull(text, NULL, 0) : otherwise;
}

static void run_one(const struct hostile_client *client, struct hostile *h)
{
	h->len = 0;
	client->first(h);
	while (h->len < HOSTILE_SCRIPT_MAX - HOSTILE_STEP_MAX)
		client->step(h);
	client->run(h->script, h->len);
}

void hostile_run(const struct hostile_client *client)
{
	static struct hostile h;
	uint64_t max = number("NVMETAP_TEST_MESSAGES", MESSAGES);
	unsigned int before;

	h.seed = number("NVMETAP_TEST_SEED", 20261122);
	run_one(client, &h);
	before = nr_open_fds();
	while (client->nr_messages() < max)
		run_one(client, &h);
	assert_int_equal(nr_open_fds(), before);
}
