/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The options of a plug-in, "key=value,key,…" where ",," is a comma: what was
 * given, and which of it the plug-in's setup has asked for.  The controller's
 * thread.
 */
#ifndef EMU_PLUGIN_OPTIONS_H
#define EMU_PLUGIN_OPTIONS_H

#include <stddef.h>

struct plugin_options {
	char *given;
	char *words;		/* cut into NUL ended words */
	size_t words_len;
	char *asked;		/* keys, NUL ended */
	size_t asked_len;
};

/* text is copied; NULL is "".  -ENOMEM, with nothing to be freed. */
int plugin_options_init(struct plugin_options *options, const char *text);
void plugin_options_fini(struct plugin_options *options);

/* As nvmetap_option. */
const char *plugin_options_find(const struct plugin_options *options, const char *key);
/* What is asked for are the options that there are. */
void plugin_options_ask(struct plugin_options *options, const char *key);

/* -EINVAL: some were not asked for or given twice, and say was called for each. */
typedef void plugin_options_say_fn(void *ctx, const char *line);
int plugin_options_check(const struct plugin_options *options, plugin_options_say_fn *say,
			 void *ctx);

#endif
