/* SPDX-License-Identifier: BSD-2-Clause */
/* What NVM Express 1.4 says of resets and of what is fatal until there is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "tests/suite.h"

enum {
	EN = 1,
	RDY = 1,
	CFS = 2,
	SHST = 3 << 2,
	SHST_COMPLETE = 2 << 2,
	SHN_NORMAL = 1 << 14,
	SHN_ABRUPT = 2 << 14,
	ENTRY_SIZES = 4 << 20 | 6 << 16,
	PAGE = 4096,
	BUFFER = MEM_BASE + (12 << 20),	/* beyond what driver_alloc gives out here */
	LAST_PAGE = MEM_BASE + MEM_SIZE - PAGE,
	NOWHERE = MEM_BASE + MEM_SIZE,
	CAP_POWER = 1,
	CAP_EXPRESS = 16,
	FLR = 1 << 15,
	D3HOT = 3,
};

/* Section 7.3.2: the kinds of a Controller Level Reset that a driver has. */
static void by_cc(struct rig *rig)
{
	assert_true(driver_disable(&rig->driver));
}

static void shut_down(struct rig *rig, uint32_t shn)
{
	driver_set_reg(&rig->driver, NVME_REG_CC, 4, EN | ENTRY_SIZES | shn);
	assert_true(driver_wait_csts(&rig->driver, SHST, SHST_COMPLETE));
	by_cc(rig);
}

static void after_shutdown(struct rig *rig)
{
	shut_down(rig, SHN_NORMAL);
}

static void after_abrupt_shutdown(struct rig *rig)
{
	shut_down(rig, SHN_ABRUPT);
}

static void by_flr(struct rig *rig)
{
	uint64_t control = driver_capability(&rig->driver, CAP_EXPRESS) + 8;

	rig->access.config_write(rig->access.ctx, control, 2, FLR);
}

static const struct kind {
	void (*reset)(struct rig *rig);
	bool keeps_admin_registers;
} kinds[] = {
	{ by_cc, true },
	{ after_shutdown, true },
	{ after_abrupt_shutdown, true },
	{ by_flr, false },
	{ rig_reset, false },
};

enum { NR_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static uint16_t io(struct rig *rig, uint8_t opc, uint8_t fill)
{
	struct nvme_command cmd = { .opc = opc, .nsid = 1, .prp1 = BUFFER, .cdw10 = 77 };

	memset(driver_ptr(&rig->driver, BUFFER), fill, 512);
	return driver_command(&rig->driver, 1, &cmd);
}

static uint32_t write_cache(struct rig *rig)
{
	struct nvme_command get = { .opc = NVME_OPC_GET_FEATURES, .cdw10 = 6 };

	assert_int_equal(driver_command(&rig->driver, 0, &get), 0);
	return rig->driver.cpl.cdw0;
}

static void turn_off_write_cache(struct rig *rig)
{
	struct nvme_command set = { .opc = NVME_OPC_SET_FEATURES, .cdw10 = 6 };

	assert_int_equal(driver_command(&rig->driver, 0, &set), 0);
	assert_int_equal(write_cache(rig), 0);
}

/* Enabled, with queue pair 1, as a driver begins. */
static void begin(struct rig *rig)
{
	driver_init(&rig->driver, &rig->access, true);
	assert_true(driver_enable(&rig->driver, 32));
	assert_int_equal(driver_create(&rig->driver, 1, 64, 1), 0);
}

static void expect_reset(struct rig *rig, const struct kind *kind, uint64_t asq)
{
	struct nvme_driver *d = &rig->driver;

	assert_int_equal(driver_csts(d), 0);
	assert_int_equal(driver_reg(d, NVME_REG_CC, 4) & EN, 0);
	assert_int_equal(driver_reg(d, NVME_REG_INTMS, 4), 0);
	assert_int_equal(driver_reg(d, NVME_REG_ASQ, 8), kind->keeps_admin_registers ? asq : 0);
	assert_int_equal(driver_reg(d, NVME_REG_AQA, 4),
			 kind->keeps_admin_registers ? 0x001f001f : 0);
}

/* Section 7.3.2: queues are gone, features have their defaults, data stay. */
static void test_everything_is_created_anew_after_every_kind_of_reset(void **state)
{
	struct rig *rig = *state;
	struct nvme_command aer = { .opc = NVME_OPC_ASYNC_EVENT_REQUEST };
	const uint8_t *buf;

	for (unsigned int i = 0; i < NR_KINDS; i++) {
		begin(rig);
		assert_int_equal(io(rig, NVME_OPC_WRITE, (uint8_t)(i + 1)), 0);
		turn_off_write_cache(rig);
		driver_set_reg(&rig->driver, NVME_REG_INTMS, 4, 2);
		driver_submit(&rig->driver, 0, &aer);
		kinds[i].reset(rig);
		expect_reset(rig, &kinds[i], rig->driver.queue[0].sq);
		begin(rig);
		assert_int_equal(write_cache(rig), 1);
		assert_int_equal(io(rig, NVME_OPC_READ, 0), 0);
		buf = driver_ptr(&rig->driver, BUFFER);
		assert_int_equal(buf[511], i + 1);
		assert_false(driver_peek(&rig->driver, 0));
		kinds[i].reset(rig);
	}
}

/* What was outstanding is lost, and nothing of it comes later. */
static void test_no_kind_of_reset_lets_an_old_command_write(void **state)
{
	struct rig *rig = *state;
	struct nvme_command rd = { .opc = NVME_OPC_READ, .nsid = 1, .prp1 = BUFFER };
	struct nvme_driver *d = &rig->driver;

	for (unsigned int i = 0; i < NR_KINDS; i++) {
		const uint8_t *memory = rig->access.memory;

		begin(rig);
		for (int n = 0; n < 40; n++)
			driver_write(d, 1, &rd);
		driver_ring(d, 1);
		kinds[i].reset(rig);
		assert_true(driver_wait_csts(d, RDY, 0));
		memset(rig->access.memory, 0xa5, MEM_SIZE);
		rig_settle(rig);
		assert_int_equal(memory[0], 0xa5);
		assert_memory_equal(memory, memory + 1, MEM_SIZE - 1);
	}
}

/* Doorbells of queues that a reset has taken are nobody's. */
static void test_a_doorbell_after_a_reset_does_nothing(void **state)
{
	struct rig *rig = *state;
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct nvme_driver *d = &rig->driver;

	for (unsigned int i = 0; i < NR_KINDS; i++) {
		begin(rig);
		kinds[i].reset(rig);
		driver_submit(d, 1, &flush);
		driver_submit(d, 0, &flush);
		rig_settle(rig);
		assert_false(driver_peek(d, 1));
		assert_int_equal(driver_csts(d), 0);
	}
	begin(rig);
	assert_int_equal(io(rig, NVME_OPC_READ, 0), 0);
}

/* How a driver can make the controller fail: queues where there is no memory. */
static void enable_at(struct rig *rig, uint64_t asq, uint64_t acq)
{
	struct nvme_driver *d = &rig->driver;

	driver_set_reg(d, NVME_REG_AQA, 4, 0x001f001f);
	driver_set_reg(d, NVME_REG_ASQ, 8, asq);
	driver_set_reg(d, NVME_REG_ACQ, 8, acq);
	driver_set_reg(d, NVME_REG_CC, 4, EN | ENTRY_SIZES);
	assert_true(driver_wait_csts(d, RDY | CFS, RDY));
	driver_set_reg(d, NVME_REG_DOORBELLS, 4, 1);
}

static void admin_sq_nowhere(struct rig *rig, struct nvme_command *cmd)
{
	(void)cmd;
	enable_at(rig, NOWHERE, BUFFER);
}

static void admin_cq_nowhere(struct rig *rig, struct nvme_command *cmd)
{
	(void)cmd;
	enable_at(rig, BUFFER, NOWHERE);
}

static void create_at(struct rig *rig, uint64_t sq_at, uint64_t cq_at, uint32_t entries)
{
	struct nvme_command cq = { .opc = NVME_OPC_CREATE_IO_CQ, .prp1 = cq_at, .cdw11 = 1 };
	struct nvme_command sq = { .opc = NVME_OPC_CREATE_IO_SQ, .prp1 = sq_at,
				   .cdw11 = 2u << 16 | 1 };

	begin(rig);
	cq.cdw10 = sq.cdw10 = (entries - 1) << 16 | 2;
	assert_int_equal(driver_command(&rig->driver, 0, &cq), 0);
	assert_int_equal(driver_command(&rig->driver, 0, &sq), 0);
	rig->driver.queue[2] = (struct driver_queue){ .sq = sq_at, .cq = cq_at, .size = entries,
						      .cq_size = entries, .cqid = 2,
						      .phase = true };
}

static void io_sq_nowhere(struct rig *rig, struct nvme_command *cmd)
{
	(void)cmd;
	create_at(rig, NOWHERE, BUFFER, 16);
	driver_set_reg(&rig->driver, NVME_REG_DOORBELLS + 16, 4, 1);
}

static void io_cq_nowhere(struct rig *rig, struct nvme_command *cmd)
{
	create_at(rig, BUFFER, NOWHERE, 16);
	driver_submit(&rig->driver, 2, cmd);
}

/* 64 entries of 64 bytes are there, the 65th is not. */
static void io_sq_ends_early(struct rig *rig, struct nvme_command *cmd)
{
	struct nvme_driver *d = &rig->driver;

	create_at(rig, LAST_PAGE, BUFFER, 128);
	for (int i = 0; i < 64; i++)
		assert_int_equal(driver_command(d, 2, cmd), 0);
	assert_int_equal(driver_csts(d), RDY);
	driver_set_reg(d, NVME_REG_DOORBELLS + 16, 4, 65);
}

/* 256 entries of 16 bytes are there, the 257th is not. */
static void io_cq_ends_early(struct rig *rig, struct nvme_command *cmd)
{
	struct nvme_driver *d = &rig->driver;

	create_at(rig, BUFFER, LAST_PAGE, 512);
	for (int i = 0; i < 256; i++)
		assert_int_equal(driver_command(d, 2, cmd), 0);
	assert_int_equal(driver_csts(d), RDY);
	driver_submit(d, 2, cmd);
}

static void (*const failures[])(struct rig *rig, struct nvme_command *cmd) = {
	admin_sq_nowhere, admin_cq_nowhere, io_sq_nowhere,
	io_cq_nowhere,	  io_sq_ends_early, io_cq_ends_early,
};

/* Sections 3.1.6 and 9.5. */
static void test_queues_where_no_memory_is_are_fatal_until_any_reset(void **state)
{
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct nvme_command get = { .opc = NVME_OPC_GET_FEATURES, .cdw10 = 1 };
	struct rig *rig = *state;
	struct nvme_driver *d = &rig->driver;

	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		for (unsigned int k = 0; k < NR_KINDS; k++) {
			driver_init(d, &rig->access, true);
			failures[i](rig, &flush);
			assert_true(driver_wait_csts(d, CFS, CFS));
			assert_int_equal(driver_csts(d), CFS | RDY);
			kinds[k].reset(rig);
			assert_true(driver_wait_csts(d, CFS | RDY, 0));
			begin(rig);
			assert_int_equal(driver_command(d, 0, &get), 0);
			assert_int_equal(driver_command(d, 1, &flush), 0);
			by_cc(rig);
		}
	}
}

static void test_a_controller_that_has_failed_answers_nobody(void **state)
{
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct nvme_command get = { .opc = NVME_OPC_GET_FEATURES, .cdw10 = 1 };
	struct rig *rig = *state;
	struct nvme_driver *d = &rig->driver;

	driver_init(d, &rig->access, true);
	io_sq_nowhere(rig, &flush);
	assert_true(driver_wait_csts(d, CFS, CFS));
	driver_submit(d, 0, &get);
	driver_submit(d, 1, &flush);
	rig_settle(rig);
	assert_false(driver_peek(d, 0));
	assert_false(driver_peek(d, 1));
	assert_int_equal(driver_csts(d), CFS | RDY);
}

static void enable_badly(struct rig *rig, uint32_t aqa, uint32_t cc)
{
	struct nvme_driver *d = &rig->driver;

	driver_set_reg(d, NVME_REG_AQA, 4, aqa);
	driver_set_reg(d, NVME_REG_CC, 4, EN | ENTRY_SIZES | cc);
	assert_true(driver_wait_csts(d, CFS, CFS));
	assert_int_equal(driver_csts(d) & RDY, 0);
	by_cc(rig);
	assert_int_equal(driver_csts(d), 0);
}

/* Sections 3.1.5 and 3.1.8 leave open what happens; ours says so. */
static void test_a_configuration_that_cannot_be_is_fatal_until_it_is_disabled(void **state)
{
	struct rig *rig = *state;

	driver_init(&rig->driver, &rig->access, true);
	enable_badly(rig, 0x000f000f, 1u << 7);		/* MPS */
	enable_badly(rig, 0x000f000f, 15u << 7);
	enable_badly(rig, 0x000f000f, 1u << 4);		/* CSS */
	enable_badly(rig, 0x000f000f, 1u << 11);	/* AMS */
	enable_badly(rig, 0x000f0000, 0);		/* one entry each */
	enable_badly(rig, 0x0000000f, 0);
	begin(rig);
	assert_int_equal(io(rig, NVME_OPC_READ, 0), 0);
}

/* PCI Power Management 1.2 section 5.4.1: No_Soft_Reset is set. */
static void test_commands_wait_while_the_function_sleeps(void **state)
{
	struct rig *rig = *state;
	struct nvme_driver *d = &rig->driver;
	uint64_t pmcsr = driver_capability(d, CAP_POWER) + 4;
	struct nvme_command rd = { .opc = NVME_OPC_READ, .nsid = 1, .prp1 = BUFFER };
	struct nvme_completion cpl;

	assert_int_equal(rig->access.config_read(rig->access.ctx, pmcsr, 2) & 8, 8);
	rig->access.config_write(rig->access.ctx, pmcsr, 2, D3HOT);
	driver_submit(d, 1, &rd);
	rig_settle(rig);
	assert_false(driver_peek(d, 1));
	rig->access.config_write(rig->access.ctx, pmcsr, 2, 0);
	assert_true(driver_wait(d, 1, &cpl));
	assert_int_equal(status_code(&cpl), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_BARE(test_everything_is_created_anew_after_every_kind_of_reset),
		SUITE_BARE(test_no_kind_of_reset_lets_an_old_command_write),
		SUITE_BARE(test_a_doorbell_after_a_reset_does_nothing),
		SUITE_BARE(test_queues_where_no_memory_is_are_fatal_until_any_reset),
		SUITE_BARE(test_a_controller_that_has_failed_answers_nobody),
		SUITE_BARE(test_a_configuration_that_cannot_be_is_fatal_until_it_is_disabled),
		SUITE_TEST(test_commands_wait_while_the_function_sleeps),
	};

	return SUITE_RUN(tests);
}
