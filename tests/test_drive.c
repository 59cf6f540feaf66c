/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole drive over vfio-user, as a program makes it and a guest uses it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "emu/drive.h"
#include "tests/vfio_access.h"

enum { SIZE = 8 << 20 };

struct fixture {
	struct drive *drive;
	pthread_t thread;
	int result;
	struct vfio_access way;
	struct nvme_driver driver;
	unsigned int nr_completions, nr_torn_down;
	uint64_t last_seq;
	bool in_order;
};

static void failed(void *ctx, int err)
{
	(void)ctx;
	fail_msg("the drive does not answer: %s", strerror(-err));
}

static void *run(void *ctx)
{
	struct fixture *f = ctx;

	f->result = drive_run(f->drive);
	return NULL;
}

static int watch(void *ctx, struct nvmetap_event *ev)
{
	struct fixture *f = ctx;

	f->in_order = f->in_order && ev->seq == f->last_seq + 1;
	f->last_seq = ev->seq;
	f->nr_completions += ev->event == NVMETAP_EV_COMPLETION;
	return 0;
}

static int watcher_setup(struct nvmetap_plugin *self, void *ctx)
{
	static const char *const taps[] = {
		"pci:regread:writeback", "pci:regwrite:decode", "nvme:regread:writeback",
		"nvme:regwrite:decode",	 "nvme:io:decode",	"nvme:io:writeback",
		"nvme:admin:decode",	 "nvme:admin:writeback", "pci:msix:writeback",
		"nvme:ctrl:execute",	 "nvme:queue:execute",	"host:dmamap:execute",
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(taps) / sizeof(taps[0]); i++)
		rc = nvmetap_attach(self, taps[i], watch, ctx, NVMETAP_OBSERVE);
	return rc;
}

static void watcher_teardown(struct nvmetap_plugin *self, void *ctx)
{
	(void)self;
	((struct fixture *)ctx)->nr_torn_down++;
}

static void start(struct fixture *f, bool shared)
{
	static const char *const ns[] = { "mem=4M", "mem=1M,lbads=12,ro" };
	struct drive_plugin plugin = { "watcher", watcher_setup, watcher_teardown, f };
	struct drive_config config = { .ns = ns, .nr_ns = 2, .bdf = 0x30, .once = true };
	char err[256] = "";
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	config.vfio_user_fd = fds[0];
	f->drive = drive_new(&config, err, sizeof(err));
	assert_string_equal(err, "");
	assert_non_null(f->drive);
	f->in_order = true;
	assert_int_equal(drive_add_plugin(f->drive, &plugin, NULL), 0);
	assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
	f->way.failed = failed;
	assert_int_equal(vfio_access_take(&f->way, fds[1], SIZE, shared), 0);
	driver_init(&f->driver, &f->way.access, true);
	assert_true(driver_enable(&f->driver, 32));
	assert_int_equal(driver_create(&f->driver, 1, 64, 1), 0);
}

static void finish(struct fixture *f)
{
	vfio_access_close(&f->way);
	pthread_join(f->thread, NULL);
	assert_int_equal(f->result, 0);
	assert_int_equal(f->nr_torn_down, 1);
	drive_free(f->drive);
}

static void write_read_compare(struct fixture *f)
{
	struct nvme_command cmd = { .opc = NVME_OPC_WRITE, .nsid = 1, .cdw10 = 100, .cdw12 = 15 };
	uint64_t out = driver_alloc(&f->driver, 8192), in = driver_alloc(&f->driver, 8192);

	for (unsigned int i = 0; i < 8192; i++)
		((uint8_t *)driver_ptr(&f->driver, out))[i] = (uint8_t)(i * 7 + i / 256);
	cmd.prp1 = out;
	cmd.prp2 = out + 4096;
	assert_int_equal(driver_command(&f->driver, 1, &cmd), 0);
	cmd.opc = NVME_OPC_READ;
	cmd.prp1 = in;
	cmd.prp2 = in + 4096;
	assert_int_equal(driver_command(&f->driver, 1, &cmd), 0);
	assert_memory_equal(driver_ptr(&f->driver, in), driver_ptr(&f->driver, out), 8192);
}

/* A guest that is slow may find every completion without waiting; the
 * interrupt is then still there. */
static bool was_interrupted(struct fixture *f)
{
	return f->way.nr_waits > 0 || f->way.access.wait(f->way.access.ctx);
}

static void test_a_guest_writes_and_reads_back(void **state)
{
	struct fixture f = { 0 };

	(void)state;
	start(&f, true);
	write_read_compare(&f);
	assert_true(was_interrupted(&f));
	finish(&f);
	/* Create twice, write, read; and no number is missing or doubled. */
	assert_int_equal(f.nr_completions, 4);
	assert_true(f.in_order);
}

static void test_a_guest_without_shared_memory_writes_and_reads_back(void **state)
{
	struct fixture f = { 0 };

	(void)state;
	start(&f, false);
	write_read_compare(&f);
	assert_true(vfio_client_nr_dma(f.way.client) > 0);
	finish(&f);
}

/* All memory is unmapped and mapped again, with other bytes behind the same addresses. */
static void map_anew(struct fixture *f, bool shared)
{
	struct nvme_access *access = &f->way.access;
	uint8_t *copy = malloc(SIZE);
	void *mem;

	assert_non_null(copy);
	memcpy(copy, access->memory, SIZE);
	assert_int_equal(vfio_client_unmap(f->way.client, access->iova), 0);
	assert_int_equal(vfio_client_map(f->way.client, access->iova, SIZE,
					 VFIO_CLIENT_READ | VFIO_CLIENT_WRITE, shared, &mem), 0);
	memcpy(mem, copy, SIZE);
	access->memory = mem;
	free(copy);
}

static void test_queues_live_on_in_memory_that_is_mapped_anew(void **state)
{
	struct nvme_command aer = { .opc = NVME_OPC_ASYNC_EVENT_REQUEST };
	struct fixture f = { 0 };

	(void)state;
	start(&f, true);
	driver_submit(&f.driver, 0, &aer);
	for (unsigned int i = 0; i < 4; i++) {
		write_read_compare(&f);
		map_anew(&f, i % 2 != 0);
	}
	write_read_compare(&f);
	finish(&f);
}

static void test_a_guest_that_goes_with_commands_in_flight_is_survived(void **state)
{
	struct nvme_command aer = { .opc = NVME_OPC_ASYNC_EVENT_REQUEST };
	struct nvme_command flush = { .opc = NVME_OPC_FLUSH, .nsid = 1 };
	struct fixture f = { 0 };

	(void)state;
	start(&f, true);
	driver_submit(&f.driver, 0, &aer);
	for (unsigned int i = 0; i < 60; i++)
		driver_submit(&f.driver, 1, &flush);
	finish(&f);
}

static void refuse(struct drive_config *config, const char *why)
{
	char err[256] = "";
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	config->vfio_user_fd = fds[0];
	assert_null(drive_new(config, err, sizeof(err)));
	assert_non_null(strstr(err, why));
	assert_null(strchr(err, '\n'));
	close(fds[1]);
}

static void test_what_cannot_be_is_refused_with_the_option_s_name(void **state)
{
	static const char *const bad[] = { "mem=1M", "mem=nothing" };
	struct drive_config config = { 0 };

	(void)state;
	config.serial = "123456789012345678901";
	refuse(&config, "--serial");
	config.serial = "new\nline";
	refuse(&config, "--serial");
	config.serial = NULL;
	config.firmware = "123456789";
	refuse(&config, "--firmware");
	config.firmware = NULL;
	config.ns = bad;
	config.nr_ns = 2;
	refuse(&config, "mem=nothing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_guest_writes_and_reads_back),
		cmocka_unit_test(test_a_guest_without_shared_memory_writes_and_reads_back),
		cmocka_unit_test(test_queues_live_on_in_memory_that_is_mapped_anew),
		cmocka_unit_test(test_a_guest_that_goes_with_commands_in_flight_is_survived),
		cmocka_unit_test(test_what_cannot_be_is_refused_with_the_option_s_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
