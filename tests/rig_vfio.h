/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ways to the drive on the bench by vfio-user through a socketpair: with
 * the guest's memory in a file, and without one, so that the drive asks for
 * every byte by message.
 */
#ifndef TESTS_RIG_VFIO_H
#define TESTS_RIG_VFIO_H

#include "tests/rig.h"

extern const struct rig_transport rig_over_vfio_user;
extern const struct rig_transport rig_over_vfio_user_messages;

#endif
