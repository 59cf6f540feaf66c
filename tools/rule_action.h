/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a rule does when it fires: one row an action, with the taps where it
 * fits, how its words are read, and how it is done.
 */
#ifndef TOOLS_RULE_ACTION_H
#define TOOLS_RULE_ACTION_H

#include "emu/plugin.h"
#include "tools/dice.h"
#include "tools/rule_field.h"
#include "tools/rule_tap.h"
#include "tools/rule_text.h"

enum {
	ACTION_TEXT_MAX = 256,	/* of a line for the trace */
};

struct rule_action_kind;

struct rule_action {
	const struct rule_action_kind *kind;
	union {
		uint16_t status;	/* of a completion, without its phase */
		struct spread delay;
		struct rule_set set;
		struct {
			uint32_t nr;
			bool bits;	/* flipped; otherwise bytes, made others */
		} corrupt;
		struct {
			unsigned int number;	/* NVMETAP_FAULT_* */
			uint64_t arg;
		} fault;
		char text[ACTION_TEXT_MAX];
	};
};

/* A rule that fires for an event, and what is to become of it. */
struct rule_run {
	struct nvmetap_plugin *plugin;
	struct dice *dice;
	int verdict;
	bool hold;		/* until it is released, or */
	uint64_t delay_ns;	/* so long */
};

/* How actions go together: of these a rule has one at most. */
enum rule_end {
	RULE_GOES_ON,
	RULE_ENDS,		/* the command: with a status */
	RULE_KEEPS,		/* delays or holds, also what ends then */
	RULE_DROPS,
};

struct rule_action_kind {
	const char *name;
	uint64_t taps;		/* bit NVMETAP_TAP_*: where it fits */
	enum rule_end end;
	/* The words after the name.  0 or -1. */
	int (*parse)(struct rule_text *text, unsigned int tap, struct rule_action *action);
	/* Does it.  0; or -errno: nothing came of it. */
	int (*act)(const struct rule_action *action, struct rule_run *run,
		   struct nvmetap_event *ev);
	uint32_t of;		/* whose it is: a fault's number */
};

/* Reads one action of a rule for tap.  0, or -1 and the error. */
int rule_action_parse(struct rule_text *text, unsigned int tap, struct rule_action *action);
/* Whether an action begins with the word. */
bool rule_action_is(const struct rule_word *word);
/* Whether the event has what the action is about. */
bool rule_action_applies(const struct rule_action *action, const struct nvmetap_event *ev);

/* The words of a status: SCT/SC or its name, then dnr, more, crd N. */
int rule_status_parse(struct rule_text *text, uint16_t *status);

#endif
