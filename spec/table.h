/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accessors for every field of the table: STRUCT_FIELD_get(p) and
 * STRUCT_FIELD_set(p, value), and STRUCT_SIZE, made from nvme.def.  p points
 * to the structure's bytes, of any alignment; the caller has checked its
 * length once, where the bytes entered.  Fields longer than 8 bytes (CHARS,
 * BYTES, U128) have no accessors but STRUCT_FIELD_OFFSET and STRUCT_FIELD_LENGTH.
 * STRUCT_FIELD_PLACE is the first byte, and from bit 8 on the first bit of it.
 * NOLINTBEGIN
 */
#ifndef NVMETAP_TABLE_H
#define NVMETAP_TABLE_H

#include <assert.h>
#include "spec/bytes.h"

enum {
#define STRUCT(name, size, section, title) name##_SIZE = size,
#define FIELD(strct, name, kind, offset, length, shift, width, abbrev, set, label) \
	strct##_##name##_OFFSET = offset, strct##_##name##_LENGTH = length, \
	strct##_##name##_PLACE = ((offset) + (shift) / 8) | (shift) % 8 << 8,
#define ARRAY(strct, name, offset, element, count, abbrev, label) \
	strct##_##name##_OFFSET = offset, strct##_##name##_COUNT = count,
#include "spec/nvme.def"
	TABLE_ENUM_END
};

/* A field lies inside its structure, and its bits inside its bytes. */
#define FIELD(strct, name, kind, offset, length, shift, width, abbrev, set, label) \
	static_assert(strct##_SIZE == 0 || (offset) + (length) <= strct##_SIZE, \
		      #strct "." #name " lies outside its structure"); \
	static_assert((shift) + (width) <= 8 * (length), #strct "." #name " has too many bits");
#define ARRAY(strct, name, offset, element, count, abbrev, label) \
	static_assert(strct##_SIZE == 0 || (offset) + (count) * element##_SIZE <= strct##_SIZE, \
		      #strct "." #name " lies outside its structure");
#include "spec/nvme.def"

#define TABLE_LE(strct, name, offset, length, shift, width) \
	static inline uint64_t strct##_##name##_get(const void *p) \
	{ \
		return bits_get(bytes_get_le((const uint8_t *)p + (offset), length), shift, \
				width); \
	} \
	static inline void strct##_##name##_set(void *p, uint64_t value) \
	{ \
		uint8_t *at = (uint8_t *)p + (offset); \
		if ((width) < 8 * (length)) \
			value = bits_set(bytes_get_le(at, length), shift, width, value); \
		bytes_set_le(at, length, value); \
	}
#define TABLE_BE(strct, name, offset, length, shift, width) \
	static inline uint64_t strct##_##name##_get(const void *p) \
	{ \
		return bits_get(bytes_get_be((const uint8_t *)p + (offset), length), shift, \
				width); \
	} \
	static inline void strct##_##name##_set(void *p, uint64_t value) \
	{ \
		uint8_t *at = (uint8_t *)p + (offset); \
		if ((width) < 8 * (length)) \
			value = bits_set(bytes_get_be(at, length), shift, width, value); \
		bytes_set_be(at, length, value); \
	}
#define TABLE_DEC TABLE_LE
#define TABLE_HEX TABLE_LE
#define TABLE_ZERO TABLE_LE
#define TABLE_FLAG TABLE_LE
#define TABLE_BDEC TABLE_BE
#define TABLE_BHEX TABLE_BE
#define TABLE_BINT TABLE_BE
#define TABLE_CHARS(strct, name, offset, length, shift, width)
#define TABLE_TEXT(strct, name, offset, length, shift, width)
#define TABLE_BYTES(strct, name, offset, length, shift, width)
#define TABLE_UUID(strct, name, offset, length, shift, width)
#define TABLE_U128(strct, name, offset, length, shift, width)
#define FIELD(strct, name, kind, offset, length, shift, width, abbrev, set, label) \
	TABLE_##kind(strct, name, offset, length, shift, width)
#include "spec/nvme.def"

#endif
/* NOLINTEND */
