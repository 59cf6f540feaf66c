/* SPDX-License-Identifier: BSD-2-Clause */
/* What rules do: interrupts, data, completions and events that are not as they should be. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "tests/rule_bench.h"

static uint8_t *block(struct rule_bench *bench)
{
	return driver_ptr(&bench->rig->driver, rule_bench_block(bench));
}

static void test_an_interrupt_goes_to_another_vector_or_nowhere(void **state)
{
	struct rule_bench *bench = *state;

	rule_bench_reads(bench, 1);
	rig_settle(bench->rig);
	rig_nr_irqs(bench->rig, 0);
	rig_nr_irqs(bench->rig, 1);
	rule_bench_add(bench, "pci:msix:writeback once do set nvmetap.irq.vector = 0");
	rule_bench_reads(bench, 1);
	rig_settle(bench->rig);
	assert_int_equal(rig_nr_irqs(bench->rig, 0), 1);
	assert_int_equal(rig_nr_irqs(bench->rig, 1), 0);
	rule_bench_add(bench, "pci:msix:writeback once do drop");
	rule_bench_reads(bench, 1);
	rig_settle(bench->rig);
	assert_int_equal(rig_nr_irqs(bench->rig, 1), 0);
}

static void test_an_interrupt_comes_twice_or_late(void **state)
{
	struct rule_bench *bench = *state;
	uint64_t begin;

	rule_bench_reads(bench, 1);
	rig_settle(bench->rig);
	rig_nr_irqs(bench->rig, 1);
	rule_bench_add(bench, "pci:msix:writeback once do duplicate");
	rule_bench_reads(bench, 1);
	rig_settle(bench->rig);
	assert_int_equal(rig_nr_irqs(bench->rig, 1), 2);
	rule_bench_add(bench, "pci:msix:writeback once do delay 5ms");
	begin = loop_now_ns();
	rule_bench_reads(bench, 1);
	assert_true(rig_interrupted(bench->rig, 1));
	assert_true(loop_now_ns() - begin >= 5000000);
}

static unsigned int nr_bits(const uint8_t *bytes, size_t len)
{
	unsigned int nr = 0;

	for (size_t i = 0; i < len; i++)
		nr += (unsigned int)__builtin_popcount(bytes[i]);
	return nr;
}

static void test_data_is_corrupted_alike_by_the_same_seed(void **state)
{
	struct rule_bench *bench = *state;
	uint8_t first[512];
	unsigned int id;

	id = rule_bench_add(bench, "nvme:io:memory seed 7 do corrupt 1 bit");
	assert_int_equal(rule_bench_command(bench, NVME_OPC_READ, 0), 0);
	assert_int_equal(nr_bits(block(bench), 512), 1);
	inject_remove(bench->inject, id);
	for (unsigned int i = 0; i < 2; i++) {
		id = rule_bench_add(bench, "nvme:io:memory seed 9 do corrupt 20 bytes");
		assert_int_equal(rule_bench_command(bench, NVME_OPC_READ, 0), 0);
		inject_remove(bench->inject, id);
		assert_true(nr_bits(block(bench), 512) >= 15);
		if (i == 0)
			memcpy(first, block(bench), sizeof(first));
	}
	assert_memory_equal(block(bench), first, sizeof(first));
}

static void test_an_interrupt_s_message_is_set(void **state)
{
	struct rule_bench *bench = *state;
	const struct transport_irq *irq = bench->rig->mem->irqs;

	bench->rig->mem->ops.sees = TRANSPORT_SEES_MSIX_TABLE;
	driver_set_reg(&bench->rig->driver, 0x2010, 8, 0xfee01000);
	driver_set_reg(&bench->rig->driver, 0x2018, 4, 0x41);
	driver_set_reg(&bench->rig->driver, 0x201c, 4, 0);
	rule_bench_add(bench, "pci:msix:writeback do set nvmetap.irq.addr ^= 0x4000, "
			      "set nvmetap.irq.data = 0x99");
	bench->rig->mem->nr_irqs = 0;
	rule_bench_reads(bench, 1);
	rig_settle(bench->rig);
	assert_int_equal(bench->rig->mem->nr_irqs, 1);
	assert_int_equal(irq->vector, 1);
	assert_int_equal(irq->addr, 0xfee05000);
	assert_int_equal(irq->data, 0x99);
}

/* The namespace's blocks are ones, so that what a byte was counts. */
static void test_data_is_corrupted_in_as_many_places_as_the_rule_says(void **state)
{
	struct rule_bench *bench = *state;
	unsigned int id;

	memset(block(bench), 0xff, 512);
	assert_int_equal(rule_bench_command(bench, NVME_OPC_WRITE, 0), 0);
	for (unsigned int i = 0; i < 20; i++) {
		id = rule_bench_add(bench, "nvme:io:memory do corrupt 1 bit");
		assert_int_equal(rule_bench_command(bench, NVME_OPC_READ, 0), 0);
		assert_int_equal(nr_bits(block(bench), 512), 512 * 8 - 1);
		inject_remove(bench->inject, id);
		id = rule_bench_add(bench, "nvme:io:memory do corrupt 1 byte");
		assert_int_equal(rule_bench_command(bench, NVME_OPC_READ, 0), 0);
		assert_in_range(nr_bits(block(bench), 512), 511 * 8, 512 * 8 - 1);
		inject_remove(bench->inject, id);
	}
}

static void test_a_completion_is_posted_twice_or_with_the_wrong_phase(void **state)
{
	struct rule_bench *bench = *state;
	struct nvme_driver *driver = &bench->rig->driver;
	struct nvme_command cmd = rig_read_command(1, rule_bench_block(bench));
	struct nvme_completion cpl, again;

	rule_bench_add(bench, "nvme:io:writeback once do duplicate");
	driver_submit(driver, 1, &cmd);
	assert_true(driver_wait(driver, 1, &cpl));
	assert_true(driver_wait(driver, 1, &again));
	assert_int_equal(again.cid, cpl.cid);
	rule_bench_add(bench, "nvme:io:writeback once do phase");
	driver_submit(driver, 1, &cmd);
	rig_settle(bench->rig);
	assert_false(driver_peek(driver, 1));
}

static void test_an_asynchronous_event_comes_out_of_nothing(void **state)
{
	struct rule_bench *bench = *state;
	struct nvme_driver *driver = &bench->rig->driver;
	struct nvme_command cmd = { .opc = NVME_OPC_ASYNC_EVENT_REQUEST };
	struct nvme_completion cpl;

	driver_submit(driver, 0, &cmd);
	rule_bench_add(bench, "nvme:io:decode once do async 1 0 2");
	rule_bench_reads(bench, 1);
	assert_true(driver_wait(driver, 0, &cpl));
	assert_int_equal(cpl.cdw0, 0x00020001);
}

/* Figure 146: the completion's Dword 0, by what an event says. */
static void test_an_asynchronous_event_is_changed_on_its_way(void **state)
{
	struct rule_bench *bench = *state;
	struct nvme_driver *driver = &bench->rig->driver;
	struct nvme_command cmd = { .opc = NVME_OPC_ASYNC_EVENT_REQUEST };
	struct nvme_completion cpl;

	driver_submit(driver, 0, &cmd);
	rule_bench_add(bench, "nvme:async:execute do set nvmetap.async.type = 6, "
			      "set nvmetap.async.info = 0x12, set nvmetap.async.lid = 0xc0");
	/* There is no queue 9. */
	driver_set_reg(driver, NVME_REG_DOORBELLS + 8 * 9, 4, 1);
	assert_true(driver_wait(driver, 0, &cpl));
	assert_int_equal(cpl.cdw0, 0x00c01206);
}

static void test_a_controller_that_is_never_ready(void **state)
{
	struct rule_bench *bench = *state;
	struct nvme_driver *driver = &bench->rig->driver;
	unsigned int id = rule_bench_add(bench, "nvme:ctrl:execute if nvmetap.ctrl.state == "
						"\"enabled\" once do no-ready");

	assert_true(driver_disable(driver));
	driver_set_reg(driver, NVME_REG_CC, 4, 0x00460001);
	rig_settle(bench->rig);
	assert_int_equal(driver_csts(driver), 0);
	assert_int_equal(rule_bench_look(bench, id).fired, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rule_bench_setup, rule_bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_interrupt_goes_to_another_vector_or_nowhere),
		TEST(test_an_interrupt_comes_twice_or_late),
		TEST(test_data_is_corrupted_alike_by_the_same_seed),
		TEST(test_an_interrupt_s_message_is_set),
		TEST(test_data_is_corrupted_in_as_many_places_as_the_rule_says),
		TEST(test_a_completion_is_posted_twice_or_with_the_wrong_phase),
		TEST(test_an_asynchronous_event_comes_out_of_nothing),
		TEST(test_an_asynchronous_event_is_changed_on_its_way),
		TEST(test_a_controller_that_is_never_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
