/* SPDX-License-Identifier: BSD-2-Clause */
/* Scenarios: named files of rules. */
#include "config.h"

#include "tools/scenario.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "spec/near.h"
#include "tools/rule.h"
#include "tools/source_tree.h"

#define SUFFIX ".rules"

enum {
	PATH_LEN = 4096,
	LABEL_MAX = 64,
	NR_NAMES_MAX = 1024,
};

/* That of the environment, else where they were installed, else that of the source tree. */
static const char *folder(void)
{
	static const char installed[] = PKGDATADIR "/scenarios";
	static char tree[PATH_LEN];
	const char *own = getenv("NVMETAP_SCENARIOS");

	if (own != NULL && own[0] != '\0')
		return own;
	if (access(installed, F_OK) == 0 ||
	    !source_tree_path(tree, sizeof(tree), "samples/scenarios"))
		return installed;
	return tree;
}

static int is_scenario(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name), suffix = strlen(SUFFIX);

	return len > suffix && strcmp(entry->d_name + len - suffix, SUFFIX) == 0;
}

/* The names of all in the folder, without suffix.  How many, or -1 and err. */
static int scan(struct dirent ***entries, char *err, size_t errlen)
{
	int nr = scandir(folder(), entries, is_scenario, alphasort);

	if (nr < 0)
		snprintf(err, errlen, "%s: %s", folder(), strerror(errno));
	for (int i = 0; i < nr; i++)
		(*entries)[i]->d_name[strlen((*entries)[i]->d_name) - strlen(SUFFIX)] = '\0';
	return nr;
}

static void scan_free(struct dirent **entries, int nr)
{
	for (int i = 0; i < nr; i++)
		free(entries[i]);
	free(entries);
}

static void refuse_name(const char *name, char *err, size_t errlen)
{
	char words[256], why[256];
	struct dirent **entries;
	struct near near;
	int nr = scan(&entries, why, sizeof(why));

	if (nr < 0) {
		snprintf(err, errlen, "no scenario and no file %s; %s", name, why);
		return;
	}
	near_init(&near, name, strlen(name));
	for (int i = 0; i < nr; i++)
		near_offer(&near, entries[i]->d_name);
	near_words(&near, words, sizeof(words));
	snprintf(err, errlen, "no scenario and no file %s%s", name,
		 words[0] != '\0' ? words : "; --scenario list names all");
	scan_free(entries, nr);
}

/* A name in the folder first; a path is a file. */
static FILE *open_scenario(const char *name, char *path, char *err, size_t errlen)
{
	FILE *file = NULL;

	if (strchr(name, '/') == NULL) {
		snprintf(path, PATH_LEN, "%s/%s%s", folder(), name, SUFFIX);
		file = fopen(path, "re");
	}
	if (file == NULL) {
		snprintf(path, PATH_LEN, "%s", name);
		file = fopen(path, "re");
	}
	if (file == NULL && errno == ENOENT)
		refuse_name(name, err, errlen);
	else if (file == NULL)
		snprintf(err, errlen, "%s: %s", name, strerror(errno));
	return file;
}

/* The file's name without folder and suffix. */
static void make_label(const char *path, char label[LABEL_MAX])
{
	const char *base = strrchr(path, '/');
	size_t len;

	base = base != NULL ? base + 1 : path;
	len = strlen(base);
	if (len > strlen(SUFFIX) && strcmp(base + len - strlen(SUFFIX), SUFFIX) == 0)
		len -= strlen(SUFFIX);
	snprintf(label, LABEL_MAX, "%.*s", (int)(len < LABEL_MAX ? len : LABEL_MAX - 1), base);
}

static bool is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* A line ends with a backslash, at len - 1: one blank stands for it and those around.  The
 * length without. */
static size_t join_lines(FILE *file, char *rule, size_t len)
{
	int c;

	do
		len--;
	while (len > 0 && is_blank(rule[len - 1]));
	rule[len++] = ' ';
	do
		c = fgetc(file);
	while (is_blank(c));
	ungetc(c, file);
	return len;
}

/* Reads the next line, with those that it goes on in, into rule; line becomes the number of the
 * first.  1, 0: there is none, or -1: too long. */
static int read_rule(FILE *file, char *rule, size_t size, unsigned int *line, unsigned int *next)
{
	size_t len = 0;
	int c;

	*line = *next;
	while ((c = fgetc(file)) != EOF && len + 1 < size) {
		if (c != '\n') {
			rule[len++] = (char)c;
			continue;
		}
		++*next;
		if (len == 0 || rule[len - 1] != '\\')
			break;
		len = join_lines(file, rule, len);
	}
	rule[len] = '\0';
	if (len + 1 >= size)
		return -1;
	return c != EOF || len > 0;
}

/* Nothing but blanks, or a comment. */
static bool is_idle(const char *text)
{
	while (is_blank(*text))
		text++;
	return *text == '\0' || *text == '#';
}

static int read_rules(FILE *file, const char *path, scenario_fn *fn, void *ctx, char *err,
		      size_t errlen)
{
	unsigned int line, next = 1, nr = 0;
	char rule[RULE_LENGTH_MAX + 2], label[LABEL_MAX], why[512];
	int rc;

	make_label(path, label);
	while ((rc = read_rule(file, rule, sizeof(rule), &line, &next)) > 0) {
		if (is_idle(rule))
			continue;
		nr++;
		if (fn(ctx, label, rule, why, sizeof(why)) >= 0)
			continue;
		snprintf(err, errlen, "%s: line %u: %s", path, line, why);
		return -1;
	}
	if (rc == 0 && nr > 0)
		return 0;
	if (rc == 0)
		snprintf(err, errlen, "%s: there is no rule in it", path);
	else
		snprintf(err, errlen, "%s: line %u: longer than %d characters", path, line,
			 RULE_LENGTH_MAX);
	return -1;
}

int scenario_read(const char *name, scenario_fn *fn, void *ctx, char *err, size_t errlen)
{
	char path[PATH_LEN];
	FILE *file = open_scenario(name, path, err, errlen);
	int rc;

	if (file == NULL)
		return -1;
	rc = read_rules(file, path, fn, ctx, err, errlen);
	fclose(file);
	return rc;
}

static int add_rule(void *ctx, const char *label, const char *rule, char *why, size_t len)
{
	return inject_add_labelled(ctx, label, rule, why, len);
}

int scenario_add(struct inject *inject, const char *name, char *err, size_t errlen)
{
	return scenario_read(name, add_rule, inject, err, errlen);
}

/* The comment that a file begins with: its first line, or all but those of the license. */
static void show(const char *name, bool whole)
{
	char path[PATH_LEN], line[512];
	unsigned int nr = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s%s", folder(), name, SUFFIX);
	file = fopen(path, "re");
	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL && line[0] == '#') {
		const char *text = line + 1 + (line[1] == ' ');

		if (strncmp(text, "SPDX-", 5) == 0)
			continue;
		if (nr++ == 0)
			printf("%-22s %s", name, text);
		else if (whole)
			printf("%s%s", text[0] != '\n' ? "    " : "", text);
	}
	if (whole)
		putchar('\n');
	fclose(file);
}

static int show_all(bool whole, char *err, size_t errlen)
{
	struct dirent **entries;
	int nr = scan(&entries, err, errlen);

	if (nr < 0)
		return -1;
	for (int i = 0; i < nr; i++)
		show(entries[i]->d_name, whole);
	scan_free(entries, nr);
	return 0;
}

int scenario_list(char *err, size_t errlen)
{
	return show_all(false, err, errlen);
}

int scenario_help(char *err, size_t errlen)
{
	return show_all(true, err, errlen);
}
