/* SPDX-License-Identifier: BSD-2-Clause */
/* Integers of any length up to 8 bytes in memory that is not ours to cast. */
#ifndef NVMETAP_BYTES_H
#define NVMETAP_BYTES_H

#include <stddef.h>
#include <stdint.h>

/*
 * The caller has checked that len bytes (0 to 8) are there.  Any alignment.
 * The usual lengths are spelled out, because compilers make one load or store
 * of them, and a loop of the general case.
 */
static inline uint64_t bytes_get_le(const void *from, size_t len)
{
	const uint8_t *p = from;
	uint64_t value = 0;

	switch (len) {
	case 1:
		return p[0];
	case 2:
		return (uint64_t)p[0] | (uint64_t)p[1] << 8;
	case 4:
		return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
		       (uint64_t)p[3] << 24;
	case 8:
		return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
		       (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 |
		       (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
	default:
		for (size_t i = len; i-- > 0;)
			value = value << 8 | p[i];
		return value;
	}
}

static inline uint64_t bytes_get_be(const void *from, size_t len)
{
	const uint8_t *p = from;
	uint64_t value = 0;

	switch (len) {
	case 1:
		return p[0];
	case 2:
		return (uint64_t)p[0] << 8 | (uint64_t)p[1];
	case 4:
		return (uint64_t)p[0] << 24 | (uint64_t)p[1] << 16 | (uint64_t)p[2] << 8 |
		       (uint64_t)p[3];
	case 8:
		return (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 | (uint64_t)p[2] << 40 |
		       (uint64_t)p[3] << 32 | (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 |
		       (uint64_t)p[6] << 8 | (uint64_t)p[7];
	default:
		for (size_t i = 0; i < len; i++)
			value = value << 8 | p[i];
		return value;
	}
}

static inline void bytes_set_le(void *to, size_t len, uint64_t value)
{
	uint8_t *p = to;

	switch (len) {
	case 8:
		p[7] = (uint8_t)(value >> 56);
		p[6] = (uint8_t)(value >> 48);
		p[5] = (uint8_t)(value >> 40);
		p[4] = (uint8_t)(value >> 32);
		/* fall through */
	case 4:
		p[3] = (uint8_t)(value >> 24);
		p[2] = (uint8_t)(value >> 16);
		/* fall through */
	case 2:
		p[1] = (uint8_t)(value >> 8);
		/* fall through */
	case 1:
		p[0] = (uint8_t)value;
		break;
	default:
		for (size_t i = 0; i < len; i++, value >>= 8)
			p[i] = (uint8_t)value;
	}
}

static inline void bytes_set_be(void *to, size_t len, uint64_t value)
{
	uint8_t *p = to;

	switch (len) {
	case 8:
		p[0] = (uint8_t)(value >> 56);
		p[1] = (uint8_t)(value >> 48);
		p[2] = (uint8_t)(value >> 40);
		p[3] = (uint8_t)(value >> 32);
		p += 4;
		/* fall through */
	case 4:
		p[0] = (uint8_t)(value >> 24);
		p[1] = (uint8_t)(value >> 16);
		p += 2;
		/* fall through */
	case 2:
		*p++ = (uint8_t)(value >> 8);
		/* fall through */
	case 1:
		p[0] = (uint8_t)value;
		break;
	default:
		for (size_t i = len; i-- > 0; value >>= 8)
			p[i] = (uint8_t)value;
	}
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
