/* SPDX-License-Identifier: BSD-2-Clause */
/* The source tree that a program runs from the build folder of. */
#ifndef TOOLS_SOURCE_TREE_H
#define TOOLS_SOURCE_TREE_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the path of name, "tools/nvmetap-guest", in that tree to path.  false,
 * and path as it was: the program stands in none that has it. */
bool source_tree_path(char *path, size_t size, const char *name);

#endif
