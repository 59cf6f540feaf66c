/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes a pcapng file apart into blocks and options. */
#include "config.h"
#include <errno.h>
#include "tracer/reader_block.h"

enum {
	READER_BLOCK_HEADER = 8,
	READER_BLOCK_MIN = 12,
};

int reader_block_bad(struct reader_blocks *blocks, const struct block *block, const char *what)
{
	return reader_source_fail(blocks->source, -EBADMSG, block->offset, what);
}

bool reader_option(const struct reader_blocks *blocks, const uint8_t **at, const uint8_t *end,
		   uint16_t *code, uint16_t *len, const uint8_t **value)
{
	size_t room;

	if (end - *at < 4)
		return false;
	*code = reader_u16(blocks, *at);
	*len = reader_u16(blocks, *at + 2);
	*value = *at + 4;
	room = reader_padded(*len);
	if (*code == PCAPNG_END || room > (size_t)(end - *value))
		return false;
	*at = *value + room;
	return true;
}

static size_t reader_block_min(uint32_t type)
{
	switch (type) {
	case PCAPNG_SECTION:
		return READER_SECTION_MIN;
	case PCAPNG_INTERFACE:
		return READER_INTERFACE_MIN;
	case PCAPNG_SIMPLE:
		return READER_SIMPLE_MIN;
	case PCAPNG_ENHANCED:
	case PCAPNG_PACKET_OBSOLETE:
		return READER_PACKET_MIN;
	default:
		return 0;	/* of no interest here */
	}
}

/* Passes a block of no interest without holding it in memory. */
static int reader_pass(struct reader_blocks *blocks, const struct block *block)
{
	struct input *input = blocks->source->input;
	size_t left = block->len, have;

	while (left != 0) {
		if (input_peek(input, 1, &have) == NULL)
			return reader_source_fail(blocks->source, -ENODATA, block->offset,
						  "truncated block");
		have = have < left ? have : left;
		input_skip(input, have);
		left -= have;
	}
	/* Wireshark counts these as packets. */
	if (block->type == PCAPNG_CUSTOM || block->type == PCAPNG_CUSTOM_UNCOPIED ||
	    block->type == PCAPNG_JOURNAL)
		blocks->source->number++;
	return 0;
}

/* A section says its byte order itself, and it holds for its own length. */
static int reader_order(struct reader_blocks *blocks, const struct block *block)
{
	const uint8_t *at = input_peek(blocks->source->input, READER_BLOCK_MIN, NULL);

	if (at == NULL)
		return reader_source_fail(blocks->source, -ENODATA, block->offset,
					  "truncated block");
	if (bytes_get_le(at + 8, 4) == PCAPNG_ORDER)
		blocks->big = false;
	else if (bytes_get_be(at + 8, 4) == PCAPNG_ORDER)
		blocks->big = true;
	else
		return reader_block_bad(blocks, block, "section without a byte order");
	return 0;
}

/* The whole block of interest at the input's position, type and offset known. */
static int reader_whole(struct reader_blocks *blocks, struct block *block)
{
	if (block->len < reader_block_min(block->type))
		return reader_block_bad(blocks, block, "block too short for its type");
	if (block->len > READER_BLOCK_MAX)
		return reader_block_bad(blocks, block, "block too long to be true");
	block->at = input_peek(blocks->source->input, block->len, NULL);
	if (block->at == NULL)
		return reader_source_fail(blocks->source, -ENODATA, block->offset,
					  "truncated block");
	if (reader_u32(blocks, block->at + block->len - 4) != block->len)
		return reader_block_bad(blocks, block, "block with two different lengths");
	input_skip(blocks->source->input, block->len);
	return 1;
}

/* 1 a block of interest, 0 the end or one that was passed (len 0: the end). */
static int reader_block_one(struct reader_blocks *blocks, struct block *block)
{
	size_t have;
	int err;

	block->offset = input_offset(blocks->source->input);
	block->len = 0;
	block->at = input_peek(blocks->source->input, READER_BLOCK_HEADER, &have);
	if (block->at == NULL && have == 0 && input_error(blocks->source->input) == 0)
		return 0;
	if (block->at == NULL)
		return reader_source_fail(blocks->source, -ENODATA, block->offset,
					  "truncated block");
	block->type = reader_u32(blocks, block->at);
	blocks->closed = block->type == PCAPNG_STATISTICS;
	if (block->type == PCAPNG_SECTION) {
		err = reader_order(blocks, block);
		if (err != 0)
			return err;
		block->at = input_peek(blocks->source->input, READER_BLOCK_HEADER, NULL);
	}
	block->len = reader_u32(blocks, block->at + 4);
	if (block->len < READER_BLOCK_MIN || block->len % 4 != 0)
		return reader_block_bad(blocks, block, "block of an impossible length");
	return reader_block_min(block->type) == 0 ? reader_pass(blocks, block)
						  : reader_whole(blocks, block);
}

int reader_block_next(struct reader_blocks *blocks, struct block *block)
{
	int result;

	do {
		result = reader_block_one(blocks, block);
	} while (result == 0 && block->len != 0);
	return result;
}
