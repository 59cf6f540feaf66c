/* SPDX-License-Identifier: BSD-2-Clause */
/* The taps: modifiers, observers, numbers, log lines. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "tests/rig.h"

static int change_status(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	NVME_STATUS_SET(ev->cpl->status, NVME_SCT_MEDIA_ERROR, NVME_SC_UNRECOVERED_READ_ERROR);
	return NVMETAP_GO;
}

struct was_check {
	bool called;
	uint16_t was, is;
	uint8_t flags;
};

static int check_was(void *ctx, struct nvmetap_event *ev)
{
	struct was_check *check = ctx;

	check->called = true;
	check->flags = ev->flags;
	check->is = ev->cpl->status;
	check->was = ev->was != NULL ? ev->was->cpl->status : 0xffff;
	return NVMETAP_GO;
}

static void test_an_observer_sees_the_original_and_the_final_form(void **state)
{
	struct rig *rig = *state;
	struct was_check check = { 0 };

	rig_modify(rig, "nvme:io:writeback", change_status, NULL);
	nvmetap_attach(rig->watcher, "nvme:io:writeback", check_was, &check, NVMETAP_OBSERVE);
	assert_int_equal(rig_read_block(rig), ST(UNRECOVERED_READ_ERROR));
	assert_true(check.called);
	assert_int_equal(check.flags & NVMETAP_ALTERED, NVMETAP_ALTERED);
	assert_int_equal(NVME_STATUS_CODE(check.was), 0);
	assert_int_equal(NVME_STATUS_CODE(check.is), ST(UNRECOVERED_READ_ERROR));
	/* NVME_STATUS_SET clears the phase, which is the controller's. */
	assert_int_equal(NVME_STATUS_P(check.is), 1);
}

static void test_an_event_that_nobody_changed_is_not_altered(void **state)
{
	struct rig *rig = *state;
	struct was_check check = { 0 };

	nvmetap_attach(rig->watcher, "nvme:io:writeback", check_was, &check, NVMETAP_OBSERVE);
	assert_int_equal(rig_read_block(rig), 0);
	assert_int_equal(check.flags & NVMETAP_ALTERED, 0);
	assert_int_equal(check.was, 0xffff);
}

/* Who was called, in turn. */
struct trail {
	char text[16];
	size_t len;
};

struct note {
	struct trail *trail;
	char letter;
	int verdict;
};

static int write_note(void *ctx, struct nvmetap_event *ev)
{
	const struct note *note = ctx;

	(void)ev;
	note->trail->text[note->trail->len++] = note->letter;
	return note->verdict;
}

static void test_modifiers_run_in_order_until_one_answers_and_observers_always(void **state)
{
	struct rig *rig = *state;
	struct trail trail = { .len = 0 };
	struct note a = { &trail, 'a', NVMETAP_GO }, b = { &trail, 'b', NVMETAP_HANDLED };
	struct note c = { &trail, 'c', NVMETAP_GO }, o = { &trail, 'o', NVMETAP_HANDLED };

	nvmetap_attach(rig->watcher, "nvme:io:decode", write_note, &o, NVMETAP_OBSERVE);
	nvmetap_attach(rig->watcher, "nvme:io:decode", write_note, &c, 30);
	nvmetap_attach(rig->watcher, "nvme:io:decode", write_note, &b, 20);
	nvmetap_attach(rig->watcher, "nvme:io:decode", write_note, &a, 10);
	assert_int_equal(rig_read_block(rig), 0);
	assert_string_equal(trail.text, "abo");
	trail = (struct trail){ .len = 0 };
	b.verdict = NVMETAP_GO;
	assert_int_equal(rig_read_block(rig), 0);
	assert_string_equal(trail.text, "abco");
}

static int log_and_hold(void *ctx, struct nvmetap_event *ev)
{
	*(uint64_t *)ctx = ev->cmd_id;
	nvmetap_log(NULL, "held");
	return NVMETAP_LATER;
}

static int take(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	(void)ev;
	return NVMETAP_HANDLED;
}

static void test_a_command_is_held_by_who_held_it_whoever_takes_its_log_line(void **state)
{
	struct rig *rig = *state;
	uint64_t id = 0;
	struct nvmetap_plugin *holder = rig_modify(rig, "nvme:io:decode", log_and_hold, &id);
	struct nvmetap_plugin *taker = rig_modify(rig, "nvmetap:log:writeback", take, NULL);
	struct nvme_command cmd = rig_read_command(1, driver_alloc(&rig->driver, 512));
	struct nvme_completion cpl;

	driver_submit(&rig->driver, 1, &cmd);
	assert_int_not_equal(id, 0);
	assert_int_equal(nvmetap_detach(taker, "nvmetap:log:writeback", take, NULL), 0);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 1));
	assert_int_equal(nvmetap_detach(holder, "nvme:io:decode", log_and_hold, &id), 0);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(status_code(&cpl), ST(INTERNAL_DEVICE_ERROR));
}

static void test_attach_refuses_what_is_wrong_with_a_clear_error(void **state)
{
	struct rig *rig = *state;
	struct trail trail = { .len = 0 };
	struct note a = { &trail, 'a', NVMETAP_GO };

	assert_int_equal(nvmetap_attach(rig->watcher, "nvme:io:think", write_note, &a, 0), -ENOENT);
	assert_int_equal(nvmetap_attach(rig->watcher, NULL, write_note, &a, 0), -EINVAL);
	assert_int_equal(nvmetap_attach(rig->watcher, "nvme:io:decode", NULL, &a, 0), -EINVAL);
	assert_int_equal(nvmetap_attach(NULL, "nvme:io:decode", write_note, &a, 0), -EINVAL);
	assert_int_equal(nvmetap_attach(rig->watcher, "nvme:io:decode", write_note, &a, 0), 0);
	assert_int_equal(nvmetap_attach(rig->watcher, "nvme:io:decode", write_note, &a, 0), -EEXIST);
	assert_int_equal(nvmetap_detach(rig->watcher, "nvme:io:fetch", write_note, &a), -ENOENT);
}

static void test_an_event_that_nobody_asked_for_gets_no_number(void **state)
{
	struct rig *rig = *state;
	uint64_t seq = rig->taps->seq;

	assert_int_equal(rig_read_block(rig), 0);
	assert_int_equal(rig->taps->seq, seq);
	rig_watch(rig, "nvme:io:decode");
	assert_int_equal(rig_read_block(rig), 0);
	assert_int_equal(rig->taps->seq, seq + 1);
	assert_int_equal(rig_seen(rig, NVMETAP_EV_IO, 0)->ev.seq, seq + 1);
}

static void test_a_completion_names_its_command_and_an_interrupt_its_completion(void **state)
{
	struct rig *rig = *state;
	const struct seen *io, *cpl, *irq;

	rig_watch(rig, "nvme:io:decode");
	rig_watch(rig, "nvme:io:writeback");
	rig_watch(rig, "pci:msix:writeback");
	assert_int_equal(rig_read_block(rig), 0);
	rig_settle(rig);
	io = rig_seen(rig, NVMETAP_EV_IO, 0);
	cpl = rig_seen(rig, NVMETAP_EV_COMPLETION, 0);
	irq = rig_seen(rig, NVMETAP_EV_INTERRUPT, 0);
	assert_non_null(io);
	assert_non_null(cpl);
	assert_non_null(irq);
	assert_int_equal(cpl->ev.cause, io->ev.seq);
	assert_int_equal(irq->ev.cause, cpl->ev.seq);
	assert_int_equal(irq->ev.count, 1);
	assert_int_equal(irq->info.irq.vector, 1);
	assert_int_equal(irq->info.irq.result, NVMETAP_IRQ_SENT);
	assert_true(cpl->ev.latency_ns > 0);
	assert_true(cpl->ev.latency_ns >= cpl->ev.ticks - io->ev.ticks);
	assert_int_equal(io->ev.bdf, 0x30);
	assert_int_equal(cpl->cmd.opc, NVME_OPC_READ);
}

static void test_an_event_says_which_tap_it_passed(void **state)
{
	static const struct {
		const char *tap;
		unsigned int number, event, stage;
	} rows[] = {
		{ "nvme:io:fetch", NVMETAP_TAP_IO_FETCH, NVMETAP_EV_IO, NVMETAP_FETCH },
		{ "nvme:io:decode", NVMETAP_TAP_IO_DECODE, NVMETAP_EV_IO, NVMETAP_DECODE },
		{ "nvme:io:memory", NVMETAP_TAP_IO_MEMORY, NVMETAP_EV_DATA, NVMETAP_MEMORY },
		{ "nvme:io:writeback", NVMETAP_TAP_IO_WRITEBACK, NVMETAP_EV_COMPLETION,
		  NVMETAP_WRITEBACK },
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		rig_watch(rig, rows[i].tap);
	assert_int_equal(rig_read_block(rig), 0);
	for (unsigned int seen = 0, i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		while (seen < rig->nr_seen && rig->seen[seen].ev.tap != rows[i].number)
			seen++;
		assert_true(seen < rig->nr_seen);
		assert_int_equal(rig->seen[seen].ev.event, rows[i].event);
		assert_int_equal(rig->seen[seen].ev.stage, rows[i].stage);
		assert_int_equal(rig->seen[seen].ev.size, sizeof(struct nvmetap_event));
	}
}

static void test_a_latency_is_known_to_who_hears_of_completions_only(void **state)
{
	struct rig *rig = *state;
	const struct seen *cpl;

	rig_watch(rig, "nvme:io:writeback");
	assert_int_equal(rig_read_block(rig), 0);
	cpl = rig_seen(rig, NVMETAP_EV_COMPLETION, 0);
	assert_non_null(cpl);
	assert_true(cpl->ev.latency_ns > 0);
}

/* The first event of a command stands for it where nobody hears of its decoding. */
static void test_events_belong_to_a_command_s_first_one(void **state)
{
	struct rig *rig = *state;
	const struct seen *first, *last;

	rig_watch(rig, "nvme:io:fetch");
	rig_watch(rig, "nvme:io:execute");
	rig_watch(rig, "nvme:io:writeback");
	assert_int_equal(rig_read_block(rig), 0);
	first = rig_seen(rig, NVMETAP_EV_IO, 0);
	last = rig_seen(rig, NVMETAP_EV_COMPLETION, 0);
	assert_int_equal(first->ev.stage, NVMETAP_FETCH);
	assert_int_equal(rig_seen(rig, NVMETAP_EV_IO, 1)->ev.cause, first->ev.seq);
	assert_int_equal(last->ev.cause, first->ev.seq);
	assert_true(last->ev.latency_ns >= last->ev.ticks - first->ev.ticks);
}

static void test_a_latency_begins_when_the_command_is_fetched(void **state)
{
	struct rig *rig = *state;
	const struct seen *fetch, *cpl;

	rig_watch(rig, "nvme:io:fetch");
	rig_watch(rig, "nvme:io:decode");
	rig_watch(rig, "nvme:io:writeback");
	assert_int_equal(rig_read_block(rig), 0);
	fetch = rig_seen(rig, NVMETAP_EV_IO, 0);
	cpl = rig_seen(rig, NVMETAP_EV_COMPLETION, 0);
	assert_int_equal(cpl->ev.cause, rig_seen(rig, NVMETAP_EV_IO, 1)->ev.seq);
	assert_int_equal(cpl->ev.latency_ns, cpl->ev.ticks - fetch->ev.ticks);
}

static void test_a_copy_that_is_repeated_is_one_event(void **state)
{
	struct rig *rig = *state;

	rig_watch(rig, "nvme:io:memory");
	rig_watch(rig, "nvme:io:writeback");
	rig->mem->nr_copies = 1;
	rig->mem->every_nth_again = 3;	/* the data, and the end of the completion */
	assert_int_equal(rig_read_block(rig), 0);
	assert_int_equal(rig->mem->nr_copies, 8);
	assert_non_null(rig_seen(rig, NVMETAP_EV_DATA, 0));
	assert_null(rig_seen(rig, NVMETAP_EV_DATA, 1));
	assert_non_null(rig_seen(rig, NVMETAP_EV_COMPLETION, 0));
	assert_null(rig_seen(rig, NVMETAP_EV_COMPLETION, 1));
}

static int log_twice(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	(void)ev;
	nvmetap_log(NULL, "first");
	nvmetap_log(NULL, "second");
	return NVMETAP_GO;
}

static void test_a_line_logged_in_a_callback_comes_after_the_event_and_names_it(void **state)
{
	struct rig *rig = *state;

	rig_modify(rig, "nvme:io:decode", log_twice, NULL);
	rig_watch(rig, "nvme:io:decode");
	rig_watch(rig, "nvmetap:log:writeback");
	assert_int_equal(rig_read_block(rig), 0);
	assert_int_equal(rig->nr_seen, 3);
	assert_int_equal(rig->seen[0].ev.event, NVMETAP_EV_IO);
	assert_string_equal(rig->seen[1].text, "first");
	assert_string_equal(rig->seen[2].text, "second");
	assert_int_equal(rig->seen[1].ev.cause, rig->seen[0].ev.seq);
	assert_int_equal(rig->seen[1].ev.seq, rig->seen[0].ev.seq + 1);
}

static int log_again(void *ctx, struct nvmetap_event *ev)
{
	(void)ev;
	*(int *)ctx = nvmetap_log(NULL, "echo");
	return NVMETAP_GO;
}

static void test_a_log_of_the_log_is_refused(void **state)
{
	struct rig *rig = *state;
	int rc = 0;

	rig_modify(rig, "nvme:io:decode", log_twice, NULL);
	rig_modify(rig, "nvmetap:log:writeback", log_again, &rc);
	assert_int_equal(rig_read_block(rig), 0);
	assert_int_equal(rc, -EDEADLK);
}

static int detach_myself(void *ctx, struct nvmetap_event *ev)
{
	(void)ev;
	++*(int *)ctx;
	assert_int_equal(nvmetap_detach(NULL, "nvme:io:decode", detach_myself, ctx), 0);
	return NVMETAP_GO;
}

static void test_a_callback_may_detach_itself(void **state)
{
	struct rig *rig = *state;
	struct trail trail = { .len = 0 };
	struct note a = { &trail, 'a', NVMETAP_GO };
	int calls = 0;

	rig_modify(rig, "nvme:io:decode", detach_myself, &calls);
	nvmetap_attach(rig->watcher, "nvme:io:decode", write_note, &a, NVMETAP_OBSERVE);
	assert_int_equal(rig_read_block(rig), 0);
	assert_int_equal(rig_read_block(rig), 0);
	assert_int_equal(calls, 1);
	assert_string_equal(trail.text, "aa");
	nvmetap_detach(rig->watcher, "nvme:io:decode", write_note, &a);
	assert_false(tap_armed(rig->taps, NVMETAP_TAP_IO_DECODE));
}

static int count_detach(void *ctx, struct nvmetap_event *ev)
{
	if (ev->event == NVMETAP_EV_NONE && ev->count == NVMETAP_BATCH_DETACH)
		++*(int *)ctx;
	return NVMETAP_GO;
}

static void test_an_observer_of_batches_hears_of_its_end(void **state)
{
	struct rig *rig = *state;
	int ends = 0;

	nvmetap_attach(rig->watcher, "nvmetap:batch:writeback", count_detach, &ends, NVMETAP_OBSERVE);
	plugin_remove(rig->watcher);
	assert_int_equal(ends, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_observer_sees_the_original_and_the_final_form),
		TEST(test_an_event_that_nobody_changed_is_not_altered),
		TEST(test_modifiers_run_in_order_until_one_answers_and_observers_always),
		TEST(test_a_command_is_held_by_who_held_it_whoever_takes_its_log_line),
		TEST(test_attach_refuses_what_is_wrong_with_a_clear_error),
		TEST(test_an_event_that_nobody_asked_for_gets_no_number),
		TEST(test_a_completion_names_its_command_and_an_interrupt_its_completion),
		TEST(test_an_event_says_which_tap_it_passed),
		TEST(test_a_latency_is_known_to_who_hears_of_completions_only),
		TEST(test_events_belong_to_a_command_s_first_one),
		TEST(test_a_latency_begins_when_the_command_is_fetched),
		TEST(test_a_copy_that_is_repeated_is_one_event),
		TEST(test_a_line_logged_in_a_callback_comes_after_the_event_and_names_it),
		TEST(test_a_log_of_the_log_is_refused),
		TEST(test_a_callback_may_detach_itself),
		TEST(test_an_observer_of_batches_hears_of_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
