/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of the guest's memory: hostile mappings, spans, shrinking files. */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "emu/guestmem.h"

enum { PAGE = GUESTMEM_PAGE, RW = GUESTMEM_READ | GUESTMEM_WRITE };

/* CMocka puts its own handler round each test: ours again. */
static struct sigaction ours;

struct fixture {
	struct guestmem *gm;
	int fd;
	uint8_t *mem;		/* the file as the guest sees it */
};

static int setup(void **state)
{
	static struct fixture f;

	f.gm = guestmem_new();
	f.fd = memfd_create("guest", MFD_CLOEXEC);
	if (f.gm == NULL || f.fd < 0 || ftruncate(f.fd, 16 * PAGE) != 0)
		return -1;
	f.mem = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, f.fd, 0);
	*state = &f;
	return f.mem == MAP_FAILED;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	munmap(f->mem, 16 * PAGE);
	guestmem_free(f->gm);
	close(f->fd);
	return 0;
}

static int get(struct fixture *f, uint64_t iova, void *buf, size_t len)
{
	return guestmem_copy(f->gm, iova, buf, len, false, NULL, NULL);
}

static int put(struct fixture *f, uint64_t iova, const char *text)
{
	return guestmem_copy(f->gm, iova, (void *)(uintptr_t)text, strlen(text), true, NULL, NULL);
}

static void test_a_copy_reads_and_writes_the_file_at_the_mappings_offset(void **state)
{
	struct fixture *f = *state;
	char buf[4] = "";

	assert_int_equal(guestmem_map(f->gm, 0x100000, 2 * PAGE, f->fd, 3 * PAGE, RW), 0);
	memcpy(f->mem + 3 * PAGE + 5, "abc", 3);
	assert_int_equal(get(f, 0x100005, buf, 3), 0);
	assert_string_equal(buf, "abc");
	assert_int_equal(put(f, 0x101ffd, "xyz"), 0);
	assert_memory_equal(f->mem + 5 * PAGE - 3, "xyz", 3);
}

static void test_a_copy_spans_mappings_that_adjoin(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(guestmem_map(f->gm, 0x3000, PAGE, f->fd, 0, RW), 0);
	assert_int_equal(guestmem_map(f->gm, 0x2000, PAGE, f->fd, 8 * PAGE, RW), 0);
	assert_int_equal(put(f, 0x2ffe, "1234"), 0);
	assert_memory_equal(f->mem + 9 * PAGE - 2, "12", 2);
	assert_memory_equal(f->mem, "34", 2);
}

static void test_a_write_that_ends_outside_writes_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(guestmem_map(f->gm, 0x2000, PAGE, f->fd, 0, RW), 0);
	assert_int_equal(put(f, 0x2ffe, "1234"), -EFAULT);
	assert_int_equal(f->mem[PAGE - 2], 0);
	assert_int_equal(guestmem_map(f->gm, 0x3000, PAGE, f->fd, PAGE, GUESTMEM_READ), 0);
	assert_int_equal(put(f, 0x2ffe, "1234"), -EFAULT);
	assert_int_equal(f->mem[PAGE - 2], 0);
}

static void test_what_is_not_mapped_is_a_fault(void **state)
{
	struct fixture *f = *state;
	char buf[64];

	assert_int_equal(get(f, 0, buf, 1), -EFAULT);
	assert_int_equal(guestmem_map(f->gm, 0x2000, PAGE, f->fd, 0, RW), 0);
	assert_int_equal(get(f, 0x1fff, buf, 1), -EFAULT);
	assert_int_equal(get(f, 0x1fff, buf, 2), -EFAULT);
	assert_int_equal(get(f, 0x3000, buf, 1), -EFAULT);
	assert_int_equal(get(f, UINT64_MAX, buf, 2), -EFAULT);
	assert_int_equal(get(f, UINT64_MAX - 7, buf, 64), -EFAULT);
	assert_int_equal(get(f, 0x2000, buf, 0), 0);
}

static void test_permissions_are_honoured_both_ways(void **state)
{
	struct fixture *f = *state;
	char buf[4];

	assert_int_equal(guestmem_map(f->gm, 0, PAGE, f->fd, 0, GUESTMEM_READ), 0);
	assert_int_equal(guestmem_map(f->gm, PAGE, PAGE, f->fd, 0, GUESTMEM_WRITE), 0);
	assert_int_equal(get(f, 0, buf, 4), 0);
	assert_int_equal(put(f, 0, "x"), -EFAULT);
	assert_int_equal(get(f, PAGE, buf, 4), -EFAULT);
	assert_int_equal(put(f, PAGE, "x"), 0);
}

static void test_hostile_mappings_are_refused(void **state)
{
	static const struct {
		uint64_t iova, size, offset;
		unsigned int prot;
	} bad[] = {
		{ 0, 0, 0, RW },
		{ 0, 1, 0, RW },
		{ 1, PAGE, 0, RW },
		{ 0, PAGE, 1, RW },
		{ 0, PAGE, 0, 0 },
		{ 0, PAGE, 0, 4 },
		{ UINT64_MAX - PAGE + 1, 2 * PAGE, 0, RW },
		{ PAGE, UINT64_MAX - PAGE + 1, 0, RW },
		{ 0, PAGE, UINT64_MAX - PAGE + 1, RW },
		{ 0, UINT64_MAX - PAGE + 1, 0, RW },
		{ 0, PAGE, INT64_MAX - PAGE + 1, RW },
	};
	struct fixture *f = *state;

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(guestmem_map(f->gm, bad[i].iova, bad[i].size, f->fd,
					      bad[i].offset, bad[i].prot), -EINVAL);
	assert_null(guestmem_at(f->gm, 0));
	assert_int_equal(guestmem_map(f->gm, UINT64_MAX - PAGE + 1, PAGE, f->fd, 0, RW), 0);
	assert_int_equal(put(f, UINT64_MAX, "x"), 0);
	assert_int_equal(put(f, UINT64_MAX, "xy"), -EFAULT);
}

static void test_a_descriptor_that_cannot_be_mapped_is_refused(void **state)
{
	struct fixture *f = *state;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_true(guestmem_map(f->gm, 0, PAGE, fds[0], 0, RW) < 0);
	assert_null(guestmem_at(f->gm, 0));
	close(fds[0]);
	close(fds[1]);
}

static void test_overlaps_are_refused_on_either_side(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(guestmem_map(f->gm, 0x4000, 2 * PAGE, -1, 0, RW), 0);
	assert_int_equal(guestmem_map(f->gm, 0x4000, 2 * PAGE, -1, 0, RW), -EEXIST);
	assert_int_equal(guestmem_map(f->gm, 0x3000, 2 * PAGE, -1, 0, RW), -EEXIST);
	assert_int_equal(guestmem_map(f->gm, 0x5000, 2 * PAGE, -1, 0, RW), -EEXIST);
	assert_int_equal(guestmem_map(f->gm, 0x0000, 16 * PAGE, -1, 0, RW), -EEXIST);
	assert_int_equal(guestmem_map(f->gm, 0x3000, PAGE, -1, 0, RW), 0);
	assert_int_equal(guestmem_map(f->gm, 0x6000, PAGE, -1, 0, RW), 0);
}

static void test_unmap_takes_all_mappings_of_a_range(void **state)
{
	struct fixture *f = *state;
	char buf[1];

	for (uint64_t i = 4; i < 9; i++)
		assert_int_equal(guestmem_map(f->gm, i * PAGE, PAGE, f->fd, 0, RW), 0);
	assert_int_equal(guestmem_unmap(f->gm, 0, 4 * PAGE), 0);
	assert_int_equal(guestmem_unmap(f->gm, 9 * PAGE, UINT64_MAX - 9 * PAGE + 1), 0);
	assert_int_equal(get(f, 7 * PAGE, buf, 1), 0);
	assert_int_equal(guestmem_unmap(f->gm, 5 * PAGE, 3 * PAGE), 3);
	assert_int_equal(get(f, 5 * PAGE, buf, 1), -EFAULT);
	assert_int_equal(get(f, 7 * PAGE, buf, 1), -EFAULT);
	assert_int_equal(get(f, 4 * PAGE, buf, 1), 0);
	assert_int_equal(get(f, 8 * PAGE, buf, 1), 0);
	assert_int_equal(guestmem_unmap(f->gm, PAGE, UINT64_MAX - PAGE + 1), 2);
	assert_null(guestmem_at(f->gm, 0));
}

static void test_unmap_cuts_no_mapping(void **state)
{
	struct fixture *f = *state;
	char buf[1];

	assert_int_equal(guestmem_map(f->gm, 0x4000, 2 * PAGE, f->fd, 0, RW), 0);
	assert_int_equal(guestmem_map(f->gm, 0x8000, PAGE, f->fd, 0, RW), 0);
	assert_int_equal(get(f, 0x4000, buf, 1), 0);
	assert_int_equal(guestmem_unmap(f->gm, 0x4000, PAGE), -EINVAL);
	assert_int_equal(guestmem_unmap(f->gm, 0x5000, PAGE), -EINVAL);
	assert_int_equal(guestmem_unmap(f->gm, 0x5000, 5 * PAGE), -EINVAL);
	assert_int_equal(guestmem_unmap(f->gm, 0x3000, 2 * PAGE), -EINVAL);
	assert_int_equal(guestmem_unmap(f->gm, 0x8000, 0), -EINVAL);
	assert_int_equal(guestmem_unmap(f->gm, 0x8000, UINT64_MAX), -EINVAL);
	assert_int_equal(get(f, 0x8000, buf, 1), 0);
	assert_int_equal(guestmem_unmap(f->gm, 0x4000, 2 * PAGE), 1);
	assert_int_equal(get(f, 0x4000, buf, 1), -EFAULT);
	assert_int_equal(get(f, 0x8000, buf, 1), 0);
	guestmem_unmap_all(f->gm);
	assert_int_equal(get(f, 0x8000, buf, 1), -EFAULT);
}

static void test_the_number_of_mappings_is_bounded(void **state)
{
	struct fixture *f = *state;

	for (uint64_t i = 0; i < GUESTMEM_MAX_MAPPINGS; i++)
		assert_int_equal(guestmem_map(f->gm, i * PAGE, PAGE, -1, 0, RW), 0);
	assert_int_equal(guestmem_map(f->gm, UINT64_C(1) << 40, PAGE, -1, 0, RW), -ENOSPC);
	assert_int_equal(guestmem_unmap(f->gm, 7 * PAGE, PAGE), 1);
	assert_int_equal(guestmem_map(f->gm, UINT64_C(1) << 40, PAGE, -1, 0, RW), 0);
}

static int say_message(void *ctx, uint64_t iova, void *buf, size_t len, bool write)
{
	snprintf(ctx, 64, "%s %llx+%zu", write ? "write" : "read", (unsigned long long)iova, len);
	memset(buf, 'm', write ? 0 : len);
	return 0;
}

static void test_memory_without_a_file_is_reached_by_messages(void **state)
{
	struct fixture *f = *state;
	char said[64] = "", buf[5] = "";

	assert_int_equal(guestmem_map(f->gm, 0x1000, PAGE, f->fd, 0, RW), 0);
	assert_int_equal(guestmem_map(f->gm, 0x2000, PAGE, -1, 0, RW), 0);
	memcpy(f->mem + PAGE - 2, "ff", 2);
	assert_int_equal(get(f, 0x1ffe, buf, 4), -EFAULT);
	assert_string_equal(buf, "");
	assert_int_equal(guestmem_copy(f->gm, 0x1ffe, buf, 4, false, say_message, said), 0);
	assert_string_equal(buf, "ffmm");
	assert_string_equal(said, "read 2000+2");
}

static void test_a_shrunk_file_is_a_failed_access_and_no_signal(void **state)
{
	struct fixture *f = *state;
	static char buf[4 * PAGE];

	sigaction(SIGBUS, &ours, NULL);
	assert_int_equal(guestmem_map(f->gm, 0, 4 * PAGE, f->fd, 0, RW), 0);
	assert_int_equal(get(f, 0, buf, sizeof(buf)), 0);
	assert_int_equal(ftruncate(f->fd, PAGE), 0);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(get(f, PAGE - 1, buf, 1), 0);
		assert_int_equal(get(f, PAGE, buf, 1), -EFAULT);
		assert_int_equal(get(f, PAGE - 10, buf, 2 * PAGE), -EFAULT);
		assert_int_equal(put(f, 3 * PAGE + 17, "x"), -EFAULT);
	}
	assert_int_equal(ftruncate(f->fd, 4 * PAGE), 0);
	assert_int_equal(put(f, 3 * PAGE + 17, "x"), 0);
}

static void test_a_foreign_bus_error_still_kills(void **state)
{
	struct fixture *f = *state;
	int status;
	pid_t pid;

	assert_int_equal(ftruncate(f->fd, 0), 0);
	sigaction(SIGBUS, &ours, NULL);
	pid = fork();
	if (pid == 0) {
		freopen("/dev/null", "w", stderr);
		*(volatile uint8_t *)f->mem = 1;
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_a_sent_bus_error_still_kills(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	sigaction(SIGBUS, &ours, NULL);
	pid = fork();
	if (pid == 0) {
		freopen("/dev/null", "w", stderr);
		raise(SIGBUS);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* As an index of a ring that goes from 0x00ff to 0x0100. */
enum { ROUNDS = 2000000 };

struct other_side {
	_Atomic(uint16_t) *index;
	_Atomic(bool) done;
};

static void *index_move(void *arg)
{
	struct other_side *o = arg;

	while (!o->done) {
		atomic_store(o->index, 0x00ff);
		atomic_store(o->index, 0x0100);
	}
	return NULL;
}

static void test_an_index_that_moves_is_read_before_or_after_it(void **state)
{
	struct fixture *f = *state;
	struct other_side o = { .index = (_Atomic(uint16_t) *)(void *)f->mem };
	unsigned int torn = 0, seen[2] = { 0 };
	pthread_t thread;
	uint16_t index;

	assert_int_equal(guestmem_map(f->gm, 0, PAGE, f->fd, 0, RW), 0);
	atomic_store(o.index, 0x00ff);
	assert_int_equal(pthread_create(&thread, NULL, index_move, &o), 0);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		(void)get(f, 0, &index, sizeof(index));
		if (index == 0x00ff || index == 0x0100)
			seen[index == 0x0100]++;
		else
			torn++;
	}
	o.done = true;
	pthread_join(thread, NULL);
	assert_int_equal(torn, 0);
	assert_true(seen[0] > 0 && seen[1] > 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_a_copy_reads_and_writes_the_file_at_the_mappings_offset),
		T(test_a_copy_spans_mappings_that_adjoin),
		T(test_a_write_that_ends_outside_writes_nothing),
		T(test_what_is_not_mapped_is_a_fault),
		T(test_permissions_are_honoured_both_ways),
		T(test_hostile_mappings_are_refused),
		T(test_a_descriptor_that_cannot_be_mapped_is_refused),
		T(test_overlaps_are_refused_on_either_side),
		T(test_unmap_takes_all_mappings_of_a_range),
		T(test_unmap_cuts_no_mapping),
		T(test_the_number_of_mappings_is_bounded),
		T(test_memory_without_a_file_is_reached_by_messages),
		T(test_a_shrunk_file_is_a_failed_access_and_no_signal),
		T(test_a_foreign_bus_error_still_kills),
		T(test_a_sent_bus_error_still_kills),
		T(test_an_index_that_moves_is_read_before_or_after_it),
	};

	guestmem_free(guestmem_new());
	sigaction(SIGBUS, NULL, &ours);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
