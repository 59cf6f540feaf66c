/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An observer of every tap, as the tracer is one, but on the drive's own
 * thread: each event goes through the ring, is made a record, and is decoded.
 * A record that cannot be decoded, or that is out of order, is an abort.
 */
#ifndef TESTS_FUZZ_OBSERVER_H
#define TESTS_FUZZ_OBSERVER_H

#include "emu/drive.h"

/* One at a time in a process; to be added to a drive by drive_add_plugin. */
const struct drive_plugin *observer_plugin(void);

#endif
