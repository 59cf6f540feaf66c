/* SPDX-License-Identifier: BSD-2-Clause */
/* A device for tests of transports. */
#include <config.h>

#include <errno.h>
#include <string.h>
#include "spec/nvme.h"
#include "spec/bytes.h"
#include "tests/device_double.h"

static uint32_t reg_get(const struct device *dev, unsigned int off)
{
	return (uint32_t)bytes_get_le(dev->bar + off, 4);
}

static void reg_set(struct device *dev, unsigned int off, uint32_t value)
{
	bytes_set_le(dev->bar + off, 4, value);
}

static void reg_count(struct device *dev, unsigned int off)
{
	reg_set(dev, off, reg_get(dev, off) + 1);
}

uint64_t device_bar_size(const struct device *dev, unsigned int bar)
{
	(void)dev;
	return bar == 0 ? DOUBLE_BAR_SIZE : 0;
}

unsigned int device_nr_vectors(const struct device *dev)
{
	(void)dev;
	return DOUBLE_NR_VECTORS;
}

static int copy(void *to, const void *from, uint64_t off, uint64_t size, size_t len)
{
	if (off > size || len > size - off)
		return -ERANGE;
	memcpy(to, from, len);
	return 0;
}

int device_config_read(struct device *dev, uint64_t off, void *buf, size_t len)
{
	return copy(buf, dev->config + off, off, DEVICE_CONFIG_SIZE, len);
}

int device_config_write(struct device *dev, uint64_t off, const void *buf, size_t len)
{
	return copy(dev->config + off, buf, off, DEVICE_CONFIG_SIZE, len);
}

int device_bar_read(struct device *dev, unsigned int bar, uint64_t off, void *buf, size_t len)
{
	return copy(buf, dev->bar + off, off, device_bar_size(dev, bar), len);
}

static void irq_send(struct device *dev, uint32_t what)
{
	struct transport_irq irq = { .vector = what & 0xffff, .type = what >> 16 & 0xff,
				     .level = (uint8_t)(what >> 24) };

	reg_set(dev, DOUBLE_IRQ_RESULT, (uint32_t)dev->transport->ops->irq(dev->transport, &irq));
}

int device_bar_write(struct device *dev, unsigned int bar, uint64_t off, const void *buf,
		     size_t len)
{
	int err = copy(dev->bar + off, buf, off, device_bar_size(dev, bar), len);

	if (err == 0 && off == DOUBLE_IRQ_GO)
		irq_send(dev, reg_get(dev, DOUBLE_IRQ_GO));
	return err;
}

void device_done(struct device *dev)
{
	uint64_t iova = bytes_get_le(dev->bar + DOUBLE_DMA_IOVA, 8);
	uint32_t len = reg_get(dev, DOUBLE_DMA_LEN), go = reg_get(dev, DOUBLE_DMA_GO);
	struct transport_irq irq = { .type = NVMETAP_IRQ_MSIX };
	int err;

	reg_count(dev, DOUBLE_NR_DONE);
	if (go == 0 || len > DOUBLE_BAR_SIZE - DOUBLE_BUFFER)
		return;
	reg_set(dev, DOUBLE_DMA_GO, 0);
	if (go == 1)
		err = dev->transport->ops->read(dev->transport, iova, dev->bar + DOUBLE_BUFFER,
						len);
	else
		err = dev->transport->ops->write(dev->transport, iova, dev->bar + DOUBLE_BUFFER,
						 len);
	reg_set(dev, DOUBLE_DMA_RESULT, (uint32_t)err);
	dev->transport->ops->irq(dev->transport, &irq);
}

void device_reset(struct device *dev)
{
	reg_count(dev, DOUBLE_NR_RESET);
}

void device_gone(struct device *dev)
{
	reg_count(dev, DOUBLE_NR_GONE);
}

void device_dma_map(struct device *dev, uint64_t iova, uint64_t size, uint64_t offset,
		    bool readable, bool writable, bool mapped)
{
	(void)iova;
	(void)size;
	(void)offset;
	(void)readable;
	(void)writable;
	(void)mapped;
	reg_count(dev, DOUBLE_NR_MAP);
}

void device_dma_unmap(struct device *dev, uint64_t iova, uint64_t size)
{
	(void)iova;
	(void)size;
	reg_count(dev, DOUBLE_NR_UNMAP);
}

void device_irq_ready(struct device *dev, unsigned int type)
{
	reg_count(dev, type == NVMETAP_IRQ_INTX ? DOUBLE_NR_READY_INTX : DOUBLE_NR_READY_MSIX);
}
