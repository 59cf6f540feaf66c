/* SPDX-License-Identifier: BSD-2-Clause */
/* MSI-X whose table the drive sees: masks, pending bits, and messages that are refused.
 * PCI Local Bus Specification 3.0 section 6.8. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include "tests/rig_irq.h"

static void test_a_vector_that_the_drive_sees_masked_is_pending_and_sent_later(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = { .opc = NVME_OPC_ABORT };
	const struct seen *irq;

	rig->mem->ops.sees = TRANSPORT_SEES_MSIX_TABLE;
	rig_watch(rig, "pci:msix:writeback");
	rig_watch(rig, "nvme:msixwrite:decode");
	rig_watch(rig, "nvme:msixread:writeback");
	rig_set(rig, 0x2000, 8, 0xfee01000);
	rig_set(rig, 0x2008, 4, 0x41);
	rig->mem->nr_irqs = 0;
	driver_command(&rig->driver, 0, &cmd);
	assert_int_equal(rig->mem->nr_irqs, 0);
	assert_int_equal(rig_get(rig, 0x3000, 8), 1);
	irq = rig_seen(rig, NVMETAP_EV_INTERRUPT, 0);
	assert_int_equal(irq->info.irq.result, NVMETAP_IRQ_MASKED);
	rig_set(rig, 0x200c, 4, 0);
	assert_int_equal(rig->mem->nr_irqs, 1);
	assert_int_equal(rig->mem->irqs[0].addr, 0xfee01000);
	assert_int_equal(rig->mem->irqs[0].data, 0x41);
	assert_int_equal(rig_get(rig, 0x3000, 8), 0);
	irq = rig_seen(rig, NVMETAP_EV_INTERRUPT, 1);
	assert_int_equal(irq->info.irq.result, NVMETAP_IRQ_SENT);
	assert_int_equal(irq->info.irq.message, 1);
	assert_int_equal(irq->ev.count, 1);
	assert_int_equal(rig_seen(rig, NVMETAP_EV_MSIXWRITE, 0)->info.acc.width, 8);
	assert_int_equal(rig_seen(rig, NVMETAP_EV_MSIXREAD, 0)->info.acc.offset, 0x3000);
	assert_int_equal(rig_seen(rig, NVMETAP_EV_MSIXREAD, 0)->info.acc.vector, 65535);
	rig->access.config_write(rig, driver_capability(&rig->driver, CAP_MSIX) + 2, 2, 0xc000);
	driver_command(&rig->driver, 0, &cmd);
	assert_int_equal(rig->mem->nr_irqs, 1);
	rig->access.config_write(rig, driver_capability(&rig->driver, CAP_MSIX) + 2, 2, 0x8000);
	assert_int_equal(rig->mem->nr_irqs, 2);
}

static void test_a_refused_interrupt_is_sent_again(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = { .opc = NVME_OPC_ABORT };
	uint64_t refused_ns;

	rig_watch(rig, "pci:msix:writeback");
	rig->mem->nr_irqs = 0;
	rig->mem->irq_result = -EAGAIN;
	refused_ns = loop_now_ns();
	driver_command(&rig->driver, 0, &cmd);
	assert_int_equal(rig_seen(rig, NVMETAP_EV_INTERRUPT, 0)->info.irq.result,
			 NVMETAP_IRQ_RETRIED);
	/* The drive does not see the table, and claims no message. */
	assert_int_equal(rig_seen(rig, NVMETAP_EV_INTERRUPT, 0)->info.irq.message, 0);
	rig->mem->irq_result = 0;
	while (rig->mem->nr_irqs == 0)
		assert_true(rig->access.wait(rig));
	assert_true(loop_now_ns() - refused_ns >= SOON);	/* not at once, and ever again */
	rig->mem->irq_result = -ENOTCONN;
	driver_command(&rig->driver, 0, &cmd);
	rig->mem->irq_result = 0;
	device_irq_ready(rig->dev, NVMETAP_IRQ_MSIX);
	assert_int_equal(rig->mem->nr_irqs, 2);
	device_irq_ready(rig->dev, NVMETAP_IRQ_MSIX);
	assert_int_equal(rig->mem->nr_irqs, 2);
}

/* What came first is sent first, whatever the numbers of the vectors. */
static void test_refused_interrupts_are_sent_again_in_their_order(void **state)
{
	struct rig *rig = *state;
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };

	rig->mem->irq_result = -EAGAIN;
	assert_int_equal(driver_command(&rig->driver, 1, &flush), 0);
	rig_abort(rig);
	device_irq_ready(rig->dev, NVMETAP_IRQ_MSIX);
	rig->mem->irq_result = 0;
	rig->mem->nr_irqs = 0;
	device_irq_ready(rig->dev, NVMETAP_IRQ_MSIX);
	device_irq_ready(rig->dev, NVMETAP_IRQ_MSIX);
	assert_int_equal(rig->mem->nr_irqs, 2);
	assert_int_equal(rig->mem->irqs[0].vector, 1);
	assert_int_equal(rig->mem->irqs[1].vector, 0);
}

/* Section 6.8.2.9: what came while it was masked is one message. */
static void test_a_masked_vector_announces_all_that_came(void **state)
{
	struct rig *rig = *state;
	const struct seen *irq;

	rig->mem->ops.sees = TRANSPORT_SEES_MSIX_TABLE;
	rig_watch(rig, "pci:msix:writeback");
	rig_watch(rig, "nvme:admin:writeback");
	rig->mem->nr_irqs = 0;
	for (unsigned int i = 0; i < 3; i++)
		rig_abort(rig);
	assert_int_equal(rig->mem->nr_irqs, 0);
	rig_set(rig, TABLE + 12, 4, 0);
	assert_int_equal(rig->mem->nr_irqs, 1);
	irq = rig_seen(rig, NVMETAP_EV_INTERRUPT, 3);
	assert_int_equal(irq->info.irq.result, NVMETAP_IRQ_SENT);
	assert_int_equal(irq->ev.count, 3);
	assert_int_equal(irq->ev.cause, rig_seen(rig, NVMETAP_EV_COMPLETION, 2)->ev.seq);
	rig_abort(rig);
	assert_int_equal(rig_seen(rig, NVMETAP_EV_INTERRUPT, 4)->ev.count, 1);
}

/* Function Mask is bit 14 of Message Control; what is pending of every vector is sent. */
static void test_all_that_is_pending_is_sent_when_the_function_is_unmasked(void **state)
{
	struct rig *rig = *state;
	uint64_t control = driver_capability(&rig->driver, CAP_MSIX) + 2;
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };

	rig->mem->ops.sees = TRANSPORT_SEES_MSIX_TABLE;
	rig_set(rig, TABLE + 12, 4, 0);
	rig_set(rig, TABLE + 16 + 12, 4, 0);
	rig->access.config_write(rig, control, 2, 0xc000);
	rig->mem->nr_irqs = 0;
	rig_abort(rig);
	assert_int_equal(driver_command(&rig->driver, 1, &flush), 0);
	assert_int_equal(rig->mem->nr_irqs, 0);
	assert_int_equal(rig_get(rig, PBA, 8), 3);
	rig->access.config_write(rig, control, 2, 0x8000);
	assert_int_equal(rig->mem->nr_irqs, 2);
	assert_int_equal(rig->mem->irqs[0].vector, 0);
	assert_int_equal(rig->mem->irqs[1].vector, 1);
	assert_int_equal(rig_get(rig, PBA, 8), 0);
}

static void test_a_reset_forgets_interrupts_that_were_refused(void **state)
{
	struct rig *rig = *state;

	rig->mem->irq_result = -ENOTCONN;
	rig_abort(rig);
	rig->mem->irq_result = 0;
	rig_restart(rig, true);
	device_irq_ready(rig->dev, NVMETAP_IRQ_MSIX);
	assert_int_equal(rig->mem->nr_irqs, 0);
	rig_watch(rig, "pci:msix:writeback");
	rig_abort(rig);
	assert_int_equal(rig_seen(rig, NVMETAP_EV_INTERRUPT, 0)->ev.count, 1);
}

static void test_a_refused_interrupt_is_not_sent_without_bus_master(void **state)
{
	struct rig *rig = *state;

	rig->mem->irq_result = -ENOTCONN;
	rig_abort(rig);
	rig->mem->irq_result = 0;
	rig->mem->nr_irqs = 0;
	rig->access.config_write(rig, COMMAND, 2, MEMORY_ONLY);
	device_irq_ready(rig->dev, NVMETAP_IRQ_MSIX);
	assert_int_equal(rig->mem->nr_irqs, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_vector_that_the_drive_sees_masked_is_pending_and_sent_later),
		TEST(test_a_masked_vector_announces_all_that_came),
		TEST(test_all_that_is_pending_is_sent_when_the_function_is_unmasked),
		TEST(test_a_refused_interrupt_is_sent_again),
		TEST(test_refused_interrupts_are_sent_again_in_their_order),
		TEST(test_a_reset_forgets_interrupts_that_were_refused),
		TEST(test_a_refused_interrupt_is_not_sent_without_bus_master),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
