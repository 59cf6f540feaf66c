/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is wrong with the words of an option alone, before anything is opened:
 * an error of usage.  Each returns 0, or -1 when it has been said what is wrong.
 */
#ifndef TOOLS_OPTION_WORDS_H
#define TOOLS_OPTION_WORDS_H

#include <stdbool.h>

int option_words_ns(const char *command, const char *text);
int option_words_plugin(const char *command, const char *text);
/* first: no other rule comes before it. */
int option_words_rule(const char *command, const char *text, bool first);
int option_words_events(const char *command, const char *text);

#endif
