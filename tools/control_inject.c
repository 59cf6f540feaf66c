/* SPDX-License-Identifier: BSD-2-Clause */
/* inject-…: rules of a drive that runs. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include "tools/control_commands.h"
#include "tools/inject.h"

/* Whether there are rules at all; they are the program's. */
static bool can_inject(struct control_request *req)
{
	if (req->config->inject != NULL)
		return true;
	control_refuse(req, "this drive takes no rules");
	return false;
}

static int add(void *ctx)
{
	struct control_request *req = ctx;

	return inject_add_labelled(req->config->inject, control_string(req, "label", NULL),
				   control_string(req, "rule", ""), req->err, sizeof(req->err));
}

int control_inject_add(struct control_request *req)
{
	int id;

	if (!can_inject(req))
		return -1;
	if (strlen(control_string(req, "rule", "")) > CONTROL_TEXT_MAX)
		return control_refuse(req, "a rule of more than %d bytes", CONTROL_TEXT_MAX);
	if (strlen(control_string(req, "label", "")) > CONTROL_LABEL_MAX)
		return control_refuse(req, "a label of more than %d bytes", CONTROL_LABEL_MAX);
	id = control_drive_call(req, add, req);
	if (id <= 0) {
		if (req->err[0] == '\0')
			control_refuse(req, "%s", strerror(-id));
		return -1;
	}
	req->result = json_pack("{s:i}", "id", id);
	return 0;
}

/* A number that is no rule's where it cannot be one. */
static unsigned int rule_id(const struct control_request *req)
{
	json_int_t id = control_number(req, "id", 0);

	return id > 0 && id <= INT32_MAX ? (unsigned int)id : 0;
}

static int remove_rule(void *ctx)
{
	struct control_request *req = ctx;

	return inject_remove(req->config->inject, rule_id(req));
}

static int pause_rule(void *ctx)
{
	struct control_request *req = ctx;

	return inject_pause(req->config->inject, rule_id(req), true);
}

static int resume_rule(void *ctx)
{
	struct control_request *req = ctx;

	return inject_pause(req->config->inject, rule_id(req), false);
}

static int release_rule(void *ctx)
{
	struct control_request *req = ctx;

	return inject_release(req->config->inject, rule_id(req));
}

/* What fn answers, for the one rule that is asked for; or -1. */
static int with_rule(struct control_request *req, int (*fn)(void *ctx))
{
	int rc;

	if (!can_inject(req))
		return -1;
	rc = control_drive_call(req, fn, req);
	if (rc >= 0)
		return rc;
	if (rc == -ENOENT)
		return control_refuse(req, "no rule %lld",
				      (long long)control_number(req, "id", 0));
	return req->err[0] != '\0' ? -1 : control_refuse(req, "%s", strerror(-rc));
}

int control_inject_remove(struct control_request *req)
{
	return with_rule(req, remove_rule);
}

int control_inject_pause(struct control_request *req)
{
	return with_rule(req, pause_rule);
}

int control_inject_resume(struct control_request *req)
{
	return with_rule(req, resume_rule);
}

int control_inject_release(struct control_request *req)
{
	int nr = with_rule(req, release_rule);

	if (nr < 0)
		return -1;
	req->result = json_pack("{s:i}", "released", nr);
	return 0;
}

static void add_rule(void *ctx, const struct inject_rule *rule)
{
	json_array_append_new(ctx, json_pack("{s:i, s:o, s:o*, s:I, s:I, s:I, s:i, s:b}", "id",
					     (int)rule->id, "rule", control_to_string(rule->text),
					     "label", rule->label != NULL ?
					     control_to_string(rule->label) : NULL,
					     "matched", (json_int_t)rule->matched, "fired",
					     (json_int_t)rule->fired, "in-vain",
					     (json_int_t)rule->in_vain, "held", (int)rule->held,
					     "paused", rule->paused));
}

static int list(void *ctx)
{
	struct control_request *req = ctx;

	inject_each(req->config->inject, add_rule, req->result);
	return 0;
}

int control_query_injections(struct control_request *req)
{
	if (!can_inject(req))
		return -1;
	req->result = json_array();
	return control_drive_call(req, list, req);
}
