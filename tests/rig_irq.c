/* SPDX-License-Identifier: BSD-2-Clause */
/* What tests of interrupts do with a rig. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "tests/rig_irq.h"

uint64_t rig_get(struct rig *rig, uint64_t off, unsigned int width)
{
	return rig->access.reg_read(rig, off, width);
}

void rig_set(struct rig *rig, uint64_t off, unsigned int width, uint64_t value)
{
	rig->access.reg_write(rig, off, width, value);
}

void rig_abort(struct rig *rig)
{
	struct nvme_command cmd = { .opc = NVME_OPC_ABORT };

	assert_int_equal(driver_command(&rig->driver, 0, &cmd), 0);
}

void rig_restart(struct rig *rig, bool msix)
{
	device_reset(rig->dev);
	rig->mem->nr_irqs = 0;
	driver_init(&rig->driver, &rig->access, msix);
	assert_true(driver_enable(&rig->driver, 16));
}

void rig_begin_pin(struct rig *rig)
{
	driver_init(&rig->driver, &rig->access, false);
	assert_true(driver_enable(&rig->driver, 16));
	rig_watch(rig, "pci:msix:writeback");
}

void rig_submit_abort(struct rig *rig)
{
	struct nvme_command cmd = { .opc = NVME_OPC_ABORT };

	driver_submit(&rig->driver, 0, &cmd);
}

void rig_take_completion(struct rig *rig)
{
	assert_true(driver_wait(&rig->driver, 0, &rig->driver.cpl));
}

uint8_t rig_last_level(const struct rig *rig)
{
	return rig->mem->irqs[rig->mem->nr_irqs - 1].level;
}
