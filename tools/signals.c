/* SPDX-License-Identifier: BSD-2-Clause */
/* The signals by which a user ends serve and boot. */
#include "config.h"

#include "tools/signals.h"

#include <stdbool.h>
#include <stddef.h>

static bool is_ignored(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* A shell ignores SIGINT for what it starts in the background, where a user
 * may nevertheless mean it. */
void signals_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	if (!is_ignored(SIGHUP))
		sigaddset(set, SIGHUP);
}

static void handle(void (*fn)(int number), int flags)
{
	struct sigaction action = { .sa_handler = fn, .sa_flags = flags };
	sigset_t set;

	signals_set(&set);
	sigemptyset(&action.sa_mask);
	for (int number = 1; number < NSIG; number++)
		if (sigismember(&set, number) == 1)
			sigaction(number, &action, NULL);
}

void signals_catch(void (*fn)(int number))
{
	handle(fn, SA_RESETHAND);
}

void signals_release(void)
{
	sigset_t set;

	signals_set(&set);
	handle(SIG_DFL, 0);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}
