/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spend KEY COMMAND…: runs the command with its output thrown away, and says
 * KEY.cpu, its CPU time in ns, and KEY.memory, its peak in bytes.
 */
#include "config.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/bench/measure.h"

static void run(char **argv)
{
	int fd = open("/dev/null", O_WRONLY);

	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
		bench_die("/dev/null");
	execvp(argv[0], argv);
	bench_die(argv[0]);
}

int main(int argc, char **argv)
{
	struct rusage used;
	char key[64];
	int status;
	pid_t pid;

	if (argc < 3) {
		fprintf(stderr, "usage: spend KEY COMMAND...\n");
		return 2;
	}
	pid = fork();
	if (pid == 0)
		run(argv + 2);
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid)
		bench_die(argv[2]);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "bench: %s failed\n", argv[2]);
		return 1;
	}
	snprintf(key, sizeof(key), "%s.cpu", argv[1]);
	bench_say(key, bench_rusage_cpu_ns(&used));
	snprintf(key, sizeof(key), "%s.memory", argv[1]);
	bench_say(key, (double)used.ru_maxrss * 1024);
	return 0;
}
