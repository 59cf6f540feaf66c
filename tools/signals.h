/* SPDX-License-Identifier: BSD-2-Clause */
/* The signals by which a user ends serve and boot: SIGINT, SIGTERM, SIGHUP. */
#ifndef TOOLS_SIGNALS_H
#define TOOLS_SIGNALS_H

#include <signal.h>

/*
 * fn is called when the first of each comes, and interrupts a system call; the
 * second of it ends the program at once, so that nothing can keep the user
 * waiting.  A SIGHUP that is ignored, as under nohup, stays ignored.
 */
void signals_catch(void (*fn)(int number));

/* Those of them that are caught. */
void signals_set(sigset_t *set);

/* Back to what they do to any program, no longer blocked. */
void signals_release(void);

#endif
