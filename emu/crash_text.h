/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said of a crash, by a signal handler: nothing here waits or allocates. */
#ifndef EMU_CRASH_TEXT_H
#define EMU_CRASH_TEXT_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One line: whose code crashed, where, by which signal, at which address.  word
 * is that of the thread's mark (emu/watch.h), or 0; context is the handler's.
 * Of a thread that has no mark it is found out whose code it was in.
 */
void crash_text(char *buf, size_t len, uint64_t word, int sig, const siginfo_t *info,
		const void *context);

/* To standard error, as the program's own words. */
void crash_text_write(const char *line);

#endif
