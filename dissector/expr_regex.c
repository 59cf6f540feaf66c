/* SPDX-License-Identifier: BSD-2-Clause */
/* Regular expressions of an expression. */
#include "config.h"

#include "dissector/expr_regex.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef HAVE_PCRE2

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
	STEPS_MAX = 100000,	/* of one search; PCRE2 has 10,000,000 */
	ARENA_SIZE = 65536,	/* what a search may take, on the stack */
};

struct regex {
	pcre2_code *code;
	pcre2_match_context *context;	/* only read while matching */
};

/* What a search allocates, given up as a whole at its end. */
struct arena {
	_Alignas(max_align_t) uint8_t bytes[ARENA_SIZE];
	size_t used;
};

static void *arena_take(PCRE2_SIZE size, void *ctx)
{
	struct arena *arena = ctx;
	size_t at = arena->used;

	if (size > ARENA_SIZE - at)
		return NULL;
	/* The room is a multiple of that, too. */
	size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
	arena->used = at + size;
	return arena->bytes + at;
}

static void arena_give(void *bytes, void *ctx)
{
	(void)bytes;
	(void)ctx;
}

void regex_free(struct regex *regex)
{
	if (regex == NULL)
		return;
	pcre2_match_context_free(regex->context);
	pcre2_code_free(regex->code);
	free(regex);
}

struct regex *regex_new(const uint8_t *pattern, size_t len, char *err, size_t errlen)
{
	struct regex *regex = calloc(1, sizeof(*regex));
	PCRE2_UCHAR words[128] = "";
	PCRE2_SIZE at = 0;
	int error = PCRE2_ERROR_NOMEMORY;

	if (regex != NULL)
		regex->code = pcre2_compile(pattern, len,
					    PCRE2_CASELESS | PCRE2_NEVER_UTF |
						    PCRE2_NEVER_BACKSLASH_C,
					    &error, &at, NULL);
	if (regex != NULL && regex->code != NULL)
		regex->context = pcre2_match_context_create(NULL);
	if (regex == NULL || regex->context == NULL) {
		pcre2_get_error_message(error, words, sizeof(words));
		snprintf(err, errlen, "no regular expression: %s, at byte %zu of it",
			 (const char *)words, (size_t)at);
		regex_free(regex);
		return NULL;
	}
	pcre2_set_match_limit(regex->context, STEPS_MAX);
	/* Where there is no compiler for this machine it is only slower. */
	(void)pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
	return regex;
}

bool regex_match(const struct regex *regex, const uint8_t *bytes, size_t len)
{
	struct arena arena;
	pcre2_general_context *general;
	pcre2_match_data *found;

	arena.used = 0;
	general = pcre2_general_context_create(arena_take, arena_give, &arena);
	found = pcre2_match_data_create(1, general);
	return pcre2_match(regex->code, bytes, len, 0, 0, found, regex->context) >= 0;
}

#else

struct regex *regex_new(const uint8_t *pattern, size_t len, char *err, size_t errlen)
{
	(void)pattern;
	(void)len;
	snprintf(err, errlen, "this program was built without regular expressions");
	return NULL;
}

void regex_free(struct regex *regex)
{
	(void)regex;
}

bool regex_match(const struct regex *regex, const uint8_t *bytes, size_t len)
{
	(void)regex;
	(void)bytes;
	(void)len;
	return false;
}

#endif
