/* SPDX-License-Identifier: BSD-2-Clause */
/* Marks what plug-ins may link against: the functions of emu/plugin.h. */
#ifndef EMU_EXPORT_H
#define EMU_EXPORT_H

#define NVMETAP_EXPORT __attribute__((visibility("default")))

#endif
