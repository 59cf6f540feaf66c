/* SPDX-License-Identifier: BSD-2-Clause */
/* The vfio-user server.  Framing: descriptors, pieces, truncated and unexpected messages. */
#include <config.h>

#include <errno.h>
#include <linux/vfio.h>
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
#include "tests/open_fds.h"
#include "tests/vfio_fixture.h"

static void test_descriptors_that_nobody_wants_are_closed(void **state)
{
	struct vfio_fixture *f = *state;
	unsigned int before;
	uint8_t body[VU_MAP_LEN] = { 0 };
	int fds[CONN_MAX_FDS];
	size_t len;

	for (unsigned int i = 0; i < CONN_MAX_FDS; i++)
		fds[i] = fx_eventfd();
	assert_int_equal(vfio_client_reset(f->c), 0);
	before = nr_open_fds();
	for (unsigned int i = 0; i < 20; i++) {
		len = sizeof(body);
		assert_int_equal(vfio_client_call(f->c, VU_DEVICE_RESET, NULL, 0, fds, CONN_MAX_FDS,
						  body, &len), 0);
		len = sizeof(body);
		assert_int_equal(vfio_client_call(f->c, VU_DMA_MAP, body, VU_MAP_LEN, fds, 2, body,
						  &len), -EINVAL);
		assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 0, 16, TRIGGER_FD, NULL, fds, 16),
				 0);
		assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 0, 0, TRIGGER, NULL, NULL, 0), 0);
	}
	assert_int_equal(vfio_client_reset(f->c), 0);
	assert_int_equal(fx_reg(f, 0), 0);
	assert_int_equal(nr_open_fds(), before);
	for (unsigned int i = 0; i < CONN_MAX_FDS; i++)
		close(fds[i]);
}

static void test_more_than_16_descriptors_disconnect(void **state)
{
	struct vfio_fixture *f = *state;
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
	fx_header(hdr, VU_DEVICE_RESET, VU_HDR_LEN, 0);
	assert_int_equal(sendmsg(vfio_client_fd(f->c), &mh, 0), VU_HDR_LEN);
	fx_assert_disconnected(f, "too many file descriptors");
	assert_int_equal(nr_open_fds(), before - 1);
}

static void test_a_message_in_single_bytes_is_one_message(void **state)
{
	struct vfio_fixture *f = *state;
	uint8_t msg[VU_HDR_LEN + VU_RW_LEN + 4] = { 0 };

	fx_header(msg, VU_REGION_WRITE, sizeof(msg), VU_NO_REPLY);
	VU_RW_OFFSET_set(msg + VU_HDR_LEN, 8);
	VU_RW_COUNT_set(msg + VU_HDR_LEN, 4);
	memcpy(msg + VU_HDR_LEN + VU_RW_LEN, "\1\2\3\4", 4);
	for (size_t i = 0; i < sizeof(msg); i++)
		fx_raw(f, msg + i, 1);
	assert_int_equal(fx_reg(f, 8), 0x04030201);
}

static void test_pipelined_messages_are_answered_in_order(void **state)
{
	struct vfio_fixture *f = *state;
	uint8_t msg[VU_HDR_LEN], all[50 * VU_HDR_LEN];

	for (uint16_t i = 0; i < 50; i++) {
		fx_header(msg, VU_DEVICE_RESET, VU_HDR_LEN, 0);
		VU_HDR_ID_set(msg, i);
		memcpy(all + i * VU_HDR_LEN, msg, VU_HDR_LEN);
	}
	fx_raw(f, all, sizeof(all));
	for (uint16_t i = 0; i < 50; i++) {
		assert_int_equal(recv(vfio_client_fd(f->c), msg, VU_HDR_LEN, MSG_WAITALL),
				 VU_HDR_LEN);
		assert_int_equal(VU_HDR_ID_get(msg), i);
		assert_int_equal(VU_HDR_FLAGS_get(msg), VU_TYPE_REPLY);
	}
}

/* No reply is awaited in between, so that the server finds several messages at once. */
static void send_vector(struct vfio_fixture *f, uint32_t vector, int fd)
{
	uint8_t body[VU_SET_LEN] = { 0 };

	VU_SET_ARGSZ_set(body, VU_SET_LEN);
	VU_SET_FLAGS_set(body, TRIGGER_FD);
	VU_SET_INDEX_set(body, MSIX);
	VU_SET_START_set(body, vector);
	VU_SET_COUNT_set(body, 1);
	assert_int_equal(vfio_client_send(f->c, VU_DEVICE_RESET, 0, NULL, 0, NULL, 0), 0);
	assert_int_equal(vfio_client_send(f->c, VU_DEVICE_SET_IRQS, 0, body, VU_SET_LEN, &fd, 1),
			 0);
}

static void test_descriptors_belong_to_the_message_that_they_came_with(void **state)
{
	struct vfio_fixture *f = *state;
	uint8_t replies[4 * VU_HDR_LEN];
	uint64_t count;

	for (unsigned int i = 0; i < 200; i++) {
		int fds[2] = { fx_eventfd(), fx_eventfd() };

		send_vector(f, 3, fds[0]);
		send_vector(f, 4, fds[1]);
		assert_int_equal(recv(vfio_client_fd(f->c), replies, sizeof(replies), MSG_WAITALL),
				 sizeof(replies));
		for (uint32_t v = 0; v < 2; v++) {
			assert_int_equal(VU_HDR_FLAGS_get(replies + (2 * v + 1) * VU_HDR_LEN),
					 VU_TYPE_REPLY);
			assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 3 + v, 1, TRIGGER, NULL,
							      NULL, 0), 0);
			assert_int_equal(read(fds[v], &count, 8), 8);
			assert_int_equal(read(fds[1 - v], &count, 8), -1);
		}
		close(fds[0]);
		close(fds[1]);
	}
}

/* Sends len bytes, the first of which brings a descriptor. */
static void send_with_fd(struct vfio_fixture *f, uint8_t *bytes, size_t len, int fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .buf = { 0 } };
	struct iovec iov = { bytes, len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			     .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&mh);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	assert_int_equal(sendmsg(vfio_client_fd(f->c), &mh, 0), len);
}

static void test_descriptors_of_a_message_in_pieces_are_not_the_next_ones(void **state)
{
	struct vfio_fixture *f = *state;
	uint8_t bytes[2 * VU_HDR_LEN + VU_SET_LEN] = { 0 }, replies[2 * VU_HDR_LEN];
	uint8_t *body = bytes + 2 * VU_HDR_LEN;
	int other = fx_eventfd(), fd = fx_eventfd();
	uint64_t count;

	fx_header(bytes, VU_DEVICE_RESET, VU_HDR_LEN, 0);
	fx_header(bytes + VU_HDR_LEN, VU_DEVICE_SET_IRQS, VU_HDR_LEN + VU_SET_LEN, 0);
	VU_SET_ARGSZ_set(body, VU_SET_LEN);
	VU_SET_FLAGS_set(body, TRIGGER_FD);
	VU_SET_INDEX_set(body, MSIX);
	VU_SET_COUNT_set(body, 1);
	send_with_fd(f, bytes, 8, other);
	send_with_fd(f, bytes + 8, sizeof(bytes) - 8, fd);
	assert_int_equal(recv(vfio_client_fd(f->c), replies, sizeof(replies), MSG_WAITALL),
			 sizeof(replies));
	assert_int_equal(VU_HDR_FLAGS_get(replies + VU_HDR_LEN), VU_TYPE_REPLY);
	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 0, 1, TRIGGER, NULL, NULL, 0), 0);
	assert_int_equal(read(fd, &count, 8), 8);
	assert_int_equal(read(other, &count, 8), -1);
	close(fd);
	close(other);
}

static void send_header(struct vfio_fixture *f, uint32_t size, uint32_t flags)
{
	uint8_t hdr[VU_HDR_LEN];

	fx_header(hdr, VU_REGION_READ, size, flags);
	fx_raw(f, hdr, sizeof(hdr));
}

static void test_a_truncated_header_disconnects(void **state)
{
	struct vfio_fixture *f = *state;

	fx_raw(f, "123", 3);
	shutdown(vfio_client_fd(f->c), SHUT_WR);
	fx_assert_disconnected(f, "truncated message");
}

static void test_a_truncated_body_disconnects(void **state)
{
	struct vfio_fixture *f = *state;

	send_header(f, VU_HDR_LEN + 5, 0);
	fx_raw(f, "1234", 4);
	shutdown(vfio_client_fd(f->c), SHUT_WR);
	fx_assert_disconnected(f, "truncated message");
}

static void test_a_message_shorter_than_its_header_disconnects(void **state)
{
	send_header(*state, VU_HDR_LEN - 1, 0);
	fx_assert_disconnected(*state, "message shorter than its header");
}

static void test_an_oversized_message_disconnects(void **state)
{
	send_header(*state, VU_HDR_LEN + VU_MAX_BODY + 1, 0);
	fx_assert_disconnected(*state, "oversized message");
}

static void test_an_unknown_type_disconnects(void **state)
{
	send_header(*state, VU_HDR_LEN, 2);
	fx_assert_disconnected(*state, "unknown message type");
}

static void test_an_answer_that_nobody_asked_for_disconnects(void **state)
{
	send_header(*state, VU_HDR_LEN, VU_TYPE_REPLY);
	fx_assert_disconnected(*state, "an answer that nobody asked for");
}

static void test_a_client_that_goes_is_no_error(void **state)
{
	struct vfio_fixture *f = *state;

	vfio_client_free(f->c);
	f->c = NULL;
	fx_join(f);
	assert_string_equal(vfio_user_last_error(f->server), "");
	assert_int_equal(fx_nr_gone(f), 1);
}

#define T(test) cmocka_unit_test_setup_teardown(test, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_descriptors_that_nobody_wants_are_closed),
		T(test_more_than_16_descriptors_disconnect),
		T(test_a_message_in_single_bytes_is_one_message),
		T(test_pipelined_messages_are_answered_in_order),
		T(test_descriptors_belong_to_the_message_that_they_came_with),
		T(test_descriptors_of_a_message_in_pieces_are_not_the_next_ones),
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
