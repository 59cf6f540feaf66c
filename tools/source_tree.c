/* SPDX-License-Identifier: BSD-2-Clause */
/* The source tree that a program runs from. */
#include "config.h"

#include "tools/source_tree.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_LEN = 4096 };

bool source_tree_path(char *path, size_t size, const char *name)
{
	char self[PATH_LEN], there[2 * PATH_LEN];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int n;

	if (len <= 0)
		return false;
	self[len] = '\0';
	*strrchr(self, '/') = '\0';
	n = snprintf(there, sizeof(there), "%s/../%s", self, name);
	if (n < 0 || (size_t)n >= sizeof(there) || (size_t)n >= size || access(there, F_OK) != 0)
		return false;
	memcpy(path, there, (size_t)n + 1);
	return true;
}
