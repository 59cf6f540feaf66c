/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts of rules, for tests. */
#ifndef TESTS_RULE_WORDS_H
#define TESTS_RULE_WORDS_H

#include "tools/rule.h"

/* The rule, until the next call. */
struct rule *rule_of(const char *text);
/* The text is refused with these words, and those that are near; if near is among them, they
 * are its beginning. */
void assert_wrong(const char *text, const char *words);

#endif
