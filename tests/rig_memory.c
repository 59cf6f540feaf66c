/* SPDX-License-Identifier: BSD-2-Clause */
/* The way to the drive on the bench that is a function call. */
#include <stdlib.h>
#include <string.h>
#include "spec/bytes.h"
#include "tests/rig.h"

enum { WAIT_MS = 5000 };

static uint64_t reg_read(void *ctx, uint64_t off, unsigned int width)
{
	struct rig *rig = ctx;
	uint8_t bytes[8];

	rig->mem->answering = true;
	if (device_bar_read(rig->dev, 0, off, bytes, width) != 0)
		abort();
	rig->mem->answering = false;
	device_done(rig->dev);
	return bytes_get_le(bytes, width);
}

static void reg_write(void *ctx, uint64_t off, unsigned int width, uint64_t value)
{
	struct rig *rig = ctx;
	uint8_t bytes[8];

	bytes_set_le(bytes, width, value);
	rig->mem->answering = true;
	if (device_bar_write(rig->dev, 0, off, bytes, width) != 0)
		abort();
	rig->mem->answering = false;
	device_done(rig->dev);
}

static uint64_t config_read(void *ctx, uint64_t off, unsigned int width)
{
	struct rig *rig = ctx;
	uint8_t bytes[8];

	if (device_config_read(rig->dev, off, bytes, width) != 0)
		abort();
	device_done(rig->dev);
	return bytes_get_le(bytes, width);
}

static void config_write(void *ctx, uint64_t off, unsigned int width, uint64_t value)
{
	struct rig *rig = ctx;
	uint8_t bytes[8];

	bytes_set_le(bytes, width, value);
	if (device_config_write(rig->dev, off, bytes, width) != 0)
		abort();
	device_done(rig->dev);
}

static bool wait_round(void *ctx)
{
	struct rig *rig = ctx;
	uint64_t start = loop_now_ns();

	loop_once(rig->loop, WAIT_MS);
	return loop_now_ns() - start < (uint64_t)WAIT_MS * 1000000;
}

static void open_memory(struct rig *rig)
{
	rig->mem = mem_transport_new();
	rig->transport = &rig->mem->transport;
}

static void start(struct rig *rig)
{
	rig->access = (struct nvme_access){
		rig,	   reg_read,	     reg_write, config_write, config_read,
		wait_round, rig->mem->memory, MEM_BASE,	 MEM_SIZE,
	};
}

static void stop(struct rig *rig)
{
	(void)rig;
}

static void reset(struct rig *rig)
{
	device_reset(rig->dev);
	device_done(rig->dev);
}

static void settle(struct rig *rig)
{
	for (int i = 0; i < 100; i++)
		loop_once(rig->loop, i < 5 ? 2 : 0);
}

/* Those of other vectors stay in the log. */
static unsigned int nr_irqs(struct rig *rig, unsigned int vector)
{
	struct mem_transport *mem = rig->mem;
	unsigned int kept = 0, nr = mem->nr_irqs;

	for (unsigned int i = 0; i < nr; i++) {
		if (mem->irqs[i].type != NVMETAP_IRQ_MSIX || mem->irqs[i].vector != vector)
			mem->irqs[kept++] = mem->irqs[i];
	}
	mem->nr_irqs = kept;
	return nr - kept;
}

const struct rig_transport rig_in_memory = {
	"memory", open_memory, start, stop, reset, settle, nr_irqs,
};
