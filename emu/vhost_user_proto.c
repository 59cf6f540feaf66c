/* SPDX-License-Identifier: BSD-2-Clause */
/* The framing of vhost-user messages, as the back end receives and sends them. */
#include "emu/vhost_user_proto.h"

static const char *hdr_read(const uint8_t *hdr, struct conn_header *said)
{
	uint64_t request = VHU_HDR_REQUEST_get(hdr), size = VHU_HDR_SIZE_get(hdr);

	said->flags = (uint32_t)VHU_HDR_FLAGS_get(hdr);
	if ((said->flags & VHU_VERSION_MASK) != VHU_VERSION)
		return "a message of another version";
	if (size > VHU_MAX_BODY)
		return "oversized message";
	if (request > UINT16_MAX)
		return "unknown message";
	said->command = (uint16_t)request;
	said->len = size;
	return NULL;
}

static void hdr_set_len(uint8_t *hdr, size_t len)
{
	VHU_HDR_SIZE_set(hdr, len);
}

const struct conn_proto vhu_proto = { VHU_HDR_LEN, hdr_read, hdr_set_len };
