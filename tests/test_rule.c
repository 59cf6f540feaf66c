/* SPDX-License-Identifier: BSD-2-Clause */
/* The language of rules: what is understood, and what is said of what is not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dissector/model.h"
#include "tests/rule_words.h"
#include "tools/rule_tap.h"

static void test_the_shapes_of_the_manual_are_understood(void **state)
{
	static const char *const shapes[] = {
		"nvme:io:decode if nvmetap.opc == \"Write\" && nvme.cmd.slba > 0x1000 after 5000 "
		"do status 1/0x82 dnr",
		"nvme:io:writeback if nvmetap.opc == \"Read\" 1 in 100 seed 7 do delay 30ms",
		"nvme:io:writeback every 1000 times 3 do drop",
		"nvme:admin:memory if nvme.cmd.identify.dword10.cns == 1 once "
		"do set nvme.cmd.identify.ctrl.mdts = 1",
		"nvme:io:decode do hold",
		"nvme:regread:writeback phase identified do set nvmetap.csts.rdy = 0",
		"host:console:decode if nvmetap.text contains \"login:\" once do cfs, log \"now\"",
		"nvme:io:writeback queue 1 from 5s to 10.5s do torn 1ms, set nvme.cqe.sqid = 0",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		rule_fini(rule_of(shapes[i]));
}

static void test_every_clause_is_kept(void **state)
{
	struct rule *rule = rule_of("nvme:io:decode then queue 3 phase \"first I/O\" from 1ms "
				    "to 2s after 5 every 7 times 9 3 in 11 seed 0xd do drop");

	(void)state;
	assert_int_equal(rule->tap, NVMETAP_TAP_IO_DECODE);
	assert_null(rule->condition);
	assert_true(rule->when.then);
	assert_int_equal(rule->when.queue, 3);
	assert_int_equal(rule->when.phases, 1u << MODEL_PHASE_IO);
	assert_int_equal(rule->when.from_ns, 1000000);
	assert_int_equal(rule->when.to_ns, 2000000000);
	assert_int_equal(rule->when.after, 5);
	assert_int_equal(rule->when.every, 7);
	assert_int_equal(rule->when.times, 9);
	assert_int_equal(rule->when.chance, 3);
	assert_int_equal(rule->when.in, 11);
	assert_int_equal(rule->when.seed, 13);
	assert_int_equal(rule->nr_actions, 1);
}

static void test_an_expression_ends_at_a_keyword_outside_of_quotes(void **state)
{
	struct rule *rule;

	(void)state;
	rule = rule_of("host:console:decode if nvmetap.text contains \"1 in 2 do drop\" once "
		       "do cfs");
	assert_int_equal(rule->when.times, 1);
	assert_int_equal(rule->when.in, 0);
	rule_fini(rule);
	rule = rule_of("nvme:io:decode if nvmetap.opc in {1, 2} && (nvmetap.cid == 1) 1 in 2 "
		     "do drop");
	assert_int_equal(rule->when.in, 2);
	rule_fini(rule);
	rule = rule_of("host:console:decode if nvmetap.text contains r\"\\d\" after 3 do cfs");
	assert_int_equal(rule->when.after, 3);
	rule_fini(rule);
}

static void test_a_status_is_given_by_number_or_name_with_its_bits(void **state)
{
	struct rule *rule;

	(void)state;
	/* NVM Express 1.4, figure 124: SC in bits 8:1, SCT 11:9, CRD 13:12, M 14, DNR 15. */
	rule = rule_of("nvme:io:decode do status 1/0x82 dnr");
	assert_int_equal(rule->actions[0].status, 0x8304);
	rule = rule_of("nvme:io:decode do status 2/0x81 more crd 2");
	assert_int_equal(rule->actions[0].status, 0x6502);
	rule = rule_of("nvme:io:writeback do status \"Write Fault\"");
	assert_int_equal(rule->actions[0].status, 0x0500);
}

static void test_times_have_units_and_spreads(void **state)
{
	struct rule *rule;

	(void)state;
	rule = rule_of("nvme:io:writeback do delay 1.5us");
	assert_int_equal(rule->actions[0].delay.a_ns, 1500);
	rule = rule_of("nvme:io:writeback do delay uniform 1ms 2ms");
	assert_int_equal(rule->actions[0].delay.kind, SPREAD_UNIFORM);
	assert_int_equal(rule->actions[0].delay.b_ns, 2000000);
	rule = rule_of("nvme:io:writeback do delay normal 10ms 250us");
	assert_int_equal(rule->actions[0].delay.kind, SPREAD_NORMAL);
	rule = rule_of("nvme:io:writeback do delay exponential 1min");
	assert_int_equal(rule->actions[0].delay.a_ns, 60000000000);
	rule = rule_of("nvme:io:writeback do delay pareto 1ms 1.25");
	assert_true(rule->actions[0].delay.shape > 1.24 && rule->actions[0].delay.shape < 1.26);
}

static void test_names_of_taps_fit_the_room_they_are_given(void **state)
{
	static const char names[] = " nvme:admin:writeback nvme:io:writeback";
	char room[64];

	(void)state;
	for (size_t size = 1; size <= sizeof(names); size++) {
		memset(room, '#', sizeof(room));
		rule_tap_names(TAPS_COMPLETION, room, size);
		assert_int_equal(strlen(room), size - 1);
		assert_memory_equal(room, names, size - 1);
		for (size_t i = size; i < sizeof(room); i++)
			assert_int_equal(room[i], '#');
	}
}

/* A list is of an admin command or of an I/O command. */
static void test_what_passes_a_tap_has_its_own_fields_and_its_command_s(void **state)
{
	uint8_t events[RULE_NR_EVENTS];

	(void)state;
	assert_int_equal(rule_tap_events(NVMETAP_TAP_REGREAD, events), 1);
	assert_int_equal(events[0], NVMETAP_EV_REGREAD);
	assert_int_equal(rule_tap_events(NVMETAP_TAP_IO_WRITEBACK, events), 2);
	assert_int_equal(events[0], NVMETAP_EV_COMPLETION);
	assert_int_equal(events[1], NVMETAP_EV_IO);
	assert_int_equal(rule_tap_events(NVMETAP_TAP_LIST, events), 3);
	assert_int_equal(events[0], NVMETAP_EV_LIST);
	assert_int_equal(events[1], NVMETAP_EV_ADMIN);
	assert_int_equal(events[2], NVMETAP_EV_IO);
}

static void test_faults_of_the_table_are_actions_with_their_arguments(void **state)
{
	struct rule *rule;

	(void)state;
	rule = rule_of("nvme:io:writeback do torn 1ms, phase");
	assert_int_equal(rule->actions[0].fault.number, NVMETAP_FAULT_TORN);
	assert_int_equal(rule->actions[0].fault.arg, 1000000);
	assert_int_equal(rule->actions[1].fault.number, NVMETAP_FAULT_PHASE);
	rule = rule_of("nvme:io:decode do async 1 0 2");
	assert_int_equal(rule->actions[0].fault.arg, 0x20001);
	rule = rule_of("nvme:ctrl:execute do no-ready");
	assert_int_equal(rule->actions[0].fault.arg, 0);
}

static void test_a_mistake_is_named_with_its_column_and_what_is_near(void **state)
{
	static const char *const mistakes[][2] = {
		{ "", "column 1: a tap is expected, not the end" },
		{ "nvme:io:decoed do drop", "column 1: no tap \"nvme:io:decoed\"; near: "
		  "nvme:io:decode" },
		{ "nvme:io:decode", "column 15: \"do\" and an action are expected, not the end" },
		{ "nvme:io:decode do", "column 18: an action is expected, not the end" },
		{ "nvme:io:decode do dorp", "column 19: no action \"dorp\"; near: drop" },
		{ "nvme:io:decode do explode", "column 19: no action \"explode\"; there are: "
		  "status, delay, hold, drop, duplicate, set, corrupt, log, torn, phase, "
		  "early-irq, overrun, double-irq, late-irq, stale-queue, no-ready, cfs, async, "
		  "gone, zombie" },
		{ "nvme:io:decode drop", "column 16: \"do\" is expected before drop" },
		{ "nvme:io:decode phase booting do drop", "column 22: no phase \"booting\"; there "
		  "are: not seen, probed, reset, enabled, identified, queues created, first I/O, "
		  "shut down, fatal" },
		{ "nvme:io:decode do gone 61min", "column 24: longer than an hour" },
		{ "nvme:io:decode evry 3 do drop", "column 16: if, queue, after, every, times, "
		  "once, 1 in N, seed, from, to, phase, then or do is expected, not \"evry\"; "
		  "near: every" },
		{ "nvme:io:decode every x do drop", "column 22: a number of events is expected, "
		  "not \"x\"" },
		{ "nvme:io:decode every 0 do drop", "column 22: a number of events from 1 to "
		  "9223372036854775807 is expected, not 0" },
		{ "nvme:io:decode every 2 every 3 do drop", "column 24: every stands twice" },
		{ "nvme:io:decode once times 3 do drop", "column 21: once or times, not both" },
		{ "nvme:io:decode 3 in 2 do drop", "column 21: a number from 3 to 4294967295 is "
		  "expected, not 2" },
		{ "nvme:io:decode from 2s to 1s do drop", "column 24: the end is not after the "
		  "beginning" },
		{ "nvme:io:decode from 2s to 2s do drop", "column 24: the end is not after the "
		  "beginning" },
		{ "nvme:io:decode to 0s do drop", "column 16: the end is not after the beginning" },
		{ "nvme:io:decode to 1s from 1s do drop", "column 22: the end is not after the "
		  "beginning" },
		{ "nvme:io:decode from 2 do drop", "column 21: a time like 30ms or 1.5s is "
		  "expected, not \"2\"" },
		{ "nvme:io:decode phase identifeid do drop", "column 22: no phase \"identifeid\"; "
		  "near: identified" },
		{ "nvme:ctrl:execute queue 1 do cfs", "column 19: events of nvme:ctrl:execute "
		  "belong to no queue" },
		{ "nvme:io:decode if nvme.cmd.slbb == 1 do drop",
		  "column 19: no field nvme.cmd.slbb; near: nvme.cmd.slba" },
		{ "nvme:io:decode if nvmetap.opc == 1 && nvme.cqe.sqhd > 3 do drop", "column 39: "
		  "nvme.cqe.sqhd is never there at nvme:io:decode; at nvme:admin:writeback "
		  "nvme:io:writeback" },
		{ "nvme:regread:writeback if nvme.cmd.slba == 1 do drop", "column 27: "
		  "nvme.cmd.slba is never there at nvme:regread:writeback; at nvme:admin:fetch "
		  "nvme:admin:decode nvme:admin:execute nvme:admin:memory nvme:admin:writeback "
		  "nvme:io:fetch nvme:io:decode nvme:io:execute nvme:io:memory nvme:io:writeback "
		  "nvme:list:memory" },
		{ "nvme:io:decode if nvme.cqe.sqhd > 3 && nvmetap.irq.vector == 1 do drop",
		  "column 19: nvme.cqe.sqhd is never there at nvme:io:decode" },
		{ "nvme:io:decode do drop drop", "column 24: a comma or the end is expected, not "
		  "\"drop\"" },
		{ "nvme:io:decode do status 1:2", "column 26: a status code type is expected, not "
		  "\"1:2\"" },
		{ "nvme:io:decode do status 8/2", "column 26: a status code type from 0 to 7 is "
		  "expected, not 8" },
		{ "nvme:io:decode do status \"Write Falut\"", "column 26: no status \"Write "
		  "Falut\"; near: Write Fault" },
		{ "nvme:io:decode do delay 30", "column 25: a time like 30ms, uniform, normal, "
		  "exponential or pareto is expected, not \"30\"" },
		{ "nvme:io:decode do delay uniform 2ms 1ms", "column 37: the longest time is "
		  "shorter than the shortest" },
		{ "nvme:io:decode do delay uniform 1ms 3601s", "column 25: longer than an hour" },
		{ "nvme:io:decode do delay 3601s", "column 25: longer than an hour" },
		{ "nvme:io:decode do delay pareto 1ms 0.05", "column 36: a shape from 0.1 to 100 "
		  "is expected" },
		{ "nvme:io:decode do delay pareto 1ms x", "column 36: a shape like 1.5 is "
		  "expected, not \"x\"" },
		{ "nvme:io:decode do delay pareto 1ms 1.5x", "column 36: a shape like 1.5 is "
		  "expected, not \"1.5x\"" },
		{ "nvme:io:decode do delay pareto 1ms 0x1", "column 36: a shape like 1.5 is "
		  "expected, not \"0x1\"" },
		{ "nvme:io:decode do delay pareto 1ms 101", "column 36: a shape from 0.1 to 100 "
		  "is expected" },
		{ "nvme:io:decode do async 8 0 1", "column 25: a type of event from 0 to 7 is "
		  "expected, not 8" },
		{ "nvme:io:decode do torn 1ms", "column 19: torn does not fit nvme:io:decode; it "
		  "fits nvme:admin:writeback nvme:io:writeback" },
		{ "nvme:regread:writeback do corrupt 1 bit", "column 27: corrupt does not fit "
		  "nvme:regread:writeback; it fits nvme:admin:memory nvme:io:memory" },
		{ "nvme:io:memory do corrupt 3 bitts", "column 29: bytes or bits is expected, not "
		  "\"bitts\"" },
		{ "nvme:io:decode do log", "column 22: a text in quotes is expected, not the end" },
		{ "nvme:io:decode do log \"abc", "column 23: a quote is not closed" },
		{ "nvme:io:decode do log \"abc\\\"", "column 23: a quote is not closed" },
		{ "nvme:io:decode do drop, delay 1ms", "column 25: what is dropped has neither "
		  "status nor delay" },
		{ "nvme:io:decode do delay 1ms, hold", "column 30: of status, of delay or hold, "
		  "and of drop a rule has one at most" },
		{ "nvme:io:decode do\001drop", "column 18: a control character" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		assert_wrong(mistakes[i][0], mistakes[i][1]);
}

static void test_a_field_that_cannot_be_set_there_is_refused(void **state)
{
	static const char *const mistakes[][2] = {
		{ "nvme:io:decode do set nvme.cmd.slab = 1", "column 23: no field "
		  "\"nvme.cmd.slab\"; near: nvme.cmd.slba" },
		{ "nvme:io:decode do set nvme.cqe.sqhd = 1", "column 23: nvme.cqe.sqhd cannot be "
		  "set at nvme:io:decode; at nvme:admin:writeback nvme:io:writeback" },
		{ "nvme:io:writeback do set nvme.cqe.status.p = 1", "column 26: "
		  "nvme.cqe.status.p cannot be set" },
		{ "nvme:io:decode do set nvmetap.pci.vid = 1", "column 23: nvmetap.pci.vid cannot "
		  "be set at nvme:io:decode; at pci:regread:writeback pci:regwrite:decode" },
		{ "nvme:io:decode do set nvmetap.seq = 1", "column 23: nvmetap.seq cannot be set" },
		{ "nvme:io:decode do set nvme.cmd.nlb = 0x10000", "column 38: more than 16 bits" },
		{ "nvme:io:decode do set nvme.cmd.nlb 3", "column 36: =, +=, -= or ^= is "
		  "expected, not \"3\"" },
		{ "nvme:io:decode do set nvme.cmd.opc = \"Wirte\"", "column 38: no value "
		  "\"Wirte\"; near: Write" },
		{ "nvme:io:decode do set nvme.cmd.slba = \"x\"", "column 39: a number is "
		  "expected, not \"x\"" },
		{ "nvme:admin:memory do set nvme.cmd.identify.ctrl.sn = \"123456789012345678901\"",
		  "column 54: longer than 20 characters" },
		{ "nvme:admin:memory do set nvme.cmd.identify.ns.eui64 = 0011", "column 55: 8 "
		  "bytes in hexadecimal are expected" },
		{ "nvme:admin:memory do set nvme.cmd.identify.ns.eui64 = 00112233445566778",
		  "column 55: 8 bytes in hexadecimal are expected" },
		{ "nvme:admin:memory do set nvme.cmd.identify.ns.eui64 = \"0011223344556677x\"",
		  "column 55: 8 bytes in hexadecimal are expected" },
		{ "nvme:admin:memory do set nvme.cmd.identify.ns.eui64 = \"0011223344556677",
		  "column 55: a quote is not closed" },
		{ "nvme:io:decode do set nvme.cmd.cid = 1", "column 23: nvme.cmd.cid cannot be set" },
		{ "nvme:admin:memory do set nvme.cmd.identify.ns.eui64 += 1", "column 53: "
		  "nvme.cmd.identify.ns.eui64 is no number of at most 64 bits; only = will do" },
		{ "nvme:admin:memory do set nvmetap.identify.ns.lbaf.ms[16] = 1", "column 26: "
		  "nvmetap.identify.ns.lbaf.ms cannot be set with this index" },
		{ "nvme:io:decode do set nvme.cmd.slba[0] = 1", "column 23: nvme.cmd.slba cannot "
		  "be set with this index" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		assert_wrong(mistakes[i][0], mistakes[i][1]);
}

/* No field's places at a tap are more than a rule can hold. */
static void test_every_settable_field_can_be_set(void **state)
{
	static const char *const taps[] = {
		"nvme:io:decode", "nvme:admin:decode", "nvme:io:writeback", "nvme:admin:writeback",
		"nvme:io:memory", "nvme:admin:memory", "nvme:regread:writeback",
		"nvme:regwrite:decode", "pci:regread:writeback", "pci:regwrite:decode",
		"pci:msix:writeback", "nvme:async:execute", "nvme:msixread:writeback",
	};
	unsigned int nr = 0;
	char text[256], words[256];
	struct rule rule;

	(void)state;
	for (unsigned int row = 0; row < NR_ROWS; row++) {
		for (size_t i = 0; i < sizeof(taps) / sizeof(taps[0]); i++) {
			snprintf(text, sizeof(text), "%s do set %s = 1", taps[i],
				 table_rows[row].abbrev);
			if (table_rows[row].type != TYPE_FIELD || table_rows[row].length > 8 ||
			    rule_parse(&rule, text, strlen(text), words, sizeof(words)) != 0)
				continue;
			assert_in_range(rule.actions[0].set.nr_places, 1, SET_NR_PLACES - 1);
			nr++;
			rule_fini(&rule);
		}
	}
	assert_true(nr > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_shapes_of_the_manual_are_understood),
		cmocka_unit_test(test_every_clause_is_kept),
		cmocka_unit_test(test_an_expression_ends_at_a_keyword_outside_of_quotes),
		cmocka_unit_test(test_a_status_is_given_by_number_or_name_with_its_bits),
		cmocka_unit_test(test_times_have_units_and_spreads),
		cmocka_unit_test(test_names_of_taps_fit_the_room_they_are_given),
		cmocka_unit_test(test_what_passes_a_tap_has_its_own_fields_and_its_command_s),
		cmocka_unit_test(test_faults_of_the_table_are_actions_with_their_arguments),
		cmocka_unit_test(test_a_mistake_is_named_with_its_column_and_what_is_near),
		cmocka_unit_test(test_a_field_that_cannot_be_set_there_is_refused),
		cmocka_unit_test(test_every_settable_field_can_be_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
