/* SPDX-License-Identifier: BSD-2-Clause */
/* The admin commands: Identify, features, logs, asynchronous events, Abort. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "spec/table.h"
#include "tests/suite.h"

static uint16_t identify(struct rig *rig, uint8_t cns, uint32_t nsid, uint8_t **data)
{
	struct nvme_command cmd = { .opc = NVME_OPC_IDENTIFY, .nsid = nsid, .cdw10 = cns };

	cmd.prp1 = driver_alloc(&rig->driver, 4096);
	*data = driver_ptr(&rig->driver, cmd.prp1);
	memset(*data, 0xa5, 4096);
	return driver_command(&rig->driver, 0, &cmd);
}

static void test_identify_controller_says_what_is_true(void **state)
{
	struct rig *rig = *state;
	uint8_t *id;

	assert_int_equal(identify(rig, NVME_CNS_CTRL, 0, &id), 0);
	assert_memory_equal(id + id_ctrl_sn_OFFSET, "SERIAL              ", 20);
	assert_memory_equal(id + id_ctrl_fr_OFFSET, "1.0     ", 8);
	assert_int_equal(id_ctrl_vid_get(id), rig->access.config_read(rig->access.ctx, 0, 2));
	assert_int_equal(id_ctrl_ver_get(id), 0x10400);
	assert_int_equal(id_ctrl_mdts_get(id), 7);
	assert_int_equal(id_ctrl_nn_get(id), 2);
	assert_int_equal(id_ctrl_cntrltype_get(id), NVME_CNTRLTYPE_IO);
	assert_int_equal(bytes_get_le(id + 512, 2), 0x4466);
	assert_int_equal(id_ctrl_oncs_get(id), 0x1c);
	assert_int_equal(id_ctrl_vwc_get(id), 7);
	assert_int_equal(id_ctrl_sgls_get(id), 0);
	assert_memory_equal(id + id_ctrl_subnqn_OFFSET, "nqn.2014-08.org.nvmexpress:uuid:", 32);
	assert_int_equal(strlen((char *)id + id_ctrl_subnqn_OFFSET), 32 + 36);
}

static void test_identify_namespace_follows_the_rules_of_nsids(void **state)
{
	struct rig *rig = *state;
	uint8_t *id;

	assert_int_equal(identify(rig, NVME_CNS_NS, 1, &id), 0);
	assert_int_equal(id_ns_nsze_get(id), RIG_NS1_BLOCKS);
	assert_int_equal(lbaf_lbads_get(id + id_ns_lbaf_OFFSET), 9);
	assert_int_equal(id_ns_nsattr_get(id), 0);
	assert_int_equal(identify(rig, NVME_CNS_NS, 2, &id), 0);
	assert_int_equal(id_ns_nsze_get(id), RIG_NS2_BLOCKS);
	assert_int_equal(lbaf_lbads_get(id + id_ns_lbaf_OFFSET), 12);
	assert_int_equal(id_ns_nsattr_get(id), 1);
	assert_int_equal(identify(rig, NVME_CNS_NS, 0, &id), ST(INVALID_NAMESPACE_OR_FORMAT));
	assert_int_equal(identify(rig, NVME_CNS_NS, 3, &id), ST(INVALID_NAMESPACE_OR_FORMAT));
	assert_int_equal(identify(rig, NVME_CNS_NS, UINT32_MAX, &id),
			 ST(INVALID_NAMESPACE_OR_FORMAT));
}

static void test_namespaces_are_listed_above_the_given_one(void **state)
{
	struct rig *rig = *state;
	uint8_t *list;

	assert_int_equal(identify(rig, NVME_CNS_NS_LIST, 0, &list), 0);
	assert_int_equal(bytes_get_le(list, 4), 1);
	assert_int_equal(bytes_get_le(list + 4, 4), 2);
	assert_int_equal(bytes_get_le(list + 8, 4), 0);
	assert_int_equal(identify(rig, NVME_CNS_NS_LIST, 1, &list), 0);
	assert_int_equal(bytes_get_le(list, 4), 2);
	assert_int_equal(identify(rig, NVME_CNS_NS_LIST, 2, &list), 0);
	assert_int_equal(bytes_get_le(list, 4), 0);
	assert_int_equal(identify(rig, NVME_CNS_NS_LIST, UINT32_MAX - 2, &list), 0);
	assert_int_equal(identify(rig, NVME_CNS_NS_LIST, UINT32_MAX - 1, &list),
			 ST(INVALID_NAMESPACE_OR_FORMAT));
}

static void test_namespace_descriptors_agree_with_identify_namespace(void **state)
{
	struct rig *rig = *state;
	uint8_t *list, *id;

	assert_int_equal(identify(rig, NVME_CNS_NS_DESC_LIST, 1, &list), 0);
	assert_int_equal(identify(rig, NVME_CNS_NS, 1, &id), 0);
	assert_int_equal(list[0], NVME_NIDT_EUI64);
	assert_memory_equal(list + 4, id + id_ns_eui64_OFFSET, 8);
	assert_int_equal(list[12], NVME_NIDT_NGUID);
	assert_memory_equal(list + 16, id + id_ns_nguid_OFFSET, 16);
	assert_int_equal(list[32], NVME_NIDT_UUID);
	assert_int_equal(list[33], 16);
	assert_int_equal(list[52], 0);
	assert_int_equal(identify(rig, NVME_CNS_NS_DESC_LIST, 3, &list),
			 ST(INVALID_NAMESPACE_OR_FORMAT));
}

static void test_what_is_not_supported_is_refused_as_the_specification_says(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = { .opc = NVME_OPC_FORMAT_NVM, .nsid = 1 };
	uint8_t *data;

	assert_int_equal(identify(rig, 4, 0, &data), ST(INVALID_FIELD));
	assert_int_equal(identify(rig, 255, 0, &data), ST(INVALID_FIELD));
	assert_int_equal(driver_command(&rig->driver, 0, &cmd), ST(INVALID_OPCODE));
	assert_true(NVME_STATUS_DNR(rig->driver.cpl.status));
	cmd = (struct nvme_command){ .opc = NVME_OPC_IDENTIFY, .cdw10 = 1, .fuse = 0x40 };
	assert_int_equal(driver_command(&rig->driver, 0, &cmd), ST(INVALID_FIELD));
	cmd = (struct nvme_command){ .opc = NVME_OPC_IDENTIFY, .cdw10 = 1, .fuse = 1 };
	assert_int_equal(driver_command(&rig->driver, 0, &cmd), ST(INVALID_FIELD));
}

static uint16_t set_feature(struct rig *rig, uint8_t fid, uint32_t value)
{
	struct nvme_command cmd = { .opc = NVME_OPC_SET_FEATURES, .cdw10 = fid, .cdw11 = value };

	return driver_command(&rig->driver, 0, &cmd);
}

static uint32_t get_feature(struct rig *rig, uint8_t fid, uint32_t sel, uint32_t cdw11)
{
	struct nvme_command cmd = { .opc = NVME_OPC_GET_FEATURES, .cdw10 = sel << 8 | fid };

	cmd.cdw11 = cdw11;
	assert_int_equal(driver_command(&rig->driver, 0, &cmd), 0);
	return rig->driver.cpl.cdw0;
}

static void test_a_feature_is_kept_until_a_reset(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(get_feature(rig, NVME_FEAT_VOLATILE_WRITE_CACHE, 0, 0), 1);
	assert_int_equal(set_feature(rig, NVME_FEAT_VOLATILE_WRITE_CACHE, 0), 0);
	assert_int_equal(set_feature(rig, NVME_FEAT_INTERRUPT_COALESCING, 0x0a05), 0);
	assert_int_equal(get_feature(rig, NVME_FEAT_VOLATILE_WRITE_CACHE, 0, 0), 0);
	assert_int_equal(get_feature(rig, NVME_FEAT_VOLATILE_WRITE_CACHE, 1, 0), 1);
	assert_int_equal(get_feature(rig, NVME_FEAT_VOLATILE_WRITE_CACHE, 2, 0), 1);
	assert_int_equal(get_feature(rig, NVME_FEAT_VOLATILE_WRITE_CACHE, 3, 0), 4);
	assert_int_equal(get_feature(rig, NVME_FEAT_INTERRUPT_COALESCING, 0, 0), 0x0a05);
	assert_true(driver_disable(&rig->driver));
	assert_true(driver_enable(&rig->driver, 32));
	assert_int_equal(get_feature(rig, NVME_FEAT_VOLATILE_WRITE_CACHE, 0, 0), 1);
	assert_int_equal(get_feature(rig, NVME_FEAT_INTERRUPT_COALESCING, 0, 0), 0);
}

static void test_features_check_their_values(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = { .opc = NVME_OPC_SET_FEATURES };

	assert_int_equal(set_feature(rig, NVME_FEAT_POWER_MANAGEMENT, 1), ST(INVALID_FIELD));
	assert_int_equal(set_feature(rig, NVME_FEAT_ERROR_RECOVERY, 1 << 16), ST(INVALID_FIELD));
	assert_int_equal(set_feature(rig, NVME_FEAT_HOST_MEMORY_BUFFER, 1), ST(INVALID_FIELD));
	assert_int_equal(set_feature(rig, NVME_FEAT_INTERRUPT_VECTOR_CONFIGURATION, 65),
			 ST(INVALID_FIELD));
	assert_int_equal(set_feature(rig, NVME_FEAT_INTERRUPT_VECTOR_CONFIGURATION, 1 << 16 | 3),
			 ST(INVALID_FIELD));
	assert_int_equal(set_feature(rig, NVME_FEAT_INTERRUPT_VECTOR_CONFIGURATION, 1 << 16 | 1),
			 0);
	assert_int_equal(get_feature(rig, NVME_FEAT_INTERRUPT_VECTOR_CONFIGURATION, 0, 1),
			 1 << 16 | 1);
	assert_int_equal(get_feature(rig, NVME_FEAT_INTERRUPT_VECTOR_CONFIGURATION, 0, 4), 4);
	assert_int_equal(set_feature(rig, NVME_FEAT_TEMPERATURE_THRESHOLD, 1 << 16 | 300),
			 ST(INVALID_FIELD));
	cmd.cdw10 = 1u << 31 | NVME_FEAT_ARBITRATION;
	assert_int_equal(driver_command(&rig->driver, 0, &cmd), ST(FEATURE_NOT_SAVEABLE));
	cmd.cdw10 = NVME_FEAT_ARBITRATION;
	cmd.nsid = 1;
	assert_int_equal(driver_command(&rig->driver, 0, &cmd), ST(FEATURE_NOT_NS_SPECIFIC));
	cmd = (struct nvme_command){ .opc = NVME_OPC_GET_FEATURES, .cdw10 = 4 << 8 | 1 };
	assert_int_equal(driver_command(&rig->driver, 0, &cmd), ST(INVALID_FIELD));
}

static void test_the_number_of_queues_is_granted_once_and_kept_to(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(set_feature(rig, NVME_FEAT_NUMBER_OF_QUEUES, 0x10001),
			 ST(COMMAND_SEQUENCE_ERROR));
	assert_true(driver_disable(&rig->driver));
	assert_true(driver_enable(&rig->driver, 32));
	assert_int_equal(set_feature(rig, NVME_FEAT_NUMBER_OF_QUEUES, 0xffff), ST(INVALID_FIELD));
	assert_int_equal(set_feature(rig, NVME_FEAT_NUMBER_OF_QUEUES, 0xfffefffe), 0);
	assert_int_equal(rig->driver.cpl.cdw0, 63 << 16 | 63);
	assert_int_equal(set_feature(rig, NVME_FEAT_NUMBER_OF_QUEUES, 0x10001), 0);
	assert_int_equal(rig->driver.cpl.cdw0, 0x10001);
	assert_int_equal(get_feature(rig, NVME_FEAT_NUMBER_OF_QUEUES, 0, 0), 0x10001);
	assert_int_equal(driver_create(&rig->driver, 2, 16, 2), 0);
	assert_int_equal(driver_create(&rig->driver, 3, 16, 3), ST(INVALID_QUEUE_IDENTIFIER));
}

static uint16_t get_log(struct rig *rig, uint32_t cdw10, uint64_t lpo, uint8_t **data)
{
	struct nvme_command cmd = { .opc = NVME_OPC_GET_LOG_PAGE, .cdw10 = cdw10 };

	cmd.prp1 = driver_alloc(&rig->driver, 4096);
	cmd.cdw12 = (uint32_t)lpo;
	cmd.cdw13 = (uint32_t)(lpo >> 32);
	*data = driver_ptr(&rig->driver, cmd.prp1);
	memset(*data, 0xa5, 4096);
	return driver_command(&rig->driver, 0, &cmd);
}

#define DWORDS(n) ((uint32_t)((n) - 1) << 16)

static void test_the_health_log_counts_what_was_done(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = { .opc = NVME_OPC_READ, .nsid = 1, .cdw12 = 7 };
	uint8_t *log;

	cmd.prp1 = driver_alloc(&rig->driver, 4096);
	assert_int_equal(driver_command(&rig->driver, 1, &cmd), 0);
	cmd.opc = NVME_OPC_WRITE;
	assert_int_equal(driver_command(&rig->driver, 1, &cmd), 0);
	assert_int_equal(driver_command(&rig->driver, 1, &cmd), 0);
	assert_int_equal(get_log(rig, DWORDS(128) | NVME_LOG_HEALTH_INFORMATION, 0, &log), 0);
	assert_int_equal(bytes_get_le(log + log_smart_host_reads_OFFSET, 8), 1);
	assert_int_equal(bytes_get_le(log + log_smart_host_writes_OFFSET, 8), 2);
	assert_int_equal(bytes_get_le(log + log_smart_data_units_read_OFFSET, 8), 1);
	assert_int_equal(log_smart_temperature_get(log), 300);
	assert_int_equal(log_smart_cw_get(log), 0);
	assert_int_equal(log[512], 0xa5);
}

static void test_an_error_is_kept_in_the_log_and_announced_by_more(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = { .opc = NVME_OPC_READ, .nsid = 1, .cdw10 = 0xfffff };
	uint8_t *log;

	cmd.prp1 = driver_alloc(&rig->driver, 4096);
	assert_int_equal(driver_command(&rig->driver, 1, &cmd), ST(LBA_OUT_OF_RANGE));
	assert_true(NVME_STATUS_M(rig->driver.cpl.status));
	assert_int_equal(get_log(rig, DWORDS(32) | NVME_LOG_ERROR, 0, &log), 0);
	assert_int_equal(error_entry_count_get(log), 1);
	assert_int_equal(error_entry_sqid_get(log), 1);
	assert_int_equal(error_entry_cid_get(log), cmd.cid);
	assert_int_equal(error_entry_lba_get(log), 0xfffff);
	assert_int_equal(error_entry_nsid_get(log), 1);
	assert_int_equal(NVME_STATUS_CODE(error_entry_status_get(log)), ST(LBA_OUT_OF_RANGE));
	assert_int_equal(error_entry_count_get(log + 64), 0);
}

static void test_a_log_page_can_be_read_from_an_offset_within_it_only(void **state)
{
	struct rig *rig = *state;
	uint8_t *whole, *part;

	assert_int_equal(get_log(rig, DWORDS(1024) | NVME_LOG_COMMAND_EFFECT, 0, &whole), 0);
	assert_int_equal(effect_csupp_get(whole + NVME_OPC_IDENTIFY * 4), 1);
	assert_int_equal(effect_csupp_get(whole + NVME_OPC_FORMAT_NVM * 4), 0);
	assert_int_equal(effect_lbcc_get(whole + 1024 + NVME_OPC_WRITE * 4), 1);
	assert_int_equal(effect_csupp_get(whole + 1024 + NVME_OPC_COMPARE * 4), 0);
	assert_int_equal(get_log(rig, DWORDS(3) | NVME_LOG_COMMAND_EFFECT, 1024, &part), 0);
	assert_memory_equal(whole + 1024, part, 12);
	assert_int_equal(part[12], 0xa5);
	assert_int_equal(get_log(rig, DWORDS(1) | NVME_LOG_COMMAND_EFFECT, 4098, &part),
			 ST(INVALID_FIELD));
	assert_int_equal(get_log(rig, DWORDS(1) | NVME_LOG_FIRMWARE_SLOT, 516, &part),
			 ST(INVALID_FIELD));
	assert_int_equal(get_log(rig, DWORDS(1) | NVME_LOG_ERROR, UINT64_MAX - 3, &part),
			 ST(INVALID_FIELD));
	assert_int_equal(get_log(rig, DWORDS(1) | NVME_LOG_ANA, 0, &part), ST(INVALID_LOG_PAGE));
}

static void test_an_event_is_masked_until_its_log_has_been_read(void **state)
{
	struct rig *rig = *state;
	struct nvme_command aer = { .opc = NVME_OPC_ASYNC_EVENT_REQUEST };
	struct nvme_completion cpl;
	uint8_t *log;

	rig_watch(rig, "nvme:async:execute");
	rig->access.reg_write(rig, 0x1000 + 2 * 8, 4, 1);
	rig->access.reg_write(rig, 0x1000 + 8, 4, 999);
	driver_submit(&rig->driver, 0, &aer);
	assert_true(driver_wait(&rig->driver, 0, &cpl));
	assert_int_equal(cpl.cdw0, 0x10000);
	driver_submit(&rig->driver, 0, &aer);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 0));
	assert_int_equal(get_log(rig, DWORDS(16) | 1 << 15 | NVME_LOG_ERROR, 0, &log), 0);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 0));
	/* The second event comes when the log is read without retaining. */
	get_log(rig, DWORDS(16) | NVME_LOG_ERROR, 0, &log);
	if (rig->driver.cpl.cid == aer.cid)
		cpl = rig->driver.cpl;
	else
		assert_true(driver_wait(&rig->driver, 0, &cpl));
	assert_int_equal(cpl.cdw0, 0x10100);
	assert_int_equal(rig->nr_seen, 2);
	assert_int_equal(rig->seen[1].info.async.info, 1);
}

static void test_one_request_too_many_is_refused(void **state)
{
	struct rig *rig = *state;
	struct nvme_command aer = { .opc = NVME_OPC_ASYNC_EVENT_REQUEST };

	for (int i = 0; i < 4; i++)
		driver_submit(&rig->driver, 0, &aer);
	assert_false(driver_peek(&rig->driver, 0));
	assert_int_equal(driver_command(&rig->driver, 0, &aer),
			 ST(ASYNC_EVENT_REQUEST_LIMIT_EXCEEDED));
}

static void test_a_temperature_threshold_raises_an_event_if_it_is_wanted(void **state)
{
	struct rig *rig = *state;
	struct nvme_command aer = { .opc = NVME_OPC_ASYNC_EVENT_REQUEST };
	struct nvme_completion cpl;
	uint8_t *log;

	driver_submit(&rig->driver, 0, &aer);
	assert_int_equal(set_feature(rig, NVME_FEAT_TEMPERATURE_THRESHOLD, 290), 0);
	assert_int_equal(get_log(rig, DWORDS(128) | NVME_LOG_HEALTH_INFORMATION, 0, &log), 0);
	assert_int_equal(log_smart_cw_get(log), 2);
	assert_false(driver_peek(&rig->driver, 0));
	assert_int_equal(set_feature(rig, NVME_FEAT_ASYNC_EVENT_CONFIGURATION, 0x102), 0);
	set_feature(rig, NVME_FEAT_TEMPERATURE_THRESHOLD, 280);
	cpl = rig->driver.cpl;
	if (cpl.cid != aer.cid)
		assert_true(driver_wait(&rig->driver, 0, &cpl));
	assert_int_equal(cpl.cdw0, 0x020101);
}

static void test_abort_ends_a_waiting_request_and_says_so(void **state)
{
	struct rig *rig = *state;
	struct nvme_command aer = { .opc = NVME_OPC_ASYNC_EVENT_REQUEST };
	struct nvme_command abort = { .opc = NVME_OPC_ABORT };
	struct nvme_completion cpl[2];

	driver_submit(&rig->driver, 0, &aer);
	abort.cdw10 = (uint32_t)aer.cid << 16;
	driver_submit(&rig->driver, 0, &abort);
	assert_true(driver_wait(&rig->driver, 0, &cpl[0]));
	assert_true(driver_wait(&rig->driver, 0, &cpl[1]));
	assert_int_equal(cpl[0].cid + cpl[1].cid, aer.cid + abort.cid);
	if (cpl[0].cid == aer.cid) {
		assert_int_equal(status_code(&cpl[0]), ST(ABORTED_BY_REQUEST));
		assert_int_equal(cpl[1].cdw0, 0);
	} else {
		assert_int_equal(status_code(&cpl[1]), ST(ABORTED_BY_REQUEST));
		assert_int_equal(cpl[0].cdw0, 0);
	}
	abort.cdw10 = 0xffffffff;
	assert_int_equal(driver_command(&rig->driver, 0, &abort), 0);
	assert_int_equal(rig->driver.cpl.cdw0, 1);
}

int main(void)
{
	const struct CMUnitTest with_taps[] = {
		SUITE_TEST(test_an_event_is_masked_until_its_log_has_been_read),
	};
	const struct CMUnitTest tests[] = {
		SUITE_TEST(test_identify_controller_says_what_is_true),
		SUITE_TEST(test_identify_namespace_follows_the_rules_of_nsids),
		SUITE_TEST(test_namespaces_are_listed_above_the_given_one),
		SUITE_TEST(test_namespace_descriptors_agree_with_identify_namespace),
		SUITE_TEST(test_what_is_not_supported_is_refused_as_the_specification_says),
		SUITE_TEST(test_a_feature_is_kept_until_a_reset),
		SUITE_TEST(test_features_check_their_values),
		SUITE_TEST(test_the_number_of_queues_is_granted_once_and_kept_to),
		SUITE_TEST(test_the_health_log_counts_what_was_done),
		SUITE_TEST(test_an_error_is_kept_in_the_log_and_announced_by_more),
		SUITE_TEST(test_a_log_page_can_be_read_from_an_offset_within_it_only),
		SUITE_TEST(test_one_request_too_many_is_refused),
		SUITE_TEST(test_a_temperature_threshold_raises_an_event_if_it_is_wanted),
		SUITE_TEST(test_abort_ends_a_waiting_request_and_says_so),
	};

	return SUITE_RUN(tests) + cmocka_run_group_tests(with_taps, NULL, NULL);
}
