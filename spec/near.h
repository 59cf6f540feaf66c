/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The nearest names to one that is not known, for error messages.  Everything
 * here may be called from any thread and allocates nothing.
 */
#ifndef NVMETAP_NEAR_H
#define NVMETAP_NEAR_H

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum {
	NEAR_NAMES = 3,		/* so many are offered at most */
	NEAR_LENGTH = 64,	/* longer names are compared up to here */
};

struct near {
	const char *wanted;
	size_t wanted_len;
	const char *names[NEAR_NAMES];	/* the nearest first; live as long as those offered */
	unsigned int distances[NEAR_NAMES];
	unsigned int nr;
};

/* Levenshtein's distance: how many characters to insert, delete or replace. */
static inline unsigned int near_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned int row[NEAR_LENGTH + 1], diagonal, above, best;

	a_len = a_len < NEAR_LENGTH ? a_len : NEAR_LENGTH;
	b_len = b_len < NEAR_LENGTH ? b_len : NEAR_LENGTH;
	for (unsigned int j = 0; j <= b_len; j++)
		row[j] = j;
	for (unsigned int i = 1; i <= a_len; i++) {
		diagonal = row[0];
		row[0] = i;
		for (unsigned int j = 1; j <= b_len; j++) {
			above = row[j];
			best = diagonal + (a[i - 1] != b[j - 1]);
			best = above + 1 < best ? above + 1 : best;
			best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
			row[j] = best;
			diagonal = above;
		}
	}
	return row[b_len];
}

static inline void near_init(struct near *near, const char *wanted, size_t len)
{
	memset(near, 0, sizeof(*near));
	near->wanted = wanted;
	near->wanted_len = len;
}

/* Keeps the name if it is among the nearest, and near: at most a third of its
 * characters differ, or it begins or ends with what was wanted. */
static inline void near_offer(struct near *near, const char *name)
{
	size_t len = strlen(name), wanted = near->wanted_len;
	unsigned int at, distance = 1;

	if (len <= wanted || wanted < 3 ||
	    (memcmp(name, near->wanted, wanted) != 0 &&
	     memcmp(name + len - wanted, near->wanted, wanted) != 0)) {
		/* So many characters are missing at least. */
		if ((len > wanted ? len - wanted : wanted - len) > 1 + len / 3)
			return;
		distance = near_distance(near->wanted, wanted, name, len);
	}
	if (distance > 1 + len / 3)
		return;
	for (at = near->nr; at > 0 && near->distances[at - 1] > distance; at--) {
		if (at < NEAR_NAMES) {
			near->names[at] = near->names[at - 1];
			near->distances[at] = near->distances[at - 1];
		}
	}
	if (at == NEAR_NAMES)
		return;
	near->names[at] = name;
	near->distances[at] = distance;
	near->nr += near->nr < NEAR_NAMES;
}

/* Writes "; near: a, b, c" to buf, or nothing if there is no such name. */
static inline void near_words(const struct near *near, char *buf, size_t len)
{
	size_t used = 0;
	int n;

	if (len > 0)
		buf[0] = '\0';
	for (unsigned int i = 0; i < near->nr; i++) {
		n = snprintf(buf + used, len - used, "%s%s", i == 0 ? "; near: " : ", ",
			     near->names[i]);
		if (n < 0 || (size_t)n >= len - used)
			return;		/* cut off */
		used += (size_t)n;
	}
}

#endif
