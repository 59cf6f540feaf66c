/* SPDX-License-Identifier: BSD-2-Clause */
/* nvmetap extcap: running drives as interfaces of Wireshark's. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/capture_filter.h"
#include "tools/capture_options.h"
#include "tools/control_client.h"
#include "tools/runtime.h"
#include "tracer/pcapng.h"

enum {
	OPT_INTERFACES = OPTION_LONG + 300,
	OPT_DLTS,
	OPT_CONFIG,
	OPT_CAPTURE,
	OPT_INTERFACE,
	OPT_FIFO,
	OPT_FILTER,
	OPT_VERSION,
	OPT_RELOAD,
};

static const struct option_row extcap_rows[] = {
	{ OPT_INTERFACES, "extcap-interfaces", NULL, "list the drives" },
	{ OPT_DLTS, "extcap-dlts", NULL, "the link type" },
	{ OPT_CONFIG, "extcap-config", NULL, "the options of a capture" },
	{ OPT_CAPTURE, "capture", NULL, "capture" },
	{ OPT_INTERFACE, "extcap-interface", "NAME", "of this drive" },
	{ OPT_FIFO, "fifo", "PATH", "to this pipe" },
	{ OPT_FILTER, "extcap-capture-filter", "FILTER", "libpcap's; alone, it is checked" },
	{ OPT_VERSION, "extcap-version", "VERSION", "of Wireshark" },
	{ OPT_RELOAD, "extcap-reload-option", "NAME", "there is none" },
	{ 0, NULL, NULL, NULL },
};

static const struct option_row *const extcap_tables[] = { extcap_rows, capture_what_rows, NULL };

struct extcap {
	struct capture_options capture;
	int what;			/* OPT_INTERFACES to OPT_CAPTURE, or 0 */
	const char *interface;
	char path[RUNTIME_PATH_MAX];	/* of the interface's control socket */
};

/* The names of interfaces: what Wireshark keeps its settings by. */
static void interface_name(char *to, size_t size, pid_t pid)
{
	snprintf(to, size, "nvmetap-%ld", (long)pid);
}

static int handle(void *ctx, int id, const char *arg)
{
	struct extcap *extcap = ctx;

	switch (id) {
	case OPT_INTERFACES:
	case OPT_DLTS:
	case OPT_CONFIG:
	case OPT_CAPTURE:
		extcap->what = id;
		return 0;
	case OPT_INTERFACE:
		extcap->interface = arg;
		return 0;
	case OPT_FIFO:
		extcap->capture.file = arg;
		return 0;
	case OPT_FILTER:
		extcap->capture.filter = arg[0] != '\0' ? arg : NULL;
		return 0;
	case OPT_VERSION:
	case OPT_RELOAD:
		return 0;
	default:
		/* An empty field of the dialog. */
		return arg != NULL && arg[0] == '\0' ? 0 :
		       capture_options_handle(&extcap->capture, id, arg);
	}
}

/* Braces end a value. */
static void print_value(const char *text)
{
	for (; *text != '\0'; text++)
		putchar(strchr("{}\n", *text) != NULL ? ' ' : *text);
}

static int print_interface(void *ctx, int fd, pid_t pid, const char *path)
{
	struct control_client client = { .fd = -1 };
	const char *function;
	char name[32];

	(void)ctx;
	(void)path;
	if (control_client_greet(&client, fd) != 0)
		return 0;
	function = json_string_value(json_object_get(client.greeting, "function"));
	interface_name(name, sizeof(name), pid);
	printf("interface {value=%s}{display=NVMe drive %s (", name,
	       function != NULL ? function : "");
	print_value(control_client_what(&client));
	printf(")}\n");
	control_client_close(&client);
	return 1;
}

static int print_interfaces(void)
{
	printf("extcap {version=%s}{display=nvmetap}\n", PACKAGE_VERSION);
	runtime_each(print_interface, NULL);
	return EXIT_DONE;
}

static int find_one(void *ctx, int fd, pid_t pid, const char *path)
{
	struct extcap *extcap = ctx;
	char name[32];

	close(fd);
	interface_name(name, sizeof(name), pid);
	if (strcmp(name, extcap->interface) != 0)
		return 0;
	snprintf(extcap->path, sizeof(extcap->path), "%s", path);
	return 1;
}

static int print_dlts(void)
{
	printf("dlt {number=%d}{name=USER0}{display=nvmetap records}\n", PCAPNG_LINKTYPE);
	return EXIT_DONE;
}

static int print_config(void)
{
	printf("arg {number=0}{call=--events}{display=Events}{type=string}{required=false}"
	       "{tooltip=What to capture, as in nvmetap serve --events: io,cpl or -data, say}\n"
	       "arg {number=1}{call=--snap}{display=Bytes of admin data}{type=unsigned}"
	       "{required=false}{tooltip=Of each admin command; all if it is empty}\n"
	       "arg {number=2}{call=--data-snap}{display=Bytes of I/O data}{type=unsigned}"
	       "{default=0}{required=false}{tooltip=Of each I/O command}\n"
	       "arg {number=3}{call=--ring}{display=Ring}{type=unsigned}{default=4194304}"
	       "{required=false}{tooltip=Bytes between the drive and the capture}\n"
	       "arg {number=4}{call=--display-filter}{display=Only what matches}{type=string}"
	       "{required=false}{tooltip=A display filter as of nvmetap dump -Y; "
	       "each snapshot is kept}\n");
	return EXIT_DONE;
}

/* What is wrong with a filter, to colour the field that it is typed into. */
static int check_filter(const char *text)
{
	char err[512];
	struct capture_filter *filter = capture_filter_new(text, err, sizeof(err));

	if (filter == NULL) {
		printf("%s\n", err);
		return EXIT_FAILED;
	}
	capture_filter_free(filter);
	return EXIT_DONE;
}

static int capture(struct extcap *extcap)
{
	if (extcap->capture.file == NULL) {
		complain("extcap: --capture wants --fifo PATH");
		return EXIT_USAGE;
	}
	if (runtime_each(find_one, extcap) != 1) {
		complain("extcap: %s: this drive runs no longer", extcap->interface);
		return EXIT_FAILED;
	}
	extcap->capture.drive = extcap->path;
	extcap->capture.quiet = true;
	return capture_live(&extcap->capture);
}

static int answer(struct extcap *extcap)
{
	if (extcap->what == OPT_INTERFACES)
		return print_interfaces();
	if (extcap->what == 0 && extcap->capture.filter != NULL)
		return check_filter(extcap->capture.filter);
	if (extcap->what == 0 || extcap->interface == NULL) {
		complain("extcap: Wireshark runs it; see nvmetap-extcap(1)");
		return EXIT_USAGE;
	}
	if (extcap->what == OPT_DLTS)
		return print_dlts();
	return extcap->what == OPT_CONFIG ? print_config() : capture(extcap);
}

static int run(const struct command *command, int argc, char **argv)
{
	struct extcap extcap = { .capture = CAPTURE_OPTIONS_INIT };
	int first = options_parse(command, argc, argv, handle, &extcap);
	int status = first == OPTIONS_HELPED ? EXIT_DONE : EXIT_USAGE;

	if (first >= 0)
		status = answer(&extcap);
	expr_free(extcap.capture.display_filter);
	return status;
}

extern const struct command command_extcap;
const struct command command_extcap = {
	.name = "extcap",
	.operands = "",
	.summary = "list running drives as interfaces in Wireshark",
	.options = extcap_tables,
	.run = run,
};
