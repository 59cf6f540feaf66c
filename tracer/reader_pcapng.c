/* SPDX-License-Identifier: BSD-2-Clause */
/* Interfaces and packets of a pcapng file. */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "tracer/reader_pcapng.h"

enum {
	READER_INTERFACES_MAX = 4096,
	READER_STRING_MAX = 255,	/* of an interface's or application's name, bytes */
};

/* Keeps the first of several. */
static int reader_string(char **to, const uint8_t *value, size_t len)
{
	if (*to != NULL)
		return 0;
	*to = strndup((const char *)value, len < READER_STRING_MAX ? len : READER_STRING_MAX);
	return *to != NULL ? 0 : -ENOMEM;
}

static void reader_interface_free(struct interface *interface)
{
	if (interface == NULL)
		return;
	free(interface->name);
	free(interface->description);
	free(interface->hardware);
	free(interface);
}

static void reader_forget_interfaces(struct reader_pcapng *pcapng)
{
	for (size_t i = 0; i < pcapng->nr_interfaces; i++)
		reader_interface_free(pcapng->interfaces[i]);
	pcapng->nr_interfaces = 0;
}

/* The byte order has been taken from the block before. */
static int reader_section(struct reader_pcapng *pcapng, const struct block *block)
{
	const uint8_t *at = block->at + READER_SECTION_MIN - 4, *value;
	const uint8_t *end = block->at + block->len - 4;
	uint16_t code, len;
	int err = 0;

	if (reader_u16(&pcapng->blocks, block->at + 12) != 1)
		return reader_block_bad(&pcapng->blocks, block, "section of an unknown version");
	reader_forget_interfaces(pcapng);
	free(pcapng->application);
	pcapng->application = NULL;
	pcapng->closes = false;
	while (err == 0 && reader_option(&pcapng->blocks, &at, end, &code, &len, &value)) {
		if (code == PCAPNG_SHB_APPLICATION)
			err = reader_string(&pcapng->application, value, len);
		else if (code == PCAPNG_SHB_CLOSES && len == sizeof(PCAPNG_CLOSES) - 1)
			pcapng->closes = memcmp(value, PCAPNG_CLOSES, len) == 0;
	}
	return err;
}

static uint64_t reader_power_of_10(unsigned int exponent)
{
	uint64_t power = 1;

	while (exponent-- > 0)
		power *= 10;
	return power;
}

static int reader_interface_options(struct reader_pcapng *pcapng, const struct block *block,
				    struct interface *interface)
{
	const uint8_t *at = block->at + READER_INTERFACE_MIN - 4, *value;
	const uint8_t *end = block->at + block->len - 4;
	uint16_t code, len;
	int err = 0;

	while (err == 0 && reader_option(&pcapng->blocks, &at, end, &code, &len, &value)) {
		if (code == PCAPNG_IF_NAME)
			err = reader_string(&interface->name, value, len);
		else if (code == PCAPNG_IF_DESCRIPTION)
			err = reader_string(&interface->description, value, len);
		else if (code == PCAPNG_IF_HARDWARE)
			err = reader_string(&interface->hardware, value, len);
		else if (code == PCAPNG_IF_TSRESOL && len == 1)
			interface->tsresol = *value;
		else if (code == PCAPNG_IF_TSOFFSET && len == 8)
			interface->offset_ns = reader_get(&pcapng->blocks, value, 8) * 1000000000;
	}
	interface->said.name = interface->name;
	interface->said.description = interface->description;
	interface->said.hardware = interface->hardware;
	if (interface->tsresol <= 9)
		interface->tick_ns = reader_power_of_10(9 - interface->tsresol);
	return err;
}

static int reader_interface(struct reader_pcapng *pcapng, const struct block *block)
{
	size_t nr = pcapng->nr_interfaces;
	struct interface *interface, **grown;

	if (nr == READER_INTERFACES_MAX)
		return reader_block_bad(&pcapng->blocks, block, "too many interfaces");
	if ((nr & (nr - 1)) == 0) {
		grown = realloc(pcapng->interfaces, (nr != 0 ? 2 * nr : 1) * sizeof(*grown));
		if (grown == NULL)
			return -ENOMEM;
		pcapng->interfaces = grown;
	}
	interface = calloc(1, sizeof(*interface));
	if (interface == NULL)
		return -ENOMEM;
	interface->said.linktype = reader_u16(&pcapng->blocks, block->at + 8);
	interface->tsresol = 6;
	pcapng->interfaces[pcapng->nr_interfaces++] = interface;
	return reader_interface_options(pcapng, block, interface);
}

/* As reader_time, when a tick is not a whole number of ns. */
static uint64_t reader_fraction(const struct interface *interface, uint64_t ticks)
{
	uint64_t offset = interface->offset_ns;
	unsigned int exponent = interface->tsresol & 0x7f;
	uint64_t seconds, rest;

	if (interface->tsresol & 0x80) {
		if (exponent > 63)
			return offset;
		seconds = ticks >> exponent;
		rest = bits_get(ticks, 0, exponent);
		if (exponent > 34) {	/* rest times 10^9 shall fit */
			rest >>= exponent - 34;
			exponent = 34;
		}
		return offset + seconds * 1000000000 + (rest * 1000000000 >> exponent);
	}
	return offset + (exponent <= 28 ? ticks / reader_power_of_10(exponent - 9) : 0);
}

/* Ticks of an interface in ns since 1970; what does not fit wraps. */
static uint64_t reader_time(const struct interface *interface, uint64_t ticks)
{
	if (interface->tick_ns == 0)
		return reader_fraction(interface, ticks);
	return interface->offset_ns + ticks * interface->tick_ns;
}

static int reader_packet_of(struct reader_pcapng *pcapng, const struct block *block,
			    uint32_t interface, struct reader_packet *pkt)
{
	if (interface >= pcapng->nr_interfaces)
		return reader_block_bad(&pcapng->blocks, block, "packet of an unknown interface");
	*pkt = (struct reader_packet){
		.number = ++pcapng->blocks.source->number,
		.interface = &pcapng->interfaces[interface]->said,
	};
	return 1;
}

/* Enhanced and obsolete packets differ in their first 4 bytes only. */
static int reader_packet(struct reader_pcapng *pcapng, const struct block *block,
			 struct reader_packet *pkt)
{
	const uint8_t *at = block->at;
	uint32_t interface = block->type == PCAPNG_ENHANCED ? reader_u32(&pcapng->blocks, at + 8)
							    : reader_u16(&pcapng->blocks, at + 8);
	uint32_t caplen = reader_u32(&pcapng->blocks, at + 20);
	int result;

	if (caplen > block->len - READER_PACKET_MIN)
		return reader_block_bad(&pcapng->blocks, block, "packet longer than its block");
	result = reader_packet_of(pcapng, block, interface, pkt);
	if (result < 0)
		return result;
	pkt->data = at + PCAPNG_PACKET_DATA;
	pkt->caplen = caplen;
	pkt->len = reader_u32(&pcapng->blocks, at + 24);
	pkt->time_ns = reader_time(pcapng->interfaces[interface],
				   (uint64_t)reader_u32(&pcapng->blocks, at + 12) << 32 |
					   reader_u32(&pcapng->blocks, at + 16));
	pkt->end = at + block->len - 4;
	return 1;
}

static int reader_simple(struct reader_pcapng *pcapng, const struct block *block,
			 struct reader_packet *pkt)
{
	size_t room = block->len - READER_SIMPLE_MIN;
	int result = reader_packet_of(pcapng, block, 0, pkt);

	if (result < 0)
		return result;
	pkt->data = block->at + 12;
	pkt->len = reader_u32(&pcapng->blocks, block->at + 8);
	pkt->caplen = pkt->len < room ? pkt->len : (uint32_t)room;
	pkt->time_ns = 0;
	return 1;
}

/* The block of the next packet, behind whatever else there is.  As
 * reader_block_next. */
static int reader_search(struct reader_pcapng *pcapng, struct block *block)
{
	int result;

	for (;;) {
		result = reader_block_next(&pcapng->blocks, block);
		if (result != 1)
			return result;
		if (block->type == PCAPNG_SECTION)
			result = reader_section(pcapng, block);
		else if (block->type == PCAPNG_INTERFACE)
			result = reader_interface(pcapng, block);
		else
			return 1;
		if (result != 0)
			return result;
	}
}

int reader_pcapng_next(struct reader_pcapng *pcapng, struct reader_packet *pkt)
{
	struct block block;
	int result = reader_search(pcapng, &block);

	if (result != 1)
		return result;
	if (block.type == PCAPNG_SIMPLE)
		return reader_simple(pcapng, &block, pkt);
	return reader_packet(pcapng, &block, pkt);
}

const char *reader_pcapng_comment(struct reader_pcapng *pcapng, const struct reader_packet *pkt)
{
	const uint8_t *at = pkt->data + reader_padded(pkt->caplen), *value;
	uint16_t code, len;

	while (reader_option(&pcapng->blocks, &at, pkt->end, &code, &len, &value)) {
		if (code != PCAPNG_COMMENT)
			continue;
		memcpy(pcapng->comment, value, len);
		pcapng->comment[len] = '\0';
		return pcapng->comment;
	}
	return NULL;
}

const char *reader_pcapng_application(const struct reader_pcapng *pcapng)
{
	return pcapng->application;
}

bool reader_pcapng_unfinished(const struct reader_pcapng *pcapng)
{
	return pcapng->closes && !pcapng->blocks.closed;
}

struct reader_pcapng *reader_pcapng_new(struct reader_source *source)
{
	struct reader_pcapng *pcapng = calloc(1, sizeof(*pcapng));

	if (pcapng == NULL)
		return NULL;
	pcapng->blocks.source = source;
	pcapng->comment = malloc(UINT16_MAX + 1);
	if (pcapng->comment != NULL)
		return pcapng;
	free(pcapng);
	return NULL;
}

void reader_pcapng_free(struct reader_pcapng *pcapng)
{
	if (pcapng == NULL)
		return;
	reader_forget_interfaces(pcapng);
	free(pcapng->interfaces);
	free(pcapng->application);
	free(pcapng->comment);
	free(pcapng);
}
