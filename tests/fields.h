/* SPDX-License-Identifier: BSD-2-Clause */
/* What the decoder says of a record, by filter name, for tests. */
#ifndef TESTS_FIELDS_H
#define TESTS_FIELDS_H

#include "spec/record.h"

/* All occurrences of the field as -T fields prints them, with "," between;
 * "absent" if there is none.  Until the next call. */
const char *field_of(const struct record *rec, const char *name);
/* The first occurrence, as people read it. */
const char *display_of(const struct record *rec, const char *name);

#define assert_field(rec, name, text) assert_string_equal(field_of(rec, name), text)
#define assert_display(rec, name, text) assert_string_equal(display_of(rec, name), text)
#define assert_absent(rec, name) assert_string_equal(field_of(rec, name), "absent")

#endif
