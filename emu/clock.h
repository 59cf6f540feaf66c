/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ticks of the drive and what they are in wall clock time.  A tick is a
 * nanosecond of CLOCK_MONOTONIC; nvmetap_ticks and nvmetap_ns of emu/plugin.h
 * are implemented here.
 */
#ifndef EMU_CLOCK_H
#define EMU_CLOCK_H

/* (T) Takes the wall clock once, at the first call; later calls do nothing.
 * nvmetap_ns does it too if nobody has. */
void clock_start(void);

#endif
