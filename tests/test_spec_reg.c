/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers and configuration space, read and written in every size at every address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "spec/bytes.h"
#include "tests/suite.h"

enum {
	MAX_WIDTH = 8,
	NR_BYTES = 0x40,	/* registers that mean something, and what follows ACQ */
	CC = 0x14,
	INTMS = 0x0c,
	INTMC = 0x10,
};

static uint64_t reg(struct rig *rig, uint64_t off, unsigned int width)
{
	return rig->access.reg_read(rig->access.ctx, off, width);
}

static void set(struct rig *rig, uint64_t off, unsigned int width, uint64_t value)
{
	rig->access.reg_write(rig->access.ctx, off, width, value);
}

static void expect_alike(uint64_t (*get)(void *ctx, uint64_t off, unsigned int width), void *ctx,
			 uint64_t start, uint64_t end)
{
	uint8_t bytes[512], expected[MAX_WIDTH];

	for (uint64_t off = start; off < end; off += 4)
		bytes_set_le(bytes + (off - start), 4, get(ctx, off, 4));
	for (uint64_t off = start; off < end; off++) {
		for (unsigned int width = 1; width <= MAX_WIDTH && off + width <= end; width++) {
			memset(expected, 0, sizeof(expected));
			memcpy(expected, bytes + (off - start), width);
			assert_int_equal(get(ctx, off, width), bytes_get_le(expected, MAX_WIDTH));
		}
	}
}

static void test_registers_read_alike_in_every_size(void **state)
{
	struct rig *rig = *state;

	set(rig, NVME_REG_ASQ, 8, 0x1122334455667000);
	set(rig, NVME_REG_ACQ, 8, 0x8899aabbccdde000);
	set(rig, NVME_REG_AQA, 4, 0x07650432);
	set(rig, INTMS, 4, 0x13579bdf);
	assert_int_equal(reg(rig, NVME_REG_ASQ + 1, 4), 0x44556670);
	assert_int_equal(reg(rig, NVME_REG_ACQ + 5, 3), 0x8899aa);
	expect_alike(rig->access.reg_read, rig->access.ctx, 0, 0x100);
	expect_alike(rig->access.reg_read, rig->access.ctx, 0xff0, 0x1020);
}

static void test_the_msix_table_reads_alike_in_every_size(void **state)
{
	struct rig *rig = *state;

	for (uint64_t off = 0; off < 64 * 16; off += 16) {
		set(rig, 0x2000 + off, 8, 0xfee01000 + off);
		set(rig, 0x2008 + off, 4, 0x4041 + (uint32_t)off);
	}
	assert_int_equal(reg(rig, 0x2018, 4), 0x4051);
	expect_alike(rig->access.reg_read, rig->access.ctx, 0x2000, 0x2100);
	expect_alike(rig->access.reg_read, rig->access.ctx, 0x1ff0, 0x2020);
	expect_alike(rig->access.reg_read, rig->access.ctx, 0x2400, 0x2420);
	expect_alike(rig->access.reg_read, rig->access.ctx, 0x2ff0, 0x3020);
	expect_alike(rig->access.reg_read, rig->access.ctx, 0x3f00, 0x4000);
}

static void test_configuration_space_reads_alike_in_every_size(void **state)
{
	struct rig *rig = *state;

	driver_init(&rig->driver, &rig->access, true);
	expect_alike(rig->access.config_read, rig->access.ctx, 0, 0x180);
	expect_alike(rig->access.config_read, rig->access.ctx, 0xf80, 0x1000);
}

/* Figure 68: the bits of each byte that keep what is written, but for those that
 * would enable or shut down. */
static const uint8_t writable[NR_BYTES] = {
	[CC] = 0xf0, [CC + 1] = 0x3f, [CC + 2] = 0xff,
	[0x24] = 0xff, [0x25] = 0x0f, [0x26] = 0xff, [0x27] = 0x0f,	/* AQA */
	[0x29] = 0xf0, [0x2a] = 0xff, [0x2b] = 0xff,			/* ASQ */
	[0x2c] = 0xff, [0x2d] = 0xff, [0x2e] = 0xff, [0x2f] = 0xff,
	[0x31] = 0xf0, [0x32] = 0xff, [0x33] = 0xff,			/* ACQ */
	[0x34] = 0xff, [0x35] = 0xff, [0x36] = 0xff, [0x37] = 0xff,
};

/* What a byte that is written makes of all of them. */
static void model_write(uint8_t model[NR_BYTES], uint64_t at, uint8_t byte)
{
	if (at >= NR_BYTES)
		return;
	if (at >= INTMS && at < INTMC) {
		model[at] |= byte;
		model[at + 4] = model[at];
	} else if (at >= INTMC && at < CC) {
		model[at] &= (uint8_t)~byte;
		model[at - 4] = model[at];
	} else {
		model[at] = (uint8_t)((model[at] & ~writable[at]) | (byte & writable[at]));
	}
}

static uint8_t some_byte(uint64_t at, unsigned int width)
{
	uint8_t byte = (uint8_t)(at * 29 + width * 57 + 11);

	if (at == CC)
		return byte & 0xfe;
	return at == CC + 1 ? byte & 0x3f : byte;
}

static void expect_model(struct rig *rig, const uint8_t model[NR_BYTES])
{
	for (uint64_t off = 0; off < NR_BYTES; off += 4)
		assert_int_equal(reg(rig, off, 4), bytes_get_le(model + off, 4));
}

static void test_writes_of_every_size_change_the_bytes_they_are_of(void **state)
{
	struct rig *rig = *state;
	uint8_t model[NR_BYTES], bytes[MAX_WIDTH] = { 0 };

	for (uint64_t off = 0; off < NR_BYTES; off += 4)
		bytes_set_le(model + off, 4, reg(rig, off, 4));
	for (unsigned int width = 1; width <= MAX_WIDTH; width++) {
		for (uint64_t off = 0; off < NR_BYTES; off++) {
			for (unsigned int i = 0; i < width; i++) {
				bytes[i] = some_byte(off + i, width);
				model_write(model, off + i, bytes[i]);
			}
			set(rig, off, width, bytes_get_le(bytes, MAX_WIDTH));
			expect_model(rig, model);
		}
	}
}

/* Section 3.1.24: a doorbell is a Dword; what is no such access is no doorbell. */
static void test_only_an_aligned_dword_rings_a_doorbell(void **state)
{
	static const struct {
		uint64_t off;
		unsigned int width;
	} odd[] = {
		{ 0x1008, 1 }, { 0x1008, 2 }, { 0x1008, 3 }, { 0x1008, 8 },
		{ 0x1004, 8 }, { 0x1007, 4 }, { 0x1009, 4 }, { 0x100a, 2 }, { 0x1006, 4 },
	};
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct rig *rig = *state;
	struct nvme_completion cpl;

	driver_write(&rig->driver, 1, &flush);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		set(rig, odd[i].off, odd[i].width, 1);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 1));
	driver_ring(&rig->driver, 1);
	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(status_code(&cpl), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_BARE(test_registers_read_alike_in_every_size),
		SUITE_BARE(test_the_msix_table_reads_alike_in_every_size),
		SUITE_BARE(test_configuration_space_reads_alike_in_every_size),
		SUITE_BARE(test_writes_of_every_size_change_the_bytes_they_are_of),
		SUITE_TEST(test_only_an_aligned_dword_rings_a_doorbell),
	};

	return SUITE_RUN(tests);
}
