/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a record is one that an expression speaks of. */
#include <string.h>
#include "dissector/expr_code.h"
#include "dissector/expr_text.h"
#include "dissector/walk.h"

struct match {
	const struct expr *expr;
	const struct record *rec;	/* or NULL */
	const struct record *command;	/* that it belongs to, or NULL */
	const struct expr_frame *frame; /* or NULL */
};

/* Answers true to see no further value. */
typedef bool value_fn(void *ctx, const struct expr_value *value);

/* Where the values of a field go to. */
struct search {
	const struct expr_field *field;
	value_fn *fn;
	void *ctx;
	const struct expr_span *span; /* or NULL; instead of fn: the numbers that are wanted */
	bool all;		      /* of them have to fit the span */
	bool any;		      /* there was one */
};

/* True: no other number can change the answer. */
static bool found_number(struct search *search, uint64_t number)
{
	struct expr_value value = {.number = number, .kind = KIND_DEC};

	if (search->span == NULL)
		return search->fn(search->ctx, &value);
	search->any = true;
	return span_has(search->span, number) != search->all;
}

static bool found(struct search *search, const struct decode_item *item)
{
	struct expr_value value;

	if (search->span != NULL)
		return found_number(search, item->number);
	value.number = item->number;
	value.bytes = item->bytes;
	value.len = item->len;
	value.kind = item->row->kind;
	return search->fn(search->ctx, &value);
}

static int found_in_walk(void *ctx, const struct decode_item *item)
{
	struct search *search = ctx;

	if (strcmp(item->row->abbrev, search->field->name) != 0 || item->row->type == TYPE_STRUCT)
		return 0;
	return found(search, item);
}

/* The field's values in a structure of the record. */
static int search_struct(void *ctx, unsigned int strct, const struct window *window)
{
	struct search *search = ctx;
	const struct expr_field *field = search->field;
	struct decode_item item;

	switch (field->leads[strct]) {
	case EXPR_LEADS_DIRECTLY:
		for (unsigned int i = field->first[strct]; i < field->nr_rows; i++) {
			if (table_rows[field->rows[i]].strct != strct)
				break;
			if (walk_field(window, field->rows[i], &item) && found(search, &item))
				return 1;
		}
		return 0;
	case EXPR_LEADS_DEEPER:
		return walk_window(strct, window, found_in_walk, ctx);
	}
	return 0;
}

static bool each_in_record(struct match *match, struct search *search)
{
	const uint8_t *header = match->frame != NULL ? match->frame->header : NULL;
	unsigned int parts;

	if (match->rec == NULL)
		return false;
	if (match->command != NULL) {
		parts = search->field->parts[match->command->event] &
			(DECODE_PAYLOAD | DECODE_SPECIFIC);
		if (parts != 0 &&
		    decode_structs(match->command, NULL, parts, search_struct, search) != 0)
			return true;
	}
	parts = search->field->parts[match->rec->event];
	return parts != 0 && decode_structs(match->rec, header, parts, search_struct, search) != 0;
}

static bool found_words(struct search *search, const char *words)
{
	struct expr_value value = {.kind = KIND_NONE};

	if (words == NULL)
		return false;
	if (search->span != NULL)
		return found_number(search, 0);
	value.bytes = (const uint8_t *)words;
	value.len = (uint32_t)strlen(words);
	return search->fn(search->ctx, &value);
}

static bool found_packet(struct search *search, const struct expr_frame *frame)
{
	struct expr_value value = { .bytes = (const uint8_t *)"", .kind = KIND_NONE };

	if (search->span != NULL)
		return found_number(search, 0);
	if (frame != NULL && frame->header != NULL) {
		value.bytes = frame->header;
		value.len = frame->caplen;
	}
	return search->fn(search->ctx, &value);
}

/* Hands fn the values of a field, until it answers true.  Whether it did. */
static bool each_value(struct match *match, struct search *search)
{
	const struct expr_frame *frame = match->frame;

	if (search->field->special == EXPR_OF_TABLE)
		return each_in_record(match, search);
	if (search->field->special == EXPR_RECORD)
		return match->rec != NULL && found_packet(search, frame);
	if (frame == NULL)
		return false;
	switch ((enum expr_special)search->field->special) {
	case EXPR_FRAME:
		return found_packet(search, frame);
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
		return found_words(search,
				   frame->comment != NULL ? frame->comment(frame->ctx) : NULL);
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
	struct expr_value left; /* while a field's values are compared with it */
	bool any;		/* there was one */
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
		.number = constant->number,
		.bytes = expr->pool + constant->at,
		.len = constant->len,
		.kind = KIND_NONE,
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
	const struct expr_range *ranges;
	struct expr_value constant;

	if (test->relation == EXPR_MATCHES)
		return value_matches(value, trial->match->expr->regexes[test->first]);
	ranges = &trial->match->expr->ranges[test->first];
	if (test->relation == EXPR_IN || test->relation == EXPR_NOT_IN) {
		for (uint32_t i = 0; i < test->nr; i++)
			if (is_in_range(trial, value, &ranges[i]))
				return test->relation == EXPR_IN;
		return test->relation == EXPR_NOT_IN;
	}
	constant = value_of(trial->match->expr, &ranges[0].low);
	if (test->relation == EXPR_CONTAINS)
		return trial->type == EXPR_STRING ? value_contains_text(value, &constant)
						  : value_contains_bytes(value, &constant);
	return fits((enum expr_relation)test->relation, compare(trial->type, value, &constant));
}

/* Cuts bytes down to a slice of them; to none, if it is not there as a whole. */
static void take_slice(const struct expr_operand *operand, struct expr_value *value)
{
	int64_t from = operand->from < 0 ? (int64_t)value->len + operand->from : operand->from;
	uint32_t len = operand->len;

	if (from < 0 || from >= (int64_t)value->len)
		len = 0;
	else if (len == EXPR_TO_END)
		len = value->len - (uint32_t)from;
	else if (len > value->len - (uint32_t)from)
		len = 0;
	if (len > 0)
		value->bytes += from;
	value->len = len;
}

/* What of a value is compared. */
static void take_part(const struct expr_operand *operand, struct expr_value *value)
{
	if (operand->masked)
		value->number &= operand->mask;
	if (operand->sliced)
		take_slice(operand, value);
}

/* A value of the right field beside the left one's. */
static bool try_right(void *ctx, const struct expr_value *value)
{
	struct trial *trial = ctx;
	struct expr_value right = *value;

	take_part(&trial->test->right, &right);
	trial->any = true;
	return fits((enum expr_relation)trial->test->relation,
		    compare(trial->type, &trial->left, &right)) != trial->test->all;
}

/* True: no other value can change the answer. */
static bool try_left(void *ctx, const struct expr_value *value)
{
	struct trial *trial = ctx;
	const struct expr_test *test = trial->test;

	trial->left = *value;
	take_part(&test->left, &trial->left);
	if (test->by_field) {
		struct search search = {
			.field = &trial->match->expr->fields[test->right.field],
			.fn = try_right,
			.ctx = trial,
		};

		return each_value(trial->match, &search);
	}
	trial->any = true;
	if (test->relation == EXPR_IS_THERE) /* of a slice: other fields are spans */
		return trial->left.len > 0;
	return fits_constant(trial, &trial->left) != test->all;
}

static bool run_span(struct match *match, const struct expr_test *test)
{
	struct search search = {
		.field = &match->expr->fields[test->left.field],
		.span = &test->span,
		.all = test->all,
	};
	bool stopped = each_value(match, &search);

	return test->all ? search.any && !stopped : stopped;
}

static bool run_test(struct match *match, const struct expr_test *test)
{
	struct trial trial = {.match = match, .test = test};
	struct search search = {
		.field = &match->expr->fields[test->left.field],
		.fn = try_left,
		.ctx = &trial,
	};
	bool stopped;

	trial.type = (enum expr_type)search.field->type;
	stopped = each_value(match, &search);
	return test->all ? trial.any && !stopped : stopped;
}

static bool run(struct match *match)
{
	const struct expr *expr = match->expr;
	bool kept[EXPR_DEPTH_MAX + 1], result = false;
	uint32_t nr_kept = 0;

	/* No switch: the branches of one expression are the same for each record. */
	for (uint32_t i = 0; i < expr->nr_code; i++) {
		const struct expr_code *code = &expr->code[i];

		if (code->op == EXPR_QUICK) {
			const struct expr_test *test = &expr->tests[code->arg];

			result = match->rec != NULL &&
				 quick_test(&test->quick, &test->span, match->rec);
		} else if (code->op == EXPR_IF_FALSE) {
			if (!result)
				i = code->arg - 1;
		} else if (code->op == EXPR_IF_TRUE) {
			if (result)
				i = code->arg - 1;
		} else if (code->op == EXPR_TEST) {
			const struct expr_test *test = &expr->tests[code->arg];

			result = test->spans ? run_span(match, test) : run_test(match, test);
		} else if (code->op == EXPR_NOT) {
			result = !result;
		} else if (code->op == EXPR_PUSH) {
			kept[nr_kept++] = result;
		} else {
			result = kept[--nr_kept] != result;
		}
	}
	return result;
}

bool expr_match_frame(const struct expr *expr, const struct record *rec,
		      const struct expr_frame *frame)
{
	struct match match = {.expr = expr, .rec = rec, .frame = frame};

	return run(&match);
}

bool expr_match(const struct expr *expr, const struct record *rec)
{
	return expr_match_frame(expr, rec, NULL);
}

bool expr_match_of(const struct expr *expr, const struct record *rec, const struct record *command)
{
	struct match match = {.expr = expr, .rec = rec, .command = command};

	return run(&match);
}
