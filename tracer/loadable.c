/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tracer as a plug-in that is loaded like anyone's.  Options: write=FILE,
 * events=WORD+WORD-WORD… (commas separate options), snap=BYTES of I/O data,
 * snap-admin=BYTES of admin data (all by default), ring=BYTES, name=INTERFACE,
 * lossless.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* The tracer's other files are built in here, too; this one is the plug-in. */
#undef NVMETAP_BUILTIN
#pragma GCC visibility push(default)
#include "emu/plugin.h"
#pragma GCC visibility pop
#include "tracer/tracer.h"

enum {
	LOADABLE_LINE = 512,
};

static struct tracer *loadable;

static int loadable_refuse(const char *line)
{
	(void)nvmetap_log(NULL, line);
	return -EINVAL;
}

/* A number of bytes up to max, or otherwise if the option is missing. */
static int loadable_bytes(const char *key, unsigned long max, unsigned long otherwise,
			  unsigned long *value)
{
	const char *option = nvmetap_option(NULL, key);
	char line[LOADABLE_LINE];
	char *end;

	*value = otherwise;
	if (option == NULL)
		return 0;
	errno = 0;
	*value = strtoul(option, &end, 0);
	if (errno == 0 && end != option && *end == '\0' && *option != '-' && *value <= max)
		return 0;
	snprintf(line, sizeof(line), "%s=%s is no number of bytes", key, option);
	return loadable_refuse(line);
}

static int loadable_config(struct tracer_config *config)
{
	unsigned long snap_admin, snap_io, ring_size;

	if (loadable_bytes("snap", UINT32_MAX, 0, &snap_io) != 0 ||
	    loadable_bytes("snap-admin", UINT32_MAX, TRACER_SNAP_WHOLE, &snap_admin) != 0 ||
	    loadable_bytes("ring", 1ul << 30, 0, &ring_size) != 0)
		return -EINVAL;
	*config = (struct tracer_config){
		.path = nvmetap_option(NULL, "write"),
		.events = nvmetap_option(NULL, "events"),
		.snap_admin = (uint32_t)snap_admin,
		.snap_io = (uint32_t)snap_io,
		.ring_size = ring_size,
		.if_name = nvmetap_option(NULL, "name"),
		.lossless = nvmetap_option(NULL, "lossless") != NULL,
		.application = "nvmetap",
	};
	if (config->path == NULL || *config->path == '\0')
		return loadable_refuse("write=FILE is missing");
	return 0;
}

int setup(void)
{
	struct tracer_config config;
	char err[LOADABLE_LINE];
	int result = loadable_config(&config);

	if (result != 0)
		return result;
	loadable = tracer_new(&config, err, sizeof(err));
	if (loadable == NULL)
		return loadable_refuse(err);
	result = tracer_attach(loadable, NULL);
	if (result != 0) {
		tracer_close(loadable, NULL);
		loadable = NULL;
	}
	return result;
}

int teardown(void)
{
	if (loadable == NULL)
		return 0;
	tracer_detach(loadable, NULL);
	tracer_close(loadable, NULL);
	loadable = NULL;
	return 0;
}
