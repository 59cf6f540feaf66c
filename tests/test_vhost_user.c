/* SPDX-License-Identifier: BSD-2-Clause */
/* The vhost-user server: accesses and memory of a good guest. */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>
#include "emu/loop.h"
#include "tests/vhost_fixture.h"

enum {
	OP_CFG_READ = 1,
	OP_CFG_WRITE = 2,
	OP_MMIO_READ = 3,
	OP_MMIO_WRITE = 4,
	OP_MMIO_MEMSET = 5,
	DATA = DOUBLE_BUFFER,	/* of BAR0, memory */
};

static int access_bar(struct vhost_fixture *f, uint8_t op, uint64_t off, void *data, size_t len)
{
	return vhost_client_access(&f->c, op, 0, off, data, len);
}

/* Bit 30: protocol features, bit 32: VIRTIO_F_VERSION_1; bit 5: a channel of the back end's. */
static void test_features_are_what_user_mode_linux_needs(void **state)
{
	struct vhost_fixture *f = *state;
	uint64_t value;

	assert_int_equal(vhost_client_ask(&f->c, 1, NULL, 0, &value), 0);
	assert_int_equal(value, UINT64_C(0x140000000));
	assert_int_equal(vhost_client_ask(&f->c, 15, NULL, 0, &value), 0);
	assert_int_equal(value, 0x20);
}

static void test_config_space_is_read_and_written_in_each_width(void **state)
{
	static const uint8_t bytes[8] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88 };
	struct vhost_fixture *f = *state;
	uint8_t got[8], want[8];

	for (size_t width = 1; width <= 8; width *= 2) {
		memcpy(got, bytes, 8);
		assert_int_equal(vhost_client_access(&f->c, OP_CFG_WRITE, 0, 64 * width, got, width),
				 0);
		memset(got, 0, 8);
		memset(want, 0, 8);
		memcpy(want, bytes, width);
		assert_int_equal(vhost_client_access(&f->c, OP_CFG_READ, 0, 64 * width, got, width),
				 0);
		assert_memory_equal(got, want, 8);
	}
}

static uint8_t bar_byte(struct vhost_fixture *f, uint64_t off)
{
	uint8_t byte = 0xff;

	assert_int_equal(access_bar(f, OP_MMIO_READ, off, &byte, 1), 0);
	return byte;
}

static void test_a_bar_is_read_and_written_in_any_size(void **state)
{
	static const uint8_t zeroes[4096];
	static const size_t sizes[] = { 1, 2, 3, 4, 7, 8, 9, 64, 4096, 0 };
	struct vhost_fixture *f = *state;
	uint8_t put[4096], got[4096];

	for (size_t i = 0; i < sizeof(put); i++)
		put[i] = (uint8_t)(i * 7 + 1);
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		memset(got, 0, sizeof(got));
		assert_int_equal(access_bar(f, OP_MMIO_WRITE, DATA, (void *)(uintptr_t)zeroes,
					    sizeof(zeroes)), 0);
		assert_int_equal(access_bar(f, OP_MMIO_WRITE, DATA, put, sizes[i]), 0);
		assert_int_equal(access_bar(f, OP_MMIO_READ, DATA, got, sizes[i]), 0);
		assert_memory_equal(got, put, sizes[i]);
		assert_int_equal(bar_byte(f, DATA + sizes[i]), 0);
	}
}

static void test_memset_fills_with_one_byte(void **state)
{
	struct vhost_fixture *f = *state;
	uint8_t byte = 0xa5, want[300], got[300];

	memset(want, 0xa5, sizeof(want));
	assert_int_equal(access_bar(f, OP_MMIO_MEMSET, DATA, &byte, sizeof(want)), 0);
	assert_int_equal(access_bar(f, OP_MMIO_READ, DATA, got, sizeof(got)), 0);
	assert_memory_equal(got, want, sizeof(want));
	assert_int_equal(bar_byte(f, DATA + sizeof(want)), 0);
}

static void test_beyond_the_function_ones_are_read_and_nothing_is_written(void **state)
{
	struct vhost_fixture *f = *state;
	uint32_t value = 0;

	assert_int_equal(access_bar(f, OP_MMIO_WRITE, DOUBLE_BAR_SIZE - 2, &value, 4), 0);
	assert_int_equal(access_bar(f, OP_MMIO_READ, DOUBLE_BAR_SIZE - 2, &value, 4), 0);
	assert_int_equal(value, 0xffffffff);
	value = 0;
	assert_int_equal(vhost_client_access(&f->c, OP_MMIO_READ, 3, 0, &value, 4), 0);
	assert_int_equal(value, 0xffffffff);
	value = 0;
	assert_int_equal(vhost_client_access(&f->c, OP_CFG_READ, 0, UINT64_MAX, &value, 4), 0);
	assert_int_equal(value, 0xffffffff);
}

static void test_posted_writes_are_done_in_their_order(void **state)
{
	struct vhost_fixture *f = *state;

	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(vhost_client_post(&f->c, OP_MMIO_WRITE, 0, DATA + 4 * (i % 100),
						   &i, 4), 0);
	assert_int_equal(vh_reg(f, DATA), 900);
	assert_int_equal(vh_reg(f, DATA + 4 * 99), 999);
}

/* A header in three pieces, its data in a fourth; the answer in two. */
static void test_a_message_may_be_in_many_descriptors(void **state)
{
	static const uint8_t write[20] = { 4, 0, 0, 0, 4, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0,
					   1, 2, 3, 4 };
	static const uint16_t lens[] = { 3, 0, 7, 10 };
	struct vhost_fixture *f = *state;
	uint64_t at = VHOST_OWN_IOVA + VHOST_BULK, in = VHOST_OWN_IOVA + VHOST_BULK_IN;

	memcpy(f->c.own + VHOST_BULK, write, sizeof(write));
	for (uint16_t i = 0; i < 4; at += lens[i++])
		vhost_client_desc(&f->c, VHOST_COMMANDS, i, at, lens[i],
				  i < 3 ? VRING_DESC_F_NEXT : 0, (uint16_t)(i + 1));
	vhost_client_avail(&f->c, VHOST_COMMANDS, 0);
	vhost_client_kick(&f->c, VHOST_COMMANDS);
	assert_int_equal(vhost_client_used(&f->c, VHOST_COMMANDS), 0);
	f->c.own[VHOST_BULK] = 3;
	vhost_client_desc(&f->c, VHOST_COMMANDS, 0, VHOST_OWN_IOVA + VHOST_BULK, 16,
			  VRING_DESC_F_NEXT, 1);
	vhost_client_desc(&f->c, VHOST_COMMANDS, 1, in, 1, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT,
			  2);
	vhost_client_desc(&f->c, VHOST_COMMANDS, 2, in + 1, 9, VRING_DESC_F_WRITE, 0);
	vhost_client_avail(&f->c, VHOST_COMMANDS, 0);
	vhost_client_kick(&f->c, VHOST_COMMANDS);
	assert_int_equal(vhost_client_used(&f->c, VHOST_COMMANDS), 4);
	assert_memory_equal(f->c.own + VHOST_BULK_IN, "\1\2\3\4\0", 5);
}

/* As many descriptors as the ring has, the last with all that is not header. */
static void test_a_message_may_be_in_as_many_descriptors_as_there_are(void **state)
{
	static const uint8_t write[24] = { 4, 0, 0, 0, 8, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0,
					   1, 2, 3, 4, 5, 6, 7, 8 };
	struct vhost_fixture *f = *state;
	uint64_t at = VHOST_OWN_IOVA + VHOST_BULK;
	uint8_t got[8];

	memcpy(f->c.own + VHOST_BULK, write, 20);
	memcpy(f->c.own + VHOST_BULK + 100, write + 20, 4);
	for (uint16_t i = 0; i < VHOST_ENTRIES - 2; i++)
		vhost_client_desc(&f->c, VHOST_COMMANDS, i, at, i == 0 ? 3 : 0, VRING_DESC_F_NEXT,
				  (uint16_t)(i + 1));
	/* The last byte but three of the data is where the second of two pieces begins. */
	vhost_client_desc(&f->c, VHOST_COMMANDS, VHOST_ENTRIES - 2, at + 3, 17, VRING_DESC_F_NEXT,
			  VHOST_ENTRIES - 1);
	vhost_client_desc(&f->c, VHOST_COMMANDS, VHOST_ENTRIES - 1, at + 100, 4, 0, 0);
	vhost_client_avail(&f->c, VHOST_COMMANDS, 0);
	vhost_client_kick(&f->c, VHOST_COMMANDS);
	assert_int_equal(vhost_client_used(&f->c, VHOST_COMMANDS), 0);
	assert_int_equal(access_bar(f, OP_MMIO_READ, DATA, got, sizeof(got)), 0);
	assert_memory_equal(got, write + 16, sizeof(got));
}

static int dma(struct vhost_fixture *f, uint64_t iova, uint32_t len, uint32_t direction)
{
	assert_int_equal(access_bar(f, OP_MMIO_WRITE, DOUBLE_DMA_IOVA, &iova, 8), 0);
	vh_set_reg(f, DOUBLE_DMA_LEN, len);
	vh_set_reg(f, DOUBLE_DMA_GO, direction);
	return (int)vh_reg(f, DOUBLE_DMA_RESULT);
}

static void test_the_device_copies_guest_memory(void **state)
{
	struct vhost_fixture *f = *state;
	uint8_t got[14];

	memcpy(f->c.mem + 5000, "from the guest", 14);
	assert_int_equal(dma(f, VH_IOVA + 5000, 14, 1), 0);
	assert_int_equal(access_bar(f, OP_MMIO_READ, DOUBLE_BUFFER, got, sizeof(got)), 0);
	assert_memory_equal(got, "from the guest", 14);
	assert_int_equal(dma(f, VH_IOVA + 100, 14, 2), 0);
	assert_memory_equal(f->c.mem + 100, "from the guest", 14);
	assert_int_equal(dma(f, VH_IOVA + VH_SIZE - 4, 8, 1), -EFAULT);
	assert_int_equal(dma(f, VH_IOVA + VHOST_USER_OFFSET, 8, 1), -EFAULT);
}

static void test_a_new_memory_table_replaces_the_old_one(void **state)
{
	struct vhost_fixture *f = *state;

	f->c.iova += 16 << 20;
	assert_int_equal(vhost_client_table(&f->c), 0);
	assert_int_equal(vhost_client_sync(&f->c), 0);
	assert_int_equal(dma(f, VH_IOVA, 8, 1), -EFAULT);
	assert_int_equal(dma(f, f->c.iova, 8, 1), 0);
	assert_int_equal(vh_reg(f, DOUBLE_NR_MAP), 4);
	assert_int_equal(vh_reg(f, DOUBLE_NR_UNMAP), 2);
}

static void test_an_access_is_as_long_as_64_kib(void **state)
{
	static uint8_t got[1 << 16];
	struct vhost_fixture *f = *state;

	assert_int_equal(access_bar(f, OP_MMIO_READ, DOUBLE_BAR_SIZE - 2, got, sizeof(got)), 0);
	assert_int_equal(got[sizeof(got) - 1], 0xff);
}

static void test_a_guest_that_wants_no_call_gets_none(void **state)
{
	struct vhost_fixture *f = *state;
	uint64_t count;

	(void)vh_reg(f, 0);
	assert_int_equal(vhost_client_sync(&f->c), 0);	/* its call has been sent, too */
	while (recv(f->c.rings[VHOST_COMMANDS].call, &count, 8, MSG_DONTWAIT) == 8)
		continue;
	host_set(f->c.rings[VHOST_COMMANDS].mem + VHOST_AVAIL, 2, VRING_AVAIL_F_NO_INTERRUPT);
	assert_int_equal(vhost_client_post(&f->c, OP_MMIO_WRITE, 0, DATA, &count, 4), 0);
	while (!vhost_client_used_there(&f->c, VHOST_COMMANDS))
		continue;
	assert_int_equal(vhost_client_sync(&f->c), 0);
	assert_int_equal(recv(f->c.rings[VHOST_COMMANDS].call, &count, 8, MSG_DONTWAIT), -1);
}

static void test_who_says_late_how_to_be_called_is_called_for_what_was_used(void **state)
{
	struct vhost_fixture *f = *state;
	struct vhost_ring *r = &f->c.rings[VHOST_COMMANDS];
	struct pollfd call = { .fd = r->call, .events = POLLIN };
	uint64_t count;

	assert_int_equal(vhost_client_send_u64(&f->c, VHU_SET_VRING_CALL, VHU_FD_NONE, -1), 0);
	assert_int_equal(vhost_client_sync(&f->c), 0);
	while (recv(r->call, &count, 8, MSG_DONTWAIT) == 8)
		continue;
	assert_int_equal(vhost_client_post(&f->c, OP_MMIO_WRITE, 0, DATA, &count, 4), 0);
	while (!vhost_client_used_there(&f->c, VHOST_COMMANDS))
		continue;
	assert_int_equal(vhost_client_sync(&f->c), 0);
	assert_int_equal(poll(&call, 1, 0), 0);
	assert_int_equal(vhost_client_send_u64(&f->c, VHU_SET_VRING_CALL, 0, r->call_theirs), 0);
	assert_int_equal(poll(&call, 1, 10000), 1);
}

static void test_a_ring_that_is_disabled_waits_until_it_is_enabled(void **state)
{
	struct vhost_fixture *f = *state;
	uint32_t value = 77;

	assert_int_equal(vhost_client_send_state(&f->c, VHU_SET_VRING_ENABLE, 0, 0), 0);
	assert_int_equal(vhost_client_sync(&f->c), 0);
	assert_int_equal(vhost_client_post(&f->c, OP_MMIO_WRITE, 0, DATA, &value, 4), 0);
	assert_int_equal(vhost_client_sync(&f->c), 0);
	assert_int_equal(vhost_client_sync(&f->c), 0);
	assert_int_equal(f->dev.bar[DATA], 0);
	assert_int_equal(vhost_client_send_state(&f->c, VHU_SET_VRING_ENABLE, 0, 1), 0);
	assert_int_equal(vhost_client_used(&f->c, VHOST_COMMANDS), 0);
	assert_int_equal(vh_reg(f, DATA), 77);
}

static void send_place(struct vhost_fixture *f)
{
	uint64_t at = VHOST_OWN_IOVA + VHOST_USER_OFFSET;
	uint8_t body[VHU_ADDR_LEN] = { 0 };

	VHU_ADDR_DESC_set(body, at + VHOST_DESC);
	VHU_ADDR_AVAIL_set(body, at + VHOST_AVAIL);
	VHU_ADDR_USED_set(body, at + VHOST_USED);
	assert_int_equal(vhost_client_send(&f->c, VHU_SET_VRING_ADDR, body, sizeof(body), NULL, 0),
			 0);
}

static void send_size(struct vhost_fixture *f)
{
	assert_int_equal(vhost_client_send_state(&f->c, VHU_SET_VRING_NUM, 0, VHOST_ENTRIES), 0);
}

/* The one kick comes while something of the ring is still missing. */
static void kick_before(struct vhost_fixture *f, void (*first)(struct vhost_fixture *f),
			void (*last)(struct vhost_fixture *f))
{
	uint32_t value = 77;

	assert_int_equal(vhost_client_features(&f->c), 0);
	assert_int_equal(vhost_client_table(&f->c), 0);
	assert_int_equal(vhost_client_send_u64(&f->c, VHU_SET_VRING_CALL, 0,
					       f->c.rings[VHOST_COMMANDS].call_theirs), 0);
	first(f);
	assert_int_equal(vhost_client_start(&f->c, VHOST_COMMANDS), 0);
	assert_int_equal(vhost_client_post(&f->c, OP_MMIO_WRITE, 0, DATA, &value, 4), 0);
	assert_int_equal(vhost_client_sync(&f->c), 0);
	assert_int_equal(vhost_client_sync(&f->c), 0);
	assert_int_equal(f->dev.bar[DATA], 0);
	last(f);
	assert_int_equal(vhost_client_used(&f->c, VHOST_COMMANDS), 0);
	assert_int_equal(f->dev.bar[DATA], 77);
}

static void test_a_kick_before_a_ring_has_its_place_is_not_lost(void **state)
{
	kick_before(*state, send_size, send_place);
}

static void test_a_kick_before_a_ring_has_its_size_is_not_lost(void **state)
{
	kick_before(*state, send_place, send_size);
}

static void test_the_base_of_a_ring_is_told_and_taken(void **state)
{
	struct vhost_fixture *f = *state;
	uint8_t body[VHU_STATE_LEN] = { 0 };
	uint64_t answer;

	for (unsigned int i = 0; i < 3; i++)
		(void)vh_reg(f, 0);
	assert_int_equal(vhost_client_ask(&f->c, VHU_GET_VRING_BASE, body, 8, &answer), 0);
	assert_int_equal(answer, UINT64_C(3) << 32);
	assert_int_equal(vhost_client_send_state(&f->c, VHU_SET_VRING_BASE, 0, 3), 0);
	assert_int_equal(vhost_client_start(&f->c, VHOST_COMMANDS), 0);
	(void)vh_reg(f, 0);
	assert_int_equal(vhost_client_ask(&f->c, VHU_GET_VRING_BASE, body, 8, &answer), 0);
	assert_int_equal(answer, UINT64_C(4) << 32);
}

/* The indices, of 16 bits, go round; each access is waited for when they do. */
static void test_indices_go_round(void **state)
{
	struct vhost_fixture *f = *state;
	uint32_t i = 0;

	for (; i < 65500; i++)
		assert_int_equal(vhost_client_post(&f->c, OP_MMIO_WRITE, 0, DATA, &i, 4), 0);
	for (; i < 65600; i++)
		vh_set_reg(f, DATA, i);
	assert_int_equal(vh_reg(f, DATA), 65599);
	assert_int_equal(f->c.rings[VHOST_COMMANDS].seen, 65601 - 65536);
}

/* The server finds both in the same round of its loop: the last kick, and that
 * the guest has gone. */
static void test_writes_that_a_guest_posted_before_it_went_are_done(void **state)
{
	struct vhost_fixture *f = *state;

	loop_stop(f->loop);
	pthread_join(f->thread, NULL);
	f->running = false;
	for (uint32_t i = 0; i < 40; i++)
		assert_int_equal(vhost_client_post(&f->c, OP_MMIO_WRITE, 0, DATA + 4 * i, &i, 4), 0);
	assert_int_equal(shutdown(f->c.conn.fd, SHUT_RDWR), 0);
	assert_int_equal(loop_run(f->loop), 0);
	assert_int_equal(f->dev.bar[DOUBLE_NR_GONE], 1);
	for (uint32_t i = 0; i < 40; i++)
		assert_int_equal(f->dev.bar[DATA + 4 * i], i);
	assert_string_equal(vhost_user_last_error(f->server), "");
}

#define SILENT(test) cmocka_unit_test_setup_teardown(test, vh_setup_silent, vh_teardown)
#define T(test) cmocka_unit_test_setup_teardown(test, vh_setup, vh_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SILENT(test_features_are_what_user_mode_linux_needs),
		T(test_config_space_is_read_and_written_in_each_width),
		T(test_a_bar_is_read_and_written_in_any_size),
		T(test_memset_fills_with_one_byte),
		T(test_beyond_the_function_ones_are_read_and_nothing_is_written),
		T(test_posted_writes_are_done_in_their_order),
		cmocka_unit_test_setup_teardown(test_posted_writes_are_done_in_their_order,
						vh_setup_eventfd, vh_teardown),
		T(test_a_message_may_be_in_many_descriptors),
		T(test_a_message_may_be_in_as_many_descriptors_as_there_are),
		T(test_the_device_copies_guest_memory),
		T(test_a_new_memory_table_replaces_the_old_one),
		T(test_an_access_is_as_long_as_64_kib),
		T(test_a_guest_that_wants_no_call_gets_none),
		T(test_who_says_late_how_to_be_called_is_called_for_what_was_used),
		T(test_a_ring_that_is_disabled_waits_until_it_is_enabled),
		SILENT(test_a_kick_before_a_ring_has_its_place_is_not_lost),
		SILENT(test_a_kick_before_a_ring_has_its_size_is_not_lost),
		T(test_the_base_of_a_ring_is_told_and_taken),
		T(test_indices_go_round),
		T(test_writes_that_a_guest_posted_before_it_went_are_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
