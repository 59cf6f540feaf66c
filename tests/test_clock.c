/* SPDX-License-Identifier: BSD-2-Clause */
/* Ticks: the clock's time, by the cycle counter only where the kernel trusts it. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "emu/clock.h"
#include "emu/plugin.h"

enum { MS = 1000000, TOLERANCE_NS = MS };

static char clocksource[] = "hpet\n";
static unsigned int nr_files, nr_looks;

FILE *__wrap_fopen(const char *path, const char *mode);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int __real_clock_gettime(clockid_t id, struct timespec *ts);

FILE *__wrap_fopen(const char *path, const char *mode)
{
	(void)path;
	(void)mode;
	nr_files++;
	return fmemopen(clocksource, strlen(clocksource), "r");
}

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	nr_looks++;
	return __real_clock_gettime(id, ts);
}

static uint64_t real_ns(void)
{
	struct timespec ts;

	__real_clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Ticks for so long, which go on with the clock; how many. */
static unsigned int take_ticks(uint64_t for_ns)
{
	uint64_t end_ns = real_ns() + for_ns, last = 0;
	unsigned int nr = 0;

	while (real_ns() < end_ns) {
		uint64_t before = real_ns(), ticks = nvmetap_ticks(), after = real_ns();

		assert_true(ticks + TOLERANCE_NS >= before && ticks <= after + TOLERANCE_NS);
		assert_true(ticks >= last);
		last = ticks;
		nr++;
	}
	return nr;
}

static void test_another_clocksource_than_the_counter_is_always_asked(void **state)
{
	unsigned int nr;

	(void)state;
	clock_start();
	nr_looks = 0;
	nr = take_ticks(20 * MS);
	assert_int_equal(nr_looks, nr);
	assert_in_range(nr_files, 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_another_clocksource_than_the_counter_is_always_asked),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
