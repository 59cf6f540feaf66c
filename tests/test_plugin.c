/* SPDX-License-Identifier: BSD-2-Clause */
/* What plug-ins may ask: commands held, data, calls, the mailbox, snapshots, options. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <string.h>
#include "tests/rig.h"

/* Holds the first command that it sees. */
struct holder {
	uint64_t cmd_id;
	int verdict;
};

static int hold(void *ctx, struct nvmetap_event *ev)
{
	struct holder *holder = ctx;

	if (holder->cmd_id != 0)
		return NVMETAP_GO;
	holder->cmd_id = ev->cmd_id;
	return holder->verdict;
}

static void test_a_held_command_goes_on_when_it_is_resumed(void **state)
{
	struct rig *rig = *state;
	struct holder holder = { .verdict = NVMETAP_LATER };
	struct nvmetap_plugin *plugin = rig_modify(rig, "nvme:io:execute", hold, &holder);
	struct nvme_command cmd = rig_read_command(1, driver_alloc(&rig->driver, 512));
	struct nvme_completion cpl;

	driver_submit(&rig->driver, 1, &cmd);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 1));
	assert_int_equal(nvmetap_resume(plugin, holder.cmd_id, 1000), 0);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(status_code(&cpl), 0);
}

/* Asks for the command to go on before it is held. */
static int delay(void *ctx, struct nvmetap_event *ev)
{
	int *verdict = ctx;

	assert_int_equal(nvmetap_resume(NULL, ev->cmd_id, 1000000), 0);
	return *verdict;
}

static void test_a_callback_may_resume_what_it_is_about_to_hold(void **state)
{
	struct rig *rig = *state;
	int verdict = NVMETAP_LATER;
	struct nvme_command cmd = rig_read_command(1, driver_alloc(&rig->driver, 512));
	struct nvme_completion cpl;
	uint64_t begun;

	rig_modify(rig, "nvme:io:execute", delay, &verdict);
	begun = nvmetap_ticks();
	driver_submit(&rig->driver, 1, &cmd);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(status_code(&cpl), 0);
	assert_true(nvmetap_ticks() - begun >= 1000000);
}

static void test_a_callback_that_does_not_hold_resumes_nothing(void **state)
{
	struct rig *rig = *state;
	int verdict = NVMETAP_GO;
	struct nvme_command cmd = rig_read_command(1, driver_alloc(&rig->driver, 512));
	struct nvme_completion cpl;

	rig_modify(rig, "nvme:io:execute", delay, &verdict);
	driver_submit(&rig->driver, 1, &cmd);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	rig_settle(rig);
	assert_int_equal(status_code(&cpl), 0);
	assert_false(driver_peek(&rig->driver, 1));
}

/* Completes a command before it is held. */
static int answer(void *ctx, struct nvmetap_event *ev)
{
	const struct nvme_completion cpl = { .cdw0 = 42 };

	(void)ctx;
	assert_int_equal(nvmetap_complete(NULL, ev->cmd_id, &cpl), 0);
	return NVMETAP_LATER;
}

static void test_a_callback_may_complete_what_it_is_about_to_hold(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = { .opc = 0x80, .nsid = 1 };
	struct nvme_completion cpl;

	rig_modify(rig, "nvme:io:decode", answer, NULL);
	driver_submit(&rig->driver, 1, &cmd);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(cpl.cdw0, 42);
}

static void test_a_held_command_can_be_completed(void **state)
{
	struct rig *rig = *state;
	struct holder holder = { .verdict = NVMETAP_LATER };
	struct nvmetap_plugin *plugin = rig_modify(rig, "nvme:io:decode", hold, &holder);
	struct nvme_command cmd = { .opc = 0x80, .nsid = 1 };
	struct nvme_completion answer = { .cdw0 = 42 }, cpl;
	uint16_t cid = driver_submit(&rig->driver, 1, &cmd);

	assert_int_equal(nvmetap_complete(plugin, holder.cmd_id, &answer), 0);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(status_code(&cpl), 0);
	assert_int_equal(cpl.cdw0, 42);
	assert_int_equal(cpl.cid, cid);
	assert_int_equal(cpl.sqid, 1);
}

static void test_a_reset_revokes_what_is_held(void **state)
{
	struct rig *rig = *state;
	struct holder holder = { .verdict = NVMETAP_LATER };
	struct nvmetap_plugin *plugin = rig_modify(rig, "nvme:io:decode", hold, &holder);
	struct nvme_command cmd = rig_read_command(1, driver_alloc(&rig->driver, 512));

	rig_watch(rig, "nvme:ctrl:execute");
	driver_submit(&rig->driver, 1, &cmd);
	assert_int_not_equal(holder.cmd_id, 0);
	assert_true(driver_disable(&rig->driver));
	nvmetap_resume(plugin, holder.cmd_id, 0);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 1));
	assert_int_equal(rig_seen(rig, NVMETAP_EV_CTRL, 0)->info.ctrl.lost, 1);
	assert_int_equal(rig_seen(rig, NVMETAP_EV_CTRL, 0)->info.ctrl.state, NVMETAP_CTRL_DISABLED);
}

static void test_what_a_plug_in_holds_ends_with_internal_error_when_it_detaches(void **state)
{
	struct rig *rig = *state;
	struct holder holder = { .verdict = NVMETAP_LATER };
	struct nvmetap_plugin *plugin = rig_modify(rig, "nvme:io:memory", hold, &holder);
	struct nvme_command cmd = rig_read_command(1, driver_alloc(&rig->driver, 512));
	struct nvme_completion cpl;

	driver_submit(&rig->driver, 1, &cmd);
	while (holder.cmd_id == 0)
		assert_true(rig->access.wait(rig));
	assert_int_equal(nvmetap_detach(plugin, "nvme:io:memory", hold, &holder), 0);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(status_code(&cpl), ST(INTERNAL_DEVICE_ERROR));
}

static void test_a_dropped_command_is_never_completed(void **state)
{
	struct rig *rig = *state;
	struct holder holder = { .verdict = NVMETAP_DROP };

	struct nvme_command cmd = rig_read_command(1, driver_alloc(&rig->driver, 512));

	rig_modify(rig, "nvme:io:decode", hold, &holder);
	driver_submit(&rig->driver, 1, &cmd);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 1));
	assert_int_equal(rig_read_block(rig), 0);
}

static int set_status(void *ctx, struct nvmetap_event *ev)
{
	NVME_STATUS_SET(ev->cpl->status, NVME_SCT_MEDIA_ERROR, NVME_SC_WRITE_FAULTS);
	return *(const int *)ctx;
}

static void test_a_status_alone_does_not_stop_a_command(void **state)
{
	struct rig *rig = *state;
	uint64_t iova = driver_alloc(&rig->driver, 512);
	struct nvme_command write = { .opc = NVME_OPC_WRITE, .nsid = 1, .prp1 = iova };
	struct nvme_command read = rig_read_command(1, iova);
	int verdict = NVMETAP_GO;

	rig_modify(rig, "nvme:io:decode", set_status, &verdict);
	for (int byte = 1; byte < 3; byte++, verdict = NVMETAP_HANDLED) {
		memset(driver_ptr(&rig->driver, iova), byte, 512);
		assert_int_equal(driver_command(&rig->driver, 1, &write), ST(WRITE_FAULTS));
	}
	verdict = NVMETAP_GO;
	assert_int_equal(driver_command(&rig->driver, 1, &read), ST(WRITE_FAULTS));
	/* The first was written, the second was not. */
	assert_int_equal(*(uint8_t *)driver_ptr(&rig->driver, iova), 1);
}

static int xor_data(void *ctx, struct nvmetap_event *ev)
{
	uint8_t byte;

	assert_int_equal(nvmetap_data(ev, 511, &byte, 2, 0), -ERANGE);
	assert_int_equal(nvmetap_data(ev, 511, &byte, 1, 0), 0);
	byte ^= 0xff;
	assert_int_equal(nvmetap_data(ev, 511, &byte, 1, 1), 0);
	*(uint8_t *)ctx = ev->xfer->direction;
	return NVMETAP_GO;
}

static int store_as_observer(void *ctx, struct nvmetap_event *ev)
{
	uint8_t byte = 1;

	*(int *)ctx = nvmetap_data(ev, 0, &byte, 1, 1);
	return NVMETAP_GO;
}

static void test_data_is_read_and_changed_on_its_way_by_modifiers_only(void **state)
{
	struct rig *rig = *state;
	uint64_t iova = driver_alloc(&rig->driver, 512);
	struct nvme_command cmd = rig_read_command(1, iova);
	uint8_t direction = 0;
	int rc = 0;

	rig_modify(rig, "nvme:io:memory", xor_data, &direction);
	nvmetap_attach(rig->watcher, "nvme:io:memory", store_as_observer, &rc, NVMETAP_OBSERVE);
	assert_int_equal(driver_command(&rig->driver, 1, &cmd), 0);
	assert_int_equal(direction, NVMETAP_TO_HOST);
	assert_int_equal(((uint8_t *)driver_ptr(&rig->driver, iova))[511], 0xff);
	assert_int_equal(((uint8_t *)driver_ptr(&rig->driver, iova))[510], 0);
	assert_int_equal(rc, -EPERM);
}

static int count_call(void *ctx, struct nvmetap_event *ev)
{
	assert_int_equal(ev->tap, NVMETAP_NR_TAPS);
	++*(int *)ctx;
	return 0;
}

static void test_a_call_comes_once_and_not_after_the_plug_in_has_gone(void **state)
{
	struct rig *rig = *state;
	struct nvmetap_plugin *plugin = rig_modify(rig, "nvme:io:fetch", count_call, NULL);
	int calls = 0;

	nvmetap_detach(plugin, "nvme:io:fetch", count_call, NULL);
	assert_int_equal(nvmetap_call(plugin, 0, count_call, &calls), 0);
	assert_int_equal(nvmetap_call(plugin, 1000, count_call, &calls), 0);
	while (calls < 2)
		assert_true(rig->access.wait(rig));
	assert_int_equal(nvmetap_call(plugin, 0, count_call, &calls), 0);
	assert_int_equal(nvmetap_call(plugin, 100000, count_call, &calls), 0);
	plugin_remove(plugin);
	rig_settle(rig);
	assert_int_equal(calls, 2);
}

static void *log_from_elsewhere(void *plugin)
{
	nvmetap_log(plugin, "from another thread");
	return NULL;
}

static void test_a_line_from_another_thread_goes_through_the_mailbox(void **state)
{
	struct rig *rig = *state;
	pthread_t thread;

	rig_watch(rig, "nvmetap:log:writeback");
	assert_int_equal(pthread_create(&thread, NULL, log_from_elsewhere, rig->watcher), 0);
	pthread_join(thread, NULL);
	assert_int_equal(rig->nr_seen, 0);
	rig_settle(rig);
	assert_int_equal(rig->nr_seen, 1);
	assert_string_equal(rig->seen[0].text, "from another thread");
}

static int hear_snapshot(void *ctx, struct nvmetap_event *ev)
{
	if ((ev->flags & NVMETAP_SNAPSHOT) != 0)
		++*(int *)ctx;
	return 0;
}

static void assert_queue(const struct seen *seen, uint8_t type, uint16_t qid, uint32_t size,
			 uint32_t head)
{
	assert_int_equal(seen->ev.event, NVMETAP_EV_QUEUE);
	assert_int_equal(seen->ev.qkind & ~NVMETAP_CQ_ONLY,
			 qid == 0 ? NVMETAP_QUEUE_ADMIN : NVMETAP_QUEUE_IO);
	assert_int_equal(seen->ev.cqid, qid);
	assert_int_equal(seen->ev.sqid, type == NVMETAP_SQ ? qid : 0);
	assert_int_equal(seen->info.queue.type, type);
	assert_int_equal(seen->info.queue.qid, qid);
	assert_int_equal(seen->info.queue.size, size);
	assert_int_equal(seen->info.queue.head, head);
	assert_int_equal(seen->info.queue.tail, head);
}

static void test_a_snapshot_shows_queues_and_outstanding_commands_to_its_plug_in_only(void **state)
{
	struct rig *rig = *state;
	struct nvme_command aer = { .opc = NVME_OPC_ASYNC_EVENT_REQUEST };
	int others = 0;
	uint64_t seq;

	assert_int_equal(driver_create_sized(&rig->driver, 2, 8, 16, 1), 0);
	rig_watch(rig, "nvme:admin:decode");
	rig_watch(rig, "nvme:queue:execute");
	rig_watch(rig, "nvmetap:session:writeback");
	rig_watch(rig, "nvmetap:registers:writeback");
	rig_modify(rig, "nvme:queue:execute", hear_snapshot, &others);
	driver_submit(&rig->driver, 0, &aer);
	seq = rig_seen(rig, NVMETAP_EV_ADMIN, 0)->ev.seq;
	rig->nr_seen = 0;
	nvmetap_snapshot(rig->watcher);
	rig_settle(rig);
	assert_int_equal(others, 0);
	assert_int_equal(rig->nr_seen, 9);
	for (unsigned int i = 0; i < rig->nr_seen; i++) {
		assert_int_equal(rig->seen[i].ev.flags & NVMETAP_SNAPSHOT, NVMETAP_SNAPSHOT);
		assert_int_equal(rig->seen[i].ev.seq, 0);
	}
	assert_int_equal(rig->seen[0].ev.event, NVMETAP_EV_SESSION);
	assert_non_null(strstr(rig->seen[0].text, "serial: SERIAL\n"));
	assert_non_null(strstr(rig->seen[0].text, "tap: nvme:queue:execute by modifier watcher\n"));
	assert_int_equal(rig->seen[1].ev.event, NVMETAP_EV_REGISTERS);
	assert_int_equal(rig->seen[1].ev.text_len, 64);
	/* Four commands have created queues, the fifth is outstanding. */
	assert_queue(&rig->seen[2], NVMETAP_CQ, 0, 32, 4);
	assert_queue(&rig->seen[3], NVMETAP_CQ, 1, 64, 0);
	assert_queue(&rig->seen[4], NVMETAP_CQ, 2, 16, 0);
	assert_queue(&rig->seen[5], NVMETAP_SQ, 0, 32, 5);
	assert_queue(&rig->seen[6], NVMETAP_SQ, 1, 64, 0);
	assert_queue(&rig->seen[7], NVMETAP_SQ, 2, 8, 0);
	assert_int_equal(rig->seen[8].cmd.opc, NVME_OPC_ASYNC_EVENT_REQUEST);
	assert_int_equal(rig->seen[8].ev.cause, seq);
}

static int setup_options(struct nvmetap_plugin *self, void *ctx)
{
	(void)ctx;
	assert_string_equal(nvmetap_option(self, "after"), "5000");
	assert_string_equal(nvmetap_option(NULL, "status"), "01/82");
	assert_string_equal(nvmetap_option(self, "quiet"), "");
	assert_null(nvmetap_option(self, "aft"));
	assert_null(nvmetap_option(self, "5000"));
	return -EPROTO;
}

static void test_options_are_found_and_a_refused_plug_in_leaves_nothing(void **state)
{
	struct rig *rig = *state;
	struct plugin_code code = { "options", setup_options, NULL, NULL };

	assert_int_equal(plugin_add(rig->taps, &code, "after=5000,status=01/82,quiet"), -EPROTO);
	assert_int_equal(rig->taps->armed, 0);
}

static int say_much(struct nvmetap_plugin *self, void *ctx)
{
	(void)ctx;
	(void)nvmetap_option(self, "word");
	return nvmetap_log(self, "a line of what is there for the user");
}

static void test_plug_ins_that_have_gone_leave_little(void **state)
{
	static const struct plugin_code code = { "goes", say_much, NULL, NULL };
	struct rig *rig = *state;
	char options[1024] = "word=";
	struct nvmetap_plugin *last;
	size_t before;

	memset(options + 5, 'x', sizeof(options) - 6);
	before = mallinfo2().uordblks;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(plugin_add(rig->taps, &code, options), 0);
		for (last = rig->taps->plugins; plugin_next(last) != NULL;)
			last = plugin_next(last);
		plugin_remove(last);
	}
	assert_in_range(mallinfo2().uordblks - before, 0, 100 * 300);
}

static int add_numbers(uint32_t bdf, struct nvme_command *cmd, struct nvme_completion *cpl,
		       uint32_t sqid)
{
	assert_int_equal(bdf, 0x30);
	assert_int_equal(sqid, 1);
	if (cmd->opc != 0x80)
		return 0;
	assert_ptr_equal(find_cmd(sqid, cmd->cid), cmd);
	assert_null(find_cmd(sqid, cmd->cid + 1u));
	cpl->cdw0 = cmd->cdw10 + cmd->cdw11;
	return 1;
}

static int setup_short(struct nvmetap_plugin *self, void *ctx)
{
	(void)self;
	(void)ctx;
	return plugin_tap_attach("nvme:io:decode", (void *)add_numbers);
}

static void test_a_plug_in_of_the_short_interface_adds_two_numbers(void **state)
{
	struct rig *rig = *state;
	struct plugin_code code = { "short", setup_short, NULL, NULL };
	struct nvme_command cmd = { .opc = 0x80, .nsid = 1, .cdw10 = 40, .cdw11 = 2 };

	assert_int_equal(plugin_add(rig->taps, &code, NULL), 0);
	assert_int_equal(driver_command(&rig->driver, 1, &cmd), 0);
	assert_int_equal(rig->driver.cpl.cdw0, 42);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_held_command_goes_on_when_it_is_resumed),
		TEST(test_a_callback_may_resume_what_it_is_about_to_hold),
		TEST(test_a_callback_that_does_not_hold_resumes_nothing),
		TEST(test_a_callback_may_complete_what_it_is_about_to_hold),
		TEST(test_a_held_command_can_be_completed),
		TEST(test_a_reset_revokes_what_is_held),
		TEST(test_what_a_plug_in_holds_ends_with_internal_error_when_it_detaches),
		TEST(test_a_dropped_command_is_never_completed),
		TEST(test_a_status_alone_does_not_stop_a_command),
		TEST(test_data_is_read_and_changed_on_its_way_by_modifiers_only),
		TEST(test_a_call_comes_once_and_not_after_the_plug_in_has_gone),
		TEST(test_a_line_from_another_thread_goes_through_the_mailbox),
		TEST(test_a_snapshot_shows_queues_and_outstanding_commands_to_its_plug_in_only),
		TEST(test_options_are_found_and_a_refused_plug_in_leaves_nothing),
		TEST(test_plug_ins_that_have_gone_leave_little),
		TEST(test_a_plug_in_of_the_short_interface_adds_two_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
