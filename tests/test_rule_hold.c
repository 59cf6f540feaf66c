/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules that keep commands: delayed, held, released, and what ends before. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "tests/rule_bench.h"

enum { WRITE_FAULT = ST(WRITE_FAULTS) };

static uint64_t time_read(struct rule_bench *bench)
{
	uint64_t begin = loop_now_ns();

	assert_int_equal(rule_bench_command(bench, NVME_OPC_READ, 0), 0);
	return loop_now_ns() - begin;
}

static void test_a_delay_delays_at_every_stage(void **state)
{
	static const char *const rules[] = {
		"nvme:io:fetch do delay 5ms", "nvme:io:decode do delay 5ms",
		"nvme:io:execute do delay 5ms", "nvme:io:memory do delay 5ms",
		"nvme:io:writeback do delay 5ms", "nvme:io:writeback do delay uniform 5ms 6ms",
	};
	struct rule_bench *bench = *state;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		unsigned int id = rule_bench_add(bench, rules[i]);

		assert_true(time_read(bench) >= 5000000);
		assert_int_equal(rule_bench_look(bench, id).fired, 1);
		inject_remove(bench->inject, id);
	}
}

static void test_a_status_can_be_delayed_and_is_not_carried_out_either(void **state)
{
	struct rule_bench *bench = *state;
	uint8_t *block = driver_ptr(&bench->rig->driver, rule_bench_block(bench));
	uint64_t begin = loop_now_ns();
	unsigned int id = rule_bench_add(bench, "nvme:io:decode do status 2/0x80, delay 5ms");

	memset(block, 0x11, 512);
	assert_int_equal(rule_bench_command(bench, NVME_OPC_WRITE, 0), WRITE_FAULT);
	assert_true(loop_now_ns() - begin >= 5000000);
	inject_remove(bench->inject, id);
	assert_int_equal(rule_bench_command(bench, NVME_OPC_READ, 0), 0);
	assert_int_equal(block[0], 0);
}

static void test_rules_behind_a_delay_have_their_say_when_it_is_over(void **state)
{
	struct rule_bench *bench = *state;
	unsigned int id;

	rule_bench_add(bench, "nvme:io:decode do delay 1ms");
	id = rule_bench_add(bench, "nvme:io:decode do status 2/0x80");
	assert_int_equal(rule_bench_command(bench, NVME_OPC_READ, 0), WRITE_FAULT);
	assert_int_equal(rule_bench_look(bench, id).fired, 1);
}

static void test_what_is_held_goes_on_when_it_is_released(void **state)
{
	struct rule_bench *bench = *state;
	unsigned int id = rule_bench_add(bench, "nvme:io:decode times 2 do hold");
	struct nvme_completion cpl;

	rule_bench_submit_read(bench);
	rule_bench_submit_read(bench);
	rig_settle(bench->rig);
	assert_false(driver_peek(&bench->rig->driver, 1));
	assert_int_equal(rule_bench_look(bench, id).held, 2);
	assert_int_equal(inject_release(bench->inject, id), 2);
	for (unsigned int i = 0; i < 2; i++) {
		assert_true(driver_wait(&bench->rig->driver, 1, &cpl));
		assert_int_equal(status_code(&cpl), 0);
	}
	assert_int_equal(rule_bench_look(bench, id).held, 0);
	assert_int_equal(inject_release(bench->inject, id), 0);
	assert_int_equal(inject_release(bench->inject, id + 1), -ENOENT);
}

/* Held and delayed commands outlive their rule, and end well. */
static void test_removing_a_rule_lets_go_what_it_holds(void **state)
{
	static const char *const rules[] = {
		"nvme:io:decode do hold", "nvme:io:writeback do hold",
		"nvme:io:decode do delay 5ms", "nvme:io:memory do delay 5ms",
		"nvme:io:writeback do status 0/0, delay 5ms",
	};
	struct rule_bench *bench = *state;
	struct nvme_completion cpl;
	unsigned int id;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		id = rule_bench_add(bench, rules[i]);
		rule_bench_submit_read(bench);
		while (rule_bench_look(bench, id).fired == 0)
			assert_true(bench->rig->access.wait(bench->rig));
		assert_int_equal(inject_remove(bench->inject, id), 0);
		assert_true(driver_wait(&bench->rig->driver, 1, &cpl));
		if (status_code(&cpl) != 0)
			fail_msg("%s: status %03x", rules[i], status_code(&cpl));
	}
	assert_int_equal(inject_remove(bench->inject, id), -ENOENT);
}

static void test_what_a_reset_gives_up_is_held_no_longer(void **state)
{
	struct rule_bench *bench = *state;
	unsigned int id = rule_bench_add(bench, "nvme:io:decode do hold");

	rule_bench_submit_read(bench);
	rig_settle(bench->rig);
	assert_int_equal(rule_bench_look(bench, id).held, 1);
	assert_true(driver_disable(&bench->rig->driver));
	assert_int_equal(rule_bench_look(bench, id).held, 0);
	assert_int_equal(inject_release(bench->inject, id), 0);
}

/* It is not held, and when its time comes it may be gone. */
static void test_a_delayed_command_may_be_given_up_by_a_reset(void **state)
{
	struct rule_bench *bench = *state;
	unsigned int id = rule_bench_add(bench, "nvme:io:decode do delay 5ms");
	uint64_t until_ns = loop_now_ns() + 10000000;

	rule_bench_submit_read(bench);
	assert_int_equal(rule_bench_look(bench, id).fired, 1);
	assert_int_equal(rule_bench_look(bench, id).held, 0);
	assert_int_equal(inject_release(bench->inject, id), 0);
	assert_true(driver_disable(&bench->rig->driver));
	while (loop_now_ns() < until_ns)
		loop_once(bench->rig->loop, 1);
	assert_false(driver_peek(&bench->rig->driver, 1));
}

static void test_what_is_aborted_is_held_no_longer(void **state)
{
	struct rule_bench *bench = *state;
	unsigned int id = rule_bench_add(bench, "nvme:io:decode do hold");
	uint16_t cid = rule_bench_submit_read(bench);
	struct nvme_command abort_cmd = { .opc = NVME_OPC_ABORT, .cdw10 = (uint32_t)cid << 16 | 1 };
	struct nvme_completion cpl;

	assert_int_equal(driver_command(&bench->rig->driver, 0, &abort_cmd), 0);
	assert_true(driver_wait(&bench->rig->driver, 1, &cpl));
	assert_int_equal(status_code(&cpl), ST(ABORTED_BY_REQUEST));
	assert_int_equal(rule_bench_look(bench, id).held, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rule_bench_setup, rule_bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_delay_delays_at_every_stage),
		TEST(test_a_status_can_be_delayed_and_is_not_carried_out_either),
		TEST(test_rules_behind_a_delay_have_their_say_when_it_is_over),
		TEST(test_what_is_held_goes_on_when_it_is_released),
		TEST(test_removing_a_rule_lets_go_what_it_holds),
		TEST(test_what_a_reset_gives_up_is_held_no_longer),
		TEST(test_a_delayed_command_may_be_given_up_by_a_reset),
		TEST(test_what_is_aborted_is_held_no_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
