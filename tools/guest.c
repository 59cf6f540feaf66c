/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest: finds its parts with nvmetap-guest, and starts QEMU with them. */
#include "config.h"

#include "tools/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "tools/command.h"
#include "tools/signals.h"

enum { ARGS_MAX = 128, PATIENCE_S = 5 };

static int take(char *to, const char *value)
{
	if (to[0] != '\0')
		return 0;
	if (strlen(value) >= GUEST_TEXT_MAX)
		return -1;
	strcpy(to, value);
	return 0;
}

/* One line "key=value" of nvmetap-guest. */
static int take_line(struct guest *guest, char *line)
{
	char *value = strchr(line, '=');

	if (value == NULL)
		return take(guest->qemu, line);
	*value++ = '\0';
	if (strcmp(line, "qemu") == 0)
		return take(guest->qemu, value);
	if (strcmp(line, "kernel") == 0)
		return take(guest->kernel, value);
	if (strcmp(line, "initrd") == 0)
		return take(guest->initrd, value);
	if (strcmp(line, "append") == 0)
		return take(guest->append, value);
	return 0;
}

static pid_t start_finder(const char *path, const char *name, const sigset_t *mask, int *from)
{
	int ends[2];
	pid_t pid;

	if (pipe(ends) != 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, mask, NULL);
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		if (name != NULL)
			execl(path, path, "paths", name, (char *)NULL);
		else
			execl(path, path, "qemu", (char *)NULL);
		complain("%s: %s", path, strerror(errno));
		_exit(127);
	}
	close(ends[1]);
	if (pid < 0)
		close(ends[0]);
	*from = ends[0];
	return pid;
}

/* All that the finder says, NUL ended.  -1: a signal came first, of those that
 * mask lets through, or it is too much. */
static int hear_finder(int from, const sigset_t *mask, char *said, size_t size)
{
	struct pollfd pfd = { .fd = from, .events = POLLIN };
	size_t len = 0;
	ssize_t n;

	do {
		n = ppoll(&pfd, 1, NULL, mask);
		if (n > 0)
			n = read(from, said + len, size - len);
		if (n > 0)
			len += (size_t)n;
	} while (n > 0);
	if (n < 0 || len == size)
		return -1;
	said[len] = '\0';
	return 0;
}

static int take_lines(struct guest *guest, char *said)
{
	int ret = 0;
	char *end;

	for (; *said != '\0'; said = end) {
		end = said + strcspn(said, "\n");
		if (*end != '\0')
			*end++ = '\0';
		ret |= take_line(guest, said);
	}
	return ret;
}

/* Runs nvmetap-guest.  The signals that end us are let through only where we
 * wait for it: one that came just before would be slept over. */
static int find(struct guest *guest, const char *path, const char *name, const sigset_t *mask)
{
	char said[4 * GUEST_TEXT_MAX];
	int from, status, ret;
	pid_t pid = start_finder(path, name, mask, &from);

	if (pid < 0) {
		complain("boot: %s: %s", path, strerror(errno));
		return -1;
	}
	ret = hear_finder(from, mask, said, sizeof(said));
	close(from);
	if (ret != 0)
		kill(pid, SIGTERM);
	else
		ret = take_lines(guest, said);
	sigprocmask(SIG_SETMASK, mask, NULL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		kill(pid, SIGTERM);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? ret : -1;
}

/*
 * Where nvmetap-guest is: in the folder that the environment names, else where
 * it was installed, else, for a program that runs from the build/ of a source
 * tree, in that tree.
 */
static void find_path(char *path, size_t size)
{
	const char *dir = getenv("NVMETAP_LIBEXECDIR");
	char self[GUEST_TEXT_MAX / 2];
	ssize_t len;

	snprintf(path, size, "%s/nvmetap-guest", dir != NULL ? dir : PKGLIBEXECDIR);
	if (dir != NULL || access(path, F_OK) == 0)
		return;
	/* Room is left for what replaces the name. */
	len = readlink("/proc/self/exe", self, sizeof(self) - 32);
	if (len <= 0)
		return;
	self[len] = '\0';
	*strrchr(self, '/') = '\0';
	strcat(self, "/../tools/nvmetap-guest");
	if (access(self, X_OK) == 0)
		snprintf(path, size, "%s", self);
}

int guest_find(struct guest *guest, const char *name)
{
	char path[GUEST_TEXT_MAX];
	sigset_t ours, mask;
	int ret;

	if (name == NULL && guest->qemu[0] != '\0')
		return 0;
	find_path(path, sizeof(path));
	signals_set(&ours);
	sigprocmask(SIG_BLOCK, &ours, &mask);
	ret = find(guest, path, name, &mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return ret;
}

struct args {
	char *argv[ARGS_MAX];
	unsigned int nr;
	bool failed;
};

static void add(struct args *args, const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL || args->nr == ARGS_MAX - 1)
		args->failed = true;
	else
		args->argv[args->nr++] = copy;
}

static void __attribute__((format(printf, 2, 3))) addf(struct args *args, const char *format, ...)
{
	char text[GUEST_TEXT_MAX];
	va_list list;

	va_start(list, format);
	if (vsnprintf(text, sizeof(text), format, list) >= (int)sizeof(text))
		args->failed = true;
	va_end(list);
	add(args, text);
}

static void build(struct args *args, const struct guest *guest)
{
	add(args, guest->qemu);
	add(args, "-nodefaults");
	add(args, "-no-user-config");
	add(args, "-display");
	add(args, "none");
	add(args, "-no-reboot");
	add(args, "-accel");
	add(args, "tcg");
	add(args, "-cpu");
	add(args, "max");
	add(args, "-smp");
	addf(args, "%u", guest->nr_cpus);
	add(args, "-m");
	add(args, guest->memory);
	add(args, "-object");
	addf(args, "memory-backend-memfd,id=mem,size=%s,share=on", guest->memory);
	add(args, "-machine");
	add(args, "q35,memory-backend=mem");
	add(args, "-chardev");
	addf(args, "socket,id=console,path=%s", guest->console_socket);
	add(args, "-serial");
	add(args, "chardev:console");
	/* As JSON it is made after the user's plain ones, an IOMMU for instance. */
	add(args, "-device");
	addf(args, "{\"driver\":\"vfio-user-pci\",\"addr\":\"%02x.%x\","
	     "\"socket\":{\"type\":\"unix\",\"path\":\"%s\"}}",
	     guest->bdf >> 3 & 31, guest->bdf & 7, guest->nvme_socket);
	if (guest->kernel[0] != '\0') {
		add(args, "-kernel");
		add(args, guest->kernel);
		add(args, "-append");
		add(args, guest->append);
	}
	if (guest->initrd[0] != '\0') {
		add(args, "-initrd");
		add(args, guest->initrd);
	}
	for (char *const *extra = guest->extra; extra != NULL && *extra != NULL; extra++)
		add(args, *extra);
}

/* Tells its errno to the other end of the pipe if there is no such program. */
static void __attribute__((noreturn)) become_qemu(struct args *args, int to)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ssize_t done;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	setpgid(0, 0);		/* Ctrl-C is for nvmetap, which then ends QEMU */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	dup2(null, STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execvp(args->argv[0], args->argv);
	done = write(to, &errno, sizeof(errno));
	_exit(done == (ssize_t)sizeof(errno) ? 127 : 126);
}

/* -1 and errno if it could not become QEMU. */
static pid_t start_qemu(struct args *args)
{
	int ends[2], error = 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	pid = fork();
	if (pid == 0)
		become_qemu(args, ends[1]);
	if (pid < 0)
		error = errno;
	close(ends[1]);
	/* Nothing comes when the pipe is closed by its becoming QEMU. */
	if (pid > 0 && read(ends[0], &error, sizeof(error)) != 0)
		waitpid(pid, NULL, 0);
	close(ends[0]);
	errno = error;
	return error == 0 ? pid : -1;
}

pid_t guest_start(const struct guest *guest)
{
	struct args args = { .nr = 0 };
	pid_t pid = -1;

	build(&args, guest);
	if (args.failed)
		complain("boot: too many or too long options for QEMU");
	else
		pid = start_qemu(&args);
	if (pid < 0 && !args.failed)
		complain("boot: %s: %s", guest->qemu, strerror(errno));
	for (unsigned int i = 0; i < args.nr; i++)
		free(args.argv[i]);
	return pid;
}

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

int guest_wait(pid_t pid, unsigned int timeout_s, int *status)
{
	time_t deadline = now_s() + (time_t)timeout_s;
	int number, why = 0;
	sigset_t set;

	signals_set(&set);
	sigaddset(&set, SIGCHLD);
	while (waitpid(pid, status, WNOHANG) != pid) {
		struct timespec left = { .tv_sec = deadline - now_s() };

		number = left.tv_sec > 0 ? sigtimedwait(&set, NULL, &left) : -1;
		if (number == SIGCHLD || (number < 0 && now_s() < deadline))
			continue;
		/* A second chance to end by itself, then none. */
		kill(pid, why == 0 ? SIGTERM : SIGKILL);
		if (number > 0)
			why = number;
		else if (why == 0)
			why = -ETIMEDOUT;
		deadline = now_s() + PATIENCE_S;
	}
	return why;
}
