/* SPDX-License-Identifier: BSD-2-Clause */
/* The NVM command set.  NVM Express 1.4 section 6. */
#ifndef EMU_IO_H
#define EMU_IO_H

#include "emu/cmd.h"

/* Flushes one namespace after the other, then goes on with the command; used
 * by Flush and by a feature that switches the write cache off. */
enum cmd_next io_flush_all(struct cmd *cmd);
/* I/O commands in flight: the controller is busy or not (SMART). */
void io_busy(struct ctrl *ctrl, bool busy);

#endif
