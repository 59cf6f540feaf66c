/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regular expressions of an expression, as Wireshark has them: PCRE2, on bytes, capital and
 * small letters alike.  Where the program was built without PCRE2 there are none.
 */
#ifndef DISSECTOR_EXPR_REGEX_H
#define DISSECTOR_EXPR_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct regex;

/* NULL: what is wrong is in err. */
struct regex *regex_new(const uint8_t *pattern, size_t len, char *err, size_t errlen);
void regex_free(struct regex *regex);	/* or NULL */

/*
 * Any thread; allocates nothing.  A search that takes more than a bounded
 * number of steps, or memory, finds nothing.
 */
bool regex_match(const struct regex *regex, const uint8_t *bytes, size_t len);

#endif
