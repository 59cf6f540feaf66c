/* SPDX-License-Identifier: BSD-2-Clause */
/* How many descriptors this process has open; one of them counts them. */
#ifndef TESTS_OPEN_FDS_H
#define TESTS_OPEN_FDS_H

#include <dirent.h>
#include <stdlib.h>

static inline unsigned int nr_open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int nr = 0;

	if (dir == NULL)
		abort();
	while (readdir(dir) != NULL)
		nr++;
	closedir(dir);
	return nr;
}

#endif
