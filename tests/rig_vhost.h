/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way to the drive on the bench by vhost-user through a socketpair.  A
 * reset is that of the function, since there is none of the bus, and the MSI-X
 * table is filled in again after it.
 */
#ifndef TESTS_RIG_VHOST_H
#define TESTS_RIG_VHOST_H

#include "tests/rig.h"

extern const struct rig_transport rig_over_vhost_user;

#endif
