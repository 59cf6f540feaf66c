/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The plug-ins that were loaded, by number, for those who have to name one
 * where nothing else can be asked: in a signal handler, on another thread.
 * What is marked (T) may be called from any thread, (S) from a signal handler.
 */
#ifndef EMU_LIBRARY_H
#define EMU_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LIBRARY_MAX = 255,	/* at once; numbers are 1 to this */
	LIBRARY_NAME = 64,	/* a longer name is cut */
};

unsigned int library_add(const char *name);	/* (T) its number, 0: there are too many */
/* (T) Its code lies in len bytes from there. */
void library_place(unsigned int nr, uintptr_t from, size_t len);
/* (T) It is remembered as long as the number is not needed. */
void library_remove(unsigned int nr);

/* (T) Copies the name; "" for a number that was never used. */
void library_copy_name(unsigned int nr, char name[LIBRARY_NAME]);

const char *library_name(unsigned int nr);	/* (S) */
uintptr_t library_start(unsigned int nr);	/* (S) as it was placed */
bool library_gone(unsigned int nr);		/* (S) it was removed */
unsigned int library_at(uintptr_t address);	/* (S) whose code that is, or 0 */

#endif
