/* SPDX-License-Identifier: BSD-2-Clause */
/* Bounce buffers on free lists. */
#include <stdlib.h>
#include "emu/buffer.h"

enum {
	PAGE = 4096,
	KEPT_BYTES = 8 << 20,	/* of each class at most; more goes back to the heap */
};

static unsigned int class_of(size_t len)
{
	unsigned int class = 0;

	while ((size_t)PAGE << class < len)
		class++;
	return class;
}

void *buffer_get(struct buffers *buffers, size_t len)
{
	unsigned int class = class_of(len);
	struct buffer *buf = buffers->free[class];

	if (buf == NULL)
		return aligned_alloc(PAGE, (size_t)PAGE << class);
	buffers->free[class] = buf->next;
	buffers->nr_free[class]--;
	return buf;
}

void buffer_put(struct buffers *buffers, void *ptr, size_t len)
{
	unsigned int class = class_of(len);
	struct buffer *buf = ptr;

	if (buffers->nr_free[class] >= (size_t)KEPT_BYTES / ((size_t)PAGE << class)) {
		free(ptr);
		return;
	}
	buf->next = buffers->free[class];
	buffers->free[class] = buf;
	buffers->nr_free[class]++;
}

void buffers_fini(struct buffers *buffers)
{
	struct buffer *buf;

	for (unsigned int class = 0; class < BUFFER_NR_CLASSES; class++) {
		while ((buf = buffers->free[class]) != NULL) {
			buffers->free[class] = buf->next;
			free(buf);
		}
	}
}
