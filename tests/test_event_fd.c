/* SPDX-License-Identifier: BSD-2-Clause */
/* Eventfds of a peer that changes them after they were looked at. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <cmocka.h>
#include "emu/event_fd.h"

enum { HANG_S = 5 };	/* then SIGALRM ends the test */

static void test_what_is_signalled_is_taken_once(void **state)
{
	int fd = eventfd(0, 0);

	(void)state;
	assert_int_equal(event_fd_check(fd), 0);
	event_fd_signal(fd);
	event_fd_signal(fd);
	assert_int_equal(event_fd_take(fd), 1);
	assert_int_equal(event_fd_take(fd), 0);
	close(fd);
}

static void test_a_pipe_is_none(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(event_fd_check(fds[0]), -EINVAL);
	assert_int_equal(event_fd_take(-1), -EBADF);
	close(fds[0]);
	close(fds[1]);
}

/* The descriptor is the peer's as well: it polls as signalled, then the peer
 * has it block and takes the signal itself. */
static void test_a_peer_that_makes_it_block_again_does_not_hang_us(void **state)
{
	int fd = eventfd(1, 0), theirs = dup(fd);
	uint64_t count;

	(void)state;
	assert_int_equal(event_fd_check(fd), 0);
	assert_int_equal(fcntl(theirs, F_SETFL, 0), 0);
	assert_int_equal(read(theirs, &count, sizeof(count)), sizeof(count));
	alarm(HANG_S);
	assert_int_equal(event_fd_take(fd), 0);
	alarm(0);
	close(theirs);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_signalled_is_taken_once),
		cmocka_unit_test(test_a_pipe_is_none),
		cmocka_unit_test(test_a_peer_that_makes_it_block_again_does_not_hang_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
