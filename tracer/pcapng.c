/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks of a pcapng file: the body, the options, and the lengths last. */
#include "config.h"
#include <string.h>
#include "spec/bytes.h"
#include "tracer/pcapng.h"

enum {
	PCAPNG_BLOCK_HEADER = 8,
	PCAPNG_OPTION_HEADER = 4,
	PCAPNG_NANOSECONDS = 9,
};

static uint8_t *pcapng_put(uint8_t *at, size_t len, uint64_t value)
{
	bytes_set_le(at, len, value);
	return at + len;
}

static uint8_t *pcapng_put_time(uint8_t *at, uint64_t time_ns)
{
	at = pcapng_put(at, 4, time_ns >> 32);
	return pcapng_put(at, 4, (uint32_t)time_ns);
}

static uint8_t *pcapng_pad(uint8_t *at, size_t len)
{
	for (; len % 4 != 0; len++)
		*at++ = 0;
	return at;
}

static uint8_t *pcapng_option_header(uint8_t *at, uint16_t code, size_t len)
{
	at = pcapng_put(at, 2, code);
	return pcapng_put(at, 2, len);
}

static uint8_t *pcapng_option_string(uint8_t *at, uint16_t code, const char *string)
{
	size_t len;

	if (string == NULL || *string == '\0')
		return at;
	len = strnlen(string, PCAPNG_STRING_MAX);
	at = pcapng_option_header(at, code, len);
	memcpy(at, string, len);
	return pcapng_pad(at + len, len);
}

static uint8_t *pcapng_option_number(uint8_t *at, uint16_t code, size_t len, uint64_t value)
{
	at = pcapng_option_header(at, code, len);
	return pcapng_pad(pcapng_put(at, len, value), len);
}

static uint8_t *pcapng_option_time(uint8_t *at, uint16_t code, uint64_t time_ns)
{
	return pcapng_put_time(pcapng_option_header(at, code, 8), time_ns);
}

/* Type and both lengths, when all else up to end is there. */
static size_t pcapng_finish(uint8_t *to, uint32_t type, uint8_t *end)
{
	size_t len = (size_t)(end - to) + 4;

	bytes_set_le(to, 4, type);
	bytes_set_le(to + 4, 4, len);
	bytes_set_le(end, 4, len);
	return len;
}

size_t pcapng_section(uint8_t *to, const struct pcapng_section *section)
{
	uint8_t *at = to + PCAPNG_BLOCK_HEADER;

	at = pcapng_put(at, 4, PCAPNG_ORDER);
	at = pcapng_put(at, 2, 1);
	at = pcapng_put(at, 2, 0);
	at = pcapng_put(at, 8, UINT64_MAX);
	at = pcapng_option_string(at, PCAPNG_SHB_HARDWARE, section->hardware);
	at = pcapng_option_string(at, PCAPNG_SHB_OS, section->os);
	at = pcapng_option_string(at, PCAPNG_SHB_APPLICATION, section->application);
	at = pcapng_option_string(at, PCAPNG_SHB_CLOSES, section->closes);
	at = pcapng_option_header(at, PCAPNG_END, 0);
	return pcapng_finish(to, PCAPNG_SECTION, at);
}

size_t pcapng_interface(uint8_t *to, const struct pcapng_interface *interface)
{
	uint8_t *at = to + PCAPNG_BLOCK_HEADER;

	at = pcapng_put(at, 2, interface->linktype);
	at = pcapng_put(at, 2, 0);
	at = pcapng_put(at, 4, 0);
	at = pcapng_option_string(at, PCAPNG_IF_NAME, interface->name);
	at = pcapng_option_string(at, PCAPNG_IF_DESCRIPTION, interface->description);
	at = pcapng_option_number(at, PCAPNG_IF_TSRESOL, 1, PCAPNG_NANOSECONDS);
	at = pcapng_option_string(at, PCAPNG_IF_OS, interface->os);
	at = pcapng_option_string(at, PCAPNG_IF_HARDWARE, interface->hardware);
	at = pcapng_option_header(at, PCAPNG_END, 0);
	return pcapng_finish(to, PCAPNG_INTERFACE, at);
}

size_t pcapng_packet(uint8_t *to, const struct pcapng_packet *packet)
{
	uint8_t *at = to + PCAPNG_BLOCK_HEADER;

	at = pcapng_put(at, 4, packet->interface);
	at = pcapng_put_time(at, packet->time_ns);
	at = pcapng_put(at, 4, packet->caplen);
	at = pcapng_put(at, 4, packet->len);
	at = pcapng_pad(at + packet->caplen, packet->caplen);
	at = pcapng_option_string(at, PCAPNG_COMMENT, packet->comment);
	if (packet->flags != 0)
		at = pcapng_option_number(at, PCAPNG_EPB_FLAGS, 4, packet->flags);
	if (packet->dropped != 0)
		at = pcapng_option_number(at, PCAPNG_EPB_DROPCOUNT, 8, packet->dropped);
	if (packet->id != 0)
		at = pcapng_option_number(at, PCAPNG_EPB_PACKETID, 8, packet->id);
	at = pcapng_option_header(at, PCAPNG_END, 0);
	return pcapng_finish(to, PCAPNG_ENHANCED, at);
}

size_t pcapng_statistics(uint8_t *to, const struct pcapng_statistics *statistics)
{
	uint8_t *at = to + PCAPNG_BLOCK_HEADER;

	at = pcapng_put(at, 4, statistics->interface);
	at = pcapng_put_time(at, statistics->time_ns);
	at = pcapng_option_time(at, PCAPNG_ISB_STARTTIME, statistics->start_ns);
	at = pcapng_option_time(at, PCAPNG_ISB_ENDTIME, statistics->end_ns);
	at = pcapng_option_number(at, PCAPNG_ISB_IFRECV, 8, statistics->received);
	at = pcapng_option_number(at, PCAPNG_ISB_IFDROP, 8, statistics->dropped);
	at = pcapng_option_number(at, PCAPNG_ISB_USRDELIV, 8, statistics->delivered);
	at = pcapng_option_header(at, PCAPNG_END, 0);
	return pcapng_finish(to, PCAPNG_STATISTICS, at);
}
