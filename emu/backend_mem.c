/* SPDX-License-Identifier: BSD-2-Clause */
/* A back end in anonymous memory. */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "emu/backend.h"

struct backend_mem {
	struct backend backend;
	uint8_t *bytes;
};

static struct backend_mem *mem_of(struct backend *backend)
{
	return (struct backend_mem *)backend;
}

static int mem_read(struct backend *backend, uint64_t off, void *buf, size_t len)
{
	memcpy(buf, mem_of(backend)->bytes + off, len);
	return 0;
}

static int mem_write(struct backend *backend, uint64_t off, const void *buf, size_t len)
{
	memcpy(mem_of(backend)->bytes + off, buf, len);
	return 0;
}

static int mem_flush(struct backend *backend)
{
	(void)backend;
	return 0;
}

/* Whole pages go back to the system, which is also the quickest way to zeroes. */
static int mem_zero(struct backend *backend, uint64_t off, uint64_t len, bool deallocate)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), end = off + len;
	uint64_t first = (off + page - 1) / page * page, last = end / page * page;
	uint8_t *bytes = mem_of(backend)->bytes;

	(void)deallocate;
	if (first >= last || madvise(bytes + first, last - first, MADV_DONTNEED) != 0) {
		memset(bytes + off, 0, len);
		return 0;
	}
	memset(bytes + off, 0, first - off);
	memset(bytes + last, 0, end - last);
	return 0;
}

static void mem_free(struct backend *backend)
{
	munmap(mem_of(backend)->bytes, backend->size);
	free(backend);
}

static const struct backend_ops mem_ops = {
	.read = mem_read,
	.write = mem_write,
	.flush = mem_flush,
	.zero = mem_zero,
	.read_now = mem_read,
	.write_now = mem_write,
	.free = mem_free,
};

struct backend *backend_mem_new(uint64_t size)
{
	struct backend_mem *mem;

	if (size > SIZE_MAX / 2) {
		errno = ENOMEM;
		return NULL;
	}
	mem = calloc(1, sizeof(*mem));
	if (mem == NULL)
		return NULL;
	mem->bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mem->bytes == MAP_FAILED) {
		free(mem);
		return NULL;
	}
	mem->backend.ops = &mem_ops;
	mem->backend.size = size;
	return &mem->backend;
}
