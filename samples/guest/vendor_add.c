/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs in a guest: sends the vendor's command of samples/plugins/vendor_add.c
 * with two numbers, and shows what the drive answers.
 *
 *	vendor_add /dev/nvme0 40 2 [OPCODE]
 */
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

int main(int argc, char **argv)
{
	struct nvme_admin_cmd cmd = { .opcode = 0x80 };
	int fd, status;

	if (argc < 4) {
		fprintf(stderr, "usage: vendor_add DEVICE NUMBER NUMBER [OPCODE]\n");
		return 2;
	}
	cmd.cdw10 = (__u32)strtoul(argv[2], NULL, 0);
	cmd.cdw11 = (__u32)strtoul(argv[3], NULL, 0);
	if (argc > 4)
		cmd.opcode = (__u8)strtoul(argv[4], NULL, 0);
	fd = open(argv[1], O_RDWR);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	status = ioctl(fd, NVME_IOCTL_ADMIN_CMD, &cmd);
	if (status < 0) {
		perror("vendor_add");
		return 1;
	}
	if (status > 0) {
		printf("the drive answers status %x\n", (unsigned int)status);
		return 1;
	}
	printf("%u + %u = %u\n", cmd.cdw10, cmd.cdw11, cmd.result);
	return 0;
}
