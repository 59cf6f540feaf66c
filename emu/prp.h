/* SPDX-License-Identifier: BSD-2-Clause */
/* Physical region pages.  NVM Express 1.4 section 4.3. */
#ifndef EMU_PRP_H
#define EMU_PRP_H

#include "emu/cmd.h"

/*
 * Follows PRP1, PRP2 and their lists for the data_len bytes of the command's
 * data and keeps the pages.  Fires nvme:list:memory for each page of a list.
 * 0, PRP Offset Invalid, Data Transfer Error, or STATUS_AGAIN.
 */
uint16_t prp_walk(struct cmd *cmd);

/* Copies the command's data from, or to, the pages that prp_walk found.
 * 0, Data Transfer Error, or STATUS_AGAIN. */
uint16_t prp_read(struct cmd *cmd);
uint16_t prp_write(struct cmd *cmd);

#endif
