/* SPDX-License-Identifier: BSD-2-Clause */
/* The actions of rules: where each fits, its words, and how it is done. */
#include "tools/rule_action.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	CORRUPT_MAX = 1 << 20,
	SHAPE_MOST = 100,
};

static int parse_nothing(struct rule_text *text, unsigned int tap, struct rule_action *action)
{
	(void)text;
	(void)tap;
	(void)action;
	return 0;
}

static int parse_status(struct rule_text *text, unsigned int tap, struct rule_action *action)
{
	(void)tap;
	return rule_status_parse(text, &action->status);
}

static int act_status(const struct rule_action *action, struct rule_run *run,
		      struct nvmetap_event *ev)
{
	ev->cpl->status = action->status;
	if (ev->event != NVMETAP_EV_COMPLETION)
		run->verdict = NVMETAP_HANDLED;
	return 0;
}

static int parse_pareto(struct rule_text *text, struct spread *spread)
{
	struct rule_word word;

	spread->kind = SPREAD_PARETO;
	if (rule_time(text, "the least time", &spread->a_ns) != 0)
		return -1;
	word = rule_peek(text);
	if (rule_decimal(text, "a shape like 1.5", &spread->shape) != 0)
		return -1;
	if (spread->shape < 0.1 || spread->shape > SHAPE_MOST)
		return rule_fail(text, word.at, "a shape from 0.1 to %d is expected", SHAPE_MOST);
	return 0;
}

static int parse_pair(struct rule_text *text, struct spread *spread, enum spread_kind kind,
		      const char *first, const char *second)
{
	size_t at;

	spread->kind = kind;
	if (rule_time(text, first, &spread->a_ns) != 0)
		return -1;
	at = rule_peek(text).at;
	if (rule_time(text, second, &spread->b_ns) != 0)
		return -1;
	if (kind == SPREAD_UNIFORM && spread->b_ns < spread->a_ns)
		return rule_fail(text, at, "the longest time is shorter than the shortest");
	return 0;
}

static int parse_delay(struct rule_text *text, unsigned int tap, struct rule_action *action)
{
	struct spread *spread = &action->delay;
	struct rule_word word = rule_peek(text);
	size_t at = word.at;

	(void)tap;
	if (rule_skip(text, "uniform")) {
		if (parse_pair(text, spread, SPREAD_UNIFORM, "a shortest time",
			       "a longest time") != 0)
			return -1;
	} else if (rule_skip(text, "normal")) {
		if (parse_pair(text, spread, SPREAD_NORMAL, "a mean time",
			       "a standard deviation") != 0)
			return -1;
	} else if (rule_skip(text, "exponential")) {
		spread->kind = SPREAD_EXPONENTIAL;
		if (rule_time(text, "a mean time", &spread->a_ns) != 0)
			return -1;
	} else if (rule_skip(text, "pareto")) {
		if (parse_pareto(text, spread) != 0)
			return -1;
	} else if (!rule_is_time(&word)) {
		return rule_expected(text, &word, "a time like 30ms, uniform, normal, exponential "
				     "or pareto");
	} else if (rule_time(text, "a time", &spread->a_ns) != 0) {
		return -1;
	}
	if (spread->a_ns > SPREAD_MOST_NS || spread->b_ns > SPREAD_MOST_NS)
		return rule_fail(text, at, "longer than an hour");
	return 0;
}

static int act_delay(const struct rule_action *action, struct rule_run *run,
		     struct nvmetap_event *ev)
{
	uint64_t ns = spread_draw(&action->delay, run->dice);

	if (ns == 0)
		return 0;
	if (ev->event == NVMETAP_EV_INTERRUPT)
		return nvmetap_fault(run->plugin, NVMETAP_FAULT_LATE_IRQ, ns);
	run->delay_ns = ns;
	return 0;
}

static int act_hold(const struct rule_action *action, struct rule_run *run,
		    struct nvmetap_event *ev)
{
	(void)action;
	(void)ev;
	run->hold = true;
	return 0;
}

static int act_drop(const struct rule_action *action, struct rule_run *run,
		    struct nvmetap_event *ev)
{
	(void)action;
	(void)ev;
	run->verdict = NVMETAP_DROP;
	return 0;
}

static int parse_set(struct rule_text *text, unsigned int tap, struct rule_action *action)
{
	return rule_set_parse(text, tap, &action->set);
}

static int act_set(const struct rule_action *action, struct rule_run *run,
		   struct nvmetap_event *ev)
{
	(void)run;
	return rule_set_act(&action->set, ev);
}

static int parse_corrupt(struct rule_text *text, unsigned int tap, struct rule_action *action)
{
	struct rule_word word;
	uint64_t nr;

	(void)tap;
	if (rule_number(text, "a number of bytes or bits", 1, CORRUPT_MAX, &nr) != 0)
		return -1;
	action->corrupt.nr = (uint32_t)nr;
	word = rule_next(text);
	action->corrupt.bits = rule_word_is(&word, "bits") || rule_word_is(&word, "bit");
	if (action->corrupt.bits || rule_word_is(&word, "bytes") || rule_word_is(&word, "byte"))
		return 0;
	return rule_expected(text, &word, "bytes or bits");
}

/* Anywhere in the data, each time anew; one place may be hit twice. */
static int act_corrupt(const struct rule_action *action, struct rule_run *run,
		       struct nvmetap_event *ev)
{
	uint64_t at;
	uint8_t byte;
	int rc = -ENODATA;

	if (ev->xfer == NULL || ev->xfer->total == 0)
		return rc;
	for (uint32_t i = 0; i < action->corrupt.nr; i++) {
		at = dice_below(run->dice, ev->xfer->total);
		rc = nvmetap_data(ev, at, &byte, 1, 0);
		if (rc != 0)
			return rc;
		if (action->corrupt.bits)
			byte ^= (uint8_t)(1u << dice_below(run->dice, 8));
		else
			byte ^= (uint8_t)(1 + dice_below(run->dice, 255));
		rc = nvmetap_data(ev, at, &byte, 1, 1);
	}
	return rc;
}

static int parse_log(struct rule_text *text, unsigned int tap, struct rule_action *action)
{
	(void)tap;
	return rule_string(text, "a text in quotes", action->text, sizeof(action->text));
}

static int act_log(const struct rule_action *action, struct rule_run *run,
		   struct nvmetap_event *ev)
{
	(void)ev;
	return nvmetap_log(run->plugin, action->text);
}

static int act_duplicate(const struct rule_action *action, struct rule_run *run,
			 struct nvmetap_event *ev)
{
	(void)action;
	return nvmetap_fault(run->plugin, ev->event == NVMETAP_EV_INTERRUPT ?
			     NVMETAP_FAULT_DOUBLE_IRQ : NVMETAP_FAULT_DUPLICATE, 0);
}

static int act_fault(const struct rule_action *action, struct rule_run *run,
		     struct nvmetap_event *ev)
{
	(void)ev;
	return nvmetap_fault(run->plugin, action->fault.number, action->fault.arg);
}

static int parse_fault_none(struct rule_text *text, unsigned int tap, struct rule_action *action)
{
	return parse_nothing(text, tap, action);
}

/* A time; what may be left out is 0. */
static int parse_fault_ns(struct rule_text *text, unsigned int tap, struct rule_action *action)
{
	struct rule_word word = rule_peek(text);

	(void)tap;
	if (word.len == 0 || rule_word_is(&word, ","))
		return 0;
	if (rule_time(text, "a time", &action->fault.arg) != 0)
		return -1;
	return action->fault.arg <= SPREAD_MOST_NS ? 0 :
						     rule_fail(text, word.at, "longer than an hour");
}

static int parse_fault_count(struct rule_text *text, unsigned int tap, struct rule_action *action)
{
	struct rule_word word = rule_peek(text);

	(void)tap;
	if (word.len == 0 || rule_word_is(&word, ","))
		return 0;
	return rule_number(text, "a number", 0, UINT16_MAX, &action->fault.arg);
}

/* An asynchronous event: type, information, log page. */
static int parse_fault_event(struct rule_text *text, unsigned int tap, struct rule_action *action)
{
	uint64_t type, info, page;

	(void)tap;
	if (rule_number(text, "a type of event", 0, 7, &type) != 0 ||
	    rule_number(text, "the event's information", 0, 0xff, &info) != 0 ||
	    rule_number(text, "a log page", 0, 0xff, &page) != 0)
		return -1;
	action->fault.arg = type | info << 8 | page << 16;
	return 0;
}

static const struct rule_action_kind kinds[] = {
	{ "status", TAPS_STAGES, RULE_ENDS, parse_status, act_status, 0 },
	{ "delay", TAPS_STAGES | TAP_BIT(INTERRUPT), RULE_KEEPS, parse_delay, act_delay, 0 },
	{ "hold", TAPS_STAGES, RULE_KEEPS, parse_nothing, act_hold, 0 },
	{ "drop", TAPS_STAGES | TAPS_ACCESS | TAP_BIT(INTERRUPT) | TAP_BIT(ASYNC), RULE_DROPS,
	  parse_nothing, act_drop, 0 },
	{ "duplicate", TAPS_COMPLETION | TAP_BIT(INTERRUPT), RULE_GOES_ON, parse_nothing,
	  act_duplicate, 0 },
	{ "set", TAPS_STAGES | TAPS_ACCESS | TAP_BIT(INTERRUPT) | TAP_BIT(ASYNC), RULE_GOES_ON,
	  parse_set, act_set, 0 },
	{ "corrupt", TAPS_DATA, RULE_GOES_ON, parse_corrupt, act_corrupt, 0 },
	{ "log", TAPS_RULE, RULE_GOES_ON, parse_log, act_log, 0 },
	/* The faults of the table, whose taps follow from their events. */
#define FAULT(cname, number, name, event, argument, text) \
	{ name, 0, RULE_GOES_ON, parse_fault_##argument, act_fault, cname },
#include "spec/nvme.def"
};

enum { NR_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static const uint8_t fault_events[] = {
#define FAULT(cname, number, name, event, argument, text) [number] = event,
#include "spec/nvme.def"
};

static uint64_t kind_taps(const struct rule_action_kind *kind)
{
	return kind->of == 0 ? kind->taps : rule_event_taps(fault_events[kind->of]);
}

static int refuse_tap(struct rule_text *text, const struct rule_word *word,
		      const struct rule_action_kind *kind, unsigned int tap)
{
	char where[1024];

	rule_tap_names(kind_taps(kind), where, sizeof(where));
	return rule_fail(text, word->at, "%s does not fit %s; it fits%s", kind->name,
			 rule_tap_name(tap), where);
}

/* "duplicate" is an action and a fault. */
static const char *action_name(unsigned int i)
{
	if (i >= NR_KINDS)
		return NULL;
	return kinds[i].of != NVMETAP_FAULT_DUPLICATE ? kinds[i].name : "";
}

int rule_action_parse(struct rule_text *text, unsigned int tap, struct rule_action *action)
{
	struct rule_word word = rule_next(text);
	struct near near;

	if (word.len == 0)
		return rule_expected(text, &word, "an action");
	near_init(&near, word.from, word.len);
	memset(action, 0, sizeof(*action));
	for (unsigned int i = 0; i < NR_KINDS; i++) {
		if (!rule_word_is(&word, kinds[i].name)) {
			near_offer(&near, kinds[i].name);
			continue;
		}
		if (!rule_tap_in(kind_taps(&kinds[i]), tap))
			return refuse_tap(text, &word, &kinds[i], tap);
		action->kind = &kinds[i];
		if (kinds[i].of != 0)
			action->fault.number = kinds[i].of;
		return kinds[i].parse(text, tap, action);
	}
	return rule_unknown(text, &word, "action", &near, action_name);
}

bool rule_action_is(const struct rule_word *word)
{
	for (unsigned int i = 0; i < NR_KINDS; i++) {
		if (rule_word_is(word, kinds[i].name))
			return true;
	}
	return false;
}

bool rule_action_applies(const struct rule_action *action, const struct nvmetap_event *ev)
{
	return action->kind->act != act_set || rule_set_applies(&action->set, ev);
}
