/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts of the PCI function: MSI-X with masking where the drive sees the
 * table, INTx with its level, and what was refused and is sent again.  PCI
 * Local Bus Specification 3.0 sections 2.2.6 and 6.8.  Controller's thread.
 */
#ifndef EMU_IRQ_H
#define EMU_IRQ_H

#include "emu/ctrl.h"
#include "emu/msix.h"
#include "emu/pci.h"
#include "emu/transport.h"

struct irq {
	struct loop *loop;
	struct taps *taps;
	struct transport *transport;
	struct pci *pci;
	struct msix *msix;
	struct loop_timer timer;
	struct turns again;		/* vectors that were refused, or had no target, in the
					   order in which they first were */
	uint64_t cause[CTRL_NR_VECTORS];	/* of what is pending */
	uint32_t count[CTRL_NR_VECTORS];
	bool level;			/* what the controller wants of INTx */
	bool asserted;			/* what the transport was told */
	bool intx_again;
	uint64_t intx_cause;
	uint32_t intx_count;
	bool gone;			/* the function has vanished: the pin is let go, and
					 * nothing else is sent */
	struct late_irq *lates;		/* of the fault late-irq */
};

/* Caller's memory, zeroed, the pointers set. */
void irq_fini(struct irq *irq);
void irq_reset(struct irq *irq);	/* nothing is pending; the pin is the controller's */

/* count completions of vector, the last of them event cause. */
void irq_msix(struct irq *irq, unsigned int vector, uint64_t cause, uint32_t count);
void irq_intx(struct irq *irq, bool level, uint64_t cause, uint32_t count);

/* Bus master, masks, INTx disable or MSI-X enable may have changed. */
void irq_update(struct irq *irq);
/* The transport can send again. */
void irq_ready(struct irq *irq, unsigned int type);

/* The plug-in ends: what it has delayed is sent now. */
void irq_abandon(struct irq *irq, struct nvmetap_plugin *plugin);

#endif
