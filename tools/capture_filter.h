/* SPDX-License-Identifier: BSD-2-Clause */
/* Capture filters, libpcap's, on the bytes of a record: "link[2] = 12 and len > 100". */
#ifndef TOOLS_CAPTURE_FILTER_H
#define TOOLS_CAPTURE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include "tools/stream.h"

struct capture_filter;

/* NULL, and in err one line with the reason. */
struct capture_filter *capture_filter_new(const char *text, char *err, size_t errlen);
void capture_filter_free(struct capture_filter *filter);	/* NULL is nothing */

/* Whether a record passes; every other block does. */
bool capture_filter_match(const struct capture_filter *filter, const struct stream_block *block);

#endif
