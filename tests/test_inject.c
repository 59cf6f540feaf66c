/* SPDX-License-Identifier: BSD-2-Clause */
/* What modifiers do is an event of its own: who, what was there, what is there. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "tests/rig.h"

/* An injection as its observer saw it. */
struct told {
	struct nvmetap_event ev;
	struct nvmetap_inject info;
	struct nvme_command cmd[2];
	struct nvme_completion cpl[2];
	struct nvmetap_access acc[2];
	uint8_t data[2][NVMETAP_INJECT_DATA];
	char who[NVMETAP_WHO_MAX + 1];
};

static struct told told[16];
static unsigned int nr_told;

static void keep_state(struct told *to, unsigned int i, const struct nvmetap_inject *inject,
		       const struct nvmetap_state *state)
{
	if (state->cmd != NULL)
		to->cmd[i] = *state->cmd;
	if (state->cpl != NULL)
		to->cpl[i] = *state->cpl;
	if (state->info != NULL && inject->event == NVMETAP_EV_REGREAD)
		to->acc[i] = *(const struct nvmetap_access *)state->info;
	if (state->data != NULL)
		memcpy(to->data[i], state->data, inject->data_len);
}

static int hear(void *ctx, struct nvmetap_event *ev)
{
	struct told *to = &told[nr_told++ % 16];

	(void)ctx;
	memset(to, 0, sizeof(*to));
	to->ev = *ev;
	to->info = *ev->inject;
	memcpy(to->who, ev->text, ev->text_len);
	keep_state(to, 0, ev->inject, &ev->inject->was);
	keep_state(to, 1, ev->inject, &ev->inject->now);
	return NVMETAP_GO;
}

static int setup_told(void **state)
{
	nr_told = 0;
	return rig_setup_heard(state, "nvmetap:inject:writeback", hear);
}

static int refuse(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	NVME_STATUS_SET(ev->cpl->status, 1, 0x82);
	return NVMETAP_HANDLED;
}

static void test_a_change_is_told_after_the_event_with_what_was_and_what_is(void **state)
{
	struct rig *rig = *state;

	rig_watch(rig, "nvme:io:decode");
	rig_modify(rig, "nvme:io:decode", refuse, NULL);
	assert_int_equal(rig_read_block(rig), 0x182);
	assert_int_equal(nr_told, 1);
	assert_int_equal(told[0].ev.event, NVMETAP_EV_INJECT);
	assert_int_equal(told[0].ev.cause, rig->seen[0].ev.seq);
	assert_int_equal(told[0].ev.seq, rig->seen[0].ev.seq + 1);
	assert_int_equal(told[0].ev.qkind, NVMETAP_QUEUE_IO);
	assert_int_equal(told[0].ev.sqid, 1);
	assert_int_equal(told[0].ev.flags, NVMETAP_HAS_COMMAND);
	assert_string_equal(told[0].who, "modifier");
	assert_int_equal(told[0].info.tap, NVMETAP_TAP_IO_DECODE);
	assert_int_equal(told[0].info.event, NVMETAP_EV_IO);
	assert_int_equal(told[0].info.how, NVMETAP_INJECT_ALTERED);
	assert_int_equal(told[0].info.verdict, NVMETAP_HANDLED);
	assert_int_equal(told[0].info.count, 1);
	assert_null(told[0].info.was.cmd);
	assert_null(told[0].info.now.cmd);
	assert_non_null(told[0].info.now.cpl);
	assert_int_equal(told[0].cpl[0].status, 0);
	assert_int_equal(NVME_STATUS_CODE(told[0].cpl[1].status), 0x182);
}

static int look(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	(void)ev;
	return NVMETAP_GO;
}

static void test_who_changes_nothing_is_not_told(void **state)
{
	struct rig *rig = *state;

	rig_modify(rig, "nvme:io:decode", look, NULL);
	assert_int_equal(rig_read_block(rig), 0);
	assert_int_equal(nr_told, 0);
}

static int add_length(void *ctx, struct nvmetap_event *ev)
{
	ev->cmd->cdw13 += *(uint32_t *)ctx;
	return NVMETAP_GO;
}

static void test_each_of_several_modifiers_has_its_own(void **state)
{
	struct rig *rig = *state;
	uint32_t one = 1, ten = 10;

	rig_modify(rig, "nvme:io:decode", add_length, &one);
	rig_modify(rig, "nvme:io:decode", look, NULL);
	rig_modify(rig, "nvme:io:decode", add_length, &ten);
	assert_int_equal(rig_read_block(rig), 0);
	assert_int_equal(nr_told, 2);
	assert_int_equal(told[0].cmd[0].cdw13, 0);
	assert_int_equal(told[0].cmd[1].cdw13, 1);
	assert_int_equal(told[1].cmd[0].cdw13, 1);
	assert_int_equal(told[1].cmd[1].cdw13, 11);
	assert_int_equal(told[1].ev.cause, told[0].ev.cause);
	assert_null(told[1].info.now.cpl);
}

static int blame_and_drop(void *ctx, struct nvmetap_event *ev)
{
	unsigned int *calls = ctx;
	char who[32];

	(void)ev;
	snprintf(who, sizeof(who), "rule %u", ++*calls % 2);
	assert_int_equal(nvmetap_blame(NULL, who), 0);
	return NVMETAP_DROP;
}

static void test_who_is_blamed_is_named_and_counted_for_itself(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = rig_read_command(1, driver_alloc(&rig->driver, 512));
	unsigned int calls = 0;

	rig_modify(rig, "nvme:io:decode", blame_and_drop, &calls);
	for (int i = 0; i < 3; i++)
		driver_submit(&rig->driver, 1, &cmd);
	rig_settle(rig);
	assert_int_equal(nr_told, 3);
	assert_string_equal(told[0].who, "rule 1");
	assert_string_equal(told[1].who, "rule 0");
	assert_string_equal(told[2].who, "rule 1");
	assert_int_equal(told[1].info.count, 1);
	assert_int_equal(told[2].info.count, 2);
	assert_int_equal(told[2].info.verdict, NVMETAP_DROP);
	assert_null(told[2].info.now.cmd);
	assert_int_equal(nvmetap_blame(NULL, "nobody"), -EINVAL);
}

static int flip(void *ctx, struct nvmetap_event *ev)
{
	uint8_t bytes[2] = { 0x55, 0xaa };

	(void)ctx;
	assert_int_equal(nvmetap_data(ev, 100, bytes, 2, 1), 0);
	assert_int_equal(nvmetap_data(ev, 110, bytes, 2, 1), 0);
	assert_int_equal(nvmetap_data(ev, 500, bytes, 2, 1), 0);
	return NVMETAP_GO;
}

static void test_data_is_told_from_its_first_changed_byte_on(void **state)
{
	struct rig *rig = *state;

	rig_modify(rig, "nvme:io:memory", flip, NULL);
	assert_int_equal(rig_read_block(rig), 0);
	assert_int_equal(nr_told, 1);
	assert_int_equal(told[0].info.event, NVMETAP_EV_DATA);
	assert_int_equal(told[0].info.offset, 100);
	assert_int_equal(told[0].info.changed, 6);
	assert_int_equal(told[0].info.data_len, 12);
	assert_int_equal(told[0].data[0][0], 0);
	assert_int_equal(told[0].data[1][0], 0x55);
	assert_int_equal(told[0].data[1][1], 0xaa);
	assert_int_equal(told[0].data[1][2], 0);
	assert_int_equal(told[0].data[1][11], 0xaa);
}

static int lie(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	if (ev->acc->offset == NVME_REG_VS)
		ev->acc->value = 0x00010200;
	return NVMETAP_GO;
}

static void test_a_register_that_lies_is_told_with_its_value(void **state)
{
	struct rig *rig = *state;

	rig_modify(rig, "nvme:regread:writeback", lie, NULL);
	assert_int_equal(driver_reg(&rig->driver, NVME_REG_VS, 4), 0x00010200);
	assert_int_equal(nr_told, 1);
	assert_int_equal(told[0].acc[0].value, 0x00010400);
	assert_int_equal(told[0].acc[1].value, 0x00010200);
	assert_int_equal(told[0].acc[1].offset, NVME_REG_VS);
}

static int hold(void *ctx, struct nvmetap_event *ev)
{
	*(uint64_t *)ctx = ev->cmd_id;
	assert_int_equal(nvmetap_blame(NULL, "the holder"), 0);
	return NVMETAP_LATER;
}

struct completer {
	struct nvmetap_plugin *plugin;
	uint64_t cmd_id;
};

static void *complete_elsewhere(void *ctx)
{
	const struct completer *by = ctx;
	struct nvme_completion cpl = { .cdw0 = 7 };

	nvmetap_complete(by->plugin, by->cmd_id, &cpl);
	return NULL;
}

static void test_a_completion_from_another_thread_names_who_held_it(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = rig_read_command(1, driver_alloc(&rig->driver, 512));
	struct nvme_completion cpl;
	struct completer by;
	pthread_t thread;

	by.plugin = rig_modify(rig, "nvme:io:decode", hold, &by.cmd_id);
	driver_submit(&rig->driver, 1, &cmd);
	assert_int_equal(pthread_create(&thread, NULL, complete_elsewhere, &by), 0);
	pthread_join(thread, NULL);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(cpl.cdw0, 7);
	assert_int_equal(nr_told, 2);
	assert_int_equal(told[0].info.verdict, NVMETAP_LATER);
	assert_int_equal(told[1].info.how, NVMETAP_INJECT_COMPLETED);
	assert_string_equal(told[1].who, "the holder");
	assert_int_equal(told[1].info.count, 1);
	assert_int_equal(told[1].ev.cause, told[0].ev.cause);
	assert_int_equal(told[1].cpl[1].cdw0, 7);
	assert_int_equal(told[1].cpl[0].cid, cpl.cid);
	assert_int_equal(told[1].cpl[1].cid, cpl.cid);
	assert_int_equal(told[1].cpl[1].sqid, 1);
}

static void test_a_command_that_goes_on_late_is_told(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = rig_read_command(1, driver_alloc(&rig->driver, 512));
	struct nvme_completion cpl;
	uint64_t id = 0;
	struct nvmetap_plugin *plugin = rig_modify(rig, "nvme:io:decode", hold, &id);

	driver_submit(&rig->driver, 1, &cmd);
	assert_int_equal(nvmetap_resume(plugin, id, 1000), 0);
	assert_int_equal(nr_told, 1);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(nr_told, 2);
	assert_int_equal(told[1].info.how, NVMETAP_INJECT_RESUMED);
	assert_null(told[1].info.now.cpl);
}

static void test_what_a_plug_in_leaves_behind_is_told_as_abandoned(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = rig_read_command(1, driver_alloc(&rig->driver, 512));
	struct nvme_completion cpl;
	uint64_t id = 0;
	struct nvmetap_plugin *plugin = rig_modify(rig, "nvme:io:decode", hold, &id);

	driver_submit(&rig->driver, 1, &cmd);
	plugin_remove(plugin);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(told[1].info.how, NVMETAP_INJECT_ABANDONED);
	assert_int_equal(NVME_STATUS_CODE(told[1].cpl[1].status), ST(INTERNAL_DEVICE_ERROR));
}

static int hold_interrupt(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	(void)ev;
	return NVMETAP_LATER;
}

static void test_where_nothing_can_be_held_later_means_go_on_and_is_told_once(void **state)
{
	struct rig *rig = *state;

	rig_modify(rig, "pci:msix:writeback", hold_interrupt, NULL);
	rig_watch(rig, "nvmetap:log:writeback");
	assert_int_equal(rig_read_block(rig), 0);
	assert_true(rig_interrupted(rig, 1));
	assert_int_equal(rig_read_block(rig), 0);
	assert_true(rig_interrupted(rig, 1));
	assert_int_equal(rig->nr_seen, 1);
	assert_string_equal(rig->seen[0].text,
			    "modifier: nothing can be held at pci:msix:writeback");
	assert_int_equal(nr_told, 0);
}

static int ask_wrongly(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	(void)ev;
	assert_int_equal(nvmetap_fault(NULL, 0, 0), -EINVAL);
	assert_int_equal(nvmetap_fault(NULL, 200, 0), -EINVAL);
	assert_int_equal(nvmetap_fault(NULL, NVMETAP_FAULT_CFS, 1), -EINVAL);
	assert_int_equal(nvmetap_fault(NULL, NVMETAP_FAULT_TORN, UINT64_MAX), -EINVAL);
	assert_int_equal(nvmetap_fault(NULL, NVMETAP_FAULT_ASYNC, 0x1000000), -EINVAL);
	assert_int_equal(nvmetap_fault(NULL, NVMETAP_FAULT_TORN, 0), -ENODATA);
	assert_int_equal(nvmetap_fault(NULL, NVMETAP_FAULT_STALE_QUEUE, 0), -ENODATA);
	return NVMETAP_GO;
}

static int ask_as_observer(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	(void)ev;
	assert_int_equal(nvmetap_fault(NULL, NVMETAP_FAULT_PHASE, 0), -EPERM);
	return NVMETAP_GO;
}

static void test_a_fault_that_does_not_fit_is_refused_and_not_told(void **state)
{
	struct rig *rig = *state;

	rig_modify(rig, "nvme:io:decode", ask_wrongly, NULL);
	nvmetap_attach(rig->watcher, "nvme:io:writeback", ask_as_observer, NULL, NVMETAP_OBSERVE);
	assert_int_equal(rig_read_block(rig), 0);
	assert_int_equal(nvmetap_fault(rig->watcher, NVMETAP_FAULT_PHASE, 0), -ENODATA);
	assert_int_equal(nr_told, 0);
}

static void test_a_fault_of_no_event_is_told_before_it_happens(void **state)
{
	struct rig *rig = *state;

	rig_watch(rig, "nvme:ctrl:execute");
	assert_int_equal(nvmetap_fault(rig->watcher, NVMETAP_FAULT_CFS, 0), 0);
	assert_int_equal(nr_told, 1);
	assert_int_equal(told[0].info.fault, NVMETAP_FAULT_CFS);
	assert_int_equal(told[0].info.tap, NVMETAP_NR_TAPS);
	assert_int_equal(told[0].ev.cause, 0);
	assert_string_equal(told[0].who, "watcher");
	assert_int_equal(rig->seen[0].info.ctrl.state, NVMETAP_CTRL_FATAL);
	assert_int_equal(rig->seen[0].info.ctrl.reason, NVMETAP_BY_PLUGIN);
	assert_int_equal(rig->seen[0].ev.seq, told[0].ev.seq + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_told, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_change_is_told_after_the_event_with_what_was_and_what_is),
		TEST(test_who_changes_nothing_is_not_told),
		TEST(test_each_of_several_modifiers_has_its_own),
		TEST(test_who_is_blamed_is_named_and_counted_for_itself),
		TEST(test_data_is_told_from_its_first_changed_byte_on),
		TEST(test_a_register_that_lies_is_told_with_its_value),
		TEST(test_a_completion_from_another_thread_names_who_held_it),
		TEST(test_a_command_that_goes_on_late_is_told),
		TEST(test_what_a_plug_in_leaves_behind_is_told_as_abandoned),
		TEST(test_where_nothing_can_be_held_later_means_go_on_and_is_told_once),
		TEST(test_a_fault_that_does_not_fit_is_refused_and_not_told),
		TEST(test_a_fault_of_no_event_is_told_before_it_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
