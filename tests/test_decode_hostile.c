/* SPDX-License-Identifier: BSD-2-Clause */
/* The decoder against packets made at random, in memory of their very size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "dissector/line.h"
#include "dissector/value.h"
#include "spec/record.h"

enum { ROUNDS = 20000, LEN_MAX = 600, VISITS_A_BYTE = 4, VISITS_MORE = 200 };

static uint64_t seed = 1;

static uint32_t any(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % below;
}

struct visits {
	size_t nr;
	uint8_t sum;		/* of all bytes, so that all are read */
	struct text text;
};

static int visit(void *ctx, const struct decode_item *item)
{
	struct visits *visits = ctx;

	visits->nr++;
	if (item->row->type != TYPE_FIELD)
		return 0;
	for (uint32_t i = 0; i < item->len; i++)
		visits->sum ^= item->bytes[i];
	visits->text.len = 0;
	value_plain(&visits->text, item);
	value_display(&visits->text, item);
	value_json(&visits->text, item);
	value_is_idle(item);
	return 0;
}

/* Data from its beginning, or near it; half of it a list of descriptors. */
static void make_data(uint8_t *packet, size_t len)
{
	if (len < 80)
		return;
	memset(packet + 64, 0, any(2) ? 4 : 2);
	packet[6] = 56;
	packet[7] = 24;
	if (any(2) == 0)
		return;
	packet[5] |= NVMETAP_HAS_COMMAND;
	packet[42] = NVME_OPC_IDENTIFY;
	packet[35] = NVME_CNS_NS_DESC_LIST;
	packet[46] = NVMETAP_QUEUE_ADMIN;
	for (size_t i = 80; i < len; i++)
		packet[i] = (uint8_t)any(20);
}

/* Any parts of any event, with lengths that fit, or nearly. */
static void make_injection(uint8_t *packet, size_t len)
{
	size_t who = any(20), state;

	if (len < 96 + who)
		return;
	state = (len - 96 - who) / 2 + any(3);
	packet[5] |= any(2) * NVMETAP_HAS_COMMAND;
	packet[6] = 56;
	packet[7] = 40;
	packet[56 + 25] = (uint8_t)any(30);
	packet[56 + 29] = (uint8_t)any(16);
	packet[56 + 30] = 0;
	packet[56 + 31] = (uint8_t)who;
	packet[56 + 32] = (uint8_t)(state >> 8);
	packet[56 + 33] = (uint8_t)state;
}

/* Something that a decoder takes for a record; all else is random. */
static void make(uint8_t *packet, size_t len)
{
	static const uint8_t opcodes[] = { 1, 2, 6, 9, 10, 12, 8 };

	for (size_t i = 0; i < len; i++)
		packet[i] = any(3) == 0 ? 0 : (uint8_t)any(256);
	packet[0] = 'N';
	packet[1] = 'T';
	packet[2] = (uint8_t)any(28);
	packet[4] = 1;
	packet[6] = any(8) == 0 ? (uint8_t)any(256) : 56;
	packet[7] = (uint8_t)any(42);
	packet[32] = packet[33] = packet[34] = 0;
	packet[35] = (uint8_t)any(8);
	packet[42] = opcodes[any(sizeof(opcodes))];
	packet[44] = packet[45] = (uint8_t)(any(2) * any(256));
	packet[46] = (uint8_t)any(3);
	if (packet[2] == 14)
		make_data(packet, len);
	if (packet[2] == 26 && any(4) != 0)
		make_injection(packet, len);
}

static void test_no_packet_makes_the_decoder_read_outside_of_it(void **state)
{
	char buf[300];

	(void)state;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		size_t len = 56 + any(LEN_MAX);
		uint8_t *packet = malloc(len);
		struct visits visits = { .text = { .buf = buf, .size = sizeof(buf) } };
		struct record rec = { .time_ns = seed };

		assert_non_null(packet);
		make(packet, len);
		if (record_decode(packet, len, &rec) == 0) {
			assert_int_equal(decode_record(&rec, packet, visit, &visits), 0);
			assert_true(visits.nr <= VISITS_A_BYTE * len + VISITS_MORE);
			line_record(&visits.text, &rec);
			assert_true(visits.text.len <= sizeof(buf));
		}
		free(packet);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_packet_makes_the_decoder_read_outside_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
