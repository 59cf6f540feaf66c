/* SPDX-License-Identifier: BSD-2-Clause */
/* The vfio-user server.  Mappings and the ways to the guest's memory. */
#include <config.h>

#include <errno.h>
#include <linux/vfio.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include "emu/loop.h"
#include "tests/vfio_fixture.h"

/* How long was waited at last for what did not come. */
static _Atomic(int) patience_ms;

int __wrap_poll(struct pollfd *fds, nfds_t nr, int timeout_ms);
int __real_poll(struct pollfd *fds, nfds_t nr, int timeout_ms);

int __wrap_poll(struct pollfd *fds, nfds_t nr, int timeout_ms)
{
	int rc = __real_poll(fds, nr, timeout_ms);

	if (rc == 0)
		patience_ms = timeout_ms;
	return rc;
}

enum { PAGE = 4096, RW = VFIO_CLIENT_READ | VFIO_CLIENT_WRITE };

static int dma(struct vfio_fixture *f, uint64_t iova, uint32_t len, uint32_t go)
{
	uint64_t zero = 0;
	int fd = fx_eventfd();

	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 0, 1, TRIGGER_FD, NULL, &fd, 1), 0);
	assert_int_equal(vfio_client_write(f->c, 0, DOUBLE_DMA_IOVA, &iova, 8), 0);
	fx_set_reg(f, DOUBLE_DMA_LEN, len);
	assert_int_equal(vfio_client_post(f->c, 0, DOUBLE_DMA_GO, &go, 4), 0);
	assert_int_equal(vfio_client_serve(f->c, fd), 0);
	assert_int_equal(read(fd, &zero, 8), 8);
	close(fd);
	return (int)fx_reg(f, DOUBLE_DMA_RESULT);
}

static void copy_both_ways(struct vfio_fixture *f, bool shared)
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
	struct vfio_fixture *f = *state;

	copy_both_ways(f, true);
	assert_int_equal(vfio_client_nr_dma(f->c), 0);
}

static void test_memory_without_a_file_is_copied_by_messages(void **state)
{
	struct vfio_fixture *f = *state;

	copy_both_ways(f, false);
	assert_int_equal(vfio_client_nr_dma(f->c), 2);
}

static void test_a_copy_spans_memory_of_both_kinds(void **state)
{
	struct vfio_fixture *f = *state;
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
	struct vfio_fixture *f = *state;
	void *mem;

	assert_int_equal(vfio_client_map(f->c, 0, PAGE, VFIO_CLIENT_READ, false, &mem), 0);
	assert_int_equal(dma(f, 0, 8, 1), 0);
	assert_int_equal(dma(f, 0, 8, 2), -EFAULT);
	assert_int_equal(vfio_client_nr_dma(f->c), 1);
}

static void test_a_refused_dma_message_is_a_failed_access(void **state)
{
	struct vfio_fixture *f = *state;
	void *mem;

	assert_int_equal(vfio_client_map(f->c, 0, PAGE, RW, false, &mem), 0);
	vfio_client_fail_dma(f->c, EIO);
	assert_int_equal(dma(f, 0, 8, 1), -EFAULT);
	vfio_client_fail_dma(f->c, 0);
	assert_int_equal(dma(f, 0, 8, 1), 0);
}

static void test_an_unanswered_dma_message_fails_in_time_and_a_late_answer_is_dropped(void **state)
{
	struct vfio_fixture *f = *state;
	uint8_t hdr[VU_HDR_LEN];
	void *mem;

	assert_int_equal(vfio_client_map(f->c, 0, PAGE, RW, false, &mem), 0);
	vfio_client_fail_dma(f->c, -1);
	patience_ms = 0;
	assert_int_equal(dma(f, 0, 8, 1), -EIO);
	assert_in_range(patience_ms, 1, 2001);
	fx_header(hdr, VU_DMA_READ, VU_HDR_LEN, VU_TYPE_REPLY | VU_ERROR);
	fx_raw(f, hdr, sizeof(hdr));
	vfio_client_fail_dma(f->c, 0);
	assert_int_equal(dma(f, 0, 8, 1), 0);
}

static void test_nothing_is_asked_while_a_request_waits_for_its_answer(void **state)
{
	struct vfio_fixture *f = *state;
	uint32_t two = 2;
	void *a, *b;

	assert_int_equal(vfio_client_map(f->c, 0, PAGE, RW, false, &a), 0);
	assert_int_equal(vfio_client_map(f->c, PAGE, PAGE, RW, false, &b), 0);
	fx_set_reg(f, DOUBLE_DMA_IOVA, PAGE - 4);
	fx_set_reg(f, DOUBLE_DMA_LEN, 8);
	assert_int_equal(vfio_client_post(f->c, 0, DOUBLE_DMA_GO, &two, 4), 0);
	assert_int_equal((int)fx_reg(f, DOUBLE_DMA_RESULT), -EAGAIN);
	assert_int_equal(vfio_client_nr_dma(f->c), 1);
}

static void test_a_client_that_waits_itself_gets_less_time_to_answer(void **state)
{
	struct vfio_fixture *f = *state;
	uint32_t go = 1;
	void *mem;

	assert_int_equal(vfio_client_map(f->c, 0, PAGE, RW, false, &mem), 0);
	fx_set_reg(f, DOUBLE_DMA_LEN, 8);
	vfio_client_fail_dma(f->c, -1);
	patience_ms = 0;
	assert_int_equal(vfio_client_post(f->c, 0, DOUBLE_DMA_GO, &go, 4), 0);
	assert_int_equal((int)fx_reg(f, DOUBLE_DMA_RESULT), -EAGAIN);
	assert_in_range(patience_ms, 1, 501);
	vfio_client_fail_dma(f->c, 0);
	assert_int_equal(dma(f, 0, 8, 1), 0);
}

static void test_what_arrives_meanwhile_is_done_afterwards_in_order(void **state)
{
	struct vfio_fixture *f = *state;
	uint32_t go = 1;
	void *mem;

	assert_int_equal(vfio_client_map(f->c, 0, PAGE, RW, false, &mem), 0);
	fx_set_reg(f, DOUBLE_DMA_IOVA, 0);
	fx_set_reg(f, DOUBLE_DMA_LEN, 8);
	assert_int_equal(vfio_client_post(f->c, 0, DOUBLE_DMA_GO, &go, 4), 0);
	for (uint32_t i = 1; i <= 200; i++)
		assert_int_equal(vfio_client_post(f->c, 0, 8, &i, 4), 0);
	assert_int_equal(fx_reg(f, 8), 200);
	assert_int_equal(fx_reg(f, DOUBLE_DMA_RESULT), 0);
	assert_int_equal(vfio_client_nr_dma(f->c), 1);
}

/* The next DMA message, as bytes, to a device that is told to copy len bytes at 1000h. */
static void ask_raw(struct vfio_fixture *f, uint32_t go, uint32_t len, uint8_t *to, size_t to_len)
{
	fx_set_reg(f, DOUBLE_DMA_IOVA, 0x1000);
	fx_set_reg(f, DOUBLE_DMA_LEN, len);
	assert_int_equal(vfio_client_post(f->c, 0, DOUBLE_DMA_GO, &go, 4), 0);
	assert_int_equal(recv(vfio_client_fd(f->c), to, to_len, MSG_WAITALL), to_len);
}

/* QEMU 11.1 has a count of 64 bits, behind the address; after the header's 16 bytes: identifier,
 * command, size, flags, errno. */
static void test_dma_messages_are_the_protocols_byte_by_byte(void **state)
{
	static const uint8_t read[32] = { [2] = 11, [4] = 32, [17] = 0x10, [24] = 6 };
	static const uint8_t read_reply[38] = { [2] = 11, [4] = 38, [8] = 1, [17] = 0x10, [24] = 6,
						[32] = 'g', 'u', 'e', 's', 't' };
	static const uint8_t write[38] = { [0] = 1, [2] = 12, [4] = 38, [17] = 0x10, [24] = 6,
					   [32] = 'g', 'u', 'e', 's', 't' };
	static const uint8_t write_reply[28] = { [0] = 1, [2] = 12, [4] = 28, [8] = 1,
						 [17] = 0x10, [24] = 6 };
	struct vfio_fixture *f = *state;
	uint8_t asked[38];
	void *mem;

	assert_int_equal(vfio_client_map(f->c, 0, 2 * PAGE, RW, false, &mem), 0);
	ask_raw(f, 1, 6, asked, sizeof(read));
	assert_memory_equal(asked, read, sizeof(read));
	fx_raw(f, read_reply, sizeof(read_reply));
	assert_int_equal(fx_reg(f, DOUBLE_DMA_RESULT), 0);
	ask_raw(f, 2, 6, asked, sizeof(write));
	assert_memory_equal(asked, write, sizeof(write));
	fx_raw(f, write_reply, sizeof(write_reply));
	assert_int_equal(fx_reg(f, DOUBLE_DMA_RESULT), 0);
}

static void test_what_comes_right_behind_an_answer_is_seen(void **state)
{
	struct vfio_fixture *f = *state;
	uint8_t both[2 * VU_HDR_LEN], asked[VU_HDR_LEN + VU_DMA_LEN], reply[VU_HDR_LEN];
	void *mem;

	assert_int_equal(vfio_client_map(f->c, 0, 2 * PAGE, RW, false, &mem), 0);
	ask_raw(f, 1, 6, asked, sizeof(asked));
	fx_header(both, VU_DMA_READ, VU_HDR_LEN, VU_TYPE_REPLY | VU_ERROR);
	VU_HDR_ID_set(both, VU_HDR_ID_get(asked));
	fx_header(both + VU_HDR_LEN, VU_DEVICE_RESET, VU_HDR_LEN, 0);
	fx_raw(f, both, sizeof(both));
	assert_int_equal(recv(vfio_client_fd(f->c), reply, sizeof(reply), MSG_WAITALL),
			 sizeof(reply));
	assert_int_equal(VU_HDR_COMMAND_get(reply), VU_DEVICE_RESET);
	assert_int_equal((int)fx_reg(f, DOUBLE_DMA_RESULT), -EFAULT);
}

static void test_an_answer_of_the_wrong_length_disconnects(void **state)
{
	struct vfio_fixture *f = *state;
	uint8_t hdr[VU_HDR_LEN + VU_DMA_LEN] = { 0 }, asked[VU_HDR_LEN + VU_DMA_LEN];
	uint32_t go = 1;
	void *mem;

	assert_int_equal(vfio_client_map(f->c, 0, PAGE, RW, false, &mem), 0);
	fx_set_reg(f, DOUBLE_DMA_LEN, 8);
	fx_header(hdr, VU_DMA_READ, sizeof(hdr), VU_TYPE_REPLY);
	VU_DMA_COUNT_set(hdr + VU_HDR_LEN, 8);
	assert_int_equal(vfio_client_post(f->c, 0, DOUBLE_DMA_GO, &go, 4), 0);
	assert_int_equal(recv(vfio_client_fd(f->c), asked, sizeof(asked), MSG_WAITALL),
			 sizeof(asked));
	fx_raw(f, hdr, sizeof(hdr));
	fx_assert_disconnected(f, "an answer to a DMA message that does not fit");
}

static void test_no_message_has_more_data_than_the_client_takes(void **state)
{
	static const char json[] = "{\"capabilities\":{\"max_data_xfer_size\":4096}}";
	uint8_t body[VU_VERSION_LEN + sizeof(json)] = { 0 };
	struct vfio_fixture *f = *state;
	void *mem;

	memcpy(body + VU_VERSION_LEN, json, sizeof(json));
	assert_int_equal(fx_call(f, VU_VERSION, body, sizeof(body)), 0);
	assert_int_equal(vfio_client_map(f->c, 0, 4 * PAGE, RW, false, &mem), 0);
	memset(mem, 'a', PAGE);
	memset((char *)mem + PAGE, 'b', PAGE);
	assert_int_equal(dma(f, 0, 2 * PAGE + 1, 1), 0);
	assert_int_equal(vfio_client_nr_dma(f->c), 3);
	assert_int_equal(dma(f, PAGE, 2 * PAGE, 2), 0);
	assert_memory_equal((char *)mem + PAGE, mem, PAGE);
	assert_int_equal(((char *)mem)[2 * PAGE], 'b');
}

static int map_raw(struct vfio_fixture *f, uint64_t iova, uint64_t size, uint32_t flags,
		   uint32_t argsz)
{
	uint8_t body[VU_MAP_LEN] = { 0 };

	VU_MAP_ARGSZ_set(body, argsz);
	VU_MAP_FLAGS_set(body, flags);
	VU_MAP_ADDRESS_set(body, iova);
	VU_MAP_SIZE_set(body, size);
	return fx_call(f, VU_DMA_MAP, body, sizeof(body));
}

static int unmap_raw(struct vfio_fixture *f, uint64_t iova, uint64_t size, uint32_t flags)
{
	uint8_t body[VU_UNMAP_LEN] = { 0 };

	VU_UNMAP_ARGSZ_set(body, VU_UNMAP_LEN);
	VU_UNMAP_FLAGS_set(body, flags);
	VU_UNMAP_ADDRESS_set(body, iova);
	VU_UNMAP_SIZE_set(body, size);
	return fx_call(f, VU_DMA_UNMAP, body, sizeof(body));
}

static void test_hostile_mappings_get_the_protocols_errno(void **state)
{
	struct vfio_fixture *f = *state;

	assert_int_equal(map_raw(f, 0, PAGE, RW, VU_MAP_LEN), 0);
	assert_int_equal(map_raw(f, 0, PAGE, RW, VU_MAP_LEN), -EEXIST);
	assert_int_equal(map_raw(f, PAGE, PAGE, RW, VU_MAP_LEN - 1), -EINVAL);
	assert_int_equal(map_raw(f, PAGE, PAGE, 0, VU_MAP_LEN), -EINVAL);
	assert_int_equal(map_raw(f, PAGE, PAGE, 7, VU_MAP_LEN), -EINVAL);
	assert_int_equal(map_raw(f, PAGE, 0, RW, VU_MAP_LEN), -EINVAL);
	assert_int_equal(map_raw(f, PAGE + 1, PAGE, RW, VU_MAP_LEN), -EINVAL);
	assert_int_equal(map_raw(f, UINT64_MAX - PAGE + 1, 2 * PAGE, RW, VU_MAP_LEN), -EINVAL);
	assert_int_equal(unmap_raw(f, 0, PAGE / 2, 0), -EINVAL);
	assert_int_equal(unmap_raw(f, 0, 0, 0), -EINVAL);
	assert_int_equal(unmap_raw(f, 0, PAGE, 4), -EINVAL);
	assert_int_equal(unmap_raw(f, 0, PAGE, VFIO_DMA_UNMAP_FLAG_ALL), -EINVAL);
	assert_int_equal(fx_reg(f, DOUBLE_NR_MAP), 1);
	assert_int_equal(fx_reg(f, DOUBLE_NR_UNMAP), 0);
}

static void test_unmapped_memory_is_out_of_reach(void **state)
{
	struct vfio_fixture *f = *state;
	void *mem;

	assert_int_equal(vfio_client_map(f->c, 0, PAGE, RW, true, &mem), 0);
	assert_int_equal(dma(f, 0, 8, 1), 0);
	assert_int_equal(vfio_client_unmap(f->c, 0), 0);
	assert_int_equal(dma(f, 0, 8, 1), -EFAULT);
	assert_int_equal(fx_reg(f, DOUBLE_NR_UNMAP), 1);
}

/* As QEMU does with all RAM while the firmware flips memory. */
static void test_memory_mapped_anew_is_what_the_next_access_reaches(void **state)
{
	struct vfio_fixture *f = *state;
	char buf[8];
	void *mem;

	for (unsigned int i = 0; i < 4; i++) {
		char words[8] = "guest 0";

		words[6] = (char)('0' + i);
		assert_int_equal(vfio_client_map(f->c, 0, 2 * PAGE, RW, i % 2 == 0, &mem), 0);
		strcpy((char *)mem + PAGE - 4, words);
		assert_int_equal(dma(f, PAGE - 4, 8, 1), 0);
		assert_int_equal(vfio_client_read(f->c, 0, DOUBLE_BUFFER, buf, 8), 0);
		assert_string_equal(buf, words);
		assert_int_equal(dma(f, PAGE, 8, 2), 0);
		assert_string_equal((char *)mem + PAGE, words);
		assert_int_equal(vfio_client_unmap(f->c, 0), 0);
	}
}

static void test_a_range_is_unmapped_with_all_it_holds(void **state)
{
	struct vfio_fixture *f = *state;
	void *mem;

	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(vfio_client_map(f->c, i * PAGE, PAGE, RW, i % 2, &mem), 0);
	assert_int_equal(unmap_raw(f, PAGE, 3 * PAGE, 0), 0);
	assert_int_equal(fx_reg(f, DOUBLE_NR_UNMAP), 3);
	assert_int_equal(dma(f, PAGE, 8, 1), -EFAULT);
	assert_int_equal(unmap_raw(f, PAGE, 3 * PAGE, 0), 0);
	assert_int_equal(fx_reg(f, DOUBLE_NR_UNMAP), 3);
	assert_int_equal(map_raw(f, 2 * PAGE, PAGE, RW, VU_MAP_LEN), 0);
}

static void test_unmap_all_unmaps_all(void **state)
{
	struct vfio_fixture *f = *state;
	void *mem;

	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(vfio_client_map(f->c, i * PAGE, PAGE, RW, i % 2, &mem), 0);
	assert_int_equal(unmap_raw(f, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL), 0);
	assert_int_equal(fx_reg(f, DOUBLE_NR_UNMAP), 5);
	assert_int_equal(dma(f, PAGE, 8, 1), -EFAULT);
}

#define SILENT(test) cmocka_unit_test_setup_teardown(test, fx_setup_silent, fx_teardown)
#define T(test) cmocka_unit_test_setup_teardown(test, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_memory_with_a_file_is_copied_without_messages),
		T(test_memory_without_a_file_is_copied_by_messages),
		T(test_a_copy_spans_memory_of_both_kinds),
		T(test_permissions_of_a_mapping_are_kept),
		T(test_a_refused_dma_message_is_a_failed_access),
		T(test_an_unanswered_dma_message_fails_in_time_and_a_late_answer_is_dropped),
		T(test_nothing_is_asked_while_a_request_waits_for_its_answer),
		T(test_a_client_that_waits_itself_gets_less_time_to_answer),
		T(test_what_arrives_meanwhile_is_done_afterwards_in_order),
		T(test_dma_messages_are_the_protocols_byte_by_byte),
		T(test_what_comes_right_behind_an_answer_is_seen),
		T(test_an_answer_of_the_wrong_length_disconnects),
		SILENT(test_no_message_has_more_data_than_the_client_takes),
		T(test_hostile_mappings_get_the_protocols_errno),
		T(test_unmapped_memory_is_out_of_reach),
		T(test_memory_mapped_anew_is_what_the_next_access_reaches),
		T(test_a_range_is_unmapped_with_all_it_holds),
		T(test_unmap_all_unmaps_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
