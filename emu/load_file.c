/* SPDX-License-Identifier: BSD-2-Clause */
/* The shared library of a plug-in. */
#include <config.h>

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "emu/load_file.h"
#include "emu/plugin.h"

enum {
	COPY_CHUNK = 64 << 10,
	COPY_PATH = 32,
};

static int refuse(char *err, size_t errlen, const char *why)
{
	snprintf(err, errlen, "%s", why);
	return -ENOEXEC;
}

/* A file that can be read, and looks like a shared library. */
static int open_library(const char *path, char *err, size_t errlen)
{
	unsigned char head[EI_NIDENT];
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;

	if (fd < 0 || fstat(fd, &st) != 0)
		rc = -errno;
	else if (S_ISDIR(st.st_mode))
		rc = -EISDIR;
	if (rc != 0)
		snprintf(err, errlen, "%s", strerror(-rc));
	else if (!S_ISREG(st.st_mode) || pread(fd, head, sizeof(head), 0) != sizeof(head) ||
		 memcmp(head, ELFMAG, SELFMAG) != 0)
		rc = refuse(err, errlen, "not a shared library");
	if (rc == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return rc;
}

static int copy_bytes(int to, int from)
{
	char *chunk = malloc(COPY_CHUNK);
	off_t at = 0;
	ssize_t len = 0;

	while (chunk != NULL && (len = pread(from, chunk, COPY_CHUNK, at)) > 0) {
		if (pwrite(to, chunk, (size_t)len, at) != len) {
			len = -1;
			break;
		}
		at += len;
	}
	free(chunk);
	return chunk != NULL && len == 0 ? 0 : -1;
}

static int make_memory_file(void)
{
	int fd = -1;

#ifdef MFD_EXEC
	fd = memfd_create("nvmetap plug-in", MFD_CLOEXEC | MFD_EXEC);
	if (fd >= 0 || errno != EINVAL)
		return fd;
#endif
	fd = memfd_create("nvmetap plug-in", MFD_CLOEXEC);
	return fd;
}

/* The dynamic linker knows a library by its path and its inode. */
static int copy_library(int from, char *path, size_t len, char *err, size_t errlen)
{
	int fd = make_memory_file(), rc = -errno;

	if (fd >= 0 && copy_bytes(fd, from) == 0) {
		snprintf(path, len, "/proc/self/fd/%d", fd);
		return fd;
	}
	if (fd >= 0) {
		rc = -errno;
		close(fd);
	}
	snprintf(err, errlen, "loaded already, and it cannot be copied: %s", strerror(-rc));
	return rc;
}

/* What the dynamic linker says, without the path that it begins with. */
static int refuse_dlerror(char *err, size_t errlen, const char *path)
{
	const char *why = dlerror();
	size_t len = strlen(path);

	if (why == NULL)
		why = "not a shared library";
	if (strncmp(why, path, len) == 0 && strncmp(why + len, ": ", 2) == 0)
		why += len + 2;
	return refuse(err, errlen, why);
}

static bool is_loaded(const char *path)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);

	if (handle != NULL)
		dlclose(handle);
	return handle != NULL;
}

struct place {
	const struct link_map *map;
	struct load_file *file;
};

static int find_place(struct dl_phdr_info *info, size_t size, void *ctx)
{
	const struct place *place = ctx;
	size_t end;

	(void)size;
	if (info->dlpi_addr != place->map->l_addr ||
	    strcmp(info->dlpi_name, place->map->l_name) != 0)
		return 0;
	place->file->from = info->dlpi_addr;
	for (unsigned int i = 0; i < info->dlpi_phnum; i++) {
		end = (size_t)(info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz);
		if (info->dlpi_phdr[i].p_type == PT_LOAD && end > place->file->len)
			place->file->len = end;
	}
	return 1;
}

static void place_library(struct load_file *file)
{
	struct place place = { NULL, file };
	struct link_map *map;

	if (dlinfo(file->handle, RTLD_DI_LINKMAP, &map) != 0)
		return;
	place.map = map;
	dl_iterate_phdr(find_place, &place);
}

static int link_library(struct load_file *file, const char *path, char *err, size_t errlen)
{
	int fd = open_library(path, err, errlen);
	char copy[COPY_PATH];

	if (fd < 0)
		return fd;
	if (is_loaded(path)) {
		file->copy_fd = copy_library(fd, copy, sizeof(copy), err, errlen);
		path = copy;
	}
	close(fd);
	if (path == copy && file->copy_fd < 0)
		return file->copy_fd;
	(void)dlerror();
	file->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (file->handle == NULL)
		return refuse_dlerror(err, errlen, path);
	place_library(file);
	return 0;
}

/* A symbol of the library itself, not of what it is linked with. */
static void *own_symbol(const struct load_file *file, const char *name)
{
	void *symbol = dlsym(file->handle, name);
	struct link_map *own = NULL;
	Dl_info found;

	if (symbol == NULL || dlinfo(file->handle, RTLD_DI_LINKMAP, &own) != 0 ||
	    dladdr(symbol, &found) == 0 || strcmp(found.dli_fname, own->l_name) != 0)
		return NULL;
	return symbol;
}

static int (*own_function(const struct load_file *file, const char *name))(void)
{
	union {
		void *any;
		int (*fn)(void);
	} u;

	u.any = own_symbol(file, name);
	return u.fn;
}

/* How many numbers the library has there. */
static size_t count_numbers(const uint32_t *abi)
{
	const ElfW(Sym) *symbol = NULL;
	Dl_info found;

	if (dladdr1(abi, &found, (void **)&symbol, RTLD_DL_SYMENT) == 0 || symbol == NULL)
		return 0;
	return symbol->st_size / sizeof(*abi);
}

/* A plug-in that was built with smaller structures does not know their ends. */
static int check_sizes(const uint32_t *abi, char *err, size_t errlen)
{
	static const struct {
		const char *name;
		size_t size;
	} structs[] = {
#define ONE(name) { #name, sizeof(struct name) },
		NVMETAP_STRUCTS(ONE)
#undef ONE
	};
	size_t nr = count_numbers(abi);

	for (size_t i = 0; i + 1 < nr && i < sizeof(structs) / sizeof(structs[0]); i++) {
		if (abi[i + 1] <= structs[i].size)
			continue;
		snprintf(err, errlen, "built with a newer nvmetap/plugin.h: its struct %s has %u "
				      "bytes, here it has %zu", structs[i].name, abi[i + 1],
			 structs[i].size);
		return -ENOEXEC;
	}
	return 0;
}

static int check_library(struct load_file *file, char *err, size_t errlen)
{
	const uint32_t *abi = own_symbol(file, "nvmetap_abi");

	file->setup = own_function(file, "setup");
	file->teardown = own_function(file, "teardown");
	if (file->setup == NULL)
		return refuse(err, errlen, "no plug-in: it has no function setup");
	if (abi == NULL)
		return refuse(err, errlen,
			      "not built with nvmetap/plugin.h: it has no nvmetap_abi");
	if (abi[0] != NVMETAP_ABI) {
		snprintf(err, errlen, "built for version %u of the plug-in interface, this is %d",
			 abi[0], NVMETAP_ABI);
		return -ENOEXEC;
	}
	return check_sizes(abi, err, errlen);
}

int load_file_open(struct load_file *file, const char *path, char *err, size_t errlen)
{
	int rc;

	*file = (struct load_file){ .copy_fd = -1 };
	rc = link_library(file, path, err, errlen);
	if (rc == 0)
		rc = check_library(file, err, errlen);
	if (rc != 0)
		load_file_close(file);
	return rc;
}

/* A library may refuse to leave memory; the path of its copy is then never
 * used again, as the dynamic linker would take it for the same. */
void load_file_close(struct load_file *file)
{
	char copy[COPY_PATH];

	if (file->handle != NULL)
		dlclose(file->handle);
	file->handle = NULL;
	if (file->copy_fd < 0)
		return;
	snprintf(copy, sizeof(copy), "/proc/self/fd/%d", file->copy_fd);
	if (!is_loaded(copy))
		close(file->copy_fd);
	file->copy_fd = -1;
}
