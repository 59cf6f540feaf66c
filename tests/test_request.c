/* SPDX-License-Identifier: BSD-2-Clause */
/* What plug-ins may ask of the drive: data, calls, lines, snapshots; and who may not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include "tests/rig.h"

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

static int ask_for_data(void *ctx, struct nvmetap_event *ev)
{
	uint8_t byte = 0;

	*(int *)ctx = nvmetap_data(ev, 0, &byte, 1, 0);
	return NVMETAP_GO;
}

static void test_an_event_without_data_says_so(void **state)
{
	struct rig *rig = *state;
	int rc = 0;

	rig_modify(rig, "nvme:io:decode", ask_for_data, &rc);
	assert_int_equal(rig_read_block(rig), 0);
	assert_int_equal(rc, -ENODATA);
}

/* Outside of a plug-in's code NULL is nobody. */
static void test_who_is_nobody_is_refused(void **state)
{
	const struct nvme_completion cpl = { 0 };
	const struct nvmetap_event ev = { .event = NVMETAP_EV_DATA };
	struct rig *rig = *state;
	uint8_t byte;

	assert_null(nvmetap_self());
	assert_int_equal(nvmetap_attach(NULL, "nvme:io:decode", ask_for_data, NULL, 0), -EINVAL);
	assert_int_equal(nvmetap_resume(NULL, 1, 0), -EINVAL);
	assert_int_equal(nvmetap_complete(NULL, 1, &cpl), -EINVAL);
	assert_int_equal(nvmetap_call(NULL, 0, ask_for_data, NULL), -EINVAL);
	assert_int_equal(nvmetap_call(rig->watcher, 0, NULL, NULL), -EINVAL);
	assert_int_equal(nvmetap_log(NULL, "a line"), -EINVAL);
	assert_int_equal(nvmetap_snapshot(NULL), -EINVAL);
	assert_int_equal(nvmetap_data(&ev, 0, &byte, 1, 0), -ENODATA);
	assert_null(nvmetap_option(NULL, "key"));
	assert_null(find_cmd(0, 0));
}

static int resume_another(void *ctx, struct nvmetap_event *ev)
{
	const struct nvme_completion cpl = { 0 };
	int *rc = ctx;

	(void)ev;
	rc[0] = nvmetap_resume(NULL, 0x10001, 0);
	rc[1] = nvmetap_complete(NULL, 0x10001, &cpl);
	return NVMETAP_GO;
}

/* On the controller's thread, of a command whose event does not pass. */
static void test_a_command_that_is_not_held_is_none_to_go_on(void **state)
{
	struct rig *rig = *state;
	int rc[2] = { 0 };

	rig_modify(rig, "nvme:io:decode", resume_another, rc);
	assert_int_equal(rig_read_block(rig), 0);
	assert_int_equal(rc[0], -ENOENT);
	assert_int_equal(rc[1], -ENOENT);
}

static int keep_time(void *ctx, struct nvmetap_event *ev)
{
	*(struct nvmetap_event *)ctx = *ev;
	return NVMETAP_GO;
}

static void test_a_call_has_an_event_of_no_tap_and_its_time(void **state)
{
	struct rig *rig = *state;
	uint64_t before = nvmetap_ticks();
	struct nvmetap_event ev = { 0 };

	assert_int_equal(nvmetap_call(rig->watcher, 0, keep_time, &ev), 0);
	rig_settle(rig);
	assert_int_equal(ev.tap, NVMETAP_NR_TAPS);
	assert_int_equal(ev.size, sizeof(ev));
	assert_int_equal(ev.bdf, 0x30);
	assert_true(ev.ticks >= before && ev.ticks <= nvmetap_ticks());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_data_is_read_and_changed_on_its_way_by_modifiers_only),
		TEST(test_a_call_comes_once_and_not_after_the_plug_in_has_gone),
		TEST(test_a_line_from_another_thread_goes_through_the_mailbox),
		TEST(test_a_snapshot_shows_queues_and_outstanding_commands_to_its_plug_in_only),
		TEST(test_an_event_without_data_says_so),
		TEST(test_who_is_nobody_is_refused),
		TEST(test_a_command_that_is_not_held_is_none_to_go_on),
		TEST(test_a_call_has_an_event_of_no_tap_and_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
