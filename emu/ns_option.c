/* SPDX-License-Identifier: BSD-2-Clause */
/* What --ns says of a namespace, taken apart. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "emu/ns_option.h"

/* The keys, and what reads their values: NULL or what is wrong. */
struct key {
	const char *name;
	bool has_value;
	const char *(*set)(struct ns_option *opt, const char *value);
};

int ns_option_error(char *err, size_t errlen, const char *what, const char *why)
{
	snprintf(err, errlen, "--ns %s: %s", what[0] != '\0' ? what : "\"\"", why);
	return -EINVAL;
}

/* Digits only, as strtoull would also take signs and spaces. */
static bool parse_number(const char **text, uint64_t *number)
{
	const char *p = *text;

	for (*number = 0; *p >= '0' && *p <= '9'; p++) {
		unsigned int digit = (unsigned int)(*p - '0');

		if (*number > (UINT64_MAX - digit) / 10)
			return false;
		*number = *number * 10 + digit;
	}
	if (p == *text)
		return false;
	*text = p;
	return true;
}

static bool parse_size(const char *text, uint64_t *size)
{
	static const char suffixes[] = "KMGTkmgt";
	const char *suffix;
	unsigned int shift = 0;

	if (!parse_number(&text, size))
		return false;
	suffix = *text != '\0' ? strchr(suffixes, *text) : NULL;
	if (suffix != NULL) {
		shift = 10 * ((unsigned int)(suffix - suffixes) % 4 + 1);
		text++;
	}
	if (*text != '\0' || *size > UINT64_MAX >> shift)
		return false;
	*size <<= shift;
	return true;
}

static const char *set_path(struct ns_option *opt, const char *value)
{
	opt->path = value;
	return *value != '\0' ? NULL : "needs a file's name";
}

static const char *set_mem(struct ns_option *opt, const char *value)
{
	return parse_size(value, &opt->mem) ? NULL
					    : "must be a size in bytes, or with K, M, G or T";
}

static const char *set_lbads(struct ns_option *opt, const char *value)
{
	uint64_t lbads;

	if (!parse_number(&value, &lbads) || *value != '\0' || lbads < 9 || lbads > 16)
		return "must be 9 to 16";
	opt->lbads = (unsigned int)lbads;
	return NULL;
}

static const char *set_ro(struct ns_option *opt, const char *value)
{
	(void)value;
	opt->read_only = true;
	return NULL;
}

enum { KEY_PATH, KEY_MEM, KEY_LBADS, KEY_RO, NR_KEYS };

static const struct key keys[NR_KEYS] = {
	[KEY_PATH] = { "path", true, set_path },
	[KEY_MEM] = { "mem", true, set_mem },
	[KEY_LBADS] = { "lbads", true, set_lbads },
	[KEY_RO] = { "ro", false, set_ro },
};

static const char *find_key(const char *word, size_t *nr)
{
	size_t len = strcspn(word, "=");

	for (*nr = 0; *nr < NR_KEYS; (*nr)++) {
		if (strlen(keys[*nr].name) == len && strncmp(word, keys[*nr].name, len) == 0)
			return word[len] == '=' ? word + len + 1 : NULL;
	}
	return NULL;
}

/* Takes one word, which lives as long as opt if it is what the namespace is. */
static const char *take_word(struct ns_option *opt, unsigned int *given, char *word)
{
	size_t nr;
	const char *value = find_key(word, &nr);

	if (nr == NR_KEYS)
		return "unknown; known are path, mem, lbads, ro";
	if (*given >> nr & 1)
		return "given twice";
	*given |= 1u << nr;
	if (keys[nr].has_value != (value != NULL))
		return value != NULL ? "takes no value" : "needs a value";
	if (nr == KEY_PATH || nr == KEY_MEM) {
		if (opt->what != NULL)
			return "path and mem exclude each other";
		opt->what = word;
	}
	return keys[nr].set(opt, value);
}

/* A copy of the word up to a lone comma, which is stepped over; *more: there
 * was one.  Two commas stand for one. */
static char *next_word(const char **text, bool *more)
{
	const char *p = *text;
	char *word = malloc(strlen(p) + 1), *to = word;

	if (word == NULL)
		return NULL;
	while (*p != '\0' && (*p != ',' || p[1] == ',')) {
		p += *p == ',';
		*to++ = *p++;
	}
	*to = '\0';
	*more = *p == ',';
	*text = p + *more;
	return word;
}

int ns_option_parse(struct ns_option *opt, const char *text, char *err, size_t errlen)
{
	const char *rest = text, *why = NULL;
	unsigned int given = 0;
	bool more = true;

	memset(opt, 0, sizeof(*opt));
	opt->lbads = 9;
	while (more && why == NULL) {
		char *word = next_word(&rest, &more);

		if (word == NULL) {
			ns_option_error(err, errlen, text, strerror(ENOMEM));
			ns_option_fini(opt);
			return -ENOMEM;
		}
		why = take_word(opt, &given, word);
		if (why != NULL)
			ns_option_error(err, errlen, word, why);
		if (word != opt->what)
			free(word);
	}
	if (why == NULL && opt->what == NULL) {
		why = "needs path=FILE or mem=SIZE";
		ns_option_error(err, errlen, text, why);
	}
	if (why == NULL && opt->path == NULL && opt->mem >> opt->lbads == 0) {
		why = "smaller than one block";
		ns_option_error(err, errlen, opt->what, why);
	}
	if (why != NULL)
		ns_option_fini(opt);
	return why != NULL ? -EINVAL : 0;
}

void ns_option_fini(struct ns_option *opt)
{
	free(opt->what);
	opt->what = NULL;
	opt->path = NULL;
}
