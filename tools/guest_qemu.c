/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest in QEMU, which finds the drive by vfio-user. */
#include "config.h"

#include "tools/guest.h"

#include <signal.h>
#include <string.h>

static bool is_given(char *const *extra, const char *option)
{
	for (; extra != NULL && *extra != NULL; extra++)
		if (strcmp(*extra, option) == 0)
			return true;
	return false;
}

static void command(struct args *args, const struct guest *guest)
{
	args_add(args, guest->program);
	args_add(args, "-nodefaults");
	args_add(args, "-no-user-config");
	args_add(args, "-display");
	args_add(args, "none");
	args_add(args, "-no-reboot");
	/* Of several QEMU takes the first that works, which ours would always be. */
	if (!is_given(guest->extra, "-accel")) {
		args_add(args, "-accel");
		args_add(args, "tcg");
	}
	args_add(args, "-cpu");
	args_add(args, "max");
	args_add(args, "-smp");
	args_addf(args, "%u", guest->nr_cpus);
	args_add(args, "-m");
	args_add(args, guest->memory);
	args_add(args, "-object");
	args_addf(args, "memory-backend-memfd,id=mem,size=%s,share=on", guest->memory);
	args_add(args, "-machine");
	args_add(args, "q35,memory-backend=mem");
	args_add(args, "-chardev");
	args_addf(args, "socket,id=console,path=%s", guest->console_socket);
	args_add(args, "-serial");
	args_add(args, "chardev:console");
	/* As JSON it is made after the user's plain ones, an IOMMU for instance. */
	args_add(args, "-device");
	args_addf(args,
		  "{\"driver\":\"vfio-user-pci\",\"addr\":\"%02x.%x\","
		  "\"socket\":{\"type\":\"unix\",\"path\":\"%s\"}}",
		  guest->bdf >> 3 & 31, guest->bdf & 7, guest->nvme_socket);
	if (guest->kernel[0] != '\0') {
		args_add(args, "-kernel");
		args_add(args, guest->kernel);
		args_add(args, "-append");
		args_add(args, guest->append);
	}
	if (guest->initrd[0] != '\0') {
		args_add(args, "-initrd");
		args_add(args, guest->initrd);
	}
	for (char *const *extra = guest->extra; extra != NULL && *extra != NULL; extra++)
		args_add(args, *extra);
}

const struct guest_kind guest_qemu = {
	.name = "QEMU",
	.append = "console=ttyS0 panic=-1 loglevel=7",
	.memory = "1G",
	.end_signal = SIGTERM,
	.command = command,
};
