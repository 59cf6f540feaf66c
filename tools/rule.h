/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A rule as it was understood: where it listens, which events it means, how
 * often it fires, and what it does then.  nvmetap-inject(7) has the language.
 */
#ifndef TOOLS_RULE_H
#define TOOLS_RULE_H

#include "dissector/expr.h"
#include "tools/rule_action.h"

enum {
	RULE_LENGTH_MAX = 4096,	/* of a rule's text, bytes */
	RULE_NR_ACTIONS = 8,
};

/* Which of the events that the expression holds for fire the rule, and when it
 * listens at all.  0: not asked for. */
struct rule_when {
	uint64_t after;		/* so many pass first */
	uint64_t every;		/* then each of this number */
	uint64_t times;		/* so often at most */
	uint64_t chance, in;	/* chance in in */
	uint64_t seed;
	uint64_t from_ns, to_ns;	/* since the rule was added */
	uint32_t phases;	/* bit MODEL_PHASE_* */
	int32_t queue;		/* -1: any */
	unsigned int then;	/* once the rule before it has fired: the column of the word */
};

struct rule {
	unsigned int tap;
	struct expr *condition;	/* NULL: every event of the tap */
	struct rule_when when;
	struct rule_action actions[RULE_NR_ACTIONS];
	unsigned int nr_actions;
};

/* 0 and a rule for rule_fini; or -EINVAL and in err one line that says at which
 * column what is wrong, and what was expected or is near; -ENOMEM. */
int rule_parse(struct rule *rule, const char *text, size_t len, char *err, size_t errlen);
void rule_fini(struct rule *rule);

/* 0, or -EINVAL and why the rule cannot be the first of all, in the same way. */
int rule_check_first(const struct rule *rule, char *err, size_t errlen);

#endif
