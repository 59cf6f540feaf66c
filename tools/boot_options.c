/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of nvmetap boot: their table and their values. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include "tools/boot_options.h"

enum {
	OPT_GUEST = OPTION_LONG,
	OPT_KERNEL,
	OPT_INITRD,
	OPT_APPEND,
	OPT_MEMORY,
	OPT_CPUS,
	OPT_QEMU,
	OPT_UML,
	OPT_LINUX_SOURCE,
	OPT_TIMEOUT,
	OPT_CONSOLE_FILE,
};

static const struct option_row boot_rows[] = {
	{ OPT_GUEST, "guest", "NAME",
	  "a ready-made guest: linux-6.1, linux-6.12, linux-7, uml, …" },
	{ OPT_KERNEL, "kernel", "FILE", "a Linux kernel" },
	{ OPT_INITRD, "initrd", "FILE", "its initramfs" },
	{ OPT_APPEND, "append", "TEXT", "more words for the kernel's command line" },
	{ OPT_MEMORY, "memory", "SIZE",
	  "of the guest, as QEMU's -m (1G; of user-mode Linux 256M)" },
	{ OPT_CPUS, "cpus", "N", "of the guest (1)" },
	{ OPT_QEMU, "qemu", "FILE", "this QEMU, 10.1 or later" },
	{ OPT_UML, "uml", "FILE", "a user-mode Linux in place of QEMU and a kernel" },
	{ OPT_LINUX_SOURCE, "linux-source", "DIR", "--guest uml, built from the source tree DIR" },
	{ OPT_TIMEOUT, "timeout", "SECONDS", "end the guest after this time (300)" },
	{ OPT_CONSOLE_FILE, "console-file", "FILE", "keep the guest's console; - shows it" },
	{ 0, NULL, NULL, NULL },
};

const struct option_row *const boot_option_tables[] = { boot_rows, drive_option_rows, NULL };

static int set_text(char *to, const char *option, const char *arg)
{
	if (strlen(arg) >= GUEST_TEXT_MAX) {
		complain("boot: --%s: too long", option);
		return -1;
	}
	strcpy(to, arg);
	return 0;
}

static int set_number(unsigned int *to, const char *option, const char *arg, unsigned int max)
{
	unsigned long long value;

	if (option_number("boot", option, arg, 1, max, &value) != 0)
		return -1;
	*to = (unsigned int)value;
	return 0;
}

static int set_memory(struct boot_options *options, const char *arg)
{
	unsigned long long size;

	if (parse_size(arg, &size) != 0 || size < 1 << 20) {
		complain("boot: --memory %s: must be a size like 512M or 1G", arg);
		return -1;
	}
	/* QEMU's options differ in what a number without a unit means. */
	snprintf(options->memory, sizeof(options->memory), "%lluK", size >> 10);
	options->guest.memory = options->memory;
	return 0;
}

static int handle(void *ctx, int id, const char *arg)
{
	struct boot_options *options = ctx;

	switch (id) {
	case OPT_GUEST:
		options->name = arg;
		return 0;
	case OPT_KERNEL:
		options->qemu_only = "--kernel";
		return set_text(options->guest.kernel, "kernel", arg);
	case OPT_INITRD:
		return set_text(options->guest.initrd, "initrd", arg);
	case OPT_APPEND:
		options->append = arg;
		return 0;
	case OPT_MEMORY:
		return set_memory(options, arg);
	case OPT_CPUS:
		options->qemu_only = "--cpus";
		return set_number(&options->guest.nr_cpus, "--cpus", arg, 64);
	case OPT_QEMU:
		options->qemu_only = "--qemu";
		return set_text(options->guest.program, "qemu", arg);
	case OPT_UML:
		options->uml = arg;
		return 0;
	case OPT_LINUX_SOURCE:
		options->guest.source = arg;
		return 0;
	case OPT_TIMEOUT:
		return set_number(&options->timeout_s, "--timeout", arg, 1000000);
	case OPT_CONSOLE_FILE:
		options->console_file = arg;
		return 0;
	default:
		return drive_options_handle(&options->session, "boot", id, arg);
	}
}

static int check(const struct boot_options *options, int argc, char **argv, int first)
{
	if (first < argc && strcmp(argv[first - 1], "--") != 0) {
		complain("boot: %s: not expected; options for QEMU stand after --", argv[first]);
		return -1;
	}
	if (options->guest.kind == &guest_qemu && options->name == NULL &&
	    options->guest.kernel[0] == '\0' && first == argc) {
		complain("boot: no guest; give --guest NAME, --kernel FILE, --uml FILE, or "
			 "options for QEMU after --");
		return -1;
	}
	if (options->session.drive.bdf >> 8 != 0) {
		complain("boot: --bdf: QEMU has it on bus 00");
		return -1;
	}
	return 0;
}

static int check_uml(const struct boot_options *options, int argc, int first)
{
	if (options->name != NULL && strcmp(options->name, "uml") != 0) {
		complain("boot: %s: not with --guest %s",
			 options->uml != NULL ? "--uml" : "--linux-source", options->name);
		return -1;
	}
	if (options->uml != NULL && options->guest.source != NULL) {
		complain("boot: --uml and --linux-source: which of the two?");
		return -1;
	}
	if (options->qemu_only != NULL) {
		complain("boot: %s: for QEMU only, not for user-mode Linux", options->qemu_only);
		return -1;
	}
	if (first < argc) {
		complain("boot: options after --: for QEMU only, not for user-mode Linux");
		return -1;
	}
	if (options->session.bdf_given) {
		complain("boot: --bdf: user-mode Linux has the drive at 00:00.0");
		return -1;
	}
	return 0;
}

static int take_uml(struct boot_options *options)
{
	struct guest *guest = &options->guest;

	if (options->uml != NULL) {
		/* A file, not a name to be looked for in PATH. */
		const char *here = strchr(options->uml, '/') == NULL ? "./" : "";

		if (snprintf(guest->program, sizeof(guest->program), "%s%s", here, options->uml) >=
		    (int)sizeof(guest->program)) {
			complain("boot: --uml: too long");
			return -1;
		}
	}
	if (guest->source != NULL)
		options->name = "uml";
	return drive_options_set_bdf(&options->session, "boot", "00:00.0");
}

int boot_options_parse(struct boot_options *options, const struct command *command, int argc,
		       char **argv)
{
	struct guest *guest = &options->guest;
	int first;

	memset(options, 0, sizeof(*options));
	drive_options_init(&options->session);
	guest->nr_cpus = 1;
	guest->console_fd = -1;
	options->timeout_s = 300;
	first = options_parse(command, argc, argv, handle, options);
	if (first < 0)
		return first;
	guest->kind = &guest_qemu;
	if (options->uml != NULL || guest->source != NULL ||
	    (options->name != NULL && strcmp(options->name, "uml") == 0))
		guest->kind = &guest_uml;
	if (check(options, argc, argv, first) != 0)
		return OPTIONS_BAD;
	if (guest->kind == &guest_uml &&
	    (check_uml(options, argc, first) != 0 || take_uml(options) != 0))
		return OPTIONS_BAD;
	if (guest->memory == NULL)
		guest->memory = guest->kind->memory;
	guest->extra = argv + first;
	return first;
}
