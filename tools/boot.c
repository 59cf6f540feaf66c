/* SPDX-License-Identifier: BSD-2-Clause */
/* nvmetap boot: a drive and a guest that boots from it. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "tools/boot_options.h"
#include "tools/guest.h"
#include "tools/guest_dir.h"
#include "tools/progress.h"
#include "tools/session.h"
#include "tools/signals.h"
#include "tools/verdict.h"

enum {
	GONE_S = 1,		/* how long the drive may take to see that its guest has gone */
	CONSOLE_PIPE = 1 << 20,	/* what the kernel keeps of its own log, several times */
};

struct boot {
	struct boot_options options;
	struct session session;
	struct progress *progress;
	struct verdict verdict;
	int console_fd;			/* -1: the console is not kept */
	bool console_failed;		/* and that was said */
	struct guest_dir dir;
	_Atomic pid_t pid;		/* the guest's, 0: there is none */
};

static void keep_console(struct boot *boot, const char *bytes, size_t len)
{
	while (len > 0 && !boot->console_failed) {
		ssize_t done = write(boot->console_fd, bytes, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0) {
			complain("boot: %s: %s; the console ends there", boot->options.console_file,
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
	const char *file = boot->options.console_file;

	boot->console_fd = -1;
	if (file == NULL)
		return 0;
	if (strcmp(file, "-") == 0) {
		boot->console_fd = STDERR_FILENO;
		return 0;
	}
	boot->console_fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (boot->console_fd >= 0)
		return 0;
	complain("boot: %s: %s", file, strerror(errno));
	return -1;
}

/* The kernel's command line: the guest's or ours, then the user's. */
static int complete_append(struct guest *guest, const char *more)
{
	char append[GUEST_TEXT_MAX];
	const char *first = guest->append[0] != '\0' ? guest->append : guest->kind->append;

	if (snprintf(append, sizeof(append), "%s%s%s", first, more != NULL ? " " : "",
		     more != NULL ? more : "") >= (int)sizeof(append)) {
		complain("boot: --append: too long");
		return -1;
	}
	strcpy(guest->append, append);
	return 0;
}

/* QEMU connects to a socket for its console.  User-mode Linux writes to its
 * standard output, and drops what the kernel says while that is full. */
static int join(struct guest *guest, struct drive_config *drive)
{
	int ends[2];

	if (guest->kind == &guest_qemu) {
		drive->vfio_user = guest->nvme_socket;
		drive->console = guest->console_socket;
		return 0;
	}
	drive->vhost_user = guest->nvme_socket;
	if (pipe2(ends, O_CLOEXEC) != 0) {
		complain("boot: console: %s", strerror(errno));
		return -1;
	}
	fcntl(ends[1], F_SETPIPE_SZ, CONSOLE_PIPE);
	drive->console_fd = ends[0];
	guest->console_fd = ends[1];
	return 0;
}

/* The program ends at once: on any thread, also in a signal handler. */
static void on_dying(void *ctx)
{
	struct boot *boot = ctx;
	pid_t pid = atomic_load(&boot->pid);

	if (pid > 0)
		kill(-pid, SIGKILL);
	guest_dir_remove(&boot->dir);
}

/* A kernel would only panic, without a word of it. */
static int check_initrd(const char *file)
{
	if (file[0] == '\0' || access(file, R_OK) == 0)
		return 0;
	complain("boot: --initrd %s: %s", file, strerror(errno));
	return -1;
}

/* An exit status. */
static int complete_options(struct boot *boot)
{
	struct drive_options *session = &boot->options.session;
	struct guest *guest = &boot->options.guest;
	int status = EXIT_DONE;

	if (check_initrd(guest->initrd) != 0)
		return EXIT_FAILED;
	if (boot->options.name != NULL || guest->program[0] == '\0')
		status = guest_find(guest, boot->options.name);
	if (status != EXIT_DONE)
		return status;
	if (complete_append(guest, boot->options.append) != 0)
		return EXIT_USAGE;
	if (session->drive.nr_ns == 0)
		session->ns[session->drive.nr_ns++] = "mem=1G";
	guest->bdf = session->drive.bdf;
	guest->dir = boot->dir.path;
	guest->nvme_socket = boot->dir.nvme_socket;
	guest->console_socket = boot->dir.console_socket;
	if (join(guest, &session->drive) != 0)
		return EXIT_FAILED;
	session->drive.console_bytes = on_console;
	session->drive.console_ctx = boot;
	session->drive.once = true;
	session->tracer.sink = progress_feed;
	session->tracer.sink_ctx = boot->progress;
	session->dying = on_dying;
	session->dying_ctx = boot;
	return EXIT_DONE;
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
	const char *program = boot->options.guest.kind->name;

	if (why == -ETIMEDOUT) {
		complain("boot: the guest was ended after %u seconds", boot->options.timeout_s);
		return EXIT_FAILED;
	}
	if (why != 0) {
		complain("boot: ended by %s", strsignal(why));
		return 128 + why;
	}
	if (boot->verdict.panic[0] != '\0') {
		complain("boot: the guest's kernel panicked: %s", boot->verdict.panic);
		return EXIT_FAILED;
	}
	if (WIFSIGNALED(status)) {
		complain("boot: %s was killed: %s", program, strsignal(WTERMSIG(status)));
		return EXIT_FAILED;
	}
	if (WEXITSTATUS(status) != 0) {
		complain("boot: %s ended with status %d", program, WEXITSTATUS(status));
		return EXIT_FAILED;
	}
	if (boot->verdict.seen && boot->verdict.failed == 0)
		fprintf(stderr, "guest: its own check passed\n");
	else if (boot->verdict.seen)
		complain("boot: %u steps of the guest's own check failed", boot->verdict.failed);
	else if (boot->options.name != NULL)
		complain("boot: the guest ended without a verdict of its own check");
	return boot->verdict.seen ? boot->verdict.failed != 0 : boot->options.name != NULL;
}

/* What came before the guest was there to be waited for. */
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

static int finish(struct boot *boot, int why, int status)
{
	int ret;

	session_close(&boot->session);
	if (!progress_summary(boot->progress) && boot->options.uml != NULL)
		complain("boot: %s: has it CONFIG_UML_PCI_OVER_VIRTIO? see nvmetap-boot(1)",
			 boot->options.uml);
	ret = session_report(&boot->session);
	session_free(&boot->session);
	status = judge(boot, why, status);
	return status != 0 ? status : ret != 0 || boot->console_failed ? EXIT_FAILED : EXIT_DONE;
}

/*
 * Ends with the drive.  It ends by itself when it sees its guest gone, which may
 * be a moment after QEMU has ended: io_uring lets go of a dead program's sockets
 * when it finds the time.  A guest that never spoke to the drive is not seen to go.
 */
static void join_drive(struct boot *boot, pthread_t thread)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += GONE_S;
	if (pthread_timedjoin_np(thread, NULL, &until) == 0)
		return;
	session_stop(&boot->session);
	pthread_join(thread, NULL);
}

static int run_guest(struct boot *boot)
{
	int status = 0, why, ret;
	pthread_t thread;
	pid_t pid = -1;

	if (session_open(&boot->session, &boot->options.session, "boot") != 0)
		return EXIT_FAILED;
	block_signals();
	if (caught == 0)
		pid = guest_start(&boot->options.guest);
	if (boot->options.guest.console_fd >= 0)
		close(boot->options.guest.console_fd);
	if (pid < 0) {
		session_close(&boot->session);
		session_free(&boot->session);
		return EXIT_FAILED;
	}
	atomic_store(&boot->pid, pid);
	ret = pthread_create(&thread, NULL, serve, &boot->session);
	if (ret != 0) {
		complain("boot: thread: %s", strerror(ret));
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		session_close(&boot->session);
		session_free(&boot->session);
		return EXIT_FAILED;
	}
	why = guest_wait(&boot->options.guest, pid, boot->options.timeout_s, &status);
	atomic_store(&boot->pid, 0);
	/* What may still take its time, may be cut short. */
	guest_dir_remove(&boot->dir);
	signals_release();
	join_drive(boot, thread);
	return finish(boot, why, status);
}

static int run_in_dir(struct boot *boot)
{
	int ret = EXIT_FAILED;

	signals_catch(on_signal);
	if (guest_dir_make(&boot->dir) == 0)
		ret = complete_options(boot);
	if (ret == EXIT_DONE)
		ret = caught == 0 && open_console(boot) == 0 ? run_guest(boot) : EXIT_FAILED;
	guest_dir_remove(&boot->dir);
	if (caught != 0) {
		complain("boot: ended by %s", strsignal(caught));
		ret = 128 + caught;
	}
	if (boot->console_fd > STDERR_FILENO)
		close(boot->console_fd);
	return ret;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct boot *boot = calloc(1, sizeof(*boot));
	int first, ret = EXIT_USAGE;

	if (boot == NULL) {
		complain("boot: %s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	boot->console_fd = -1;
	first = boot_options_parse(&boot->options, command, argc, argv);
	if (first == OPTIONS_HELPED)
		ret = EXIT_DONE;
	if (first >= 0) {
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
	.summary = "boot a guest from the drive and capture it",
	.options = boot_option_tables,
	.run = run,
};
