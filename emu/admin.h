/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The admin command set: handlers for the table of admin.c, and what the rest
 * of the controller tells features, logs and asynchronous events.  NVM Express
 * 1.4 section 5.
 */
#ifndef EMU_ADMIN_H
#define EMU_ADMIN_H

#include "emu/cmd.h"

/* identify.c: section 5.15 */
uint16_t identify_prepare(struct cmd *cmd);
enum cmd_next identify_execute(struct cmd *cmd);

/* feature.c: sections 5.13 and 5.21 */
enum cmd_next feature_get(struct cmd *cmd);
enum cmd_next feature_set(struct cmd *cmd);
void features_reset(struct ctrl *ctrl);		/* to their defaults */
bool feature_write_cache(const struct ctrl *ctrl);	/* the volatile write cache is on */

/* log.c: section 5.14 */
uint16_t log_prepare(struct cmd *cmd);
enum cmd_next log_execute(struct cmd *cmd);
/* One more entry of the Error Information log, with the status field of a
 * completion.  cmd NULL: not of a command. */
void log_error(struct ctrl *ctrl, struct cmd *cmd, uint16_t status);
/* The command that has an entry is completed with this phase. */
void log_error_posted(struct ctrl *ctrl, const struct cmd *cmd);
uint8_t log_critical_warning(const struct ctrl *ctrl);	/* SMART byte 0 */

/* aer.c: section 5.2 */
enum cmd_next aer_execute(struct cmd *cmd);
/* Something happened: fires nvme:async:execute and completes a request, now or
 * when there is one.  What the feature masks is not reported. */
void aer_raise(struct ctrl *ctrl, uint8_t type, uint8_t info, uint8_t page);
/* The same, whether or not the driver wants to hear of it, or has read what the last one
 * of its type was about. */
void aer_force(struct ctrl *ctrl, uint8_t type, uint8_t info, uint8_t page);
/* The log page that clears events of its type has been read. */
void aer_unmask(struct ctrl *ctrl, uint8_t page);
void aer_reset(struct ctrl *ctrl);	/* nothing waits; requests are the caller's to revoke */
/* Takes a request that is being completed otherwise from the list. */
void aer_remove(struct cmd *cmd);

#endif
