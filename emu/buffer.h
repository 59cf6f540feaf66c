/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bounce buffers: memory of ours in which a command's data stays between the
 * guest's memory and the back end.  Kept on free lists by size, so that the
 * I/O path seldom allocates.  One thread.
 */
#ifndef EMU_BUFFER_H
#define EMU_BUFFER_H

#include <stddef.h>

enum {
	BUFFER_NR_CLASSES = 8,		/* 4 KiB to 512 KiB */
	BUFFER_MAX = 4096 << (BUFFER_NR_CLASSES - 1),
};

struct buffer {
	struct buffer *next;
};

struct buffers {
	struct buffer *free[BUFFER_NR_CLASSES];		/* zeroed before first use */
	unsigned int nr_free[BUFFER_NR_CLASSES];
};

/* len bytes, 1 to BUFFER_MAX, aligned to 4096, with unknown content.  NULL: no memory. */
void *buffer_get(struct buffers *buffers, size_t len);
void buffer_put(struct buffers *buffers, void *buf, size_t len);
void buffers_fini(struct buffers *buffers);

#endif
