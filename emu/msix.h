/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MSI-X table and pending bit array, modelled by the drive.  PCI Local Bus
 * Specification 3.0 section 6.8.2.
 */
#ifndef EMU_MSIX_H
#define EMU_MSIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MSIX_ENTRY_SIZE = 16 };

struct msix;

struct msix *msix_new(unsigned int nr_vectors);		/* 1 to 2048.  NULL and errno */
void msix_free(struct msix *msix);
void msix_reset(struct msix *msix);	/* every vector masked, its message 0; nothing pending */

unsigned int msix_nr_vectors(const struct msix *msix);
size_t msix_table_size(const struct msix *msix);	/* bytes */
size_t msix_pba_size(const struct msix *msix);		/* bytes, a multiple of 8 */

/* Any alignment and length.  The caller keeps off + len within the size, and
 * after a table write sends what is pending and no longer masked. */
void msix_table_read(const struct msix *msix, uint32_t off, void *buf, size_t len);
void msix_table_write(struct msix *msix, uint32_t off, const void *buf, size_t len);
void msix_pba_read(const struct msix *msix, uint32_t off, void *buf, size_t len);

/* vector: less than msix_nr_vectors.  Masked means by its own mask bit. */
bool msix_masked(const struct msix *msix, unsigned int vector);
void msix_message(const struct msix *msix, unsigned int vector, uint64_t *addr, uint32_t *data);
void msix_set_pending(struct msix *msix, unsigned int vector, bool pending);
bool msix_pending(const struct msix *msix, unsigned int vector);

#endif
