/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of a program that is to be started, put together one by one. */
#ifndef TOOLS_ARGS_H
#define TOOLS_ARGS_H

#include <stdbool.h>
#include <stddef.h>

/* All zero to begin with.  What goes wrong is kept, so that it is asked once. */
struct args {
	char **words;		/* NULL ends; NULL while there are none */
	size_t nr;
	bool failed;		/* no memory */
};

void args_add(struct args *args, const char *word);	/* copied */
void args_addf(struct args *args, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Each word of a text, as a Linux kernel's command line has them: between
 * spaces, of which those in double quotes belong to their word. */
void args_add_words(struct args *args, const char *text);
void args_fini(struct args *args);

#endif
