/* SPDX-License-Identifier: BSD-2-Clause */
/* What is raised while plug-ins' code runs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "emu/raise.h"

struct raised_log {
	struct raised raised;
	uint64_t cause;
	size_t len;
	char text[];
};

void raise_add(struct taps *taps, struct raised *raised)
{
	raised->next = NULL;
	*taps->raised_end = raised;
	taps->raised_end = &raised->next;
	if (taps->depth == 0 && taps->only == NULL)
		raise_fire(taps);
}

void raise_fire(struct taps *taps)
{
	struct raised *raised;

	while ((raised = taps->raised) != NULL) {
		taps->raised = raised->next;
		if (taps->raised == NULL)
			taps->raised_end = &taps->raised;
		raised->fire(taps, raised);
		free(raised);
	}
}

static void fire_log(struct taps *taps, struct raised *raised)
{
	const struct raised_log *log = (const struct raised_log *)raised;
	struct nvmetap_event ev;

	if (!tap_armed(taps, NVMETAP_TAP_LOG))
		return;
	ev = tap_event(NVMETAP_TAP_LOG);
	ev.cause = log->cause;
	ev.text = log->text;
	ev.text_len = log->len;
	tap_fire(taps, &ev);
}

int taps_queue_log(struct taps *taps, const char *line)
{
	size_t len = strlen(line);
	struct raised_log *log;

	if (taps->event != NULL && taps->event->event == NVMETAP_EV_LOG)
		return -EDEADLK;
	log = malloc(sizeof(*log) + len + 1);
	if (log == NULL)
		return -ENOMEM;
	log->raised.fire = fire_log;
	log->cause = taps->event != NULL ? taps->event->seq : 0;
	log->len = len;
	memcpy(log->text, line, len + 1);
	raise_add(taps, &log->raised);
	return 0;
}
