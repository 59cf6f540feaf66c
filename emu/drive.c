/* SPDX-License-Identifier: BSD-2-Clause */
/* The drive put together. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "emu/calls.h"
#include "emu/console.h"
#include "emu/device.h"
#include "emu/drive.h"
#include "emu/loader.h"
#include "emu/loop.h"
#include "emu/ns.h"
#include "emu/tap.h"
#include "emu/transport.h"
#include "emu/vfio_user.h"
#include "emu/vhost_user.h"

enum {
	/* Of the loop: more than a socket holds messages of a guest that is dead, and not so many
	 * that a busy one holds up the end. */
	LAST_ROUNDS = 1024,
};

struct drive {
	struct loop *loop;
	struct calls *calls;
	struct pool *pool;
	struct transport *transport;
	struct device *device;
	struct loader *loader;
	struct console *console;
	struct ns **ns;
	unsigned int nr_ns;
	char *serial, *model, *firmware;
	void (*console_bytes)(void *ctx, const void *bytes, size_t len);
	void *console_ctx;
};

static void idle(void *ctx, bool messages, bool sleeping)
{
	device_idle(((struct drive *)ctx)->device, messages, sleeping);
}

static void console_line(void *ctx, uint64_t ticks, const char *text, size_t len)
{
	struct drive *drive = ctx;

	tap_fire_text(device_taps(drive->device), NVMETAP_TAP_CONSOLE, ticks, text, len);
}

static void console_bytes(void *ctx, const void *bytes, size_t len)
{
	struct drive *drive = ctx;

	if (drive->console_bytes != NULL)
		drive->console_bytes(drive->console_ctx, bytes, len);
}

/* ASCII without control characters, as section 1.5 wants it in Identify. */
static bool is_printable(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~')
			return false;
	}
	return true;
}

static int take_text(char **to, const char *option, const char *value, const char *otherwise,
		     size_t max, char *err, size_t errlen)
{
	if (value == NULL)
		value = otherwise;
	if (strlen(value) > max) {
		snprintf(err, errlen, "%s: longer than %zu characters", option, max);
		return -EINVAL;
	}
	if (!is_printable(value)) {
		snprintf(err, errlen, "%s: not printable ASCII", option);
		return -EINVAL;
	}
	*to = strdup(value);
	if (*to == NULL)
		snprintf(err, errlen, "%s: %s", option, strerror(ENOMEM));
	return *to != NULL ? 0 : -ENOMEM;
}

static int take_texts(struct drive *drive, const struct drive_config *config, char *err,
		      size_t errlen)
{
	int rc = take_text(&drive->serial, "--serial", config->serial, "NVMETAP1", 20, err, errlen);

	if (rc == 0)
		rc = take_text(&drive->model, "--model", config->model, "nvmetap NVMe drive", 40,
			       err, errlen);
	if (rc == 0)
		rc = take_text(&drive->firmware, "--firmware", config->firmware, PACKAGE_VERSION, 8,
			       err, errlen);
	return rc;
}

static int open_namespaces(struct drive *drive, const struct drive_config *config, char *err,
			   size_t errlen)
{
	drive->ns = calloc((size_t)config->nr_ns + 1, sizeof(*drive->ns));
	if (drive->ns == NULL) {
		snprintf(err, errlen, "--ns: %s", strerror(ENOMEM));
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < config->nr_ns; i++) {
		drive->ns[i] = ns_new(config->ns[i], i + 1, drive->serial, err, errlen);
		if (drive->ns[i] == NULL)
			return -EINVAL;
		drive->nr_ns++;
	}
	return 0;
}

static int make_device(struct drive *drive, const struct drive_config *config, char *err,
		       size_t errlen)
{
	struct device_config device = {
		.loop = drive->loop,
		.pool = drive->pool,
		.transport = drive->transport,
		.ns = drive->ns,
		.nr_ns = drive->nr_ns,
		.serial = drive->serial,
		.model = drive->model,
		.firmware = drive->firmware,
		.program = PACKAGE_STRING,
		.bdf = config->bdf,
	};

	drive->device = device_new(&device);
	if (drive->device == NULL) {
		snprintf(err, errlen, "%s", strerror(errno));
		return -errno;
	}
	loop_on_idle(drive->loop, idle, drive);
	loop_poll_max(drive->loop, config->poll_max_ns);
	return 0;
}

static int make_loader(struct drive *drive, const struct drive_config *config, char *err,
		       size_t errlen)
{
	struct loader_config loader = {
		.slow_ns = config->plugin_slow_ns,
		.dead_ns = config->plugin_dead_ns,
		.say = config->say,
		.save = config->save,
		.dead = config->dead,
		.ctx = config->host_ctx,
	};

	drive->loader = loader_new(device_taps(drive->device), &loader);
	if (drive->loader == NULL)
		snprintf(err, errlen, "%s", strerror(ENOMEM));
	return drive->loader != NULL ? 0 : -ENOMEM;
}

static int listen_to_console(struct drive *drive, const struct drive_config *config, char *err,
			     size_t errlen)
{
	struct console_user user = { console_line, console_bytes, drive };

	drive->console_bytes = config->console_bytes;
	drive->console_ctx = config->console_ctx;
	if (config->console != NULL)
		drive->console = console_new(drive->loop, config->console, &user, err, errlen);
	else if (config->console_fd == 0)
		return 0;
	else if ((drive->console = console_new_fd(drive->loop, config->console_fd, &user)) == NULL)
		snprintf(err, errlen, "console: %s", strerror(errno));
	return drive->console != NULL ? 0 : -EINVAL;
}

static struct transport *make_transport(const struct drive_config *config, char *err,
					size_t errlen)
{
	if (config->vhost_user != NULL || config->vhost_user_fd != 0)
		return vhost_user_new(config->vhost_user, config->vhost_user_fd, config->once, err,
				      errlen);
	return vfio_user_new(config->vfio_user, config->vfio_user_fd, config->once, err, errlen);
}

static int make(struct drive *drive, const struct drive_config *config, char *err, size_t errlen)
{
	int rc;

	/* First, because the descriptor is ours whatever happens. */
	drive->transport = make_transport(config, err, errlen);
	if (drive->transport == NULL)
		return -EINVAL;
	drive->calls = calls_new();
	if (drive->calls != NULL)
		drive->loop = loop_new();
	if (drive->loop != NULL)
		drive->pool = pool_new(drive->loop, config->nr_threads);
	if (drive->pool == NULL) {
		snprintf(err, errlen, "%s", strerror(errno));
		return -errno;
	}
	rc = take_texts(drive, config, err, errlen);
	if (rc == 0)
		rc = open_namespaces(drive, config, err, errlen);
	if (rc == 0)
		rc = make_device(drive, config, err, errlen);
	if (rc == 0)
		rc = make_loader(drive, config, err, errlen);
	if (rc == 0)
		rc = listen_to_console(drive, config, err, errlen);
	return rc;
}

struct drive *drive_new(const struct drive_config *config, char *err, size_t errlen)
{
	struct drive *drive = calloc(1, sizeof(*drive));

	if (drive == NULL) {
		snprintf(err, errlen, "%s", strerror(errno));
		return NULL;
	}
	if (make(drive, config, err, errlen) != 0) {
		drive_free(drive);
		return NULL;
	}
	return drive;
}

/* Plug-ins first, then the guest, then what runs on other threads; what they
 * have posted is taken from the mailbox before anything of it is freed. */
void drive_free(struct drive *drive)
{
	if (drive == NULL)
		return;
	if (drive->loader != NULL)
		loader_enter(drive->loader);
	if (drive->device != NULL)
		device_stop(drive->device);
	if (drive->loader != NULL)
		loader_leave(drive->loader);
	loader_free(drive->loader);
	console_free(drive->console);
	transport_free(drive->transport);
	if (drive->pool != NULL)
		pool_free(drive->pool);
	if (drive->device != NULL)
		loop_once(drive->loop, 0);
	device_free(drive->device);
	for (unsigned int i = 0; i < drive->nr_ns; i++)
		ns_free(drive->ns[i]);
	free(drive->ns);
	calls_free(drive->calls);
	if (drive->loop != NULL)
		loop_free(drive->loop);
	free(drive->serial);
	free(drive->model);
	free(drive->firmware);
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

	return plugin_add(device_taps(drive->device), &code, options);
}

int drive_load(struct drive *drive, const char *what, char *err, size_t errlen)
{
	return loader_load(drive->loader, what, err, errlen);
}

int drive_unload(struct drive *drive, const char *name, char *err, size_t errlen)
{
	return loader_unload(drive->loader, name, err, errlen);
}

void drive_each_plugin(struct drive *drive,
		       void (*fn)(void *ctx, const struct drive_plugin_info *info), void *ctx)
{
	struct drive_plugin_info info;

	for (struct nvmetap_plugin *p = device_taps(drive->device)->plugins; p != NULL;
	     p = plugin_next(p)) {
		if (plugin_gone(p))
			continue;
		info.name = plugin_name(p);
		info.file = plugin_file(p);
		info.options = plugin_options(p);
		fn(ctx, &info);
	}
}

int drive_run(struct drive *drive)
{
	int rc;

	calls_run(drive->calls, drive->loop);
	loader_enter(drive->loader);
	rc = drive->transport->ops->start(drive->transport, drive->loop, drive->device);
	if (rc == 0)
		rc = loop_run(drive->loop);
	/* The last words of the guest, while somebody still listens. */
	for (unsigned int i = 0; rc == 0 && i < LAST_ROUNDS; i++)
		rc = loop_once(drive->loop, 0);
	console_free(drive->console);
	drive->console = NULL;
	calls_end(drive->calls);
	plugin_remove_all(device_taps(drive->device));
	loader_leave(drive->loader);
	return rc;
}

void drive_stop(struct drive *drive)
{
	loop_stop(drive->loop);
}

int drive_call(struct drive *drive, int (*fn)(void *ctx), void *ctx)
{
	return calls_call(drive->calls, fn, ctx);
}

void drive_status(struct drive *drive, struct drive_status *status)
{
	device_status(drive->device, status);
}

void drive_mark(struct drive *drive, const void *text, size_t len)
{
	tap_fire_text(device_taps(drive->device), NVMETAP_TAP_MARK, 0, text, len);
}
