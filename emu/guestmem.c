/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of the guest's memory mappings. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "emu/guestmem.h"
#include "emu/sigbus.h"

struct guestmem {
	struct guestmem_mapping *maps;	/* by rising address */
	unsigned int nr, max;
	unsigned int last;		/* index of the last hit */
};

struct guestmem *guestmem_new(void)
{
	int err = sigbus_init();

	if (err != 0) {
		errno = -err;
		return NULL;
	}
	return calloc(1, sizeof(struct guestmem));
}

void guestmem_free(struct guestmem *gm)
{
	if (gm == NULL)
		return;
	guestmem_unmap_all(gm);
	free(gm->maps);
	free(gm);
}

static void mapping_close(struct guestmem_mapping *m)
{
	if (m->mem != NULL)
		munmap(m->mem, (size_t)m->size);
}

void guestmem_unmap_all(struct guestmem *gm)
{
	for (unsigned int i = 0; i < gm->nr; i++)
		mapping_close(&gm->maps[i]);
	gm->nr = 0;
}

const struct guestmem_mapping *guestmem_at(const struct guestmem *gm, unsigned int index)
{
	return index < gm->nr ? &gm->maps[index] : NULL;
}

/* The first mapping that ends beyond iova. */
static unsigned int mapping_search(const struct guestmem *gm, uint64_t iova)
{
	unsigned int lo = 0, hi = gm->nr;

	while (lo < hi) {
		unsigned int mid = lo + (hi - lo) / 2;
		const struct guestmem_mapping *m = &gm->maps[mid];

		if (iova >= m->iova && iova - m->iova >= m->size)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int mapping_open(struct guestmem_mapping *m, int fd)
{
	int prot = PROT_READ | (m->prot & GUESTMEM_WRITE ? PROT_WRITE : 0);
	void *mem;

	if (fd < 0)
		return 0;
	if (m->offset % GUESTMEM_PAGE != 0 || m->size > PTRDIFF_MAX ||
	    m->offset > (uint64_t)INT64_MAX - m->size)
		return -EINVAL;
	mem = mmap(NULL, (size_t)m->size, prot, MAP_SHARED, fd, (off_t)m->offset);
	if (mem == MAP_FAILED)
		return -errno;
	m->mem = mem;
	return 0;
}

static int maps_grow(struct guestmem *gm)
{
	unsigned int max = gm->max == 0 ? 16 : 2 * gm->max;
	struct guestmem_mapping *maps;

	if (gm->nr == GUESTMEM_MAX_MAPPINGS)
		return -ENOSPC;
	if (gm->nr < gm->max)
		return 0;
	maps = realloc(gm->maps, max * sizeof(*maps));
	if (maps == NULL)
		return -ENOMEM;
	gm->maps = maps;
	gm->max = max;
	return 0;
}

int guestmem_map(struct guestmem *gm, uint64_t iova, uint64_t size, int fd, uint64_t offset,
		 unsigned int prot)
{
	struct guestmem_mapping m = { iova, size, offset, NULL, (uint8_t)prot };
	unsigned int at;
	int err;

	if (size == 0 || size - 1 > UINT64_MAX - iova || (iova | size) % GUESTMEM_PAGE != 0)
		return -EINVAL;
	if (prot == 0 || (prot & ~(GUESTMEM_READ | GUESTMEM_WRITE)) != 0)
		return -EINVAL;
	at = mapping_search(gm, iova);
	if (at < gm->nr && (gm->maps[at].iova <= iova || gm->maps[at].iova - iova < size))
		return -EEXIST;
	err = maps_grow(gm);
	if (err == 0)
		err = mapping_open(&m, fd);
	if (err != 0)
		return err;
	memmove(&gm->maps[at + 1], &gm->maps[at], (gm->nr - at) * sizeof(m));
	gm->maps[at] = m;
	gm->nr++;
	return 0;
}

int guestmem_range(const struct guestmem *gm, uint64_t iova, uint64_t size, unsigned int *first)
{
	unsigned int at = mapping_search(gm, iova);
	int nr = 0;

	if (size == 0 || size - 1 > UINT64_MAX - iova)
		return -EINVAL;
	*first = at;
	for (; at < gm->nr && gm->maps[at].iova <= iova + (size - 1); at++, nr++) {
		const struct guestmem_mapping *m = &gm->maps[at];

		if (m->iova < iova || m->size > size - (m->iova - iova))
			return -EINVAL;
	}
	return nr;
}

int guestmem_unmap(struct guestmem *gm, uint64_t iova, uint64_t size)
{
	unsigned int first;
	int nr = guestmem_range(gm, iova, size, &first);

	if (nr <= 0)
		return nr;
	for (int i = 0; i < nr; i++)
		mapping_close(&gm->maps[first + (unsigned int)i]);
	gm->nr -= (unsigned int)nr;
	memmove(&gm->maps[first], &gm->maps[first + (unsigned int)nr],
		(gm->nr - first) * sizeof(*gm->maps));
	return nr;
}

/* The mapping at iova, if it permits the access, else NULL. */
static const struct guestmem_mapping *mapping_find(struct guestmem *gm, uint64_t iova, bool write)
{
	const struct guestmem_mapping *m = guestmem_at(gm, gm->last);

	if (m == NULL || iova < m->iova || iova - m->iova >= m->size) {
		gm->last = mapping_search(gm, iova);
		m = guestmem_at(gm, gm->last);
		if (m == NULL || iova < m->iova)
			return NULL;
	}
	return m->prot & (write ? GUESTMEM_WRITE : GUESTMEM_READ) ? m : NULL;
}

static size_t run_length(const struct guestmem_mapping *m, uint64_t iova, size_t len)
{
	uint64_t left = m->size - (iova - m->iova);

	return left < len ? (size_t)left : len;
}

static int copy_check(struct guestmem *gm, uint64_t iova, size_t len, bool write, bool message)
{
	const struct guestmem_mapping *m;
	size_t n;

	if (len > 0 && len - 1 > UINT64_MAX - iova)
		return -EFAULT;
	for (; len > 0; iova += n, len -= n) {
		m = mapping_find(gm, iova, write);
		if (m == NULL || (m->mem == NULL && !message))
			return -EFAULT;
		n = run_length(m, iova, len);
	}
	return 0;
}

int guestmem_copy(struct guestmem *gm, uint64_t iova, void *buf, size_t len, bool write,
		  guestmem_message_fn *message, void *ctx)
{
	const struct guestmem_mapping *m;
	uint8_t *p = buf;
	size_t n;
	int err = copy_check(gm, iova, len, write, message != NULL);

	for (; err == 0 && len > 0; iova += n, p += n, len -= n) {
		m = mapping_find(gm, iova, write);
		if (m == NULL)
			return -EFAULT;
		n = run_length(m, iova, len);
		if (m->mem == NULL)
			err = message(ctx, iova, p, n, write);
		else
			err = sigbus_copy(m->mem + (iova - m->iova), p, n, write);
	}
	return err;
}
