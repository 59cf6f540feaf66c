/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device for tests of transports: emu/device.h without a controller.  BAR0
 * holds memory, and registers through which the test has it copy guest memory
 * and send interrupts; everything on the thread of the transport.
 */
#ifndef TESTS_DEVICE_DOUBLE_H
#define TESTS_DEVICE_DOUBLE_H

#include "emu/device.h"
#include "emu/transport.h"

enum {
	DOUBLE_BAR_SIZE = 16384,
	DOUBLE_NR_VECTORS = 40,
	/* Registers of 4 bytes, but the first of 8. */
	DOUBLE_DMA_IOVA = 0x100,
	DOUBLE_DMA_LEN = 0x108,
	DOUBLE_DMA_GO = 0x10c,		/* 1 from the guest, 2 to the guest; see buffer */
	DOUBLE_DMA_RESULT = 0x110,	/* 0 or -errno; vector 0 is sent too */
	DOUBLE_IRQ_GO = 0x120,		/* vector | type << 16 | level << 24 */
	DOUBLE_IRQ_RESULT = 0x124,
	DOUBLE_NR_DONE = 0x130,		/* calls of device_done and so on, read only */
	DOUBLE_NR_RESET = 0x134,
	DOUBLE_NR_GONE = 0x138,
	DOUBLE_NR_READY_INTX = 0x13c,
	DOUBLE_NR_READY_MSIX = 0x140,
	DOUBLE_NR_MAP = 0x144,
	DOUBLE_NR_UNMAP = 0x148,
	DOUBLE_BUFFER = 0x1000,		/* what is copied */
};

struct device {
	struct transport *transport;
	uint8_t config[DEVICE_CONFIG_SIZE];
	uint8_t bar[DOUBLE_BAR_SIZE];
};

#endif
