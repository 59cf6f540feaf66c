/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts of rules, for tests. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "tests/rule_words.h"

static char err[1024];

struct rule *rule_of(const char *text)
{
	static struct rule rule;
	int rc = rule_parse(&rule, text, strlen(text), err, sizeof(err));

	if (rc != 0)
		fail_msg("%s: %s", text, err);
	return &rule;
}

void assert_wrong(const char *text, const char *words)
{
	struct rule rule;

	err[0] = '\0';
	assert_int_equal(rule_parse(&rule, text, strlen(text), err, sizeof(err)), -EINVAL);
	/* What is near, besides the nearest, is others' test. */
	if (strncmp(err, words, strlen(words)) != 0 ||
	    (strstr(words, "near") == NULL && strlen(err) != strlen(words)))
		fail_msg("%s\n  says: %s\n  not:  %s", text, err, words);
}
