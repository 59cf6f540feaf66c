/* SPDX-License-Identifier: BSD-2-Clause */
/* Ticks and wall clock time. */
#include <config.h>

#include <stdatomic.h>
#include <time.h>
#include "emu/clock.h"
#include "emu/export.h"
#include "emu/plugin.h"

/* Wall clock minus monotonic clock, ns; 0: not taken yet. */
static _Atomic uint64_t offset_ns;

static uint64_t clock_read(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void clock_start(void)
{
	uint64_t none = 0;
	uint64_t offset = clock_read(CLOCK_REALTIME) - clock_read(CLOCK_MONOTONIC);

	atomic_compare_exchange_strong_explicit(&offset_ns, &none, offset, memory_order_relaxed,
						memory_order_relaxed);
}

NVMETAP_EXPORT uint64_t nvmetap_ticks(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

NVMETAP_EXPORT uint64_t nvmetap_ns(uint64_t ticks)
{
	if (atomic_load_explicit(&offset_ns, memory_order_relaxed) == 0)
		clock_start();
	return ticks + atomic_load_explicit(&offset_ns, memory_order_relaxed);
}
