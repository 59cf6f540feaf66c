/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ticks of the drive and what they are in wall clock time.  A tick is a
 * nanosecond of CLOCK_MONOTONIC, told by the cycle counter where the kernel does
 * so too (emu/cycles.h), and never goes backwards in one thread; nvmetap_ticks
 * and nvmetap_ns of emu/plugin.h are implemented here.
 */
#ifndef EMU_CLOCK_H
#define EMU_CLOCK_H

/* (T) Takes the wall clock, and asks the kernel what it takes its time from, once,
 * at the first call; later calls do nothing.  What nobody has begun so is done
 * when the first ticks are read or converted. */
void clock_start(void);

#endif
