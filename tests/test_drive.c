/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole drive over vfio-user, as a program makes it and a guest uses it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tests/served_drive.h"
#include "tests/vfio_access.h"

enum { SIZE = 8 << 20 };

struct fixture {
	struct served_drive served;
	struct vfio_access way;
	struct nvme_driver driver;
	unsigned int nr_completions, nr_torn_down;
	uint64_t last_seq;
	bool in_order;
};

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
	struct drive_plugin plugin = { "watcher", watcher_setup, watcher_teardown, f };
	struct drive_config config = { .once = true };
	int fd;

	f->in_order = true;
	fd = served_drive_connect(&f->served, &config, &config.vfio_user_fd, &plugin);
	f->way.failed = served_drive_failed;
	assert_int_equal(vfio_access_take(&f->way, fd, SIZE, shared), 0);
	driver_init(&f->driver, &f->way.access, true);
	served_drive_enable(&f->driver);
}

static void finish(struct fixture *f)
{
	vfio_access_close(&f->way);
	served_drive_join(&f->served);
	assert_int_equal(f->nr_torn_down, 1);
	drive_free(f->served.drive);
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
	served_drive_write_read(&f.driver);
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
	served_drive_write_read(&f.driver);
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
		served_drive_write_read(&f.driver);
		map_anew(&f, i % 2 != 0);
	}
	served_drive_write_read(&f.driver);
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
