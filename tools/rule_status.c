/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of a status: its number or name, and its bits. */
#include "tools/rule_action.h"

#include <stdio.h>
#include <string.h>
#include "dissector/table.h"
#include "spec/bytes.h"

enum { NAME_MAX_LEN = 96 };

/* 1/0x82 */
static int parse_numbers(struct rule_text *text, uint16_t *status)
{
	uint64_t sct, sc;
	struct rule_word word;

	if (rule_number(text, "a status code type", 0, 7, &sct) != 0)
		return -1;
	word = rule_next(text);
	if (!rule_word_is(&word, "/"))
		return rule_expected(text, &word, "a slash and the status code");
	if (rule_number(text, "a status code", 0, 0xff, &sc) != 0)
		return -1;
	NVME_STATUS_SET(*status, sct, sc);
	return 0;
}

static int parse_name(struct rule_text *text, uint16_t *status)
{
	struct rule_word word = rule_next(text);
	char name[NAME_MAX_LEN];
	struct near near;
	const char *known;
	uint32_t code;

	if (word.len == 0)
		return rule_expected(text, &word, "a status like 1/0x82 or \"Write Fault\"");
	if (rule_unquote(text, &word, name, sizeof(name)) != 0)
		return -1;
	near_init(&near, name, strlen(name));
	for (unsigned int i = 0; (known = table_value_at(SET_status, i, &code)) != NULL; i++) {
		if (strcmp(known, name) == 0) {
			NVME_STATUS_SET(*status, code >> 8, code);
			return 0;
		}
		near_offer(&near, known);
	}
	return rule_unknown(text, &word, "status", &near, NULL);
}

int rule_status_parse(struct rule_text *text, uint16_t *status)
{
	struct rule_word word = rule_peek(text);
	uint64_t crd;

	if (word.len != 0 && word.from[0] >= '0' && word.from[0] <= '9' ?
	    parse_numbers(text, status) : parse_name(text, status))
		return -1;
	for (;;) {
		if (rule_skip(text, "dnr")) {
			*status |= 1u << 15;
		} else if (rule_skip(text, "more")) {
			*status |= 1u << 14;
		} else if (rule_skip(text, "crd")) {
			if (rule_number(text, "a command retry delay", 0, 3, &crd) != 0)
				return -1;
			*status = (uint16_t)bits_set(*status, 12, 2, crd);
		} else {
			return 0;
		}
	}
}
