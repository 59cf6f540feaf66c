/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accessors for integers in the host's byte order, of any alignment: how local
 * protocols put them.  HOST_FIELD(NAME, offset, len) makes NAME_get(p) and
 * NAME_set(p, value) for len bytes (1, 2, 4 or 8) at p + offset; the caller has
 * checked the length of what p points to.
 */
#ifndef EMU_HOST_FIELD_H
#define EMU_HOST_FIELD_H

#include <stdint.h>
#include <string.h>

static inline uint64_t host_get(const uint8_t *p, unsigned int len)
{
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	switch (len) {
	case 1:
		return *p;
	case 2:
		memcpy(&v16, p, 2);
		return v16;
	case 4:
		memcpy(&v32, p, 4);
		return v32;
	default:
		memcpy(&v64, p, 8);
		return v64;
	}
}

static inline void host_set(uint8_t *p, unsigned int len, uint64_t value)
{
	uint16_t v16 = (uint16_t)value;
	uint32_t v32 = (uint32_t)value;

	if (len == 1)
		*p = (uint8_t)value;
	else if (len == 2)
		memcpy(p, &v16, 2);
	else if (len == 4)
		memcpy(p, &v32, 4);
	else
		memcpy(p, &value, 8);
}

#define HOST_FIELD(name, offset, len) \
	static inline uint64_t name##_get(const void *p) \
	{ \
		return host_get((const uint8_t *)p + (offset), len); \
	} \
	static inline void name##_set(void *p, uint64_t value) \
	{ \
		host_set((uint8_t *)p + (offset), len, value); \
	}

#endif
