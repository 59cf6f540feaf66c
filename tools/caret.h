/* SPDX-License-Identifier: BSD-2-Clause */
/* Where in a text of the user's something is wrong. */
#ifndef TOOLS_CARET_H
#define TOOLS_CARET_H

#include <stddef.h>

/*
 * Two lines on standard error: the text, or what of it is round the place, and
 * ^~~~ below len bytes from at.  Of several lines that one is shown.
 */
void caret_show(const char *text, size_t at, size_t len);

/* The same for the place that "column 12: …" speaks of; nothing for other words. */
void caret_show_column(const char *text, const char *why);

#endif
