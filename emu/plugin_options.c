/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of a plug-in, as they were given and as they were asked for. */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "emu/plugin_options.h"
#include "spec/near.h"

enum {
	LINE_MAX_SAID = 512,
	KEY_MAX_SAID = 64,
};

/* "a=b,,c,d" becomes "a=b,c", NUL, "d".  The answer is its length. */
static size_t cut_words(char *words)
{
	char *to = words;

	for (const char *from = words; *from != '\0'; from++) {
		if (*from == ',' && from[1] == ',')
			*to++ = *from++;
		else
			*to++ = *from == ',' ? '\0' : *from;
	}
	*to = '\0';
	return (size_t)(to - words);
}

int plugin_options_init(struct plugin_options *options, const char *text)
{
	*options = (struct plugin_options){ .given = strdup(text != NULL ? text : "") };
	if (options->given != NULL)
		options->words = strdup(options->given);
	if (options->words == NULL) {
		plugin_options_fini(options);
		return -ENOMEM;
	}
	options->words_len = cut_words(options->words);
	return 0;
}

void plugin_options_fini(struct plugin_options *options)
{
	free(options->given);
	free(options->words);
	free(options->asked);
	*options = (struct plugin_options){ .given = NULL };
}

const char *plugin_options_find(const struct plugin_options *options, const char *key)
{
	const char *end = options->words + options->words_len;
	size_t len = strlen(key);

	for (const char *word = options->words; word < end; word += strlen(word) + 1) {
		if (strncmp(word, key, len) != 0)
			continue;
		if (word[len] == '\0')
			return word + len;
		if (word[len] == '=')
			return word + len + 1;
	}
	return NULL;
}

static bool was_asked(const struct plugin_options *options, const char *key, size_t len)
{
	for (size_t at = 0; at < options->asked_len; at += strlen(options->asked + at) + 1) {
		if (strncmp(options->asked + at, key, len) == 0 && options->asked[at + len] == '\0')
			return true;
	}
	return false;
}

void plugin_options_ask(struct plugin_options *options, const char *key)
{
	size_t len = strlen(key);
	char *grown;

	if (was_asked(options, key, len))
		return;
	grown = realloc(options->asked, options->asked_len + len + 1);
	if (grown == NULL)
		return;
	memcpy(grown + options->asked_len, key, len + 1);
	options->asked = grown;
	options->asked_len += len + 1;
}

static int key_len(const char *word)
{
	size_t len = strcspn(word, "=");

	return (int)(len < KEY_MAX_SAID ? len : KEY_MAX_SAID);
}

/* A word that setup has not asked for is told with the nearest ones. */
static void word_unknown(const struct plugin_options *options, const char *word, char *line)
{
	char words[LINE_MAX_SAID / 2];
	struct near near;

	near_init(&near, word, strcspn(word, "="));
	for (size_t at = 0; at < options->asked_len; at += strlen(options->asked + at) + 1)
		near_offer(&near, options->asked + at);
	near_words(&near, words, sizeof(words));
	snprintf(line, LINE_MAX_SAID, "no option %.*s%s", key_len(word), word, words);
}

/* The first one is what is found. */
static bool is_second(const struct plugin_options *options, const char *word)
{
	size_t len = strcspn(word, "=");

	for (const char *at = options->words; at < word; at += strlen(at) + 1) {
		if (strcspn(at, "=") == len && strncmp(at, word, len) == 0)
			return true;
	}
	return false;
}

int plugin_options_check(const struct plugin_options *options, plugin_options_say_fn *say,
			 void *ctx)
{
	const char *end = options->words + options->words_len;
	char line[LINE_MAX_SAID];
	int rc = 0;

	for (const char *word = options->words; word < end; word += strlen(word) + 1) {
		if (*word == '\0')
			continue;
		if (!was_asked(options, word, strcspn(word, "=")))
			word_unknown(options, word, line);
		else if (is_second(options, word))
			snprintf(line, sizeof(line), "option %.*s is given twice", key_len(word),
				 word);
		else
			continue;
		say(ctx, line);
		rc = -EINVAL;
	}
	return rc;
}
