/* SPDX-License-Identifier: BSD-2-Clause */
/* Integers of any length up to 8 bytes in memory that is not ours to cast. */
#ifndef NVMETAP_BYTES_H
#define NVMETAP_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* The caller has checked that len bytes (0 to 8) are there.  Any alignment. */
static inline uint64_t bytes_get_le(const void *from, size_t len)
{
	const uint8_t *p = from;
	uint64_t value = 0;

	for (size_t i = len; i-- > 0;)
		value = value << 8 | p[i];
	return value;
}

static inline uint64_t bytes_get_be(const void *from, size_t len)
{
	const uint8_t *p = from;
	uint64_t value = 0;

	for (size_t i = 0; i < len; i++)
		value = value << 8 | p[i];
	return value;
}

static inline void bytes_set_le(void *to, size_t len, uint64_t value)
{
	uint8_t *p = to;

	for (size_t i = 0; i < len; i++, value >>= 8)
		p[i] = (uint8_t)value;
}

static inline void bytes_set_be(void *to, size_t len, uint64_t value)
{
	uint8_t *p = to;

	for (size_t i = len; i-- > 0; value >>= 8)
		p[i] = (uint8_t)value;
}

/* A field of width bits (1 to 64) that begins at bit shift. */
static inline uint64_t bits_get(uint64_t value, unsigned int shift, unsigned int width)
{
	return width < 64 ? value >> shift & ((UINT64_C(1) << width) - 1) : value;
}

static inline uint64_t bits_set(uint64_t value, unsigned int shift, unsigned int width,
				uint64_t field)
{
	uint64_t mask = width < 64 ? ((UINT64_C(1) << width) - 1) << shift : UINT64_MAX;

	return (value & ~mask) | (field << shift & mask);
}

#endif
