/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: expressions on records.  The bytes are the length of the text in
 * two bytes, the high one first, the text, and a packet.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "dissector/decode.h"
#include "dissector/expr.h"
#include "spec/bytes.h"
#include "tests/fuzz/fuzz.h"

static const char *comment_of(const void *ctx)
{
	return ctx;
}

static void check_error(const struct expr_error *err, size_t len)
{
	if (errno != EINVAL || err->at > len || err->len > len - err->at || err->what[0] == '\0' ||
	    memchr(err->what, '\0', sizeof(err->what)) == NULL)
		abort();
}

/* "!(TEXT)", or NULL where that is too long or too deep. */
static struct expr *compile_opposite(const char *text, size_t len)
{
	char *opposite = malloc(len + 3);
	struct expr_error err;
	struct expr *expr;

	if (opposite == NULL)
		abort();
	memcpy(opposite, "!(", 2);
	if (len > 0)
		memcpy(opposite + 2, text, len);
	opposite[len + 2] = ')';
	expr = expr_compile_frame(opposite, len + 3, &err);
	free(opposite);
	return expr;
}

static void check_match(const struct expr *expr, const char *text, size_t len,
			const struct record *rec, const struct expr_frame *frame)
{
	struct expr *opposite = compile_opposite(text, len);
	bool matched = expr_match_frame(expr, rec, frame);

	if (expr_match_frame(expr, rec, frame) != matched)
		abort();
	if (opposite != NULL && expr_match_frame(opposite, rec, frame) == matched)
		abort();
	expr_free(opposite);
	if (rec != NULL && expr_excludes_packet(expr, frame->header, frame->caplen) &&
	    (matched || expr_match(expr, rec)))
		abort();
}

struct parts {
	uint8_t event;
	unsigned int part;
};

/* What is found in a part of a record was said to be possible there. */
static int check_struct(void *ctx, unsigned int strct, const struct window *window)
{
	const struct parts *parts = ctx;
	uint8_t possible[256] = { 0 };

	decode_parts_with(strct, possible);
	if (window->len == 0 || (possible[parts->event] & parts->part) == 0)
		abort();
	return 0;
}

static void check_parts(const struct record *rec)
{
	static const unsigned int all[] = { DECODE_INFO, DECODE_PAYLOAD, DECODE_SPECIFIC };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct parts parts = { .event = rec->event, .part = all[i] };

		if (decode_structs(rec, NULL, all[i], check_struct, &parts) != 0)
			abort();
	}
}

/* The packet is in memory of its very size. */
static void match(const struct expr *expr, const char *text, size_t text_len,
		  const uint8_t *bytes, size_t len)
{
	uint8_t *data = malloc(len);
	struct expr_frame frame = {
		.header = data, .number = 7, .time_ns = UINT64_C(1700000000000000123),
		.len = (uint32_t)len + 3, .caplen = (uint32_t)len, .interface = "00:06.0",
		.comment = comment_of, .ctx = "a comment",
	};
	struct record rec = { .time_ns = frame.time_ns };

	if (len > 0)
		memcpy(data, bytes, len);
	if (record_decode(data, len, &rec) == 0) {
		check_match(expr, text, text_len, &rec, &frame);
		check_parts(&rec);
	} else {
		check_match(expr, text, text_len, NULL, &frame);
	}
	free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct expr_error err;
	struct expr *expr;
	size_t text_len;
	char *text;

	if (len < 2)
		return 0;
	text_len = bytes_get_be(data, 2);
	data += 2;
	len -= 2;
	text_len = text_len < len ? text_len : len;
	text = malloc(text_len);
	if (text_len > 0)
		memcpy(text, data, text_len);
	expr = expr_compile_frame(text, text_len, &err);
	if (expr == NULL)
		check_error(&err, text_len);
	else
		match(expr, text, text_len, data + text_len, len - text_len);
	expr_free(expr);
	expr = expr_compile(text, text_len, &err);
	if (expr == NULL)
		check_error(&err, text_len);
	expr_free(expr);
	free(text);
	return 0;
}
