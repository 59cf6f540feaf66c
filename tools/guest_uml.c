/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest that is user-mode Linux: a kernel that runs as a program, and finds the drive by
 * vhost-user. */
#include "config.h"

#include "tools/guest.h"

#include <signal.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* What the kernel's option CONFIG_UML_PCI_OVER_VIRTIO_DEVICE_ID says. */
enum { VIRTIO_ID = 1234 };

/* How long the kernel waits for an answer, in its own idea of time: 40 ms if it
 * is not told, and on a busy machine the drive may sleep longer. */
enum { PATIENCE_US = 10000000 };

/* The options that are not the kernel's but its own are words of their own.  "quiet" is about
 * what it says of the machine that it runs on; the log level that follows is the kernel's. */
static void command(struct args *args, const struct guest *guest)
{
	args_add(args, guest->program);
	args_addf(args, "mem=%s", guest->memory);
	if (guest->initrd[0] != '\0')
		args_addf(args, "initrd=%s", guest->initrd);
	args_addf(args, "uml_dir=%s", guest->dir);
	args_add(args, "umid=uml");
	args_add(args, "con0=null,fd:1");
	args_add(args, "con=null");
	args_addf(args, "virtio_uml.device=%s:%d", guest->nvme_socket, VIRTIO_ID);
	args_addf(args, "virtio_pcidev.max_delay_us=%d", PATIENCE_US);
	args_add(args, "quiet");
	args_add(args, "noreboot");
	args_add_words(args, guest->append);
}

/* Its memory is a file there, which it executes from. */
static bool holds_memory(const char *dir)
{
	struct statvfs fs;

	return access(dir, W_OK | X_OK) == 0 && statvfs(dir, &fs) == 0 &&
	       (fs.f_flag & ST_NOEXEC) == 0;
}

static void environment(struct args *args, const struct guest *guest)
{
	args_addf(args, "TMPDIR=%s", holds_memory("/dev/shm") ? "/dev/shm" : guest->dir);
}

const struct guest_kind guest_uml = {
	.name = "user-mode Linux",
	.append = "loglevel=7 printk.time=1",
	.memory = "256M",
	/* SIGTERM it answers by an end that may wait for the drive, and says so
	 * without end. */
	.end_signal = SIGKILL,
	.command = command,
	.environment = environment,
};
