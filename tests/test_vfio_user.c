/* SPDX-License-Identifier: BSD-2-Clause */
/* The vfio-user server, rule by rule, by a client on the other end of a socket. */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include "emu/guestmem.h"
#include "emu/loop.h"
#include "spec/nvme.h"
#include "emu/vfio_user.h"
#include "tests/device_double.h"
#include "tests/vfio_client.h"

enum { CONFIG = VFIO_PCI_CONFIG_REGION_INDEX, PAGE = 4096, RW = 3 };
enum {
	TRIGGER_FD = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
	TRIGGER = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
	UNMASK = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK,
	MASK = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK,
	INTX = VFIO_PCI_INTX_IRQ_INDEX,
	MSIX = VFIO_PCI_MSIX_IRQ_INDEX,
};

struct fixture {
	struct loop *loop;
	struct device dev;
	struct transport *server;
	struct vfio_client *c;
	pthread_t thread;
	bool running;
};

static void *serve(void *arg)
{
	loop_run(arg);
	return NULL;
}

/* A server on its own thread, and a client that has said nothing yet. */
static int setup_silent(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char err[200];
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return -1;
	f->loop = loop_new();
	f->server = vfio_user_new(NULL, fds[0], true, err, sizeof(err));
	f->dev.transport = f->server;
	f->c = vfio_client_new(fds[1]);
	if (f->server->ops->start(f->server, f->loop, &f->dev) != 0)
		return -1;
	f->running = pthread_create(&f->thread, NULL, serve, f->loop) == 0;
	*state = f;
	return !f->running;
}

static int setup(void **state)
{
	int err = setup_silent(state);

	return err != 0 ? err : vfio_client_version(((struct fixture *)*state)->c, NULL, 0);
}

/* The server ends by itself, once its client has gone. */
static void join(struct fixture *f)
{
	pthread_join(f->thread, NULL);
	f->running = false;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	vfio_client_free(f->c);
	if (f->running)
		join(f);
	transport_free(f->server);
	loop_free(f->loop);
	free(f);
	return 0;
}

static uint32_t reg(struct fixture *f, uint32_t off)
{
	uint32_t value = 0;

	assert_int_equal(vfio_client_read(f->c, 0, off, &value, 4), 0);
	return value;
}

static void set_reg(struct fixture *f, uint32_t off, uint32_t value)
{
	assert_int_equal(vfio_client_write(f->c, 0, off, &value, 4), 0);
}

static int call(struct fixture *f, uint16_t command, const void *body, size_t len)
{
	uint8_t reply[256];
	size_t reply_len = sizeof(reply);

	return vfio_client_call(f->c, command, body, len, NULL, 0, reply, &reply_len);
}

static void raw(struct fixture *f, const void *bytes, size_t len)
{
	assert_int_equal(send(vfio_client_fd(f->c), bytes, len, MSG_NOSIGNAL), len);
}

static void header(uint8_t hdr[VU_HDR_LEN], uint16_t command, uint32_t size, uint32_t flags)
{
	memset(hdr, 0, VU_HDR_LEN);
	VU_HDR_COMMAND_set(hdr, command);
	VU_HDR_SIZE_set(hdr, size);
	VU_HDR_FLAGS_set(hdr, flags);
}

static void assert_disconnected(struct fixture *f, const char *why)
{
	char byte;

	assert_true(recv(vfio_client_fd(f->c), &byte, 1, 0) <= 0);
	join(f);
	assert_string_equal(vfio_user_last_error(f->server), why);
}

/* Only when the server's thread has ended. */
static unsigned int nr_gone(const struct fixture *f)
{
	return f->dev.bar[DOUBLE_NR_GONE];
}

static void test_version_offers_what_the_client_spoke_of_and_no_more(void **state)
{
	struct fixture *f = *state;
	char json[400];

	assert_int_equal(vfio_client_version(f->c, json, sizeof(json)), 0);
	assert_string_equal(json, "{\"capabilities\":{\"max_msg_fds\":16,"
				  "\"max_data_xfer_size\":1048576,\"max_dma_maps\":32768,"
				  "\"pgsizes\":4096}}");
}

static int say_version(struct fixture *f, uint16_t major, const char *json, size_t json_len,
		       char *reply, size_t *reply_len)
{
	uint8_t body[512] = { 0 };

	VU_VERSION_MAJOR_set(body, major);
	VU_VERSION_MINOR_set(body, 7);
	memcpy(body + VU_VERSION_LEN, json, json_len);
	return vfio_client_call(f->c, VU_VERSION, body, VU_VERSION_LEN + json_len, NULL, 0, reply,
				reply_len);
}

static void test_a_version_reply_is_never_longer_than_its_request(void **state)
{
	struct fixture *f = *state;
	size_t len = 64;
	char reply[64];

	assert_int_equal(say_version(f, 0, "{\"capabilities\":{\"pgsizes\":4096}}", 34, reply, &len), 0);
	assert_true(len <= VU_VERSION_LEN + 34);
	assert_int_equal(VU_VERSION_MINOR_get(reply), 0);
	assert_int_equal(reply[len - 1], '\0');
}

static void test_a_version_without_capabilities_is_enough(void **state)
{
	struct fixture *f = *state;
	size_t len = 64;
	char reply[64];

	assert_int_equal(say_version(f, 0, "", 0, reply, &len), 0);
	assert_int_equal(len, VU_VERSION_LEN);
	assert_int_equal(reg(f, 0), 0);
}

static void test_a_version_with_empty_json_gets_empty_json(void **state)
{
	struct fixture *f = *state;
	size_t len = 64;
	char reply[64];

	assert_int_equal(say_version(f, 0, "{}", 3, reply, &len), 0);
	assert_string_equal(reply + VU_VERSION_LEN, "{}");
}

static void refuse_version(struct fixture *f, uint16_t major, const char *json, size_t len, int err)
{
	size_t reply_len = 64;
	char reply[64];

	assert_int_equal(say_version(f, major, json, len, reply, &reply_len), err);
	assert_disconnected(f, "no version or capabilities in common");
}

static void test_another_major_version_is_refused(void **state)
{
	refuse_version(*state, 1, "{}", 3, -ENOTSUP);
}

static void test_json_without_a_nul_is_refused(void **state)
{
	refuse_version(*state, 0, "{}", 2, -EINVAL);
}

static void test_json_that_is_none_is_refused(void **state)
{
	refuse_version(*state, 0, "{\"capabilities\"", 16, -EINVAL);
}

static void test_json_that_is_no_object_is_refused(void **state)
{
	refuse_version(*state, 0, "[]", 3, -EINVAL);
}

static void test_capabilities_of_the_wrong_type_are_refused(void **state)
{
	static const char json[] = "{\"capabilities\":{\"max_data_xfer_size\":\"x\"}}";

	refuse_version(*state, 0, json, sizeof(json), -EINVAL);
}

static void test_a_message_before_version_disconnects(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(vfio_client_reset(f->c), -ENOTCONN);
	assert_disconnected(f, "a message before VERSION");
	assert_int_equal(nr_gone(f), 0);
}

static void test_a_second_version_disconnects(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(vfio_client_version(f->c, NULL, 0), -ENOTCONN);
	assert_disconnected(f, "VERSION for the second time");
	assert_int_equal(nr_gone(f), 1);
}

static void test_the_device_is_pci_and_can_be_reset(void **state)
{
	uint8_t body[VU_INFO_LEN] = { 0 };
	size_t len = sizeof(body);
	struct fixture *f = *state;

	VU_INFO_ARGSZ_set(body, VU_INFO_LEN);
	assert_int_equal(vfio_client_call(f->c, VU_DEVICE_GET_INFO, body, len, NULL, 0, body, &len),
			 0);
	assert_int_equal(VU_INFO_ARGSZ_get(body), VU_INFO_LEN);
	assert_int_equal(VU_INFO_FLAGS_get(body), VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI);
	assert_int_equal(VU_INFO_NUM_REGIONS_get(body), VFIO_PCI_NUM_REGIONS);
	assert_int_equal(VU_INFO_NUM_IRQS_get(body), VFIO_PCI_NUM_IRQS);
	VU_INFO_ARGSZ_set(body, VU_INFO_LEN - 1);
	assert_int_equal(call(f, VU_DEVICE_GET_INFO, body, sizeof(body)), -EINVAL);
}

static void test_regions_have_their_sizes_and_none_is_mappable(void **state)
{
	struct fixture *f = *state;
	uint32_t flags;
	uint64_t size;

	for (uint32_t i = 0; i < VFIO_PCI_NUM_REGIONS; i++) {
		uint64_t expected = i == 0 ? DOUBLE_BAR_SIZE : i == CONFIG ? 4096 : 0;

		assert_int_equal(vfio_client_region_info(f->c, i, &flags, &size), 0);
		assert_int_equal(size, expected);
		assert_int_equal(flags, expected == 0 ? 0 : RW);
	}
	assert_int_equal(vfio_client_region_info(f->c, 9, &flags, &size), -EINVAL);
	assert_int_equal(vfio_client_region_info(f->c, UINT32_MAX, &flags, &size), -EINVAL);
}

static void test_config_space_and_bars_are_read_and_written(void **state)
{
	struct fixture *f = *state;
	char buf[4096] = "";

	assert_int_equal(vfio_client_write(f->c, CONFIG, 4090, "config", 6), 0);
	assert_int_equal(vfio_client_read(f->c, CONFIG, 0, buf, 4096), 0);
	assert_memory_equal(buf + 4090, "config", 6);
	assert_int_equal(vfio_client_write(f->c, 0, 77, "bar", 3), 0);
	assert_int_equal(vfio_client_read(f->c, 0, 76, buf, 5), 0);
	assert_memory_equal(buf, "\0bar\0", 5);
	assert_int_equal(vfio_client_read(f->c, 0, 0, buf, 0), 0);
}

static void test_accesses_outside_a_region_are_refused(void **state)
{
	struct fixture *f = *state;
	char buf[16];

	assert_int_equal(vfio_client_read(f->c, CONFIG, 4095, buf, 2), -EINVAL);
	assert_int_equal(vfio_client_read(f->c, 0, UINT64_MAX, buf, 2), -EINVAL);
	assert_int_equal(vfio_client_write(f->c, 0, DOUBLE_BAR_SIZE - 1, buf, 2), -EINVAL);
	assert_int_equal(vfio_client_write(f->c, 1, 0, buf, 1), -EINVAL);
	assert_int_equal(vfio_client_read(f->c, 8, 0, buf, 1), -EINVAL);
	assert_int_equal(vfio_client_read(f->c, UINT32_MAX, 0, buf, 1), -EINVAL);
}

static void test_a_write_must_have_as_much_data_as_it_says(void **state)
{
	struct fixture *f = *state;
	uint8_t body[VU_RW_LEN + 8] = { 0 };

	VU_RW_COUNT_set(body, 4);
	assert_int_equal(call(f, VU_REGION_WRITE, body, VU_RW_LEN + 3), -EINVAL);
	assert_int_equal(call(f, VU_REGION_WRITE, body, VU_RW_LEN + 5), -EINVAL);
	assert_int_equal(call(f, VU_REGION_WRITE, body, VU_RW_LEN + 4), 0);
	VU_RW_COUNT_set(body, UINT32_MAX);
	assert_int_equal(call(f, VU_REGION_WRITE, body, VU_RW_LEN + 4), -EINVAL);
	assert_int_equal(call(f, VU_REGION_READ, body, VU_RW_LEN), -EINVAL);
}

static void test_a_posted_write_gets_no_reply_and_is_done_before_what_follows(void **state)
{
	struct fixture *f = *state;
	uint32_t value;

	for (uint32_t i = 1; i <= 100; i++) {
		assert_int_equal(vfio_client_post(f->c, 0, 8, &i, 4), 0);
		if (i % 10 == 0)
			assert_int_equal(vfio_client_read(f->c, 0, 8, &value, 4), 0);
		if (i % 10 == 0)
			assert_int_equal(value, i);
	}
	assert_int_equal(vfio_client_post(f->c, 5, 0, &value, 4), 0);
	assert_int_equal(vfio_client_reset(f->c), 0);
}

static void test_each_message_is_done_after_its_reply(void **state)
{
	struct fixture *f = *state;
	uint32_t before = reg(f, DOUBLE_NR_DONE);

	assert_int_equal(vfio_client_post(f->c, 0, 8, &before, 4), 0);
	assert_int_equal(vfio_client_reset(f->c), 0);
	assert_int_equal(reg(f, DOUBLE_NR_DONE), before + 3);
	assert_int_equal(reg(f, DOUBLE_NR_RESET), 1);
}

static void test_unknown_commands_are_answered_with_enotsup(void **state)
{
	static const uint16_t unknown[] = { 0, 6, 11, 12, 14, 15, 16, 17, 18, 19, 255, 65535 };
	uint8_t body[64] = { 0 };

	for (unsigned int i = 0; i < sizeof(unknown) / sizeof(*unknown); i++)
		assert_int_equal(call(*state, unknown[i], body, sizeof(body)), -ENOTSUP);
}

static void test_bodies_that_are_too_short_are_answered_with_einval(void **state)
{
	uint8_t body[64] = { 0 };

	for (uint16_t command = VU_DMA_MAP; command <= VU_REGION_WRITE; command++) {
		if (command == VU_DEVICE_GET_REGION_IO_FDS)
			continue;
		for (size_t len = 0; len < 16; len += 5)
			assert_int_equal(call(*state, command, body, len), -EINVAL);
	}
}

static int dma(struct fixture *f, uint64_t iova, uint32_t len, uint32_t go)
{
	uint64_t zero = 0;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 0, 1, TRIGGER_FD, NULL, &fd, 1), 0);
	assert_int_equal(vfio_client_write(f->c, 0, DOUBLE_DMA_IOVA, &iova, 8), 0);
	set_reg(f, DOUBLE_DMA_LEN, len);
	assert_int_equal(vfio_client_post(f->c, 0, DOUBLE_DMA_GO, &go, 4), 0);
	assert_int_equal(vfio_client_serve(f->c, fd), 0);
	assert_int_equal(read(fd, &zero, 8), 8);
	close(fd);
	return (int)reg(f, DOUBLE_DMA_RESULT);
}

static void copy_both_ways(struct fixture *f, bool shared)
{
	char buf[8];
	void *mem;

	assert_int_equal(vfio_client_map(f->c, 0x10000, 4 * PAGE, RW, shared, &mem), 0);
	strcpy((char *)mem + 5, "guest");
	assert_int_equal(dma(f, 0x10005, 6, 1), 0);
	assert_int_equal(vfio_client_read(f->c, 0, DOUBLE_BUFFER, buf, 6), 0);
	assert_string_equal(buf, "guest");
	assert_int_equal(vfio_client_write(f->c, 0, DOUBLE_BUFFER, "drive", 6), 0);
	assert_int_equal(dma(f, 0x10000 + 4 * PAGE - 6, 6, 2), 0);
	assert_string_equal((char *)mem + 4 * PAGE - 6, "drive");
	assert_int_equal(dma(f, 0x10000 + 4 * PAGE - 5, 6, 2), -EFAULT);
}

static void test_memory_with_a_file_is_copied_without_messages(void **state)
{
	struct fixture *f = *state;

	copy_both_ways(f, true);
	assert_int_equal(vfio_client_nr_dma(f->c), 0);
}

static void test_memory_without_a_file_is_copied_by_messages(void **state)
{
	struct fixture *f = *state;

	copy_both_ways(f, false);
	assert_int_equal(vfio_client_nr_dma(f->c), 2);
}

static void test_a_copy_spans_memory_of_both_kinds(void **state)
{
	struct fixture *f = *state;
	void *a, *b;
	char buf[4];

	assert_int_equal(vfio_client_map(f->c, 0, PAGE, RW, true, &a), 0);
	assert_int_equal(vfio_client_map(f->c, PAGE, PAGE, RW, false, &b), 0);
	memcpy((char *)a + PAGE - 2, "ab", 2);
	memcpy(b, "cd", 2);
	assert_int_equal(dma(f, PAGE - 2, 4, 1), 0);
	assert_int_equal(vfio_client_read(f->c, 0, DOUBLE_BUFFER, buf, 4), 0);
	assert_memory_equal(buf, "abcd", 4);
}

static void test_permissions_of_a_mapping_are_kept(void **state)
{
	struct fixture *f = *state;
	void *mem;

	assert_int_equal(vfio_client_map(f->c, 0, PAGE, VFIO_CLIENT_READ, false, &mem), 0);
	assert_int_equal(dma(f, 0, 8, 1), 0);
	assert_int_equal(dma(f, 0, 8, 2), -EFAULT);
	assert_int_equal(vfio_client_nr_dma(f->c), 1);
}

static void test_a_refused_dma_message_is_a_failed_access(void **state)
{
	struct fixture *f = *state;
	void *mem;

	assert_int_equal(vfio_client_map(f->c, 0, PAGE, RW, false, &mem), 0);
	vfio_client_fail_dma(f->c, EIO);
	assert_int_equal(dma(f, 0, 8, 1), -EFAULT);
	vfio_client_fail_dma(f->c, 0);
	assert_int_equal(dma(f, 0, 8, 1), 0);
}

static void test_an_unanswered_dma_message_fails_in_time_and_its_late_answer_is_dropped(void **state)
{
	struct fixture *f = *state;
	uint64_t before = loop_now_ns();
	uint8_t hdr[VU_HDR_LEN];
	void *mem;

	assert_int_equal(vfio_client_map(f->c, 0, PAGE, RW, false, &mem), 0);
	vfio_client_fail_dma(f->c, -1);
	assert_int_equal(dma(f, 0, 8, 1), -EIO);
	assert_true(loop_now_ns() - before < UINT64_C(5000000000));
	header(hdr, VU_DMA_READ, VU_HDR_LEN, VU_TYPE_REPLY | VU_ERROR);
	raw(f, hdr, sizeof(hdr));
	vfio_client_fail_dma(f->c, 0);
	assert_int_equal(dma(f, 0, 8, 1), 0);
}

static void test_nothing_is_asked_while_a_request_waits_for_its_answer(void **state)
{
	struct fixture *f = *state;
	uint32_t two = 2;
	void *a, *b;

	assert_int_equal(vfio_client_map(f->c, 0, PAGE, RW, false, &a), 0);
	assert_int_equal(vfio_client_map(f->c, PAGE, PAGE, RW, false, &b), 0);
	set_reg(f, DOUBLE_DMA_IOVA, PAGE - 4);
	set_reg(f, DOUBLE_DMA_LEN, 8);
	assert_int_equal(vfio_client_post(f->c, 0, DOUBLE_DMA_GO, &two, 4), 0);
	assert_int_equal((int)reg(f, DOUBLE_DMA_RESULT), -EFAULT);
	assert_int_equal(vfio_client_nr_dma(f->c), 1);
}

static void test_what_arrives_meanwhile_is_done_afterwards_in_order(void **state)
{
	struct fixture *f = *state;
	uint32_t go = 1;
	void *mem;

	assert_int_equal(vfio_client_map(f->c, 0, PAGE, RW, false, &mem), 0);
	set_reg(f, DOUBLE_DMA_IOVA, 0);
	set_reg(f, DOUBLE_DMA_LEN, 8);
	assert_int_equal(vfio_client_post(f->c, 0, DOUBLE_DMA_GO, &go, 4), 0);
	for (uint32_t i = 1; i <= 200; i++)
		assert_int_equal(vfio_client_post(f->c, 0, 8, &i, 4), 0);
	assert_int_equal(reg(f, 8), 200);
	assert_int_equal(reg(f, DOUBLE_DMA_RESULT), 0);
	assert_int_equal(vfio_client_nr_dma(f->c), 1);
}

static void test_an_answer_of_the_wrong_length_disconnects(void **state)
{
	struct fixture *f = *state;
	uint8_t hdr[VU_HDR_LEN + VU_DMA_LEN] = { 0 }, asked[VU_HDR_LEN + VU_DMA_LEN];
	uint32_t go = 1;
	void *mem;

	assert_int_equal(vfio_client_map(f->c, 0, PAGE, RW, false, &mem), 0);
	set_reg(f, DOUBLE_DMA_LEN, 8);
	header(hdr, VU_DMA_READ, sizeof(hdr), VU_TYPE_REPLY);
	VU_DMA_COUNT_set(hdr + VU_HDR_LEN, 8);
	assert_int_equal(vfio_client_post(f->c, 0, DOUBLE_DMA_GO, &go, 4), 0);
	assert_int_equal(recv(vfio_client_fd(f->c), asked, sizeof(asked), MSG_WAITALL),
			 sizeof(asked));
	raw(f, hdr, sizeof(hdr));
	assert_disconnected(f, "an answer to a DMA message that does not fit");
}

static int map_raw(struct fixture *f, uint64_t iova, uint64_t size, uint32_t flags, uint32_t argsz)
{
	uint8_t body[VU_MAP_LEN] = { 0 };

	VU_MAP_ARGSZ_set(body, argsz);
	VU_MAP_FLAGS_set(body, flags);
	VU_MAP_ADDRESS_set(body, iova);
	VU_MAP_SIZE_set(body, size);
	return call(f, VU_DMA_MAP, body, sizeof(body));
}

static int unmap_raw(struct fixture *f, uint64_t iova, uint64_t size, uint32_t flags)
{
	uint8_t body[VU_UNMAP_LEN] = { 0 };

	VU_UNMAP_ARGSZ_set(body, VU_UNMAP_LEN);
	VU_UNMAP_FLAGS_set(body, flags);
	VU_UNMAP_ADDRESS_set(body, iova);
	VU_UNMAP_SIZE_set(body, size);
	return call(f, VU_DMA_UNMAP, body, sizeof(body));
}

static void test_hostile_mappings_get_the_protocols_errno(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(map_raw(f, 0, PAGE, RW, VU_MAP_LEN), 0);
	assert_int_equal(map_raw(f, 0, PAGE, RW, VU_MAP_LEN), -EEXIST);
	assert_int_equal(map_raw(f, PAGE, PAGE, RW, VU_MAP_LEN - 1), -EINVAL);
	assert_int_equal(map_raw(f, PAGE, PAGE, 0, VU_MAP_LEN), -EINVAL);
	assert_int_equal(map_raw(f, PAGE, PAGE, 7, VU_MAP_LEN), -EINVAL);
	assert_int_equal(map_raw(f, PAGE, 0, RW, VU_MAP_LEN), -EINVAL);
	assert_int_equal(map_raw(f, PAGE + 1, PAGE, RW, VU_MAP_LEN), -EINVAL);
	assert_int_equal(map_raw(f, UINT64_MAX - PAGE + 1, 2 * PAGE, RW, VU_MAP_LEN), -EINVAL);
	assert_int_equal(unmap_raw(f, 0, 2 * PAGE, 0), -ENOENT);
	assert_int_equal(unmap_raw(f, 0, PAGE, 4), -EINVAL);
	assert_int_equal(unmap_raw(f, 0, PAGE, VFIO_DMA_UNMAP_FLAG_ALL), -EINVAL);
	assert_int_equal(reg(f, DOUBLE_NR_MAP), 1);
	assert_int_equal(reg(f, DOUBLE_NR_UNMAP), 0);
}

static void test_unmapped_memory_is_out_of_reach(void **state)
{
	struct fixture *f = *state;
	void *mem;

	assert_int_equal(vfio_client_map(f->c, 0, PAGE, RW, true, &mem), 0);
	assert_int_equal(dma(f, 0, 8, 1), 0);
	assert_int_equal(vfio_client_unmap(f->c, 0), 0);
	assert_int_equal(dma(f, 0, 8, 1), -EFAULT);
	assert_int_equal(reg(f, DOUBLE_NR_UNMAP), 1);
}

static void test_unmap_all_unmaps_all(void **state)
{
	struct fixture *f = *state;
	void *mem;

	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(vfio_client_map(f->c, i * PAGE, PAGE, RW, i % 2, &mem), 0);
	assert_int_equal(unmap_raw(f, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL), 0);
	assert_int_equal(reg(f, DOUBLE_NR_UNMAP), 5);
	assert_int_equal(dma(f, PAGE, 8, 1), -EFAULT);
}

static int fire(struct fixture *f, uint32_t type, uint32_t vector, uint32_t level)
{
	set_reg(f, DOUBLE_IRQ_GO, vector | type << 16 | level << 24);
	return (int)reg(f, DOUBLE_IRQ_RESULT);
}

static int new_eventfd(void)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static unsigned int fired(int fd)
{
	uint64_t count = 0;

	return read(fd, &count, 8) == 8 ? (unsigned int)count : 0;
}

static void test_interrupt_types_are_described(void **state)
{
	static const uint32_t counts[] = { 1, 0, DOUBLE_NR_VECTORS, 1, 1 };
	struct fixture *f = *state;
	uint32_t flags, count;

	for (uint32_t i = 0; i < VFIO_PCI_NUM_IRQS; i++) {
		assert_int_equal(vfio_client_irq_info(f->c, i, &flags, &count), 0);
		assert_int_equal(count, counts[i]);
		assert_int_equal(flags, i == INTX ? 7 : VFIO_IRQ_INFO_EVENTFD);
	}
	assert_int_equal(vfio_client_irq_info(f->c, 5, &flags, &count), -EINVAL);
}

static void test_a_vector_fires_its_eventfd_until_it_is_taken_away(void **state)
{
	struct fixture *f = *state;
	int fds[3] = { new_eventfd(), new_eventfd(), new_eventfd() };

	assert_int_equal(fire(f, NVMETAP_IRQ_MSIX, 4, 0), -ENOTCONN);
	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 3, 3, TRIGGER_FD, NULL, fds, 3), 0);
	assert_int_equal(fire(f, NVMETAP_IRQ_MSIX, 4, 0), 0);
	assert_int_equal(fired(fds[0]) + fired(fds[2]), 0);
	assert_int_equal(fired(fds[1]), 1);
	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 4, 1, TRIGGER_FD, NULL, NULL, 0), 0);
	assert_int_equal(fire(f, NVMETAP_IRQ_MSIX, 4, 0), -ENOTCONN);
	assert_int_equal(fire(f, NVMETAP_IRQ_MSIX, 5, 0), 0);
	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 0, 0, TRIGGER, NULL, NULL, 0), 0);
	assert_int_equal(fire(f, NVMETAP_IRQ_MSIX, 5, 0), -ENOTCONN);
	assert_int_equal(fire(f, NVMETAP_IRQ_MSIX, 65535, 0), -ENOTCONN);
	for (unsigned int i = 0; i < 3; i++)
		close(fds[i]);
}

static void test_a_client_can_trigger_by_itself(void **state)
{
	static const uint8_t bools[3] = { 1, 0, 1 };
	struct fixture *f = *state;
	int fds[3] = { new_eventfd(), new_eventfd(), new_eventfd() };

	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 0, 3, TRIGGER_FD, NULL, fds, 3), 0);
	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 0, 2, TRIGGER, NULL, NULL, 0), 0);
	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 0, 3, VFIO_IRQ_SET_DATA_BOOL |
					      VFIO_IRQ_SET_ACTION_TRIGGER, bools, NULL, 0), 0);
	assert_int_equal(fired(fds[0]), 2);
	assert_int_equal(fired(fds[1]), 1);
	assert_int_equal(fired(fds[2]), 1);
	for (unsigned int i = 0; i < 3; i++)
		close(fds[i]);
}

static void test_intx_masks_itself_and_unmask_says_ready(void **state)
{
	struct fixture *f = *state;
	int fd = new_eventfd();

	assert_int_equal(fire(f, NVMETAP_IRQ_INTX, 0, 1), -ENOTCONN);
	assert_int_equal(vfio_client_set_irqs(f->c, INTX, 0, 1, TRIGGER_FD, NULL, &fd, 1), 0);
	assert_int_equal(reg(f, DOUBLE_NR_READY_INTX), 1);
	assert_int_equal(fire(f, NVMETAP_IRQ_INTX, 0, 1), 0);
	assert_int_equal(fire(f, NVMETAP_IRQ_INTX, 0, 1), -EAGAIN);
	assert_int_equal(fire(f, NVMETAP_IRQ_INTX, 0, 0), 0);
	assert_int_equal(fired(fd), 1);
	assert_int_equal(vfio_client_set_irqs(f->c, INTX, 0, 1, UNMASK, NULL, NULL, 0), 0);
	assert_int_equal(reg(f, DOUBLE_NR_READY_INTX), 2);
	assert_int_equal(fire(f, NVMETAP_IRQ_INTX, 0, 1), 0);
	assert_int_equal(fired(fd), 1);
	close(fd);
}

static void test_intx_is_unmasked_by_its_eventfd_too(void **state)
{
	enum { UNMASK_FD = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK };
	struct fixture *f = *state;
	int fd = new_eventfd(), unmask = new_eventfd();
	uint64_t one = 1;

	assert_int_equal(vfio_client_set_irqs(f->c, INTX, 0, 1, TRIGGER_FD, NULL, &fd, 1), 0);
	assert_int_equal(vfio_client_set_irqs(f->c, INTX, 0, 1, UNMASK_FD, NULL, &unmask, 1), 0);
	assert_int_equal(fire(f, NVMETAP_IRQ_INTX, 0, 1), 0);
	assert_int_equal(write(unmask, &one, 8), 8);
	while (reg(f, DOUBLE_NR_READY_INTX) < 2)
		;
	assert_int_equal(fire(f, NVMETAP_IRQ_INTX, 0, 1), 0);
	assert_int_equal(fired(fd), 2);
	close(fd);
	close(unmask);
}

static void test_masks_hold_interrupts_back_and_announce_themselves(void **state)
{
	enum { MASK_FD = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_MASK };
	struct fixture *f = *state;
	int fd = new_eventfd(), mask = new_eventfd();
	uint32_t ready;

	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 1, 1, TRIGGER_FD, NULL, &fd, 1), 0);
	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 1, 1, MASK, NULL, NULL, 0), 0);
	assert_int_equal(fire(f, NVMETAP_IRQ_MSIX, 1, 0), -EAGAIN);
	ready = reg(f, DOUBLE_NR_READY_MSIX);
	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 1, 1, UNMASK, NULL, NULL, 0), 0);
	assert_int_equal(reg(f, DOUBLE_NR_READY_MSIX), ready + 1);
	assert_int_equal(fire(f, NVMETAP_IRQ_MSIX, 1, 0), 0);
	assert_int_equal(vfio_client_set_irqs(f->c, INTX, 0, 1, MASK_FD, NULL, &mask, 1), 0);
	assert_int_equal(vfio_client_set_irqs(f->c, INTX, 0, 1, MASK, NULL, NULL, 0), 0);
	assert_int_equal(fired(mask), 1);
	close(fd);
	close(mask);
}

static void test_bad_interrupt_requests_are_refused(void **state)
{
	static const struct {
		uint32_t index, start, count, flags;
		unsigned int nr_fds;
	} bad[] = {
		{ 5, 0, 0, TRIGGER, 0 },
		{ MSIX, 0, 1, VFIO_IRQ_SET_DATA_NONE, 0 },
		{ MSIX, 0, 1, VFIO_IRQ_SET_ACTION_TRIGGER, 0 },
		{ MSIX, 0, 1, TRIGGER | VFIO_IRQ_SET_DATA_BOOL, 0 },
		{ MSIX, 0, 1, TRIGGER | VFIO_IRQ_SET_ACTION_MASK, 0 },
		{ MSIX, 0, 1, TRIGGER | 64, 0 },
		{ MSIX, 0, DOUBLE_NR_VECTORS + 1, TRIGGER, 0 },
		{ MSIX, 1, DOUBLE_NR_VECTORS, TRIGGER, 0 },
		{ MSIX, UINT32_MAX, 1, TRIGGER, 0 },
		{ MSIX, 1, UINT32_MAX, TRIGGER, 0 },
		{ MSIX, 1, 0, TRIGGER, 0 },
		{ MSIX, 0, 0, TRIGGER_FD, 0 },
		{ MSIX, 0, 3, TRIGGER_FD, 2 },
		{ MSIX, 0, 1, TRIGGER_FD, 2 },
		{ MSIX, 0, 2, VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_TRIGGER, 0 },
		{ VFIO_PCI_MSI_IRQ_INDEX, 0, 1, TRIGGER, 0 },
		{ VFIO_PCI_ERR_IRQ_INDEX, 0, 1, MASK, 0 },
		{ MSIX, 0, 1, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_MASK, 1 },
	};
	struct fixture *f = *state;
	int fds[2] = { new_eventfd(), new_eventfd() };
	int pipes[2];

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(vfio_client_set_irqs(f->c, bad[i].index, bad[i].start, bad[i].count,
						      bad[i].flags, NULL, fds, bad[i].nr_fds),
				 -EINVAL);
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 0, 1, TRIGGER_FD, NULL, &pipes[1], 1),
			 -EINVAL);
	for (unsigned int i = 0; i < 2; i++) {
		close(fds[i]);
		close(pipes[i]);
	}
}

static void test_errors_and_requests_have_an_eventfd_each(void **state)
{
	struct fixture *f = *state;
	int fd = new_eventfd();

	for (uint32_t i = VFIO_PCI_ERR_IRQ_INDEX; i <= VFIO_PCI_REQ_IRQ_INDEX; i++) {
		assert_int_equal(vfio_client_set_irqs(f->c, i, 0, 1, TRIGGER_FD, NULL, &fd, 1), 0);
		assert_int_equal(vfio_client_set_irqs(f->c, i, 0, 1, TRIGGER, NULL, NULL, 0), 0);
		assert_int_equal(fired(fd), 1);
	}
	close(fd);
}

static unsigned int nr_open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int nr = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		nr++;
	closedir(dir);
	return nr;
}

static void test_descriptors_that_nobody_wants_are_closed(void **state)
{
	struct fixture *f = *state;
	unsigned int before;
	uint8_t body[VU_MAP_LEN] = { 0 };
	int fds[VU_MAX_FDS];
	size_t len;

	for (unsigned int i = 0; i < VU_MAX_FDS; i++)
		fds[i] = new_eventfd();
	assert_int_equal(vfio_client_reset(f->c), 0);
	before = nr_open_fds();
	for (unsigned int i = 0; i < 20; i++) {
		len = sizeof(body);
		assert_int_equal(vfio_client_call(f->c, VU_DEVICE_RESET, NULL, 0, fds, VU_MAX_FDS,
						  body, &len), 0);
		len = sizeof(body);
		assert_int_equal(vfio_client_call(f->c, VU_DMA_MAP, body, VU_MAP_LEN, fds, 2, body,
						  &len), -EINVAL);
		assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 0, 16, TRIGGER_FD, NULL, fds, 16),
				 0);
		assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 0, 0, TRIGGER, NULL, NULL, 0), 0);
	}
	assert_int_equal(vfio_client_reset(f->c), 0);
	assert_int_equal(reg(f, 0), 0);
	assert_int_equal(nr_open_fds(), before);
	for (unsigned int i = 0; i < VU_MAX_FDS; i++)
		close(fds[i]);
}

static void test_more_than_16_descriptors_disconnect(void **state)
{
	struct fixture *f = *state;
	unsigned int before = nr_open_fds();
	union {
		char buf[CMSG_SPACE(17 * sizeof(int))];
		struct cmsghdr align;
	} control;
	uint8_t hdr[VU_HDR_LEN];
	struct iovec iov = { hdr, sizeof(hdr) };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			     .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	int fds[17];

	memset(&control, 0, sizeof(control));
	c = CMSG_FIRSTHDR(&mh);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	for (unsigned int i = 0; i < 17; i++)
		fds[i] = vfio_client_fd(f->c);
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	header(hdr, VU_DEVICE_RESET, VU_HDR_LEN, 0);
	assert_int_equal(sendmsg(vfio_client_fd(f->c), &mh, 0), VU_HDR_LEN);
	assert_disconnected(f, "too many file descriptors");
	assert_int_equal(nr_open_fds(), before - 1);
}

static void test_a_message_in_single_bytes_is_one_message(void **state)
{
	struct fixture *f = *state;
	uint8_t msg[VU_HDR_LEN + VU_RW_LEN + 4] = { 0 };

	header(msg, VU_REGION_WRITE, sizeof(msg), VU_NO_REPLY);
	VU_RW_OFFSET_set(msg + VU_HDR_LEN, 8);
	VU_RW_COUNT_set(msg + VU_HDR_LEN, 4);
	memcpy(msg + VU_HDR_LEN + VU_RW_LEN, "\1\2\3\4", 4);
	for (size_t i = 0; i < sizeof(msg); i++)
		raw(f, msg + i, 1);
	assert_int_equal(reg(f, 8), 0x04030201);
}

static void test_pipelined_messages_are_answered_in_order(void **state)
{
	struct fixture *f = *state;
	uint8_t msg[VU_HDR_LEN], all[50 * VU_HDR_LEN];

	for (uint16_t i = 0; i < 50; i++) {
		header(msg, VU_DEVICE_RESET, VU_HDR_LEN, 0);
		VU_HDR_ID_set(msg, i);
		memcpy(all + i * VU_HDR_LEN, msg, VU_HDR_LEN);
	}
	raw(f, all, sizeof(all));
	for (uint16_t i = 0; i < 50; i++) {
		assert_int_equal(recv(vfio_client_fd(f->c), msg, VU_HDR_LEN, MSG_WAITALL),
				 VU_HDR_LEN);
		assert_int_equal(VU_HDR_ID_get(msg), i);
		assert_int_equal(VU_HDR_FLAGS_get(msg), VU_TYPE_REPLY);
	}
}

static void send_header(struct fixture *f, uint32_t size, uint32_t flags)
{
	uint8_t hdr[VU_HDR_LEN];

	header(hdr, VU_REGION_READ, size, flags);
	raw(f, hdr, sizeof(hdr));
}

static void test_a_truncated_header_disconnects(void **state)
{
	struct fixture *f = *state;

	raw(f, "123", 3);
	shutdown(vfio_client_fd(f->c), SHUT_WR);
	assert_disconnected(f, "truncated message");
}

static void test_a_truncated_body_disconnects(void **state)
{
	struct fixture *f = *state;

	send_header(f, VU_HDR_LEN + 5, 0);
	raw(f, "1234", 4);
	shutdown(vfio_client_fd(f->c), SHUT_WR);
	assert_disconnected(f, "truncated message");
}

static void test_a_message_shorter_than_its_header_disconnects(void **state)
{
	send_header(*state, VU_HDR_LEN - 1, 0);
	assert_disconnected(*state, "message shorter than its header");
}

static void test_an_oversized_message_disconnects(void **state)
{
	send_header(*state, VU_HDR_LEN + VU_MAX_BODY + 1, 0);
	assert_disconnected(*state, "oversized message");
}

static void test_an_unknown_type_disconnects(void **state)
{
	send_header(*state, VU_HDR_LEN, 2);
	assert_disconnected(*state, "unknown message type");
}

static void test_an_answer_that_nobody_asked_for_disconnects(void **state)
{
	send_header(*state, VU_HDR_LEN, VU_TYPE_REPLY);
	assert_disconnected(*state, "an answer that nobody asked for");
}

static void test_a_client_that_goes_is_no_error(void **state)
{
	struct fixture *f = *state;

	vfio_client_free(f->c);
	f->c = NULL;
	join(f);
	assert_string_equal(vfio_user_last_error(f->server), "");
	assert_int_equal(nr_gone(f), 1);
}

#define SILENT(test) cmocka_unit_test_setup_teardown(test, setup_silent, teardown)
#define T(test)	     cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SILENT(test_version_offers_what_the_client_spoke_of_and_no_more),
		SILENT(test_a_version_reply_is_never_longer_than_its_request),
		SILENT(test_a_version_without_capabilities_is_enough),
		SILENT(test_a_version_with_empty_json_gets_empty_json),
		SILENT(test_another_major_version_is_refused),
		SILENT(test_json_without_a_nul_is_refused),
		SILENT(test_json_that_is_none_is_refused),
		SILENT(test_json_that_is_no_object_is_refused),
		SILENT(test_capabilities_of_the_wrong_type_are_refused),
		SILENT(test_a_message_before_version_disconnects),
		T(test_a_second_version_disconnects),
		T(test_the_device_is_pci_and_can_be_reset),
		T(test_regions_have_their_sizes_and_none_is_mappable),
		T(test_config_space_and_bars_are_read_and_written),
		T(test_accesses_outside_a_region_are_refused),
		T(test_a_write_must_have_as_much_data_as_it_says),
		T(test_a_posted_write_gets_no_reply_and_is_done_before_what_follows),
		T(test_each_message_is_done_after_its_reply),
		T(test_unknown_commands_are_answered_with_enotsup),
		T(test_bodies_that_are_too_short_are_answered_with_einval),
		T(test_memory_with_a_file_is_copied_without_messages),
		T(test_memory_without_a_file_is_copied_by_messages),
		T(test_a_copy_spans_memory_of_both_kinds),
		T(test_permissions_of_a_mapping_are_kept),
		T(test_a_refused_dma_message_is_a_failed_access),
		T(test_an_unanswered_dma_message_fails_in_time_and_its_late_answer_is_dropped),
		T(test_nothing_is_asked_while_a_request_waits_for_its_answer),
		T(test_what_arrives_meanwhile_is_done_afterwards_in_order),
		T(test_an_answer_of_the_wrong_length_disconnects),
		T(test_hostile_mappings_get_the_protocols_errno),
		T(test_unmapped_memory_is_out_of_reach),
		T(test_unmap_all_unmaps_all),
		T(test_interrupt_types_are_described),
		T(test_a_vector_fires_its_eventfd_until_it_is_taken_away),
		T(test_a_client_can_trigger_by_itself),
		T(test_intx_masks_itself_and_unmask_says_ready),
		T(test_intx_is_unmasked_by_its_eventfd_too),
		T(test_masks_hold_interrupts_back_and_announce_themselves),
		T(test_bad_interrupt_requests_are_refused),
		T(test_errors_and_requests_have_an_eventfd_each),
		T(test_descriptors_that_nobody_wants_are_closed),
		T(test_more_than_16_descriptors_disconnect),
		T(test_a_message_in_single_bytes_is_one_message),
		T(test_pipelined_messages_are_answered_in_order),
		T(test_a_truncated_header_disconnects),
		T(test_a_truncated_body_disconnects),
		T(test_a_message_shorter_than_its_header_disconnects),
		T(test_an_oversized_message_disconnects),
		T(test_an_unknown_type_disconnects),
		T(test_an_answer_that_nobody_asked_for_disconnects),
		T(test_a_client_that_goes_is_no_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
