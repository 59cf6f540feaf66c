/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules on a drive: how often they fire, what they do to commands, and how they go. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "tests/rule_bench.h"

enum { WRITE_FAULT = ST(WRITE_FAULTS) };

/* A rule, and which of 16 reads it makes fail: bit 0 is the first. */
static const struct {
	const char *rule;
	uint64_t failed;
} frequencies[] = {
	{ "nvme:io:decode do status 2/0x80", 0xffff },
	{ "nvme:io:decode after 5 do status 2/0x80", 0xffe0 },
	{ "nvme:io:decode every 3 do status 2/0x80", 0x4924 },
	{ "nvme:io:decode after 5 every 3 do status 2/0x80", 0x2480 },
	{ "nvme:io:decode times 2 do status 2/0x80", 0x0003 },
	{ "nvme:io:decode once do status 2/0x80", 0x0001 },
	{ "nvme:io:decode after 5 every 3 times 2 do status 2/0x80", 0x0480 },
	{ "nvme:io:decode queue 1 do status 2/0x80", 0xffff },
	{ "nvme:io:decode queue 2 do status 2/0x80", 0x0000 },
	{ "nvme:io:decode from 1min do status 2/0x80", 0x0000 },
	{ "nvme:io:decode to 1min do status 2/0x80", 0xffff },
	{ "nvme:io:decode if nvmetap.opc == \"Write\" do status 2/0x80", 0x0000 },
	{ "nvme:io:decode if nvme.cmd.opc == 2 after 15 do status 2/0x80", 0x8000 },
};

static void test_a_rule_fires_as_often_as_it_says(void **state)
{
	struct rule_bench *bench = *state;

	for (size_t i = 0; i < sizeof(frequencies) / sizeof(frequencies[0]); i++) {
		unsigned int id = rule_bench_add(bench, frequencies[i].rule);
		uint64_t failed = rule_bench_reads(bench, 16);

		assert_int_equal(inject_remove(bench->inject, id), 0);
		if (failed != frequencies[i].failed)
			fail_msg("%s: %04x, not %04x", frequencies[i].rule, (unsigned int)failed,
				 (unsigned int)frequencies[i].failed);
	}
}

static void test_the_same_seed_fires_for_the_same_commands(void **state)
{
	struct rule_bench *bench = *state;
	uint64_t seven[2], eight;
	unsigned int id;

	for (unsigned int i = 0; i < 2; i++) {
		id = rule_bench_add(bench, "nvme:io:decode 1 in 3 seed 7 do status 2/0x80");
		seven[i] = rule_bench_reads(bench, 64);
		inject_remove(bench->inject, id);
		/* Others' dice are not its dice. */
		rule_bench_add(bench, "nvme:io:execute 1 in 2 do log \"x\"");
	}
	rule_bench_add(bench, "nvme:io:decode 1 in 3 seed 8 do status 2/0x80");
	eight = rule_bench_reads(bench, 64);
	assert_true(seven[0] == seven[1]);
	assert_true(seven[0] != eight);
	assert_in_range(__builtin_popcountll(seven[0]), 10, 33);
}

static void test_what_matched_and_fired_is_counted(void **state)
{
	struct rule_bench *bench = *state;
	unsigned int id = rule_bench_add(bench, "nvme:io:decode if nvmetap.opc == \"Read\" "
						"every 4 do status 2/0x80");

	rule_bench_reads(bench, 9);
	rule_bench_command(bench, NVME_OPC_FLUSH, 0);
	assert_int_equal(rule_bench_look(bench, id).matched, 9);
	assert_int_equal(rule_bench_look(bench, id).fired, 2);
	assert_int_equal(rule_bench_look(bench, id).in_vain, 0);
}

/* The status is the one that was asked for, and the disk says what was carried out. */
static void test_a_status_at_decode_is_not_carried_out_and_one_at_writeback_is(void **state)
{
	struct rule_bench *bench = *state;
	uint8_t *block = driver_ptr(&bench->rig->driver, rule_bench_block(bench));
	unsigned int id = rule_bench_add(bench, "nvme:io:decode if nvmetap.opc == \"Write\" "
						"do status 2/0x80 dnr crd 1");

	memset(block, 0x11, 512);
	assert_int_equal(rule_bench_command(bench, NVME_OPC_WRITE, 0), WRITE_FAULT);
	assert_int_equal(bench->rig->driver.cpl.status & 0xfffe, 0x9500);
	inject_remove(bench->inject, id);
	assert_int_equal(rule_bench_command(bench, NVME_OPC_READ, 0), 0);
	assert_int_equal(block[0], 0);
	memset(block, 0x22, 512);
	rule_bench_add(bench, "nvme:io:writeback if nvmetap.opc == \"Write\" do status 2/0x80");
	assert_int_equal(rule_bench_command(bench, NVME_OPC_WRITE, 0), WRITE_FAULT);
	memset(block, 0, 512);
	assert_int_equal(rule_bench_command(bench, NVME_OPC_READ, 0), 0);
	assert_int_equal(block[0], 0x22);
}

static void test_a_dropped_command_is_never_completed(void **state)
{
	static const char *const rules[] = {
		"nvme:io:decode once do drop", "nvme:io:memory once do drop",
		"nvme:io:writeback once do drop",
	};
	struct rule_bench *bench = *state;
	struct nvme_completion cpl;
	uint16_t cid;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		rule_bench_add(bench, rules[i]);
		rule_bench_submit_read(bench);
		cid = rule_bench_submit_read(bench);
		assert_true(driver_wait(&bench->rig->driver, 1, &cpl));
		assert_int_equal(cpl.cid, cid);
		rig_settle(bench->rig);
		assert_false(driver_peek(&bench->rig->driver, 1));
	}
}

static void test_without_rules_no_tap_is_armed(void **state)
{
	static const char *const rules[] = {
		"nvme:io:decode do log \"x\"", "nvme:io:decode phase \"first I/O\" do log \"x\"",
		"nvme:io:writeback after 9 do hold", "nvme:io:writeback do delay 1ms",
	};
	struct rule_bench *bench = *state;
	unsigned int id;

	assert_true(bench->rig->taps->armed == 0);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		id = rule_bench_add(bench, rules[i]);
		assert_true(bench->rig->taps->armed != 0);
		rule_bench_reads(bench, 1);
		inject_remove(bench->inject, id);
		assert_true(bench->rig->taps->armed == 0);
	}
}

static void test_a_rule_that_pauses_neither_fires_nor_counts(void **state)
{
	struct rule_bench *bench = *state;
	unsigned int id = rule_bench_add(bench, "nvme:io:decode after 2 once do status 2/0x80");

	assert_int_equal(rule_bench_reads(bench, 2), 0);
	assert_int_equal(inject_pause(bench->inject, id, true), 0);
	assert_int_equal(rule_bench_reads(bench, 3), 0);
	assert_true(rule_bench_look(bench, id).paused);
	assert_int_equal(inject_pause(bench->inject, id, false), 0);
	assert_int_equal(rule_bench_reads(bench, 2), 1);
	assert_int_equal(rule_bench_look(bench, id).matched, 3);
	assert_int_equal(inject_pause(bench->inject, id + 1, true), -ENOENT);
}

static int keep_who(void *ctx, struct nvmetap_event *ev)
{
	snprintf(ctx, 200, "%.*s", (int)ev->text_len, (const char *)ev->text);
	return NVMETAP_GO;
}

static void test_a_long_rule_is_named_by_its_beginning(void **state)
{
	struct rule_bench *bench = *state;
	char who[200] = "", rule[200];

	rig_modify(bench->rig, "nvmetap:inject:writeback", keep_who, who);
	/* "rule 1: " and 112 bytes are what there is room for: é would be cut in two. */
	snprintf(rule, sizeof(rule), "nvme:io:decode do status 2/0x80, log \"%-70s\u00e9xyz\"", "a");
	rule_bench_add(bench, rule);
	rule_bench_reads(bench, 1);
	assert_int_equal(strlen(who), 119);
	assert_memory_equal(who, "rule 1: nvme:io:decode do status 2/0x80, log \"a", 47);
	assert_string_equal(who + 114, "  …");
}

static void test_then_waits_for_the_rule_before_it(void **state)
{
	struct rule_bench *bench = *state;
	unsigned int first = rule_bench_add(bench, "nvme:io:fetch after 3 once do log \"x\"");
	char err[256];

	rule_bench_add(bench, "nvme:io:decode then times 2 do status 2/0x80");
	/* 4 fires the first one; the second is open for the same command. */
	assert_int_equal(rule_bench_reads(bench, 8), 0x18);
	inject_remove(bench->inject, first);
	assert_int_equal(rule_bench_reads(bench, 2), 0);
	inject_remove(bench->inject, first + 1);
	assert_int_equal(inject_add(bench->inject, "nvme:io:decode then do drop", err, sizeof(err)),
			 -EINVAL);
	assert_string_equal(err, "column 16: there is no rule before this one");
}

static void test_then_never_comes_when_the_rule_before_it_goes_unfired(void **state)
{
	struct rule_bench *bench = *state;
	unsigned int first = rule_bench_add(bench, "nvme:io:fetch after 3 do log \"x\"");

	rule_bench_add(bench, "nvme:io:decode then do status 2/0x80");
	inject_remove(bench->inject, first);
	assert_int_equal(rule_bench_reads(bench, 8), 0);
}

static void test_rules_run_in_the_order_they_were_added_and_handled_ends_them(void **state)
{
	struct rule_bench *bench = *state;
	unsigned int id;

	rule_bench_add(bench, "nvme:io:decode do set nvme.cmd.slba = 0x10000000");
	id = rule_bench_add(bench, "nvme:io:decode if nvme.cmd.slba == 0x10000000 "
				   "do status 2/0x80");
	rule_bench_add(bench, "nvme:io:decode do status 2/0x81");
	assert_int_equal(rule_bench_command(bench, NVME_OPC_READ, 0), WRITE_FAULT);
	assert_int_equal(rule_bench_look(bench, id).fired, 1);
	assert_int_equal(rule_bench_look(bench, id + 1).matched, 0);
}

static void test_a_phase_of_the_boot_opens_a_rule(void **state)
{
	struct rule_bench *bench = *state;
	struct nvme_driver *driver = &bench->rig->driver;
	unsigned int enabled = rule_bench_add(bench, "nvme:admin:decode phase enabled "
						     "do log \"x\"");
	unsigned int identified = rule_bench_add(bench, "nvme:admin:decode phase identified "
							"do log \"x\"");
	struct nvme_command cmd;

	driver_init(driver, &bench->rig->access, true);
	assert_true(driver_enable(driver, 32));
	for (unsigned int i = 0; i < 3; i++) {
		cmd = (struct nvme_command){
			.opc = NVME_OPC_IDENTIFY, .cdw10 = NVME_CNS_CTRL,
			.prp1 = rule_bench_block(bench),
		};
		assert_int_equal(driver_command(driver, 0, &cmd), 0);
	}
	assert_int_equal(rule_bench_look(bench, enabled).fired, 1);
	assert_int_equal(rule_bench_look(bench, identified).fired, 2);
}

static const char *const phases[] = {
	"not seen", "probed", "reset", "enabled", "identified", "queues created", "first I/O",
	"shut down", "fatal",
};

enum { NR_BOOT_PHASES = sizeof(phases) / sizeof(phases[0]) };

/* The one phase in which rules are when CSTS is read. */
static const char *phase_of(struct rule_bench *bench)
{
	unsigned int ids[NR_BOOT_PHASES], in = NR_BOOT_PHASES;
	char rule[80];

	for (unsigned int i = 0; i < NR_BOOT_PHASES; i++) {
		snprintf(rule, sizeof(rule), "nvme:regread:writeback phase \"%s\" do log \"x\"",
			 phases[i]);
		ids[i] = rule_bench_add(bench, rule);
	}
	driver_csts(&bench->rig->driver);
	for (unsigned int i = 0; i < NR_BOOT_PHASES; i++) {
		if (rule_bench_look(bench, ids[i]).fired != 0) {
			assert_int_equal(in, NR_BOOT_PHASES);
			in = i;
		}
		inject_remove(bench->inject, ids[i]);
	}
	assert_int_not_equal(in, NR_BOOT_PHASES);
	return phases[in];
}

/* NVM Express 1.4, section 3.1.5: of CC, EN is bit 0 and SHN bits 15:14; 3.1.6: of CSTS, CFS is
 * bit 1 and SHST bits 3:2. */
static void test_every_phase_of_the_boot_is_known_to_rules(void **state)
{
	struct rule_bench *bench = *state;
	struct nvme_driver *driver = &bench->rig->driver;
	struct nvme_command identify = {
		.opc = NVME_OPC_IDENTIFY, .cdw10 = NVME_CNS_CTRL,
		.prp1 = rule_bench_block(bench),
	};

	/* Keeps the model while others come and go. */
	rule_bench_add(bench, "nvme:list:memory phase fatal do log \"x\"");
	driver_init(driver, &bench->rig->access, true);
	assert_string_equal(phase_of(bench), "not seen");
	assert_string_equal(phase_of(bench), "probed");
	rig_reset(bench->rig);
	driver_init(driver, &bench->rig->access, true);
	assert_string_equal(phase_of(bench), "reset");
	assert_true(driver_enable(driver, 32));
	assert_string_equal(phase_of(bench), "enabled");
	assert_int_equal(driver_command(driver, 0, &identify), 0);
	assert_string_equal(phase_of(bench), "identified");
	assert_int_equal(driver_create(driver, 1, 32, 1), 0);
	assert_string_equal(phase_of(bench), "queues created");
	rule_bench_reads(bench, 1);
	assert_string_equal(phase_of(bench), "first I/O");
	driver_set_reg(driver, NVME_REG_CC, 4, driver_reg(driver, NVME_REG_CC, 4) | 1 << 14);
	assert_true(driver_wait_csts(driver, 3 << 2, 2 << 2));
	assert_string_equal(phase_of(bench), "shut down");
	rule_bench_add(bench, "nvme:regwrite:decode once do cfs");
	driver_set_reg(driver, NVME_REG_INTMS, 4, 0);
	assert_true(driver_wait_csts(driver, 1 << 1, 1 << 1));
	assert_string_equal(phase_of(bench), "fatal");
}

static void test_a_first_write_to_a_register_is_a_probe_too(void **state)
{
	struct rule_bench *bench = *state;

	rule_bench_add(bench, "nvme:list:memory phase fatal do log \"x\"");
	driver_init(&bench->rig->driver, &bench->rig->access, true);
	driver_set_reg(&bench->rig->driver, NVME_REG_INTMS, 4, 0);
	assert_string_equal(phase_of(bench), "probed");
}

static void test_a_phase_is_known_to_a_rule_that_comes_later(void **state)
{
	struct rule_bench *bench = *state;
	unsigned int id;

	rule_bench_reads(bench, 1);
	id = rule_bench_add(bench, "nvme:io:decode phase \"first I/O\" do status 2/0x80");
	rig_settle(bench->rig);
	assert_int_equal(rule_bench_reads(bench, 2), 3);
	assert_int_equal(rule_bench_look(bench, id).fired, 2);
}

static void test_every_firing_is_in_the_trace_with_the_rules_name(void **state)
{
	struct rule_bench *bench = *state;
	const struct seen *seen;

	rig_watch(bench->rig, "nvmetap:inject:writeback");
	rule_bench_add(bench, "nvme:io:decode every 2 do status 2/0x80");
	rule_bench_reads(bench, 4);
	for (unsigned int i = 0; i < 2; i++) {
		seen = rig_seen(bench->rig, NVMETAP_EV_INJECT, i);
		assert_non_null(seen);
		assert_string_equal(seen->text, "rule 1: nvme:io:decode every 2 do status 2/0x80");
	}
	assert_null(rig_seen(bench->rig, NVMETAP_EV_INJECT, 2));
}

static void test_a_line_for_the_trace_is_an_event_of_its_own(void **state)
{
	struct rule_bench *bench = *state;

	rule_bench_add(bench, "nvme:io:decode once do log \"now it \\\"begins\\\"\"");
	rig_settle(bench->rig);
	rig_watch(bench->rig, "nvmetap:log:writeback");
	rule_bench_reads(bench, 2);
	assert_string_equal(rig_seen(bench->rig, NVMETAP_EV_LOG, 0)->text, "now it \"begins\"");
	assert_null(rig_seen(bench->rig, NVMETAP_EV_LOG, 1));
}

static void test_that_rules_come_and_go_is_in_the_trace(void **state)
{
	static const char *const told[] = {
		"added rule 1: nvme:io:decode do drop", "paused rule 1: nvme:io:decode do drop",
		"resumed rule 1: nvme:io:decode do drop", "removed rule 1: nvme:io:decode do drop",
	};
	struct rule_bench *bench = *state;

	rig_watch(bench->rig, "nvmetap:log:writeback");
	rule_bench_add(bench, "nvme:io:decode do drop");
	inject_pause(bench->inject, 1, true);
	inject_pause(bench->inject, 1, false);
	inject_remove(bench->inject, 1);
	rig_settle(bench->rig);
	for (unsigned int i = 0; i < 4; i++)
		assert_string_equal(rig_seen(bench->rig, NVMETAP_EV_LOG, i)->text, told[i]);
}

static void test_what_a_guest_says_can_fire_a_rule(void **state)
{
	struct rule_bench *bench = *state;
	unsigned int id = rule_bench_add(bench, "host:console:decode if nvmetap.text contains "
						"\"login:\" do cfs");

	tap_fire_text(bench->rig->taps, NVMETAP_TAP_CONSOLE, 0, "booting", 7);
	assert_int_equal(driver_csts(&bench->rig->driver) & 2, 0);
	tap_fire_text(bench->rig->taps, NVMETAP_TAP_CONSOLE, 0, "guest login:", 12);
	rig_settle(bench->rig);
	assert_int_equal(driver_csts(&bench->rig->driver) & 2, 2);
	assert_int_equal(rule_bench_look(bench, id).fired, 1);
}

static void test_a_drive_that_has_ended_takes_no_rule(void **state)
{
	struct rule_bench *bench = *state;
	char err[128];

	rule_bench_add(bench, "nvme:io:decode do drop");
	plugin_remove_all(bench->rig->taps);
	assert_int_equal(inject_add(bench->inject, "nvme:io:decode do drop", err, sizeof(err)),
			 -ENODEV);
	assert_int_equal(inject_remove(bench->inject, 1), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rule_bench_setup, rule_bench_teardown)
#define BARE(name) \
	cmocka_unit_test_setup_teardown(name, rule_bench_setup_bare, rule_bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_rule_fires_as_often_as_it_says),
		TEST(test_the_same_seed_fires_for_the_same_commands),
		TEST(test_what_matched_and_fired_is_counted),
		TEST(test_a_status_at_decode_is_not_carried_out_and_one_at_writeback_is),
		TEST(test_a_dropped_command_is_never_completed),
		TEST(test_without_rules_no_tap_is_armed),
		TEST(test_a_rule_that_pauses_neither_fires_nor_counts),
		TEST(test_a_long_rule_is_named_by_its_beginning),
		TEST(test_then_waits_for_the_rule_before_it),
		TEST(test_then_never_comes_when_the_rule_before_it_goes_unfired),
		TEST(test_rules_run_in_the_order_they_were_added_and_handled_ends_them),
		BARE(test_a_phase_of_the_boot_opens_a_rule),
		BARE(test_every_phase_of_the_boot_is_known_to_rules),
		BARE(test_a_first_write_to_a_register_is_a_probe_too),
		TEST(test_a_phase_is_known_to_a_rule_that_comes_later),
		TEST(test_every_firing_is_in_the_trace_with_the_rules_name),
		TEST(test_a_line_for_the_trace_is_an_event_of_its_own),
		TEST(test_that_rules_come_and_go_is_in_the_trace),
		TEST(test_what_a_guest_says_can_fire_a_rule),
		TEST(test_a_drive_that_has_ended_takes_no_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
