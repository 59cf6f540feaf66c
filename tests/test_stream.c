/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a real QEMU said to the drive while a Linux booted, said again: the
 * messages of tests/data/qemu-11.1.stream, made by tests/record_stream.c.
 *
 * What was in the guest's memory is not recorded, so commands are empty here.
 * Messages, their replies and the registers do not depend on it: each reply has
 * the header it had, and the same bytes, but for the version's words and for
 * the Interrupt Status bit of configuration space.
 */
#include "config.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "emu/drive.h"
#include "emu/loop.h"
#include "emu/vfio_user_proto.h"
#include "spec/bytes.h"
#include "tests/stream.h"
#include "tracer/input.h"

enum { MAX_MESSAGE = VU_HDR_LEN + VU_MAX_BODY, TIMEOUT_S = 10, STATUS = 6 };

struct message {
	bool client;
	unsigned int nr_fds;
	uint64_t sizes[CONN_MAX_FDS];
	size_t len;
	uint8_t bytes[MAX_MESSAGE];	/* from the header on */
};

struct replay {
	struct drive *drive;
	pthread_t thread;
	int result;
	struct conn conn;
	struct input *input;
	unsigned long nr_sent, nr_replies, nr_io, nr_reads;
};

static uint64_t deadline(void)
{
	return loop_now_ns() + TIMEOUT_S * UINT64_C(1000000000);
}

static void take(struct replay *r, void *to, size_t len)
{
	const uint8_t *at = input_peek(r->input, len, NULL);

	assert_non_null(at);
	memcpy(to, at, len);
	input_skip(r->input, len);
}

static uint64_t take_number(struct replay *r, size_t len)
{
	uint8_t bytes[8];

	take(r, bytes, len);
	return bytes_get_le(bytes, len);
}

static bool next_message(struct replay *r, struct message *m)
{
	if (input_peek(r->input, 1, NULL) == NULL) {
		assert_int_equal(input_error(r->input), 0);
		return false;
	}
	m->client = take_number(r, 1) == STREAM_FROM_CLIENT;
	m->nr_fds = (unsigned int)take_number(r, 1);
	assert_true(m->nr_fds <= CONN_MAX_FDS);
	for (unsigned int i = 0; i < m->nr_fds; i++)
		m->sizes[i] = take_number(r, 8);
	m->len = take_number(r, 4);
	assert_true(m->len >= VU_HDR_LEN && m->len <= MAX_MESSAGE);
	take(r, m->bytes, m->len);
	return true;
}

static int descriptor(uint64_t size)
{
	int fd;

	if (size == 0)
		return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	fd = memfd_create("guest", MFD_CLOEXEC);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	return fd;
}

static void say(struct replay *r, struct message *m)
{
	struct iovec body = { m->bytes + VU_HDR_LEN, m->len - VU_HDR_LEN };
	int fds[CONN_MAX_FDS];

	for (unsigned int i = 0; i < m->nr_fds; i++) {
		fds[i] = descriptor(m->sizes[i]);
		assert_true(fds[i] >= 0);
	}
	assert_int_equal(conn_send(&r->conn, m->bytes, &body, 1, fds, m->nr_fds, deadline()),
			 0);
	for (unsigned int i = 0; i < m->nr_fds; i++)
		close(fds[i]);
	r->nr_sent++;
}

static struct conn_msg *hear(struct replay *r)
{
	uint64_t until = deadline();
	struct conn_msg *msg;
	int rc;

	while ((rc = conn_recv(&r->conn, &msg)) == -EAGAIN)
		assert_int_equal(conn_wait(&r->conn, until), 0);
	assert_int_equal(rc, 1);
	return msg;
}

/* Whether an interrupt is pending when it is read is a matter of time. */
static void hide_status(uint8_t *body, size_t len)
{
	uint64_t region = VU_RW_REGION_get(body), off = VU_RW_OFFSET_get(body);

	if (region == VFIO_PCI_CONFIG_REGION_INDEX && off <= STATUS &&
	    len > VU_RW_LEN + STATUS - off)
		body[VU_RW_LEN + STATUS - off] &= (uint8_t)~8;
}

static void check_reply(struct replay *r, struct message *m)
{
	uint8_t *body = m->bytes + VU_HDR_LEN;
	struct conn_msg *msg = hear(r);

	assert_int_equal(msg->id, VU_HDR_ID_get(m->bytes));
	assert_int_equal(msg->command, VU_HDR_COMMAND_get(m->bytes));
	assert_int_equal(msg->flags, VU_HDR_FLAGS_get(m->bytes));
	assert_int_equal(msg->error, VU_HDR_ERROR_get(m->bytes));
	if (msg->command != VU_VERSION) {
		assert_int_equal(msg->len, m->len - VU_HDR_LEN);
		if (msg->command == VU_REGION_READ && (msg->flags & VU_ERROR) == 0) {
			hide_status(body, msg->len);
			hide_status(msg->body, msg->len);
			r->nr_reads++;
		}
		assert_memory_equal(msg->body, body, msg->len);
	}
	conn_msg_free(msg);
	r->nr_replies++;
}

static bool is_io_doorbell(const struct message *m)
{
	const uint8_t *body = m->bytes + VU_HDR_LEN;

	return m->client && VU_HDR_COMMAND_get(m->bytes) == VU_REGION_WRITE &&
	       VU_RW_REGION_get(body) == VFIO_PCI_BAR0_REGION_INDEX &&
	       VU_RW_OFFSET_get(body) >= 0x1008;
}

static void *run(void *ctx)
{
	struct replay *r = ctx;

	r->result = drive_run(r->drive);
	return NULL;
}

static void start(struct replay *r)
{
	static const char *const ns[] = { "mem=64M" };
	struct drive_config config = { .ns = ns, .nr_ns = 1, .bdf = 0x30, .once = true };
	const char *srcdir = getenv("srcdir");
	uint8_t magic[STREAM_MAGIC_LEN];
	char path[4096], err[200] = "";
	int fds[2];

	snprintf(path, sizeof(path), "%s/tests/data/qemu-11.1.stream",
		 srcdir != NULL ? srcdir : ".");
	r->input = input_open(path);
	assert_non_null(r->input);
	take(r, magic, sizeof(magic));
	assert_memory_equal(magic, STREAM_MAGIC, sizeof(magic));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	config.vfio_user_fd = fds[0];
	r->drive = drive_new(&config, err, sizeof(err));
	assert_string_equal(err, "");
	conn_init(&r->conn, &vu_proto, fds[1]);
	assert_int_equal(pthread_create(&r->thread, NULL, run, r), 0);
}

static void test_what_qemu_said_is_answered_as_it_was(void **state)
{
	static struct replay r;
	static struct message m;

	(void)state;
	start(&r);
	while (next_message(&r, &m)) {
		r.nr_io += is_io_doorbell(&m);
		if (m.client)
			say(&r, &m);
		else
			check_reply(&r, &m);
	}
	conn_fini(&r.conn);
	pthread_join(r.thread, NULL);
	assert_int_equal(r.result, 0);
	drive_free(r.drive);
	input_close(r.input);
	print_message("%lu messages, %lu replies, %lu of them reads; %lu doorbells of I/O queues\n",
		      r.nr_sent, r.nr_replies, r.nr_reads, r.nr_io);
	assert_true(r.nr_replies > 100 && r.nr_reads > 50 && r.nr_io >= 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_qemu_said_is_answered_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
