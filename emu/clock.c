/* SPDX-License-Identifier: BSD-2-Clause */
/* Ticks and wall clock time. */
#include <config.h>

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#ifdef __x86_64__
#include <cpuid.h>
#include <x86intrin.h>
#endif
#include "emu/clock.h"
#include "emu/cycles.h"
#include "emu/export.h"
#include "emu/plugin.h"

enum counter { COUNTER_UNKNOWN, COUNTER_NONE, COUNTER_GOOD };

/* Wall clock minus monotonic clock, ns; 0: not taken yet. */
static _Atomic uint64_t offset_ns;
static _Atomic enum counter counter;
static _Thread_local struct cycles cycles;

static uint64_t clock_read(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

#ifdef __x86_64__
static uint64_t counter_read(void)
{
	return __rdtsc();
}

/* Whether the counter's rate never changes. */
static bool counter_invariant(void)
{
	unsigned int eax, ebx, ecx, edx;

	return __get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) != 0 && (edx & 1u << 8) != 0;
}
#else
static uint64_t counter_read(void)
{
	return 0;
}

static bool counter_invariant(void)
{
	return false;
}
#endif

/* Whether the kernel, which has watched the counter, takes its own time from it. */
static bool counter_trusted(void)
{
	FILE *f = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "re");
	char line[8] = "";

	if (f == NULL)
		return false;
	if (fgets(line, sizeof(line), f) == NULL)
		line[0] = '\0';
	fclose(f);
	return strcmp(line, "tsc\n") == 0;
}

static bool counter_good(void)
{
	enum counter known = atomic_load_explicit(&counter, memory_order_relaxed);

	if (known == COUNTER_UNKNOWN) {
		known = counter_invariant() && counter_trusted() ? COUNTER_GOOD : COUNTER_NONE;
		atomic_store_explicit(&counter, known, memory_order_relaxed);
	}
	return known == COUNTER_GOOD;
}

void clock_start(void)
{
	uint64_t none = 0;
	uint64_t offset = clock_read(CLOCK_REALTIME) - clock_read(CLOCK_MONOTONIC);

	(void)counter_good();
	atomic_compare_exchange_strong_explicit(&offset_ns, &none, offset, memory_order_relaxed,
						memory_order_relaxed);
}

static uint64_t clock_look(void)
{
	uint64_t before, now_ns;

	if (!counter_good())
		return cycles_clock(&cycles, clock_read(CLOCK_MONOTONIC));
	before = counter_read();
	now_ns = clock_read(CLOCK_MONOTONIC);
	return cycles_look(&cycles, before, now_ns, counter_read());
}

NVMETAP_EXPORT uint64_t nvmetap_ticks(void)
{
	uint64_t ns;

	return cycles_convert(&cycles, counter_read(), &ns) ? ns : clock_look();
}

NVMETAP_EXPORT uint64_t nvmetap_ns(uint64_t ticks)
{
	if (atomic_load_explicit(&offset_ns, memory_order_relaxed) == 0)
		clock_start();
	return ticks + atomic_load_explicit(&offset_ns, memory_order_relaxed);
}
