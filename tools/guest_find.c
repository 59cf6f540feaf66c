/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the parts of a guest by the program nvmetap-guest. */
#include "config.h"

#include "tools/guest.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tools/command.h"
#include "tools/signals.h"
#include "tools/source_tree.h"

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
		return take(guest->program, line);
	*value++ = '\0';
	if (strcmp(line, "qemu") == 0 || strcmp(line, "uml") == 0)
		return take(guest->program, value);
	if (strcmp(line, "kernel") == 0)
		return take(guest->kernel, value);
	if (strcmp(line, "initrd") == 0)
		return take(guest->initrd, value);
	if (strcmp(line, "append") == 0)
		return take(guest->append, value);
	return 0;
}

/* What is asked for: all parts, or the one that is missing. */
static void ask(struct args *args, const struct guest *guest, const char *path, const char *name)
{
	args_add(args, path);
	if (name == NULL) {
		args_add(args, "qemu");
	} else if (guest->kind == &guest_uml && guest->program[0] != '\0') {
		args_add(args, "initrd");
	} else {
		args_add(args, "paths");
		args_add(args, name);
		if (guest->source != NULL)
			args_add(args, guest->source);
	}
}

static pid_t start_finder(const struct args *args, const sigset_t *mask, int *from)
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
		execv(args->words[0], args->words);
		complain("%s: %s", args->words[0], strerror(errno));
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
static int find(struct guest *guest, const struct args *args, const sigset_t *mask)
{
	char said[4 * GUEST_TEXT_MAX];
	int from, status, ret;
	pid_t pid = args->failed ? -1 : start_finder(args, mask, &from);

	if (pid < 0) {
		complain("boot: nvmetap-guest: %s", strerror(errno));
		return EXIT_FAILED;
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
	if (ret == 0 && WIFEXITED(status) && WEXITSTATUS(status) <= EXIT_USAGE)
		return WEXITSTATUS(status);
	return EXIT_FAILED;
}

/*
 * Where nvmetap-guest is: in the folder that the environment names, else where
 * it was installed, else, for a program that runs from the build/ of a source
 * tree, in that tree.
 */
static void find_path(char *path, size_t size)
{
	const char *dir = getenv("NVMETAP_LIBEXECDIR");

	snprintf(path, size, "%s/nvmetap-guest", dir != NULL ? dir : PKGLIBEXECDIR);
	if (dir == NULL && access(path, F_OK) != 0)
		source_tree_path(path, size, "tools/nvmetap-guest");
}

int guest_find(struct guest *guest, const char *name)
{
	struct args args = { .nr = 0 };
	char path[GUEST_TEXT_MAX];
	sigset_t ours, mask;
	int ret;

	if (name == NULL && guest->program[0] != '\0')
		return EXIT_DONE;
	find_path(path, sizeof(path));
	ask(&args, guest, path, name);
	signals_set(&ours);
	sigprocmask(SIG_BLOCK, &ours, &mask);
	ret = find(guest, &args, &mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	args_fini(&args);
	return ret;
}
