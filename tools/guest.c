/* SPDX-License-Identifier: BSD-2-Clause */
/* The process that runs a guest: its start and its end. */
#include "config.h"

#include "tools/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "tools/command.h"
#include "tools/signals.h"

enum { PATIENCE_S = 5 };

struct program {
	struct args args, env;
	int out;		/* its standard output */
	int end_signal;		/* also when we are no more */
};

/* Tells its errno to the other end of the pipe if there is no such program. */
static void __attribute__((noreturn)) become(const struct program *program, int to)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ssize_t done;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	setpgid(0, 0);		/* Ctrl-C is for nvmetap, which then ends the guest */
	prctl(PR_SET_PDEATHSIG, program->end_signal);
	dup2(null, STDIN_FILENO);
	dup2(program->out >= 0 ? program->out : STDERR_FILENO, STDOUT_FILENO);
	/* What is named by a path and is no program is not for a shell to try. */
	if (strchr(program->args.words[0], '/') != NULL)
		execve(program->args.words[0], program->args.words, program->env.words);
	else
		execvpe(program->args.words[0], program->args.words, program->env.words);
	done = write(to, &errno, sizeof(errno));
	_exit(done == (ssize_t)sizeof(errno) ? 127 : 126);
}

/* -1 and errno if it could not become the program. */
static pid_t start(const struct program *program)
{
	int ends[2], error = 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	pid = fork();
	if (pid == 0)
		become(program, ends[1]);
	if (pid < 0)
		error = errno;
	close(ends[1]);
	/* Nothing comes when the pipe is closed by its becoming the program. */
	if (pid > 0 && read(ends[0], &error, sizeof(error)) != 0)
		waitpid(pid, NULL, 0);
	close(ends[0]);
	errno = error;
	return error == 0 ? pid : -1;
}

static bool is_named(const struct args *env, const char *word)
{
	size_t len = strcspn(word, "=") + 1;

	for (size_t i = 0; i < env->nr; i++) {
		if (strncmp(env->words[i], word, len) == 0)
			return true;
	}
	return false;
}

/* A name that stands twice would be the first for some programs and the last for others. */
static void prepare(struct program *program, const struct guest *guest)
{
	guest->kind->command(&program->args, guest);
	if (guest->kind->environment != NULL)
		guest->kind->environment(&program->env, guest);
	for (char **word = environ; *word != NULL; word++) {
		if (!is_named(&program->env, *word))
			args_add(&program->env, *word);
	}
	program->out = guest->console_fd;
	program->end_signal = guest->kind->end_signal;
}

pid_t guest_start(const struct guest *guest)
{
	struct program program = { .out = -1 };
	pid_t pid = -1;

	prepare(&program, guest);
	errno = ENOMEM;
	if (!program.args.failed && !program.env.failed)
		pid = start(&program);
	if (pid < 0)
		complain("boot: %s: %s", guest->program, strerror(errno));
	args_fini(&program.args);
	args_fini(&program.env);
	return pid;
}

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Whether it has ended.  While it is not waited for its group cannot become
 * anyone else's. */
static bool has_ended(pid_t pid, int *status)
{
	siginfo_t info = { .si_pid = 0 };

	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
		return false;
	kill(-pid, SIGKILL);
	return waitpid(pid, status, 0) == pid;
}

int guest_wait(const struct guest *guest, pid_t pid, unsigned int timeout_s, int *status)
{
	time_t deadline = now_s() + (time_t)timeout_s;
	int number, why = 0;
	sigset_t set;

	signals_set(&set);
	sigaddset(&set, SIGCHLD);
	while (!has_ended(pid, status)) {
		struct timespec left = { .tv_sec = deadline - now_s() };

		number = left.tv_sec > 0 ? sigtimedwait(&set, NULL, &left) : -1;
		if (number == SIGCHLD || (number < 0 && now_s() < deadline))
			continue;
		kill(pid, why == 0 ? guest->kind->end_signal : SIGKILL);
		if (number > 0)
			why = number;
		else if (why == 0)
			why = -ETIMEDOUT;
		deadline = now_s() + PATIENCE_S;
	}
	return why;
}
