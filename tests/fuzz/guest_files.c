/* SPDX-License-Identifier: BSD-2-Clause */
/* The descriptors that the script's client hands to the drive. */
#include "config.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tests/fuzz/guest_files.h"
#include "tests/fuzz/frame.h"

enum { READ_ONLY_BYTE = 0x5a };

static void *file_new(const char *name, int *fd)
{
	void *mem;

	*fd = memfd_create(name, MFD_CLOEXEC);
	if (*fd < 0 || ftruncate(*fd, SCRIPT_SIZE) != 0)
		abort();
	mem = mmap(NULL, SCRIPT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (mem == MAP_FAILED)
		abort();
	return mem;
}

static void files_open(struct guest_files *files)
{
	files->mem = file_new("guest", &files->memory);
	files->mem_read_only = file_new("read-only", &files->read_only);
	files->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	files->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (files->event < 0 || files->null < 0 || pipe2(files->pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		abort();
}

void guest_files_resize(struct guest_files *files, size_t len)
{
	files->memory_len = len;
	if (ftruncate(files->memory, (off_t)len) != 0)
		abort();
}

void guest_files_reset(struct guest_files *files)
{
	uint64_t count;

	if (files->mem == NULL)
		files_open(files);
	guest_files_resize(files, SCRIPT_SIZE);
	memset(files->mem, 0, SCRIPT_SIZE);
	memset(files->mem_read_only, READ_ONLY_BYTE, SCRIPT_SIZE);
	while (read(files->event, &count, sizeof(count)) > 0)
		continue;
}

void guest_files_put(struct guest_files *files, uint64_t off, const void *from, size_t len)
{
	if (off < files->memory_len && len <= files->memory_len - off)
		memcpy(files->mem + off, from, len);
}

bool guest_files_intact(const struct guest_files *files)
{
	const uint8_t *mem = files->mem_read_only;

	return mem[0] == READ_ONLY_BYTE && memcmp(mem, mem + 1, SCRIPT_SIZE - 1) == 0;
}
