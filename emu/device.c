/* SPDX-License-Identifier: BSD-2-Clause */
/* The PCI function: configuration space, BAR0, and the controller behind them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "emu/clock.h"
#include "emu/cmd.h"
#include "emu/device.h"
#include "emu/irq.h"
#include "emu/queue.h"
#include "emu/session.h"
#include "spec/bytes.h"

enum {
	BAR0_SIZE = 0x4000,
	TABLE_OFFSET = 0x2000,
	PBA_OFFSET = 0x3000,
	SESSION_MAX = 16384,	/* bytes of the session text */
	PCI_HEADER_SIZE = 64,
};

/* No vendor's: the identifiers of an emulated device that nobody has quirks for. */
static const struct pci_ids ids = {
	.vendor = 0x1234,
	.device = 0x4e54,
	.subsystem_vendor = 0x1234,
	.subsystem = 0x4e54,
	.revision = 1,
};

struct device {
	struct device_config config;
	struct taps taps;
	struct pci *pci;
	struct msix *msix;
	struct irq irq;
	struct ctrl *ctrl;
};

static bool host_bus_master(void *ctx)
{
	struct device *dev = ctx;

	return pci_bus_master(dev->pci) && pci_power_state(dev->pci) == 0;
}

static int host_read(void *ctx, uint64_t iova, void *buf, size_t len)
{
	struct transport *transport = ((struct device *)ctx)->config.transport;

	if (!host_bus_master(ctx))
		return -EAGAIN;
	return transport->ops->read(transport, iova, buf, len);
}

static int host_write(void *ctx, uint64_t iova, const void *buf, size_t len)
{
	struct transport *transport = ((struct device *)ctx)->config.transport;

	if (!host_bus_master(ctx))
		return -EAGAIN;
	return transport->ops->write(transport, iova, buf, len);
}

static bool host_msix(void *ctx)
{
	return pci_msix_enabled(((struct device *)ctx)->pci);
}

static void host_irq(void *ctx, unsigned int vector, uint64_t cause, uint32_t count)
{
	irq_msix(&((struct device *)ctx)->irq, vector, cause, count);
}

static void host_intx(void *ctx, bool level, uint64_t cause, uint32_t count)
{
	irq_intx(&((struct device *)ctx)->irq, level, cause, count);
}

static void host_session(void *ctx)
{
	struct device *dev = ctx;
	char *text;
	size_t len;

	if (!tap_armed(&dev->taps, NVMETAP_TAP_SESSION))
		return;
	text = malloc(SESSION_MAX);
	if (text == NULL)
		return;
	len = session_text(&dev->config, &ids, &dev->taps, text, SESSION_MAX);
	tap_fire_text(&dev->taps, NVMETAP_TAP_SESSION, 0, text, len);
	free(text);
}

static const struct ctrl_host ctrl_host = {
	host_read, host_write, host_bus_master, host_msix, host_irq, host_intx, host_session,
};

static const struct tap_host tap_host = {
	cmd_host_resume, cmd_host_complete, cmd_host_abandon, cmd_host_find, ctrl_snapshot,
};

static void reset(struct device *dev, uint8_t reason)
{
	msix_reset(dev->msix);
	irq_reset(&dev->irq);
	ctrl_reset(dev->ctrl, reason);
}

static void flr(void *ctx)
{
	reset(ctx, NVMETAP_BY_FLR);
}

/* Both are made good in device_done, which every write is followed by. */
static void irq_changed(void *ctx)
{
	(void)ctx;
}

static void power_changed(void *ctx, unsigned int state)
{
	(void)ctx;
	(void)state;
}

static const struct pci_events pci_events = { flr, irq_changed, power_changed };

struct device *device_new(const struct device_config *config)
{
	struct device *dev = calloc(1, sizeof(*dev));
	struct ctrl_config ctrl = {
		.loop = config->loop,
		.pool = config->pool,
		.ns = config->ns,
		.nr_ns = config->nr_ns,
		.serial = config->serial,
		.model = config->model,
		.firmware = config->firmware,
		.vendor = ids.vendor,
		.subsystem_vendor = ids.subsystem_vendor,
		.host = &ctrl_host,
	};

	if (dev == NULL)
		return NULL;
	clock_start();
	dev->config = *config;
	taps_init(&dev->taps, config->loop, config->bdf, &tap_host, NULL);
	dev->pci = pci_new(&ids, BAR0_SIZE, CTRL_NR_VECTORS, TABLE_OFFSET, PBA_OFFSET, &pci_events,
			   dev);
	dev->msix = msix_new(CTRL_NR_VECTORS);
	ctrl.taps = &dev->taps;
	ctrl.host_ctx = dev;
	dev->ctrl = ctrl_new(&ctrl);
	if (dev->pci == NULL || dev->msix == NULL || dev->ctrl == NULL) {
		device_free(dev);
		errno = ENOMEM;
		return NULL;
	}
	dev->taps.host_ctx = dev->ctrl;
	dev->irq.loop = config->loop;
	dev->irq.taps = &dev->taps;
	dev->irq.transport = config->transport;
	dev->irq.pci = dev->pci;
	dev->irq.msix = dev->msix;
	return dev;
}

void device_stop(struct device *dev)
{
	plugin_remove_all(&dev->taps);
	ctrl_stop(dev->ctrl);
	irq_fini(&dev->irq);
}

void device_free(struct device *dev)
{
	if (dev == NULL)
		return;
	dev->taps.host = NULL;
	ctrl_free(dev->ctrl);
	msix_free(dev->msix);
	pci_free(dev->pci);
	taps_fini(&dev->taps);
	free(dev);
}

struct taps *device_taps(struct device *dev)
{
	return &dev->taps;
}

uint64_t device_bar_size(const struct device *dev, unsigned int bar)
{
	(void)dev;
	return bar == 0 ? BAR0_SIZE : 0;
}

unsigned int device_nr_vectors(const struct device *dev)
{
	return msix_nr_vectors(dev->msix);
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
static uint64_t fire_read(struct device *dev, unsigned int tap, uint8_t bar, uint64_t off,
			  size_t width, uint64_t value)
{
	struct nvmetap_access acc = {
		.offset = off,
		.value = value,
		.width = (uint32_t)width,
		.bar = bar,
	};
	struct nvmetap_event ev = tap_event(tap);

	if (!tap_armed(&dev->taps, tap))
		return value;
	ev.acc = &acc;
	if (tap_fire(&dev->taps, &ev) == NVMETAP_DROP)
		return UINT64_MAX;
	return acc.value & width_mask(width);
}

/* Fires a write that is to be done.  false: a plug-in has taken it. */
static bool fire_write(struct device *dev, struct nvmetap_event *ev, struct nvmetap_access *acc)
{
	int verdict;

	if (!tap_armed(&dev->taps, ev->tap))
		return true;
	ev->acc = acc;
	verdict = tap_fire(&dev->taps, ev);
	acc->value &= width_mask(acc->width);
	return verdict != NVMETAP_DROP && verdict != NVMETAP_HANDLED;
}

/* The header and what follows it, at once: one access, whose bytes are the
 * event's data. */
static void read_header(struct device *dev, uint8_t *to, size_t len)
{
	struct nvmetap_event ev = tap_event(NVMETAP_TAP_CFGREAD);
	struct nvmetap_access acc = { .width = (uint32_t)len };

	pci_read(dev->pci, 0, to, len);
	if (!tap_armed(&dev->taps, NVMETAP_TAP_CFGREAD))
		return;
	acc.value = bytes_get_le(to, 8);
	ev.acc = &acc;
	ev.text = to;
	ev.text_len = len;
	if (tap_fire_data(&dev->taps, &ev, to, len) == NVMETAP_DROP)
		memset(to, 0xff, len);
}

int device_config_read(struct device *dev, uint64_t off, void *buf, size_t len)
{
	uint8_t bytes[8], *to = buf;
	size_t n;

	if (off > DEVICE_CONFIG_SIZE || len > DEVICE_CONFIG_SIZE - off)
		return -ERANGE;
	if (off == 0 && len >= PCI_HEADER_SIZE) {
		read_header(dev, to, len);
		return 0;
	}
	for (size_t left = len; left > 0; off += n, to += n, left -= n) {
		n = piece(off, left, len);
		pci_read(dev->pci, (uint32_t)off, bytes, n);
		bytes_set_le(to, n, fire_read(dev, NVMETAP_TAP_CFGREAD, 0, off, n,
					      bytes_get_le(bytes, n)));
	}
	return 0;
}

int device_config_write(struct device *dev, uint64_t off, const void *buf, size_t len)
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
		if (!fire_write(dev, &ev, &acc))
			continue;
		bytes_set_le(bytes, n, acc.value);
		pci_write(dev->pci, (uint32_t)off, bytes, n);
	}
	return 0;
}

static bool within(uint64_t off, size_t len, uint64_t start, uint64_t size)
{
	return off >= start && off - start < size && len <= size - (off - start);
}

static bool in_table(const struct device *dev, uint64_t off, size_t len)
{
	return within(off, len, TABLE_OFFSET, msix_table_size(dev->msix));
}

static bool in_pba(const struct device *dev, uint64_t off, size_t len)
{
	return within(off, len, PBA_OFFSET, msix_pba_size(dev->msix));
}

static uint64_t bar_read(struct device *dev, uint64_t off, size_t width)
{
	unsigned int tap = NVMETAP_TAP_MSIXREAD;
	uint8_t bytes[8] = { 0 };
	uint64_t value;

	if (in_table(dev, off, width)) {
		msix_table_read(dev->msix, (uint32_t)(off - TABLE_OFFSET), bytes, width);
		value = bytes_get_le(bytes, width);
	} else if (in_pba(dev, off, width)) {
		msix_pba_read(dev->msix, (uint32_t)(off - PBA_OFFSET), bytes, width);
		value = bytes_get_le(bytes, width);
	} else {
		tap = NVMETAP_TAP_REGREAD;
		value = reg_read(dev->ctrl, off, (uint32_t)width);
	}
	return fire_read(dev, tap, 0, off, width, value);
}

int device_bar_read(struct device *dev, unsigned int bar, uint64_t off, void *buf, size_t len)
{
	uint64_t size = device_bar_size(dev, bar);
	uint8_t *to = buf;
	size_t n;

	if (off > size || len > size - off)
		return -ERANGE;
	for (size_t left = len; left > 0; off += n, to += n, left -= n) {
		n = piece(off, left, len);
		bytes_set_le(to, n, bar_read(dev, off, n));
	}
	return 0;
}

static bool is_doorbell(uint64_t off, size_t width)
{
	return off >= NVME_REG_DOORBELLS && off < TABLE_OFFSET && width == 4 && off % 4 == 0;
}

static void write_doorbell(struct device *dev, struct nvmetap_access *acc)
{
	struct nvmetap_event ev = tap_event(NVMETAP_TAP_REGWRITE);

	acc->old = doorbell_old(dev->ctrl, acc->offset, &acc->doorbell, &acc->vector);
	ev.event = NVMETAP_EV_DOORBELL;
	ev.qkind = acc->vector == 0 ? NVMETAP_QUEUE_ADMIN : NVMETAP_QUEUE_IO;
	if (acc->doorbell == NVMETAP_DOORBELL_SQ)
		ev.sqid = acc->vector;
	else
		ev.cqid = acc->vector;
	if (fire_write(dev, &ev, acc))
		doorbell_write(dev->ctrl, acc->offset, (uint32_t)acc->value);
}

static void write_table(struct device *dev, struct nvmetap_access *acc)
{
	uint32_t off = (uint32_t)acc->offset - TABLE_OFFSET;
	struct nvmetap_event ev = tap_event(NVMETAP_TAP_MSIXWRITE);
	size_t width = acc->width;
	uint8_t bytes[8];

	acc->vector = (uint16_t)(off / MSIX_ENTRY_SIZE);
	if (!fire_write(dev, &ev, acc))
		return;
	bytes_set_le(bytes, width, acc->value);
	msix_table_write(dev->msix, off, bytes, width);
}

static void write_register(struct device *dev, struct nvmetap_access *acc)
{
	struct nvmetap_event ev = tap_event(NVMETAP_TAP_REGWRITE);
	uint64_t off = acc->offset;
	uint32_t width = acc->width;

	if (fire_write(dev, &ev, acc))
		reg_write(dev->ctrl, off, width, acc->value);
}

int device_bar_write(struct device *dev, unsigned int bar, uint64_t off, const void *buf,
		     size_t len)
{
	uint64_t size = device_bar_size(dev, bar);
	const uint8_t *from = buf;
	struct nvmetap_access acc;
	size_t n;

	if (off > size || len > size - off)
		return -ERANGE;
	for (size_t left = len; left > 0; off += n, from += n, left -= n) {
		n = piece(off, left, len);
		acc = (struct nvmetap_access){ .offset = off, .width = (uint32_t)n };
		acc.value = bytes_get_le(from, n);
		if (is_doorbell(off, n))
			write_doorbell(dev, &acc);
		else if (in_table(dev, off, n))
			write_table(dev, &acc);
		else
			write_register(dev, &acc);
	}
	return 0;
}

void device_done(struct device *dev)
{
	ctrl_work(dev->ctrl);
	irq_update(&dev->irq);
	tap_fire_batch(&dev->taps, NVMETAP_BATCH_MESSAGE);
}

void device_idle(struct device *dev, bool messages, bool sleeping)
{
	if (messages) {
		ctrl_work(dev->ctrl);
		tap_fire_batch(&dev->taps, NVMETAP_BATCH_COMPLETIONS);
	}
	if (sleeping)
		tap_fire_batch(&dev->taps, NVMETAP_BATCH_SLEEP);
}

void device_reset(struct device *dev)
{
	pci_reset(dev->pci);
	reset(dev, NVMETAP_BY_BUS);
}

void device_gone(struct device *dev)
{
	pci_reset(dev->pci);
	reset(dev, NVMETAP_BY_DISCONNECT);
}

static void fire_dma(struct device *dev, unsigned int tap, struct nvmetap_dma *info)
{
	struct nvmetap_event ev = tap_event(tap);

	ev.dma = info;
	tap_fire(&dev->taps, &ev);
}

void device_dma_map(struct device *dev, uint64_t iova, uint64_t size, uint64_t offset,
		    bool readable, bool writable, bool mapped)
{
	struct nvmetap_dma info = {
		.iova = iova,
		.size = size,
		.offset = offset,
		.readable = readable,
		.writable = writable,
		.mapped = mapped,
	};

	if (tap_armed(&dev->taps, NVMETAP_TAP_DMAMAP))
		fire_dma(dev, NVMETAP_TAP_DMAMAP, &info);
}

void device_dma_unmap(struct device *dev, uint64_t iova, uint64_t size)
{
	struct nvmetap_dma info = { .iova = iova, .size = size };

	if (tap_armed(&dev->taps, NVMETAP_TAP_DMAUNMAP))
		fire_dma(dev, NVMETAP_TAP_DMAUNMAP, &info);
}

void device_irq_ready(struct device *dev, unsigned int type)
{
	irq_ready(&dev->irq, type);
}
