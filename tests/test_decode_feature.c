/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first oracle, continued: features whose bytes were written by hand from
 * NVM Express 1.4, section 5.21.1, without the table.  Each is seen twice: in
 * Dword 11 of Set Features, and in Dword 0 of what Get Features answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "tests/fields.h"

static uint8_t sqe[64], cqe[16];

/* Set Features of this value, little-endian, as in the specification's figures. */
static struct record set(uint8_t fid, uint32_t value)
{
	memset(sqe, 0, sizeof(sqe));
	sqe[0] = 0x09;
	sqe[40] = fid;
	for (unsigned int i = 0; i < 4; i++)
		sqe[44 + i] = (uint8_t)(value >> 8 * i);
	return record_of_command(1, sqe, sizeof(sqe));
}

/* The answer to Get Features, of the same bytes. */
static struct record got(uint8_t fid)
{
	memset(cqe, 0, sizeof(cqe));
	memcpy(cqe, sqe + 44, 4);
	return record_of_completion(0x0a, fid, 0, cqe);
}

#define assert_both(fid, name, text) do { \
		struct record answer = got(fid); \
		assert_field(&rec, name, text); \
		assert_field(&answer, name, text); \
	} while (0)

/* Figure 275: HPW 31h, MPW 22h, LPW 13h, AB 5. */
static void test_arbitration(void **state)
{
	struct record rec = set(1, 0x31221305);

	(void)state;
	assert_both(1, "nvme.cmd.set_features.dword11.arb.hpw", "49");
	assert_display(&rec, "nvme.cmd.set_features.dword11.arb.hpw", "50 (stored as 49)");
	assert_both(1, "nvme.cmd.set_features.dword11.arb.mpw", "34");
	assert_both(1, "nvme.cmd.set_features.dword11.arb.lpw", "19");
	assert_both(1, "nvme.cmd.set_features.dword11.arb.ab", "5");
}

/* Figure 276: WH 2, PS 17. */
static void test_power_management(void **state)
{
	struct record rec = set(2, 0x51);

	(void)state;
	assert_both(2, "nvme.cmd.set_features.dword11.pm.ps", "17");
	assert_both(2, "nvme.cmd.set_features.dword11.pm.wh", "2");
}

/* Figure 277: NUM 2Ah in six bits. */
static void test_lba_range_type(void **state)
{
	struct record rec = set(3, 0xea);

	(void)state;
	assert_both(3, "nvme.cmd.set_features.dword11.lbart.lbarn", "42");
}

/* Figure 279: THSEL 1 (under), TMPSEL 8, TMPTH 14Bh. */
static void test_temperature_threshold(void **state)
{
	struct record rec = set(4, 0x18014b);

	(void)state;
	assert_both(4, "nvme.cmd.set_features.dword11.tt.tmpth", "331");
	assert_both(4, "nvme.cmd.set_features.dword11.tt.tmpsel", "8");
	assert_both(4, "nvme.cmd.set_features.dword11.tt.thpsel", "1");
}

/* Figure 280: DULBE, TLER 102h. */
static void test_error_recovery(void **state)
{
	struct record rec = set(5, 0x10102);

	(void)state;
	assert_both(5, "nvme.cmd.set_features.dword11.erec.tler", "258");
	assert_both(5, "nvme.cmd.set_features.dword11.erec.dulbe", "1");
}

static void test_volatile_write_cache(void **state)
{
	struct record rec = set(6, 1);

	(void)state;
	assert_both(6, "nvme.cmd.set_features.dword11.vwce.wce", "1");
}

/* Figure 285: TIME 21h, THR 7. */
static void test_interrupt_coalescing(void **state)
{
	struct record rec = set(8, 0x2107);

	(void)state;
	assert_both(8, "nvme.cmd.set_features.dword11.irqc.thr", "7");
	assert_both(8, "nvme.cmd.set_features.dword11.irqc.time", "33");
}

/* Figure 286: CD, IV 102h. */
static void test_interrupt_vector_configuration(void **state)
{
	struct record rec = set(9, 0x10102);

	(void)state;
	assert_both(9, "nvme.cmd.set_features.dword11.irqv.iv", "258");
	assert_both(9, "nvme.cmd.set_features.dword11.irqv.cd", "1");
}

static void test_write_atomicity(void **state)
{
	struct record rec = set(10, 1);

	(void)state;
	assert_both(10, "nvme.cmd.set_features.dword11.wan.dn", "1");
}

/* Figure 288: of bits 10, 12 and 13 each by itself. */
static void test_asynchronous_event_configuration(void **state)
{
	struct record rec = set(11, 0x400);

	(void)state;
	assert_both(11, "nvme.cmd.set_features.dword11.aec.tel", "1");
	assert_both(11, "nvme.cmd.set_features.dword11.aec.plat", "0");
	rec = set(11, 0x1000);
	assert_both(11, "nvme.cmd.set_features.dword11.aec.plat", "1");
	assert_both(11, "nvme.cmd.set_features.dword11.aec.lba", "0");
	rec = set(11, 0x2000);
	assert_both(11, "nvme.cmd.set_features.dword11.aec.lba", "1");
	assert_both(11, "nvme.cmd.set_features.dword11.aec.tel", "0");
}

static void test_a_feature_of_a_number_only(void **state)
{
	struct record rec = set(0x0f, 0x12345678);

	(void)state;
	assert_both(0x0f, "nvmetap.feature.value", "0x12345678");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arbitration),
		cmocka_unit_test(test_power_management),
		cmocka_unit_test(test_lba_range_type),
		cmocka_unit_test(test_temperature_threshold),
		cmocka_unit_test(test_error_recovery),
		cmocka_unit_test(test_volatile_write_cache),
		cmocka_unit_test(test_interrupt_coalescing),
		cmocka_unit_test(test_interrupt_vector_configuration),
		cmocka_unit_test(test_write_atomicity),
		cmocka_unit_test(test_asynchronous_event_configuration),
		cmocka_unit_test(test_a_feature_of_a_number_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
