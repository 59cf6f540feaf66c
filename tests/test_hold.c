/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that several plug-ins hold, at every stage, from every thread. */
#include <config.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <string.h>
#include "tests/rig.h"

enum { ROUNDS = 300 };

struct holder {
	uint64_t cmd_id;
	unsigned int nr;
};

static int hold(void *ctx, struct nvmetap_event *ev)
{
	struct holder *holder = ctx;

	holder->cmd_id = ev->cmd_id;
	holder->nr++;
	return NVMETAP_LATER;
}

static int refuse(void *ctx, struct nvmetap_event *ev)
{
	++*(unsigned int *)ctx;
	NVME_STATUS_SET(ev->cpl->status, 1, 0x82);
	return NVMETAP_HANDLED;
}

static void submit_read(struct rig *rig)
{
	struct nvme_command cmd = rig_read_command(1, driver_alloc(&rig->driver, 512));

	driver_submit(&rig->driver, 1, &cmd);
}

static void wait_for(struct rig *rig, const struct holder *holder)
{
	while (holder->cmd_id == 0)
		assert_true(rig->access.wait(rig));
}

static void test_two_plug_ins_hold_a_command_at_one_tap_one_after_the_other(void **state)
{
	struct rig *rig = *state;
	struct holder first = { 0 }, second = { 0 };
	struct nvmetap_plugin *a = rig_modify(rig, "nvme:io:decode", hold, &first);
	struct nvmetap_plugin *b = rig_modify(rig, "nvme:io:decode", hold, &second);
	struct nvme_completion cpl;

	rig_watch(rig, "nvme:io:decode");
	submit_read(rig);
	assert_int_equal(first.nr, 1);
	assert_int_equal(second.nr, 0);
	assert_int_equal(nvmetap_resume(a, first.cmd_id, 0), 0);
	rig_settle(rig);
	assert_int_equal(second.nr, 1);
	assert_int_equal(second.cmd_id, first.cmd_id);
	assert_false(driver_peek(&rig->driver, 1));
	assert_int_equal(nvmetap_resume(b, second.cmd_id, 0), 0);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(status_code(&cpl), 0);
	assert_int_equal(first.nr, 1);
	assert_int_equal(rig->nr_seen, 1);	/* it passed once */
}

static void test_a_command_that_is_resumed_at_the_end_of_time_waits_for_it(void **state)
{
	struct rig *rig = *state;
	struct holder holder = { 0 };
	struct nvmetap_plugin *plugin = rig_modify(rig, "nvme:io:decode", hold, &holder);
	struct nvme_completion cpl;

	submit_read(rig);
	assert_int_equal(nvmetap_resume(plugin, holder.cmd_id, UINT64_MAX), 0);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 1));
	assert_int_equal(nvmetap_resume(plugin, holder.cmd_id, 0), 0);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
}

static int count(void *ctx, struct nvmetap_event *ev)
{
	(void)ev;
	++*(unsigned int *)ctx;
	return NVMETAP_GO;
}

static void test_the_modifiers_behind_a_holder_have_their_say_when_it_lets_go(void **state)
{
	struct rig *rig = *state;
	struct holder holder = { 0 };
	unsigned int before = 0, beside = 0, behind = 0;
	struct nvmetap_plugin *plugin = rig_modify(rig, "nvme:io:decode", hold, &holder);
	struct nvme_completion cpl;

	nvmetap_attach(rig->watcher, "nvme:io:decode", count, &before, NVMETAP_MODIFY - 1);
	nvmetap_attach(rig->watcher, "nvme:io:decode", count, &beside, NVMETAP_MODIFY);
	nvmetap_attach(rig->watcher, "nvme:io:decode", refuse, &behind, NVMETAP_MODIFY + 1);
	submit_read(rig);
	assert_int_equal(beside, 0);
	assert_int_equal(nvmetap_resume(plugin, holder.cmd_id, 1000), 0);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(status_code(&cpl), 0x182);
	assert_int_equal(before, 1);
	assert_int_equal(holder.nr, 1);
	assert_int_equal(beside, 1);
	assert_int_equal(behind, 1);
}

static void test_a_command_is_held_and_resumed_at_every_stage(void **state)
{
	static const char *const taps[] = {
		"nvme:io:fetch", "nvme:io:decode", "nvme:io:execute", "nvme:io:memory",
		"nvme:io:writeback",
	};
	struct rig *rig = *state;
	struct holder holder = { 0 };
	struct nvme_completion cpl;

	for (size_t i = 0; i < sizeof(taps) / sizeof(taps[0]); i++) {
		holder = (struct holder){ 0 };
		nvmetap_attach(rig->watcher, taps[i], hold, &holder, NVMETAP_MODIFY);
		submit_read(rig);
		wait_for(rig, &holder);
		rig_settle(rig);
		assert_false(driver_peek(&rig->driver, 1));
		assert_int_equal(nvmetap_resume(rig->watcher, holder.cmd_id, 1000), 0);
		assert_true(driver_wait(&rig->driver, 1, &cpl));
		assert_int_equal(status_code(&cpl), 0);
		assert_int_equal(holder.nr, 1);
		nvmetap_detach(rig->watcher, taps[i], hold, &holder);
	}
}

static int choose_head(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	ev->cpl->sqhd = 0x4242;
	return NVMETAP_GO;
}

static void test_a_head_that_a_plug_in_has_chosen_survives_a_delay(void **state)
{
	struct rig *rig = *state;
	struct holder holder = { 0 };
	struct nvme_completion cpl;
	struct nvmetap_plugin *plugin;

	rig_modify(rig, "nvme:io:writeback", choose_head, NULL);
	plugin = rig_modify(rig, "nvme:io:writeback", hold, &holder);
	submit_read(rig);
	wait_for(rig, &holder);
	assert_int_equal(nvmetap_resume(plugin, holder.cmd_id, 1000), 0);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(cpl.sqhd, 0x4242);
}

static void test_a_head_that_nobody_chose_is_that_of_the_moment_of_posting(void **state)
{
	struct rig *rig = *state;
	struct holder holder = { 0 };
	struct nvme_command cmd = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct nvmetap_plugin *plugin = rig_modify(rig, "nvme:io:writeback", hold, &holder);
	struct nvme_completion cpl;

	submit_read(rig);
	wait_for(rig, &holder);
	nvmetap_attach(rig->watcher, "nvme:io:writeback", refuse, &(unsigned int){ 0 }, -1);
	driver_submit(&rig->driver, 1, &cmd);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(nvmetap_resume(plugin, holder.cmd_id, 0), 0);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(cpl.sqhd, 2);
}

struct racer {
	struct nvmetap_plugin *plugin;
	uint64_t cmd_id;
	pthread_barrier_t start;
};

static void *complete(void *ctx)
{
	struct racer *racer = ctx;
	const struct nvme_completion cpl = { .cdw0 = 0xbad };

	pthread_barrier_wait(&racer->start);
	nvmetap_complete(racer->plugin, racer->cmd_id, &cpl);
	return NULL;
}

/* Whoever comes first, the next life of the queue has no completion of the old one. */
static void test_a_completion_from_another_thread_may_race_a_reset(void **state)
{
	struct rig *rig = *state;
	struct holder holder;
	struct racer racer = { .plugin = rig_modify(rig, "nvme:io:decode", hold, &holder) };
	struct nvme_command cmd = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	pthread_t thread;

	pthread_barrier_init(&racer.start, NULL, 2);
	for (int i = 0; i < ROUNDS; i++) {
		driver_submit(&rig->driver, 1, &cmd);
		racer.cmd_id = holder.cmd_id;
		assert_int_equal(pthread_create(&thread, NULL, complete, &racer), 0);
		pthread_barrier_wait(&racer.start);
		assert_true(driver_disable(&rig->driver));
		rig->driver.used = 0;
		assert_true(driver_enable(&rig->driver, 32));
		assert_int_equal(driver_create(&rig->driver, 1, 64, 1), 0);
		pthread_join(thread, NULL);
		rig_settle(rig);
		assert_false(driver_peek(&rig->driver, 1));
	}
	pthread_barrier_destroy(&racer.start);
}

struct crowd {
	struct nvmetap_plugin *plugin;
	uint64_t ids[1024];
	unsigned int nr, nr_resumed;
};

static int hold_all(void *ctx, struct nvmetap_event *ev)
{
	struct crowd *crowd = ctx;

	crowd->ids[crowd->nr++] = ev->cmd_id;
	return NVMETAP_LATER;
}

/* Lets go whatever is held, until nr commands of the queue have been completed. */
static void resume_all(struct rig *rig, struct crowd *crowd, uint16_t qid, unsigned int nr)
{
	struct nvme_completion cpl;

	while (nr > 0) {
		while (crowd->nr_resumed < crowd->nr)
			assert_int_equal(nvmetap_resume(crowd->plugin,
							crowd->ids[crowd->nr_resumed++], 0), 0);
		assert_true(driver_wait(&rig->driver, qid, &cpl));
		assert_int_equal(status_code(&cpl), 0);
		nr--;
	}
}

/* Of 512 commands in flight 32 are the admin queue's; the others wait their turn. */
static void test_commands_that_are_held_leave_room_for_the_admin_queue(void **state)
{
	enum { NR_IO = 600, NR_ADMIN = 40 };
	struct rig *rig = *state;
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct nvme_command abort = { .opc = NVME_OPC_ABORT };
	struct crowd io = { .nr = 0 }, admin = { .nr = 0 };

	assert_true(driver_disable(&rig->driver));
	assert_true(driver_enable(&rig->driver, 64));
	assert_int_equal(driver_create(&rig->driver, 2, 1024, 2), 0);
	io.plugin = rig_modify(rig, "nvme:io:decode", hold_all, &io);
	admin.plugin = rig_modify(rig, "nvme:admin:decode", hold_all, &admin);
	for (unsigned int i = 0; i < NR_IO; i++)
		driver_submit(&rig->driver, 2, &flush);
	rig_settle(rig);
	assert_int_equal(io.nr, 512 - 32);
	for (unsigned int i = 0; i < NR_ADMIN; i++)
		driver_submit(&rig->driver, 0, &abort);
	rig_settle(rig);
	assert_int_equal(admin.nr, 32);
	resume_all(rig, &io, 2, NR_IO);
	assert_int_equal(io.nr, NR_IO);
	resume_all(rig, &admin, 0, NR_ADMIN);
	assert_int_equal(admin.nr, NR_ADMIN);
	assert_false(driver_peek(&rig->driver, 2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_two_plug_ins_hold_a_command_at_one_tap_one_after_the_other),
		TEST(test_the_modifiers_behind_a_holder_have_their_say_when_it_lets_go),
		TEST(test_a_command_that_is_resumed_at_the_end_of_time_waits_for_it),
		TEST(test_a_command_is_held_and_resumed_at_every_stage),
		TEST(test_a_head_that_a_plug_in_has_chosen_survives_a_delay),
		TEST(test_a_head_that_nobody_chose_is_that_of_the_moment_of_posting),
		TEST(test_a_completion_from_another_thread_may_race_a_reset),
		TEST(test_commands_that_are_held_leave_room_for_the_admin_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
