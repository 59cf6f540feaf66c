/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an expression is compiled to: tests on fields, and code that says in
 * which order they are made.  Written while compiling, then read only.
 */
#ifndef DISSECTOR_EXPR_CODE_H
#define DISSECTOR_EXPR_CODE_H

#include "dissector/expr.h"
#include "dissector/expr_gate.h"
#include "dissector/table.h"

/* Types of fields, as Wireshark has them. */
enum expr_type {
	EXPR_NONE,		/* can only be there or not */
	EXPR_UINT,
	EXPR_INT,
	EXPR_BOOL,
	EXPR_STRING,
	EXPR_BYTES,
	EXPR_UUID,
	EXPR_TIME,		/* ns */
};

/* Fields that are in no structure. */
enum expr_special {
	EXPR_OF_TABLE,
	EXPR_RECORD,		/* nvmetap: a record of ours, of packets its bytes */
	EXPR_FRAME,		/* frame: any packet's bytes */
	EXPR_FRAME_NUMBER, EXPR_FRAME_TIME_EPOCH, EXPR_FRAME_LEN, EXPR_FRAME_CAP_LEN,
	EXPR_FRAME_INTERFACE_NAME, EXPR_FRAME_COMMENT,
};

/* How a structure leads to a field. */
enum { EXPR_LEADS_NOWHERE, EXPR_LEADS_DIRECTLY, EXPR_LEADS_DEEPER };

enum { EXPR_ROWS_MAX = 16 };	/* of the table with one filter name */

/* A field by its filter name: all rows of the table that have it. */
struct expr_field {
	const char *name;
	uint8_t type;		/* EXPR_UINT and so on */
	uint8_t special;
	uint8_t bytes;		/* of a number */
	uint8_t set;		/* SET_*, whose names may be used; SET_NONE */
	uint8_t parts[256];	/* DECODE_* in which it can be, by event */
	uint16_t nr_rows;
	uint16_t rows[EXPR_ROWS_MAX];	/* F_*, those of a structure one after the other */
	uint8_t leads[NR_ROWS];		/* by structure (S_*) */
	uint8_t first[NR_ROWS];		/* of those that lead directly: index of rows */
	struct expr_quick quick;
};

enum { EXPR_TO_END = UINT32_MAX };

/* Of a field: what is compared. */
struct expr_operand {
	uint16_t field;		/* index */
	bool masked, sliced;
	uint64_t mask;
	int64_t from;		/* of a slice of bytes; below 0: from the end */
	uint32_t len;		/* of it, or EXPR_TO_END */
};

enum expr_relation {
	EXPR_IS_THERE, EXPR_IS_NOT_ZERO, EXPR_EQ, EXPR_NE, EXPR_LT, EXPR_LE, EXPR_GT, EXPR_GE,
	EXPR_IN, EXPR_NOT_IN, EXPR_CONTAINS, EXPR_MATCHES,
};

/* A value of the text: a number (of EXPR_INT: its two's complement), or bytes
 * of the pool. */
struct expr_constant {
	uint64_t number;
	uint32_t at, len;
};

struct expr_range {
	struct expr_constant low, high;
};

struct expr_test {
	uint8_t relation;
	bool all;		/* of its values must fit, not any */
	bool by_field;		/* right is compared with, else a constant */
	struct expr_operand left, right;
	uint32_t first, nr;	/* ranges: of EXPR_IN and NOT_IN, else one, whose low is the
				 * constant; of EXPR_MATCHES: first is a regex */
	bool spans;		/* left's numbers are compared with span, without a look at the
				 * constants */
	struct expr_span span;
	struct expr_quick quick;	/* of left, if that has one and spans */
};

/* One after the other, on one result. */
enum expr_op {
	EXPR_TEST,		/* result = test arg */
	EXPR_QUICK,		/* the same by its short way */
	EXPR_NOT,
	EXPR_IF_TRUE,		/* go on at code arg if the result is true */
	EXPR_IF_FALSE,
	EXPR_PUSH,		/* keep the result */
	EXPR_XOR,		/* result = what was kept xor result */
};

struct expr_code {
	uint8_t op;
	uint32_t arg;
};

struct regex;

struct expr {
	struct expr_code *code;
	struct expr_test *tests;
	struct expr_range *ranges;
	struct expr_field *fields;
	struct regex **regexes;
	uint8_t *pool;
	uint32_t nr_code, nr_tests, nr_ranges, nr_fields, nr_regexes;
	struct expr_gates gates;
};

#endif
