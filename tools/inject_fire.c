/* SPDX-License-Identifier: BSD-2-Clause */
/* A rule at its tap: whether it fires for an event, and what it then does. */
#include "tools/inject_engine.h"

/* The queue that the event belongs to, or -1. */
static int32_t event_queue(const struct nvmetap_event *ev)
{
	switch (ev->event) {
	case NVMETAP_EV_DOORBELL:
		return ev->acc->vector;
	case NVMETAP_EV_QUEUE:
		return ev->queue->qid;
	case NVMETAP_EV_REGWRITE:
		return -1;
	default:
		return ev->sqid;
	}
}

/* Whether the rule before it, if it waits for that, has fired. */
static bool is_open(const struct active *active)
{
	return !active->orphaned && (active->before == NULL || active->before->fired != 0);
}

static bool is_time(const struct active *active, const struct nvmetap_event *ev)
{
	const struct rule_when *when = &active->rule.when;
	uint64_t ns;

	if (when->from_ns == 0 && when->to_ns == 0)
		return true;
	ns = nvmetap_ns(ev->ticks);
	ns = ns > active->since_ns ? ns - active->since_ns : 0;
	return ns >= when->from_ns && (when->to_ns == 0 || ns < when->to_ns);
}

/* What costs next to nothing to find out. */
static bool listens(const struct active *active, const struct nvmetap_event *ev)
{
	const struct rule_when *when = &active->rule.when;

	if (active->paused || !is_open(active) ||
	    (when->times != 0 && active->fired >= when->times) ||
	    (when->queue >= 0 && event_queue(ev) != when->queue))
		return false;
	if (when->phases != 0 && (when->phases >> model_phase(active->inject->model) & 1) == 0)
		return false;
	return is_time(active, ev);
}

static bool matches(const struct active *active, const struct nvmetap_event *ev)
{
	struct inject_record *record = &active->inject->record;
	const struct rule *rule = &active->rule;

	for (unsigned int i = 0; i < rule->nr_actions; i++) {
		if (!rule_action_applies(&rule->actions[i], ev))
			return false;
	}
	return rule->condition == NULL ||
	       expr_match_of(rule->condition, inject_record_make(record, ev),
			     inject_record_command(record, ev));
}

/* Whether the event that was just counted is one that fires. */
static bool is_turn(struct active *active)
{
	const struct rule_when *when = &active->rule.when;

	if (active->matched <= when->after)
		return false;
	if (when->every != 0 && (active->matched - when->after) % when->every != 0)
		return false;
	return when->in == 0 || dice_below(&active->dice, when->in) < when->chance;
}

/* The verdict; effect: whether anything has come of it. */
static int act(struct active *active, struct nvmetap_event *ev, bool *effect)
{
	struct rule_run run = { .plugin = active->inject->plugin, .dice = &active->dice };

	nvmetap_blame(run.plugin, active->who);
	for (unsigned int i = 0; i < active->rule.nr_actions; i++) {
		const struct rule_action *action = &active->rule.actions[i];

		if (action->kind->act(action, &run, ev) == 0)
			*effect = true;
	}
	if (!run.hold && run.delay_ns == 0)
		return run.verdict;
	if (inject_keep(active, ev, run.delay_ns, run.verdict == NVMETAP_HANDLED) == 0)
		return NVMETAP_LATER;
	*effect = false;
	return run.verdict;
}

int inject_event(void *ctx, struct nvmetap_event *ev)
{
	struct active *active = ctx;
	bool effect = false;
	int verdict;

	if (!listens(active, ev) || !matches(active, ev))
		return NVMETAP_GO;
	active->matched++;
	if (!is_turn(active))
		return NVMETAP_GO;
	verdict = act(active, ev, &effect);
	active->fired += effect;
	active->in_vain += !effect;
	return verdict;
}
