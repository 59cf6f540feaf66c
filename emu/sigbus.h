/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copies to and from a shared mapping whose file someone else may shrink: the
 * SIGBUS becomes an error.  How: see emu/guestmem.h.  Any thread.
 */
#ifndef EMU_SIGBUS_H
#define EMU_SIGBUS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

int sigbus_init(void);	/* installs the handler, once.  0 or -errno */

/* For a handler of SIGBUS that was installed after this one's: does not come
 * back if the fault belongs to a copy. */
void sigbus_take(const siginfo_t *info);

/* Copies len bytes from mem to buf, or with write from buf to mem.  0, or
 * -EFAULT: mem is not there (any longer); part may have been copied.
 * 2, 4 or 8 bytes where mem is aligned to them are moved at once, so that who
 * changes them meanwhile is seen before or after it, never in between. */
int sigbus_copy(void *mem, void *buf, size_t len, bool write);

#endif
