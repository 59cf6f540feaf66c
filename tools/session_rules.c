/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules that a drive starts with, and what is said of them at its end. */
#include "config.h"

#include "tools/session_rules.h"

#include <inttypes.h>
#include <stdio.h>
#include "tools/caret.h"
#include "tools/command.h"
#include "tools/scenario.h"

static int add(struct inject *inject, const struct drive_rule *rule, const char *command)
{
	char err[1024];

	if (rule->scenario) {
		if (scenario_add(inject, rule->text, err, sizeof(err)) == 0)
			return 0;
		complain("%s: --scenario: %s", command, err);
		return -1;
	}
	if (inject_add(inject, rule->text, err, sizeof(err)) > 0)
		return 0;
	complain("%s: --inject: %s", command, err);
	caret_show_column(rule->text, err);
	return -1;
}

int session_rules_add(struct inject *inject, const struct drive_options *options,
		      const char *command)
{
	for (unsigned int i = 0; i < options->nr_rules; i++) {
		if (add(inject, &options->rules[i], command) != 0)
			return -1;
	}
	return 0;
}

static void report(void *ctx, const struct inject_rule *rule)
{
	(void)ctx;
	if (rule->label != NULL)
		fprintf(stderr, "%s: ", rule->label);
	fprintf(stderr, "rule %u: matched %" PRIu64 ", ", rule->id, rule->matched);
	if (rule->fired == 0)
		fprintf(stderr, "never fired");
	else
		fprintf(stderr, "fired %" PRIu64, rule->fired);
	if (rule->in_vain != 0)
		fprintf(stderr, ", %" PRIu64 " in vain", rule->in_vain);
	fprintf(stderr, ": %s\n", rule->text);
}

void session_rules_report(struct inject *inject)
{
	inject_each(inject, report, NULL);
}
