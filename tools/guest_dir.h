/* SPDX-License-Identifier: BSD-2-Clause */
/* A folder for the time of a boot: the sockets, and what user-mode Linux keeps of itself. */
#ifndef TOOLS_GUEST_DIR_H
#define TOOLS_GUEST_DIR_H

struct guest_dir {
	char path[64];		/* "": there is none */
	char nvme_socket[96], console_socket[96];
};

/* 0, or -1 when it has been said what is wrong.  The names are short enough
 * for a socket, and without what a kernel's command line parts words by. */
int guest_dir_make(struct guest_dir *dir);
void guest_dir_remove(struct guest_dir *dir);

#endif
