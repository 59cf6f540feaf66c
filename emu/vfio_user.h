/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vfio-user server: the drive as QEMU's vfio-user-pci (10.1 and later)
 * sees it.  Protocol version 0.0, without migration, mappable regions, twin
 * socket and WRITE_MULTI.  One client at a time; the next one waits until it
 * has gone.  On the controller's thread.
 *
 * A request that asks for nonsense is answered with an errno.  A peer that
 * leaves the protocol (truncated, oversized or unexpected messages, too many
 * descriptors, answers that do not fit) is disconnected, as if it had gone.
 */
#ifndef EMU_VFIO_USER_H
#define EMU_VFIO_USER_H

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
 * Memory that the client mapped without a file is copied by messages: -EIO if
 * the answer does not come within 2 s, -EFAULT if the client refuses, -EAGAIN
 * if a request of its own has come in and waits for device_done (QEMU could
 * not answer then).
 * NULL, and in err one line that names the path and what is wrong with it.
 */
struct transport *vfio_user_new(const char *path, int fd, bool once, char *err, size_t errlen);

/* Why the last client was disconnected: one line, "" if it went by itself. */
const char *vfio_user_last_error(const struct transport *transport);

#endif
