/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tracer as a shared object, in a program that offers the functions of the
 * plug-in header and nothing else: a tracer that uses anything of the
 * emulation's does not even load.
 */
#include "config.h"
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/fake_drive.h"
#include "tracer/reader.h"

typedef int entry_fn(void);

static void *library;
static const char path[] = "test_loadable.pcapng";

static int load(void **state)
{
	(void)state;
	library = dlopen("tests/tracer.so", RTLD_NOW | RTLD_LOCAL);
	if (library == NULL)
		print_error("%s\n", dlerror());
	return library == NULL;
}

static int unload(void **state)
{
	(void)state;
	unlink(path);
	return dlclose(library);
}

static entry_fn *function(const char *name)
{
	union {
		void *any;
		entry_fn *fn;
	} u;

	u.any = dlsym(library, name);
	assert_non_null(u.any);
	return u.fn;
}

static void test_it_carries_the_abi_of_the_header(void **state)
{
	const uint32_t *abi = dlsym(library, "nvmetap_abi");

	(void)state;
	assert_non_null(abi);
	assert_int_equal(abi[0], NVMETAP_ABI);
	assert_int_equal(abi[1], sizeof(struct nvmetap_event));
}

static void test_it_records_what_it_is_asked_for(void **state)
{
	struct nvmetap_access acc = {.offset = 4, .width = 2};
	struct nvmetap_event ev = {.acc = &acc};
	struct reader_packet pkt;
	struct record rec;
	struct reader *reader;
	char err[512];

	(void)state;
	fake_reset();
	fake.options = "write=test_loadable.pcapng,events=pci+reg-reg,name=my drive";
	assert_int_equal(function("setup")(), 0);
	assert_int_equal(fake_fire(NVMETAP_TAP_CFGREAD, &ev), 1);
	assert_int_equal(fake_fire(NVMETAP_TAP_REGREAD, &ev), 0);
	assert_int_equal(function("teardown")(), 0);
	assert_int_equal(fake_fire(NVMETAP_TAP_CFGREAD, &ev), 0);
	reader = reader_open(path, err, sizeof(err));
	assert_non_null(reader);
	assert_int_equal(reader_next(reader, &pkt, &rec), 1);
	assert_int_equal(rec.event, NVMETAP_EV_SESSION);
	assert_int_equal(reader_next(reader, &pkt, &rec), 1);
	assert_int_equal(rec.event, NVMETAP_EV_CFGREAD);
	assert_string_equal(pkt.interface->name, "my drive");
	assert_int_equal(reader_next(reader, &pkt, &rec), 0);
	reader_close(reader);
}

static void assert_refused(const char *options, const char *why)
{
	fake_reset();
	fake.options = options;
	assert_int_not_equal(function("setup")(), 0);
	assert_non_null(strstr(fake.log, why));
	assert_int_equal(function("teardown")(), 0);
}

static void test_bad_options_are_refused_with_a_word(void **state)
{
	(void)state;
	assert_refused("lossless", "write=FILE is missing");
	assert_refused("write=x,snap=many", "snap=many is no number of bytes");
	assert_refused("write=x,events=no", "unknown event word 'no'");
	assert_refused("write=no/such/folder/x", "No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_carries_the_abi_of_the_header),
		cmocka_unit_test(test_it_records_what_it_is_asked_for),
		cmocka_unit_test(test_bad_options_are_refused_with_a_word),
	};

	return cmocka_run_group_tests_name("loadable", tests, load, unload);
}
