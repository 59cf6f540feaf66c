/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A rule's text as it is read, word by word.  What is wrong is said in one line
 * with its column; whoever hears of it gives up.
 */
#ifndef TOOLS_RULE_TEXT_H
#define TOOLS_RULE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "spec/near.h"

struct rule_text {
	const char *text;
	size_t len, at;		/* bytes; at: what is read next */
	char *err;		/* of errlen bytes, the caller's */
	size_t errlen;
};

/* A word of letters, digits, _ . : and -, which one of these or a quoted text
 * begins; or one character of punctuation.  len 0: the end. */
struct rule_word {
	const char *from;
	size_t len;
	size_t at;
	bool quoted;		/* from and len are with the quotes */
	bool open;		/* whose end is missing */
};

/* The next word, which stays; and takes it. */
struct rule_word rule_peek(const struct rule_text *text);
struct rule_word rule_next(struct rule_text *text);
bool rule_word_is(const struct rule_word *word, const char *name);
/* Takes the next word if it is this one. */
bool rule_skip(struct rule_text *text, const char *name);

/* "column N: …".  All answer -1. */
int rule_fail(struct rule_text *text, size_t at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* "column N: WHAT is expected, not "word"". */
int rule_expected(struct rule_text *text, const struct rule_word *word, const char *what);
/* "column N: no WHAT "word"; near: …", and where none is near: "; there are: …" all that name
 * knows by number, until it answers NULL; those of no length are left out.  name: or NULL. */
int rule_unknown(struct rule_text *text, const struct rule_word *word, const char *what,
		 const struct near *near, const char *(*name)(unsigned int nr));

/* 0, or -1 when it has failed.  what: "a number of bytes", for the error. */
int rule_number(struct rule_text *text, const char *what, uint64_t min, uint64_t max,
		uint64_t *value);
/* A time with its unit: 30ms, 1.5s; ns, us, ms, s or min. */
int rule_time(struct rule_text *text, const char *what, uint64_t *ns);
bool rule_is_time(const struct rule_word *word);
int rule_decimal(struct rule_text *text, const char *what, double *value);
/* A quoted text, or a word as it stands, without quotes and escapes, NUL ended.  to has size
 * bytes. */
int rule_string(struct rule_text *text, const char *what, char *to, size_t size);
/* The same of a word that has been taken. */
int rule_unquote(struct rule_text *text, const struct rule_word *word, char *to, size_t size);
/* The number that a word is.  false: it is none. */
bool rule_word_number(const struct rule_word *word, uint64_t *value);

#endif
