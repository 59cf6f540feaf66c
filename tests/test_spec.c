/* SPDX-License-Identifier: BSD-2-Clause */
/* What NVM Express 1.4 says of registers, queues and interrupts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "spec/bytes.h"
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
	BUFFER = MEM_BASE + (8 << 20),	/* beyond what driver_alloc gives out here */
	ASQ = MEM_BASE + (4 << 20),
	ACQ = MEM_BASE + (5 << 20),
};

static uint64_t reg(struct rig *rig, uint64_t off, unsigned int width)
{
	return rig->access.reg_read(rig->access.ctx, off, width);
}

static void set(struct rig *rig, uint64_t off, unsigned int width, uint64_t value)
{
	rig->access.reg_write(rig->access.ctx, off, width, value);
}

static uint32_t csts(struct rig *rig)
{
	return (uint32_t)reg(rig, NVME_REG_CSTS, 4);
}

static void wait_csts(struct rig *rig, uint32_t mask, uint32_t value)
{
	assert_true(driver_wait_csts(&rig->driver, mask, value));
}

/* Section 3.1.1 and what the figures behind it give as reset values. */
static void test_registers_have_their_reset_values(void **state)
{
	struct rig *rig = *state;
	uint64_t cap = reg(rig, NVME_REG_CAP, 8);

	assert_int_equal(cap >> 16 & 1, 1);		/* CQR */
	assert_true((cap & 0xffff) >= 1);		/* MQES */
	assert_int_equal(cap >> 37 & 1, 1);		/* CSS: NVM */
	assert_true((cap >> 24 & 0xff) != 0);		/* TO */
	assert_int_equal(reg(rig, NVME_REG_VS, 4), 0x10400);
	assert_int_equal(reg(rig, NVME_REG_INTMS, 8), 0);
	assert_int_equal(reg(rig, NVME_REG_CC, 4), 0);
	assert_int_equal(csts(rig), 0);
	assert_int_equal(reg(rig, NVME_REG_AQA, 4), 0);
	assert_int_equal(reg(rig, NVME_REG_ASQ, 8), 0);
	assert_int_equal(reg(rig, NVME_REG_ACQ, 8), 0);
	for (uint64_t off = 0x38; off < NVME_REG_DOORBELLS; off += 4)
		assert_int_equal(reg(rig, off, 4), 0);
}

static void test_read_only_registers_stay_as_they_are(void **state)
{
	static const uint64_t offsets[] = { 0, 4, 8, 0x1c, 0x18, 0x38, 0x3c, 0x40, 0x58, 0x100 };
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		uint64_t before = reg(rig, offsets[i], 4);

		set(rig, offsets[i], 4, 0xffffffff);
		assert_int_equal(reg(rig, offsets[i], 4), before);
		set(rig, offsets[i], 4, 0);
		assert_int_equal(reg(rig, offsets[i], 4), before);
	}
}

static void test_reserved_bits_of_queue_registers_read_as_zero(void **state)
{
	struct rig *rig = *state;

	set(rig, NVME_REG_AQA, 4, 0xffffffff);
	set(rig, NVME_REG_ASQ, 8, UINT64_MAX);
	set(rig, NVME_REG_ACQ, 8, UINT64_MAX);
	assert_int_equal(reg(rig, NVME_REG_AQA, 4), 0x0fff0fff);
	assert_int_equal(reg(rig, NVME_REG_ASQ, 8), ~UINT64_C(0xfff));
	assert_int_equal(reg(rig, NVME_REG_ACQ + 4, 4), 0xffffffff);
	set(rig, NVME_REG_ASQ + 4, 4, 0);
	assert_int_equal(reg(rig, NVME_REG_ASQ, 8), 0xfffff000);
}

static void test_the_interrupt_mask_is_set_and_cleared_by_ones(void **state)
{
	struct rig *rig = *state;

	set(rig, NVME_REG_INTMS, 4, 0x80000005);
	set(rig, NVME_REG_INTMS, 4, 2);
	assert_int_equal(reg(rig, NVME_REG_INTMC, 4), 0x80000007);
	set(rig, NVME_REG_INTMC, 4, 5);
	assert_int_equal(reg(rig, NVME_REG_INTMS, 4), 0x80000002);
}

static void enable_with(struct rig *rig, uint32_t cc, uint32_t aqa)
{
	set(rig, NVME_REG_AQA, 4, aqa);
	set(rig, NVME_REG_ASQ, 8, ASQ);
	set(rig, NVME_REG_ACQ, 8, ACQ);
	set(rig, NVME_REG_CC, 4, cc | EN);
	rig_settle(rig);
}

static void test_what_cannot_be_enabled_does_not_become_ready(void **state)
{
	static const uint32_t bad[] = { 1 << 4, 7 << 4, 1 << 7, 15 << 7, 1 << 11, 7 << 11 };
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enable_with(rig, ENTRY_SIZES | bad[i], 0x001f001f);
		assert_int_equal(csts(rig) & RDY, 0);
		set(rig, NVME_REG_CC, 4, 0);
		wait_csts(rig, RDY | CFS, 0);
	}
	enable_with(rig, ENTRY_SIZES, 0);
	assert_int_equal(csts(rig) & RDY, 0);
	set(rig, NVME_REG_CC, 4, 0);
	enable_with(rig, ENTRY_SIZES, 0x001f001f);
	assert_int_equal(csts(rig), RDY);
}

/* Sections 5.3 and 5.4: entry sizes are needed for I/O queues only. */
static void test_entry_sizes_may_be_set_after_enabling(void **state)
{
	struct rig *rig = *state;
	struct nvme_driver *d = &rig->driver;
	struct nvme_command cmd = { .opc = NVME_OPC_CREATE_IO_CQ, .prp1 = BUFFER,
				    .cdw10 = 15u << 16 | 1, .cdw11 = 1 };

	driver_init(d, &rig->access, true);
	assert_true(driver_enable(d, 8));
	set(rig, NVME_REG_CC, 4, EN);
	assert_int_equal(driver_command(d, 0, &cmd), ST(INVALID_QUEUE_SIZE));
	set(rig, NVME_REG_CC, 4, EN | ENTRY_SIZES);
	assert_int_equal(driver_command(d, 0, &cmd), 0);
}

/* Section 7.3.2. */
static void test_a_controller_reset_keeps_the_admin_queue_registers_only(void **state)
{
	struct rig *rig = *state;
	struct nvme_command set_cmd = { .opc = NVME_OPC_SET_FEATURES, .cdw10 = 8, .cdw11 = 0x105 };
	struct nvme_command get = { .opc = NVME_OPC_GET_FEATURES, .cdw10 = 8 };
	uint64_t asq = reg(rig, NVME_REG_ASQ, 8);

	assert_int_equal(driver_command(&rig->driver, 0, &set_cmd), 0);
	set(rig, NVME_REG_INTMS, 4, 0xff);
	assert_true(driver_disable(&rig->driver));
	assert_int_equal(reg(rig, NVME_REG_ASQ, 8), asq);
	assert_int_equal(reg(rig, NVME_REG_AQA, 4), 0x001f001f);
	assert_int_equal(reg(rig, NVME_REG_INTMS, 4), 0);
	assert_true(driver_enable(&rig->driver, 32));
	assert_int_equal(driver_command(&rig->driver, 0, &get), 0);
	assert_int_equal(rig->driver.cpl.cdw0, 0);
	assert_int_equal(driver_create(&rig->driver, 1, 16, 1), 0);
}

/* Section 7.6.2. */
static void test_a_controller_that_was_shut_down_is_enabled_again(void **state)
{
	static const uint32_t shn[] = { SHN_NORMAL, SHN_ABRUPT, SHN_NORMAL };
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct rig *rig = *state;

	for (size_t i = 0; i < 3; i++) {
		set(rig, NVME_REG_CC, 4, EN | ENTRY_SIZES | shn[i]);
		wait_csts(rig, SHST, SHST_COMPLETE);
		assert_int_equal(csts(rig) & (RDY | CFS), RDY);
		assert_true(driver_disable(&rig->driver));
		assert_int_equal(csts(rig) & RDY, 0);
		assert_true(driver_enable(&rig->driver, 32));
		assert_int_equal(csts(rig), RDY);
		assert_int_equal(driver_create(&rig->driver, 1, 16, 1), 0);
		assert_int_equal(driver_command(&rig->driver, 1, &flush), 0);
	}
}

/* Section 7.6.2: also while it is disabled. */
static void test_a_controller_that_is_not_enabled_can_be_shut_down(void **state)
{
	struct rig *rig = *state;

	set(rig, NVME_REG_CC, 4, ENTRY_SIZES | SHN_NORMAL);
	wait_csts(rig, SHST, SHST_COMPLETE);
	assert_int_equal(csts(rig) & (RDY | CFS), 0);
	driver_init(&rig->driver, &rig->access, true);
	assert_true(driver_enable(&rig->driver, 32));
	assert_int_equal(csts(rig), RDY);
}

/* Section 5.3: with the pin there is one vector, and with MSI-X as many as its
 * table has. */
static void test_only_vectors_that_there_are_can_be_used(void **state)
{
	struct nvme_command cq = { .opc = NVME_OPC_CREATE_IO_CQ, .prp1 = BUFFER,
				   .cdw10 = 15u << 16 | 1 };
	struct nvme_command del = { .opc = NVME_OPC_DELETE_IO_CQ, .cdw10 = 1 };
	struct rig *rig = *state;
	struct nvme_driver *d = &rig->driver;

	for (unsigned int msix = 0; msix < 2; msix++) {
		driver_init(d, &rig->access, msix);
		assert_true(driver_enable(d, 8));
		for (uint32_t vector = 0; vector < 70; vector++) {
			bool valid = vector == 0 || (msix && vector < 65);

			cq.cdw11 = vector << 16 | 3;
			assert_int_equal(driver_command(d, 0, &cq),
					 valid ? 0 : ST(INVALID_INTERRUPT_VECTOR));
			if (valid)
				assert_int_equal(driver_command(d, 0, &del), 0);
		}
		assert_true(driver_disable(d));
	}
}

/* Section 7.5: the queues of a vector share its message. */
static void test_queues_may_share_a_vector(void **state)
{
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct rig *rig = *state;
	struct nvme_driver *d = &rig->driver;

	for (uint16_t qid = 2; qid < 5; qid++)
		assert_int_equal(driver_create(d, qid, 8, 7), 0);
	for (uint16_t qid = 2; qid < 5; qid++) {
		assert_int_equal(driver_command(d, qid, &flush), 0);
		assert_true(rig_interrupted(rig, 7));
		rig_settle(rig);
		rig_nr_irqs(rig, 7);
	}
	for (unsigned int vector = 1; vector < 7; vector++)
		assert_int_equal(rig_nr_irqs(rig, vector), 0);
}

/* After RDY is 0 nothing old lands in memory. */
static void test_nothing_is_written_after_a_reset(void **state)
{
	struct rig *rig = *state;
	struct nvme_driver *d = &rig->driver;
	struct nvme_command rd = { .opc = NVME_OPC_READ, .nsid = 1, .prp1 = BUFFER };

	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < 12; i++)
			driver_write(d, 1, &rd);
		driver_ring(d, 1);
		assert_true(driver_disable(d));
		memset(rig->access.memory, 0xa5, MEM_SIZE);
		rig_settle(rig);
		for (size_t i = 0; i < MEM_SIZE; i += 4)
			assert_int_equal(rig->access.memory[i], 0xa5);
		assert_true(driver_enable(d, 32));
		assert_int_equal(driver_create(d, 1, 16, 1), 0);
	}
}

/* PCI: a function that is no bus master reads and writes no memory. */
static void test_commands_wait_while_the_drive_may_not_master_the_bus(void **state)
{
	struct rig *rig = *state;
	struct nvme_driver *d = &rig->driver;
	struct nvme_command rd = { .opc = NVME_OPC_READ, .nsid = 1, .prp1 = BUFFER };
	uint8_t *buf = driver_ptr(d, BUFFER);
	struct nvme_completion cpl;

	memset(buf, 0xa5, 512);
	rig->access.config_write(rig->access.ctx, 4, 2, 2);
	driver_submit(d, 1, &rd);
	rig_settle(rig);
	assert_int_equal(buf[0], 0xa5);
	assert_false(driver_peek(d, 1));
	rig->access.config_write(rig->access.ctx, 4, 2, 6);
	assert_true(driver_wait(d, 1, &cpl));
	assert_int_equal(status_code(&cpl), 0);
	assert_int_equal(buf[0], 0);
}

static void test_no_interrupt_without_ien(void **state)
{
	struct rig *rig = *state;
	struct nvme_driver *d = &rig->driver;
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct nvme_command cq = { .opc = NVME_OPC_CREATE_IO_CQ, .prp1 = ACQ,
				   .cdw10 = 15u << 16 | 2, .cdw11 = 2u << 16 | 1 };
	struct nvme_command sq = { .opc = NVME_OPC_CREATE_IO_SQ, .prp1 = ASQ,
				   .cdw10 = 15u << 16 | 2, .cdw11 = 2u << 16 | 1 };

	assert_int_equal(driver_command(d, 0, &cq), 0);
	assert_int_equal(driver_command(d, 0, &sq), 0);
	d->queue[2] = (struct driver_queue){ .sq = ASQ, .cq = ACQ, .size = 16, .cq_size = 16,
					     .cqid = 2, .phase = true };
	assert_int_equal(driver_command(d, 2, &flush), 0);
	rig_settle(rig);
	assert_int_equal(rig_nr_irqs(rig, 2), 0);
}

/* PCI Status bit 3, Interrupt Status. */
static bool intx_asserted(struct rig *rig)
{
	return rig->access.config_read(rig->access.ctx, 6, 2) & 8;
}

static void wait_intx(struct rig *rig)
{
	for (int i = 0; i < 20000 && !intx_asserted(rig); i++)
		assert_true(rig->access.wait(rig->access.ctx));
}

/* Section 7.5.1.1: the pin follows what the driver has not yet consumed. */
static void test_the_pin_stays_asserted_while_entries_remain(void **state)
{
	struct rig *rig = *state;
	struct nvme_driver *d = &rig->driver;
	struct nvme_command get = { .opc = NVME_OPC_GET_FEATURES, .cdw10 = 1 };
	struct nvme_completion cpl;
	const volatile uint8_t *second;

	driver_init(d, &rig->access, false);
	assert_true(driver_enable(d, 8));
	second = (const uint8_t *)driver_ptr(d, d->queue[0].cq) + 16;
	driver_submit(d, 0, &get);
	driver_submit(d, 0, &get);
	for (int i = 0; i < 20000 && (second[14] & 1) == 0; i++)
		assert_true(rig->access.wait(rig->access.ctx));
	wait_intx(rig);
	set(rig, NVME_REG_INTMS, 4, 1);
	assert_false(intx_asserted(rig));
	set(rig, NVME_REG_INTMC, 4, 1);
	assert_true(intx_asserted(rig));
	assert_true(driver_poll(d, 0, &cpl));
	assert_true(intx_asserted(rig));
	assert_true(driver_poll(d, 0, &cpl));
	assert_false(intx_asserted(rig));
}

static void test_the_pin_is_released_by_a_reset(void **state)
{
	struct rig *rig = *state;
	struct nvme_driver *d = &rig->driver;
	struct nvme_command get = { .opc = NVME_OPC_GET_FEATURES, .cdw10 = 1 };

	driver_init(d, &rig->access, false);
	assert_true(driver_enable(d, 8));
	driver_submit(d, 0, &get);
	wait_intx(rig);
	assert_true(driver_disable(d));
	assert_false(intx_asserted(rig));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_BARE(test_registers_have_their_reset_values),
		SUITE_BARE(test_read_only_registers_stay_as_they_are),
		SUITE_BARE(test_reserved_bits_of_queue_registers_read_as_zero),
		SUITE_BARE(test_the_interrupt_mask_is_set_and_cleared_by_ones),
		SUITE_BARE(test_what_cannot_be_enabled_does_not_become_ready),
		SUITE_BARE(test_entry_sizes_may_be_set_after_enabling),
		SUITE_TEST(test_a_controller_reset_keeps_the_admin_queue_registers_only),
		SUITE_TEST(test_a_controller_that_was_shut_down_is_enabled_again),
		SUITE_BARE(test_a_controller_that_is_not_enabled_can_be_shut_down),
		SUITE_BARE(test_only_vectors_that_there_are_can_be_used),
		SUITE_TEST(test_queues_may_share_a_vector),
		SUITE_TEST(test_nothing_is_written_after_a_reset),
		SUITE_TEST(test_commands_wait_while_the_drive_may_not_master_the_bus),
		SUITE_TEST(test_no_interrupt_without_ien),
		SUITE_BARE(test_the_pin_stays_asserted_while_entries_remain),
		SUITE_BARE(test_the_pin_is_released_by_a_reset),
	};

	return SUITE_RUN(tests);
}
