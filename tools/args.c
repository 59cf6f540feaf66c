/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of a program that is to be started. */
#include "config.h"

#include "tools/args.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void take(struct args *args, char *word)
{
	char **words = NULL;

	if (word != NULL)
		words = realloc(args->words, (args->nr + 2) * sizeof(*words));
	if (words == NULL) {
		free(word);
		args->failed = true;
		return;
	}
	args->words = words;
	words[args->nr++] = word;
	words[args->nr] = NULL;
}

void args_add(struct args *args, const char *word)
{
	take(args, strdup(word));
}

void args_addf(struct args *args, const char *format, ...)
{
	char *word = NULL;
	va_list list;

	va_start(list, format);
	if (vasprintf(&word, format, list) < 0)
		word = NULL;
	va_end(list);
	take(args, word);
}

static size_t word_len(const char *text)
{
	bool quoted = false;
	size_t len;

	for (len = 0; text[len] != '\0' && (quoted || text[len] != ' '); len++)
		if (text[len] == '"')
			quoted = !quoted;
	return len;
}

void args_add_words(struct args *args, const char *text)
{
	size_t len;

	for (; *text != '\0'; text += len) {
		text += strspn(text, " ");
		len = word_len(text);
		if (len > 0)
			take(args, strndup(text, len));
	}
}

void args_fini(struct args *args)
{
	for (size_t i = 0; i < args->nr; i++)
		free(args->words[i]);
	free(args->words);
	*args = (struct args){ .nr = 0 };
}
