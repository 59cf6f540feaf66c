/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs in a guest: times blocks of 4 KiB that are read or written past the page
 * cache, one at a time, and shows percentiles in microseconds.
 *
 *	latency /dev/nvme0n1 read|write COUNT
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 4096 };

static unsigned long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned long)now.tv_sec * 1000000 + (unsigned long)now.tv_nsec / 1000;
}

static int by_number(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a, y = *(const unsigned long *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	unsigned long count = argc == 4 ? strtoul(argv[3], NULL, 0) : 0, begin, *us;
	int reads = count > 0 && strcmp(argv[2], "read") == 0;
	char *block = aligned_alloc(BLOCK, BLOCK);
	ssize_t done;
	int fd;

	if (count == 0 || (!reads && strcmp(argv[2], "write") != 0)) {
		fprintf(stderr, "usage: latency DISK read|write COUNT\n");
		return 2;
	}
	us = calloc(count, sizeof(*us));
	fd = open(argv[1], O_RDWR | O_DIRECT);
	if (us == NULL || block == NULL || fd < 0) {
		perror(argv[1]);
		return 1;
	}
	memset(block, 'x', BLOCK);
	for (unsigned long i = 0; i < count; i++) {
		off_t at = (off_t)(i % 1024) * BLOCK;

		begin = now_us();
		done = reads ? pread(fd, block, BLOCK, at) : pwrite(fd, block, BLOCK, at);
		us[i] = now_us() - begin;
		if (done != BLOCK) {
			perror(argv[1]);
			return 1;
		}
	}
	qsort(us, count, sizeof(*us), by_number);
	printf("%lu %ss: min %lu, p10 %lu, p50 %lu, p90 %lu, p99 %lu, max %lu us\n", count, argv[2],
	       us[0], us[count / 10], us[count / 2], us[count * 9 / 10], us[count * 99 / 100],
	       us[count - 1]);
	return 0;
}
