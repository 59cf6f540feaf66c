/* SPDX-License-Identifier: BSD-2-Clause */
/* The drive: transport, device, namespaces, back ends and plug-ins put together. */
#include "config.h"

#include "emu/drive.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "emu/console.h"
#include "emu/device.h"
#include "emu/loop.h"
#include "emu/ns.h"
#include "emu/tap.h"
#include "emu/transport.h"
#include "emu/vfio_user.h"

enum {
	NS_MAX = 64,
	LAST_ROUNDS = 64,	/* of the loop, so that a busy guest does not hold up the end */
};

struct drive {
	struct drive_config config;
	struct loop *loop;
	struct pool *pool;
	struct transport *transport;
	struct device *dev;
	struct console *console;
	struct ns *ns[NS_MAX];
	unsigned int nr_ns;
	bool stopped;
};

static int fail(char *err, size_t errlen, const char *what, int error)
{
	snprintf(err, errlen, "%s: %s", what, strerror(error));
	return -1;
}

static int open_namespaces(struct drive *drive, char *err, size_t errlen)
{
	const struct drive_config *config = &drive->config;

	if (config->nr_ns > NS_MAX) {
		snprintf(err, errlen, "--ns: at most %d namespaces", NS_MAX);
		return -1;
	}
	while (drive->nr_ns < config->nr_ns) {
		struct ns *ns = ns_new(config->ns[drive->nr_ns], drive->nr_ns + 1, config->serial,
				       err, errlen);

		if (ns == NULL)
			return -1;
		drive->ns[drive->nr_ns++] = ns;
	}
	return 0;
}

static void on_idle(void *ctx, bool messages, bool sleeping)
{
	device_idle(ctx, messages, sleeping);
}

static int open_device(struct drive *drive, char *err, size_t errlen)
{
	struct device_config config = {
		.loop = drive->loop,
		.pool = drive->pool,
		.transport = drive->transport,
		.ns = drive->ns,
		.nr_ns = drive->nr_ns,
		.serial = drive->config.serial,
		.model = drive->config.model,
		.firmware = drive->config.firmware,
		.program = PACKAGE_STRING,
		.bdf = drive->config.bdf,
	};

	drive->dev = device_new(&config);
	if (drive->dev == NULL)
		return fail(err, errlen, "the controller", errno);
	loop_on_idle(drive->loop, on_idle, drive->dev);
	return 0;
}

static void on_console_line(void *ctx, uint64_t ticks, const char *text, size_t len)
{
	struct drive *drive = ctx;
	struct taps *taps = device_taps(drive->dev);

	if (tap_armed(taps, NVMETAP_TAP_CONSOLE))
		tap_fire_text(taps, NVMETAP_TAP_CONSOLE, ticks, text, len);
}

static void on_console_bytes(void *ctx, const void *bytes, size_t len)
{
	struct drive *drive = ctx;

	if (drive->config.console_bytes != NULL)
		drive->config.console_bytes(drive->config.console_ctx, bytes, len);
}

static int open_all(struct drive *drive, char *err, size_t errlen)
{
	const struct drive_config *config = &drive->config;

	drive->loop = loop_new();
	if (drive->loop == NULL)
		return fail(err, errlen, "the event loop", errno);
	if (open_namespaces(drive, err, errlen) != 0)
		return -1;
	drive->pool = pool_new(drive->loop, config->nr_threads);
	if (drive->pool == NULL)
		return fail(err, errlen, "the back ends' threads", errno);
	drive->transport = vfio_user_new(config->vfio_user, config->vfio_user_fd, config->once,
					 err, errlen);
	if (drive->transport == NULL)
		return -1;
	if (open_device(drive, err, errlen) != 0)
		return -1;
	if (config->console == NULL)
		return 0;
	drive->console = console_new(drive->loop, config->console, on_console_line,
				     on_console_bytes, drive, err, errlen);
	return drive->console == NULL ? -1 : 0;
}

struct drive *drive_new(const struct drive_config *config, char *err, size_t errlen)
{
	struct drive *drive = calloc(1, sizeof(*drive));
	int ret;

	if (drive == NULL) {
		fail(err, errlen, "the drive", ENOMEM);
		return NULL;
	}
	drive->config = *config;
	if (config->serial == NULL)
		drive->config.serial = "nvmetap-0001";
	if (config->model == NULL)
		drive->config.model = "nvmetap NVMe drive";
	if (config->firmware == NULL)
		drive->config.firmware = PACKAGE_VERSION;
	ret = open_all(drive, err, errlen);
	if (ret == 0) {
		ret = drive->transport->ops->start(drive->transport, drive->loop, drive->dev);
		if (ret != 0)
			fail(err, errlen, "the transport", -ret);
	}
	if (ret != 0) {
		drive_free(drive);
		return NULL;
	}
	return drive;
}

/* Gives up what is outstanding and removes the plug-ins, once. */
static void stop(struct drive *drive)
{
	console_free(drive->console);
	drive->console = NULL;
	if (drive->dev != NULL && !drive->stopped)
		device_stop(drive->dev);
	drive->stopped = true;
}

void drive_free(struct drive *drive)
{
	if (drive == NULL)
		return;
	stop(drive);
	/* What the back ends still answer is taken from the mailbox. */
	if (drive->pool != NULL) {
		pool_free(drive->pool);
		loop_once(drive->loop, 0);
	}
	device_free(drive->dev);
	transport_free(drive->transport);
	for (unsigned int i = 0; i < drive->nr_ns; i++)
		ns_free(drive->ns[i]);
	loop_free(drive->loop);
	free(drive);
}

int drive_add_plugin(struct drive *drive, const struct drive_plugin *plugin, const char *options)
{
	struct plugin_code code = {
		.name = plugin->name,
		.setup = plugin->setup,
		.teardown = plugin->teardown,
		.ctx = plugin->ctx,
	};

	return plugin_add(device_taps(drive->dev), &code, options);
}

int drive_run(struct drive *drive)
{
	int ret = loop_run(drive->loop);

	for (unsigned int i = 0; ret == 0 && i < LAST_ROUNDS; i++)
		ret = loop_once(drive->loop, 0);
	stop(drive);
	return ret;
}

void drive_stop(struct drive *drive)
{
	loop_stop(drive->loop);
}
