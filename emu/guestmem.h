/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's memory as its transport announced it: a table of mappings,
 * looked up at every access.  On the controller's thread, except that several
 * tables on several threads do not disturb each other.
 *
 * The memory files belong to a hostile peer, who may shrink them at any time.
 * An access beyond the end of a file is a SIGBUS; so each copy stands between
 * a sigsetjmp and the clearing of a thread-local pointer, and the handler
 * (installed once, by the first guestmem_new) jumps back if the address lies
 * in the mapping being copied and this thread is copying.  Every other SIGBUS
 * goes to the handler that was there before, or kills the process as before.
 */
#ifndef EMU_GUESTMEM_H
#define EMU_GUESTMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	GUESTMEM_READ = 1,	/* the device may read it */
	GUESTMEM_WRITE = 2,
	GUESTMEM_PAGE = 4096,	/* addresses, sizes and offsets are multiples of it */
	GUESTMEM_MAX_MAPPINGS = 32768,
};

struct guestmem;

struct guestmem_mapping {
	uint64_t iova, size;	/* bytes */
	uint64_t offset;	/* in the memory file */
	uint8_t *mem;		/* NULL: reached by messages only */
	uint8_t prot;		/* GUESTMEM_READ | GUESTMEM_WRITE */
};

struct guestmem *guestmem_new(void);	/* NULL and errno */
void guestmem_free(struct guestmem *gm);

/*
 * Adds a mapping; fd -1: no memory file.  fd stays the caller's.
 *   -EINVAL  size 0, wrap-around, misaligned, no permission
 *   -EEXIST  some of it is mapped already
 *   -ENOSPC  GUESTMEM_MAX_MAPPINGS are there     -ENOMEM
 *   or what mmap said (-EACCES, -ENODEV, …)
 */
int guestmem_map(struct guestmem *gm, uint64_t iova, uint64_t size, int fd, uint64_t offset,
		 unsigned int prot);

/*
 * The mappings in a range of addresses: how many there are, none included, and
 * the index of the first.  -EINVAL: size 0, wrap-around, or the range holds only
 * a part of a mapping.
 */
int guestmem_range(const struct guestmem *gm, uint64_t iova, uint64_t size, unsigned int *first);
/* Removes these, and returns as guestmem_range does. */
int guestmem_unmap(struct guestmem *gm, uint64_t iova, uint64_t size);
void guestmem_unmap_all(struct guestmem *gm);

/* Mappings by rising address; NULL: there are not so many.  Valid until the
 * next map or unmap. */
const struct guestmem_mapping *guestmem_at(const struct guestmem *gm, unsigned int index);

/* Copies len bytes of a mapping without a memory file; 0 or -errno. */
typedef int guestmem_message_fn(void *ctx, uint64_t iova, void *buf, size_t len, bool write);

/*
 * Copies len bytes from the guest to buf, or with write from buf to the guest,
 * through as many mappings as it takes.  Every byte is looked up before the
 * first is copied.  A write is visible to the guest before what is written
 * later, a read sees what the guest wrote before what was read earlier.
 * 2, 4 or 8 bytes at a multiple of their length are copied at once.
 *   -EFAULT  not mapped, not permitted, or the memory file has shrunk (then
 *            part may have been copied); or there is no message function
 *   or what message said
 */
int guestmem_copy(struct guestmem *gm, uint64_t iova, void *buf, size_t len, bool write,
		  guestmem_message_fn *message, void *ctx);

#endif
