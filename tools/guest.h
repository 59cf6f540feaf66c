/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest: which QEMU, kernel and initramfs, and the process that runs them. */
#ifndef TOOLS_GUEST_H
#define TOOLS_GUEST_H

#include <stdint.h>
#include <sys/types.h>

enum { GUEST_TEXT_MAX = 4096 };

struct guest {
	char qemu[GUEST_TEXT_MAX];	/* a path, or a name to look for in PATH */
	char kernel[GUEST_TEXT_MAX];
	char initrd[GUEST_TEXT_MAX];	/* "": none */
	char append[GUEST_TEXT_MAX];	/* the kernel's command line */
	const char *memory;		/* with a unit: "1G" */
	unsigned int nr_cpus;
	uint32_t bdf;			/* where the drive stands; bus 0 */
	char *const *extra;		/* QEMU options of the user, NULL ends */
	const char *nvme_socket, *console_socket;
};

/*
 * Fills qemu, kernel, initrd and append of a ready-made guest, by the program
 * nvmetap-guest, which fetches what is missing and says so on standard error.
 * name NULL: qemu only.  What is set already stays.  0, or -1 when it has been
 * said what is wrong.
 */
int guest_find(struct guest *guest, const char *name);

/* Starts QEMU; standard input is empty, its words go to standard error.
 * Returns the process, or -1 when it has been said what is wrong. */
pid_t guest_start(const struct guest *guest);

/*
 * Waits for its end; a signal of signals.h or the time limit ends it, first by
 * SIGTERM, then by SIGKILL.  These signals and SIGCHLD are blocked.  Returns 0,
 * the signal, or -ETIMEDOUT; status is QEMU's.
 */
int guest_wait(pid_t pid, unsigned int timeout_s, int *status);

#endif
