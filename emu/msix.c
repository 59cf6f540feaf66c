/* SPDX-License-Identifier: BSD-2-Clause */
/* The MSI-X table and pending bit array as a guest sees them. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "emu/msix.h"
#include "spec/bytes.h"

enum {
	MAX_VECTORS = 2048,
	ENTRY_DATA = 8,
	ENTRY_CONTROL = 12,
	CONTROL_MASK = 1,
};

struct msix {
	unsigned int nr_vectors;
	uint8_t table[MAX_VECTORS * MSIX_ENTRY_SIZE];
	uint8_t pba[MAX_VECTORS / 8];
};

/* Which bits of an entry can be written: the address but for its two lowest
 * bits, the data, and of Vector Control the mask bit. */
static const uint8_t entry_write[MSIX_ENTRY_SIZE] = {
	0xfc, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, CONTROL_MASK,
};

struct msix *msix_new(unsigned int nr_vectors)
{
	struct msix *msix;

	if (nr_vectors < 1 || nr_vectors > MAX_VECTORS) {
		errno = EINVAL;
		return NULL;
	}
	msix = malloc(sizeof(*msix));
	if (msix == NULL)
		return NULL;
	msix->nr_vectors = nr_vectors;
	msix_reset(msix);
	return msix;
}

void msix_free(struct msix *msix)
{
	free(msix);
}

void msix_reset(struct msix *msix)
{
	memset(msix->table, 0, sizeof(msix->table));
	memset(msix->pba, 0, sizeof(msix->pba));
	for (unsigned int i = 0; i < msix->nr_vectors; i++)
		msix->table[i * MSIX_ENTRY_SIZE + ENTRY_CONTROL] = CONTROL_MASK;
}

unsigned int msix_nr_vectors(const struct msix *msix)
{
	return msix->nr_vectors;
}

size_t msix_table_size(const struct msix *msix)
{
	return (size_t)msix->nr_vectors * MSIX_ENTRY_SIZE;
}

size_t msix_pba_size(const struct msix *msix)
{
	return (size_t)(msix->nr_vectors + 63) / 64 * 8;
}

void msix_table_read(const struct msix *msix, uint32_t off, void *buf, size_t len)
{
	memcpy(buf, msix->table + off, len);
}

void msix_table_write(struct msix *msix, uint32_t off, const void *buf, size_t len)
{
	const uint8_t *bytes = buf;

	for (size_t i = 0; i < len; i++)
		msix->table[off + i] = bytes[i] & entry_write[(off + i) % MSIX_ENTRY_SIZE];
}

void msix_pba_read(const struct msix *msix, uint32_t off, void *buf, size_t len)
{
	memcpy(buf, msix->pba + off, len);
}

static const uint8_t *msix_entry(const struct msix *msix, unsigned int vector)
{
	assert(vector < msix->nr_vectors);
	return msix->table + (size_t)vector * MSIX_ENTRY_SIZE;
}

bool msix_masked(const struct msix *msix, unsigned int vector)
{
	return msix_entry(msix, vector)[ENTRY_CONTROL] & CONTROL_MASK;
}

void msix_message(const struct msix *msix, unsigned int vector, uint64_t *addr, uint32_t *data)
{
	const uint8_t *entry = msix_entry(msix, vector);

	*addr = bytes_get_le(entry, 8);
	*data = (uint32_t)bytes_get_le(entry + ENTRY_DATA, 4);
}

void msix_set_pending(struct msix *msix, unsigned int vector, bool pending)
{
	uint8_t bit = (uint8_t)(1u << vector % 8);

	assert(vector < msix->nr_vectors);
	if (pending)
		msix->pba[vector / 8] |= bit;
	else
		msix->pba[vector / 8] &= (uint8_t)~bit;
}

bool msix_pending(const struct msix *msix, unsigned int vector)
{
	assert(vector < msix->nr_vectors);
	return msix->pba[vector / 8] >> vector % 8 & 1;
}
