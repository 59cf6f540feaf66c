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

/* A record of a command as decoded; qkind 1 admin, 2 I/O. */
struct record record_of_command(uint8_t qkind, const uint8_t *sqe, uint32_t len);
/* The completion, of 16 bytes, of an admin command. */
struct record record_of_completion(uint8_t opc, uint32_t cdw10, uint16_t status,
				   const uint8_t *cqe);
/* A register or configuration space is accessed; info has 32 bytes. */
struct record record_of_access(uint8_t event, const uint8_t *info);
/* A read, by event, of width bytes at offset; until the next call. */
struct record record_of_read(uint8_t event, uint64_t offset, uint64_t value, uint32_t width);

#define assert_field(rec, name, text) assert_string_equal(field_of(rec, name), text)
#define assert_display(rec, name, text) assert_string_equal(display_of(rec, name), text)
#define assert_absent(rec, name) assert_string_equal(field_of(rec, name), "absent")

#endif
