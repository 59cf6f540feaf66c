/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Status codes with their type as one number, made from the table: the type
 * in bits 10:8, the code in bits 7:0.  NVM Express 1.4 section 4.6.1.
 */
#ifndef EMU_STATUS_H
#define EMU_STATUS_H

#include "spec/nvme.h"

enum status_code {
#define STATUS(sct, cname, sc, text) STATUS_##cname = (sct) << 8 | (sc),
#include "spec/nvme.def"
};

/* ST(INVALID_FIELD) */
#define ST(name) ((uint16_t)STATUS_NVME_SC_##name)

#endif
