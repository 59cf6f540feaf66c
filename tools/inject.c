/* SPDX-License-Identifier: BSD-2-Clause */
/* The rule engine: rules come and go. */
#include "config.h"

#include "tools/inject.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/inject_engine.h"

static int begin(struct nvmetap_plugin *self, void *ctx)
{
	((struct inject *)ctx)->plugin = self;
	return 0;
}

/* The taps and what is held end with the plug-in. */
static void end(struct nvmetap_plugin *self, void *ctx)
{
	(void)self;
	((struct inject *)ctx)->plugin = NULL;
	((struct inject *)ctx)->ended = true;
}

struct inject *inject_new(struct drive *drive)
{
	struct inject *inject = calloc(1, sizeof(*inject));

	if (inject == NULL)
		return NULL;
	inject->drive = drive;
	inject->end = &inject->rules;
	return inject;
}

static void active_free(struct active *active)
{
	rule_fini(&active->rule);
	free(active->name);
	free(active->label);
	free(active);
}

void inject_free(struct inject *inject)
{
	struct active *active;

	if (inject == NULL)
		return;
	while ((active = inject->rules) != NULL) {
		inject->rules = active->next;
		active_free(active);
	}
	inject_forget_all(inject);
	model_free(inject->model);
	free(inject);
}

struct drive_plugin inject_plugin(struct inject *inject)
{
	struct drive_plugin plugin = { "rules", begin, end, inject };

	return plugin;
}

/* As much of the name as an injection has room for, and … for the rest. */
static void shorten(const char *name, char who[NVMETAP_WHO_MAX + 1])
{
	static const char more[] = "…";
	size_t len = strlen(name);

	strncpy(who, name, NVMETAP_WHO_MAX);
	if (len <= NVMETAP_WHO_MAX)
		return;
	len = NVMETAP_WHO_MAX - strlen(more);
	while (((unsigned char)name[len] & 0xc0) == 0x80)
		len--;
	strcpy(who + len, more);
}

/* "rule 3: nvme:io:decode …", "lost-interrupt: rule 3: …". */
static int name_rule(struct active *active, const char *label, const char *text)
{
	size_t size = strlen(text) + (label != NULL ? strlen(label) : 0) + 32;
	int n;

	active->name = malloc(size);
	if (active->name == NULL)
		return -ENOMEM;
	n = snprintf(active->name, size, "%s%srule %u: ", label != NULL ? label : "",
		     label != NULL ? ": " : "", active->id);
	active->text = active->name + n;
	strcpy(active->name + n, text);
	shorten(active->name, active->who);
	if (label != NULL && (active->label = strdup(label)) == NULL)
		return -ENOMEM;
	return 0;
}

/* A line into the trace, at the latest when the drive runs. */
static void tell(const struct active *active, const char *what)
{
	size_t size = strlen(what) + strlen(active->name) + 2;
	char *line;

	if (active->inject->plugin == NULL)
		return;
	line = malloc(size);
	if (line == NULL)
		return;
	snprintf(line, size, "%s %s", what, active->name);
	(void)nvmetap_log(active->inject->plugin, line);
	free(line);
}

/* The rule that was added last, or NULL. */
static struct active *last_rule(struct inject *inject)
{
	struct active *last = inject->rules;

	while (last != NULL && last->next != NULL)
		last = last->next;
	return last;
}

static int follow(struct active *active, char *err, size_t errlen)
{
	if (active->rule.when.then != 0)
		active->before = last_rule(active->inject);
	return active->before != NULL ? 0 : rule_check_first(&active->rule, err, errlen);
}

static struct active *active_new(struct inject *inject, const char *label, const char *text,
				 char *err, size_t errlen)
{
	struct active *active = calloc(1, sizeof(*active));

	if (active == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	active->inject = inject;
	active->id = inject->last_id + 1;
	if (rule_parse(&active->rule, text, strlen(text), err, errlen) != 0) {
		free(active);
		errno = EINVAL;
		return NULL;
	}
	if (follow(active, err, errlen) != 0 || name_rule(active, label, text) != 0) {
		errno = active->rule.when.then != 0 && active->before == NULL ? EINVAL : ENOMEM;
		active_free(active);
		return NULL;
	}
	dice_seed(&active->dice, active->rule.when.seed);
	active->since_ns = nvmetap_ns(nvmetap_ticks());
	return active;
}

/* Attaches what the rule needs: the model, the watch over what is held, itself. */
static int attach(struct inject *inject, struct active *active)
{
	int rc = 0;

	if (active->rule.when.phases != 0)
		rc = inject_phase_begin(inject);
	if (rc == 0 && inject_keeps(active))
		rc = inject_watch(inject);
	if (rc == 0)
		rc = nvmetap_attach(inject->plugin, rule_tap_name(active->rule.tap), inject_event,
				    active, NVMETAP_MODIFY);
	if (rc != 0)
		return rc;
	inject->nr_phased += active->rule.when.phases != 0;
	inject->nr_keepers += inject_keeps(active);
	return 0;
}

static void detach(struct inject *inject, struct active *active)
{
	inject->nr_phased -= active->rule.when.phases != 0;
	inject->nr_keepers -= inject_keeps(active);
	if (inject->plugin == NULL)
		return;
	nvmetap_detach(inject->plugin, rule_tap_name(active->rule.tap), inject_event, active);
	inject_phase_end(inject);
	inject_unwatch(inject);
}

/* Rules that wait for this one to fire. */
static void disinherit(struct inject *inject, const struct active *gone)
{
	for (struct active *at = inject->rules; at != NULL; at = at->next) {
		if (at->before != gone)
			continue;
		at->before = NULL;
		at->orphaned = gone->fired == 0;
	}
}

/* It stands before the rule in lines of the trace and of the program. */
static bool is_label(const char *label)
{
	for (; label != NULL && *label != '\0'; label++) {
		if ((unsigned char)*label < ' ' || *label == 0x7f)
			return false;
	}
	return true;
}

static int join(struct inject *inject)
{
	struct drive_plugin plugin = inject_plugin(inject);

	if (inject->plugin != NULL)
		return 0;
	if (inject->ended || inject->drive == NULL)
		return -ENODEV;
	return drive_add_plugin(inject->drive, &plugin, NULL);
}

int inject_add_labelled(struct inject *inject, const char *label, const char *rule, char *err,
			size_t errlen)
{
	struct active *active;
	int rc;

	if (!is_label(label)) {
		snprintf(err, errlen, "a control character in the name of a scenario");
		return -EINVAL;
	}
	rc = join(inject);
	if (rc != 0) {
		snprintf(err, errlen, "%s", rc == -ENODEV ? "the drive has ended" : strerror(-rc));
		return rc;
	}
	active = active_new(inject, label, rule, err, errlen);
	if (active == NULL) {
		rc = -errno;
	} else if ((rc = attach(inject, active)) == 0) {
		*inject->end = active;
		inject->end = &active->next;
		tell(active, "added");
		return (int)++inject->last_id;
	} else {
		inject_phase_end(inject);
		inject_unwatch(inject);
		active_free(active);
	}
	if (rc != -EINVAL)
		snprintf(err, errlen, "%s", strerror(-rc));
	return rc;
}

int inject_add(struct inject *inject, const char *rule, char *err, size_t errlen)
{
	return inject_add_labelled(inject, NULL, rule, err, errlen);
}

/* Where the pointer to the rule stands, or NULL. */
static struct active **find(struct inject *inject, unsigned int id)
{
	for (struct active **at = &inject->rules; *at != NULL; at = &(*at)->next) {
		if ((*at)->id == id)
			return at;
	}
	return NULL;
}

int inject_remove(struct inject *inject, unsigned int id)
{
	struct active **at = find(inject, id), *active;

	if (at == NULL)
		return -ENOENT;
	active = *at;
	tell(active, "removed");
	inject_disown(active);
	disinherit(inject, active);
	*at = active->next;
	if (*at == NULL)
		inject->end = at;
	detach(inject, active);
	active_free(active);
	return 0;
}

int inject_pause(struct inject *inject, unsigned int id, bool paused)
{
	struct active **at = find(inject, id);

	if (at == NULL)
		return -ENOENT;
	(*at)->paused = paused;
	tell(*at, paused ? "paused" : "resumed");
	return 0;
}

int inject_release(struct inject *inject, unsigned int id)
{
	struct active **at = find(inject, id);

	return at != NULL ? inject_let_go(*at) : -ENOENT;
}

void inject_each(struct inject *inject, void (*fn)(void *ctx, const struct inject_rule *rule),
		 void *ctx)
{
	for (const struct active *at = inject->rules; at != NULL; at = at->next) {
		struct inject_rule rule = {
			.id = at->id, .text = at->text, .label = at->label,
			.matched = at->matched, .fired = at->fired, .in_vain = at->in_vain,
			.held = inject_nr_held(at), .paused = at->paused,
		};

		fn(ctx, &rule);
	}
}
