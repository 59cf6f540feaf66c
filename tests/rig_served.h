/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ways to the drive on the bench through a socketpair have in common: the
 * drive on a thread of its own.  A struct rig_served begins the structure that
 * rig->way_ctx points to.
 */
#ifndef TESTS_RIG_SERVED_H
#define TESTS_RIG_SERVED_H

#include <pthread.h>
#include "tests/rig.h"

struct rig_served {
	pthread_t thread;
	int fd;			/* the guest's end, until it is the client's */
	int result;		/* of the drive's loop */
};

/* Makes way rig's; the drive's end of the socketpair. */
int rig_served_open(struct rig *rig, struct rig_served *way);
void rig_served_start(struct rig *rig);
/* The guest has hung up: waits for the drive's thread, and frees way.  The
 * test fails unless the guest went in peace, why being "". */
void rig_served_stop(struct rig *rig, const char *(*last_error)(const struct transport *));
/* What was written is worked off before the answer to what is read after it. */
void rig_served_settle(struct rig *rig);

#endif
