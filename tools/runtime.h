/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The folder where a user's running drives are found, each by its control
 * socket PID.sock, or a symbolic link of that name to where it is:
 * $NVMETAP_RUNTIME_DIR, or nvmetap in $XDG_RUNTIME_DIR if that is the user's,
 * or else /tmp/nvmetap-UID.  It is its owner's only (mode 0700).  Any thread.
 */
#ifndef TOOLS_RUNTIME_H
#define TOOLS_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { RUNTIME_PATH_MAX = 108 };	/* the name of a socket */

/* The path of this program's own entry; with make the folder is made if there
 * is none.  0, or -errno: -EPERM if somebody else may change the folder. */
int runtime_own(char path[RUNTIME_PATH_MAX], bool make);

/* Has this program found by the socket at path: makes its entry a link there.
 * 0 or -errno. */
int runtime_link(const char *path);
/* Removes this program's entry, whatever it is: its own, or that of somebody who had
 * its number before and was killed. */
void runtime_unlink(void);

/*
 * Calls fn for each drive that listens, with a connection that becomes fn's,
 * in the order of their numbers; the entries of those that are gone are
 * removed.  The sum of what fn answers; 0 if there is no folder.
 */
int runtime_each(int (*fn)(void *ctx, int fd, pid_t pid, const char *path), void *ctx);

#endif
