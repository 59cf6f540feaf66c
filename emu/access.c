/* SPDX-License-Identifier: BSD-2-Clause */
/* Accesses of the peer's to configuration space and BAR0. */
#include <errno.h>
#include <string.h>
#include "emu/access.h"
#include "emu/queue.h"
#include "spec/bytes.h"

enum { PCI_HEADER_SIZE = 64 };

static uint64_t bar_size(unsigned int bar)
{
	return bar == 0 ? BAR0_SIZE : 0;
}

/* The length of the next access of a transfer: 1, 2, 4 and 8 bytes are one
 * access, others are cut at their natural boundaries. */
static size_t piece(uint64_t off, size_t left, size_t len)
{
	size_t size = 4;

	if (len == 1 || len == 2 || len == 4 || len == 8)
		return len;
	while (size > left || off % size != 0)
		size /= 2;
	return size;
}

static uint64_t width_mask(size_t width)
{
	return width < 8 ? (UINT64_C(1) << width * 8) - 1 : UINT64_MAX;
}

/* Fires a read that has been done; the modifiers may have changed its value. */
static uint64_t fire_read(struct access *at, unsigned int tap, struct nvmetap_access acc)
{
	struct nvmetap_event ev = tap_event(tap);
	uint64_t mask = width_mask(acc.width);

	if (at->gone)
		acc.value = mask;
	if (!tap_armed(at->taps, tap))
		return acc.value;
	ev.acc = &acc;
	if (tap_fire(at->taps, &ev) == NVMETAP_DROP)
		return UINT64_MAX;
	return acc.value & mask;
}

/* Fires a write that is to be done.  false: a plug-in has taken it, or nobody is
 * there. */
static bool fire_write(struct access *at, struct nvmetap_event *ev, struct nvmetap_access *acc)
{
	int verdict;

	if (!tap_armed(at->taps, ev->tap))
		return !at->gone;
	ev->acc = acc;
	verdict = tap_fire(at->taps, ev);
	acc->value &= width_mask(acc->width);
	return !at->gone && verdict != NVMETAP_DROP && verdict != NVMETAP_HANDLED;
}

/* The header and what follows it, at once: one access, whose bytes are the
 * event's data. */
static void read_header(struct access *at, uint8_t *to, size_t len)
{
	struct nvmetap_event ev = tap_event(NVMETAP_TAP_CFGREAD);
	struct nvmetap_access acc = { .width = (uint32_t)len };

	pci_read(at->pci, 0, to, len);
	if (at->gone)
		memset(to, 0xff, len);
	if (!tap_armed(at->taps, NVMETAP_TAP_CFGREAD))
		return;
	acc.value = bytes_get_le(to, 8);
	ev.acc = &acc;
	ev.text = to;
	ev.text_len = len;
	if (tap_fire_data(at->taps, &ev, to, len) == NVMETAP_DROP)
		memset(to, 0xff, len);
}

int access_config_read(struct access *at, uint64_t off, void *buf, size_t len)
{
	struct nvmetap_access acc;
	uint8_t bytes[8], *to = buf;
	size_t n;

	if (off > DEVICE_CONFIG_SIZE || len > DEVICE_CONFIG_SIZE - off)
		return -ERANGE;
	if (off == 0 && len >= PCI_HEADER_SIZE) {
		read_header(at, to, len);
		return 0;
	}
	for (size_t left = len; left > 0; off += n, to += n, left -= n) {
		n = piece(off, left, len);
		pci_read(at->pci, (uint32_t)off, bytes, n);
		acc = (struct nvmetap_access){ .offset = off, .width = (uint32_t)n };
		acc.value = bytes_get_le(bytes, n);
		bytes_set_le(to, n, fire_read(at, NVMETAP_TAP_CFGREAD, acc));
	}
	return 0;
}

int access_config_write(struct access *at, uint64_t off, const void *buf, size_t len)
{
	const uint8_t *from = buf;
	struct nvmetap_access acc;
	struct nvmetap_event ev;
	uint8_t bytes[8];
	size_t n;

	if (off > DEVICE_CONFIG_SIZE || len > DEVICE_CONFIG_SIZE - off)
		return -ERANGE;
	for (size_t left = len; left > 0; off += n, from += n, left -= n) {
		n = piece(off, left, len);
		acc = (struct nvmetap_access){ .offset = off, .width = (uint32_t)n };
		acc.value = bytes_get_le(from, n);
		ev = tap_event(NVMETAP_TAP_CFGWRITE);
		if (!fire_write(at, &ev, &acc))
			continue;
		bytes_set_le(bytes, n, acc.value);
		pci_write(at->pci, (uint32_t)off, bytes, n);
	}
	return 0;
}

static bool within(uint64_t off, size_t len, uint64_t start, uint64_t size)
{
	return off >= start && off - start < size && len <= size - (off - start);
}

static bool in_table(const struct access *at, uint64_t off, size_t len)
{
	return within(off, len, TABLE_OFFSET, msix_table_size(at->msix));
}

static bool in_pba(const struct access *at, uint64_t off, size_t len)
{
	return within(off, len, PBA_OFFSET, msix_pba_size(at->msix));
}

static uint16_t vector_at(uint64_t off)
{
	return (uint16_t)((off - TABLE_OFFSET) / MSIX_ENTRY_SIZE);
}

static uint64_t bar_read(struct access *at, uint64_t off, size_t width)
{
	struct nvmetap_access acc = { .offset = off, .width = (uint32_t)width };
	unsigned int tap = NVMETAP_TAP_MSIXREAD;
	uint8_t bytes[8] = { 0 };

	if (in_table(at, off, width)) {
		msix_table_read(at->msix, (uint32_t)(off - TABLE_OFFSET), bytes, width);
		acc.value = bytes_get_le(bytes, width);
		acc.vector = vector_at(off);
	} else if (in_pba(at, off, width)) {
		msix_pba_read(at->msix, (uint32_t)(off - PBA_OFFSET), bytes, width);
		acc.value = bytes_get_le(bytes, width);
		acc.vector = NVMETAP_VECTOR_PENDING;
	} else {
		tap = NVMETAP_TAP_REGREAD;
		acc.value = reg_read(at->ctrl, off, (uint32_t)width);
	}
	return fire_read(at, tap, acc);
}

/* The length of what lies on one side of the table's and the PBA's borders. */
static size_t up_to_border(const struct access *at, uint64_t off, size_t len)
{
	const uint64_t borders[] = {
		TABLE_OFFSET, TABLE_OFFSET + msix_table_size(at->msix),
		PBA_OFFSET, PBA_OFFSET + msix_pba_size(at->msix),
	};

	for (size_t i = 0; i < sizeof(borders) / sizeof(borders[0]); i++) {
		if (off < borders[i] && len > borders[i] - off)
			return (size_t)(borders[i] - off);
	}
	return len;
}

static void read_pieces(struct access *at, uint64_t off, uint8_t *to, size_t len)
{
	size_t n;

	for (size_t left = len; left > 0; off += n, to += n, left -= n) {
		n = piece(off, left, len);
		bytes_set_le(to, n, bar_read(at, off, n));
	}
}

int access_bar_read(struct access *at, unsigned int bar, uint64_t off, void *buf, size_t len)
{
	uint64_t size = bar_size(bar);
	uint8_t *to = buf;
	size_t n;

	if (off > size || len > size - off)
		return -ERANGE;
	for (; len > 0; off += n, to += n, len -= n) {
		n = up_to_border(at, off, len);
		read_pieces(at, off, to, n);
	}
	return 0;
}

static bool is_doorbell(uint64_t off, size_t width)
{
	return off >= NVME_REG_DOORBELLS && off < TABLE_OFFSET && width == 4 && off % 4 == 0;
}

static void write_doorbell(struct access *at, struct nvmetap_access *acc)
{
	struct nvmetap_event ev = tap_event(NVMETAP_TAP_REGWRITE);

	acc->old = doorbell_old(at->ctrl, acc->offset, &acc->doorbell, &acc->vector);
	ev.event = NVMETAP_EV_DOORBELL;
	ev.qkind = acc->vector == 0 ? NVMETAP_QUEUE_ADMIN : NVMETAP_QUEUE_IO;
	if (acc->doorbell == NVMETAP_DOORBELL_SQ) {
		ev.sqid = acc->vector;
		ev.cqid = acc->vector < CTRL_NR_QUEUES ? at->ctrl->sq[acc->vector].cqid : 0;
	} else {
		ev.qkind |= NVMETAP_CQ_ONLY;
		ev.cqid = acc->vector;
	}
	if (fire_write(at, &ev, acc))
		doorbell_write(at->ctrl, acc->offset, (uint32_t)acc->value);
}

static void write_table(struct access *at, struct nvmetap_access *acc)
{
	uint32_t off = (uint32_t)acc->offset - TABLE_OFFSET;
	struct nvmetap_event ev = tap_event(NVMETAP_TAP_MSIXWRITE);
	size_t width = acc->width;
	uint8_t bytes[8];

	acc->vector = vector_at(acc->offset);
	if (!fire_write(at, &ev, acc))
		return;
	bytes_set_le(bytes, width, acc->value);
	msix_table_write(at->msix, off, bytes, width);
}

static void write_register(struct access *at, struct nvmetap_access *acc)
{
	struct nvmetap_event ev = tap_event(NVMETAP_TAP_REGWRITE);
	uint64_t off = acc->offset;
	uint32_t width = acc->width;

	if (fire_write(at, &ev, acc))
		reg_write(at->ctrl, off, width, acc->value);
}

static void write_pieces(struct access *at, uint64_t off, const uint8_t *from, size_t len)
{
	struct nvmetap_access acc;
	size_t n;

	for (size_t left = len; left > 0; off += n, from += n, left -= n) {
		n = piece(off, left, len);
		acc = (struct nvmetap_access){ .offset = off, .width = (uint32_t)n };
		acc.value = bytes_get_le(from, n);
		if (is_doorbell(off, n))
			write_doorbell(at, &acc);
		else if (in_table(at, off, n))
			write_table(at, &acc);
		else
			write_register(at, &acc);
	}
}

int access_bar_write(struct access *at, unsigned int bar, uint64_t off, const void *buf,
		     size_t len)
{
	uint64_t size = bar_size(bar);
	const uint8_t *from = buf;
	size_t n;

	if (off > size || len > size - off)
		return -ERANGE;
	for (; len > 0; off += n, from += n, len -= n) {
		n = up_to_border(at, off, len);
		write_pieces(at, off, from, n);
	}
	return 0;
}
