/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile vfio-user client: messages made at random, most of them nearly
 * right, by the scripts of tests/fuzz/script.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/vfio.h>
#include "emu/vfio_user_proto.h"
#include "spec/bytes.h"
#include "spec/nvme.h"
#include "tests/fuzz/script.h"
#include "tests/hostile.h"

static const uint8_t body_len[] = { 8, VU_VERSION_LEN, VU_MAP_LEN, VU_UNMAP_LEN, VU_INFO_LEN,
				    VU_REGION_LEN, 8, VU_IRQ_LEN, VU_SET_LEN + 4, VU_RW_LEN,
				    VU_RW_LEN + 8, VU_DMA_LEN, VU_DMA_LEN, 0, 8, 32 };

/* A body of numbers in which argsz, and what else is easy to guess, may be right. */
static void put_body(struct hostile *h, unsigned int command, size_t len)
{
	uint8_t *body = h->script + h->len;

	for (size_t i = 0; i < len; i += 4)
		put(h, any_number(h) >> (dice(h, 2) * 32), 4);
	h->len -= (4 - len % 4) % 4;
	if (len >= 4 && command >= VU_DMA_MAP && command <= VU_DEVICE_SET_IRQS && dice(h, 8) != 0)
		bytes_set_le(body, 4, body_len[command]);
	if (command == VU_DMA_MAP && len >= VU_MAP_LEN && dice(h, 4) != 0) {
		VU_MAP_FLAGS_set(body, 1 + dice(h, 3));
		VU_MAP_OFFSET_set(body, dice(h, 64) * UINT64_C(4096));
		VU_MAP_ADDRESS_set(body, dice(h, 2048) * UINT64_C(4096));
		VU_MAP_SIZE_set(body, (1 + dice(h, 64)) * UINT64_C(4096));
	}
	if (command == VU_DEVICE_SET_IRQS && len >= VU_SET_LEN && dice(h, 4) != 0) {
		VU_SET_FLAGS_set(body, 1u << dice(h, 3) | 8u << dice(h, 3));
		VU_SET_INDEX_set(body, dice(h, 6));
		VU_SET_START_set(body, dice(h, 3));
		VU_SET_COUNT_set(body, dice(h, 5));
	}
	if ((command == VU_REGION_READ || command == VU_REGION_WRITE) && len >= VU_RW_LEN &&
	    dice(h, 8) != 0) {
		VU_RW_OFFSET_set(body, dice(h, 0x4000));
		VU_RW_REGION_set(body, dice(h, 3) != 0 ? 0 : dice(h, 10));
		VU_RW_COUNT_set(body, command == VU_REGION_READ ? dice(h, 65) : len - VU_RW_LEN);
	}
}

static void any_message(struct hostile *h)
{
	unsigned int command = dice(h, 40) == 0 ? dice(h, 256) : 2 + dice(h, 14);
	size_t len = body_len[command % sizeof(body_len)];

	if (command == VU_VERSION && dice(h, 10) != 0)
		command = VU_REGION_READ;
	if (dice(h, 10) == 0)
		len = dice(h, 200);
	put(h, SCRIPT_MESSAGE, 1);
	put(h, command, 1);
	put(h, dice(h, 100) == 0 ? dice(h, 64) : dice(h, 2) * VU_NO_REPLY, 1);
	put(h, dice(h, 4) == 0 ? dice(h, 5) << 5 | dice(h, dice(h, 8) == 0 ? 32 : 3) : 0, 1);
	put(h, len, 2);
	put_body(h, command, len);
}

/* Truncated and oversized ones, which end the connection. */
static void any_bytes(struct hostile *h)
{
	size_t len = 1 + dice(h, 40);

	put(h, SCRIPT_RAW, 1);
	put(h, len, 2);
	for (size_t i = 0; i < len; i++)
		put(h, dice(h, 3) == 0 ? 0 : dice(h, 256), 1);
}

static void any_command(struct hostile *h)
{
	static const uint8_t admin[] = { 0, 1, 4, 5, 2, 6, 8, 9, 10, 12 };
	unsigned int qid = dice(h, 4) != 0;
	bool likely = dice(h, 3) != 0;

	put(h, SCRIPT_COMMAND, 1);
	put(h, qid, 1);
	if (qid == 0)
		put(h, admin[dice(h, sizeof(admin))], 1);
	else
		put(h, likely ? NVME_OPC_WRITE + dice(h, 2) : dice(h, 10), 1);
	put(h, dice(h, 30) == 0 ? dice(h, 256) : 0, 1);
	put(h, likely ? 1 : dice(h, 256), 1);
	put(h, dice(h, 65536), 2);
	put(h, dice(h, 65536), 2);
	put(h, likely ? dice(h, 200) : any_number(h), 4);
	put(h, likely ? 0 : any_number(h), 4);
	put(h, likely ? dice(h, 20) : any_number(h), 4);
	put(h, likely ? 0 : any_number(h), 4);
	put(h, 0, 4);
	put(h, 0, 4);
}

static void any_access(struct hostile *h)
{
	static const uint8_t registers[] = { 0xc, 0x10, 0x14, 0x24, 0x28, 0x30 };
	static const uint8_t config[] = { 4, 0x10, 0x14, 0x30, 0x3c, 0x44, 0x52, 0x68 };
	bool is_config = dice(h, 6) == 0;

	put(h, is_config ? SCRIPT_CONFIG : SCRIPT_REGISTER, 1);
	if (is_config)
		put(h, config[dice(h, sizeof(config))], 2);
	else if (dice(h, 8) == 0)
		put(h, registers[dice(h, sizeof(registers))], 2);
	else
		put(h, NVME_REG_DOORBELLS + dice(h, 2) * dice(h, 0x400) + 4 * dice(h, 6), 2);
	put(h, dice(h, 8) == 0 ? dice(h, 9) : 4, 1);
	put(h, dice(h, 4) == 0 ? any_number(h) : dice(h, 66), 8);
}

static void any_step(struct hostile *h)
{
	unsigned int what = dice(h, 64);

	if (what < 20) {
		any_message(h);
	} else if (what < 44) {
		any_command(h);
	} else if (what < 50) {
		any_access(h);
	} else if (what < 53) {
		any_memory(h);
	} else if (what < 60) {
		put(h, SCRIPT_CONSUME, 1);
		put(h, dice(h, 2), 1);
	} else if (what == 60) {
		put(h, SCRIPT_ANSWER, 1);
		put(h, dice(h, 3) == 0 ? dice(h, 5) : 0, 1);
	} else if (what == 61) {
		put(h, SCRIPT_SHRINK, 1);
		put(h, dice(h, 65), 1);
	} else if (what == 62) {
		put(h, SCRIPT_TIME, 1);
		put(h, dice(h, 3000), 2);
	} else if (dice(h, 8) != 0) {
		put(h, SCRIPT_RESET, 1);
	} else {
		any_bytes(h);
	}
}

static void any_first(struct hostile *h)
{
	put(h, dice(h, 8) == 0 ? dice(h, 128) : 63 | dice(h, 2) << 6, 1);
}

static uint64_t nr_messages(void)
{
	return script_counts()->nr_messages;
}

static void test_a_drive_outlives_a_hostile_client(void **state)
{
	static const struct hostile_client client = { any_first, any_step, script_run,
						      nr_messages };
	const struct script_counts *counts = script_counts();

	(void)state;
	hostile_run(&client);
	print_message("%llu messages, %llu replies (%llu errors), %llu DMA messages, "
		      "%llu completions; disconnected %llu times\n",
		      (unsigned long long)counts->nr_messages,
		      (unsigned long long)counts->nr_replies,
		      (unsigned long long)counts->nr_errors, (unsigned long long)counts->nr_dma,
		      (unsigned long long)counts->nr_completions,
		      (unsigned long long)counts->nr_left);
	assert_true(counts->nr_replies > 0 && counts->nr_dma > 0 && counts->nr_completions > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_drive_outlives_a_hostile_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
