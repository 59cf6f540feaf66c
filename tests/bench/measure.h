/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the programs of make bench share: clocks, counts, and lines of
 * "key<TAB>value" on standard output, of which tests/bench/bench makes a table.
 */
#ifndef TESTS_BENCH_MEASURE_H
#define TESTS_BENCH_MEASURE_H

#include <stdint.h>
#include <sys/resource.h>

/* What the compiler must not move or merge over. */
#define BENCH_BARRIER() __asm__ volatile("" ::: "memory")
#define BENCH_4(what) what what what what
#define BENCH_16(what) BENCH_4(BENCH_4(what))

double bench_cpu_ns(void);		/* of this thread */
double bench_process_cpu_ns(void);	/* of all threads, those that have ended too */
double bench_wall_ns(void);
double bench_rusage_cpu_ns(const struct rusage *used);

void bench_say(const char *key, double value);
/* Says what failed, with errno, and ends the program. */
void bench_die(const char *what) __attribute__((noreturn));
/* A number of at least 1 from the command line, or an end with a word. */
unsigned int bench_number(const char *text);
/* folder/name, valid for the next eight calls. */
const char *bench_path(const char *folder, const char *name);

/* The value that per_mille of a thousand are below; sorts. */
double bench_quantile(double *values, unsigned int nr, unsigned int per_mille);

#endif
