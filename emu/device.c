/* SPDX-License-Identifier: BSD-2-Clause */
/* The PCI function: configuration space, BAR0, and the controller behind them. */
#include <errno.h>
#include <stdlib.h>
#include "emu/access.h"
#include "emu/clock.h"
#include "emu/fault.h"
#include "emu/inject.h"
#include "emu/device.h"
#include "emu/drive_status.h"
#include "emu/irq.h"
#include "emu/session.h"

enum {
	SESSION_MAX = 16384,	/* bytes of the session text */
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
	struct access access;
	struct loop_timer back;		/* the end of the fault gone */
	struct loop_msg vanish;
	bool vanishing;			/* vanish is posted */
	struct inject_name *gone_name;
	uint64_t gone_ns;
};

static bool host_bus_master(void *ctx)
{
	struct device *dev = ctx;

	return !dev->access.gone && pci_bus_master(dev->pci) && pci_power_state(dev->pci) == 0;
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

static void reset(struct device *dev, uint8_t reason)
{
	msix_reset(dev->msix);
	irq_reset(&dev->irq);
	ctrl_reset(dev->ctrl, reason);
}

static void set_gone(struct device *dev, bool gone)
{
	dev->access.gone = gone;
	dev->irq.gone = gone;
	loop_timer_cancel(dev->config.loop, &dev->back);
}

/* It comes back as after a power cycle, its configuration space as it was. */
static void come_back(struct loop_timer *timer)
{
	struct device *dev = (struct device *)((char *)timer - offsetof(struct device, back));
	const struct inject_note note = {
		.name = dev->gone_name,
		.arg = dev->gone_ns,
		.how = NVMETAP_INJECT_OVER,
		.fault = NVMETAP_FAULT_GONE,
	};

	set_gone(dev, false);
	inject_tell(&dev->taps, &note);
}

/* Commands are on the stack while a plug-in lets the function vanish. */
static void vanish(struct loop_msg *msg)
{
	struct device *dev = (struct device *)((char *)msg - offsetof(struct device, vanish));

	dev->vanishing = false;
	if (dev->access.gone)
		reset(dev, NVMETAP_BY_PLUGIN);
}

static void host_gone(void *ctx, struct inject_name *name, uint64_t ns)
{
	struct device *dev = ctx;

	set_gone(dev, true);
	dev->gone_name = name;
	dev->gone_ns = ns;
	dev->back.fn = come_back;
	if (ns != 0)
		(void)loop_timer_set(dev->config.loop, &dev->back, loop_now_ns() + ns);
	if (dev->vanishing)
		return;
	dev->vanishing = true;
	dev->vanish.fn = vanish;
	loop_post(dev->config.loop, &dev->vanish);
}

/* A function that a plug-in has let vanish comes back when that goes. */
static void host_abandon(void *ctx, struct nvmetap_plugin *by)
{
	struct device *dev = ctx;

	irq_abandon(&dev->irq, by);
	if (dev->access.gone && inject_is_of(dev->gone_name, by))
		come_back(&dev->back);
}

static const struct ctrl_host ctrl_host = {
	host_read, host_write, host_bus_master, host_msix, host_irq, host_intx, host_session,
	host_gone, host_abandon,
};

static const struct tap_host tap_host = {
	cmd_host_resume, cmd_host_complete, cmd_host_abandon, cmd_host_find, ctrl_snapshot,
	fault_host,
};

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
	dev->access = (struct access){ &dev->taps, dev->pci, dev->msix, dev->ctrl, false };
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
	set_gone(dev, false);
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

void device_status(const struct device *dev, struct drive_status *status)
{
	const struct transport *transport = dev->config.transport;

	*status = (struct drive_status){ .transport = transport->ops->name };
	if (transport->ops->connected != NULL)
		status->connected = transport->ops->connected(transport);
	ctrl_status(dev->ctrl, status);
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

int device_config_read(struct device *dev, uint64_t off, void *buf, size_t len)
{
	return access_config_read(&dev->access, off, buf, len);
}

int device_config_write(struct device *dev, uint64_t off, const void *buf, size_t len)
{
	return access_config_write(&dev->access, off, buf, len);
}

int device_bar_read(struct device *dev, unsigned int bar, uint64_t off, void *buf, size_t len)
{
	return access_bar_read(&dev->access, bar, off, buf, len);
}

int device_bar_write(struct device *dev, unsigned int bar, uint64_t off, const void *buf,
		     size_t len)
{
	return access_bar_write(&dev->access, bar, off, buf, len);
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
	set_gone(dev, false);
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
