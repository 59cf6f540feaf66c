/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI configuration space of an NVMe controller, as rows of values and masks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "emu/msix.h"
#include "emu/pci.h"
#include "spec/bytes.h"
#include "spec/table.h"

enum {
#define CONFIG(name, offset, size, strct, title) CFG_##name = offset,
#include "spec/nvme.def"
	CONFIG_SIZE = 4096,

	PM = 0x40,	/* capabilities, as the list goes */
	MSIX = 0x50,
	EXP = 0x60,

	PM_CSR = PM + 4,
	PM_STATE = 3,
	MSIX_CONTROL = MSIX + 2,
	MSIX_FUNCTION_MASK = 1 << 14,
	MSIX_ENABLE = 1 << 15,
	EXP_DEVICE_CONTROL = EXP + 8,
	EXP_FLR = 1 << 15,
};

/* A register: its value after power-on, which of its bits can be written,
 * which are cleared by writing 1, and which survive a function level reset. */
struct pci_row {
	uint16_t offset;
	uint8_t len;
	uint32_t value, write, clear, keep;
};

static const struct pci_row rows[] = {
	{ CFG_CMD, 2, 0, 0x0546, 0, 0 },		/* MSE BME PEE SEE ID */
	{ CFG_STS, 2, 0x0010, 0, 0xf900, 0 },		/* capabilities; errors */
	{ CFG_CC, 3, 0x010802, 0, 0, 0 },		/* NVM Express I/O controller */
	{ CFG_CLS, 1, 0, 0xff, 0, 0 },
	{ CFG_CAPP, 1, PM, 0, 0, 0 },
	{ CFG_INTR, 2, 0x0100, 0x00ff, 0, 0 },		/* INTA */

	{ PM, 2, MSIX << 8 | 0x01, 0, 0, 0 },
	{ PM + 2, 2, 0x0003, 0, 0, 0 },			/* version 3; neither D1, D2 nor PME */
	{ PM_CSR, 2, 0x0008, PM_STATE, 0, 0 },		/* no soft reset */

	{ MSIX, 2, EXP << 8 | 0x11, 0, 0, 0 },

	{ EXP, 2, 0x10, 0, 0, 0 },			/* the last of the list */
	{ EXP + 2, 2, 0x0002, 0, 0, 0 },		/* version 2, endpoint */
	{ EXP + 4, 4, 0x10008fe1, 0, 0, 0 },		/* 256 bytes, any latency, role-based
							   error reporting, FLR */
	{ EXP_DEVICE_CONTROL, 2, 0x2810, 0x79ff, 0, 0x00e0 },	/* section 7.8.4 */
	{ EXP + 10, 2, 0, 0, 0x000f, 0 },		/* device status */
	{ EXP + 12, 4, 0x00400043, 0, 0, 0 },		/* 8 GT/s, 4 lanes, no ASPM */
	{ EXP + 16, 2, 0, 0x00cb, 0, 0x00cb },		/* link control */
	{ EXP + 18, 2, 0x1043, 0, 0, 0 },		/* 8 GT/s, 4 lanes, slot clock */
	{ EXP + 36, 4, 0x00000010, 0, 0, 0 },		/* completion timeout disable */
	{ EXP + 40, 2, 0, 0x0010, 0, 0 },
	{ EXP + 44, 4, 0x0000000e, 0, 0, 0 },		/* 2.5, 5, 8 GT/s */
	{ EXP + 48, 2, 0x0003, 0x000f, 0, 0x000f },	/* target speed, sticky */
};

struct pci {
	const struct pci_events *events;
	void *ctx;
	uint8_t config[CONFIG_SIZE];
	uint8_t initial[CONFIG_SIZE];
	uint8_t write[CONFIG_SIZE];
	uint8_t clear[CONFIG_SIZE];
	uint8_t keep[CONFIG_SIZE];
};

static void pci_add(struct pci *pci, const struct pci_row *row)
{
	bytes_set_le(pci->initial + row->offset, row->len, row->value);
	bytes_set_le(pci->write + row->offset, row->len, row->write);
	bytes_set_le(pci->clear + row->offset, row->len, row->clear);
	bytes_set_le(pci->keep + row->offset, row->len, row->keep);
}

static void pci_add_ids(struct pci *pci, const struct pci_ids *ids)
{
	const struct pci_row own[] = {
		{ CFG_VID, 2, ids->vendor, 0, 0, 0 },
		{ CFG_DID, 2, ids->device, 0, 0, 0 },
		{ CFG_RID, 1, ids->revision, 0, 0, 0 },
		{ CFG_SS, 2, ids->subsystem_vendor, 0, 0, 0 },
		{ CFG_SS + 2, 2, ids->subsystem, 0, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		pci_add(pci, &own[i]);
}

static void pci_add_bar0(struct pci *pci, uint64_t size, unsigned int nr_vectors,
			 uint32_t table_offset, uint32_t pba_offset)
{
	uint64_t address = ~(size - 1);
	const struct pci_row own[] = {
		{ CFG_BAR0, 4, 0x4, (uint32_t)address, 0, 0 },	/* memory, 64 bits */
		{ CFG_BAR1, 4, 0, (uint32_t)(address >> 32), 0, 0 },
		{ MSIX_CONTROL, 2, nr_vectors - 1, MSIX_ENABLE | MSIX_FUNCTION_MASK, 0, 0 },
		{ MSIX + 4, 4, table_offset, 0, 0, 0 },		/* BIR 0 */
		{ MSIX + 8, 4, pba_offset, 0, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		pci_add(pci, &own[i]);
}

static bool pci_fits(uint64_t bar0_size, unsigned int nr_vectors, uint32_t table_offset,
		     uint32_t pba_offset)
{
	uint64_t table_end, pba_end;

	if (bar0_size < 16 || (bar0_size & (bar0_size - 1)) != 0)
		return false;
	if (nr_vectors < 1 || nr_vectors > 2048 || (table_offset | pba_offset) % 8 != 0)
		return false;
	table_end = (uint64_t)table_offset + nr_vectors * MSIX_ENTRY_SIZE;
	pba_end = (uint64_t)pba_offset + (nr_vectors + 63) / 64 * 8;
	if (table_end > bar0_size || pba_end > bar0_size)
		return false;
	return table_end <= pba_offset || pba_end <= table_offset;
}

struct pci *pci_new(const struct pci_ids *ids, uint64_t bar0_size, unsigned int nr_vectors,
		    uint32_t table_offset, uint32_t pba_offset, const struct pci_events *events,
		    void *ctx)
{
	struct pci *pci;

	if (!pci_fits(bar0_size, nr_vectors, table_offset, pba_offset)) {
		errno = EINVAL;
		return NULL;
	}
	pci = calloc(1, sizeof(*pci));
	if (pci == NULL)
		return NULL;
	pci->events = events;
	pci->ctx = ctx;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		pci_add(pci, &rows[i]);
	pci_add_ids(pci, ids);
	pci_add_bar0(pci, bar0_size, nr_vectors, table_offset, pba_offset);
	pci_reset(pci);
	return pci;
}

void pci_free(struct pci *pci)
{
	free(pci);
}

void pci_reset(struct pci *pci)
{
	memcpy(pci->config, pci->initial, CONFIG_SIZE);
}

static void pci_function_reset(struct pci *pci)
{
	for (size_t i = 0; i < CONFIG_SIZE; i++)
		pci->config[i] = (pci->initial[i] & ~pci->keep[i]) |
				 (pci->config[i] & pci->keep[i]);
	pci->events->reset(pci->ctx);
}

void pci_read(const struct pci *pci, uint32_t off, void *buf, size_t len)
{
	memcpy(buf, pci->config + off, len);
}

/* What interrupts depend on. */
static uint32_t pci_irq_state(const struct pci *pci)
{
	uint32_t state = (uint32_t)pci_msix_enabled(pci) << 3 | (uint32_t)pci_msix_masked(pci) << 2;

	return state | (uint32_t)pci_bus_master(pci) << 1 | (uint32_t)pci_intx_disabled(pci);
}

static bool pci_asks_for_flr(uint32_t off, const uint8_t *bytes, size_t len)
{
	uint32_t at = EXP_DEVICE_CONTROL + 1;

	return off <= at && at - off < len && (bytes[at - off] & EXP_FLR >> 8) != 0;
}

static void pci_store(struct pci *pci, uint32_t off, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t *to = pci->config + off + i;
		uint8_t write = pci->write[off + i];

		*to = (*to & ~write) | (bytes[i] & write);
		*to &= ~(bytes[i] & pci->clear[off + i]);
	}
}

void pci_write(struct pci *pci, uint32_t off, const void *buf, size_t len)
{
	uint32_t irq_state = pci_irq_state(pci);
	unsigned int power = pci_power_state(pci), new_power;

	pci_store(pci, off, buf, len);
	if (pci_asks_for_flr(off, buf, len)) {
		pci_function_reset(pci);
		return;
	}
	new_power = pci_power_state(pci);
	if (new_power == 1 || new_power == 2) {
		/* PCI Bus Power Management Interface Specification 1.2 section 3.2.4:
		 * a write of a state that is not there is discarded. */
		pci->config[PM_CSR] = (pci->config[PM_CSR] & ~PM_STATE) | power;
		new_power = power;
	}
	if (irq_state != pci_irq_state(pci))
		pci->events->irq_changed(pci->ctx);
	if (new_power != power)
		pci->events->power_changed(pci->ctx, new_power);
}

bool pci_bus_master(const struct pci *pci)
{
	return cfg_command_bme_get(pci->config + CFG_CMD);
}

bool pci_intx_disabled(const struct pci *pci)
{
	return cfg_command_id_get(pci->config + CFG_CMD);
}

bool pci_msix_enabled(const struct pci *pci)
{
	return bytes_get_le(pci->config + MSIX_CONTROL, 2) & MSIX_ENABLE;
}

bool pci_msix_masked(const struct pci *pci)
{
	return bytes_get_le(pci->config + MSIX_CONTROL, 2) & MSIX_FUNCTION_MASK;
}

void pci_intx_status(struct pci *pci, bool asserted)
{
	cfg_status_is_set(pci->config + CFG_STS, asserted);
}

unsigned int pci_power_state(const struct pci *pci)
{
	return pci->config[PM_CSR] & PM_STATE;
}
