/* SPDX-License-Identifier: BSD-2-Clause */
/* Text that grows, and the sets of the table. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "dissector/table.h"
#include "dissector/text.h"

static char buf[256];

static struct text empty(void)
{
	memset(buf, 0, sizeof(buf));
	return (struct text){ .buf = buf, .size = sizeof(buf) - 1 };
}

static const char *escaped(const char *from, size_t len)
{
	struct text text = empty();

	text_escaped(&text, (const uint8_t *)from, len);
	return buf;
}

static void test_numbers(void **state)
{
	struct text text = empty();
	uint8_t all[16];

	(void)state;
	memset(all, 0xff, sizeof(all));
	text_dec(&text, UINT64_MAX);
	text_char(&text, ' ');
	text_hex(&text, 0xabc, 8);
	text_char(&text, ' ');
	text_hex(&text, 0, 1);
	text_char(&text, ' ');
	text_signed(&text, INT64_MIN);
	text_char(&text, ' ');
	text_u128(&text, all);
	assert_string_equal(buf, "18446744073709551615 00000abc 0 -9223372036854775808 "
			    "340282366920938463463374607431768211455");
}

static void assert_number(uint64_t value, unsigned int width)
{
	struct text text = empty();
	char printed[64];

	text_dec(&text, value);
	text_char(&text, ' ');
	text_hex(&text, value, width);
	buf[text.len] = '\0';
	snprintf(printed, sizeof(printed), "%" PRIu64 " %0*" PRIx64, value, (int)width, value);
	assert_string_equal(buf, printed);
}

static void test_numbers_of_every_length_are_as_printf_writes_them(void **state)
{
	uint64_t value = 1;

	(void)state;
	assert_number(0, 1);
	assert_number(0, 0);
	for (unsigned int i = 0; i < 20; i++, value *= 10)
		for (unsigned int width = 1; width <= 16; width++) {
			assert_number(value - 1, width);
			assert_number(value, width);
			assert_number(value / 7, width);
		}
	for (unsigned int shift = 0; shift < 64; shift++)
		assert_number(UINT64_MAX >> shift, 1);
}

static void test_a_time_has_nine_digits_behind_the_point(void **state)
{
	struct text text = empty();

	(void)state;
	text_time(&text, 1000000007, '.');
	text_char(&text, ' ');
	text_time(&text, 999999999, ':');
	text_char(&text, ' ');
	text_time(&text, UINT64_MAX, ':');
	text_char(&text, ';');
	buf[text.len] = '\0';
	assert_string_equal(buf, "1.000000007 0:999999999 18446744073:709551615;");
}

/* A byte that is written otherwise, at each place between others. */
static void test_a_byte_is_escaped_wherever_it_stands(void **state)
{
	char line[24], want[64];

	(void)state;
	for (size_t at = 0; at < sizeof(line); at++) {
		memset(line, '~', sizeof(line));
		line[at] = 0x1f;
		memset(want, 0, sizeof(want));
		memset(want, '~', at);
		strcat(want, "\\x1f");
		memset(want + at + 4, '~', sizeof(line) - at - 1);
		assert_string_equal(escaped(line, sizeof(line)), want);
		line[at] = 0x7f;
		memcpy(want + at, "\\x7f", 4);
		assert_string_equal(escaped(line, sizeof(line)), want);
	}
}

static void assert_json(char odd, const char *instead)
{
	char line[24], want[64];
	struct text text;

	for (size_t at = 0; at < sizeof(line); at++) {
		memset(line, ' ', sizeof(line));
		line[at] = odd;
		snprintf(want, sizeof(want), "\"%*s%s%*s\"", (int)at, "", instead,
			 (int)(sizeof(line) - at - 1), "");
		text = empty();
		text_json(&text, (const uint8_t *)line, sizeof(line));
		buf[text.len] = '\0';
		assert_string_equal(buf, want);
	}
}

static void test_json_escapes_a_byte_wherever_it_stands(void **state)
{
	(void)state;
	assert_json('"', "\\\"");
	assert_json('\\', "\\\\");
	assert_json('\t', "\\t");
	assert_json('\x01', "\\u0001");
	assert_json('\x7f', "\\u007f");
	assert_json('\xff', "\xef\xbf\xbd");
	assert_json('!', "!");
	assert_json('~', "~");
}

/* Cut off as if it had been written byte by byte. */
static void test_numbers_at_the_end_of_the_buffer_are_cut(void **state)
{
	static const char whole[] = "1234567890 1.000000007 abcdef0123456789";
	char small[64];

	(void)state;
	for (size_t size = 0; size < sizeof(whole); size++) {
		struct text text = { .buf = small, .size = size };

		memset(small, '#', sizeof(small));
		text_dec(&text, 1234567890);
		text_char(&text, ' ');
		text_time(&text, 1000000007, '.');
		text_char(&text, ' ');
		text_hex(&text, 0xabcdef0123456789, 1);
		assert_int_equal(text.len, size < sizeof(whole) ? size : sizeof(whole) - 1);
		assert_memory_equal(small, whole, text.len);
		assert_int_equal(small[size], '#');
	}
}

static void test_control_characters_and_bad_utf8_are_escaped(void **state)
{
	(void)state;
	assert_string_equal(escaped("a\tb\r\n\x1b[0m", 9), "a\\tb\\r\\n\\x1b[0m");
	assert_string_equal(escaped("\xc2\xb5s \xe2\x82\xac \xf0\x9f\x98\x80", 12),
			    "\xc2\xb5s \xe2\x82\xac \xf0\x9f\x98\x80");
	assert_string_equal(escaped("\xc2\x9b", 2), "\\xc2\\x9b");		/* CSI */
	assert_string_equal(escaped("\xc0\xaf", 2), "\\xc0\\xaf");		/* overlong */
	assert_string_equal(escaped("\xed\xa0\x80", 3), "\\xed\\xa0\\x80");	/* surrogate */
	assert_string_equal(escaped("\xf4\x90\x80\x80", 4), "\\xf4\\x90\\x80\\x80");
	assert_string_equal(escaped("x\xe2\x82", 3), "x\\xe2\\x82");		/* cut off */
	assert_string_equal(escaped("\x7f\0", 2), "\\x7f\\x00");
}

static void test_json_strings_are_json(void **state)
{
	struct text text = empty();

	(void)state;
	text_json(&text, (const uint8_t *)"a\"\\\n\x1b\xff\x7f", 7);
	assert_string_equal(buf, "\"a\\\"\\\\\\n\\u001b\xef\xbf\xbd\\u007f\"");
}

static void test_padding_is_cut_and_other_bytes_are_dots(void **state)
{
	struct text text = empty();

	(void)state;
	text_padded(&text, (const uint8_t *)"a b\0c\xff \0 ", 9);
	assert_string_equal(buf, "a b.c.");
}

static char flushed[64];

static void collect(struct text *text)
{
	strncat(flushed, text->buf, text->len);
	text->len = 0;
}

static void test_a_full_buffer_is_cut_or_flushed(void **state)
{
	char small[4];
	struct text cut = { .buf = small, .size = sizeof(small) };
	struct text flush = { .buf = small, .size = sizeof(small), .flush = collect };

	(void)state;
	text_string(&cut, "abcdefgh");
	text_char(&cut, 'i');
	assert_int_equal(cut.len, 4);
	assert_memory_equal(small, "abcd", 4);
	text_string(&flush, "abcdefghij");
	text_dec(&flush, 12345);
	collect(&flush);
	assert_string_equal(flushed, "abcdefghij12345");
}

static void test_every_set_is_in_order_and_found(void **state)
{
	uint32_t number, last = 0;
	const char *text;
	unsigned int nr = 0;

	(void)state;
	for (unsigned int set = 0; set < NR_SETS; set++)
		for (unsigned int i = 0; (text = table_value_at(set, i, &number)); i++, nr++) {
			if (i > 0)
				assert_true(number > last);
			last = number;
			assert_ptr_equal(table_value(set, number), text);
		}
	assert_true(nr > 200);
	assert_null(table_value(SET_NONE, 0));
	assert_null(table_value(SET_place, 0));
	assert_null(table_value(SET_cns, 255));
}

/* Wireshark knows a name once: its kinds must be of one type. */
static unsigned int type_of(const struct table_row *row)
{
	if (row->kind == KIND_FLAG)
		return 100;
	if (row->kind >= KIND_BINT)
		return row->kind == KIND_U128 ? KIND_BYTES : row->kind;
	return row->length > 4 ? 102 : 101;
}

static void test_a_filter_name_has_one_type_and_rows_stand_with_their_structure(void **state)
{
	unsigned int strct = 0;

	(void)state;
	for (unsigned int i = 0; i < NR_ROWS; i++) {
		const struct table_row *row = &table_rows[i], *first;

		if (row->type == TYPE_STRUCT)
			strct = i;
		assert_int_equal(row->strct, strct);
		if (row->type != TYPE_FIELD)
			continue;
		first = table_find(row->abbrev);
		if (type_of(first) != type_of(row))
			fail_msg("%s has two types", row->abbrev);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_numbers_of_every_length_are_as_printf_writes_them),
		cmocka_unit_test(test_a_time_has_nine_digits_behind_the_point),
		cmocka_unit_test(test_a_byte_is_escaped_wherever_it_stands),
		cmocka_unit_test(test_json_escapes_a_byte_wherever_it_stands),
		cmocka_unit_test(test_numbers_at_the_end_of_the_buffer_are_cut),
		cmocka_unit_test(test_control_characters_and_bad_utf8_are_escaped),
		cmocka_unit_test(test_json_strings_are_json),
		cmocka_unit_test(test_padding_is_cut_and_other_bytes_are_dots),
		cmocka_unit_test(test_a_full_buffer_is_cut_or_flushed),
		cmocka_unit_test(test_every_set_is_in_order_and_found),
		cmocka_unit_test(test_a_filter_name_has_one_type_and_rows_stand_with_their_structure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
