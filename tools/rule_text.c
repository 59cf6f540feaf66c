/* SPDX-License-Identifier: BSD-2-Clause */
/* A rule's text, word by word. */
#include "tools/rule_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	NUMBER_LEN = 40,	/* longer ones are none */
	SHOWN_LEN = 40,		/* of a word, in an error */
};

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c != '\0' && strchr("_.:-", c) != NULL);
}

/* A quoted text with its quotes, or what there is of it. */
static void measure_quoted(struct rule_word *word, size_t len)
{
	size_t i = 1;

	while (i < len && word->from[i] != '"')
		i += word->from[i] == '\\' ? 2 : 1;
	word->quoted = true;
	word->open = i >= len;
	word->len = word->open ? len : i + 1;
}

struct rule_word rule_peek(const struct rule_text *text)
{
	struct rule_word word = { 0 };
	size_t at = text->at;

	while (at < text->len && is_space(text->text[at]))
		at++;
	word.from = text->text + at;
	word.at = at;
	if (at == text->len)
		return word;
	if (text->text[at] == '"') {
		measure_quoted(&word, text->len - at);
		return word;
	}
	while (at + word.len < text->len && is_word(word.from[word.len]))
		word.len++;
	if (word.len == 0)
		word.len = 1;
	return word;
}

struct rule_word rule_next(struct rule_text *text)
{
	struct rule_word word = rule_peek(text);

	text->at = word.at + word.len;
	return word;
}

bool rule_word_is(const struct rule_word *word, const char *name)
{
	return strlen(name) == word->len && memcmp(word->from, name, word->len) == 0;
}

bool rule_skip(struct rule_text *text, const char *name)
{
	struct rule_word word = rule_peek(text);

	if (!rule_word_is(&word, name))
		return false;
	text->at = word.at + word.len;
	return true;
}

int rule_fail(struct rule_text *text, size_t at, const char *format, ...)
{
	va_list args;
	int n;

	n = snprintf(text->err, text->errlen, "column %zu: ", at + 1);
	if (n < 0 || (size_t)n >= text->errlen)
		return -1;
	va_start(args, format);
	vsnprintf(text->err + n, text->errlen - (size_t)n, format, args);
	va_end(args);
	return -1;
}

/* The word as an error shows it: quoted, or "the end". */
static void show_word(const struct rule_word *word, char *to, size_t size)
{
	int len = word->len < SHOWN_LEN ? (int)word->len : SHOWN_LEN;
	const char *more = word->len > SHOWN_LEN ? "…" : "";

	if (word->len == 0)
		snprintf(to, size, "the end");
	else if (word->quoted)
		snprintf(to, size, "%.*s%s", len, word->from, more);
	else
		snprintf(to, size, "\"%.*s%s\"", len, word->from, more);
}

int rule_expected(struct rule_text *text, const struct rule_word *word, const char *what)
{
	char shown[2 * SHOWN_LEN];

	show_word(word, shown, sizeof(shown));
	return rule_fail(text, word->at, "%s is expected, not %s", what, shown);
}

static void show_all(const char *(*name)(unsigned int nr), char *buf, size_t len)
{
	size_t used = 0;
	const char *at;

	buf[0] = '\0';
	for (unsigned int i = 0; (at = name(i)) != NULL && used < len; i++) {
		if (at[0] != '\0')
			used += (size_t)snprintf(buf + used, len - used, "%s%s",
						 used == 0 ? "; there are: " : ", ", at);
	}
}

int rule_unknown(struct rule_text *text, const struct rule_word *word, const char *what,
		 const struct near *near, const char *(*name)(unsigned int nr))
{
	char words[256], shown[2 * SHOWN_LEN];

	show_word(word, shown, sizeof(shown));
	near_words(near, words, sizeof(words));
	if (words[0] == '\0' && name != NULL)
		show_all(name, words, sizeof(words));
	return rule_fail(text, word->at, "no %s %s%s", what, shown, words);
}

/* A number and what follows it in its word, in a buffer of our own. */
static bool split_number(const struct rule_word *word, char *buf, uint64_t *value, char **rest)
{
	if (word->quoted || word->len == 0 || word->len >= NUMBER_LEN || word->from[0] < '0' ||
	    word->from[0] > '9')
		return false;
	memcpy(buf, word->from, word->len);
	buf[word->len] = '\0';
	errno = 0;
	*value = strtoull(buf, rest, buf[0] == '0' && (buf[1] | 0x20) == 'x' ? 16 : 10);
	return errno == 0;
}

bool rule_word_number(const struct rule_word *word, uint64_t *value)
{
	char buf[NUMBER_LEN], *rest;

	return split_number(word, buf, value, &rest) && *rest == '\0';
}

int rule_number(struct rule_text *text, const char *what, uint64_t min, uint64_t max,
		uint64_t *value)
{
	struct rule_word word = rule_next(text);

	if (!rule_word_number(&word, value))
		return rule_expected(text, &word, what);
	if (*value < min || *value > max)
		return rule_fail(text, word.at, "%s from %" PRIu64 " to %" PRIu64
				 " is expected, not %.*s", what, min, max, (int)word.len,
				 word.from);
	return 0;
}

/* A decimal number without sign or exponent; where it ends. */
static bool split_decimal(const struct rule_word *word, char *buf, double *value, char **rest)
{
	uint64_t whole;
	double unit = 1;

	if (!split_number(word, buf, &whole, rest) || (buf[1] | 0x20) == 'x')
		return false;
	*value = (double)whole;
	if (**rest != '.')
		return true;
	for (++*rest; **rest >= '0' && **rest <= '9'; ++*rest)
		*value += (**rest - '0') * (unit /= 10);
	return true;
}

int rule_decimal(struct rule_text *text, const char *what, double *value)
{
	struct rule_word word = rule_next(text);
	char buf[NUMBER_LEN], *rest;

	if (!split_decimal(&word, buf, value, &rest) || *rest != '\0')
		return rule_expected(text, &word, what);
	return 0;
}

static bool word_time(const struct rule_word *word, uint64_t *ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {
		{ "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "min", 60e9 },
	};
	char buf[NUMBER_LEN], *rest;
	double value;

	if (!split_decimal(word, buf, &value, &rest))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(rest, units[i].name) != 0)
			continue;
		value = value * units[i].ns + 0.5;
		*ns = value < 1e18 ? (uint64_t)value : 0;
		return value < 1e18;
	}
	return false;
}

bool rule_is_time(const struct rule_word *word)
{
	uint64_t ns;

	return word_time(word, &ns);
}

int rule_time(struct rule_text *text, const char *what, uint64_t *ns)
{
	struct rule_word word = rule_next(text);
	char expected[96];

	if (word_time(&word, ns))
		return 0;
	snprintf(expected, sizeof(expected), "%s like 30ms or 1.5s", what);
	return rule_expected(text, &word, expected);
}

int rule_unquote(struct rule_text *text, const struct rule_word *word, char *to, size_t size)
{
	size_t len = 0, end = word->len;

	if (word->open)
		return rule_fail(text, word->at, "a quote is not closed");
	for (size_t i = word->quoted ? 1 : 0; i < (word->quoted ? end - 1 : end); i++) {
		if (word->quoted && word->from[i] == '\\')
			i++;
		if (len + 1 >= size)
			return rule_fail(text, word->at, "longer than %zu characters", size - 1);
		to[len++] = word->from[i];
	}
	to[len] = '\0';
	return 0;
}

int rule_string(struct rule_text *text, const char *what, char *to, size_t size)
{
	struct rule_word word = rule_next(text);

	if (word.len == 0 || (!word.quoted && !is_word(word.from[0])))
		return rule_expected(text, &word, what);
	return rule_unquote(text, &word, to, size);
}
