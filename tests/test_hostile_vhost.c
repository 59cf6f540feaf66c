/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile vhost-user client: messages, rings, descriptors and accesses made at
 * random, most of them nearly right, by the scripts of
 * tests/fuzz/vhost_script.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/virtio_pcidev.h>
#include "emu/vhost_user_proto.h"
#include "spec/bytes.h"
#include "spec/nvme.h"
#include "tests/fuzz/vhost_script.h"
#include "tests/hostile.h"

enum { DESC_NEXT = 1, DESC_WRITE = 2, OF_EVENT = 1 << 5 };

/* A header of SCRIPT_MESSAGE: descriptors of any kind, or those that it should have. */
static void put_header(struct hostile *h, unsigned int request, unsigned int fds, size_t len)
{
	put(h, SCRIPT_MESSAGE, 1);
	put(h, request, 1);
	put(h, dice(h, 200) == 0 ? dice(h, 64) : VHU_VERSION, 1);
	put(h, dice(h, 50) == 0 ? dice(h, 8) << 5 | dice(h, 3) : fds, 1);
	put(h, len, 2);
}

static void put_bytes(struct hostile *h, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put(h, bytes[i], 1);
}

static unsigned int any_ring(struct hostile *h)
{
	return dice(h, 60) == 0 ? dice(h, 256) : dice(h, 2);
}

/* Of the guest's memory, or nearly. */
static uint64_t any_page(struct hostile *h)
{
	return dice(h, 60) == 0 ? any_number(h) :
				  SCRIPT_BASE + dice(h, SCRIPT_SIZE / 4096) * UINT64_C(4096);
}

static void any_table(struct hostile *h)
{
	unsigned int nr = 1 + (dice(h, 40) == 0 ? dice(h, 12) : 0);
	uint8_t body[VHU_TABLE_LEN + 13 * VHU_REGION_LEN] = { 0 };

	VHU_TABLE_NR_set(body, nr);
	for (unsigned int i = 0; i < nr; i++) {
		uint8_t *region = body + VHU_TABLE_LEN + i * VHU_REGION_LEN;
		uint64_t base = i == 0 ? SCRIPT_BASE : any_page(h);

		VHU_REGION_GUEST_set(region, base);
		VHU_REGION_SIZE_set(region, dice(h, 8) == 0 ? any_number(h) : SCRIPT_SIZE);
		VHU_REGION_USER_set(region, base);
		VHU_REGION_OFFSET_set(region, dice(h, 20) == 0 ? any_number(h) : 0);
	}
	put_header(h, VHU_SET_MEM_TABLE, nr, VHU_TABLE_LEN + (size_t)nr * VHU_REGION_LEN);
	put_bytes(h, body, VHU_TABLE_LEN + (size_t)nr * VHU_REGION_LEN);
}

static void any_ring_place(struct hostile *h)
{
	unsigned int ring = any_ring(h);
	uint64_t at = SCRIPT_BASE + VHOST_SCRIPT_RINGS + ring % 2 * VHOST_SCRIPT_RING_SIZE;
	uint8_t body[VHU_ADDR_LEN] = { 0 };
	bool likely = dice(h, 4) != 0;

	VHU_ADDR_INDEX_set(body, ring);
	VHU_ADDR_DESC_set(body, likely ? at : any_page(h));
	VHU_ADDR_AVAIL_set(body, likely ? at + 0x1000 : any_page(h));
	VHU_ADDR_USED_set(body, likely ? at + 0x2000 : any_page(h));
	put_header(h, VHU_SET_VRING_ADDR, 0, sizeof(body));
	put_bytes(h, body, sizeof(body));
}

static void any_ring_state(struct hostile *h)
{
	static const uint8_t requests[] = { VHU_SET_VRING_NUM, VHU_SET_VRING_BASE,
					    VHU_SET_VRING_ENABLE, VHU_GET_VRING_BASE };
	unsigned int request = requests[dice(h, sizeof(requests))];
	uint32_t num = dice(h, 8) == 0 ? (uint32_t)any_number(h) : dice(h, 2);

	put_header(h, request, 0, VHU_STATE_LEN);
	put(h, any_ring(h), 4);
	put(h, request == VHU_SET_VRING_NUM && dice(h, 4) != 0 ? VHOST_SCRIPT_ENTRIES : num, 4);
}

static void any_ring_fd(struct hostile *h)
{
	bool none = dice(h, 4) == 0;
	unsigned int ring = any_ring(h);

	put_header(h, VHU_SET_VRING_KICK + dice(h, 3), none ? 0 : OF_EVENT | 1, VHU_U64_LEN);
	put(h, ring | (none ? VHU_FD_NONE : 0), 8);
}

/* Those that ask, set features, or are not known at all. */
static void any_other_message(struct hostile *h)
{
	static const uint8_t requests[] = { VHU_GET_FEATURES, VHU_GET_PROTOCOL_FEATURES,
					    VHU_SET_OWNER };

	if (dice(h, 40) == 0) {
		put_header(h, dice(h, 64), 0, 8);
		put(h, any_number(h), 8);
	} else if (dice(h, 4) == 0) {
		put_header(h, VHU_SET_FEATURES, 0, VHU_U64_LEN);
		put(h, UINT64_C(1) << VHU_F_PROTOCOL_FEATURES | UINT64_C(1) << VHU_F_VERSION_1, 8);
	} else if (dice(h, 4) == 0) {
		put_header(h, VHU_SET_PROTOCOL_FEATURES, 0, VHU_U64_LEN);
		put(h, 1 << VHU_PROTOCOL_F_BACKEND_REQ, 8);
	} else {
		put_header(h, requests[dice(h, sizeof(requests))], 0, 0);
	}
}

static void any_message(struct hostile *h)
{
	static void (*const messages[])(struct hostile *h) = {
		any_table, any_ring_place, any_ring_state, any_ring_fd, any_other_message,
	};

	messages[dice(h, sizeof(messages) / sizeof(messages[0]))](h);
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

static void put_desc(struct hostile *h, unsigned int ring, unsigned int index, uint64_t offset,
		     uint64_t len, unsigned int flags, unsigned int next)
{
	put(h, VHOST_SCRIPT_DESC, 1);
	put(h, ring, 1);
	put(h, index, 1);
	put(h, dice(h, 100) == 0 ? any_number(h) : offset, 4);
	put(h, dice(h, 40) == 0 ? any_number(h) : len, 2);
	put(h, dice(h, 200) == 0 ? dice(h, 8) : flags, 1);
	put(h, dice(h, 20) == 0 ? dice(h, 256) : next, 1);
}

/* A message that an access has left behind, cut into pieces, then room for an answer; or buffers
 * for interrupts of any length.  Chains may end in themselves, in each other, or nowhere. */
static void any_chain(struct hostile *h)
{
	unsigned int ring = dice(h, 8) == 0, first = dice(h, VHOST_SCRIPT_ENTRIES - 8);
	unsigned int nr = 1 + dice(h, 6), nr_out = ring == 0 ? 1 + dice(h, nr) : 0;
	uint64_t message = VHOST_SCRIPT_SLOTS + dice(h, 16) * UINT64_C(64);

	for (unsigned int i = 0; i < nr; i++)
		put_desc(h, ring, first + i, i < nr_out ? message + i * 8 : VHOST_SCRIPT_BUFFERS,
			 i < nr_out ? (nr_out == 1 ? 24 : 8) : dice(h, 40),
			 (i < nr_out ? 0 : DESC_WRITE) |
				 (i + 1 < nr || dice(h, 16) == 0 ? DESC_NEXT : 0),
			 first + (dice(h, 16) == 0 ? dice(h, nr) : i + 1));
	put(h, VHOST_SCRIPT_AVAIL, 1);
	put(h, ring, 1);
	put(h, dice(h, 100) == 0 ? dice(h, 65536) : first, 2);
}

static void any_kick(struct hostile *h)
{
	put(h, VHOST_SCRIPT_KICK, 1);
	put(h, dice(h, 2), 1);
}

static unsigned int any_offset(struct hostile *h, bool config)
{
	static const uint8_t registers[] = { 0xc, 0x10, 0x14, 0x20, 0x24, 0x28, 0x30 };
	static const uint8_t places[] = { 4, 0x10, 0x14, 0x30, 0x3c, 0x44, 0x52, 0x68 };

	if (config)
		return places[dice(h, sizeof(places))];
	switch (dice(h, 4)) {
	case 0:
		return registers[dice(h, sizeof(registers))];
	case 1:
		return 0x2000 + 4 * dice(h, 0x410);	/* MSI-X */
	default:
		return NVME_REG_DOORBELLS + dice(h, 2) * dice(h, 0x400) + 4 * dice(h, 6);
	}
}

static void any_access(struct hostile *h)
{
	static const uint8_t ops[] = { VIRTIO_PCIDEV_OP_CFG_READ, VIRTIO_PCIDEV_OP_CFG_WRITE,
				       VIRTIO_PCIDEV_OP_MMIO_READ, VIRTIO_PCIDEV_OP_MMIO_WRITE,
				       VIRTIO_PCIDEV_OP_MMIO_WRITE, VIRTIO_PCIDEV_OP_MMIO_MEMSET };
	uint8_t op = dice(h, 100) == 0 ? (uint8_t)dice(h, 256) : ops[dice(h, sizeof(ops))];
	bool config = op == VIRTIO_PCIDEV_OP_CFG_READ || op == VIRTIO_PCIDEV_OP_CFG_WRITE;

	put(h, VHOST_SCRIPT_ACCESS, 1);
	put(h, op, 1);
	put(h, dice(h, 50) == 0 ? dice(h, 256) : 0, 1);
	put(h, dice(h, 40) == 0 ? dice(h, 65536) : UINT32_C(1) << dice(h, 4), 2);
	put(h, dice(h, 40) == 0 ? any_number(h) : any_offset(h, config), 4);
	put(h, dice(h, 4) == 0 ? any_number(h) : dice(h, 66), 8);
}

static void any_command(struct hostile *h)
{
	static const uint8_t admin[] = { 0, 1, 2, 4, 5, 6, 6, 8, 9, 10, 12 };
	bool likely = dice(h, 3) != 0;

	put(h, VHOST_SCRIPT_COMMAND, 1);
	put(h, admin[dice(h, sizeof(admin))], 1);
	put(h, likely ? 1 : dice(h, 256), 1);
	put(h, dice(h, 40), 1);
	put(h, dice(h, 40), 1);
	for (unsigned int i = 0; i < 3; i++)
		put(h, likely ? dice(h, 20) : any_number(h), 4);
}

static void any_step(struct hostile *h)
{
	unsigned int what = dice(h, 128);

	if (what < 48) {
		any_access(h);
	} else if (what < 88) {
		any_command(h);
	} else if (what < 108) {
		put(h, VHOST_SCRIPT_CONSUME, 1);
	} else if (what < 114) {
		any_memory(h);
	} else if (what < 116) {
		any_message(h);
	} else if (what < 118) {
		any_kick(h);
	} else if (what < 126) {
		any_chain(h);
	} else if (what == 126) {
		put(h, SCRIPT_TIME, 1);
		put(h, dice(h, 3000), 2);
	} else if (dice(h, 8) == 0) {
		put(h, SCRIPT_SHRINK, 1);
		put(h, dice(h, 65), 1);
	} else if (dice(h, 16) == 0) {
		any_bytes(h);
	}
}

static void any_first(struct hostile *h)
{
	put(h, dice(h, 8) == 0 ? dice(h, 16) : 15, 1);
}

static uint64_t nr_messages(void)
{
	return vhost_script_counts()->nr_messages + vhost_script_counts()->nr_accesses;
}

static void test_a_drive_outlives_a_hostile_vhost_user_client(void **state)
{
	static const struct hostile_client client = { any_first, any_step, vhost_script_run,
						      nr_messages };
	const struct vhost_script_counts *counts = vhost_script_counts();

	(void)state;
	hostile_run(&client);
	print_message("%llu messages, %llu replies, %llu accesses (%llu answered), "
		      "%llu interrupts; disconnected %llu times\n",
		      (unsigned long long)counts->nr_messages,
		      (unsigned long long)counts->nr_replies,
		      (unsigned long long)counts->nr_accesses,
		      (unsigned long long)counts->nr_used, (unsigned long long)counts->nr_irqs,
		      (unsigned long long)counts->nr_left);
	assert_true(counts->nr_replies > 0 && counts->nr_used > 0 && counts->nr_irqs > 0 &&
		    counts->nr_left > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_drive_outlives_a_hostile_vhost_user_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
