/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plug-ins from shared libraries: found, checked, loaded, let go.  All on the
 * controller's thread, while no plug-in's code runs.
 */
#ifndef EMU_LOAD_H
#define EMU_LOAD_H

#include "emu/tap.h"

/*
 * what is "FILE,key=value,key": a comma in the file's name or in a value is
 * written twice.  FILE is opened as it stands, never searched for.  The plug-in
 * is called after its file, without folder and ".so"; "NAME#2" if a plug-in of
 * that name is there already.  A file that is loaded already is loaded as a
 * private copy, so that each has variables of its own.
 * 0, or -errno and in err one line that begins with the file: -ENOENT and
 * others of open(2), -ENOEXEC no plug-in for this program, -ECANCELED its setup
 * did not answer 0, or has not asked for an option that was given.  Nothing of it remains then.
 */
int load_plugin(struct taps *taps, const char *what, char *err, size_t errlen);

/* Tears down, detaches, revokes what is under way, and unloads the file.
 * -ENOENT, and in err a line with the nearest names, if none that was loaded is
 * called so. */
int load_remove(struct taps *taps, const char *name, char *err, size_t errlen);

#endif
