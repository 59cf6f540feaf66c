/* SPDX-License-Identifier: BSD-2-Clause */
/* A whole drive on a thread of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <sys/socket.h>
#include "tests/served_drive.h"

static void *run(void *ctx)
{
	struct served_drive *s = ctx;

	s->result = drive_run(s->drive);
	return NULL;
}

void served_drive_start(struct served_drive *s, struct drive_config *config,
			const struct drive_plugin *plugin)
{
	static const char *const ns[] = { "mem=4M", "mem=1M,lbads=12,ro" };
	char err[256] = "";

	config->ns = ns;
	config->nr_ns = 2;
	config->bdf = 0x30;
	s->drive = drive_new(config, err, sizeof(err));
	assert_string_equal(err, "");
	assert_non_null(s->drive);
	if (plugin != NULL)
		assert_int_equal(drive_add_plugin(s->drive, plugin, NULL), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
}

int served_drive_connect(struct served_drive *s, struct drive_config *config, int *served,
			 const struct drive_plugin *plugin)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	*served = fds[0];
	config->once = true;
	served_drive_start(s, config, plugin);
	return fds[1];
}

void served_drive_join(struct served_drive *s)
{
	pthread_join(s->thread, NULL);
	assert_int_equal(s->result, 0);
}

void served_drive_failed(void *ctx, int err)
{
	(void)ctx;
	fail_msg("the drive does not answer: %s", strerror(-err));
}

void served_drive_enable(struct nvme_driver *driver)
{
	assert_true(driver_enable(driver, 32));
	assert_int_equal(driver_create(driver, 1, 64, 1), 0);
}

void served_drive_write_read(struct nvme_driver *driver)
{
	struct nvme_command cmd = { .opc = NVME_OPC_WRITE, .nsid = 1, .cdw10 = 100, .cdw12 = 15 };
	uint64_t out = driver_alloc(driver, 8192), in = driver_alloc(driver, 8192);

	for (unsigned int i = 0; i < 8192; i++)
		((uint8_t *)driver_ptr(driver, out))[i] = (uint8_t)(i * 7 + i / 256);
	cmd.prp1 = out;
	cmd.prp2 = out + 4096;
	assert_int_equal(driver_command(driver, 1, &cmd), 0);
	cmd.opc = NVME_OPC_READ;
	cmd.prp1 = in;
	cmd.prp2 = in + 4096;
	assert_int_equal(driver_command(driver, 1, &cmd), 0);
	assert_memory_equal(driver_ptr(driver, in), driver_ptr(driver, out), 8192);
}
