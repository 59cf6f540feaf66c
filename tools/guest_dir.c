/* SPDX-License-Identifier: BSD-2-Clause */
/* The folder of a boot. */
#include "config.h"

#include "tools/guest_dir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/command.h"

static void name_file(char *to, size_t size, const struct guest_dir *dir, const char *file)
{
	snprintf(to, size, "%.63s/%s", dir->path, file);
}

int guest_dir_make(struct guest_dir *dir)
{
	const char *base = getenv("XDG_RUNTIME_DIR");

	if (base == NULL || strlen(base) > 32 || strpbrk(base, " \t\n\":,") != NULL ||
	    access(base, W_OK) != 0)
		base = "/tmp";
	snprintf(dir->path, sizeof(dir->path), "%.32s/nvmetap-XXXXXX", base);
	if (mkdtemp(dir->path) == NULL) {
		complain("boot: %s: %s", dir->path, strerror(errno));
		dir->path[0] = '\0';
		return -1;
	}
	name_file(dir->nvme_socket, sizeof(dir->nvme_socket), dir, "nvme.sock");
	name_file(dir->console_socket, sizeof(dir->console_socket), dir, "console.sock");
	return 0;
}

void guest_dir_remove(struct guest_dir *dir)
{
	/* The last two, and their folder, are left by a user-mode Linux that was killed. */
	static const char *const files[] = { "nvme.sock", "console.sock", "uml/pid",
					     "uml/mconsole" };
	char path[128];

	if (dir->path[0] == '\0')
		return;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		name_file(path, sizeof(path), dir, files[i]);
		unlink(path);
	}
	name_file(path, sizeof(path), dir, "uml");
	rmdir(path);
	rmdir(dir->path);
	dir->path[0] = '\0';
}
