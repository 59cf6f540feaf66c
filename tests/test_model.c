/* SPDX-License-Identifier: BSD-2-Clause */
/* The model: phases, outstanding commands and gaps, from records made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "dissector/model.h"

static enum model_phase seen[32];
static unsigned int nr_seen;

static void note_phase(void *ctx, enum model_phase phase, const struct record *rec)
{
	(void)ctx;
	(void)rec;
	seen[nr_seen++] = phase;
}

static int setup_model(void **state)
{
	struct model *model = model_new();

	nr_seen = 0;
	model_on_phase(model, note_phase, NULL);
	*state = model;
	return 0;
}

static int teardown_model(void **state)
{
	model_free(*state);
	return 0;
}

static void feed(struct model *model, struct record rec)
{
	static uint64_t time_ns = 1000;

	rec.time_ns = time_ns += 1000;
	assert_int_equal(model_feed(model, &rec), 0);
}

static void feed_command(struct model *model, uint16_t sqid, uint16_t cid, uint8_t opc)
{
	feed(model, (struct record){
		.event = sqid == 0 ? NVMETAP_EV_ADMIN : NVMETAP_EV_IO,
		.stage = NVMETAP_DECODE,
		.qkind = sqid == 0 ? NVMETAP_QUEUE_ADMIN : NVMETAP_QUEUE_IO,
		.sqid = sqid, .cid = cid, .opc = opc, .cdw10 = 1,
	});
}

static void feed_completion(struct model *model, uint16_t sqid, uint16_t cid, uint8_t opc,
			    uint16_t status)
{
	feed(model, (struct record){
		.event = NVMETAP_EV_COMPLETION,
		.stage = NVMETAP_WRITEBACK,
		.qkind = sqid == 0 ? NVMETAP_QUEUE_ADMIN : NVMETAP_QUEUE_IO,
		.sqid = sqid, .cid = cid, .opc = opc, .cdw10 = 1, .status = status,
	});
}

static void feed_ctrl(struct model *model, uint8_t state)
{
	uint8_t info[ctrl_info_SIZE] = { state };

	feed(model, (struct record){
		.event = NVMETAP_EV_CTRL, .info = info, .info_len = sizeof(info),
	});
}

/* A snapshot of a controller whose CSTS.RDY is that. */
static void feed_registers(struct model *model, uint8_t ready)
{
	uint8_t bytes[registers_SIZE] = { [NVME_REG_CSTS] = ready };

	feed(model, (struct record){
		.event = NVMETAP_EV_REGISTERS, .flags = NVMETAP_SNAPSHOT, .payload = bytes,
		.len = sizeof(bytes), .caplen = sizeof(bytes),
	});
}

static void feed_sq(struct model *model, uint16_t qid, uint8_t state)
{
	uint8_t info[queue_info_SIZE] = { 0 };

	queue_info_type_set(info, NVMETAP_SQ);
	queue_info_state_set(info, state);
	queue_info_qid_set(info, qid);
	feed(model, (struct record){
		.event = NVMETAP_EV_QUEUE, .info = info, .info_len = sizeof(info),
	});
}

static void test_a_boot_passes_every_phase_once(void **state)
{
	static const enum model_phase expected[] = {
		MODEL_PHASE_PROBED, MODEL_PHASE_RESET, MODEL_PHASE_ENABLED,
		MODEL_PHASE_IDENTIFIED, MODEL_PHASE_QUEUES, MODEL_PHASE_IO,
		MODEL_PHASE_SHUTDOWN,
	};
	struct model *model = *state;

	feed(model, (struct record){ .event = NVMETAP_EV_REGREAD });
	feed(model, (struct record){ .event = NVMETAP_EV_REGREAD });
	feed_ctrl(model, NVMETAP_CTRL_DISABLED);
	feed_ctrl(model, NVMETAP_CTRL_ENABLED);
	feed_ctrl(model, NVMETAP_CTRL_READY);
	for (uint16_t cid = 1; cid < 3; cid++) {
		feed_command(model, 0, cid, NVME_OPC_IDENTIFY);
		feed_completion(model, 0, cid, NVME_OPC_IDENTIFY, 0);
	}
	feed_sq(model, 1, NVMETAP_QUEUE_CREATED);
	feed_sq(model, 2, NVMETAP_QUEUE_CREATED);
	feed_command(model, 1, 7, NVME_OPC_READ);
	feed_completion(model, 1, 7, NVME_OPC_READ, 0);
	feed_ctrl(model, NVMETAP_CTRL_SHUTDOWN_STARTED);
	feed_ctrl(model, NVMETAP_CTRL_SHUTDOWN_COMPLETE);

	assert_int_equal(nr_seen, sizeof(expected) / sizeof(expected[0]));
	assert_memory_equal(seen, expected, sizeof(expected));
}

static void test_a_failed_command_enters_no_phase(void **state)
{
	struct model *model = *state;

	feed_ctrl(model, NVMETAP_CTRL_READY);
	feed_command(model, 0, 1, NVME_OPC_IDENTIFY);
	feed_completion(model, 0, 1, NVME_OPC_IDENTIFY, 0x002);
	assert_int_equal(model_phase(model), MODEL_PHASE_ENABLED);
	assert_int_equal(model_counts(model)->nr_errors, 1);
}

static void test_outstanding_commands_are_given_up_by_a_reset(void **state)
{
	struct model *model = *state;
	size_t nr_async;

	for (uint16_t cid = 0; cid < 1000; cid++)
		feed_command(model, 3, cid, NVME_OPC_WRITE);
	feed_command(model, 0, 1, NVME_OPC_ASYNC_EVENT_REQUEST);
	assert_int_equal(model_outstanding(model, &nr_async), 1001);
	assert_int_equal(nr_async, 1);
	feed_ctrl(model, NVMETAP_CTRL_DISABLED);
	assert_int_equal(model_outstanding(model, &nr_async), 0);
	assert_int_equal(nr_async, 0);
	assert_int_equal(model_counts(model)->nr_lost, 1001);
}

static void test_deleting_a_queue_gives_up_its_commands_only(void **state)
{
	struct model *model = *state;

	for (uint16_t cid = 0; cid < 300; cid++) {
		feed_command(model, 1, cid, NVME_OPC_WRITE);
		feed_command(model, 2, cid, NVME_OPC_WRITE);
	}
	feed_sq(model, 1, NVMETAP_QUEUE_DELETED);
	assert_int_equal(model_outstanding(model, NULL), 300);
	for (uint16_t cid = 0; cid < 300; cid++)
		feed_completion(model, 2, cid, NVME_OPC_WRITE, 0);
	assert_int_equal(model_outstanding(model, NULL), 0);
	assert_int_equal(model_counts(model)->nr_unmatched, 0);
	assert_int_equal(model_counts(model)->nr_lost, 300);
}

static void test_completions_in_any_order_find_their_commands(void **state)
{
	struct model *model = *state;

	for (unsigned int i = 0; i < 4096; i++)
		feed_command(model, (uint16_t)(1 + i % 7), (uint16_t)i, NVME_OPC_READ);
	for (unsigned int i = 0; i < 4096; i++) {
		unsigned int k = i * 2741 % 4096;

		feed_completion(model, (uint16_t)(1 + k % 7), (uint16_t)k, NVME_OPC_READ, 0);
	}
	assert_int_equal(model_outstanding(model, NULL), 0);
	assert_int_equal(model_counts(model)->nr_unmatched, 0);
	feed_completion(model, 1, 0, NVME_OPC_READ, 0);
	assert_int_equal(model_counts(model)->nr_unmatched, 1);
}

static void test_gaps_are_what_no_drop_record_covers(void **state)
{
	struct model *model = *state;
	uint8_t info[drop_info_SIZE];

	drop_info_count_set(info, 5);
	drop_info_first_set(info, 11);
	drop_info_last_set(info, 15);
	feed(model, (struct record){ .event = NVMETAP_EV_CONSOLE, .seq = 10 });
	feed(model, (struct record){ .event = NVMETAP_EV_DROP, .info = info,
				     .info_len = sizeof(info) });
	feed(model, (struct record){ .event = NVMETAP_EV_CONSOLE, .seq = 16 });
	assert_int_equal(model_counts(model)->nr_gaps, 0);
	assert_int_equal(model_counts(model)->nr_dropped, 5);
	feed(model, (struct record){ .event = NVMETAP_EV_CONSOLE, .seq = 20 });
	assert_int_equal(model_counts(model)->nr_gaps, 3);
}

static void feed_snapshot_sq(struct model *model, uint16_t qid)
{
	uint8_t info[queue_info_SIZE] = { 0 };

	queue_info_type_set(info, NVMETAP_SQ);
	queue_info_state_set(info, NVMETAP_QUEUE_CREATED);
	queue_info_qid_set(info, qid);
	feed(model, (struct record){
		.event = NVMETAP_EV_QUEUE, .flags = NVMETAP_SNAPSHOT, .info = info,
		.info_len = sizeof(info),
	});
}

static void test_a_snapshot_says_what_must_have_been_and_tells_no_phase(void **state)
{
	struct model *model = *state;

	feed_registers(model, 0);
	feed_snapshot_sq(model, 1);
	assert_int_equal(model_phase(model), MODEL_PHASE_NONE);
	feed_registers(model, 1);
	assert_int_equal(model_phase(model), MODEL_PHASE_ENABLED);
	feed_snapshot_sq(model, 0);
	assert_int_equal(model_phase(model), MODEL_PHASE_ENABLED);
	feed_snapshot_sq(model, 1);
	assert_int_equal(model_phase(model), MODEL_PHASE_IO);
	assert_int_equal(nr_seen, 0);
}

static void test_a_short_info_is_ignored(void **state)
{
	struct model *model = *state;
	uint8_t info[1] = { NVMETAP_CTRL_READY };

	feed(model, (struct record){ .event = NVMETAP_EV_CTRL, .info = info, .info_len = 1 });
	assert_int_equal(model_phase(model), MODEL_PHASE_NONE);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup_model, teardown_model)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_a_boot_passes_every_phase_once),
		CASE(test_a_failed_command_enters_no_phase),
		CASE(test_outstanding_commands_are_given_up_by_a_reset),
		CASE(test_deleting_a_queue_gives_up_its_commands_only),
		CASE(test_completions_in_any_order_find_their_commands),
		CASE(test_gaps_are_what_no_drop_record_covers),
		CASE(test_a_snapshot_says_what_must_have_been_and_tells_no_phase),
		CASE(test_a_short_info_is_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
