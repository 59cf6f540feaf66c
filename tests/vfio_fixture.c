/* SPDX-License-Identifier: BSD-2-Clause */
/* A vfio-user server and its client, for tests. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <cmocka.h>
#include "emu/loop.h"
#include "tests/vfio_fixture.h"

static void *serve(void *arg)
{
	loop_run(arg);
	return NULL;
}

int fx_setup_silent(void **state)
{
	struct vfio_fixture *f = calloc(1, sizeof(*f));
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

int fx_setup(void **state)
{
	int err = fx_setup_silent(state);

	return err != 0 ? err : vfio_client_version(((struct vfio_fixture *)*state)->c, NULL, 0);
}

void fx_join(struct vfio_fixture *f)
{
	pthread_join(f->thread, NULL);
	f->running = false;
}

int fx_teardown(void **state)
{
	struct vfio_fixture *f = *state;

	vfio_client_free(f->c);
	if (f->running)
		fx_join(f);
	transport_free(f->server);
	loop_free(f->loop);
	free(f);
	return 0;
}

uint32_t fx_reg(struct vfio_fixture *f, uint32_t off)
{
	uint32_t value = 0;

	assert_int_equal(vfio_client_read(f->c, 0, off, &value, 4), 0);
	return value;
}

void fx_set_reg(struct vfio_fixture *f, uint32_t off, uint32_t value)
{
	assert_int_equal(vfio_client_write(f->c, 0, off, &value, 4), 0);
}

int fx_call(struct vfio_fixture *f, uint16_t command, const void *body, size_t len)
{
	uint8_t reply[256];
	size_t reply_len = sizeof(reply);

	return vfio_client_call(f->c, command, body, len, NULL, 0, reply, &reply_len);
}

void fx_raw(struct vfio_fixture *f, const void *bytes, size_t len)
{
	assert_int_equal(send(vfio_client_fd(f->c), bytes, len, MSG_NOSIGNAL), len);
}

void fx_header(uint8_t hdr[VU_HDR_LEN], uint16_t command, uint32_t size, uint32_t flags)
{
	memset(hdr, 0, VU_HDR_LEN);
	VU_HDR_COMMAND_set(hdr, command);
	VU_HDR_SIZE_set(hdr, size);
	VU_HDR_FLAGS_set(hdr, flags);
}

void fx_assert_disconnected(struct vfio_fixture *f, const char *why)
{
	char byte;

	assert_true(recv(vfio_client_fd(f->c), &byte, 1, 0) <= 0);
	fx_join(f);
	assert_string_equal(vfio_user_last_error(f->server), why);
}

unsigned int fx_nr_gone(const struct vfio_fixture *f)
{
	return f->dev.bar[DOUBLE_NR_GONE];
}

int fx_eventfd(void)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}
