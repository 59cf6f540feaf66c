/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults of the controller: what plug-ins provoke by nvmetap_fault and no tap
 * can do.  Rows FAULT of the table say what each is.  Controller's thread.
 */
#ifndef EMU_FAULT_H
#define EMU_FAULT_H

#include "emu/cmd.h"

/* Notes what was provoked when the completion passed its tap.  false: it is held
 * back and comes again by itself. */
bool fault_at_writeback(struct cmd *cmd);
/* Posts a faulty completion, with the faults that fault_at_writeback has noted.
 * 0 or -errno, as cq_post. */
int fault_post(struct cmd *cmd);

/* A command that is held back is given up: what still has to be written is
 * noted. */
void fault_revoke(struct cmd *cmd);
/* No queue is left, or that completion queue is not: what was still to be
 * written into it is not, unless the fault is just that. */
void fault_reset(struct ctrl *ctrl);
void fault_cq_gone(struct ctrl *ctrl, uint16_t cqid);
/* The guest has gone: nothing is written any more. */
void fault_end(struct ctrl *ctrl);
/* The plug-in ends: what it has begun is done now. */
void fault_abandon(struct ctrl *ctrl, struct nvmetap_plugin *plugin);

/* tap_host: faults that belong to no event. */
void fault_host(void *ctrl, struct inject_name *name, unsigned int fault, uint64_t arg);

#endif
