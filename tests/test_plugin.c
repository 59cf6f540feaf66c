/* SPDX-License-Identifier: BSD-2-Clause */
/* Plug-ins: commands that they hold, what their answers mean, options, what they leave. */
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
		TEST(test_options_are_found_and_a_refused_plug_in_leaves_nothing),
		TEST(test_plug_ins_that_have_gone_leave_little),
		TEST(test_a_plug_in_of_the_short_interface_adds_two_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
