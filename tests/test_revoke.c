/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of a fault whose effect is still to come: resets, queues and plug-ins that go. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "spec/bytes.h"
#include "tests/rig.h"

#define HOUR (UINT64_C(3600) * 1000000000)

enum { NR_TOLD = 16 };

struct told {
	uint64_t seq, cause, cmd_id;
	uint8_t how, fault;
};

static struct told told[NR_TOLD];
static unsigned int nr_told;

static int hear(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	if (nr_told < NR_TOLD)
		told[nr_told++] = (struct told){
			ev->seq, ev->cause, ev->cmd_id, ev->inject->how, ev->inject->fault,
		};
	return NVMETAP_GO;
}

static int setup_told(void **state)
{
	nr_told = 0;
	return rig_setup_heard(state, "nvmetap:inject:writeback", hear);
}

/* What is provoked at the first event for which it can be. */
struct order {
	unsigned int fault;
	uint64_t arg;
	bool done;
};

static int provoke(void *ctx, struct nvmetap_event *ev)
{
	struct order *order = ctx;

	(void)ev;
	if (!order->done)
		order->done = nvmetap_fault(NULL, order->fault, order->arg) == 0;
	return NVMETAP_GO;
}

/* Until it is completed, or something was provoked. */
static void flush(struct rig *rig)
{
	struct nvme_command cmd = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	unsigned int before = nr_told;

	driver_submit(&rig->driver, 1, &cmd);
	while (nr_told == before && !driver_peek(&rig->driver, 1))
		assert_true(rig->access.wait(rig));
	rig_settle(rig);
}

static const uint8_t *first_entry(struct rig *rig)
{
	return driver_ptr(&rig->driver, rig->driver.queue[1].cq);
}

static unsigned int sqid_of(const uint8_t *cqe)
{
	return (unsigned int)bytes_get_le(cqe + 10, 2);
}

static unsigned int phase_of(const uint8_t *cqe)
{
	return (unsigned int)bytes_get_le(cqe + 14, 2) & 1;
}

static uint16_t delete_queue(struct rig *rig, uint8_t opc)
{
	struct nvme_command cmd = { .opc = opc, .cdw10 = 1 };

	return driver_command(&rig->driver, 0, &cmd);
}

static struct nvmetap_plugin *torn_completion(struct rig *rig, struct order *order)
{
	struct nvmetap_plugin *plugin = rig_modify(rig, "nvme:io:writeback", provoke, order);

	*order = (struct order){ NVMETAP_FAULT_TORN, HOUR, false };
	flush(rig);
	assert_int_equal(phase_of(first_entry(rig)), 1);
	assert_int_equal(sqid_of(first_entry(rig)), 0);
	return plugin;
}

static void test_the_rest_of_a_torn_completion_is_not_written_after_a_reset(void **state)
{
	struct rig *rig = *state;
	struct order order;

	torn_completion(rig, &order);
	assert_int_equal(told[0].how, NVMETAP_INJECT_ALTERED);
	assert_true(driver_disable(&rig->driver));
	assert_int_equal(nr_told, 2);
	assert_int_equal(told[1].how, NVMETAP_INJECT_REVOKED);
	assert_int_equal(told[1].fault, NVMETAP_FAULT_TORN);
	assert_int_equal(told[1].cause, told[0].cause);
	assert_int_equal(sqid_of(first_entry(rig)), 0);
}

static void test_the_rest_of_a_torn_completion_goes_with_its_queue(void **state)
{
	struct rig *rig = *state;
	struct order order;

	torn_completion(rig, &order);
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_SQ), 0);
	assert_int_equal(nr_told, 1);
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_CQ), 0);
	assert_int_equal(nr_told, 2);
	assert_int_equal(told[1].how, NVMETAP_INJECT_REVOKED);
}

static void test_the_rest_of_a_torn_completion_is_written_when_its_plug_in_goes(void **state)
{
	struct rig *rig = *state;
	struct order order;
	struct nvmetap_plugin *plugin = torn_completion(rig, &order);

	plugin_remove(plugin);
	assert_int_equal(sqid_of(first_entry(rig)), 1);
	assert_int_equal(told[1].how, NVMETAP_INJECT_EFFECT);
}

static void test_a_completion_behind_its_interrupt_goes_with_its_queue(void **state)
{
	struct rig *rig = *state;
	struct order order = { NVMETAP_FAULT_EARLY_IRQ, HOUR, false };

	rig_modify(rig, "nvme:io:writeback", provoke, &order);
	flush(rig);
	assert_int_equal(delete_queue(rig, NVME_OPC_DELETE_IO_SQ), 0);
	assert_int_equal(phase_of(first_entry(rig)), 0);
}

static void test_a_completion_behind_its_interrupt_is_posted_when_its_plug_in_goes(void **state)
{
	struct rig *rig = *state;
	struct order order = { NVMETAP_FAULT_EARLY_IRQ, HOUR, false };
	struct nvmetap_plugin *plugin = rig_modify(rig, "nvme:io:writeback", provoke, &order);

	flush(rig);
	assert_int_equal(phase_of(first_entry(rig)), 0);
	assert_int_not_equal(told[0].cmd_id, 0);
	/* No plug-in holds it, so none resumes it. */
	assert_int_equal(nvmetap_resume(plugin, told[0].cmd_id, 0), 0);
	rig_settle(rig);
	assert_int_equal(phase_of(first_entry(rig)), 0);
	plugin_remove(plugin);
	rig_settle(rig);
	assert_int_equal(phase_of(first_entry(rig)), 1);
	assert_int_equal(rig_nr_irqs(rig, 1), 1);
}

static void test_a_late_interrupt_is_sent_when_its_plug_in_goes(void **state)
{
	struct rig *rig = *state;
	struct order order = { NVMETAP_FAULT_LATE_IRQ, HOUR, false };
	struct nvmetap_plugin *plugin = rig_modify(rig, "pci:msix:writeback", provoke, &order);

	flush(rig);
	assert_int_equal(rig_nr_irqs(rig, 1), 0);
	plugin_remove(plugin);
	assert_int_equal(rig_nr_irqs(rig, 1), 1);
	assert_int_equal(told[1].how, NVMETAP_INJECT_EFFECT);
}

static void test_a_late_interrupt_is_not_sent_after_a_reset_of_the_function(void **state)
{
	struct rig *rig = *state;
	struct order order = { NVMETAP_FAULT_LATE_IRQ, HOUR, false };

	rig_modify(rig, "pci:msix:writeback", provoke, &order);
	flush(rig);
	rig_reset(rig);
	assert_int_equal(told[1].how, NVMETAP_INJECT_REVOKED);
	assert_int_equal(rig_nr_irqs(rig, 1), 0);
}

static void test_a_device_is_back_when_the_plug_in_that_took_it_goes(void **state)
{
	struct rig *rig = *state;
	struct order order = { NVMETAP_FAULT_GONE, 0, false };
	struct nvmetap_plugin *plugin = rig_modify(rig, "nvme:regread:writeback", provoke, &order);

	driver_reg(&rig->driver, NVME_REG_VS, 4);
	rig_settle(rig);
	assert_int_equal(driver_csts(&rig->driver), 0xffffffff);
	plugin_remove(plugin);
	assert_int_equal(driver_csts(&rig->driver), 0);
	assert_int_equal(told[1].how, NVMETAP_INJECT_OVER);
}

static void test_a_device_is_back_for_the_next_guest(void **state)
{
	struct rig *rig = *state;
	struct order order = { NVMETAP_FAULT_GONE, 0, false };

	rig_modify(rig, "nvme:regread:writeback", provoke, &order);
	driver_reg(&rig->driver, NVME_REG_VS, 4);
	rig_reset(rig);
	assert_int_equal(driver_csts(&rig->driver), 0xffffffff);
	device_gone(rig->dev);
	assert_int_equal(driver_csts(&rig->driver), 0);
}

static void test_a_zombie_does_not_outlive_its_guest(void **state)
{
	struct rig *rig = *state;
	struct order order = { NVMETAP_FAULT_ZOMBIE, HOUR, false };

	rig_modify(rig, "nvme:io:writeback", provoke, &order);
	flush(rig);
	assert_true(driver_disable(&rig->driver));
	assert_int_equal(nr_told, 1);
	device_gone(rig->dev);
	assert_int_equal(nr_told, 2);
	assert_int_equal(told[1].how, NVMETAP_INJECT_REVOKED);
	assert_int_equal(told[1].fault, NVMETAP_FAULT_ZOMBIE);
}

static void test_a_controller_is_ready_when_the_plug_in_that_kept_it_goes(void **state)
{
	struct rig *rig = *state;
	struct order order = { NVMETAP_FAULT_NO_READY, 0, false };
	struct nvmetap_plugin *plugin = rig_modify(rig, "nvme:ctrl:execute", provoke, &order);

	assert_true(driver_disable(&rig->driver));
	driver_set_reg(&rig->driver, NVME_REG_CC, 4, 0x00460001);
	rig_settle(rig);
	assert_int_equal(driver_csts(&rig->driver), 0);
	plugin_remove(plugin);
	assert_true(driver_wait_csts(&rig->driver, 1, 1));
}

static int provoke_all(void *ctx, struct nvmetap_event *ev)
{
	(void)ev;
	for (int i = 0; i < 8; i++)
		assert_int_equal(nvmetap_fault(NULL, NVMETAP_FAULT_PHASE, 0), 0);
	*(int *)ctx = nvmetap_fault(NULL, NVMETAP_FAULT_PHASE, 0);
	return NVMETAP_GO;
}

static void test_each_of_several_faults_is_told_and_a_ninth_is_refused(void **state)
{
	struct rig *rig = *state;
	int ninth = 0;

	rig_modify(rig, "nvme:io:writeback", provoke_all, &ninth);
	rig_watch(rig, "nvme:io:writeback");
	flush(rig);
	assert_int_equal(ninth, -EBUSY);
	assert_int_equal(nr_told, 8);
	assert_int_equal(told[7].fault, NVMETAP_FAULT_PHASE);
	assert_int_equal(told[7].seq, told[0].seq + 7);
	/* Nothing of the event changed, but what becomes of it has. */
	assert_int_equal(rig->seen[0].ev.flags & NVMETAP_ALTERED, NVMETAP_ALTERED);
}

static int provoke_and_drop(void *ctx, struct nvmetap_event *ev)
{
	provoke(ctx, ev);
	return NVMETAP_DROP;
}

static void test_a_fault_of_a_dropped_completion_does_not_hit_the_next_one(void **state)
{
	struct rig *rig = *state;
	struct order order = { NVMETAP_FAULT_PHASE, 0, false };
	struct nvmetap_plugin *plugin;

	plugin = rig_modify(rig, "nvme:io:writeback", provoke_and_drop, &order);
	flush(rig);
	nvmetap_detach(plugin, "nvme:io:writeback", provoke_and_drop, &order);
	rig_watch(rig, "nvme:io:writeback");
	flush(rig);
	assert_int_equal(phase_of(first_entry(rig)), 1);
	assert_int_equal(rig->seen[0].ev.flags & NVMETAP_ALTERED, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_told, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_rest_of_a_torn_completion_is_not_written_after_a_reset),
		TEST(test_the_rest_of_a_torn_completion_goes_with_its_queue),
		TEST(test_the_rest_of_a_torn_completion_is_written_when_its_plug_in_goes),
		TEST(test_a_completion_behind_its_interrupt_goes_with_its_queue),
		TEST(test_a_completion_behind_its_interrupt_is_posted_when_its_plug_in_goes),
		TEST(test_a_late_interrupt_is_sent_when_its_plug_in_goes),
		TEST(test_a_late_interrupt_is_not_sent_after_a_reset_of_the_function),
		TEST(test_a_device_is_back_when_the_plug_in_that_took_it_goes),
		TEST(test_a_device_is_back_for_the_next_guest),
		TEST(test_a_zombie_does_not_outlive_its_guest),
		TEST(test_a_controller_is_ready_when_the_plug_in_that_kept_it_goes),
		TEST(test_each_of_several_faults_is_told_and_a_ninth_is_refused),
		TEST(test_a_fault_of_a_dropped_completion_does_not_hit_the_next_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
