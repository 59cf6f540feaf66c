/* SPDX-License-Identifier: BSD-2-Clause */
/* The folder where a user's running drives are found. */
#include "config.h"

#include "tools/runtime.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/control_client.h"

/* What snprintf to a path answered, as 0 or -errno. */
static int fits(int len)
{
	return len > 0 && len < RUNTIME_PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* Under sudo it may be another user's. */
static bool is_ours(const char *path)
{
	struct stat st;

	return path != NULL && path[0] == '/' && stat(path, &st) == 0 && st.st_uid == geteuid();
}

static int folder(char path[RUNTIME_PATH_MAX])
{
	const char *own = getenv("NVMETAP_RUNTIME_DIR"), *base = getenv("XDG_RUNTIME_DIR");

	if (own != NULL && own[0] != '\0')
		return fits(snprintf(path, RUNTIME_PATH_MAX, "%s", own));
	if (is_ours(base))
		return fits(snprintf(path, RUNTIME_PATH_MAX, "%s/nvmetap", base));
	return fits(snprintf(path, RUNTIME_PATH_MAX, "/tmp/nvmetap-%lu",
			     (unsigned long)geteuid()));
}

/* A folder in /tmp may have been somebody else's idea. */
static int folder_check(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	return st.st_uid == geteuid() && (st.st_mode & 022) == 0 ? 0 : -EPERM;
}

int runtime_own(char path[RUNTIME_PATH_MAX], bool make)
{
	char dir[RUNTIME_PATH_MAX];
	int rc = folder(dir);

	if (rc == 0 && make && mkdir(dir, 0700) != 0 && errno != EEXIST)
		rc = -errno;
	if (rc == 0)
		rc = folder_check(dir);
	if (rc == 0)
		rc = fits(snprintf(path, RUNTIME_PATH_MAX, "%s/%ld.sock", dir, (long)getpid()));
	return rc;
}

void runtime_unlink(void)
{
	char own[RUNTIME_PATH_MAX];

	if (runtime_own(own, false) == 0)
		unlink(own);
}

int runtime_link(const char *path)
{
	char own[RUNTIME_PATH_MAX], *real;
	int rc = runtime_own(own, true);

	if (rc != 0)
		return rc;
	real = realpath(path, NULL);
	if (real == NULL)
		return -errno;
	runtime_unlink();
	rc = symlink(real, own) == 0 ? 0 : -errno;
	free(real);
	return rc;
}

/* "123.sock" is 123; everything else is nobody's: 0. */
static pid_t name_pid(const char *name)
{
	char *end;
	unsigned long pid = strtoul(name, &end, 10);

	return name[0] >= '1' && name[0] <= '9' && pid < INT32_MAX && strcmp(end, ".sock") == 0 ?
	       (pid_t)pid : 0;
}

static int is_drive(const struct dirent *entry)
{
	return name_pid(entry->d_name) != 0;
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	pid_t left = name_pid((*a)->d_name), right = name_pid((*b)->d_name);

	return (left > right) - (left < right);
}

static int visit(const char *dir, const char *name,
		 int (*fn)(void *ctx, int fd, pid_t pid, const char *path), void *ctx)
{
	char path[2 * RUNTIME_PATH_MAX];
	pid_t pid = name_pid(name);
	int fd;

	snprintf(path, sizeof(path), "%.107s/%.64s", dir, name);
	fd = control_client_connect(path);
	if (fd >= 0)
		return fn(ctx, fd, pid, path);
	if ((fd == -ECONNREFUSED || fd == -ENOENT) && kill(pid, 0) != 0 && errno == ESRCH)
		unlink(path);
	return 0;
}

int runtime_each(int (*fn)(void *ctx, int fd, pid_t pid, const char *path), void *ctx)
{
	char dir[RUNTIME_PATH_MAX];
	struct dirent **entries;
	int nr, sum = 0;

	if (folder(dir) != 0 || folder_check(dir) != 0)
		return 0;
	nr = scandir(dir, &entries, is_drive, by_number);
	for (int i = 0; i < nr; i++) {
		sum += visit(dir, entries[i]->d_name, fn, ctx);
		free(entries[i]);
	}
	if (nr >= 0)
		free(entries);
	return sum;
}
