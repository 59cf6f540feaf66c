/* SPDX-License-Identifier: BSD-2-Clause */
/* Plug-ins from shared libraries: what is loaded, what is refused, what is left of it. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "emu/load.h"
#include "tests/open_fds.h"
#include "tests/rig.h"

static char err[1024];
static char said[1024];		/* to the user, last */

static void say(void *ctx, const char *line)
{
	(void)ctx;
	snprintf(said, sizeof(said), "%s", line);
}

static int setup_rig(void **state)
{
	struct rig *rig;
	int rc = rig_setup(state);

	err[0] = said[0] = '\0';
	rig = *state;
	rig->taps->say = say;
	return rc;
}

/* What vendor command 80h answers; 0: it is not answered. */
static uint32_t ask(struct rig *rig)
{
	struct nvme_command cmd = { .opc = 0x80, .nsid = 1 };

	return driver_command(&rig->driver, 1, &cmd) == 0 ? rig->driver.cpl.cdw0 : 0;
}

static bool has_plugin(const struct rig *rig, const char *name)
{
	for (const struct nvmetap_plugin *p = rig->taps->plugins; p != NULL; p = plugin_next(p)) {
		if (!plugin_gone(p) && strcmp(plugin_name(p), name) == 0)
			return true;
	}
	return false;
}

static bool in_memory(const char *path)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);

	if (handle != NULL)
		dlclose(handle);
	return handle != NULL;
}

static void refused(struct rig *rig, const char *what, int rc, const char *line)
{
	assert_int_equal(load_plugin(rig->taps, what, err, sizeof(err)), rc);
	assert_string_equal(err, line);
}

static void loads(struct rig *rig, const char *what)
{
	if (load_plugin(rig->taps, what, err, sizeof(err)) != 0)
		fail_msg("%s", err);
}

static void test_a_file_is_loaded_and_called_after_it(void **state)
{
	struct rig *rig = *state;

	loads(rig, "tests/odd_plugin.so");
	assert_true(has_plugin(rig, "odd_plugin"));
	assert_int_equal(ask(rig), 1);
	assert_int_equal(ask(rig), 2);
}

static void test_a_file_that_is_loaded_twice_has_two_sets_of_variables(void **state)
{
	struct rig *rig = *state;

	loads(rig, "tests/odd_plugin.so");
	assert_int_equal(ask(rig), 1);
	loads(rig, "./tests/odd_plugin.so");
	loads(rig, "tests/odd_plugin.so");
	assert_true(has_plugin(rig, "odd_plugin#2"));
	assert_true(has_plugin(rig, "odd_plugin#3"));
	assert_int_equal(load_remove(rig->taps, "odd_plugin", err, sizeof(err)), 0);
	assert_int_equal(ask(rig), 1);
	assert_int_equal(ask(rig), 2);
	assert_int_equal(load_remove(rig->taps, "odd_plugin#2", err, sizeof(err)), 0);
	assert_int_equal(ask(rig), 1);
	assert_int_equal(load_remove(rig->taps, "odd_plugin#3", err, sizeof(err)), 0);
	assert_int_equal(ask(rig), 0);
}

static void test_what_is_unloaded_leaves_memory_and_may_come_again(void **state)
{
	struct rig *rig = *state;

	for (int i = 0; i < 300; i++) {
		loads(rig, "tests/odd_plugin.so");
		assert_int_equal(ask(rig), 1);
		assert_int_equal(load_remove(rig->taps, "odd_plugin", err, sizeof(err)), 0);
		assert_false(in_memory("tests/odd_plugin.so"));
	}
}

static void test_copies_leave_no_descriptors_behind(void **state)
{
	struct rig *rig = *state;
	unsigned int before;

	loads(rig, "tests/odd_plugin.so");
	before = nr_open_fds();
	for (int i = 0; i < 10; i++) {
		loads(rig, "tests/odd_plugin.so");
		assert_int_equal(load_remove(rig->taps, "odd_plugin#2", err, sizeof(err)), 0);
	}
	assert_int_equal(nr_open_fds(), before);
}

static void test_a_comma_written_twice_is_one(void **state)
{
	struct rig *rig = *state;

	unlink("tests/odd,1.so");
	assert_int_equal(symlink("odd_plugin.so", "tests/odd,1.so"), 0);
	loads(rig, "tests/odd,,1.so,do=abo,,rt,ms=1");
	unlink("tests/odd,1.so");
	assert_true(has_plugin(rig, "odd,1"));
}

static void test_what_is_no_plug_in_is_refused_in_one_line(void **state)
{
	struct rig *rig = *state;
	char line[256];

	refused(rig, "", -ENOENT, "no file is named");
	refused(rig, "tests/none.so,a=b", -ENOENT, "tests/none.so: No such file or directory");
	refused(rig, "tests", -EISDIR, "tests: Is a directory");
	refused(rig, "/dev/null", -ENOEXEC, "/dev/null: not a shared library");
	refused(rig, "Makefile", -ENOEXEC, "Makefile: not a shared library");
	refused(rig, "tests/test_load", -ENOEXEC,
		"tests/test_load: cannot dynamically load position-independent executable");
	refused(rig, "tests/odd_setup.so", -ENOEXEC,
		"tests/odd_setup.so: no plug-in: it has no function setup");
	refused(rig, "tests/odd_header.so", -ENOEXEC,
		"tests/odd_header.so: not built with nvmetap/plugin.h: it has no nvmetap_abi");
	refused(rig, "tests/odd_symbol.so", -ENOEXEC,
		"tests/odd_symbol.so: undefined symbol: from_nowhere");
	refused(rig, "tests/odd_version.so", -ENOEXEC,
		"tests/odd_version.so: built for version 1000 of the plug-in interface, this is 1");
	snprintf(line, sizeof(line), "tests/odd_size.so: built with a newer nvmetap/plugin.h: "
				     "its struct nvmetap_irq has 10000 bytes, here it has %zu",
		 sizeof(struct nvmetap_irq));
	refused(rig, "tests/odd_size.so", -ENOEXEC, line);
	assert_false(in_memory("tests/odd_version.so"));
	assert_false(in_memory("tests/odd_size.so"));
}

static void test_a_setup_that_refuses_after_it_has_attached_leaves_nothing(void **state)
{
	struct rig *rig = *state;

	rig_watch(rig, "nvmetap:log:writeback");
	refused(rig, "tests/odd_plugin.so,do=refuse", -ECANCELED,
		"tests/odd_plugin.so: I would rather not (setup answered 7)");
	assert_int_equal(ask(rig), 0);
	assert_false(in_memory("tests/odd_plugin.so"));
	assert_false(has_plugin(rig, "odd_plugin"));
	assert_string_equal(rig_seen(rig, NVMETAP_EV_LOG, 0)->text, "I would\nrather not");
}

static void test_who_attaches_to_an_unknown_tap_is_told_the_near_ones(void **state)
{
	struct rig *rig = *state;

	refused(rig, "tests/odd_plugin.so,do=misspell", -ECANCELED,
		"tests/odd_plugin.so: no tap nvme:io:decod; near: nvme:io:decode, nvme:io:fetch, "
		"nvme:io:memory (setup answered -2)");
}

static void test_an_option_that_setup_does_not_ask_for_is_refused_with_the_nearest(void **state)
{
	struct rig *rig = *state;

	refused(rig, "tests/odd_plugin.so,do=grumble,n=3,ms=1,answer", -ECANCELED,
		"tests/odd_plugin.so: no option n; near: nr; no option answer");
	assert_string_equal(said, "odd_plugin: teardown answered 5");
	assert_false(has_plugin(rig, "odd_plugin"));
	assert_false(in_memory("tests/odd_plugin.so"));
	assert_int_equal(ask(rig), 0);
	loads(rig, "tests/odd_plugin.so,do=grumble,nr=3,ms=1");
	assert_int_equal(ask(rig), 1);
}

static void test_the_user_is_told_of_an_unknown_tap_even_if_setup_does_not_mind(void **state)
{
	struct rig *rig = *state;

	loads(rig, "tests/odd_plugin.so,do=overlook");
	assert_non_null(strstr(said, "odd_plugin: no tap nvme:io:decod; near: nvme:io:decode"));
	assert_int_equal(ask(rig), 1);
}

static void test_an_option_that_is_given_twice_is_refused(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(load_plugin(rig->taps, "tests/odd_plugin.so,nr=1,ms=2,nr=3", err,
				     sizeof(err)), -ECANCELED);
	assert_string_equal(err, "tests/odd_plugin.so: option nr is given twice");
	assert_false(has_plugin(rig, "odd_plugin"));
}

static void test_a_tap_without_short_callbacks_is_refused_to_the_short_interface(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(load_plugin(rig->taps, "tests/odd_plugin.so,do=abbreviate", err,
				     sizeof(err)), -ECANCELED);
	assert_non_null(strstr(err, "no callback for such a tap; nvmetap_attach has"));
}

static void test_a_thread_of_a_plug_in_may_ask_for_what_is_marked_only(void **state)
{
	struct rig *rig = *state;

	loads(rig, "tests/odd_plugin.so,do=stray");
	assert_int_equal(rig_read_block(rig), 0);
}

static void test_a_teardown_that_complains_is_told(void **state)
{
	struct rig *rig = *state;

	loads(rig, "tests/odd_plugin.so,do=grumble");
	assert_int_equal(load_remove(rig->taps, "odd_plugin", err, sizeof(err)), 0);
	assert_string_equal(said, "odd_plugin: teardown answered 5");
}

static void test_a_name_that_is_not_loaded_is_answered_with_the_near_ones(void **state)
{
	struct rig *rig = *state;

	loads(rig, "tests/odd_plugin.so");
	assert_int_equal(load_remove(rig->taps, "od_plugin", err, sizeof(err)), -ENOENT);
	assert_string_equal(err, "no plug-in od_plugin was loaded; near: odd_plugin");
	assert_int_equal(load_remove(rig->taps, "watcher", err, sizeof(err)), -ENOENT);
}

static void test_what_a_plug_in_holds_ends_with_internal_error_when_it_is_unloaded(void **state)
{
	struct rig *rig = *state;
	struct nvme_command cmd = rig_read_command(1, driver_alloc(&rig->driver, 512));
	struct nvme_completion cpl;

	loads(rig, "tests/odd_plugin.so,do=hold");
	for (int i = 0; i < 3; i++)
		driver_submit(&rig->driver, 1, &cmd);
	rig_settle(rig);
	assert_false(driver_peek(&rig->driver, 1));
	assert_int_equal(load_remove(rig->taps, "odd_plugin", err, sizeof(err)), 0);
	assert_false(in_memory("tests/odd_plugin.so"));
	for (int i = 0; i < 3; i++) {
		assert_true(driver_wait(&rig->driver, 1, &cpl));
		assert_int_equal(status_code(&cpl), ST(INTERNAL_DEVICE_ERROR));
	}
	assert_int_equal(rig_read_block(rig), 0);
}

static void test_what_threads_of_a_plug_in_have_posted_is_forgotten_when_it_is_unloaded(void **state)
{
	struct rig *rig = *state;

	for (int i = 0; i < 5; i++) {
		loads(rig, "tests/odd_plugin.so,do=post");
		for (int reads = 0; reads < 100; reads++)
			assert_int_equal(rig_read_block(rig), 0);
		assert_int_equal(load_remove(rig->taps, "odd_plugin", err, sizeof(err)), 0);
		assert_false(in_memory("tests/odd_plugin.so"));
		rig_settle(rig);
	}
	assert_int_equal(rig_read_block(rig), 0);
}

int main(void)
{
#define LOAD_TEST(name) cmocka_unit_test_setup_teardown(name, setup_rig, rig_teardown)
	const struct CMUnitTest tests[] = {
		LOAD_TEST(test_a_file_is_loaded_and_called_after_it),
		LOAD_TEST(test_a_file_that_is_loaded_twice_has_two_sets_of_variables),
		LOAD_TEST(test_what_is_unloaded_leaves_memory_and_may_come_again),
		LOAD_TEST(test_copies_leave_no_descriptors_behind),
		LOAD_TEST(test_a_comma_written_twice_is_one),
		LOAD_TEST(test_what_is_no_plug_in_is_refused_in_one_line),
		LOAD_TEST(test_a_setup_that_refuses_after_it_has_attached_leaves_nothing),
		LOAD_TEST(test_who_attaches_to_an_unknown_tap_is_told_the_near_ones),
		LOAD_TEST(test_the_user_is_told_of_an_unknown_tap_even_if_setup_does_not_mind),
		LOAD_TEST(
			test_an_option_that_setup_does_not_ask_for_is_refused_with_the_nearest),
		LOAD_TEST(test_an_option_that_is_given_twice_is_refused),
		LOAD_TEST(test_a_tap_without_short_callbacks_is_refused_to_the_short_interface),
		LOAD_TEST(test_a_thread_of_a_plug_in_may_ask_for_what_is_marked_only),
		LOAD_TEST(test_a_teardown_that_complains_is_told),
		LOAD_TEST(test_a_name_that_is_not_loaded_is_answered_with_the_near_ones),
		LOAD_TEST(test_what_a_plug_in_holds_ends_with_internal_error_when_it_is_unloaded),
		LOAD_TEST(
			test_what_threads_of_a_plug_in_have_posted_is_forgotten_when_it_is_unloaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
