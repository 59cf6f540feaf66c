/* SPDX-License-Identifier: BSD-2-Clause */
/* What is still done when the program crashes, in children that do. */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "emu/crash.h"
#include "emu/library.h"
#include "emu/sigbus.h"
#include "emu/tap.h"

enum { PAGE = 4096 };

/* What a child's save was given, as it says it to its parent. */
struct said {
	char line[512];
	bool own;
	int status;		/* of the child */
};

static int to_parent;
static struct watch_mark mark;

static bool save(void *ctx, bool own, const char *line)
{
	struct said said = { .own = own };

	(void)ctx;
	strncpy(said.line, line, sizeof(said.line) - 1);
	return write(to_parent, &said, sizeof(said)) == sizeof(said);
}

static struct crash crash = { .mark = &mark, .save = save };

/* Runs fn in a child whose main thread is a controller's. */
static struct said in_child(void (*fn)(void))
{
	struct rlimit none = { 0, 0 };
	struct said said = { .line = "" };
	int ends[2], status;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		to_parent = ends[1];
		setrlimit(RLIMIT_CORE, &none);
		freopen("/dev/null", "w", stderr);
		for (int sig = 1; sig < 32; sig++)	/* those of CMocka or a sanitizer */
			signal(sig, SIG_DFL);
		if (crash_init() != 0 || crash_add(&crash) != 0)
			_exit(99);
		crash_enter(&crash);
		fn();
		_exit(0);
	}
	close(ends[1]);
	if (read(ends[0], &said, sizeof(said)) != sizeof(said))
		said.line[0] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	said.status = status;
	return said;
}

static void assert_killed(const struct said *said, int sig, const char *words)
{
	assert_true(WIFSIGNALED(said->status));
	assert_int_equal(WTERMSIG(said->status), sig);
	if (strstr(said->line, words) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", words, said->line);
}

static void *shrunk(void)
{
	int fd = memfd_create("shrunk", MFD_CLOEXEC);
	void *mem;

	if (fd < 0 || ftruncate(fd, PAGE) != 0)
		_exit(98);
	mem = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED || ftruncate(fd, 0) != 0)
		_exit(98);
	return mem;
}

static void copy_from_shrunk(void)
{
	char buf[16];

	for (int i = 0; i < 3; i++)
		if (sigbus_copy(shrunk(), buf, sizeof(buf), false) != -EFAULT)
			_exit(1);
}

static void test_copies_from_memory_that_is_gone_are_no_crash(void **state)
{
	struct said said = in_child(copy_from_shrunk);

	(void)state;
	assert_true(WIFEXITED(said.status));
	assert_int_equal(WEXITSTATUS(said.status), 0);
	assert_string_equal(said.line, "");
}

static void touch_shrunk(void)
{
	*(volatile char *)shrunk() = 1;
}

static void test_other_accesses_to_it_are(void **state)
{
	struct said said = in_child(touch_shrunk);

	(void)state;
	assert_killed(&said, SIGBUS, "nvmetap itself crashed");
	assert_true(said.own);
}

static char *volatile low = (char *)16;

__attribute__((no_sanitize("address", "undefined"))) static void touch_nothing(void)
{
	*low = 1;
}

static void touch_nothing_in_plugin(void)
{
	unsigned int nr = library_add("guilty");

	(void)watch_enter(&mark, watch_place(nr, NVMETAP_TAP_ADMIN_FETCH));
	touch_nothing();
}

static void test_a_crash_in_marked_code_names_plug_in_and_tap(void **state)
{
	struct said said = in_child(touch_nothing_in_plugin);

	(void)state;
	assert_killed(&said, SIGSEGV, "plug-in guilty crashed in nvme:admin:fetch: SIGSEGV");
	assert_killed(&said, SIGSEGV, "at address 0x10");
	assert_true(said.own);
}

static void touch_nothing_after_plugin(void)
{
	unsigned int nr = library_add("innocent");

	watch_leave(&mark, watch_enter(&mark, watch_place(nr, WATCH_SETUP)));
	touch_nothing();
}

static void test_a_crash_after_marked_code_names_nobody(void **state)
{
	struct said said = in_child(touch_nothing_after_plugin);

	(void)state;
	assert_killed(&said, SIGSEGV, "nvmetap itself crashed, no plug-in's code: SIGSEGV");
}

static void *touch_nothing_here(void *ctx)
{
	(void)ctx;
	touch_nothing();
	return NULL;
}

/* The code of this program stands for that of a plug-in which is gone. */
static void touch_nothing_elsewhere(void)
{
	unsigned int nr = library_add("left");
	pthread_t thread;

	library_place(nr, (uintptr_t)touch_nothing & ~(uintptr_t)0xfff, 0x2000);
	library_remove(nr);
	pthread_create(&thread, NULL, touch_nothing_here, NULL);
	pthread_join(thread, NULL);
}

static void test_a_thread_that_outlived_its_plug_in_is_told_so(void **state)
{
	struct said said = in_child(touch_nothing_elsewhere);

	(void)state;
	assert_killed(&said, SIGSEGV,
		      "plug-in left crashed in a thread that ran on after teardown: SIGSEGV");
	assert_killed(&said, SIGSEGV, "code at left+0x");
	assert_false(said.own);
}

static void give_up(void)
{
	abort();
}

static void test_an_abort_is_a_crash(void **state)
{
	struct said said = in_child(give_up);

	(void)state;
	assert_killed(&said, SIGABRT, "nvmetap itself crashed, no plug-in's code: SIGABRT");
}

static void test_a_place_belongs_to_who_is_there_now(void **state)
{
	unsigned int old = library_add("old"), new, newer;

	(void)state;
	library_place(old, 0x10000, 0x1000);
	assert_int_equal(library_at(0x10000), old);
	assert_int_equal(library_at(0x10fff), old);
	assert_int_equal(library_at(0x11000), 0);
	assert_int_equal(library_at(0xffff), 0);
	library_remove(old);
	assert_int_equal(library_at(0x10800), old);
	assert_true(library_gone(old));
	new = library_add("new");
	assert_int_not_equal(new, old);
	library_place(new, 0x10800, 0x1000);
	assert_int_equal(library_at(0x10800), new);
	assert_string_equal(library_name(new), "new");
	newer = library_add("newer");
	library_place(newer, 0x10800, 0x1000);
	library_remove(newer);
	assert_int_equal(library_at(0x10800), new);
	library_remove(new);
}

static void test_numbers_are_given_again_when_all_were_used(void **state)
{
	unsigned int nr[LIBRARY_MAX];

	(void)state;
	for (unsigned int i = 0; i < LIBRARY_MAX; i++)
		assert_int_not_equal(nr[i] = library_add("many"), 0);
	assert_int_equal(library_add("one more"), 0);
	library_remove(nr[7]);
	assert_int_equal(library_add("another"), nr[7]);
	for (unsigned int i = 0; i < LIBRARY_MAX; i++)
		library_remove(nr[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copies_from_memory_that_is_gone_are_no_crash),
		cmocka_unit_test(test_other_accesses_to_it_are),
		cmocka_unit_test(test_a_crash_in_marked_code_names_plug_in_and_tap),
		cmocka_unit_test(test_a_crash_after_marked_code_names_nobody),
		cmocka_unit_test(test_a_thread_that_outlived_its_plug_in_is_told_so),
		cmocka_unit_test(test_an_abort_is_a_crash),
		cmocka_unit_test(test_a_place_belongs_to_who_is_there_now),
		cmocka_unit_test(test_numbers_are_given_again_when_all_were_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
