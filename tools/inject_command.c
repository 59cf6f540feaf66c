/* SPDX-License-Identifier: BSD-2-Clause */
/* nvmetap inject: rules of a running drive. */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/caret.h"
#include "tools/control_request.h"
#include "tools/rule.h"
#include "tools/scenario.h"
#include "tools/verbs.h"

enum { SCENARIO_RULES_MAX = 256 };

static const struct option_row *const inject_tables[] = { control_option_rows, NULL };

/* The number of the rule that now is, or -1 and why. */
static int try_add(struct control_client *client, const char *label, const char *rule)
{
	json_t *result = control_client_try(client, "inject-add",
					    json_pack("{s:s, s:s*}", "rule", rule, "label", label));
	int id = (int)json_integer_value(json_object_get(result, "id"));

	json_decref(result);
	return id > 0 ? id : -1;
}

/* What the drive refuses may be well said: "then" without a rule before it. */
static bool is_rule(const char *text)
{
	struct rule rule;
	char err[1024];

	if (rule_parse(&rule, text, strlen(text), err, sizeof(err)) != 0)
		return false;
	rule_fini(&rule);
	return true;
}

static int add(struct control_client *client, int nr, char **operands)
{
	char rule[CONTROL_TEXT_MAX + 1];
	int id;

	if (verbs_join(client, nr, operands, rule) != 0)
		return EXIT_USAGE;
	id = try_add(client, NULL, rule);
	if (id > 0) {
		printf("%d\n", id);
		return EXIT_DONE;
	}
	complain("inject: %s", client->why);
	caret_show_column(rule, client->why);
	return is_rule(rule) ? EXIT_FAILED : EXIT_USAGE;
}

/* A scenario's rules: all of them, or none. */
struct added {
	struct control_client *client;
	int ids[SCENARIO_RULES_MAX];
	unsigned int nr;
};

static int add_one(void *ctx, const char *label, const char *rule, char *why, size_t len)
{
	struct added *added = ctx;
	int id;

	if (added->nr == SCENARIO_RULES_MAX) {
		snprintf(why, len, "more than %d rules", SCENARIO_RULES_MAX);
		return -1;
	}
	id = try_add(added->client, label, rule);
	if (id < 0)
		snprintf(why, len, "%s", added->client->why);
	else
		added->ids[added->nr++] = id;
	return id;
}

static int scenario(struct control_client *client, int nr, char **operands)
{
	static struct added added;
	char err[1024];

	(void)nr;
	added = (struct added){ .client = client };
	if (scenario_read(operands[0], add_one, &added, err, sizeof(err)) == 0) {
		for (unsigned int i = 0; i < added.nr; i++)
			printf("%d\n", added.ids[i]);
		return EXIT_DONE;
	}
	complain("inject: %s", err);
	while (added.nr > 0)
		json_decref(control_client_try(client, "inject-remove",
					       json_pack("{s:i}", "id", added.ids[--added.nr])));
	return EXIT_FAILED;
}

static void print_rule(json_t *rule)
{
	const char *text = "", *label = NULL;
	json_int_t id = 0, matched = 0, fired = 0, in_vain = 0, held = 0;
	int paused = 0;

	json_unpack(rule, "{s:I, s:s, s?s, s:I, s:I, s:I, s:I, s:b}", "id", &id, "rule", &text,
		    "label", &label, "matched", &matched, "fired", &fired, "in-vain", &in_vain,
		    "held", &held, "paused", &paused);
	printf("%lld  matched %lld, fired %lld", (long long)id, (long long)matched,
	       (long long)fired);
	if (in_vain != 0)
		printf(", %lld in vain", (long long)in_vain);
	if (held != 0)
		printf(", holds %lld", (long long)held);
	printf("%s: %s%s%s\n", paused ? ", paused" : "", label != NULL ? label : "",
	       label != NULL ? ": " : "", text);
}

static int list(struct control_client *client, int nr, char **operands)
{
	json_t *rules = control_client_ask(client, "query-injections", NULL), *rule;
	size_t i;

	(void)nr;
	(void)operands;
	if (rules == NULL)
		return EXIT_FAILED;
	json_array_foreach(rules, i, rule)
		print_rule(rule);
	json_decref(rules);
	return EXIT_DONE;
}

/* Asks for one rule, by its number. */
static int tell(struct control_client *client, const char *execute, json_int_t id)
{
	json_t *result = control_client_ask(client, execute, json_pack("{s:I}", "id", id));
	const json_t *released = json_object_get(result, "released");
	int rc = result != NULL ? 0 : -1;

	if (released != NULL)
		printf("%lld\n", (long long)json_integer_value(released));
	json_decref(result);
	return rc;
}

static int tell_all(struct control_client *client, const char *execute)
{
	json_t *rules = control_client_ask(client, "query-injections", NULL), *rule;
	int rc = rules != NULL ? 0 : -1;
	size_t i;

	json_array_foreach(rules, i, rule)
		rc |= tell(client, execute, json_integer_value(json_object_get(rule, "id")));
	json_decref(rules);
	return rc;
}

static int tell_each(struct control_client *client, const char *execute, int nr, char **operands)
{
	unsigned long long id;
	int rc = 0;

	for (int i = 0; i < nr; i++) {
		if (strcmp(operands[i], "all") == 0) {
			rc |= tell_all(client, execute);
		} else if (parse_size(operands[i], &id) != 0 || id == 0 || id > INT32_MAX) {
			complain("inject: %s: a rule's number, as list tells it, or all",
				 operands[i]);
			return EXIT_USAGE;
		} else {
			rc |= tell(client, execute, (json_int_t)id);
		}
	}
	return rc == 0 ? EXIT_DONE : EXIT_FAILED;
}

static int remove_rules(struct control_client *client, int nr, char **operands)
{
	return tell_each(client, "inject-remove", nr, operands);
}

static int pause_rules(struct control_client *client, int nr, char **operands)
{
	return tell_each(client, "inject-pause", nr, operands);
}

static int resume_rules(struct control_client *client, int nr, char **operands)
{
	return tell_each(client, "inject-resume", nr, operands);
}

static int release_rules(struct control_client *client, int nr, char **operands)
{
	return tell_each(client, "inject-release", nr, operands);
}

static const struct verb inject_verbs[] = {
	{ "add", "RULE", "add a rule, and show its number", 1, -1, add },
	{ "scenario", "NAME|FILE", "add the rules of a scenario, or none", 1, 1, scenario },
	{ "list", "", "show the rules, and how often each fired", 0, 0, list },
	{ "remove", "ID|all…", "remove rules", 1, -1, remove_rules },
	{ "pause", "ID|all…", "let rules neither fire nor count", 1, -1, pause_rules },
	{ "resume", "ID|all…", "let them fire again", 1, -1, resume_rules },
	{ "release", "ID|all…", "let go on what rules hold, and show how many", 1, -1,
	  release_rules },
	{ .name = NULL },
};

extern const struct command command_inject;
const struct command command_inject = {
	.name = "inject",
	.operands = "add|scenario|list|remove|pause|resume|release …",
	.summary = "add, list and remove rules of a running drive",
	.options = inject_tables,
	.run = verbs_run,
	.verbs = inject_verbs,
};
