/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What plug-ins have asked for and not got yet: messages on their way to the
 * controller's thread, and calls that wait for their time.  emu/request.c is
 * the functions of emu/plugin.h that ask.  On the controller's thread.
 */
#ifndef EMU_REQUEST_H
#define EMU_REQUEST_H

#include "emu/tap.h"

struct request;

/* The plug-in's calls whose timers are set; emu/request.c's own list. */
struct request **plugin_calls(struct nvmetap_plugin *plugin);
/* Forgets them; a message that is under way finds the plug-in gone. */
void request_cancel_calls(struct nvmetap_plugin *plugin);

#endif
