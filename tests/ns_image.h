/* SPDX-License-Identifier: BSD-2-Clause */
/* A file of 1 MiB that a namespace is kept in, for CMocka tests. */
#ifndef TESTS_NS_IMAGE_H
#define TESTS_NS_IMAGE_H

#include "emu/ns.h"

extern char ns_image[64];	/* its name; a test may put another one there */

/* Setup and teardown: make it, in the current folder, and remove it. */
int ns_image_setup(void **state);
int ns_image_teardown(void **state);
/* The namespace 1 of an option in which %s stands for the image; fails the test. */
struct ns *ns_image_open(const char *format);

#endif
