/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vhost-user server: the drive as user-mode Linux sees it, whose PCI
 * accesses come through a virtqueue (virtio_uml.device=PATH:1234) and to which
 * interrupts go through another.  Split virtqueues without indirect
 * descriptors and event indices; no dirty log, no polled rings, no in-band
 * notifications.  One client at a time; the next one waits until it has gone.
 * On the controller's thread.
 *
 * A peer that leaves the protocol is disconnected, as if it had gone: messages
 * truncated, oversized, unknown or with the wrong descriptors; memory regions
 * that overlap; rings that are misaligned or outside of the memory; chains of
 * descriptors without an end, with a readable part where a writable one is
 * needed, or of the wrong size.  What lies beyond a BAR reads as ones, and
 * writing there does nothing, as on a bus.
 */
#ifndef EMU_VHOST_USER_H
#define EMU_VHOST_USER_H

#include <stdbool.h>
#include <stddef.h>
#include "emu/transport.h"

/*
 * Listens at path (mode 0600), or with path NULL serves the peer at the other
 * end of fd, a connected stream socket, which becomes the transport's even on
 * failure.  With once, loop_stop is called when the first client that has
 * spoken the protocol is gone.  Connections are served after ops->start.
 * To be freed before the loop.
 *
 * ops->irq: -EAGAIN if the guest has no buffer there for a message; when it
 * adds one, device_irq_ready is called.  INTx has no end-of-interrupt message:
 * while it is asserted, each write to a BAR may be one, and it is sent again.
 * NULL, and in err one line that names the path and what is wrong with it.
 */
struct transport *vhost_user_new(const char *path, int fd, bool once, char *err, size_t errlen);

/* Why the last client was disconnected: one line, "" if it went by itself. */
const char *vhost_user_last_error(const struct transport *transport);

#endif
