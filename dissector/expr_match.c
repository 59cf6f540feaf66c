/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a record is one that an expression speaks of. */
#include <string.h>
#include "dissector/expr_code.h"
#include "dissector/expr_text.h"
#include "dissector/walk.h"

struct match {
	const struct expr *expr;
	const struct record *rec;	/* or NULL */
	const struct expr_frame *frame;	/* or NULL */
	const uint8_t *header;		/* or NULL: not made yet */
	uint8_t again[record_SIZE];
};

/* Answers true to see no further value. */
typedef bool value_fn(void *ctx, const struct expr_value *value);

/* Where the values of a field go to. */
struct search {
	const struct expr_field *field;
	value_fn *fn;
	void *ctx;
};

static bool found(const struct search *search, const struct decode_item *item)
{
	struct expr_value value = {
		.number = item->number, .bytes = item->bytes, .len = item->len,
		.kind = item->row->kind,
	};

	return search->fn(search->ctx, &value);
}

static int found_in_walk(void *ctx, const struct decode_item *item)
{
	const struct search *search = ctx;

	if (strcmp(item->row->abbrev, search->field->name) != 0 || item->row->type == TYPE_STRUCT)
		return 0;
	return found(search, item);
}

/* The field's values in a structure of the record. */
static int search_struct(void *ctx, unsigned int strct, const struct window *window)
{
	const struct search *search = ctx;
	struct decode_item item;

	switch (search->field->leads[strct]) {
	case EXPR_LEADS_DIRECTLY:
		for (unsigned int i = strct + 1; i < NR_ROWS; i++) {
			if (table_rows[i].type == TYPE_STRUCT)
				break;
			if (table_rows[i].abbrev == search->field->name ||
			    strcmp(table_rows[i].abbrev, search->field->name) == 0)
				if (walk_field(window, i, &item) && found(search, &item))
					return 1;
		}
		return 0;
	case EXPR_LEADS_DEEPER:
		return walk_window(strct, window, found_in_walk, ctx);
	}
	return 0;
}

static const uint8_t *header_of(struct match *match)
{
	if (match->header == NULL && match->frame != NULL)
		match->header = match->frame->header;
	if (match->header == NULL) {
		record_encode(match->again, match->rec);
		match->header = match->again;
	}
	return match->header;
}

static bool each_in_record(struct match *match, const struct search *search)
{
	unsigned int parts = search->field->parts;
	struct window header = { .len = record_SIZE };
	struct decode_item item;

	if (match->rec == NULL)
		return false;
	if ((parts & DECODE_HEADER) != 0) {
		header.bytes = header_of(match);
		if (walk_field(&header, search->field->header_row, &item) && found(search, &item))
			return true;
		parts &= ~(unsigned int)DECODE_HEADER;
	}
	return parts != 0 &&
	       decode_structs(match->rec, NULL, parts, search_struct, (void *)search) != 0;
}

static bool found_number(const struct search *search, uint64_t number)
{
	struct expr_value value = { .number = number, .kind = KIND_DEC };

	return search->fn(search->ctx, &value);
}

static bool found_words(const struct search *search, const char *words)
{
	struct expr_value value = { .kind = KIND_NONE };

	if (words == NULL)
		return false;
	value.bytes = (const uint8_t *)words;
	value.len = (uint32_t)strlen(words);
	return search->fn(search->ctx, &value);
}

/* Hands fn the values of a field, until it answers true.  Whether it did. */
static bool each_value(struct match *match, const struct search *search)
{
	const struct expr_frame *frame = match->frame;

	if (search->field->special == EXPR_OF_TABLE)
		return each_in_record(match, search);
	if (search->field->special == EXPR_RECORD)
		return match->rec != NULL && found_number(search, 0);
	if (frame == NULL)
		return false;
	switch ((enum expr_special)search->field->special) {
	case EXPR_FRAME:
		return found_number(search, 0);
	case EXPR_FRAME_NUMBER:
		return found_number(search, frame->number);
	case EXPR_FRAME_TIME_EPOCH:
		return found_number(search, frame->time_ns);
	case EXPR_FRAME_LEN:
		return found_number(search, frame->len);
	case EXPR_FRAME_CAP_LEN:
		return found_number(search, frame->caplen);
	case EXPR_FRAME_INTERFACE_NAME:
		return found_words(search, frame->interface);
	case EXPR_FRAME_COMMENT:
		return found_words(search, frame->comment != NULL ?
						frame->comment(frame->ctx) : NULL);
	case EXPR_OF_TABLE:
	case EXPR_RECORD:
		break;
	}
	return false;
}

/* A test while it is made. */
struct trial {
	struct match *match;
	const struct expr_test *test;
	enum expr_type type;
	struct expr_value left;		/* while a field's values are compared with it */
	bool any;			/* there was one */
};

static int compare_numbers(enum expr_type type, uint64_t a, uint64_t b)
{
	if (type == EXPR_INT)
		return ((int64_t)a > (int64_t)b) - ((int64_t)a < (int64_t)b);
	return (a > b) - (a < b);
}

static int compare(enum expr_type type, const struct expr_value *a, const struct expr_value *b)
{
	if (type == EXPR_STRING)
		return value_compare_text(a, b);
	if (type == EXPR_BYTES || type == EXPR_UUID)
		return value_compare_bytes(a, b);
	return compare_numbers(type, a->number, b->number);
}

static bool fits(enum expr_relation relation, int order)
{
	switch (relation) {
	case EXPR_EQ:
		return order == 0;
	case EXPR_NE:
		return order != 0;
	case EXPR_LT:
		return order < 0;
	case EXPR_LE:
		return order <= 0;
	case EXPR_GT:
		return order > 0;
	case EXPR_GE:
		return order >= 0;
	default:
		return false;
	}
}

static struct expr_value value_of(const struct expr *expr, const struct expr_constant *constant)
{
	return (struct expr_value){
		.number = constant->number, .bytes = expr->pool + constant->at,
		.len = constant->len, .kind = KIND_NONE,
	};
}

static bool is_in_range(const struct trial *trial, const struct expr_value *value,
			const struct expr_range *range)
{
	struct expr_value low = value_of(trial->match->expr, &range->low);
	struct expr_value high = value_of(trial->match->expr, &range->high);

	return compare(trial->type, value, &low) >= 0 && compare(trial->type, value, &high) <= 0;
}

static bool fits_constant(const struct trial *trial, const struct expr_value *value)
{
	const struct expr_test *test = trial->test;
	const struct expr_range *ranges = &trial->match->expr->ranges[test->first];
	struct expr_value constant;

	if (test->relation == EXPR_IN) {
		for (uint32_t i = 0; i < test->nr; i++)
			if (is_in_range(trial, value, &ranges[i]))
				return true;
		return false;
	}
	constant = value_of(trial->match->expr, &ranges[0].low);
	if (test->relation == EXPR_CONTAINS)
		return trial->type == EXPR_STRING ? value_contains_text(value, &constant) :
						    value_contains_bytes(value, &constant);
	return fits((enum expr_relation)test->relation, compare(trial->type, value, &constant));
}

static uint64_t masked(const struct expr_operand *operand, uint64_t number)
{
	return operand->masked ? number & operand->mask : number;
}

/* A value of the right field beside the left one's. */
static bool try_right(void *ctx, const struct expr_value *value)
{
	struct trial *trial = ctx;
	struct expr_value right = *value;

	trial->any = true;
	right.number = masked(&trial->test->right, right.number);
	return fits((enum expr_relation)trial->test->relation,
		    compare(trial->type, &trial->left, &right)) != trial->test->all;
}

/* True: no other value can change the answer. */
static bool try_left(void *ctx, const struct expr_value *value)
{
	struct trial *trial = ctx;
	const struct expr_test *test = trial->test;

	trial->left = *value;
	trial->left.number = masked(&test->left, value->number);
	if (test->by_field) {
		struct search search = {
			.field = &trial->match->expr->fields[test->right.field],
			.fn = try_right, .ctx = trial,
		};

		return each_value(trial->match, &search);
	}
	trial->any = true;
	if (test->relation == EXPR_IS_THERE)
		return true;
	if (test->relation == EXPR_IS_NOT_ZERO)
		return trial->left.number != 0;
	return fits_constant(trial, &trial->left) != test->all;
}

static bool run_test(struct match *match, const struct expr_test *test)
{
	const struct expr_field *field = &match->expr->fields[test->left.field];
	struct trial trial = { .match = match, .test = test, .type = field->type };
	struct search search = { .field = field, .fn = try_left, .ctx = &trial };
	bool stopped = each_value(match, &search);

	return test->all ? trial.any && !stopped : stopped;
}

static bool run(struct match *match)
{
	const struct expr *expr = match->expr;
	bool kept[EXPR_DEPTH_MAX + 1], result = false;
	uint32_t nr_kept = 0;

	for (uint32_t i = 0; i < expr->nr_code; i++) {
		const struct expr_code *code = &expr->code[i];

		switch ((enum expr_op)code->op) {
		case EXPR_TEST:
			result = run_test(match, &expr->tests[code->arg]);
			break;
		case EXPR_NOT:
			result = !result;
			break;
		case EXPR_IF_TRUE:
			if (result)
				i = code->arg - 1;
			break;
		case EXPR_IF_FALSE:
			if (!result)
				i = code->arg - 1;
			break;
		case EXPR_PUSH:
			kept[nr_kept++] = result;
			break;
		case EXPR_XOR:
			result = kept[--nr_kept] != result;
			break;
		}
	}
	return result;
}

bool expr_match_frame(const struct expr *expr, const struct record *rec,
		      const struct expr_frame *frame)
{
	struct match match;

	match.expr = expr;
	match.rec = rec;
	match.frame = frame;
	match.header = NULL;
	return run(&match);
}

bool expr_match(const struct expr *expr, const struct record *rec)
{
	return expr_match_frame(expr, rec, NULL);
}
