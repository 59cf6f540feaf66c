/* SPDX-License-Identifier: BSD-2-Clause */
/* What --ns says of a namespace, as text. */
#ifndef EMU_NS_OPTION_H
#define EMU_NS_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ns_option {
	char *what;		/* "path=disk.img" or "mem=1G" */
	const char *path;	/* within what, or NULL: */
	uint64_t mem;		/* bytes */
	unsigned int lbads;	/* 9 to 16 */
	bool read_only;
};

/* 0, or -EINVAL or -ENOMEM and in err one line.  After 0 the caller frees what
 * with ns_option_fini. */
int ns_option_parse(struct ns_option *opt, const char *text, char *err, size_t errlen);
void ns_option_fini(struct ns_option *opt);

/* Writes the line "--ns WHAT: WHY" for both of them.  Returns -EINVAL. */
int ns_option_error(char *err, size_t errlen, const char *what, const char *why);

#endif
