/* SPDX-License-Identifier: BSD-2-Clause */
/* The vfio-user server at a path: who may connect, who comes next, and noise. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>
#include "emu/loop.h"
#include "tests/vfio_fixture.h"

enum { NR_NOISY = 3000 };

static char dir[64], path[96], said[200];

static void *serve(void *loop)
{
	loop_run(loop);
	return NULL;
}

static int setup(void **state)
{
	struct vfio_fixture *f = calloc(1, sizeof(*f));

	strcpy(dir, "/tmp/nvmetap-vfio-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/nvme.sock", dir);
	f->loop = loop_new();
	f->server = vfio_user_new(path, -1, false, said, sizeof(said));
	f->dev.transport = f->server;
	*state = f;
	if (f->server == NULL || f->server->ops->start(f->server, f->loop, &f->dev) != 0)
		return -1;
	f->running = pthread_create(&f->thread, NULL, serve, f->loop) == 0;
	return !f->running;
}

static int teardown(void **state)
{
	struct vfio_fixture *f = *state;

	loop_stop(f->loop);
	fx_join(f);
	transport_free(f->server);
	loop_free(f->loop);
	assert_int_equal(access(path, F_OK), -1);
	rmdir(dir);
	free(f);
	return 0;
}

static void test_the_socket_is_private(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_a_living_socket_is_not_replaced(void **state)
{
	struct vfio_client *c;

	(void)state;
	assert_null(vfio_user_new(path, -1, false, said, sizeof(said)));
	assert_non_null(strstr(said, path));
	assert_non_null(strstr(said, "somebody listens there"));
	c = vfio_client_connect(path);
	assert_int_equal(vfio_client_version(c, NULL, 0), 0);
	vfio_client_free(c);
}

static void test_a_dead_socket_is_replaced(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct transport *t;
	char stale[80];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	snprintf(stale, sizeof(stale), "%s/stale", dir);
	strcpy(sun.sun_path, stale);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	close(fd);
	t = vfio_user_new(stale, -1, false, said, sizeof(said));
	assert_non_null(t);
	transport_free(t);
	assert_int_equal(access(stale, F_OK), -1);
}

static void test_a_file_in_the_way_is_left_alone(void **state)
{
	char name[80];
	int fd;

	(void)state;
	snprintf(name, sizeof(name), "%s/file", dir);
	fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	assert_null(vfio_user_new(name, -1, false, said, sizeof(said)));
	assert_int_equal(unlink(name), 0);
}

static void test_a_path_that_cannot_be_is_refused_by_name(void **state)
{
	char name[200];

	(void)state;
	assert_null(vfio_user_new("/nonexistent/nvme.sock", -1, false, said, sizeof(said)));
	assert_string_equal(said, "/nonexistent/nvme.sock: No such file or directory");
	memset(name, 'x', sizeof(name));
	name[199] = '\0';
	assert_null(vfio_user_new(name, -1, false, said, sizeof(said)));
	assert_null(vfio_user_new("", -1, false, said, sizeof(said)));
}

static uint32_t reg(struct vfio_client *c, uint32_t off)
{
	uint32_t value = 0;

	assert_int_equal(vfio_client_read(c, 0, off, &value, 4), 0);
	return value;
}

static void test_the_next_client_waits_and_finds_nothing_of_the_last(void **state)
{
	struct vfio_client *a = vfio_client_connect(path), *b;
	int fd = fx_eventfd();
	uint32_t value = 0;
	void *mem;

	(void)state;
	assert_int_equal(vfio_client_version(a, NULL, 0), 0);
	assert_int_equal(vfio_client_map(a, 0, 4096, 3, true, &mem), 0);
	assert_int_equal(vfio_client_set_irqs(a, MSIX, 0, 1, TRIGGER_FD, NULL, &fd, 1), 0);
	b = vfio_client_connect(path);
	assert_non_null(b);
	assert_int_equal(reg(a, DOUBLE_NR_GONE), 0);
	vfio_client_free(a);
	assert_int_equal(vfio_client_version(b, NULL, 0), 0);
	assert_int_equal(reg(b, DOUBLE_NR_GONE), 1);
	assert_int_equal(vfio_client_write(b, 0, DOUBLE_IRQ_GO, "\0\0\2\0", 4), 0);
	assert_int_equal((int)reg(b, DOUBLE_IRQ_RESULT), -ENOTCONN);
	value = 8;
	assert_int_equal(vfio_client_write(b, 0, DOUBLE_DMA_LEN, &value, 4), 0);
	value = 1;
	assert_int_equal(vfio_client_write(b, 0, DOUBLE_DMA_GO, &value, 4), 0);
	assert_int_equal((int)reg(b, DOUBLE_DMA_RESULT), -EFAULT);
	vfio_client_free(b);
	close(fd);
}

static uint32_t noise(void)
{
	static uint32_t seed = 2463534242;

	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

/* Mostly small, now and then anything. */
static uint32_t noisy_value(void)
{
	return noise() % 4 != 0 ? noise() % 48 : noise() % 2 != 0 ? noise() : 0u - noise() % 9000;
}

/* A message whose fields are noise; most have a length that agrees. */
static size_t noisy_message(uint8_t msg[VU_HDR_LEN + 64])
{
	size_t len = VU_HDR_LEN + noise() % 64;

	for (size_t i = 0; i < VU_HDR_LEN + 64; i += 4) {
		uint32_t value = noisy_value();

		memcpy(msg + i, &value, 4);
	}
	VU_HDR_COMMAND_set(msg, noise() % 18);
	VU_HDR_SIZE_set(msg, noise() % 8 != 0 ? len : noisy_value());
	VU_HDR_FLAGS_set(msg, noise() % 8 != 0 ? noise() % 2 * VU_NO_REPLY : noisy_value());
	return len;
}

static void make_noise(struct vfio_client *c, int eventfd)
{
	uint8_t msg[VU_HDR_LEN + 64];

	for (unsigned int i = 0; i < 8; i++) {
		size_t len = noisy_message(msg);
		union {
			char buf[CMSG_SPACE(sizeof(int))];
			struct cmsghdr align;
		} control = { .buf = "" };
		struct iovec iov = { msg, len };
		struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

		if (noise() % 4 == 0) {
			mh.msg_control = &control;
			mh.msg_controllen = sizeof(control);
			control.align.cmsg_level = SOL_SOCKET;
			control.align.cmsg_type = SCM_RIGHTS;
			control.align.cmsg_len = CMSG_LEN(sizeof(int));
			memcpy(CMSG_DATA(&control.align), &eventfd, sizeof(int));
		}
		if (sendmsg(vfio_client_fd(c), &mh, MSG_NOSIGNAL) < 0)
			return;
	}
}

static void test_noise_never_hurts_the_client_that_comes_after(void **state)
{
	struct vfio_client *c;
	int fd = fx_eventfd();

	(void)state;
	for (unsigned int i = 0; i < NR_NOISY; i++) {
		c = vfio_client_connect(path);
		assert_non_null(c);
		if (noise() % 8 != 0)
			assert_int_equal(vfio_client_version(c, NULL, 0), 0);
		make_noise(c, fd);
		vfio_client_free(c);
	}
	c = vfio_client_connect(path);
	assert_int_equal(vfio_client_version(c, NULL, 0), 0);
	assert_true(reg(c, DOUBLE_NR_DONE) > 0);
	vfio_client_free(c);
	close(fd);
}

static void test_a_client_that_does_not_read_is_disconnected_in_time(void **state)
{
	struct vfio_client *lazy = vfio_client_connect(path), *c;
	uint8_t body[VU_RW_LEN] = { 0 };

	(void)state;
	assert_int_equal(vfio_client_version(lazy, NULL, 0), 0);
	VU_RW_COUNT_set(body, DOUBLE_BAR_SIZE);
	for (unsigned int i = 0; i < 64; i++)
		assert_int_equal(vfio_client_send(lazy, VU_REGION_READ, 0, body, sizeof(body), NULL,
						  0), 0);
	c = vfio_client_connect(path);
	assert_int_equal(vfio_client_version(c, NULL, 0), 0);
	vfio_client_free(c);
	vfio_client_free(lazy);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_the_socket_is_private),
		T(test_a_living_socket_is_not_replaced),
		T(test_a_dead_socket_is_replaced),
		T(test_a_file_in_the_way_is_left_alone),
		T(test_a_path_that_cannot_be_is_refused_by_name),
		T(test_the_next_client_waits_and_finds_nothing_of_the_last),
		T(test_noise_never_hurts_the_client_that_comes_after),
		T(test_a_client_that_does_not_read_is_disconnected_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
