/* SPDX-License-Identifier: BSD-2-Clause */
/* nvmetap boot: a drive and a guest that boots from it, in one word. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tools/command.h"
#include "tools/drive_options.h"
#include "tools/guest.h"
#include "tools/progress.h"
#include "tools/session.h"
#include "tools/signals.h"
#include "tools/verdict.h"

enum {
	OPT_GUEST = OPTION_LONG,
	OPT_KERNEL,
	OPT_INITRD,
	OPT_APPEND,
	OPT_MEMORY,
	OPT_CPUS,
	OPT_QEMU,
	OPT_TIMEOUT,
	OPT_CONSOLE_FILE,
};

static const struct option_row boot_rows[] = {
	{ OPT_GUEST, "guest", "NAME", "a ready-made guest: linux-6.1, linux-6.12, linux-7, …" },
	{ OPT_KERNEL, "kernel", "FILE", "a Linux kernel" },
	{ OPT_INITRD, "initrd", "FILE", "its initramfs" },
	{ OPT_APPEND, "append", "TEXT", "more words for the kernel's command line" },
	{ OPT_MEMORY, "memory", "SIZE", "of the guest, as QEMU's -m (1G)" },
	{ OPT_CPUS, "cpus", "N", "of the guest (1)" },
	{ OPT_QEMU, "qemu", "FILE", "this QEMU, 10.1 or later" },
	{ OPT_TIMEOUT, "timeout", "SECONDS", "end the guest after this time (300)" },
	{ OPT_CONSOLE_FILE, "console-file", "FILE", "keep the guest's console; - shows it" },
	{ 0, NULL, NULL, NULL },
};

static const struct option_row *const boot_tables[] = { boot_rows, drive_option_rows, NULL };

struct boot {
	struct drive_options options;
	struct guest guest;
	struct session session;
	struct progress *progress;
	struct verdict verdict;
	const char *name;		/* of the ready-made guest, or NULL */
	const char *append;
	const char *console_file;
	int console_fd;			/* -1: the console is not kept */
	bool console_failed;		/* and that was said */
	char memory[24];
	unsigned int timeout_s;
	char dir[64];			/* of the sockets */
	char nvme_socket[96], console_socket[96];
};

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

	if (parse_size(arg, &value) != 0 || value == 0 || value > max) {
		complain("boot: --%s %s: must be a number from 1 to %u", option, arg, max);
		return -1;
	}
	*to = (unsigned int)value;
	return 0;
}

static int set_memory(struct boot *boot, const char *arg)
{
	unsigned long long size;

	if (parse_size(arg, &size) != 0 || size < 1 << 20) {
		complain("boot: --memory %s: must be a size like 512M or 1G", arg);
		return -1;
	}
	/* QEMU's options differ in what a number without a unit means. */
	snprintf(boot->memory, sizeof(boot->memory), "%lluK", size >> 10);
	boot->guest.memory = boot->memory;
	return 0;
}

static int handle(void *ctx, int id, const char *arg)
{
	struct boot *boot = ctx;

	switch (id) {
	case OPT_GUEST:
		boot->name = arg;
		return 0;
	case OPT_KERNEL:
		return set_text(boot->guest.kernel, "kernel", arg);
	case OPT_INITRD:
		return set_text(boot->guest.initrd, "initrd", arg);
	case OPT_APPEND:
		boot->append = arg;
		return 0;
	case OPT_MEMORY:
		return set_memory(boot, arg);
	case OPT_CPUS:
		return set_number(&boot->guest.nr_cpus, "cpus", arg, 64);
	case OPT_QEMU:
		return set_text(boot->guest.qemu, "qemu", arg);
	case OPT_TIMEOUT:
		return set_number(&boot->timeout_s, "timeout", arg, 1000000);
	case OPT_CONSOLE_FILE:
		boot->console_file = arg;
		return 0;
	default:
		return drive_options_handle(&boot->options, "boot", id, arg);
	}
}

static void keep_console(struct boot *boot, const char *bytes, size_t len)
{
	while (len > 0 && !boot->console_failed) {
		ssize_t done = write(boot->console_fd, bytes, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0) {
			complain("boot: %s: %s; the console ends there", boot->console_file,
				 strerror(errno));
			boot->console_failed = true;
			return;
		}
		bytes += done;
		len -= (size_t)done;
	}
}

/* Every byte of the console, on the controller's thread. */
static void on_console(void *ctx, const void *bytes, size_t len)
{
	struct boot *boot = ctx;

	verdict_feed(&boot->verdict, bytes, len);
	if (boot->console_fd >= 0)
		keep_console(boot, bytes, len);
}

static int open_console(struct boot *boot)
{
	boot->console_fd = -1;
	if (boot->console_file == NULL)
		return 0;
	if (strcmp(boot->console_file, "-") == 0) {
		boot->console_fd = STDERR_FILENO;
		return 0;
	}
	boot->console_fd = open(boot->console_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (boot->console_fd >= 0)
		return 0;
	complain("boot: %s: %s", boot->console_file, strerror(errno));
	return -1;
}

/* A folder of our own for the sockets, with a name short enough for them. */
static int make_dir(struct boot *boot)
{
	const char *base = getenv("XDG_RUNTIME_DIR");

	if (base == NULL || strlen(base) > 32 || access(base, W_OK) != 0)
		base = "/tmp";
	snprintf(boot->dir, sizeof(boot->dir), "%s/nvmetap-XXXXXX", base);
	if (mkdtemp(boot->dir) == NULL) {
		complain("boot: %s: %s", boot->dir, strerror(errno));
		boot->dir[0] = '\0';
		return -1;
	}
	snprintf(boot->nvme_socket, sizeof(boot->nvme_socket), "%s/nvme.sock", boot->dir);
	snprintf(boot->console_socket, sizeof(boot->console_socket), "%s/console.sock", boot->dir);
	boot->guest.nvme_socket = boot->nvme_socket;
	boot->guest.console_socket = boot->console_socket;
	return 0;
}

static void remove_dir(struct boot *boot)
{
	if (boot->dir[0] == '\0')
		return;
	unlink(boot->nvme_socket);
	unlink(boot->console_socket);
	rmdir(boot->dir);
	boot->dir[0] = '\0';
}

static int complete_options(struct boot *boot)
{
	char append[GUEST_TEXT_MAX];

	if (boot->name != NULL || boot->guest.qemu[0] == '\0')
		if (guest_find(&boot->guest, boot->name) != 0)
			return -1;
	if (snprintf(append, sizeof(append), "%s%s%s",
		     boot->guest.append[0] != '\0' ? boot->guest.append :
		     "console=ttyS0 panic=-1 loglevel=7",
		     boot->append != NULL ? " " : "", boot->append != NULL ? boot->append : "") >=
	    (int)sizeof(append)) {
		complain("boot: --append: too long");
		return -1;
	}
	strcpy(boot->guest.append, append);
	if (boot->options.drive.nr_ns == 0)
		boot->options.ns[boot->options.drive.nr_ns++] = "mem=1G";
	boot->guest.bdf = boot->options.drive.bdf;
	boot->options.drive.vfio_user = boot->nvme_socket;
	boot->options.drive.console = boot->console_socket;
	boot->options.drive.console_bytes = on_console;
	boot->options.drive.console_ctx = boot;
	boot->options.drive.once = true;
	boot->options.tracer.sink = progress_feed;
	boot->options.tracer.sink_ctx = boot->progress;
	return 0;
}

static void *serve(void *ctx)
{
	struct session *session = ctx;
	int ret = session_run(session);

	if (ret != 0)
		complain("boot: the drive: %s", strerror(-ret));
	return NULL;
}

/* The exit status of the whole, having said why if it is not 0. */
static int judge(const struct boot *boot, int why, int status)
{
	if (why == -ETIMEDOUT) {
		complain("boot: the guest was ended after %u seconds", boot->timeout_s);
		return EXIT_FAILED;
	}
	if (why != 0) {
		complain("boot: ended by %s", strsignal(why));
		return 128 + why;
	}
	if (WIFSIGNALED(status)) {
		complain("boot: QEMU was killed: %s", strsignal(WTERMSIG(status)));
		return EXIT_FAILED;
	}
	if (WEXITSTATUS(status) != 0) {
		complain("boot: QEMU ended with status %d", WEXITSTATUS(status));
		return EXIT_FAILED;
	}
	if (boot->verdict.seen && boot->verdict.failed == 0)
		fprintf(stderr, "guest      its own check passed\n");
	else if (boot->verdict.seen)
		complain("boot: %u steps of the guest's own check failed", boot->verdict.failed);
	else if (boot->name != NULL)
		complain("boot: the guest ended without a verdict of its own check");
	return boot->verdict.seen ? boot->verdict.failed != 0 : boot->name != NULL;
}

/* What came before QEMU was there to be waited for. */
static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	caught = number;
}

static void block_signals(void)
{
	sigset_t set;

	signals_set(&set);
	sigaddset(&set, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* QEMU has ended: what may still take its time, may be cut short. */
static int finish(struct boot *boot, int why, int status)
{
	int ret;

	remove_dir(boot);
	signals_release();
	ret = session_close(&boot->session);
	progress_summary(boot->progress);
	status = judge(boot, why, status);
	return status != 0 ? status : ret != 0 || boot->console_failed ? EXIT_FAILED : EXIT_DONE;
}

static int run_guest(struct boot *boot)
{
	int status = 0, why, ret;
	pthread_t thread;
	pid_t pid = -1;

	if (session_open(&boot->session, &boot->options, "boot") != 0)
		return EXIT_FAILED;
	block_signals();
	if (caught == 0)
		pid = guest_start(&boot->guest);
	if (pid < 0) {
		session_close(&boot->session);
		return EXIT_FAILED;
	}
	ret = pthread_create(&thread, NULL, serve, &boot->session);
	if (ret != 0) {
		complain("boot: thread: %s", strerror(ret));
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		session_close(&boot->session);
		return EXIT_FAILED;
	}
	why = guest_wait(pid, boot->timeout_s, &status);
	session_stop(&boot->session);
	pthread_join(thread, NULL);
	return finish(boot, why, status);
}

static int run_in_dir(struct boot *boot)
{
	int ret = EXIT_FAILED;

	signals_catch(on_signal);
	if (make_dir(boot) == 0 && complete_options(boot) == 0 && caught == 0 &&
	    open_console(boot) == 0)
		ret = run_guest(boot);
	remove_dir(boot);
	if (caught != 0) {
		complain("boot: ended by %s", strsignal(caught));
		ret = 128 + caught;
	}
	if (boot->console_fd > STDERR_FILENO)
		close(boot->console_fd);
	return ret;
}

static int check(const struct boot *boot, int argc, char **argv, int first)
{
	if (boot->name == NULL && boot->guest.kernel[0] == '\0' && first == argc) {
		complain("boot: what? give --guest NAME, --kernel FILE, or options for QEMU after --");
		return -1;
	}
	if (first < argc && strcmp(argv[first - 1], "--") != 0) {
		complain("boot: %s: not expected; options for QEMU stand after --", argv[first]);
		return -1;
	}
	if (boot->options.drive.bdf >> 8 != 0) {
		complain("boot: --bdf: QEMU has it on bus 00");
		return -1;
	}
	return 0;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct boot *boot = calloc(1, sizeof(*boot));
	int first, ret = EXIT_USAGE;

	if (boot == NULL) {
		complain("boot: %s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	drive_options_init(&boot->options);
	boot->guest.memory = "1G";
	boot->guest.nr_cpus = 1;
	boot->timeout_s = 300;
	boot->console_fd = -1;
	first = options_parse(command, argc, argv, handle, boot);
	if (first == OPTIONS_HELPED)
		ret = EXIT_DONE;
	if (first >= 0 && check(boot, argc, argv, first) == 0) {
		boot->guest.extra = argv + first;
		boot->progress = progress_new();
		ret = boot->progress != NULL ? run_in_dir(boot) : EXIT_FAILED;
		progress_free(boot->progress);
	}
	free(boot);
	return ret;
}

extern const struct command command_boot;
const struct command command_boot = {
	.name = "boot",
	.operands = "[-- QEMU-OPTION…]",
	.summary = "a guest that boots from the drive, and its capture",
	.options = boot_tables,
	.run = run,
};
