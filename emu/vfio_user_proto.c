/* SPDX-License-Identifier: BSD-2-Clause */
/* The framing of vfio-user messages. */
#include "emu/vfio_user_proto.h"

static const char *hdr_read(const uint8_t *hdr, struct conn_header *said)
{
	uint64_t size = VU_HDR_SIZE_get(hdr);

	said->id = (uint16_t)VU_HDR_ID_get(hdr);
	said->command = (uint16_t)VU_HDR_COMMAND_get(hdr);
	said->flags = (uint32_t)VU_HDR_FLAGS_get(hdr);
	said->error = (uint32_t)VU_HDR_ERROR_get(hdr);
	if (size < VU_HDR_LEN)
		return "message shorter than its header";
	if (size - VU_HDR_LEN > VU_MAX_BODY)
		return "oversized message";
	if ((said->flags & VU_TYPE_MASK) > VU_TYPE_REPLY)
		return "unknown message type";
	said->len = size - VU_HDR_LEN;
	return NULL;
}

static void hdr_set_len(uint8_t *hdr, size_t len)
{
	VU_HDR_SIZE_set(hdr, VU_HDR_LEN + len);
}

const struct conn_proto vu_proto = { VU_HDR_LEN, hdr_read, hdr_set_len };
