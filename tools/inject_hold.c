/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands that rules keep: delayed, or held until they are released.
 *
 * What is kept has an entry, which lives until the command goes on.  A command
 * that ends before, by a reset or an Abort, is noticed by observers.  They stay
 * attached while there is a rule that keeps commands, or any that is still kept:
 * else what is kept would be ended with the plug-in's last function.
 */
#include <errno.h>
#include <stdlib.h>
#include "tools/inject_engine.h"

struct held {
	struct held *next;
	struct inject *inject;
	struct active *active;	/* NULL: its rule has gone */
	uint64_t cmd_id;
	uint64_t seq;		/* of the event at which it was held */
	bool called;		/* hold_end will be, and frees it */
	bool complete;
	struct nvme_completion cpl;
};

static const char *const watched[] = {
	"nvme:ctrl:execute", "nvme:admin:writeback", "nvme:io:writeback",
};

enum { NR_WATCHED = sizeof(watched) / sizeof(watched[0]) };

bool inject_keeps(const struct active *active)
{
	for (unsigned int i = 0; i < active->rule.nr_actions; i++) {
		if (active->rule.actions[i].kind->end == RULE_KEEPS)
			return true;
	}
	return false;
}

static void forget(struct held *held)
{
	struct held **at = &held->inject->held;

	while (*at != held)
		at = &(*at)->next;
	*at = held->next;
	free(held);
}

/* A command has ended, or (0) all have.  seq: of the event that says so; a completion that is
 * held is none. */
static void forget_command(struct inject *inject, uint64_t cmd_id, uint64_t seq)
{
	struct held *held, *next;

	for (held = inject->held; held != NULL; held = next) {
		next = held->next;
		if (!held->called && held->seq != seq && (cmd_id == 0 || held->cmd_id == cmd_id))
			forget(held);
	}
}

static int watch(void *ctx, struct nvmetap_event *ev)
{
	struct inject *inject = ctx;

	if (inject->held == NULL || (ev->flags & NVMETAP_SNAPSHOT) != 0)
		return NVMETAP_GO;
	if (ev->event == NVMETAP_EV_COMPLETION)
		forget_command(inject, ev->cmd_id, ev->seq);
	else if (ev->ctrl->state == NVMETAP_CTRL_DISABLED)
		forget_command(inject, 0, ev->seq);
	inject_unwatch(inject);
	return NVMETAP_GO;
}

int inject_watch(struct inject *inject)
{
	int rc = 0;

	if (inject->watching)
		return 0;
	inject->watching = true;
	for (unsigned int i = 0; i < NR_WATCHED && rc == 0; i++)
		rc = nvmetap_attach(inject->plugin, watched[i], watch, inject, NVMETAP_OBSERVE);
	if (rc != 0)
		inject_unwatch(inject);
	return rc;
}

void inject_unwatch(struct inject *inject)
{
	if (!inject->watching || inject->nr_keepers != 0 || inject->held != NULL)
		return;
	for (unsigned int i = 0; i < NR_WATCHED; i++)
		(void)nvmetap_detach(inject->plugin, watched[i], watch, inject);
	inject->watching = false;
}

static int hold_end(void *ctx, struct nvmetap_event *ev)
{
	struct held *held = ctx;
	struct inject *inject = held->inject;

	(void)ev;
	if (held->active != NULL)
		nvmetap_blame(inject->plugin, held->active->who);
	if (held->complete)
		(void)nvmetap_complete(inject->plugin, held->cmd_id, &held->cpl);
	else
		(void)nvmetap_resume(inject->plugin, held->cmd_id, 0);
	forget(held);
	inject_unwatch(inject);
	return NVMETAP_GO;
}

int inject_keep(struct active *active, const struct nvmetap_event *ev, uint64_t after_ns,
		bool complete)
{
	struct inject *inject = active->inject;
	struct held *held = malloc(sizeof(*held));

	if (held == NULL)
		return -ENOMEM;
	*held = (struct held){
		.next = inject->held,
		.inject = inject,
		.active = active,
		.cmd_id = ev->cmd_id,
		.seq = ev->seq,
		.called = after_ns != 0,
		.complete = complete,
		.cpl = *ev->cpl,
	};
	if (after_ns != 0 && nvmetap_call(inject->plugin, after_ns, hold_end, held) != 0) {
		free(held);
		return -ENOMEM;
	}
	inject->held = held;
	return 0;
}

int inject_let_go(struct active *active)
{
	struct inject *inject = active->inject;
	int nr = 0;

	for (struct held *held = inject->held; held != NULL; held = held->next) {
		if (held->active != active || held->called)
			continue;
		if (nvmetap_call(inject->plugin, 0, hold_end, held) != 0)
			return -ENOMEM;
		held->called = true;
		nr++;
	}
	return nr;
}

void inject_disown(struct active *active)
{
	struct inject *inject = active->inject;

	if (inject->plugin != NULL)
		(void)inject_let_go(active);
	for (struct held *held = inject->held; held != NULL; held = held->next) {
		if (held->active == active)
			held->active = NULL;
	}
}

unsigned int inject_nr_held(const struct active *active)
{
	unsigned int nr = 0;

	for (const struct held *held = active->inject->held; held != NULL; held = held->next)
		nr += held->active == active && !held->called;
	return nr;
}

void inject_forget_all(struct inject *inject)
{
	while (inject->held != NULL)
		forget(inject->held);
}
