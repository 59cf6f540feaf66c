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

/* The same where why says it is: "column 12: …", counted in bytes.  Nothing if it says nothing. */
void caret_show_column(const char *text, const char *why);

#endif
