/* SPDX-License-Identifier: BSD-2-Clause */
/* What tests of interrupts do with a rig. */
#ifndef TESTS_RIG_IRQ_H
#define TESTS_RIG_IRQ_H

#include "tests/rig.h"

enum {
	CAP_MSIX = 17,
	CAP_EXPRESS = 16,
	COMMAND = 4,		/* in configuration space, and three of its bits */
	MEMORY_ONLY = 2,
	MEMORY_AND_MASTER = 6,
	INTX_DISABLE = 1 << 10,
	TABLE = 0x2000,		/* in BAR 0; 16 bytes a vector, the last 4 its mask */
	PBA = 0x3000,
	SOON = 1000000,		/* ns */
};

uint64_t rig_get(struct rig *rig, uint64_t off, unsigned int width);
void rig_set(struct rig *rig, uint64_t off, unsigned int width, uint64_t value);

/* An Abort of nothing: the shortest command.  Submitted, or completed, too. */
void rig_submit_abort(struct rig *rig);
void rig_abort(struct rig *rig);
void rig_take_completion(struct rig *rig);

void rig_restart(struct rig *rig, bool msix);	/* by a reset of the device */
void rig_begin_pin(struct rig *rig);		/* of rig_setup_bare: INTx, and what is told of it */
uint8_t rig_last_level(const struct rig *rig);

#endif
