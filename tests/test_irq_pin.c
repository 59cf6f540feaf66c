/* SPDX-License-Identifier: BSD-2-Clause */
/* The interrupt pin: its level, and a rise that is refused.  PCI Local Bus Specification 3.0
 * section 2.2.6. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include "tests/rig_irq.h"

static void test_intx_is_a_level_with_a_mask(void **state)
{
	struct rig *rig = *state;
	struct nvme_driver *d = &rig->driver;
	struct nvme_command cmd = { .opc = NVME_OPC_ABORT };
	struct nvme_completion cpl;

	driver_init(d, &rig->access, false);
	assert_true(driver_enable(d, 16));
	driver_submit(d, 0, &cmd);
	assert_int_equal(rig->mem->nr_irqs, 1);
	assert_int_equal(rig->mem->irqs[0].type, NVMETAP_IRQ_INTX);
	assert_int_equal(rig->mem->irqs[0].level, 1);
	assert_int_equal(rig->access.config_read(rig, 6, 2) & 8, 8);
	device_irq_ready(rig->dev, NVMETAP_IRQ_INTX);
	assert_int_equal(rig->mem->nr_irqs, 2);
	assert_int_equal(rig->mem->irqs[1].level, 1);
	rig_set(rig, NVME_REG_INTMS, 4, 1);
	assert_int_equal(rig->mem->irqs[2].level, 0);
	assert_int_equal(rig_get(rig, NVME_REG_INTMS, 4), 1);
	rig_set(rig, NVME_REG_INTMC, 4, 1);
	assert_int_equal(rig->mem->irqs[3].level, 1);
	assert_true(driver_poll(d, 0, &cpl));
	assert_int_equal(rig->mem->nr_irqs, 5);
	assert_int_equal(rig->mem->irqs[4].level, 0);
	device_irq_ready(rig->dev, NVMETAP_IRQ_INTX);
	assert_int_equal(rig->mem->nr_irqs, 5);
}

/* While no register is accessed. */
static void test_the_pin_rises_for_what_a_back_end_completes(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd;

	rig_begin_pin(rig);
	assert_int_equal(driver_create(&rig->driver, 1, 16, 0), 0);
	assert_int_equal(rig_last_level(rig), 0);
	cmd = rig_read_command(1, driver_alloc(&rig->driver, 4096));
	driver_submit(&rig->driver, 1, &cmd);
	while (!driver_peek(&rig->driver, 1))
		assert_true(rig->access.wait(rig));
	assert_int_equal(rig_last_level(rig), 1);
}

static void test_a_refused_pin_is_sent_again(void **state)
{
	struct rig *rig = *state;

	rig_begin_pin(rig);
	rig->mem->irq_result = -EAGAIN;
	rig_submit_abort(rig);
	rig->mem->irq_result = 0;
	while (rig->mem->nr_irqs == 0)
		assert_true(rig->access.wait(rig));
	assert_int_equal(rig_last_level(rig), 1);
	rig_settle(rig);
	assert_int_equal(rig->mem->nr_irqs, 1);
	/* Let go in the meantime, it is not. */
	rig_take_completion(rig);
	rig->mem->irq_result = -EAGAIN;
	rig_submit_abort(rig);
	rig_take_completion(rig);
	rig->mem->irq_result = 0;
	rig->mem->nr_irqs = 0;
	device_irq_ready(rig->dev, NVMETAP_IRQ_INTX);
	for (unsigned int i = 0; i < 3; i++)
		rig_settle(rig);
	assert_int_equal(rig->mem->nr_irqs, 0);
}

/* What was tried again meanwhile, and told, is not told twice. */
static void test_a_pin_that_was_refused_and_then_told_is_not_sent_again(void **state)
{
	struct rig *rig = *state;
	uint64_t until_ns;

	rig_begin_pin(rig);
	rig->mem->irq_result = -EAGAIN;
	rig_submit_abort(rig);
	rig->mem->irq_result = 0;
	rig_take_completion(rig);
	rig->mem->nr_irqs = 0;
	rig_submit_abort(rig);
	assert_int_equal(rig->mem->nr_irqs, 1);
	for (until_ns = loop_now_ns() + 2 * SOON; loop_now_ns() < until_ns;)
		rig_settle(rig);
	assert_int_equal(rig->mem->nr_irqs, 1);
}

/* Section 6.2.2: Interrupt Disable, bit 10 of the command register. */
static void test_a_disabled_pin_is_let_go_and_the_status_stays(void **state)
{
	struct rig *rig = *state;

	rig_begin_pin(rig);
	rig_submit_abort(rig);
	rig->access.config_write(rig, COMMAND, 2, MEMORY_AND_MASTER | INTX_DISABLE);
	assert_int_equal(rig->mem->nr_irqs, 2);
	assert_int_equal(rig_last_level(rig), 0);
	assert_int_equal(rig->access.config_read(rig, COMMAND + 2, 2) & 8, 8);
	device_irq_ready(rig->dev, NVMETAP_IRQ_INTX);
	assert_int_equal(rig->mem->nr_irqs, 2);
	rig->access.config_write(rig, COMMAND, 2, MEMORY_AND_MASTER);
	assert_int_equal(rig->mem->nr_irqs, 3);
	assert_int_equal(rig_last_level(rig), 1);
}

/* Section 6.8.2.3: who is enabled for MSI-X does not use its pin. */
static void test_enabling_msix_lets_the_pin_go(void **state)
{
	struct rig *rig = *state;

	rig_begin_pin(rig);
	rig_submit_abort(rig);
	rig->mem->nr_irqs = 0;
	rig->access.config_write(rig, driver_capability(&rig->driver, CAP_MSIX) + 2, 2, 0x8000);
	assert_int_equal(rig->mem->nr_irqs, 1);
	assert_int_equal(rig->mem->irqs[0].type, NVMETAP_IRQ_INTX);
	assert_int_equal(rig->mem->irqs[0].level, 0);
}

static void test_a_reset_lets_the_pin_go(void **state)
{
	struct rig *rig = *state;
	uint64_t express;

	rig_begin_pin(rig);
	express = driver_capability(&rig->driver, CAP_EXPRESS);
	rig_submit_abort(rig);
	rig->access.config_write(rig, express + 8, 2, 1u << 15);
	assert_int_equal(rig->mem->nr_irqs, 2);
	assert_int_equal(rig_last_level(rig), 0);
	assert_int_equal(rig->access.config_read(rig, COMMAND + 2, 2) & 8, 0);
	/* Nothing of it is left for the next one. */
	driver_init(&rig->driver, &rig->access, false);
	rig_settle(rig);
	assert_int_equal(rig->mem->nr_irqs, 2);
}

static void test_each_rise_of_the_pin_says_what_it_announces(void **state)
{
	struct rig *rig = *state;
	const struct seen *irq;

	rig_begin_pin(rig);
	rig_watch(rig, "nvme:admin:writeback");
	rig->access.config_write(rig, COMMAND, 2, MEMORY_AND_MASTER | INTX_DISABLE);
	rig_submit_abort(rig);
	rig_submit_abort(rig);
	rig->access.config_write(rig, COMMAND, 2, MEMORY_AND_MASTER);
	irq = rig_seen(rig, NVMETAP_EV_INTERRUPT, 0);
	assert_int_equal(irq->info.irq.level, 1);
	assert_int_equal(irq->ev.count, 2);
	assert_int_equal(irq->ev.cause, rig_seen(rig, NVMETAP_EV_COMPLETION, 1)->ev.seq);
	/* It falls, for no completion, and rises for the next one alone. */
	rig_take_completion(rig);
	rig_take_completion(rig);
	irq = rig_seen(rig, NVMETAP_EV_INTERRUPT, 1);
	assert_int_equal(irq->info.irq.level, 0);
	assert_int_equal(irq->ev.count, 0);
	assert_int_equal(irq->ev.cause, 0);
	rig_submit_abort(rig);
	irq = rig_seen(rig, NVMETAP_EV_INTERRUPT, 2);
	assert_int_equal(irq->ev.count, 1);
	assert_int_equal(irq->ev.cause, rig_seen(rig, NVMETAP_EV_COMPLETION, 2)->ev.seq);
}

static void test_a_reset_forgets_what_the_pin_has_not_announced(void **state)
{
	struct rig *rig = *state;

	rig_begin_pin(rig);
	rig->access.config_write(rig, COMMAND, 2, MEMORY_AND_MASTER | INTX_DISABLE);
	rig_submit_abort(rig);
	rig_restart(rig, false);
	rig_submit_abort(rig);
	assert_int_equal(rig_seen(rig, NVMETAP_EV_INTERRUPT, 0)->info.irq.level, 1);
	assert_int_equal(rig_seen(rig, NVMETAP_EV_INTERRUPT, 0)->ev.count, 1);
}

#define BARE(name) cmocka_unit_test_setup_teardown(name, rig_setup_bare, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BARE(test_intx_is_a_level_with_a_mask),
		BARE(test_the_pin_rises_for_what_a_back_end_completes),
		BARE(test_a_refused_pin_is_sent_again),
		BARE(test_a_pin_that_was_refused_and_then_told_is_not_sent_again),
		BARE(test_a_disabled_pin_is_let_go_and_the_status_stays),
		BARE(test_enabling_msix_lets_the_pin_go),
		BARE(test_a_reset_lets_the_pin_go),
		BARE(test_each_rise_of_the_pin_says_what_it_announces),
		BARE(test_a_reset_forgets_what_the_pin_has_not_announced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
