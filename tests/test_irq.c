/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts: MSI-X whose table the drive sees, the pin's level, refused ones, and
 * those of plug-ins.  PCI Local Bus Specification 3.0 sections 2.2.6 and 6.8. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include "tests/rig.h"

enum {
	CAP_MSIX = 17,
	CAP_EXPRESS = 16,
	COMMAND = 4,		/* in configuration space, and three of its bits */
	MEMORY_ONLY = 2,
	MEMORY_AND_MASTER = 6,
	INTX_DISABLE = 1 << 10,
	TABLE = 0x2000,		/* in BAR 0; 16 bytes a vector, the last 4 its mask */
	PBA = 0x3000,
	SOON = 1000000,		/* ns */
};

static uint64_t get(struct rig *rig, uint64_t off, unsigned int width)
{
	return rig->access.reg_read(rig, off, width);
}

static void set(struct rig *rig, uint64_t off, unsigned int width, uint64_t value)
{
	rig->access.reg_write(rig, off, width, value);
}

static void abort_command(struct rig *rig)
{
	struct nvme_command cmd = { .opc = NVME_OPC_ABORT };

	assert_int_equal(driver_command(&rig->driver, 0, &cmd), 0);
}

static void test_a_vector_that_the_drive_sees_masked_is_pending_and_sent_later(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = { .opc = NVME_OPC_ABORT };
	const struct seen *irq;

	rig->mem->ops.sees = TRANSPORT_SEES_MSIX_TABLE;
	rig_watch(rig, "pci:msix:writeback");
	rig_watch(rig, "nvme:msixwrite:decode");
	rig_watch(rig, "nvme:msixread:writeback");
	set(rig, 0x2000, 8, 0xfee01000);
	set(rig, 0x2008, 4, 0x41);
	rig->mem->nr_irqs = 0;
	driver_command(&rig->driver, 0, &cmd);
	assert_int_equal(rig->mem->nr_irqs, 0);
	assert_int_equal(get(rig, 0x3000, 8), 1);
	irq = rig_seen(rig, NVMETAP_EV_INTERRUPT, 0);
	assert_int_equal(irq->info.irq.result, NVMETAP_IRQ_MASKED);
	set(rig, 0x200c, 4, 0);
	assert_int_equal(rig->mem->nr_irqs, 1);
	assert_int_equal(rig->mem->irqs[0].addr, 0xfee01000);
	assert_int_equal(rig->mem->irqs[0].data, 0x41);
	assert_int_equal(get(rig, 0x3000, 8), 0);
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
	abort_command(rig);
	device_irq_ready(rig->dev, NVMETAP_IRQ_MSIX);
	rig->mem->irq_result = 0;
	rig->mem->nr_irqs = 0;
	device_irq_ready(rig->dev, NVMETAP_IRQ_MSIX);
	device_irq_ready(rig->dev, NVMETAP_IRQ_MSIX);
	assert_int_equal(rig->mem->nr_irqs, 2);
	assert_int_equal(rig->mem->irqs[0].vector, 1);
	assert_int_equal(rig->mem->irqs[1].vector, 0);
}

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
	set(rig, NVME_REG_INTMS, 4, 1);
	assert_int_equal(rig->mem->irqs[2].level, 0);
	assert_int_equal(get(rig, NVME_REG_INTMS, 4), 1);
	set(rig, NVME_REG_INTMC, 4, 1);
	assert_int_equal(rig->mem->irqs[3].level, 1);
	assert_true(driver_poll(d, 0, &cpl));
	assert_int_equal(rig->mem->nr_irqs, 5);
	assert_int_equal(rig->mem->irqs[4].level, 0);
	device_irq_ready(rig->dev, NVMETAP_IRQ_INTX);
	assert_int_equal(rig->mem->nr_irqs, 5);
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
		abort_command(rig);
	assert_int_equal(rig->mem->nr_irqs, 0);
	set(rig, TABLE + 12, 4, 0);
	assert_int_equal(rig->mem->nr_irqs, 1);
	irq = rig_seen(rig, NVMETAP_EV_INTERRUPT, 3);
	assert_int_equal(irq->info.irq.result, NVMETAP_IRQ_SENT);
	assert_int_equal(irq->ev.count, 3);
	assert_int_equal(irq->ev.cause, rig_seen(rig, NVMETAP_EV_COMPLETION, 2)->ev.seq);
	abort_command(rig);
	assert_int_equal(rig_seen(rig, NVMETAP_EV_INTERRUPT, 4)->ev.count, 1);
}

/* Function Mask is bit 14 of Message Control; what is pending of every vector is sent. */
static void test_all_that_is_pending_is_sent_when_the_function_is_unmasked(void **state)
{
	struct rig *rig = *state;
	uint64_t control = driver_capability(&rig->driver, CAP_MSIX) + 2;
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };

	rig->mem->ops.sees = TRANSPORT_SEES_MSIX_TABLE;
	set(rig, TABLE + 12, 4, 0);
	set(rig, TABLE + 16 + 12, 4, 0);
	rig->access.config_write(rig, control, 2, 0xc000);
	rig->mem->nr_irqs = 0;
	abort_command(rig);
	assert_int_equal(driver_command(&rig->driver, 1, &flush), 0);
	assert_int_equal(rig->mem->nr_irqs, 0);
	assert_int_equal(get(rig, PBA, 8), 3);
	rig->access.config_write(rig, control, 2, 0x8000);
	assert_int_equal(rig->mem->nr_irqs, 2);
	assert_int_equal(rig->mem->irqs[0].vector, 0);
	assert_int_equal(rig->mem->irqs[1].vector, 1);
	assert_int_equal(get(rig, PBA, 8), 0);
}

static void restart(struct rig *rig, bool msix)
{
	device_reset(rig->dev);
	rig->mem->nr_irqs = 0;
	driver_init(&rig->driver, &rig->access, msix);
	assert_true(driver_enable(&rig->driver, 16));
}

static void test_a_reset_forgets_interrupts_that_were_refused(void **state)
{
	struct rig *rig = *state;

	rig->mem->irq_result = -ENOTCONN;
	abort_command(rig);
	rig->mem->irq_result = 0;
	restart(rig, true);
	device_irq_ready(rig->dev, NVMETAP_IRQ_MSIX);
	assert_int_equal(rig->mem->nr_irqs, 0);
	rig_watch(rig, "pci:msix:writeback");
	abort_command(rig);
	assert_int_equal(rig_seen(rig, NVMETAP_EV_INTERRUPT, 0)->ev.count, 1);
}

static void begin_intx(struct rig *rig)
{
	driver_init(&rig->driver, &rig->access, false);
	assert_true(driver_enable(&rig->driver, 16));
	rig_watch(rig, "pci:msix:writeback");
}

static void submit_abort(struct rig *rig)
{
	struct nvme_command cmd = { .opc = NVME_OPC_ABORT };

	driver_submit(&rig->driver, 0, &cmd);
}

static void take_completion(struct rig *rig)
{
	assert_true(driver_wait(&rig->driver, 0, &rig->driver.cpl));
}

static uint8_t last_level(const struct rig *rig)
{
	return rig->mem->irqs[rig->mem->nr_irqs - 1].level;
}

/* While no register is accessed. */
static void test_the_pin_rises_for_what_a_back_end_completes(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd;

	begin_intx(rig);
	assert_int_equal(driver_create(&rig->driver, 1, 16, 0), 0);
	assert_int_equal(last_level(rig), 0);
	cmd = rig_read_command(1, driver_alloc(&rig->driver, 4096));
	driver_submit(&rig->driver, 1, &cmd);
	while (!driver_peek(&rig->driver, 1))
		assert_true(rig->access.wait(rig));
	assert_int_equal(last_level(rig), 1);
}

static void test_a_refused_pin_is_sent_again(void **state)
{
	struct rig *rig = *state;

	begin_intx(rig);
	rig->mem->irq_result = -EAGAIN;
	submit_abort(rig);
	rig->mem->irq_result = 0;
	while (rig->mem->nr_irqs == 0)
		assert_true(rig->access.wait(rig));
	assert_int_equal(last_level(rig), 1);
	rig_settle(rig);
	assert_int_equal(rig->mem->nr_irqs, 1);
	/* Let go in the meantime, it is not. */
	take_completion(rig);
	rig->mem->irq_result = -EAGAIN;
	submit_abort(rig);
	take_completion(rig);
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

	begin_intx(rig);
	rig->mem->irq_result = -EAGAIN;
	submit_abort(rig);
	rig->mem->irq_result = 0;
	take_completion(rig);
	rig->mem->nr_irqs = 0;
	submit_abort(rig);
	assert_int_equal(rig->mem->nr_irqs, 1);
	for (until_ns = loop_now_ns() + 2 * SOON; loop_now_ns() < until_ns;)
		rig_settle(rig);
	assert_int_equal(rig->mem->nr_irqs, 1);
}

static void test_a_refused_interrupt_is_not_sent_without_bus_master(void **state)
{
	struct rig *rig = *state;

	rig->mem->irq_result = -ENOTCONN;
	abort_command(rig);
	rig->mem->irq_result = 0;
	rig->mem->nr_irqs = 0;
	rig->access.config_write(rig, COMMAND, 2, MEMORY_ONLY);
	device_irq_ready(rig->dev, NVMETAP_IRQ_MSIX);
	assert_int_equal(rig->mem->nr_irqs, 0);
}

/* Section 6.2.2: Interrupt Disable, bit 10 of the command register. */
static void test_a_disabled_pin_is_let_go_and_the_status_stays(void **state)
{
	struct rig *rig = *state;

	begin_intx(rig);
	submit_abort(rig);
	rig->access.config_write(rig, COMMAND, 2, MEMORY_AND_MASTER | INTX_DISABLE);
	assert_int_equal(rig->mem->nr_irqs, 2);
	assert_int_equal(last_level(rig), 0);
	assert_int_equal(rig->access.config_read(rig, COMMAND + 2, 2) & 8, 8);
	device_irq_ready(rig->dev, NVMETAP_IRQ_INTX);
	assert_int_equal(rig->mem->nr_irqs, 2);
	rig->access.config_write(rig, COMMAND, 2, MEMORY_AND_MASTER);
	assert_int_equal(rig->mem->nr_irqs, 3);
	assert_int_equal(last_level(rig), 1);
}

/* Section 6.8.2.3: who is enabled for MSI-X does not use its pin. */
static void test_enabling_msix_lets_the_pin_go(void **state)
{
	struct rig *rig = *state;

	begin_intx(rig);
	submit_abort(rig);
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

	begin_intx(rig);
	express = driver_capability(&rig->driver, CAP_EXPRESS);
	submit_abort(rig);
	rig->access.config_write(rig, express + 8, 2, 1u << 15);
	assert_int_equal(rig->mem->nr_irqs, 2);
	assert_int_equal(last_level(rig), 0);
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

	begin_intx(rig);
	rig_watch(rig, "nvme:admin:writeback");
	rig->access.config_write(rig, COMMAND, 2, MEMORY_AND_MASTER | INTX_DISABLE);
	submit_abort(rig);
	submit_abort(rig);
	rig->access.config_write(rig, COMMAND, 2, MEMORY_AND_MASTER);
	irq = rig_seen(rig, NVMETAP_EV_INTERRUPT, 0);
	assert_int_equal(irq->info.irq.level, 1);
	assert_int_equal(irq->ev.count, 2);
	assert_int_equal(irq->ev.cause, rig_seen(rig, NVMETAP_EV_COMPLETION, 1)->ev.seq);
	/* It falls, for no completion, and rises for the next one alone. */
	take_completion(rig);
	take_completion(rig);
	irq = rig_seen(rig, NVMETAP_EV_INTERRUPT, 1);
	assert_int_equal(irq->info.irq.level, 0);
	assert_int_equal(irq->ev.count, 0);
	assert_int_equal(irq->ev.cause, 0);
	submit_abort(rig);
	irq = rig_seen(rig, NVMETAP_EV_INTERRUPT, 2);
	assert_int_equal(irq->ev.count, 1);
	assert_int_equal(irq->ev.cause, rig_seen(rig, NVMETAP_EV_COMPLETION, 2)->ev.seq);
}

static void test_a_reset_forgets_what_the_pin_has_not_announced(void **state)
{
	struct rig *rig = *state;

	begin_intx(rig);
	rig->access.config_write(rig, COMMAND, 2, MEMORY_AND_MASTER | INTX_DISABLE);
	submit_abort(rig);
	restart(rig, false);
	submit_abort(rig);
	assert_int_equal(rig_seen(rig, NVMETAP_EV_INTERRUPT, 0)->info.irq.level, 1);
	assert_int_equal(rig_seen(rig, NVMETAP_EV_INTERRUPT, 0)->ev.count, 1);
}

static int late_once(void *ctx, struct nvmetap_event *ev)
{
	bool *done = ctx;

	(void)ev;
	if (!*done)
		assert_int_equal(nvmetap_fault(NULL, NVMETAP_FAULT_LATE_IRQ, SOON), 0);
	*done = true;
	return NVMETAP_GO;
}

struct hows {
	unsigned int nr;
	uint8_t how[8], was, now;	/* results of the last interrupt */
	uint8_t levels;			/* of both, one bit each */
	uint64_t arg;
};

static int note_how(void *ctx, struct nvmetap_event *ev)
{
	struct hows *hows = ctx;

	if (hows->nr < sizeof(hows->how))
		hows->how[hows->nr++] = ev->inject->how;
	if (ev->inject->was.info != NULL) {
		const struct nvmetap_irq *was = ev->inject->was.info, *now = ev->inject->now.info;

		hows->was = was->result;
		hows->now = now->result;
		hows->levels = (uint8_t)(was->level | now->level << 1);
		hows->arg = ev->inject->arg;
	}
	return NVMETAP_GO;
}

static void wait_for_how(struct rig *rig, const struct hows *hows, uint8_t how)
{
	while (hows->nr == 0 || hows->how[hows->nr - 1] != how)
		assert_true(rig->access.wait(rig));
}

/* One that has been let go before its time stays so. */
static void test_a_late_pin_is_told_with_what_became_of_it(void **state)
{
	struct rig *rig = *state;
	struct hows hows = { 0 };
	bool done = false;

	begin_intx(rig);
	assert_int_equal(nvmetap_attach(rig->watcher, "nvmetap:inject:writeback", note_how, &hows,
					NVMETAP_OBSERVE), 0);
	rig_modify(rig, "pci:msix:writeback", late_once, &done);
	submit_abort(rig);
	assert_int_equal(rig->mem->nr_irqs, 0);
	assert_int_equal(rig_seen(rig, NVMETAP_EV_INTERRUPT, 0)->info.irq.result,
			 NVMETAP_IRQ_DELAYED);
	wait_for_how(rig, &hows, NVMETAP_INJECT_EFFECT);
	assert_int_equal(rig->mem->nr_irqs, 1);
	assert_int_equal(last_level(rig), 1);
	assert_int_equal(hows.was, NVMETAP_IRQ_DELAYED);
	assert_int_equal(hows.now, NVMETAP_IRQ_SENT);
	assert_int_equal(hows.levels, 3);
	assert_int_equal(hows.arg, SOON);
	take_completion(rig);
	assert_int_equal(last_level(rig), 0);
	done = false;
	submit_abort(rig);
	take_completion(rig);
	rig->mem->nr_irqs = 0;
	wait_for_how(rig, &hows, NVMETAP_INJECT_REVOKED);
	assert_int_equal(rig->mem->nr_irqs, 0);
	assert_int_equal(hows.nr, 4);
}

static void test_a_late_interrupt_does_not_outlive_a_reset(void **state)
{
	struct rig *rig = *state;
	uint64_t until_ns;
	bool done = false;

	rig_modify(rig, "pci:msix:writeback", late_once, &done);
	abort_command(rig);
	restart(rig, true);
	for (until_ns = loop_now_ns() + 2 * SOON; loop_now_ns() < until_ns;)
		rig_settle(rig);
	assert_int_equal(rig->mem->nr_irqs, 0);
}

static int drop_once(void *ctx, struct nvmetap_event *ev)
{
	bool *done = ctx;
	int verdict = *done ? NVMETAP_GO : NVMETAP_DROP;

	(void)ev;
	*done = true;
	return verdict;
}

static void test_what_a_dropped_or_late_interrupt_announced_is_not_announced_again(void **state)
{
	static nvmetap_fn *const modifiers[] = { drop_once, late_once };
	static const uint8_t results[] = { NVMETAP_IRQ_DROPPED, NVMETAP_IRQ_DELAYED };
	struct rig *rig = *state;

	rig_watch(rig, "pci:msix:writeback");
	for (unsigned int i = 0; i < 2; i++) {
		bool done = false;
		struct nvmetap_plugin *plugin =
			rig_modify(rig, "pci:msix:writeback", modifiers[i], &done);
		const struct seen *irq;

		abort_command(rig);
		irq = rig_seen(rig, NVMETAP_EV_INTERRUPT, 2 * i);
		assert_int_equal(irq->info.irq.result, results[i]);
		abort_command(rig);
		irq = rig_seen(rig, NVMETAP_EV_INTERRUPT, 2 * i + 1);
		assert_int_equal(irq->ev.count, 1);
		plugin_remove(plugin);
	}
}

static int late_twice(void *ctx, struct nvmetap_event *ev)
{
	unsigned int *nr = ctx;

	(void)ev;
	assert_int_equal(nvmetap_fault(NULL, NVMETAP_FAULT_LATE_IRQ,
				       (*nr)++ == 0 ? SOON : 1000 * (uint64_t)SOON), 0);
	return NVMETAP_GO;
}

static void test_of_two_late_interrupts_one_is_sent_and_the_other_revoked(void **state)
{
	struct rig *rig = *state;
	struct hows hows = { 0 };
	unsigned int nr = 0;

	assert_int_equal(nvmetap_attach(rig->watcher, "nvmetap:inject:writeback", note_how, &hows,
					NVMETAP_OBSERVE), 0);
	rig_modify(rig, "pci:msix:writeback", late_twice, &nr);
	rig->mem->nr_irqs = 0;
	abort_command(rig);
	abort_command(rig);
	assert_int_equal(nr, 2);
	wait_for_how(rig, &hows, NVMETAP_INJECT_EFFECT);
	assert_int_equal(rig->mem->nr_irqs, 1);
	device_reset(rig->dev);
	assert_int_equal(hows.how[hows.nr - 1], NVMETAP_INJECT_REVOKED);
	assert_int_equal(rig->mem->nr_irqs, 1);
}

static int vanish(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	(void)ev;
	assert_int_equal(nvmetap_fault(NULL, NVMETAP_FAULT_GONE, 0), 0);
	return NVMETAP_GO;
}

/* What was refused is forgotten, and what was late is revoked with it. */
static void test_of_a_device_that_is_gone_nothing_is_sent(void **state)
{
	struct rig *rig = *state;
	struct hows hows = { 0 };
	bool done = false;

	assert_int_equal(nvmetap_attach(rig->watcher, "nvmetap:inject:writeback", note_how, &hows,
					NVMETAP_OBSERVE), 0);
	rig_modify(rig, "pci:msix:writeback", late_once, &done);
	rig_modify(rig, "nvme:regread:writeback", vanish, NULL);
	abort_command(rig);
	rig->mem->irq_result = -ENOTCONN;
	abort_command(rig);
	rig->mem->irq_result = 0;
	rig->mem->nr_irqs = 0;
	driver_csts(&rig->driver);
	device_irq_ready(rig->dev, NVMETAP_IRQ_MSIX);
	wait_for_how(rig, &hows, NVMETAP_INJECT_REVOKED);
	assert_int_equal(rig->mem->nr_irqs, 0);
}

/* PCI Express Base Specification 3.0, section 2.2.8.1: as when a link goes down. */
static void test_the_pin_of_a_device_that_is_gone_is_let_go(void **state)
{
	struct rig *rig = *state;

	begin_intx(rig);
	submit_abort(rig);
	assert_int_equal(last_level(rig), 1);
	rig_modify(rig, "nvme:regread:writeback", vanish, NULL);
	driver_csts(&rig->driver);
	rig_settle(rig);
	assert_int_equal(rig->mem->nr_irqs, 2);
	assert_int_equal(last_level(rig), 0);
}

static int redirect(void *ctx, struct nvmetap_event *ev)
{
	const struct nvmetap_irq *to = ctx;

	ev->irq->vector = to->vector;
	if (to->message) {
		ev->irq->addr = to->addr;
		ev->irq->data = to->data;
	}
	return NVMETAP_GO;
}

/* Another vector is sent with its own message, unless the plug-in has written one. */
static void test_a_plug_in_chooses_vector_and_message(void **state)
{
	struct rig *rig = *state;
	struct nvmetap_irq to = { .vector = 2 };
	const struct transport_irq *irq = &rig->mem->irqs[0];

	rig->mem->ops.sees = TRANSPORT_SEES_MSIX_TABLE;
	rig_watch(rig, "pci:msix:writeback");
	for (unsigned int i = 0; i < 3; i++) {
		set(rig, TABLE + 16 * i, 8, 0xfee01000 + 16 * i);
		set(rig, TABLE + 16 * i + 8, 4, 0x40 + i);
		set(rig, TABLE + 16 * i + 12, 4, 0);
	}
	rig_modify(rig, "pci:msix:writeback", redirect, &to);
	rig->mem->nr_irqs = 0;
	abort_command(rig);
	assert_int_equal(irq->vector, 2);
	assert_int_equal(irq->addr, 0xfee01020);
	assert_int_equal(irq->data, 0x42);
	to = (struct nvmetap_irq){ .vector = 1, .message = 1, .addr = 0xfee02000, .data = 7 };
	rig->mem->nr_irqs = 0;
	abort_command(rig);
	assert_int_equal(irq->vector, 1);
	assert_int_equal(irq->addr, 0xfee02000);
	assert_int_equal(irq->data, 7);
	to = (struct nvmetap_irq){ .vector = 65 };
	rig->mem->nr_irqs = 0;
	abort_command(rig);
	assert_int_equal(rig->mem->nr_irqs, 0);
	assert_int_equal(rig_seen(rig, NVMETAP_EV_INTERRUPT, 2)->info.irq.result,
			 NVMETAP_IRQ_DISABLED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
#define BARE(name) cmocka_unit_test_setup_teardown(name, rig_setup_bare, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_vector_that_the_drive_sees_masked_is_pending_and_sent_later),
		TEST(test_a_masked_vector_announces_all_that_came),
		TEST(test_all_that_is_pending_is_sent_when_the_function_is_unmasked),
		TEST(test_a_refused_interrupt_is_sent_again),
		TEST(test_refused_interrupts_are_sent_again_in_their_order),
		TEST(test_a_reset_forgets_interrupts_that_were_refused),
		BARE(test_intx_is_a_level_with_a_mask),
		TEST(test_a_refused_interrupt_is_not_sent_without_bus_master),
		BARE(test_the_pin_rises_for_what_a_back_end_completes),
		BARE(test_a_refused_pin_is_sent_again),
		BARE(test_a_pin_that_was_refused_and_then_told_is_not_sent_again),
		BARE(test_a_disabled_pin_is_let_go_and_the_status_stays),
		BARE(test_enabling_msix_lets_the_pin_go),
		BARE(test_a_reset_lets_the_pin_go),
		BARE(test_each_rise_of_the_pin_says_what_it_announces),
		BARE(test_a_reset_forgets_what_the_pin_has_not_announced),
		TEST(test_a_late_interrupt_does_not_outlive_a_reset),
		TEST(test_what_a_dropped_or_late_interrupt_announced_is_not_announced_again),
		TEST(test_of_two_late_interrupts_one_is_sent_and_the_other_revoked),
		TEST(test_of_a_device_that_is_gone_nothing_is_sent),
		BARE(test_the_pin_of_a_device_that_is_gone_is_let_go),
		BARE(test_a_late_pin_is_told_with_what_became_of_it),
		TEST(test_a_plug_in_chooses_vector_and_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
