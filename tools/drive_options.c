/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of a drive and its capture: their table and their values. */
#include "config.h"

#include "tools/drive_options.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/option_words.h"
#include "tools/scenario.h"

enum {
	OPT_NS = OPTION_LONG + 100,
	OPT_SERIAL,
	OPT_MODEL,
	OPT_FIRMWARE,
	OPT_BDF,
	OPT_EVENTS,
	OPT_DATA_SNAP,
	OPT_RING,
	OPT_LOSSLESS,
	OPT_ZSTD_LEVEL,
	OPT_THREADS,
	OPT_POLL_MAX,
	OPT_CONTROL,
	OPT_PLUGIN,
	OPT_INJECT,
	OPT_SCENARIO,
	OPT_PLUGIN_LIMIT,
};

enum {
	POLL_MAX_NS = 100000,		/* longer than a guest takes from one command to the next */
	MOST_POLL_MAX_NS = 1000000000,
	PLUGIN_SLOW_S = 1,
	PLUGIN_DEAD_S = 10,
	PLUGIN_MOST_S = 86400,
};

static const uint64_t NS_PER_S = 1000000000;

const struct option_row drive_option_rows[] = {
	{ OPT_NS, "ns", "WHAT", "a namespace: path=FILE or mem=SIZE; then lbads=N and ro" },
	{ OPT_SERIAL, "serial", "TEXT", "serial number, at most 20 characters" },
	{ OPT_MODEL, "model", "TEXT", "model number, at most 40 characters" },
	{ OPT_FIRMWARE, "firmware", "TEXT", "firmware revision, at most 8 characters" },
	{ OPT_BDF, "bdf", "BB:DD.F", "PCI function that the capture names (00:06.0)" },
	{ OPT_THREADS, "threads", "N", "threads of the back ends (4)" },
	{ OPT_POLL_MAX, "poll-max-ns", "NS", "look for work this long before sleeping (100000)" },
	{ OPT_CONTROL, "control", "PATH", "the control socket, for nvmetap inject and others" },
	{ OPT_PLUGIN, "plugin", "FILE", "load a plug-in, with options: FILE,key=value,key" },
	{ OPT_PLUGIN_LIMIT, "plugin-limit", "S,S",
	  "seconds a plug-in may take: until it is told, until the end (1,10)" },
	{ OPT_INJECT, "inject", "RULE", "change what the drive does, see nvmetap-inject(7)" },
	{ OPT_SCENARIO, "scenario", "NAME",
	  "rules by name, or a file of them; list and help show all" },
	{ 'w', "write", "FILE", "capture to FILE; zstd if it ends in .zst; - is standard output" },
	{ 's', "snap", "BYTES", "bytes kept of the data of an admin command (all)" },
	{ OPT_DATA_SNAP, "data-snap", "BYTES", "bytes kept of the data of an I/O command (0)" },
	{ OPT_EVENTS, "events", "LIST", "what to capture: pci,reg,admin… or -data to leave out" },
	{ OPT_RING, "ring", "SIZE", "size of the ring between drive and writer (16M)" },
	{ OPT_LOSSLESS, "lossless", NULL, "let the drive wait rather than lose an event" },
	{ OPT_ZSTD_LEVEL, "zstd-level", "N", "level of compression, 1 to 19 (1)" },
	{ 0, NULL, NULL, NULL },
};

int drive_options_set_bdf(struct drive_options *options, const char *command, const char *arg)
{
	unsigned int bus, device, function;
	char rest;

	if (sscanf(arg, "%2x:%2x.%1x%c", &bus, &device, &function, &rest) != 3 || device > 31 ||
	    function > 7) {
		complain("%s: --bdf %s: must be like 00:06.0", command, arg);
		return -1;
	}
	options->drive.bdf = bus << 8 | device << 3 | function;
	snprintf(options->if_name, sizeof(options->if_name), "%02x:%02x.%x", bus & 0xff, device,
		 function);
	return 0;
}

/* Who looks keeps the only CPU from the guest that is waited for. */
static uint64_t default_poll_max_ns(void)
{
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0 && CPU_COUNT(&cpus) < 2)
		return 0;
	return POLL_MAX_NS;
}

void drive_options_init(struct drive_options *options)
{
	memset(options, 0, sizeof(*options));
	options->drive.vfio_user_fd = -1;
	options->drive.ns = options->ns;
	options->drive.poll_max_ns = default_poll_max_ns();
	options->drive.plugin_slow_ns = PLUGIN_SLOW_S * NS_PER_S;
	options->drive.plugin_dead_ns = PLUGIN_DEAD_S * NS_PER_S;
	options->tracer.snap_admin = TRACER_SNAP_WHOLE;
	options->tracer.application = PACKAGE_STRING;
	options->tracer.if_name = options->if_name;
	options->tracer.if_description = "nvmetap NVMe drive";
	drive_options_set_bdf(options, "", "00:06.0");
}

static int add_ns(struct drive_options *options, const char *command, const char *arg)
{
	if (options->drive.nr_ns == NS_MAX) {
		complain("%s: --ns %s: at most %d namespaces", command, arg, NS_MAX);
		return -1;
	}
	options->ns[options->drive.nr_ns++] = arg;
	return option_words_ns(command, arg);
}

static int add_plugin(struct drive_options *options, const char *command, const char *arg)
{
	if (options->nr_plugins == PLUGINS_MAX) {
		complain("%s: --plugin %s: at most %d plug-ins", command, arg, PLUGINS_MAX);
		return -1;
	}
	options->plugins[options->nr_plugins++] = arg;
	return option_words_plugin(command, arg);
}

static int add_rule(struct drive_options *options, const char *command, const char *arg,
		    bool scenario)
{
	if (options->nr_rules == RULES_MAX) {
		complain("%s: at most %d rules and scenarios", command, RULES_MAX);
		return -1;
	}
	options->rules[options->nr_rules++] = (struct drive_rule){ arg, scenario };
	return scenario ? 0 : option_words_rule(command, arg, options->nr_rules == 1);
}

static int add_scenario(struct drive_options *options, const char *command, const char *arg)
{
	char err[512];
	int ret;

	if (strcmp(arg, "list") == 0)
		ret = scenario_list(err, sizeof(err));
	else if (strcmp(arg, "help") == 0)
		ret = scenario_help(err, sizeof(err));
	else
		return add_rule(options, command, arg, true);
	if (ret == 0)
		return OPTIONS_HELPED;
	complain("%s: --scenario %s: %s", command, arg, err);
	return -1;
}

/* Digits with a point among them, not what strtod takes besides. */
static int take_seconds(const char **text, uint64_t *ns)
{
	size_t len = strspn(*text, "0123456789.");
	char *end;
	double seconds = strtod(*text, &end);

	if (len == 0 || end != *text + len || seconds > PLUGIN_MOST_S)
		return -1;
	*text = end;
	*ns = (uint64_t)(seconds * (double)NS_PER_S);
	return 0;
}

static int set_plugin_limit(struct drive_options *options, const char *command, const char *arg)
{
	struct drive_config *drive = &options->drive;
	const char *at = arg;
	int ret = take_seconds(&at, &drive->plugin_slow_ns);

	if (ret == 0 && *at == ',') {
		at++;
		ret = take_seconds(&at, &drive->plugin_dead_ns);
	}
	if (ret == 0 && *at == '\0')
		return 0;
	complain("%s: --plugin-limit %s: must be seconds, at most %d, or two of them with a "
		 "comma between; 0 is no limit", command, arg, PLUGIN_MOST_S);
	return -1;
}

static int set_text(const char **to, const char *command, const char *option, const char *arg,
		    size_t max)
{
	size_t len = strlen(arg);

	for (size_t i = 0; i < len; i++)
		if (arg[i] < ' ' || arg[i] > '~') {
			complain("%s: --%s: ASCII only", command, option);
			return -1;
		}
	if (len > max) {
		complain("%s: --%s %s: longer than %zu characters", command, option, arg, max);
		return -1;
	}
	*to = arg;
	return 0;
}

static int handle_drive(struct drive_options *options, const char *command, int id,
			const char *arg)
{
	unsigned long long size;

	switch (id) {
	case OPT_NS:
		return add_ns(options, command, arg);
	case OPT_INJECT:
		return add_rule(options, command, arg, false);
	case OPT_SCENARIO:
		return add_scenario(options, command, arg);
	case OPT_PLUGIN:
		return add_plugin(options, command, arg);
	case OPT_PLUGIN_LIMIT:
		return set_plugin_limit(options, command, arg);
	case OPT_SERIAL:
		return set_text(&options->drive.serial, command, "serial", arg, 20);
	case OPT_MODEL:
		return set_text(&options->drive.model, command, "model", arg, 40);
	case OPT_FIRMWARE:
		return set_text(&options->drive.firmware, command, "firmware", arg, 8);
	case OPT_BDF:
		options->bdf_given = true;
		return drive_options_set_bdf(options, command, arg);
	case OPT_THREADS:
		if (option_number(command, "--threads", arg, 1, 64, &size) != 0)
			return -1;
		options->drive.nr_threads = (unsigned int)size;
		return 0;
	case OPT_POLL_MAX:
		if (option_number(command, "--poll-max-ns", arg, 0, MOST_POLL_MAX_NS, &size) != 0)
			return -1;
		options->drive.poll_max_ns = size;
		return 0;
	case OPT_CONTROL:
		options->control = arg;
		return 0;
	default:
		return 1;
	}
}

static int handle_tracer(struct drive_options *options, const char *command, int id,
			 const char *arg)
{
	unsigned long long size;

	switch (id) {
	case 'w':
		return option_capture(command, arg, &options->tracer.path);
	case 's':
		if (option_size(command, "--snap", arg, 0, UINT32_MAX, &size) != 0)
			return -1;
		options->tracer.snap_admin = (uint32_t)size;
		return 0;
	case OPT_DATA_SNAP:
		if (option_size(command, "--data-snap", arg, 0, UINT32_MAX, &size) != 0)
			return -1;
		options->tracer.snap_io = (uint32_t)size;
		return 0;
	case OPT_EVENTS:
		options->tracer.events = arg;
		return option_words_events(command, arg);
	case OPT_RING:
		if (option_size(command, "--ring", arg, 4 << 10, 1 << 30, &size) != 0)
			return -1;
		options->tracer.ring_size = (size_t)size;
		return 0;
	case OPT_LOSSLESS:
		options->tracer.lossless = true;
		return 0;
	case OPT_ZSTD_LEVEL:
		if (option_number(command, "--zstd-level", arg, 1, 19, &size) != 0)
			return -1;
		options->tracer.zstd_level = (int)size;
		return 0;
	default:
		return 1;
	}
}

int drive_options_handle(struct drive_options *options, const char *command, int id,
			 const char *arg)
{
	int ret = handle_drive(options, command, id, arg);

	return ret == 1 ? handle_tracer(options, command, id, arg) : ret;
}
