/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts that plug-ins drop, delay or redirect, and those of a device that is gone. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include "tests/rig_irq.h"

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

	rig_begin_pin(rig);
	assert_int_equal(nvmetap_attach(rig->watcher, "nvmetap:inject:writeback", note_how, &hows,
					NVMETAP_OBSERVE), 0);
	rig_modify(rig, "pci:msix:writeback", late_once, &done);
	rig_submit_abort(rig);
	assert_int_equal(rig->mem->nr_irqs, 0);
	assert_int_equal(rig_seen(rig, NVMETAP_EV_INTERRUPT, 0)->info.irq.result,
			 NVMETAP_IRQ_DELAYED);
	wait_for_how(rig, &hows, NVMETAP_INJECT_EFFECT);
	assert_int_equal(rig->mem->nr_irqs, 1);
	assert_int_equal(rig_last_level(rig), 1);
	assert_int_equal(hows.was, NVMETAP_IRQ_DELAYED);
	assert_int_equal(hows.now, NVMETAP_IRQ_SENT);
	assert_int_equal(hows.levels, 3);
	assert_int_equal(hows.arg, SOON);
	rig_take_completion(rig);
	assert_int_equal(rig_last_level(rig), 0);
	done = false;
	rig_submit_abort(rig);
	rig_take_completion(rig);
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
	rig_abort(rig);
	rig_restart(rig, true);
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

		rig_abort(rig);
		irq = rig_seen(rig, NVMETAP_EV_INTERRUPT, 2 * i);
		assert_int_equal(irq->info.irq.result, results[i]);
		rig_abort(rig);
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
	rig_abort(rig);
	rig_abort(rig);
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
	rig_abort(rig);
	rig->mem->irq_result = -ENOTCONN;
	rig_abort(rig);
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

	rig_begin_pin(rig);
	rig_submit_abort(rig);
	assert_int_equal(rig_last_level(rig), 1);
	rig_modify(rig, "nvme:regread:writeback", vanish, NULL);
	driver_csts(&rig->driver);
	rig_settle(rig);
	assert_int_equal(rig->mem->nr_irqs, 2);
	assert_int_equal(rig_last_level(rig), 0);
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
		rig_set(rig, TABLE + 16 * i, 8, 0xfee01000 + 16 * i);
		rig_set(rig, TABLE + 16 * i + 8, 4, 0x40 + i);
		rig_set(rig, TABLE + 16 * i + 12, 4, 0);
	}
	rig_modify(rig, "pci:msix:writeback", redirect, &to);
	rig->mem->nr_irqs = 0;
	rig_abort(rig);
	assert_int_equal(irq->vector, 2);
	assert_int_equal(irq->addr, 0xfee01020);
	assert_int_equal(irq->data, 0x42);
	to = (struct nvmetap_irq){ .vector = 1, .message = 1, .addr = 0xfee02000, .data = 7 };
	rig->mem->nr_irqs = 0;
	rig_abort(rig);
	assert_int_equal(irq->vector, 1);
	assert_int_equal(irq->addr, 0xfee02000);
	assert_int_equal(irq->data, 7);
	to = (struct nvmetap_irq){ .vector = 65 };
	rig->mem->nr_irqs = 0;
	rig_abort(rig);
	assert_int_equal(rig->mem->nr_irqs, 0);
	assert_int_equal(rig_seen(rig, NVMETAP_EV_INTERRUPT, 2)->info.irq.result,
			 NVMETAP_IRQ_DISABLED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
#define BARE(name) cmocka_unit_test_setup_teardown(name, rig_setup_bare, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
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
