/* SPDX-License-Identifier: BSD-2-Clause */
/* A vhost-user server and its client, for tests. */
#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <cmocka.h>
#include "emu/guestmem.h"
#include "emu/loop.h"
#include "tests/vhost_fixture.h"

static void *serve(void *arg)
{
	loop_run(arg);
	return NULL;
}

static int setup(void **state, bool call_by_eventfd)
{
	struct vhost_fixture *f = calloc(1, sizeof(*f));
	char err[200];
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return -1;
	f->loop = loop_new();
	f->server = vhost_user_new(NULL, fds[0], true, err, sizeof(err));
	f->dev.transport = f->server;
	if (vhost_client_init(&f->c, fds[1], VH_IOVA, VH_SIZE, call_by_eventfd) != 0 ||
	    f->server->ops->start(f->server, f->loop, &f->dev) != 0)
		return -1;
	f->running = pthread_create(&f->thread, NULL, serve, f->loop) == 0;
	*state = f;
	return !f->running;
}

int vh_setup_silent(void **state)
{
	return setup(state, false);
}

static int set_up(void **state, bool call_by_eventfd)
{
	int err = setup(state, call_by_eventfd);

	return err != 0 ? err : vhost_client_set_up(&((struct vhost_fixture *)*state)->c);
}

int vh_setup(void **state)
{
	return set_up(state, false);
}

int vh_setup_eventfd(void **state)
{
	return set_up(state, true);
}

int vh_teardown(void **state)
{
	struct vhost_fixture *f = *state;

	vhost_client_fini(&f->c);
	if (f->running)
		pthread_join(f->thread, NULL);
	transport_free(f->server);
	loop_free(f->loop);
	free(f);
	return 0;
}

uint32_t vh_reg(struct vhost_fixture *f, uint32_t off)
{
	uint32_t value = 0;

	assert_int_equal(vhost_client_access(&f->c, VIRTIO_PCIDEV_OP_MMIO_READ, 0, off, &value, 4),
			 0);
	return value;
}

void vh_set_reg(struct vhost_fixture *f, uint32_t off, uint32_t value)
{
	assert_int_equal(vhost_client_access(&f->c, VIRTIO_PCIDEV_OP_MMIO_WRITE, 0, off, &value, 4),
			 0);
}

/* The server closed the connection and says why. */
static void assert_disconnected(struct vhost_fixture *f, const char *why)
{
	struct timeval patience = { 10, 0 };
	ssize_t n;
	char byte;

	setsockopt(f->c.conn.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	while ((n = recv(f->c.conn.fd, &byte, 1, 0)) > 0)
		;
	assert_false(n < 0 && errno == EAGAIN);
	pthread_join(f->thread, NULL);
	f->running = false;
	assert_string_equal(vhost_user_last_error(f->server), why);
}

static struct sigaction on_bus_error;	/* the server's */

void vh_keep_from_bus_errors(void)
{
	sigaction(SIGBUS, &on_bus_error, NULL);
}

/* The row is the test's initial state. */
static void disconnected_with_a_word(void **state)
{
	const struct vh_row *row = *state;
	void *fixture = NULL;
	struct vhost_fixture *f;

	assert_int_equal(vh_setup(&fixture), 0);
	f = fixture;
	row->bad(f);
	assert_disconnected(f, row->word);
	assert_int_equal(f->dev.bar[DOUBLE_NR_GONE], 1);
	vh_teardown(&fixture);
}

int vh_run_rows(const struct vh_row *rows, size_t nr)
{
	struct CMUnitTest *tests = calloc(nr, sizeof(*tests));
	int nr_failed;

	guestmem_free(guestmem_new());
	sigaction(SIGBUS, NULL, &on_bus_error);
	for (size_t i = 0; i < nr; i++)
		tests[i] = (struct CMUnitTest){
			.name = rows[i].name,
			.test_func = disconnected_with_a_word,
			.initial_state = (void *)(uintptr_t)&rows[i],
		};
	nr_failed = _cmocka_run_group_tests("rows", tests, nr, NULL, NULL);
	free(tests);
	return nr_failed;
}
