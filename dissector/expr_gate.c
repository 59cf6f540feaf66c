/* SPDX-License-Identifier: BSD-2-Clause */
/* What a packet's bytes exclude before a record is taken apart. */
#include "dissector/expr_gate.h"

#include "dissector/decode.h"
#include "dissector/expr_code.h"

static bool is_number(const struct table_row *row)
{
	return row->kind >= KIND_DEC && row->kind <= KIND_BINT && row->length <= 8 &&
	       row->width > 0;
}

static bool is_like(const struct table_row *row, const struct table_row *other)
{
	return row->offset == other->offset && row->length == other->length &&
	       row->shift == other->shift && row->width == other->width &&
	       row->kind == other->kind;
}

/* Whether it is a number, not of an array, that lies alike in all its structures; and
 * none of them is a feature, whose place depends on the command. */
static bool has_one_place(const struct expr_field *field)
{
	const struct table_row *first = &table_rows[field->rows[0]];

	for (unsigned int i = 0; i < NR_ROWS; i++)
		if (field->leads[i] == EXPR_LEADS_DEEPER ||
		    (field->leads[i] != EXPR_LEADS_NOWHERE && table_is_feature(i)))
			return false;
	for (unsigned int i = 1; i < field->nr_rows; i++)
		if (!is_like(first, &table_rows[field->rows[i]]))
			return false;
	return is_number(first);
}

/* The event's records have it from the beginning of the payload on, if at all. */
static bool begins_payload(unsigned int event, unsigned int parts)
{
	if (parts == DECODE_PAYLOAD)
		return true;
	return parts != 0 && (parts & ~(unsigned int)(DECODE_PAYLOAD | DECODE_SPECIFIC)) == 0 &&
	       (event == NVMETAP_EV_ADMIN || event == NVMETAP_EV_IO ||
		event == NVMETAP_EV_COMPLETION);
}

/* Of which events the number is at one place only.  False: of none. */
static bool find_events(struct expr_inner *inner, const struct expr_field *field)
{
	unsigned int nr_info = 0, nr_payload = 0;

	for (unsigned int i = 0; i < 256; i++) {
		nr_info += field->parts[i] == DECODE_INFO;
		nr_payload += begins_payload(i, field->parts[i]);
	}
	inner->in_payload = nr_payload > nr_info;
	for (unsigned int i = 0; i < 256; i++)
		inner->events[i] = inner->in_payload ? begins_payload(i, field->parts[i])
						     : field->parts[i] == DECODE_INFO;
	return nr_info + nr_payload != 0;
}

static void add_inner(struct expr_gates *gates, const struct expr_field *field,
		      const struct expr_span *span)
{
	struct expr_inner *inner = &gates->inner[gates->nr_inner];
	const struct table_row *row = &table_rows[field->rows[0]];
	unsigned int size = table_rows[row->strct].length, at = row->offset;

	if (gates->nr_inner == EXPR_GATES_MAX || !has_one_place(field) ||
	    !find_events(inner, field))
		return;
	/* As far in front as the structure is long enough: packets end with it. */
	if (size >= 8 && at > size - 8)
		at = size - 8;
	if (at > UINT8_MAX)
		return;
	inner->big_endian = row->kind >= KIND_BDEC;
	inner->at = (uint8_t)at;
	inner->shift = (uint8_t)(row->shift + 8 * (inner->big_endian
							   ? at + 8 - row->offset - row->length
							   : row->offset - at));
	inner->mask = UINT64_MAX >> (64 - row->width);
	inner->span = *span;
	gates->nr_inner++;
}

static void add_test(struct expr_gates *gates, const struct expr_test *test,
		     const struct expr_field *field)
{
	if (test->spans && test->quick.size != 0) {
		if (gates->nr < EXPR_GATES_MAX)
			gates->list[gates->nr++] = (struct expr_gate){ test->quick, test->span };
		return;
	}
	if (field->special != EXPR_OF_TABLE)
		return;
	for (unsigned int i = 0; i < 256; i++)
		gates->events[i] &= field->parts[i] != 0;
	if (test->spans)
		add_inner(gates, field, &test->span);
}

/* From the tests that begin "test, the end if false, test, …". */
void gates_gather(struct expr *expr)
{
	const struct expr_code *code = expr->code, *end = code + expr->nr_code;

	memset(expr->gates.events, true, sizeof(expr->gates.events));
	for (; code < end && code->op <= EXPR_QUICK; code += 2) {
		const struct expr_test *test = &expr->tests[code->arg];

		if (code + 1 < end && (code[1].op != EXPR_IF_FALSE || code[1].arg != expr->nr_code))
			break;
		add_test(&expr->gates, test, &expr->fields[test->left.field]);
	}
}

static bool inner_excludes(const struct expr_inner *inner, const uint8_t *bytes, size_t len)
{
	size_t begin = bytes[record_header_len_OFFSET];
	uint64_t eight;

	if (inner->in_payload)
		begin += bytes[record_info_len_OFFSET];
	if (!inner->events[bytes[record_event_OFFSET]] || begin + inner->at + 8 > len)
		return false;
	bytes += begin + inner->at;
	eight = inner->big_endian ? bytes_get_be(bytes, 8) : bytes_get_le(bytes, 8);
	return !span_has(&inner->span, eight >> inner->shift & inner->mask);
}

bool expr_excludes_packet(const struct expr *expr, const uint8_t *bytes, size_t len)
{
	const struct expr_gates *gates = &expr->gates;
	bool may_fit = gates->events[bytes[record_event_OFFSET]];

	for (uint32_t i = 0; i < gates->nr; i++)
		may_fit &= quick_test_header(&gates->list[i].quick, &gates->list[i].span, bytes);
	for (uint32_t i = 0; may_fit && i < gates->nr_inner; i++)
		may_fit = !inner_excludes(&gates->inner[i], bytes, len);
	return !may_fit;
}
