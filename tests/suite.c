/* SPDX-License-Identifier: BSD-2-Clause */
/* Running tests over every transport. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/rig_vfio.h"
#include "tests/rig_vhost.h"
#include "tests/suite.h"

enum { NAME_MAX_LEN = 200 };

static const struct rig_transport *const transports[] = {
	&rig_in_memory,
	&rig_over_vfio_user,
	&rig_over_vfio_user_messages,
	&rig_over_vhost_user,
};

static bool is_wanted(const struct rig_transport *transport)
{
	const char *only = getenv("NVMETAP_TEST_TRANSPORT");

	return only == NULL || strcmp(only, transport->name) == 0;
}

static int run_over(const struct rig_transport *transport, const struct CMUnitTest *tests,
		    size_t nr)
{
	struct CMUnitTest *own = calloc(nr, sizeof(*own));
	char (*names)[NAME_MAX_LEN] = calloc(nr, sizeof(*names));
	int nr_failed;

	if (own == NULL || names == NULL)
		abort();
	for (size_t i = 0; i < nr; i++) {
		snprintf(names[i], sizeof(names[i]), "%s over %s", tests[i].name, transport->name);
		own[i] = tests[i];
		own[i].name = names[i];
		own[i].initial_state = (void *)(uintptr_t)transport;
	}
	nr_failed = _cmocka_run_group_tests(transport->name, own, nr, NULL, NULL);
	free(names);
	free(own);
	return nr_failed;
}

int suite_run(const struct CMUnitTest *tests, size_t nr)
{
	int nr_failed = 0;

	for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++) {
		if (is_wanted(transports[i]))
			nr_failed += run_over(transports[i], tests, nr);
	}
	return nr_failed;
}
