/* SPDX-License-Identifier: BSD-2-Clause */
/* A file that a namespace is kept in. */
#include "config.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/ns_image.h"

char ns_image[64];

int ns_image_setup(void **state)
{
	int fd;

	(void)state;
	strcpy(ns_image, "ns_image.XXXXXX");
	fd = mkstemp(ns_image);
	return fd < 0 || ftruncate(fd, 1 << 20) != 0 || close(fd) != 0;
}

int ns_image_teardown(void **state)
{
	(void)state;
	return unlink(ns_image);
}

struct ns *ns_image_open(const char *format)
{
	char option[128], err[256] = "";
	struct ns *ns;

	snprintf(option, sizeof(option), format, ns_image);
	ns = ns_new(option, 1, "S1", err, sizeof(err));
	if (ns == NULL)
		fail_msg("%s", err);
	return ns;
}
