/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest: which program, kernel and initramfs, and the process that runs them. */
#ifndef TOOLS_GUEST_H
#define TOOLS_GUEST_H

#include <stdint.h>
#include <sys/types.h>
#include "tools/args.h"

enum { GUEST_TEXT_MAX = 4096 };

struct guest;

/* What runs a guest's kernel: QEMU, or the kernel itself. */
struct guest_kind {
	const char *name;		/* as it is called in words */
	const char *append;		/* the kernel's command line where nothing else is known */
	const char *memory;		/* unless the user wants another size */
	int end_signal;			/* what ends it first, also when we are no more */
	/* The program with its words, and what its environment has besides ours. */
	void (*command)(struct args *args, const struct guest *guest);
	void (*environment)(struct args *args, const struct guest *guest);	/* or NULL */
};

extern const struct guest_kind guest_qemu, guest_uml;

struct guest {
	const struct guest_kind *kind;
	char program[GUEST_TEXT_MAX];	/* QEMU or user-mode Linux; a path, or found in PATH */
	char kernel[GUEST_TEXT_MAX];	/* QEMU's */
	char initrd[GUEST_TEXT_MAX];	/* "": none */
	char append[GUEST_TEXT_MAX];	/* the kernel's command line */
	const char *source;		/* a tree to build user-mode Linux from, or NULL */
	const char *memory;		/* with a unit: "1G" */
	unsigned int nr_cpus;
	uint32_t bdf;			/* where the drive stands; bus 0 */
	char *const *extra;		/* QEMU options of the user, NULL ends */
	const char *dir;		/* a folder of the guest's own */
	const char *nvme_socket, *console_socket;
	int console_fd;			/* its standard output; -1: it goes to standard error */
};

/*
 * Fills program, kernel, initrd and append of a ready-made guest, by the
 * program nvmetap-guest, which fetches or builds what is missing and says so on
 * standard error.  name NULL: QEMU only.  What is set already stays.  An exit
 * status: EXIT_USAGE if there is no guest of that name; what is wrong has been said.
 */
int guest_find(struct guest *guest, const char *name);

/* Starts it; standard input is empty, its words go to standard error.  Returns
 * the process, which leads a group of its own, or -1 when it has been said what
 * is wrong. */
pid_t guest_start(const struct guest *guest);

/*
 * Waits for its end; a signal of signals.h or the time limit ends it, first by
 * its kind's end_signal, then by SIGKILL.  What it has started ends with it.  These signals
 * and SIGCHLD are blocked.  Returns 0, the signal, or -ETIMEDOUT; status is the
 * program's.
 */
int guest_wait(const struct guest *guest, pid_t pid, unsigned int timeout_s, int *status);

#endif
