/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzz target: the text of a rule.  It is one, or it is said at which of its columns it is not. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/fuzz/fuzz.h"
#include "tools/rule.h"

static void check_rule(const struct rule *rule)
{
	if (rule->tap >= NVMETAP_NR_TAPS || rule->nr_actions < 1 ||
	    rule->nr_actions > RULE_NR_ACTIONS)
		abort();
	for (unsigned int i = 0; i < rule->nr_actions; i++) {
		if (rule->actions[i].kind == NULL)
			abort();
	}
}

static void check_error(const char *err, size_t size, size_t len)
{
	unsigned long column;

	if (memchr(err, '\0', size) == NULL || sscanf(err, "column %lu: ", &column) != 1 ||
	    column < 1 || column > len + 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char err[512], *text = malloc(size + 1);	/* not one byte more than it says */
	struct rule rule;

	if (text == NULL)
		abort();
	memcpy(text, data, size);
	memset(err, 'x', sizeof(err));
	if (rule_parse(&rule, text, size, err, sizeof(err)) == 0) {
		check_rule(&rule);
		rule_fini(&rule);
	} else {
		check_error(err, sizeof(err), size);
	}
	free(text);
	return 0;
}
