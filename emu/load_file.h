/* SPDX-License-Identifier: BSD-2-Clause */
/* The shared library of a plug-in: opened, checked against this program, closed. */
#ifndef EMU_LOAD_FILE_H
#define EMU_LOAD_FILE_H

#include <stddef.h>
#include <stdint.h>

struct load_file {
	void *handle;
	int copy_fd;			/* of a private copy, or -1 */
	uintptr_t from;			/* where it lies, as addr2line counts, and how far */
	size_t len;
	int (*setup)(void);
	int (*teardown)(void);		/* NULL: it has none */
};

/*
 * Runs the library's constructors, and nothing else of it.  0, or -errno and in
 * err one line that says what is wrong, without the path: -ENOEXEC, or what
 * open(2) says.
 */
int load_file_open(struct load_file *file, const char *path, char *err, size_t errlen);
void load_file_close(struct load_file *file);

#endif
