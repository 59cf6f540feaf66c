/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses of the peer's to configuration space and BAR0: cut up, fired at
 * their taps, and carried out.  The four functions do what those of
 * emu/device.h promise.  Controller's thread.
 */
#ifndef EMU_ACCESS_H
#define EMU_ACCESS_H

#include "emu/ctrl.h"
#include "emu/device.h"
#include "emu/msix.h"
#include "emu/pci.h"

/* BAR0: registers and doorbells, the MSI-X table, the pending bits. */
enum {
	BAR0_SIZE = 0x4000,
	TABLE_OFFSET = 0x2000,
	PBA_OFFSET = 0x3000,
};

/* What an access may reach; all the caller's. */
struct access {
	struct taps *taps;
	struct pci *pci;
	struct msix *msix;
	struct ctrl *ctrl;
	bool gone;	/* the function has vanished: reads are ones, writes are lost */
};

int access_config_read(struct access *at, uint64_t off, void *buf, size_t len);
int access_config_write(struct access *at, uint64_t off, const void *buf, size_t len);
int access_bar_read(struct access *at, unsigned int bar, uint64_t off, void *buf, size_t len);
int access_bar_write(struct access *at, unsigned int bar, uint64_t off, const void *buf,
		     size_t len);

#endif
