/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI configuration space of an NVMe controller: the bytes, which of their
 * bits a guest may write, and what changes when it does.  Header and
 * capabilities: PCI Express Base Specification 3.1a section 7, NVM Express 1.4
 * section 2.  Power management, MSI-X and PCI Express capabilities; extended
 * configuration space is there and empty.
 */
#ifndef EMU_PCI_H
#define EMU_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pci;

struct pci_ids {
	uint16_t vendor, device, subsystem_vendor, subsystem;
	uint8_t revision;
};

/* What a write to configuration space may set in motion.  All on the
 * controller's thread, after the write has taken effect. */
struct pci_events {
	/* Function level reset.  Configuration space has been reset by then, so
	 * interrupts are off and the power state is D0; nothing else is said. */
	void (*reset)(void *ctx);
	void (*irq_changed)(void *ctx);			/* bus master, INTx disable, MSI-X enable
							   or function mask changed */
	void (*power_changed)(void *ctx, unsigned int state);	/* 0 or 3: D0 or D3hot */
};

/*
 * bar0_size: bytes, a power of two, 16 at least.  nr_vectors: 1 to 2048.  The
 * MSI-X table and PBA stand in BAR0 at these offsets, multiples of 8.  events,
 * all of them set, and ctx live as long as the result.  NULL and errno: EINVAL
 * for what is not so, for tables that overlap or leave BAR0; ENOMEM.
 */
struct pci *pci_new(const struct pci_ids *ids, uint64_t bar0_size, unsigned int nr_vectors,
		    uint32_t table_offset, uint32_t pba_offset, const struct pci_events *events,
		    void *ctx);
void pci_free(struct pci *pci);

/* Any alignment and length.  The caller keeps off + len within 4096. */
void pci_read(const struct pci *pci, uint32_t off, void *buf, size_t len);
void pci_write(struct pci *pci, uint32_t off, const void *buf, size_t len);
/* Conventional reset: back to the state after power-on.  No event is raised.
 * (Function level reset keeps what section 6.6.2 keeps, Max_Payload_Size say.) */
void pci_reset(struct pci *pci);

bool pci_bus_master(const struct pci *pci);
bool pci_intx_disabled(const struct pci *pci);
bool pci_msix_enabled(const struct pci *pci);
bool pci_msix_masked(const struct pci *pci);		/* the whole function */
void pci_intx_status(struct pci *pci, bool asserted);	/* Status bit 3 */
unsigned int pci_power_state(const struct pci *pci);	/* 0 or 3 */

#endif
