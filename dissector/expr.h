/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Expressions on the fields of a record: "nvmetap.opc == "Write" && nvme.cmd.slba > 0x1000".
 * The language is a subset of Wireshark's display filters; nvmetap-filter(7)
 * says what is in it.  What Wireshark takes and this does not is refused, never
 * taken for something else.
 *
 * Compiling allocates, and takes time and memory in proportion to the text.
 * Matching allocates nothing and keeps nothing: an expression may be used by
 * any number of threads at once.  Records are hostile: a field that is not
 * there as a whole is absent, and a comparison with an absent field is false.
 */
#ifndef DISSECTOR_EXPR_H
#define DISSECTOR_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "spec/record.h"

enum {
	EXPR_TEXT_MAX = 65536,	/* bytes of an expression */
	EXPR_DEPTH_MAX = 200,	/* parentheses, "not" and "!" within one another */
};

struct expr;

struct expr_error {
	size_t at, len;		/* what of the text was not understood; at its end: len is 0 */
	char what[256];		/* "no field nvme.cmd.slbb; near: nvme.cmd.slba" */
};

/* What a record's packet is beside it. */
struct expr_frame {
	const uint8_t *header;	/* its caplen bytes: of a record at least record_SIZE; or NULL:
				 * the record's header is made from rec, and frame has no bytes */
	uint64_t number, time_ns;
	uint32_t len, caplen;
	const char *interface;	/* or NULL: has none */
	const char *(*comment)(const void *ctx);	/* answers NULL: has none; or is NULL */
	const void *ctx;
};

/*
 * The text need not end with NUL.  NULL and errno:
 * EINVAL  not understood, err says what and where
 * ENOMEM  err says so, too
 */
struct expr *expr_compile(const char *text, size_t len, struct expr_error *err);
/* The same with Wireshark's fields of every packet (frame.number, …). */
struct expr *expr_compile_frame(const char *text, size_t len, struct expr_error *err);
void expr_free(struct expr *expr);	/* or NULL */
/* The name of a field of the expression that no record of these events (NVMETAP_EV_*) can
 * have; NULL: each may be there. */
const char *expr_stranger(const struct expr *expr, const uint8_t *events, size_t nr_events);

bool expr_match(const struct expr *expr, const struct record *rec);
/* The same with the fields of the command that rec, a completion or data, belongs to: command
 * is the record of that, or NULL.  Its header and info do not count. */
bool expr_match_of(const struct expr *expr, const struct record *rec,
		   const struct record *command);
/* For what expr_compile_frame made.  rec is NULL for a packet that is not a
 * record of ours: it has no field but those of the frame. */
bool expr_match_frame(const struct expr *expr, const struct record *rec,
		      const struct expr_frame *frame);
/* Whether the bytes of a record, at least record_SIZE of them, alone say that neither matches
 * it: for who has many records and has not taken them apart yet. */
bool expr_excludes_packet(const struct expr *expr, const uint8_t *bytes, size_t len);

#endif
