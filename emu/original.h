/* SPDX-License-Identifier: BSD-2-Clause */
/* An event as it was before modifiers, with what it points to. */
#ifndef EMU_ORIGINAL_H
#define EMU_ORIGINAL_H

#include <string.h>
#include "emu/tap.h"

struct original {
	struct nvmetap_event ev;
	struct nvme_command cmd;
	struct nvme_completion cpl;
	union tap_info info;
};

static inline void original_save(struct original *was, const struct nvmetap_event *ev)
{
	was->ev = *ev;
	if (ev->cmd != NULL) {
		was->cmd = *ev->cmd;
		was->ev.cmd = &was->cmd;
	}
	if (ev->cpl != NULL) {
		was->cpl = *ev->cpl;
		was->ev.cpl = &was->cpl;
	}
	if (ev->info != NULL) {
		memcpy(&was->info, ev->info, tap_info_size(ev->event));
		was->ev.info = &was->info;
	}
}

static inline bool original_differs(const struct original *was, const struct nvmetap_event *ev)
{
	return (ev->cmd != NULL && memcmp(&was->cmd, ev->cmd, sizeof(was->cmd)) != 0) ||
	       (ev->cpl != NULL && memcmp(&was->cpl, ev->cpl, sizeof(was->cpl)) != 0) ||
	       (ev->info != NULL && memcmp(&was->info, ev->info, tap_info_size(ev->event)) != 0);
}

#endif
