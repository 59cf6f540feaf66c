/* SPDX-License-Identifier: BSD-2-Clause */
/* What is wrong with the words of an option alone, before anything is opened. */
#include "config.h"

#include "tools/option_words.h"

#include <stdint.h>
#include <string.h>
#include "emu/ns_option.h"
#include "tools/caret.h"
#include "tools/command.h"
#include "tools/rule.h"
#include "tracer/words.h"

int option_words_ns(const char *command, const char *text)
{
	struct ns_option option;
	char err[256];

	if (ns_option_parse(&option, text, err, sizeof(err)) == 0) {
		ns_option_fini(&option);
		return 0;
	}
	complain("%s: %s", command, err);
	return -1;
}

int option_words_plugin(const char *command, const char *text)
{
	if (text[0] != '\0' && (text[0] != ',' || text[1] == ','))
		return 0;
	complain("%s: plug-in \"%s\": no file is named", command, text);
	return -1;
}

int option_words_rule(const char *command, const char *text, bool first)
{
	struct rule rule;
	char err[1024];
	int rc = rule_parse(&rule, text, strlen(text), err, sizeof(err));

	if (rc == 0) {
		rc = first ? rule_check_first(&rule, err, sizeof(err)) : 0;
		rule_fini(&rule);
	}
	if (rc == 0)
		return 0;
	complain("%s: --inject: %s", command, err);
	caret_show_column(text, err);
	return -1;
}

int option_words_events(const char *command, const char *text)
{
	uint64_t set;
	char err[512];

	if (words_parse(text, &set, err, sizeof(err)) == 0)
		return 0;
	complain("%s: --events: %s", command, err);
	return -1;
}
