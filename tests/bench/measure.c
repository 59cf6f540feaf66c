/* SPDX-License-Identifier: BSD-2-Clause */
/* What the programs of make bench share. */
#include "config.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "tests/bench/measure.h"

static double clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

double bench_cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

double bench_process_cpu_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

double bench_wall_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static double time_ns(struct timeval time)
{
	return (double)time.tv_sec * 1e9 + (double)time.tv_usec * 1e3;
}

double bench_rusage_cpu_ns(const struct rusage *used)
{
	return time_ns(used->ru_utime) + time_ns(used->ru_stime);
}

void bench_say(const char *key, double value)
{
	printf("%s\t%.4f\n", key, value);
}

void bench_die(const char *what)
{
	perror(what);
	exit(1);
}

unsigned int bench_number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end == '\0' && value > 0 && value <= INT_MAX)
		return (unsigned int)value;
	fprintf(stderr, "%s: no number of at least 1\n", text);
	exit(2);
}

const char *bench_path(const char *folder, const char *name)
{
	static char paths[8][PATH_MAX];
	static unsigned int next;
	char *path = paths[next++ % 8];

	snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return path;
}

static int order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_quantile(double *values, unsigned int nr, unsigned int per_mille)
{
	qsort(values, nr, sizeof(*values), order);
	return values[(uint64_t)nr * per_mille / 1000];
}
