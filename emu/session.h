/* SPDX-License-Identifier: BSD-2-Clause */
/* The session text: what can be relied on in a capture, as "key: value" lines. */
#ifndef EMU_SESSION_H
#define EMU_SESSION_H

#include "emu/device.h"
#include "emu/pci.h"
#include "emu/tap.h"

/* Writes the text, cut at len bytes; how many bytes it has. */
size_t session_text(const struct device_config *config, const struct pci_ids *ids,
		    const struct taps *taps, char *buf, size_t len);

#endif
