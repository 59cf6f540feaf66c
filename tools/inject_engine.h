/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the rule engine share. */
#ifndef TOOLS_INJECT_ENGINE_H
#define TOOLS_INJECT_ENGINE_H

#include "dissector/model.h"
#include "tools/inject.h"
#include "tools/inject_record.h"
#include "tools/rule.h"

/* A rule that is in force. */
struct active {
	struct active *next;
	struct inject *inject;
	struct rule rule;
	struct dice dice;
	unsigned int id;
	const struct active *before;	/* "then": the rule that has to fire first; NULL: it has */
	bool orphaned;			/* it was removed without having fired */
	bool paused;
	uint64_t matched, fired, in_vain;
	uint64_t since_ns;	/* when it was added, as nvmetap_ns */
	char *name;		/* "rule 3: nvme:io:decode …" */
	char who[NVMETAP_WHO_MAX + 1];	/* the same, or its beginning: whom injections name */
	char *label;		/* or NULL */
	const char *text;	/* in name */
};

struct held;

struct inject {
	struct drive *drive;
	struct nvmetap_plugin *plugin;	/* NULL: not yet, or (ended) no longer part of it */
	bool ended;
	struct active *rules, **end;
	unsigned int last_id;
	unsigned int nr_keepers;	/* rules that delay or hold */
	struct held *held;		/* the newest first */
	bool watching;			/* what becomes of held commands, see inject_hold.c */
	struct model *model;		/* NULL: no rule asks for a phase */
	unsigned int nr_phased;		/* rules that do */
	struct inject_record record;
};

/* A rule's callback at its tap; ctx is its struct active.  inject_fire.c */
int inject_event(void *ctx, struct nvmetap_event *ev);

/* inject_hold.c */
bool inject_keeps(const struct active *active);
/* Before the first rule that keeps, and when the last has gone. */
int inject_watch(struct inject *inject);
void inject_unwatch(struct inject *inject);
/* Keeps the event's command for after_ns or (0) until it is released; with
 * complete it ends then as cpl is now, otherwise it goes on.  0 or -ENOMEM. */
int inject_keep(struct active *active, const struct nvmetap_event *ev, uint64_t after_ns,
		bool complete);
/* Lets what the rule holds go on.  How many, or -ENOMEM. */
int inject_let_go(struct active *active);
/* The rule goes. */
void inject_disown(struct active *active);
unsigned int inject_nr_held(const struct active *active);
void inject_forget_all(struct inject *inject);

/* inject_phase.c: the model, for rules that ask for a phase. */
int inject_phase_begin(struct inject *inject);
void inject_phase_end(struct inject *inject);

#endif
